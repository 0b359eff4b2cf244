//! What every part of the engine shares: the home, the environment, keys that were opened, runs that are live.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::archive;
use crate::archive::browse::Browser;
use crate::archive::catalog_io::CatalogReader;
use crate::archive::key::KeyRing;
use crate::model::location::Location;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Place, PlanChoice, VersionChoice};
use crate::model::snapshot::Manifest;
use crate::state::config::Config;
use crate::state::history::History;
use crate::state::paths::Home;
use crate::state::secret_file;
use crate::storage::access::Access;
use crate::storage::{self, Storage, sftp};

use super::access::Accesses;
use super::chosen::choose_version;
use super::env::Env;
use super::explain;
use super::folder::{Folder, Listed};
use super::handle::Live;
use super::health::Watch;
use super::healthiest;
use super::kept_open::KeptOpen;
use super::opened::KeptArchive;
use super::removals::Removals;
use super::standby::Standby;

/// Versions that stay open for browsing.
const OPEN_VERSIONS: usize = 4;
/// Files that go between folders and drives of this machine at the same time.
const LOCAL_FILES_AT_ONCE: usize = 3;
/// How long "the newest version" stays the one that was found: another process may add one.
const NEWEST_FOR: Duration = Duration::from_secs(5);

pub struct Core {
    pub env: Env,
    /// `None`: a guest without any home.
    pub home: Option<Home>,
    /// Whether this process holds it, and may keep something in it.
    pub owner: bool,
    /// 32 hex digits.
    pub home_id: String,
    pub machine: String,
    pub config: Mutex<Config>,
    pub notices: Mutex<Vec<String>>,
    pub history: History,
    pub live: Live,
    /// To the servers of destinations.
    pub accesses: Arc<Accesses>,
    pub kept_open: KeptOpen,
    /// Over destinations that nothing else looks at.
    pub watch: Watch,
    /// Plans that are being removed.
    pub removals: Removals,
    /// Rings opened by a password in this session.
    session: Mutex<HashMap<PlanId, Arc<KeyRing>>>,
    versions: Mutex<VecDeque<Kept>>,
    /// Lists of single archives.
    pub archives: Mutex<VecDeque<KeptArchive>>,
}

/// A version that was opened, and what was asked for then.
struct Kept {
    place: Place,
    choice: VersionChoice,
    at: Instant,
    version: Arc<OpenVersion>,
}

/// A version that is open for reading.
pub struct OpenVersion {
    pub folder: Arc<Folder>,
    /// Its objects, there or at another destination of the plan.
    pub objects: Arc<Standby>,
    pub ring: Option<Arc<KeyRing>>,
    pub manifest: Manifest,
    pub catalog: Arc<CatalogReader>,
    pub browser: Browser,
}

/// A plan folder that is open for reading.
pub struct OpenPlace {
    pub folder: Arc<Folder>,
    pub ring: Option<Arc<KeyRing>>,
}

/// The same, and where it was found.
pub struct Reached {
    pub location: Location,
    pub folder: Arc<Folder>,
    pub ring: Option<Arc<KeyRing>>,
    /// There, or at another destination of the plan.
    pub objects: Arc<Standby>,
}

/// The versions that were listed in a plan folder, and where that lies.
pub struct ListedAt {
    pub location: Location,
    pub plan: PlanId,
    pub listed: Vec<Listed>,
}

