//! Opening a plan's destination for writing: who writes there, with which key; and what can be said of a destination.

mod measured;
mod tested;

use std::sync::Arc;
use std::time::Instant;

pub use self::tested::test;
use crate::archive::key::{self, KdfCost, KeyRing, NewSlot, PlanKey, SlotKind};
use crate::model::event::What;
use crate::model::format::{KdfKind, SealSpec};
use crate::model::location::Location;
use crate::model::marker::{self, Marker, Owner};
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Code, Problem};
use crate::model::recover;
use crate::model::restore::PlanChoice;
use crate::model::snapshot::VersionId;
use crate::os::identity;
use crate::storage::Storage;

use super::append_only;
use super::core::{Core, lock};
use super::costs;
use super::events::{self, About};
use super::explain;
use super::folder::{Folder, Keys, sha256_hex};
use super::health;
use super::message::{DestinationStatus, NewSecrets, PlanAt};

/// A plan's folder that this home may write to.
pub struct Opened {
    pub location: Location,
    pub folder: Arc<Folder>,
    pub ring: Option<Arc<KeyRing>>,
}

/// Opens the plan's folder, or makes it where this home has never written there.
pub fn open_for_writing(
    core: &Core,
    plan: &Plan,
    location: &Location,
    secrets: &NewSecrets,
    take_over: bool,
) -> Result<Opened, Problem> {
    let opened = open_or_make(core, plan, location, secrets, take_over).map_err(|problem| core.of_share(location, problem))?;
    core.accesses.remember_drive(location);
    Ok(opened)
}

fn open_or_make(core: &Core, plan: &Plan, location: &Location, secrets: &NewSecrets, take_over: bool) -> Result<Opened, Problem> {
    let known = !core.history.known_versions(&plan.id, location).map_err(explain::history)?.is_empty();
    let storage = core.open_storage(location, !known)?;
    let (all, damaged) = Folder::all(&storage)?;
    let folder_name = plan.folder_name();
    if let Some(folder) = all.into_iter().find(|f| *f.plan() == plan.id) {
        let ring = ring_for(core, plan, &folder, secrets, take_over)?;
        folder.check_marker(ring.as_deref())?;
        own(core, &folder, ring.as_deref(), take_over)?;
        if let Some(ring) = &ring {
            folder.settle_keys(ring)?;
        }
        folder.renew_recover()?;
        return Ok(Opened { location: location.clone(), folder: Arc::new(folder), ring });
    }
    if let Some(mut folder) = Folder::unmarked(&storage, &damaged, &PlanChoice::Id(plan.id.clone()))?.pop() {
        // What else lies there says that it is ours: that is vouched for by the key where there is one.
        let ring = ring_for(core, plan, &folder, secrets, take_over)?;
        check_owner(core, &folder, ring.as_deref())?;
        folder.renew_marker(new_marker(core, plan), ring.as_deref())?;
        if let Some(ring) = &ring {
            folder.settle_keys(ring)?;
        }
        folder.renew_recover()?;
        return Ok(Opened { location: location.clone(), folder: Arc::new(folder), ring });
    }
    if damaged.contains(&folder_name) {
        return Err(crate::archive::Error::damaged(marker::MARKER, "its checksum does not fit").into());
    }
    if known {
        return Err(explain::marker_missing(&location.display()));
    }
    create(core, plan, location, &storage, secrets)
}

fn create(
    core: &Core,
    plan: &Plan,
    location: &Location,
    storage: &Arc<dyn Storage>,
    secrets: &NewSecrets,
) -> Result<Opened, Problem> {
    check_no_backups_folder(location, &**storage)?;
    let marker = new_marker(core, plan);
    let keys = match plan.seal {
        None => None,
        Some(seal) => {
            let keys = new_keys(core, plan, location, seal, secrets, free_number(plan, &**storage)?)?;
            // Kept here before anything is sealed with it.
            core.keep_ring(&plan.id, &keys.0, true)?;
            Some(keys)
        }
    };
    let ring = keys.as_ref().map(|(ring, keys)| (&**ring, keys));
    let folder = create_folder(core, location, storage, plan.folder_name(), marker, ring)?;
    Ok(Opened { location: location.clone(), folder: Arc::new(folder), ring: keys.map(|(ring, _)| ring) })
}

/// A destination is never a backup's own folder.
pub fn check_no_backups_folder(location: &Location, storage: &dyn Storage) -> Result<(), Problem> {
    if storage.list("")?.iter().any(|entry| entry.name == marker::MARKER) {
        Err(explain::is_a_backups_folder(&location.display()))
    } else {
        Ok(())
    }
}

