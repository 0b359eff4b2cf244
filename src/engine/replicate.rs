//! Replication: what one destination of a backup has and another lacks is copied, oldest version first (FORMAT §4).
//!
//! Volumes go over as they are, sealed, each checked by a sum that its run's list gives; the manifest comes last, when everything
//! lies there that it refers to. What was deleted at the target is not brought back.

mod lying;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use self::lying::{Lying, vouched_for};
use crate::archive::key::KeyRing;
use crate::archive::object::{objects_name, run_folder};
use crate::archive::{self, object_list};
use crate::model::location::Location;
use crate::model::marker;
use crate::model::plan::Plan;
use crate::model::problem::{Cause, Code, Problem, Warning};
use crate::model::replicate::{ReplicateSpec, Replicated};
use crate::model::run::{Cancel, Progress, ReadBack, RunDetail, Stage};
use crate::model::snapshot::{Manifest, ObjectInfo, ObjectList, VersionId};
use crate::model::sum;
use crate::storage::Storage;

use super::core::{Core, OpenPlace, lock};
use super::destination;
use super::explain;
use super::few_at_once::few_at_once;
use super::folder::copy::{NotCopied, Should};
use super::folder::{Folder, Listed};
use super::hand;
use super::health;
use super::moving;
use super::read_back;
use super::run::{Done, Run, Stages};

/// Carries out a replication. A version that cannot be copied is a warning; the others are.
pub fn run(core: &Core, run: &Run, spec: &ReplicateSpec, stages: &mut Stages<'_>) -> Result<Done, Problem> {
    stages.enter(Stage::Preparing);
    let OpenPlace { folder, ring } = core.open_place(&spec.from)?;
    if spec.from.location == spec.to || spec.from.location.is_same_place(&spec.to) {
        return Err(explain::same_destination(&spec.to.display()));
    }
    let listed = folder.manifests(ring.as_deref())?;
    if listed.is_empty() && !spec.instead {
        return Err(explain::no_version_yet());
    }
    if let Some(id) = spec.versions.iter().find(|id| !listed.iter().any(|l| l.id == **id)) {
        return Err(explain::no_such_version(id.as_str()));
    }
    let target = target(core, (&folder, &spec.from.location), ring.as_deref(), &spec.to, spec.anew)?;
    let max =
        |plan: Plan| plan.max_sizes.at(&spec.to).or_else(|| plan.max_sizes.at(&spec.from.location).filter(|_| spec.instead));
    target.keep_within(core.plan(folder.plan()).and_then(max))?;
    stages.enter(Stage::Replicating);
    let of_plan = || core.plan(folder.plan()).map(|plan| plan.read_back);
    let copying = Copying {
        core,
        from: &folder,
        from_location: &spec.from.location,
        to: &target,
        to_location: &spec.to,
        ring: ring.as_deref(),
        read_back: spec.read_back.or_else(of_plan).unwrap_or_default().is_wanted_at(&spec.to),
        progress: &run.progress,
        cancel: &run.cancel,
    };
    let wanted = |id: &VersionId| spec.versions.is_empty() || spec.versions.contains(id);
    let (replicated, warnings) = copying.all(&listed, &wanted, &HashSet::new())?;
    health::reached(core, &spec.to, target.storage().room().ok().flatten());
    if spec.instead && warnings.is_empty() {
        moving::take_place(core, folder.plan(), &spec.from.location, &spec.to)?;
    }
    let warning_count = warnings.len() as u64;
    Ok(Done {
        detail: RunDetail::Replicate { from: spec.from.location.display(), replicated },
        warnings,
        warning_count,
        finding: None,
    })
}