/// Locks, also after a panic elsewhere: what lies behind our locks is replaced whole, never left half-changed.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    /// `owner`: whether this process holds the home, and may keep something in it.
    pub fn new(
        env: Env,
        home: Option<Home>,
        owner: bool,
        home_id: String,
        config: Config,
        notices: Vec<String>,
        history: History,
    ) -> Self {
        let accesses = Arc::new(Accesses::new(env.secrets.clone(), home.clone(), owner));
        let machine = gethostname::gethostname().to_string_lossy().into_owned();
        Self {
            env,
            home,
            owner,
            home_id,
            machine,
            config: Mutex::new(config),
            notices: Mutex::new(notices),
            history,
            live: Live::default(),
            accesses,
            kept_open: KeptOpen::default(),
            watch: Watch::default(),
            removals: Removals::default(),
            session: Mutex::default(),
            versions: Mutex::default(),
            archives: Mutex::default(),
        }
    }

    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.env.entropy)(&mut bytes);
        bytes
    }

    pub fn plan(&self, id: &PlanId) -> Option<Plan> {
        lock(&self.config).plans.iter().find(|p| p.id == *id).cloned()
    }

    pub fn storage(&self, location: &Location) -> Result<Arc<dyn Storage>, Problem> {
        self.open_storage(location, false).map_err(|error| self.of_share(location, error.into()))
    }

    /// A problem with a destination, with what helps where that lies on a share of another machine.
    pub fn of_share(&self, location: &Location, problem: Problem) -> Problem {
        match self.accesses.share_of(location) {
            Some(share) => explain::on_share(problem, &share),
            None => problem,
        }
    }

    /// Opens a destination; with `create` its folder is made where it does not exist.
    pub fn open_storage(&self, location: &Location, create: bool) -> Result<Arc<dyn Storage>, storage::Error> {
        self.kept_open.or_open(location, || self.open_anew(location, create))
    }

    /// The same by a connection of its own; what nobody uses any more does not stand in its way.
    pub fn open_anew(&self, location: &Location, create: bool) -> Result<Arc<dyn Storage>, storage::Error> {
        self.kept_open.let_go(location);
        match self.try_to_open(location, create) {
            Err(error) if self.accesses.take_spare(location, error.kind) => self.try_to_open(location, create),
            opened => opened,
        }
    }

    fn try_to_open(&self, location: &Location, create: bool) -> Result<Arc<dyn Storage>, storage::Error> {
        let opened = (self.env.open_storage)(location, create, &self.access());
        if let Err(problem) = self.accesses.tried(location, opened.as_ref().err().map(|error| error.kind)) {
            self.notice(format!("The password for {} could not be kept on this computer. {problem}", location.short_name()));
        }
        opened
    }

    /// Where a destination is now: its drive may be mounted elsewhere.
    pub fn found(&self, location: &Location) -> Location {
        location.path().and_then(|path| self.access().found_at(path)).map_or_else(|| location.clone(), Location::local)
    }

    /// How many files go between these places at the same time.
    pub fn files_at_once(&self, places: &[&Location]) -> usize {
        let is_server = places.iter().any(|place| place.server().is_some());
        if is_server { self.access().connections() } else { LOCAL_FILES_AT_ONCE }
    }

    /// Files that are sent at the same time; `from`: where they lie, if at another destination. Over SFTP all of them share one connection,
    /// where a server lets only so much be on its way for each.
    pub fn uploads_at_once(&self, from: Option<&Location>, to: &Location) -> usize {
        let files = self.files_at_once(&[from.unwrap_or(to), to]);
        let is_from_here = from.is_none_or(|from| from.server().is_none());
        match to {
            Location::Sftp(_) if is_from_here && files > 1 => files * sftp::CHANNELS_EACH,
            _ => files,
        }
    }

    /// As storages ask for it.
    pub fn access(&self) -> Arc<dyn Access> {
        self.accesses.clone()
    }

    /// The name under which the plan's keys are kept.
    pub fn secret_name(plan: &PlanId) -> String {
        format!("plan-{plan}")
    }

    /// Keeps the ring for this session and, where there is a home, on this machine; returns it with all other keys that were kept
    /// here: a destination that was put back to an older state must not take them away, nor make an older one the newest.
    pub fn keep_ring(&self, plan: &PlanId, ring: &Arc<KeyRing>, on_machine: bool) -> Result<Arc<KeyRing>, Problem> {
        let Some(known) = self.known_ring(plan).ok().flatten() else {
            self.store_ring(plan, ring, on_machine)?;
            return Ok(ring.clone());
        };
        let whole = Arc::new(ring.with_older_of(&known));
        let steps_back = known.newest().id != ring.newest().id && known.find(&ring.newest().id).is_some();
        let kept = if steps_back { Arc::new(known.with_older_of(ring)) } else { whole.clone() };
        self.store_ring(plan, &kept, on_machine)?;
        Ok(whole)
    }

    /// The same for a person who says that the destination's older key is the right one.
    pub fn step_back(&self, plan: &PlanId, ring: &Arc<KeyRing>) -> Result<(), Problem> {
        self.history.forget_all_owed_keys(plan).map_err(explain::history)?;
        self.store_ring(plan, ring, true)
    }

    fn store_ring(&self, plan: &PlanId, ring: &Arc<KeyRing>, on_machine: bool) -> Result<(), Problem> {
        lock(&self.session).insert(plan.clone(), ring.clone());
        if on_machine {
            self.env.secrets.set(&Self::secret_name(plan), &ring.to_text())?;
        }
        Ok(())
    }

    pub fn forget_ring(&self, plan: &PlanId) -> Result<(), Problem> {
        lock(&self.session).remove(plan);
        Ok(self.env.secrets.delete(&Self::secret_name(plan))?)
    }

    /// The ring as this session or this machine knows it.
    pub fn known_ring(&self, plan: &PlanId) -> Result<Option<Arc<KeyRing>>, Problem> {
        if let Some(ring) = lock(&self.session).get(plan) {
            return Ok(Some(ring.clone()));
        }
        let Some(text) = self.env.secrets.get(&Self::secret_name(plan))? else { return Ok(None) };
        let ring = KeyRing::from_text(&text).map(Arc::new);
        if let Some(ring) = &ring {
            lock(&self.session).insert(plan.clone(), ring.clone());
        }
        Ok(ring)
    }

    /// The ring of a sealed plan folder without asking anybody: as this session, this machine or the plan's secret file knows it. The
    /// newest key in it is that of the folder's slots; a ring from before a rotation, which has not got that one, is none.
    pub fn own_ring(&self, folder: &Folder) -> Result<Arc<KeyRing>, Problem> {
        let plan = folder.plan();
        let known = self.known_ring(plan);
        if let Ok(Some(ring)) = &known {
            match folder.newest_key().ok().flatten() {
                // Where no slots can be read, the key that is kept is the last way in.
                None => return Ok(ring.clone()),
                Some(id) if ring.newest().id == id => return Ok(ring.clone()),
                Some(id) => {
                    if let Some(ring) = ring.with_first(&id) {
                        return Ok(Arc::new(ring));
                    }
                }
            }
        }
        let Some(file) = self.plan(plan).and_then(|plan| plan.secret_file) else {
            known?;
            return Err(explain::password_needed());
        };
        let secret = secret_file::read(&file).map_err(|error| explain::secret_file(&file.path().display(), &error))?;
        self.keep_ring(plan, &Arc::new(folder.open_keys(secret.expose())?), false)
    }

    /// Refuses to write where the folder's slots are older than the key that this machine knows: whoever puts them back, a rotation was
    /// there to be rid of what they hold.
    pub fn check_rotation(&self, folder: &Folder) -> Result<(), Problem> {
        let newest = match folder.newest_key() {
            // That a run goes on without them is better than that it does not.
            Err(problem) if problem.code == Code::Damaged => None,
            newest => newest?,
        };
        let (Ok(Some(known)), Some(id)) = (self.known_ring(folder.plan()), newest) else { return Ok(()) };
        let is_older = known.newest().id != id && known.find(&id).is_some();
        if is_older { Err(explain::keys_put_back()) } else { Ok(()) }
    }

    /// The plan folder that is meant, without any key.
    pub fn folder(&self, place: &Place) -> Result<Folder, Problem> {
        let shown = place.location.display();
        let chosen = Folder::choose(&self.storage(&place.location)?, &shown, &place.plan);
        chosen.map_err(|problem| match self.accesses.missing_share(&place.location) {
            // It is the folder that the share is mounted on.
            Some(share) if problem.code == Code::NothingThere => explain::on_share(explain::marker_missing(&shown), &share),
            _ => problem,
        })
    }

    /// Remembers what was found damaged at a destination, so that no new version refers to it. `all`: everything else there is whole.
    pub fn remember_damage(&self, plan: &PlanId, location: &Location, objects: &[String], all: bool) {
        let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
        if let Err(error) = self.history.remember_damage(plan, location, &objects, all) {
            tracing::warn!("what was found is not remembered: {error}");
        }
    }

    /// Says what is wrong with the home itself, once however often it is found.
    pub fn notice(&self, text: String) {
        let mut notices = lock(&self.notices);
        if !notices.contains(&text) {
            notices.push(text);
        }
    }

    /// Opens a plan folder for reading: finds it, and the keys where it is sealed.
    pub fn open_place(&self, place: &Place) -> Result<OpenPlace, Problem> {
        let folder = Arc::new(self.folder(place)?);
        let configured = self.plan(folder.plan());
        let ring = match (&place.secret, folder.marker.sealed) {
            (Some(secret), true) => {
                let ring = folder.open_keys(secret.expose())?;
                // What else is known here reads what the slots do not.
                let known = self.known_ring(folder.plan()).ok().flatten();
                Some(Arc::new(known.map_or_else(|| ring.clone(), |known| ring.with_older_of(&known))))
            }
            (None, true) => Some(self.own_ring(&folder)?),
            // Somebody who has a password for it knows it as sealed.
            (Some(_), false) => return Err(archive::Error::NotSealed { object: crate::model::marker::MARKER.into() }.into()),
            (None, false) if configured.is_some_and(|p| p.seal.is_some()) => {
                return Err(archive::Error::NotSealed { object: crate::model::marker::MARKER.into() }.into());
            }
            (None, false) => None,
        };
        folder.check_marker(ring.as_deref())?;
        Ok(OpenPlace { folder, ring })
    }

    /// As [`Self::open_place`]; where the place is one of a saved plan's destinations and cannot be reached, the healthiest of the
    /// others that can. Only for reading: `wanted` is what will be read. With all objects, which the others stand in for.
    pub fn open_reachable(&self, place: &Place, wanted: &VersionChoice) -> Result<Reached, Problem> {
        let (location, rest, OpenPlace { folder, ring }) = self.reach(place, wanted, |at| self.open_place(at))?;
        let open = self.env.open_storage.clone();
        let objects = Arc::new(Standby::new((folder.clone(), location.clone()), rest, open, self.access()));
        Ok(Reached { location, folder, ring, objects })
    }

    /// As [`Self::folder`], at the first destination that can be reached.
    pub fn reachable_folder(&self, place: &Place) -> Result<(Location, Folder), Problem> {
        let (location, _, folder) = self.reach(place, &VersionChoice::Latest, |at| self.folder(at))?;
        Ok((location, folder))
    }

    /// What `open` finds at the first destination that can be reached: where that is, and the others.
    fn reach<T>(
        &self,
        place: &Place,
        wanted: &VersionChoice,
        open: impl Fn(&Place) -> Result<T, Problem>,
    ) -> Result<(Location, Vec<Location>, T), Problem> {
        let others = self.plan_at(place).map_or_else(Vec::new, |plan| {
            let mut all = healthiest::in_order(self, &plan, wanted);
            all.retain(|location| *location != place.location);
            elsewhere(&plan, all, place)
        });
        let all = || std::iter::once(place).chain(&others);
        let mut first_problem = None;
        for at in all() {
            match open(at) {
                Ok(opened) => {
                    let rest = all().filter(|other| other.location != at.location).map(|other| other.location.clone()).collect();
                    return Ok((at.location.clone(), rest, opened));
                }
                Err(problem) if problem.is_away() => _ = first_problem.get_or_insert(problem),
                Err(problem) => return Err(problem),
            }
        }
        Err(first_problem.unwrap_or_else(explain::no_such_plan))
    }

    /// The backup at the other destinations of the saved plan that a place is one of; none where it is not clear which plan that is.
    pub fn others_of(&self, place: &Place) -> Vec<Place> {
        let Some(plan) = self.plan_at(place) else { return Vec::new() };
        elsewhere(&plan, plan.destinations.iter().filter(|location| **location != place.location).cloned(), place)
    }

    /// The saved plan that a place is one of the destinations of; `None` where it is not clear which that is.
    fn plan_at(&self, place: &Place) -> Option<Plan> {
        let config = lock(&self.config);
        let named = config.plans.iter().filter(|plan| match &place.plan {
            PlanChoice::Only => true,
            PlanChoice::Id(id) => plan.id == *id,
            PlanChoice::Name(name) => plan.name == *name,
        });
        let mut fitting = named.filter(|plan| plan.destinations.contains(&place.location));
        let (Some(plan), None) = (fitting.next(), fitting.next()) else { return None };
        Some(plan.clone())
    }

    /// The versions in a plan folder. Their manifests are public: without a key they are listed on their checksums alone.
    pub fn list_versions(&self, place: &Place) -> Result<ListedAt, Problem> {
        let (location, folder, ring) = match self.open_reachable(place, &VersionChoice::Latest) {
            Ok(open) => (open.location, open.folder, open.ring),
            Err(problem) if problem.code == Code::PasswordNeeded => {
                let (location, folder) = self.reachable_folder(place)?;
                (location, Arc::new(folder), None)
            }
            Err(problem) => return Err(problem),
        };
        Ok(ListedAt { location, plan: folder.plan().clone(), listed: folder.manifests(ring.as_deref())? })
    }

    /// Opens a version for browsing or restoring; keeps the last few open.
    pub fn open_version(&self, place: &Place, choice: &VersionChoice) -> Result<Arc<OpenVersion>, Problem> {
        let lasting = matches!(choice, VersionChoice::Id(_));
        let fits = |kept: &&Kept| kept.place == *place && kept.choice == *choice && (lasting || kept.at.elapsed() < NEWEST_FOR);
        if let Some(kept) = lock(&self.versions).iter().find(fits) {
            return Ok(kept.version.clone());
        }
        let Reached { folder, ring, objects, .. } = self.open_reachable(place, choice)?;
        let manifest = choose_version(folder.manifests(ring.as_deref())?, choice, &self.env.clock.zone())?;
        let catalog = Arc::new(CatalogReader::open(objects.clone(), ring.clone(), folder.plan(), &manifest)?);
        let browser = Browser::new(catalog.clone());
        let version = Arc::new(OpenVersion { folder, objects, ring, manifest, catalog, browser });
        let mut versions = lock(&self.versions);
        versions.push_front(Kept { place: place.clone(), choice: choice.clone(), at: Instant::now(), version: version.clone() });
        versions.truncate(OPEN_VERSIONS);
        Ok(version)
    }

    /// Drops what is open for browsing of a plan: after a password change, a deletion.
    pub fn close_versions(&self, plan: &PlanId) {
        lock(&self.versions).retain(|kept| kept.version.folder.plan() != plan);
    }
}

/// What a place names, at these destinations of its plan.
fn elsewhere(plan: &Plan, locations: impl IntoIterator<Item = Location>, place: &Place) -> Vec<Place> {
    let at = |location| Place { location, plan: PlanChoice::Id(plan.id.clone()), secret: place.secret.clone() };
    locations.into_iter().map(at).collect()
}