/// Makes a plan's folder at a destination that has none of it.
pub fn create_folder(
    core: &Core,
    location: &Location,
    storage: &Arc<dyn Storage>,
    name: String,
    marker: Marker,
    keys: Option<(&KeyRing, &Keys)>,
) -> Result<Folder, Problem> {
    let owner = new_owner(core, &marker.plan, 1);
    Folder::create(storage, name, marker, keys, owner, core.uploads_at_once(None, location))
}

fn new_marker(core: &Core, plan: &Plan) -> Marker {
    Marker {
        format: marker::FORMAT,
        kind: Marker::KIND.into(),
        plan: plan.id.clone(),
        name: plan.name.clone(),
        machine: core.machine.clone(),
        sealed: plan.seal.is_some(),
        created: core.env.clock.now(),
        readme_sha256: sha256_hex(marker::readme(&plan.name, plan.seal.is_some()).as_bytes()),
        recover_sha256: Some(sha256_hex(recover::TEXT.as_bytes())),
    }
}

fn new_owner(core: &Core, plan: &PlanId, n: u32) -> Owner {
    Owner {
        format: marker::FORMAT,
        kind: Owner::KIND.into(),
        plan: plan.clone(),
        n,
        home: core.home_id.clone(),
        machine: core.machine.clone(),
        since: core.env.clock.now(),
    }
}

/// The plan's key and its first file of slots at a destination, which takes this number. A key that this home keeps already is used again, whether its first
/// destination was never reached or a further one is added; without a password the slots are copied from where the plan lies now.
fn new_keys(
    core: &Core,
    plan: &Plan,
    location: &Location,
    seal: SealSpec,
    secrets: &NewSecrets,
    n: u32,
) -> Result<(Arc<KeyRing>, Keys), Problem> {
    let known = core.known_ring(&plan.id)?;
    if !secrets.can_open() {
        return known.zip(slots_elsewhere(core, plan, location)?).ok_or_else(explain::password_needed);
    }
    let ring = known.unwrap_or_else(|| {
        let bytes = zeroize::Zeroizing::new(core.random());
        Arc::new(KeyRing::new(PlanKey { id: core.random(), bytes }))
    });
    let file = key::encode(&plan.id, n, &ring, &slots(core, seal.kdf, secrets), &mut |b| (core.env.entropy)(b))?;
    Ok((ring, Keys::new(n, file)))
}

/// For a file of slots in a folder that is to be made, above those that a start which was cut short has left there.
fn free_number(plan: &Plan, storage: &dyn Storage) -> Result<u32, Problem> {
    let left = storage.list(&plan.folder_name())?.into_iter().filter_map(|entry| Some(marker::parse_keys_name(&entry.name)?.0));
    Ok(left.max().map_or(1, |highest| highest.saturating_add(1)))
}

/// Key slots of the plan at its other destinations, and those that are saved for it.
fn slots_elsewhere(core: &Core, plan: &Plan, location: &Location) -> Result<Option<Keys>, Problem> {
    let saved = core.plan(&plan.id).map_or(Vec::new(), |p| p.destinations);
    for location in plan.destinations.iter().chain(&saved).filter(|at| *at != location) {
        let Ok(storage) = core.storage(location) else { continue };
        if let Some(folder) = Folder::of_plan(&storage, &plan.id)?
            && let Some(keys) = folder.keys()?
        {
            return Ok(Some(keys));
        }
    }
    Ok(None)
}

/// New slots for what is given, with costs that suit this machine.
pub fn slots<'a>(core: &Core, kdf: KdfKind, secrets: &'a NewSecrets) -> Vec<NewSlot<'a>> {
    // Measured only where it matters.
    let stretches = secrets.each().any(|(kind, _)| kind == SlotKind::Password);
    let cost = if stretches { costs::measured(kdf) } else { KdfCost::least(kdf) };
    let created = core.env.clock.now();
    secrets.each().map(|(kind, secret)| NewSlot { kind, secret: secret.expose(), cost, created }).collect()
}

