//! A backup run: from "Back up now" to a version that was read back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;

use crate::archive;
use crate::archive::catalog_io::CatalogReader;
use crate::archive::key::KeyRing;
use crate::archive::object::{Objects, run_folder, volume_file_name};
use crate::archive::scan::Roots;
use crate::archive::writer::{BackupJob, write_version};
use crate::model::catalog::VolumeRef;
use crate::model::location::Location;
use crate::model::marker;
use crate::model::path::PathBytes;
use crate::model::plan::Plan;
use crate::model::problem::{Cause, Code, Problem, Warning};
use crate::model::run::{Outcome, ReadBack, RunDetail, RunKind, Stage};
use crate::model::snapshot::{BackupType, Manifest, ObjectInfo, ObjectList, VersionId, WantedType};

use super::core::Core;
use super::counting::Counting;
use super::destination::{self, Opened};
use super::explain;
use super::folder::{Folder, Listed, sha256_hex};
use super::message::NewSecrets;
use super::run::{Done, Run, Stages};

/// What a backup is asked for.
pub struct BackupSpec {
    pub plan: Plan,
    pub secrets: NewSecrets,
    pub kind: WantedType,
    pub take_over: bool,
}

/// Carries out a backup. There is a new version exactly if this ends well.
pub fn back_up(core: &Core, run: &Run, spec: &BackupSpec, stages: &mut Stages<'_>) -> Result<Done, Problem> {
    stages.enter(Stage::Preparing);
    let plan = &spec.plan;
    // Before anything is made at the destination.
    Roots::new(&plan.sources)?.check_readable()?;
    destination::check_apart(core, plan)?;
    let avoid = destination::own_folders_at(core, plan.destinations.first());
    let counting = Counting::start(run, &plan.sources, avoid, begins_with_a_password(core, spec)?);
    let opened = destination::open_for_writing(core, plan, &spec.secrets, spec.take_over)?;
    let Opened { folder, ring, location } = &opened;
    let ring = ring.as_ref();
    let place = location.display();

    let listed = folder.manifests(ring.map(|r| &**r))?;
    clear_litter(core, folder, location, &listed)?;
    let mut warnings = check_hand(core, folder, location, &listed, spec.take_over)?;

    let parent = choose_parent(core, folder, ring, plan, spec.kind, &listed)?;
    let backup_type = if parent.is_some() { BackupType::Incremental } else { BackupType::Full };
    let started = core.env.clock.now();
    let id = VersionId::new(started, backup_type, core.random());
    core.history.begin_version(run.id, &id, location).map_err(explain::internal)?;

    let result = write(core, run, plan, &opened, parent.as_ref(), &id, &listed, stages);
    let (manifest, objects, mut found) = match result {
        Ok(written) => written,
        Err(problem) => {
            // Until its manifest is there nothing refers to the run's folder; what cannot be removed now is litter that the next run finds.
            if folder.delete_folder(&run_folder(&id)).is_ok() {
                let _ = core.history.forget_version(&plan.id, location, &id);
            }
            return Err(problem);
        }
    };
    drop(counting);
    core.history.remember_version(&plan.id, location, &id, manifest.sequence).map_err(explain::internal)?;

    let older_bytes: u64 = listed.iter().filter_map(|l| l.manifest.as_ref().ok()).map(|m| m.totals.stored_bytes).sum();
    stages.enter(Stage::ReadingBack);
    let read_back = read_back(run, folder, &manifest, &objects)?;
    let count = found.1 + warnings.len() as u64;
    warnings.append(&mut found.0);
    Ok(Done {
        detail: RunDetail::Backup {
            version: id,
            backup_type,
            totals: manifest.totals,
            destination: place,
            versions: 1 + listed.len() as u64,
            plan_bytes: manifest.totals.stored_bytes + older_bytes,
            read_back,
        },
        warnings,
        warning_count: count,
        finding: None,
    })
}

/// Whether a password is stretched, which leaves all cores but one idle for a while, for a run that is long enough.
fn begins_with_a_password(core: &Core, spec: &BackupSpec) -> Result<bool, Problem> {
    let plan = &spec.plan;
    let Some(location) = plan.destinations.first() else { return Ok(false) };
    let is_first = core.history.known_versions(&plan.id, location).map_err(explain::internal)?.is_empty();
    Ok(is_first && plan.seal.is_some() && spec.secrets.password.is_some())
}

type WrittenVersion = (Manifest, Vec<ObjectInfo>, (Vec<Warning>, u64));