/// The plan's folder at another destination, which this home may write to; it is made where there is none. `anew`: also where there was one.
/// A problem where that turns out to be the source itself.
pub fn target(
    core: &Core,
    (source, source_location): (&Folder, &Location),
    ring: Option<&KeyRing>,
    location: &Location,
    anew: bool,
) -> Result<Arc<Folder>, Problem> {
    let plan = source.plan();
    let known = !anew && !core.history.known_versions(plan, location).map_err(explain::history)?.is_empty();
    let storage = core.open_storage(location, !known)?;
    if storage.identity().is_some_and(|it| source.storage().identity() == Some(it)) {
        return Err(explain::same_place(location, source_location));
    }
    let folder = match Folder::of_plan(&storage, plan)? {
        Some(folder) => {
            if folder.marker.sealed != source.marker.sealed {
                return Err(archive::Error::NotSealed { object: marker::MARKER.into() }.into());
            }
            folder.check_marker(ring)?;
            destination::own(core, &folder, ring, false)?;
            if let Some(ring) = ring {
                // The newest change of keys counts, wherever it was made.
                source.share_keys(&folder, ring)?;
            }
            folder
        }
        None if known => return Err(explain::marker_missing(&location.display())),
        None => {
            let keys = match ring {
                Some(ring) => Some((ring, source.needed_keys()?)),
                None => None,
            };
            destination::check_no_backups_folder(location, &*storage)?;
            let keys = keys.as_ref().map(|(ring, keys)| (*ring, keys));
            let made = destination::create_folder(core, location, &storage, source.name.clone(), source.marker.clone(), keys);
            made.map_err(|problem| match is_there(&storage, source) {
                true => explain::same_place(location, source_location),
                false => problem,
            })?
        }
    };
    core.accesses.remember_drive(location);
    Ok(Arc::new(folder))
}

/// Whether the source itself has come to lie there: its list was of a moment ago, and what says who writes to it is the source's own.
fn is_there(storage: &Arc<dyn Storage>, source: &Folder) -> bool {
    storage.look_anew();
    let Ok(Some(there)) = Folder::of_plan(storage, source.plan()) else { return false };
    let owner = |folder: &Folder| folder.read_all(&folder.newest_owner().ok()??.1).ok();
    owner(&there).is_some_and(|it| owner(source) == Some(it))
}

/// From where to where.
pub struct Copying<'a> {
    pub core: &'a Core,
    pub from: &'a Folder,
    pub from_location: &'a Location,
    pub to: &'a Folder,
    pub to_location: &'a Location,
    pub ring: Option<&'a KeyRing>,
    /// What is sent is read back before it becomes a version.
    pub read_back: bool,
    pub progress: &'a Progress,
    pub cancel: &'a Cancel,
}

/// An object of a run's folder that is to be at the target.
struct Wanted {
    /// Within the plan's folder.
    name: String,
    info: ObjectInfo,
}

/// A version with all that it refers to.
struct Version<'a> {
    manifest: &'a Manifest,
    objects: Vec<Wanted>,
    lists: Vec<NamedList>,
}

/// A list of a run's objects, by the name that it has there.
type NamedList = (String, Arc<Vec<u8>>);