/// The ring for a plan folder that exists: a password that is given must fit.
fn ring_for(
    core: &Core,
    plan: &Plan,
    folder: &Folder,
    secrets: &NewSecrets,
    take_over: bool,
) -> Result<Option<Arc<KeyRing>>, Problem> {
    match (folder.marker.sealed, plan.seal.is_some()) {
        (false, false) => return Ok(None),
        (false, true) => return Err(crate::archive::Error::NotSealed { object: marker::MARKER.into() }.into()),
        (true, false) => {
            return Err(Problem::new(
                Code::Usage,
                "This backup is encrypted and cannot go on unencrypted.",
                "Give its password, or make a new backup under another name.",
            ));
        }
        (true, true) => {}
    }
    if !take_over {
        core.check_rotation(folder)?;
    }
    let ring = match secrets.password.as_ref().or(secrets.key_file.as_ref()) {
        Some(secret) => core.keep_ring(&plan.id, &Arc::new(folder.open_keys(secret.expose())?), true)?,
        None => core.own_ring(folder)?,
    };
    if take_over {
        core.step_back(&plan.id, &ring)?;
    }
    Ok(Some(ring))
}

/// Makes sure that this home is the owner, taking over if that is wanted.
pub fn own(core: &Core, folder: &Folder, ring: Option<&KeyRing>, take_over: bool) -> Result<(), Problem> {
    match folder.owner(ring)? {
        Some(owner) if owner.home == core.home_id => date_anew(core, folder, ring, &owner),
        Some(owner) if !take_over => Err(explain::other_owner(&owner.machine)),
        owner => {
            let n = owner.as_ref().map_or(Ok(1), marker::next_owner)?;
            folder.put_owner(new_owner(core, folder.plan(), n), ring)?;
            // One that becomes a plan here just now says so itself.
            if let (Some(owner), Some(plan)) = (owner, core.plan(folder.plan())) {
                let details = vec![format!("Until now written by {}", owner.machine)];
                events::note(core, About::plan(&plan), What::TakenOver, details);
            }
            Ok(())
        }
    }
}

/// A take-over that is dated ahead forbids deletion from now on for as long as any other, and not until its date has come. The date may
/// be right, and the clock wrong: it is left there, and counts as soon as it lies behind.
fn date_anew(core: &Core, folder: &Folder, ring: Option<&KeyRing>, owner: &Owner) -> Result<(), Problem> {
    let is_ahead = owner.n > 1 && owner.since > core.env.clock.now();
    match marker::next_owner(owner) {
        Ok(n) if is_ahead => folder.put_owner(new_owner(core, folder.plan(), n), ring),
        _ => Ok(()),
    }
}

/// Whether this home is still the owner.
pub fn check_owner(core: &Core, folder: &Folder, ring: Option<&KeyRing>) -> Result<(), Problem> {
    folder.storage().look_anew();
    match folder.newest_owner()? {
        // What is in it was read when the folder was opened, and is written once.
        Some((home, _)) if home == core.home_id => Ok(()),
        Some((_, name)) => Err(explain::other_owner(&folder.read_owner(&name, ring)?.machine)),
        None => Err(explain::marker_missing(&folder.name)),
    }
}

/// No source may be the destination itself or a folder of our own: these are left out of every backup, and nothing would remain.
pub fn check_apart(core: &Core, plan: &Plan) -> Result<(), Problem> {
    let apart = own_folders_at(core, &plan.destinations);
    let is_one = |source: &&crate::model::path::PathBytes| identity(&source.as_path()).is_some_and(|it| apart.contains(&it));
    match plan.sources.paths.iter().find(is_one) {
        Some(source) => Err(explain::source_is_destination(&source.display())),
        None => Ok(()),
    }
}

/// Device and inode of folders that are never part of a source: the destinations and our own.
pub fn own_folders(core: &Core, folder: &Folder, all: &[Location]) -> Vec<(u64, u64)> {
    folder.storage().identity().into_iter().chain(own_folders_at(core, all)).collect()
}

/// The same before a destination has been opened.
pub fn own_folders_at(core: &Core, destinations: &[Location]) -> Vec<(u64, u64)> {
    let there = destinations.iter().flat_map(|location| [location.clone(), core.found(location)]);
    let there = there.filter_map(|location| identity(&location.path()?.as_path()));
    there.chain(homes_folders(core)).collect()
}

fn homes_folders(core: &Core) -> impl Iterator<Item = (u64, u64)> {
    core.home.iter().flat_map(|h| h.folders()).filter_map(identity)
}

fn identity(path: &std::path::Path) -> Option<(u64, u64)> {
    identity::of(path).ok()
}