#[allow(clippy::too_many_arguments, reason = "each is a different thing; a struct for one call would only rename them")]
fn write(
    core: &Core,
    run: &Run,
    plan: &Plan,
    opened: &Opened,
    parent: Option<&Parent>,
    id: &VersionId,
    listed: &[Listed],
    stages: &mut Stages<'_>,
) -> Result<WrittenVersion, Problem> {
    let folder = &opened.folder;
    let ring = opened.ring.as_deref();
    stages.enter(Stage::Copying);
    let started = core.env.clock.now();
    let offered = parent.map(|p| offered(folder, &p.catalog)).transpose()?.unwrap_or_default();
    let avoid = destination::own_folders(core, folder);
    let objects: Arc<dyn Objects> = folder.clone();
    let job = BackupJob {
        plan: plan.id.clone(),
        run: id.clone(),
        sources: &plan.sources,
        avoid: &avoid,
        format: plan.format,
        seal: ring.zip(plan.seal).map(|(ring, seal)| (ring.newest().clone(), seal.cipher)),
        parent: parent.map(|p| p.catalog.clone()),
        offered: &|volume| offered.contains(volume),
        objects,
        progress: &run.progress,
        cancel: &run.cancel,
        random: &*core.env.entropy,
        now: &|| core.env.clock.now().as_nanosecond(),
    };
    let written = write_version(&job)?;

    stages.enter(Stage::Finishing);
    if run.cancel.is_cancelled() {
        return Err(explain::cancelled());
    }
    let list = ObjectList {
        format: marker::FORMAT,
        kind: "objects".into(),
        plan: plan.id.clone(),
        id: id.clone(),
        objects: written.objects,
    };
    let objects_json = folder.put_objects(&list, ring)?;
    let newest = listed.iter().filter_map(|l| l.manifest.as_ref().ok()).map(|m| m.sequence).max().unwrap_or(0);
    let location = &opened.location;
    let known = core.history.known_versions(&plan.id, location).map_err(explain::internal)?.last().map_or(0, |(_, n)| *n);
    let manifest = Manifest {
        format: marker::FORMAT,
        kind: "version".into(),
        plan: plan.id.clone(),
        id: id.clone(),
        sequence: newest.max(known) + 1,
        backup_type: id.backup_type(),
        parent: parent.map(|p| p.id.clone()),
        sealed: ring.is_some(),
        home: core.home_id.clone(),
        started,
        finished: core.env.clock.now(),
        totals: written.totals,
        objects_sha256: sha256_hex(&objects_json),
        catalog: written.catalog,
        needs: written.needs,
    };
    // The last look before the version comes into being: is it still ours, and is everything there that it refers to?
    destination::check_owner(core, folder, ring)?;
    check_needs(folder, &manifest, &offered)?;
    folder.put_manifest(&manifest, ring)?;
    Ok((manifest, list.objects, (written.warnings, written.warning_count)))
}

struct Parent {
    id: VersionId,
    catalog: Arc<CatalogReader>,
}