/// What goes over before a version's manifest.
enum Part<'a> {
    Object(&'a Wanted),
    List(&'a NamedList),
}

type Lists = HashMap<VersionId, (Arc<ObjectList>, Arc<Vec<u8>>)>;

impl Copying<'_> {
    /// Copies what the target lacks of the source's versions, those that are wanted. `just_sent`: full names of what lies there since this
    /// run.
    pub fn all(
        &self,
        listed: &[Listed],
        wanted: &dyn Fn(&VersionId) -> bool,
        just_sent: &HashSet<String>,
    ) -> Result<(Replicated, Vec<Warning>), Problem> {
        let there = self.to.manifests(self.ring)?;
        hand::foreign(self.core, self.to, self.to_location, &there, false)?;
        let gone: HashSet<VersionId> = self.to.deleted()?.into_iter().collect();
        let (mut versions, mut warnings) = (Vec::new(), Vec::new());
        let mut lists = Lists::new();
        let damaged = self.damaged()?;
        // One that lies there but cannot be read is not ours to replace.
        let has = |id: &VersionId| there.iter().any(|t| t.id == *id);
        let is_due = |l: &&Listed| wanted(&l.id) && !gone.contains(&l.id) && (!has(&l.id) || !damaged.is_empty());
        for entry in listed.iter().filter(is_due) {
            match entry
                .manifest
                .as_ref()
                .map_err(ToString::to_string)
                .and_then(|m| self.version(m, &mut lists).map_err(|error| error.to_string()))
            {
                Ok(version) => versions.push(version),
                Err(why) => warnings.push(not_copied(&entry.id, &why)),
            }
        }
        let lying = Lying::look(self, &versions, &vouched_for(&there, &gone), just_sent, damaged)?;
        let missing: Vec<Vec<&Wanted>> =
            versions.iter().map(|version| version.objects.iter().filter(|object| !lying.has(&object.name)).collect()).collect();
        let mut counted = HashSet::new();
        let to_send = missing.iter().flatten().filter(|object| counted.insert(object.name.as_str()));
        let bytes = sum::saturating(to_send.map(|object| object.info.size));
        self.progress.files_total.fetch_add(counted.len() as u64, Relaxed);
        self.progress.bytes_total.fetch_add(bytes, Relaxed);
        self.progress.totals_known.store(true, Relaxed);

        let mut replicated = Replicated { destination: self.to_location.display(), ..Replicated::default() };
        let sent: Mutex<HashSet<&str>> = Mutex::default();
        let read: Mutex<Option<ReadBack>> = Mutex::default();
        for (version, missing) in versions.iter().zip(&missing) {
            let is_left = |name: &str| !lock(&sent).contains(name);
            let missing: Vec<&Wanted> = missing.iter().copied().filter(|object| is_left(&object.name)).collect();
            let lists: Vec<_> = version.lists.iter().filter(|(name, _)| is_left(name) && !lying.has(name)).collect();
            let copied = self.send(&missing, &lists, &lying, &sent, &read);
            // Also of a version that cannot be copied whole something was: others need it.
            for object in missing.iter().filter(|object| !is_left(&object.name)) {
                replicated.objects += 1;
                replicated.bytes = replicated.bytes.saturating_add(object.info.size);
            }
            match copied {
                Ok(()) => {}
                Err(NotCopied::Source(problem)) => {
                    warnings.push(not_copied(&version.manifest.id, &problem.to_string()));
                    continue;
                }
                Err(NotCopied::Target(problem) | NotCopied::There(problem)) => return Err(problem),
                Err(NotCopied::Cancelled) => return Err(explain::cancelled()),
            }
            let bad_lists = lists.iter().map(|(name, _)| name).filter(|name| lying.bad.contains(*name));
            let healed: Vec<&str> = missing.iter().map(|object| &object.name).chain(bad_lists).map(String::as_str).collect();
            self.core.history.forget_damage(self.to.plan(), self.to_location, &healed).map_err(explain::history)?;
            if !has(&version.manifest.id) {
                let early: Vec<&Wanted> = version.objects.iter().filter(|object| just_sent.contains(&object.name)).collect();
                few_at_once(&early, self.core.files_at_once(&[self.to_location]), |object| self.read(object, &read))?;
                self.finish(version.manifest)?;
                replicated.versions.push(version.manifest.id.clone());
            }
        }
        // What was not waited for is no version that cannot be copied.
        if !warnings.is_empty() && self.cancel.is_cancelled() {
            return Err(explain::cancelled());
        }
        replicated.read_back = if self.read_back { *lock(&read) } else { Some(ReadBack::NotWanted) };
        Ok((replicated, warnings))
    }

    /// Makes it a version there.
    fn finish(&self, manifest: &Manifest) -> Result<(), Problem> {
        let (history, plan) = (&self.core.history, self.to.plan());
        let name = marker::manifest_name(&manifest.id);
        // As it is at the source, to the byte.
        let bytes = self.from.read_all(&name)?;
        destination::check_owner(self.core, self.to, self.ring)?;
        // Known before it is there: else it would be another hand's.
        history.begin_folder(plan, self.to_location, &manifest.id).map_err(explain::history)?;
        self.to.put_last(&name, &bytes)?;
        history.remember_version(plan, self.to_location, &manifest.id, manifest.sequence).map_err(explain::history)
    }

    /// What a version refers to, by the lists that lie at the source.
    fn version<'m>(&self, manifest: &'m Manifest, lists: &mut Lists) -> Result<Version<'m>, archive::Error> {
        let sealed = manifest.sealed;
        let mut version = Version { manifest, objects: Vec::new(), lists: Vec::new() };
        let (own, bytes) = self.list(&manifest.id, Some(&manifest.objects_sha256), lists)?;
        version.add(&manifest.id, own.objects.iter().collect(), bytes);
        for need in &manifest.needs {
            let (list, bytes) = self.list(&need.run, None, lists)?;
            let (found, lacking) = object_list::needed(&list, need, sealed);
            if let Some(name) = lacking.first() {
                let what = format!("it does not list {name}, which version {} needs", manifest.id);
                return Err(archive::Error::damaged(objects_name(&need.run), what));
            }
            version.add(&need.run, found, bytes);
        }
        Ok(version)
    }

    fn list(
        &self,
        run: &VersionId,
        sha256: Option<&str>,
        lists: &mut Lists,
    ) -> Result<(Arc<ObjectList>, Arc<Vec<u8>>), archive::Error> {
        if let Some(known) = lists.get(run) {
            return Ok(known.clone());
        }
        let (list, bytes) = object_list::read(self.from, self.from.plan(), run, self.ring, sha256)?;
        let read = (Arc::new(list), Arc::new(bytes));
        lists.insert(run.clone(), read.clone());
        Ok(read)
    }

    /// Objects that were found damaged at the target.
    fn damaged(&self) -> Result<HashSet<String>, Problem> {
        let damaged = self.core.history.damaged(self.to.plan(), self.to_location).map_err(explain::history)?;
        Ok(damaged.into_iter().collect())
    }

    /// Sends objects and lists of them, a few at a time; the first that fails ends it. `sent` is told of each, `read` of what is read back.
    fn send<'v>(
        &self,
        objects: &[&'v Wanted],
        lists: &[&'v NamedList],
        lying: &Lying,
        sent: &Mutex<HashSet<&'v str>>,
        read: &Mutex<Option<ReadBack>>,
    ) -> Result<(), NotCopied> {
        let at_once = self.core.uploads_at_once(Some(self.from_location), self.to_location);
        let objects = objects.iter().copied().map(Part::Object);
        let all: Vec<Part<'_>> = objects.chain(lists.iter().copied().map(Part::List)).collect();
        few_at_once(&all, at_once, |one| {
            let (Part::Object(Wanted { name, .. }) | Part::List((name, _))) = one;
            if lying.bad.contains(name) {
                // Where it is damaged some of it is still good: it goes only for what is better.
                if let Part::Object(object) = one
                    && !lying.left.contains(name)
                {
                    self.noting_damage(object, self.from.check(name, &object.info, self.cancel))?;
                }
                // Objects are written once.
                self.to.delete(name).map_err(NotCopied::Target)?;
            }
            match one {
                Part::Object(object) => {
                    self.send_one(object)?;
                    self.read(object, read).map_err(NotCopied::Target)?;
                    self.progress.files_done.fetch_add(1, Relaxed);
                }
                Part::List((name, bytes)) => self.to.put_once(name, bytes).map_err(NotCopied::Target)?,
            }
            lock(sent).insert(name);
            Ok(())
        })
    }

    fn send_one(&self, object: &Wanted) -> Result<(), NotCopied> {
        let each = |bytes: u64| {
            self.progress.bytes_done.fetch_add(bytes, Relaxed);
            self.progress.bytes_written.fetch_add(bytes, Relaxed);
        };
        let copied = self.to.copy_from(self.from, &object.name, Should::Be(&object.info), self.cancel, &each);
        self.noting_damage(object, copied.map(drop))
    }

    /// Reads back what was sent, where that is wanted.
    fn read(&self, object: &Wanted, read: &Mutex<Option<ReadBack>>) -> Result<(), Problem> {
        if self.read_back {
            let how = read_back::object(self.core, (self.to, self.to_location), &object.name, &object.info, self.cancel)?;
            let mut read = lock(read);
            *read = Some(how).max(*read);
        }
        Ok(())
    }

    fn noting_damage(&self, object: &Wanted, read: Result<(), NotCopied>) -> Result<(), NotCopied> {
        read.inspect_err(|why| {
            if matches!(why, NotCopied::Source(problem) if problem.code == Code::Damaged) {
                self.core.remember_damage(self.from.plan(), self.from_location, std::slice::from_ref(&object.name), false);
            }
        })
    }
}

impl Version<'_> {
    fn add(&mut self, run: &VersionId, objects: Vec<&ObjectInfo>, list: Arc<Vec<u8>>) {
        let base = run_folder(run);
        self.lists.push((objects_name(run), list));
        let wanted = |info: &ObjectInfo| Wanted { name: format!("{base}/{}", info.name), info: info.clone() };
        self.objects.extend(objects.into_iter().map(wanted));
    }
}

fn not_copied(id: &VersionId, why: &str) -> Warning {
    Warning::of_all(Cause::Incomplete, format!("version {id} was not copied: {why}"))
}