/// A plan folder as it shows itself without any key.
pub fn describe(core: &Core, folder: &Folder) -> Result<PlanAt, Problem> {
    let ids = folder.versions()?;
    // A run that was gone on with is older by its name than its content is; of one second there may be several.
    let last = ids.iter().filter_map(VersionId::time).max();
    let lasts = ids.iter().filter(|id| id.time() == last);
    let newest = lasts.filter_map(|id| folder.manifest(id, None).map_or_else(|_| id.time(), |m| Some(m.started))).max();
    let ours = folder.owner(None).ok().flatten().is_some_and(|o| o.home == core.home_id);
    Ok(PlanAt {
        id: folder.plan().clone(),
        name: folder.marker.name.clone(),
        folder: folder.name.clone(),
        machine: folder.marker.machine.clone(),
        sealed: folder.marker.sealed,
        versions: ids.len(),
        newest,
        ours,
        stored: None,
        remembered: false,
    })
}

pub fn plans_at(core: &Core, location: &Location) -> Result<Vec<PlanAt>, Problem> {
    let storage = core.storage(location)?;
    let (mut all, damaged) = Folder::all(&storage)?;
    if all.is_empty() || !damaged.is_empty() {
        all.extend(Folder::unmarked(&storage, &damaged, &PlanChoice::Only)?);
    }
    all.iter().map(|f| describe(core, f)).collect()
}

/// `MarkerMissing` where nothing of a backup lies at a destination that is known to have one of a saved plan: perhaps the empty folder that
/// a drive is mounted on. For a destination without any plan's folder.
pub fn check_unused(core: &Core, location: &Location, storage: &dyn Storage) -> Result<(), Problem> {
    let mut plans = lock(&core.config).plans.clone();
    plans.retain(|plan| plan.destinations.contains(location));
    for plan in plans {
        let was_used = !core.history.known_versions(&plan.id, location).map_err(explain::history)?.is_empty();
        // One that has lost its marker is still there.
        if was_used && !storage.list("")?.iter().any(|entry| entry.name.ends_with(plan.id.short())) {
            return Err(explain::marker_missing(&location.display()));
        }
    }
    Ok(())
}

/// What the Storage tab shows of a destination.
pub fn status(core: &Core, location: &Location) -> DestinationStatus {
    let mut status = DestinationStatus {
        location: location.clone(),
        problem: None,
        free: None,
        total: None,
        used: 0,
        plans: Vec::new(),
        latency_ms: None,
        cid: None,
        found_at: None,
        share: core.accesses.share_of(location),
        deletable: !append_only::is_known(core, location),
    };
    if let Err(problem) = fill_status(core, location, &mut status) {
        status.problem = Some(match &status.share {
            Some(share) => explain::on_share(problem, share),
            None => problem,
        });
        if status.plans.is_empty() {
            status.plans = remembered(core, location);
        }
    }
    health::seen(core, &status);
    status
}

/// What lay at a destination that cannot be looked at now, when it last could.
fn remembered(core: &Core, location: &Location) -> Vec<PlanAt> {
    let mut plans = lock(&core.config).plans.clone();
    plans.retain(|plan| plan.destinations.contains(location));
    let at = |plan: Plan| {
        let known = core.history.known_versions(&plan.id, location).ok().filter(|known| !known.is_empty())?;
        Some(PlanAt {
            folder: plan.folder_name(),
            name: plan.name,
            id: plan.id,
            machine: core.machine.clone(),
            sealed: plan.seal.is_some(),
            versions: known.len(),
            newest: known.iter().filter_map(|(version, _)| version.time()).max(),
            ours: true,
            stored: None,
            remembered: true,
        })
    };
    plans.into_iter().filter_map(at).collect()
}

fn fill_status(core: &Core, location: &Location, status: &mut DestinationStatus) -> Result<(), Problem> {
    let begun = Instant::now();
    let storage = core.storage(location)?;
    status.found_at = location.path().and_then(|path| core.access().found_at(path));
    let room = storage.room()?;
    status.latency_ms = Some(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
    status.free = room.map(|r| r.free);
    status.total = room.map(|r| r.total);
    status.cid = storage.cid()?;
    let (folders, damaged) = Folder::all(&storage)?;
    if folders.is_empty() && damaged.is_empty() {
        check_unused(core, location, &*storage)?;
    }
    for folder in &folders {
        let stored = folder.stored()?;
        status.plans.push(PlanAt { stored: Some(stored), ..describe(core, folder)? });
        status.used = status.used.saturating_add(stored);
    }
    match damaged.first() {
        Some(name) => {
            Err(crate::archive::Error::damaged(format!("{name}/{}", marker::MARKER), "its checksum does not fit").into())
        }
        None => Ok(()),
    }
}