/// The newest readable version, if the wish and its state allow to build on it.
fn choose_parent(
    core: &Core,
    folder: &Arc<Folder>,
    ring: Option<&Arc<KeyRing>>,
    plan: &Plan,
    wish: WantedType,
    listed: &[Listed],
) -> Result<Option<Parent>, Problem> {
    if wish == WantedType::Full || suspect(core, plan)? {
        return Ok(None);
    }
    for manifest in listed.iter().rev().filter_map(|l| l.manifest.as_ref().ok()) {
        let objects: Arc<dyn Objects> = folder.clone();
        match CatalogReader::open(objects, ring.cloned(), folder.plan(), manifest) {
            Ok(catalog) => return Ok(Some(Parent { id: manifest.id.clone(), catalog: Arc::new(catalog) })),
            // Damaged: an older one may do.
            Err(archive::Error::Damaged { .. } | archive::Error::Missing { .. } | archive::Error::NotSealed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Whether the newest look at what is stored found damage: then nothing new may lean on it.
fn suspect(core: &Core, plan: &Plan) -> Result<bool, Problem> {
    let recent = core.history.recent(&plan.id, core.env.clock.now()).map_err(explain::internal)?;
    let telling = recent.iter().find_map(|r| match (&r.kind, &r.outcome, &r.detail) {
        (RunKind::Verify, _, RunDetail::Verify { report }) => Some(!report.damaged.is_empty()),
        (RunKind::Backup, Outcome::Failed(problem), _) if problem.code == Code::Damaged => Some(true),
        (RunKind::Backup, outcome, RunDetail::Backup { backup_type: BackupType::Full, .. }) if outcome.is_success() => {
            Some(false)
        }
        _ => None,
    });
    Ok(telling.unwrap_or(false))
}

/// The parent's volumes that lie there with their right size.
fn offered(folder: &Folder, parent: &CatalogReader) -> Result<HashSet<VolumeRef>, Problem> {
    let sealed = folder.marker.sealed;
    let mut by_run: HashMap<&VersionId, HashMap<String, u64>> = HashMap::new();
    let mut offered = HashSet::new();
    for info in &parent.index.volumes {
        let run = &info.volume.run;
        if !by_run.contains_key(run) {
            let there = folder.list(&run_folder(run))?.into_iter().map(|e| (e.name, e.size)).collect();
            by_run.insert(run, there);
        }
        let size = by_run.get(run).and_then(|there| there.get(&volume_file_name(info.volume.number, sealed)));
        if size == Some(&info.size) {
            offered.insert(info.volume.clone());
        }
    }
    Ok(offered)
}

/// What the manifest needs of older runs was there when the run began; folders of runs do not vanish by our hand. One more
/// look catches a destination that was swapped or emptied meanwhile.
fn check_needs(folder: &Folder, manifest: &Manifest, offered: &HashSet<VolumeRef>) -> Result<(), Problem> {
    for need in &manifest.needs {
        let there: HashSet<String> = folder.list(&run_folder(&need.run))?.into_iter().map(|e| e.name).collect();
        for number in need.volumes.iter().flat_map(|(first, last)| *first..=*last) {
            let volume = VolumeRef { run: need.run.clone(), number };
            let name = volume_file_name(number, folder.marker.sealed);
            if !offered.contains(&volume) || !there.contains(&name) {
                return Err(archive::Error::Missing { object: format!("{}/{name}", run_folder(&need.run)) }.into());
            }
        }
    }
    Ok(())
}

/// FORMAT §4: versions that vanished without our doing are said; ones that another hand wrote stop the run.
fn check_hand(
    core: &Core,
    folder: &Folder,
    place: &Location,
    listed: &[Listed],
    take_over: bool,
) -> Result<Vec<Warning>, Problem> {
    let known = core.history.known_versions(folder.plan(), place).map_err(explain::internal)?;
    let begun: HashSet<VersionId> =
        core.history.begun_versions(folder.plan(), place).map_err(explain::internal)?.into_iter().collect();
    let known: HashMap<VersionId, u64> = known.into_iter().collect();
    let mut warnings = Vec::new();
    for entry in listed {
        match &entry.manifest {
            Ok(manifest) if !known.contains_key(&entry.id) => {
                // A home that knows nothing of this destination (new, or its history was lost) takes what it finds.
                if !known.is_empty() && !begun.contains(&entry.id) && !take_over {
                    return Err(explain::foreign_hand(&format!("version {} was not made here.", entry.id)));
                }
                core.history.remember_version(folder.plan(), place, &entry.id, manifest.sequence).map_err(explain::internal)?;
            }
            Ok(_) => {}
            Err(error) => warnings.push(incomplete(format!("{}: {error}", marker::manifest_name(&entry.id)))),
        }
    }
    let present: HashSet<&VersionId> = listed.iter().map(|l| &l.id).collect();
    for id in known.keys().filter(|id| !present.contains(id)) {
        warnings.push(incomplete(format!("version {id} has vanished from the destination")));
        core.history.forget_version(folder.plan(), place, id).map_err(explain::internal)?;
    }
    Ok(warnings)
}

fn incomplete(detail: String) -> Warning {
    Warning { cause: Cause::Incomplete, path: PathBytes::default(), detail }
}

/// Removes what runs left behind that this home began and that never became versions: nobody else writes here, and of this plan no
/// other run is live. A version that was known to be there is never litter, whatever a listing says.
fn clear_litter(core: &Core, folder: &Folder, place: &Location, listed: &[Listed]) -> Result<(), Problem> {
    let known = core.history.known_versions(folder.plan(), place).map_err(explain::internal)?;
    for id in core.history.begun_versions(folder.plan(), place).map_err(explain::internal)? {
        if !listed.iter().any(|l| l.id == id) && !known.iter().any(|(k, _)| *k == id) {
            folder.delete_folder(&run_folder(&id))?;
            core.history.forget_version(folder.plan(), place, &id).map_err(explain::internal)?;
        }
    }
    for name in ["", marker::VERSIONS] {
        folder.sweep(name)?;
    }
    Ok(())
}

/// Objects that are read back at the same time.
const READ_BACK_AT_ONCE: usize = 3;

/// Reads every object of the run back from the medium and compares its SHA-256.
fn read_back(run: &Run, folder: &Folder, manifest: &Manifest, objects: &[ObjectInfo]) -> Result<ReadBack, Problem> {
    let base = run_folder(&manifest.id);
    let (next, medium) = (AtomicUsize::new(0), AtomicBool::new(true));
    let work = || -> Result<(), Problem> {
        while let Some(object) = objects.get(next.fetch_add(1, Relaxed)) {
            let name = format!("{base}/{}", object.name);
            let read = folder.sha256_on_medium(&name, &mut |_| !run.cancel.is_cancelled());
            // One that fails is enough for all.
            let (hash, past_cache) = read.inspect_err(|_| next.store(objects.len(), Relaxed))?;
            if data_encoding::HEXLOWER.encode(&hash) != object.sha256 {
                return Err(archive::Error::damaged(name, "what was read back is not what was written").into());
            }
            medium.fetch_and(past_cache, Relaxed);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..READ_BACK_AT_ONCE.min(objects.len())).map(|_| scope.spawn(work)).collect();
        let first = work();
        others.into_iter().map(|o| o.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).fold(first, Result::and)
    })?;
    Ok(if medium.into_inner() { ReadBack::Medium } else { ReadBack::Cache })
}
