//! A backup run: from "Back up now" to a version that was read back.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::archive;
use crate::archive::before::Before;
use crate::archive::object::{run_folder, volume_number};
use crate::archive::run_journal::LeftRun;
use crate::archive::scan::Roots;
use crate::archive::writer::{BackupJob, write_version};
use crate::model::catalog::VolumeRef;
use crate::model::format::Packing;
use crate::model::location::Location;
use crate::model::marker;
use crate::model::plan::Plan;
use crate::model::problem::{Code, Problem, Warning};
use crate::model::replicate::Replicated;
use crate::model::run::{Cancel, ReadBack, RunDetail, Stage};
use crate::model::snapshot::{BackupType, Manifest, ObjectInfo, ObjectList, VersionId, WantedType};
use crate::model::sum;
use crate::storage::stop::Stop;

use super::core::{Core, lock};
use super::counting::Counting;
use super::deletion;
use super::destination::{self, Opened};
use super::explain;
use super::few_at_once::few_at_once;
use super::folder::{Folder, Listed, sha256_hex};
use super::hand;
use super::health;
use super::held;
use super::lanes::{Lanes, Leader, Making};
use super::left;
use super::message::NewSecrets;
use super::parent::{self, Parent, Wish};
use super::read_back;
use super::run::{Done, Run, Stages};
use super::several::{self, Chosen};
use super::stoppable::Stoppable;

/// How long a destination is waited for that is only to be cleaned up.
const GRACE: Duration = Duration::from_secs(1);

/// What a backup is asked for.
pub struct BackupSpec {
    pub plan: Plan,
    pub secrets: NewSecrets,
    pub kind: WantedType,
    /// The version to build on.
    pub base: Option<VersionId>,
    pub take_over: bool,
    /// Somebody has said that what a source has less of now is as it should be.
    pub accept_shrunk: bool,
}

impl BackupSpec {
    /// What a schedule asks for.
    pub fn of(plan: Plan) -> Self {
        Self { plan, secrets: NewSecrets::default(), kind: WantedType::Auto, base: None, take_over: false, accept_shrunk: false }
    }
}

/// Carries out a backup. There is a new version exactly if this ends well. Where the destination that it writes to dies on the way, it
/// begins anew at the next.
pub fn back_up(core: &Arc<Core>, run: &Run, spec: &BackupSpec, stages: &mut Stages<'_>) -> Result<Done, Problem> {
    let mut failed = Vec::new();
    loop {
        let mut written_to = None;
        let problem = match attempt(core, run, spec, &failed, &mut written_to, stages) {
            Err(problem) if several::is_of_one(&problem) && !run.cancel.should_end() => problem,
            ended => return ended,
        };
        if let Some(location) = &written_to {
            health::failed(core, location, &problem);
        }
        match written_to {
            Some(location) if failed.len() + 1 < spec.plan.destinations.len() => failed.push((location, problem)),
            _ => return Err(problem),
        }
        run.progress.begin_anew();
    }
}

/// `failed`: destinations that are gone without. `written_to`: the one that was opened.
fn attempt(
    core: &Arc<Core>,
    run: &Run,
    spec: &BackupSpec,
    failed: &[(Location, Problem)],
    written_to: &mut Option<Location>,
    stages: &mut Stages<'_>,
) -> Result<Done, Problem> {
    stages.enter(Stage::Preparing);
    let plan = &spec.plan;
    // Before anything is made at the destination.
    Roots::new(&plan.sources)?.check_readable()?;
    destination::check_apart(core, plan)?;
    let avoid = destination::own_folders_at(core, &plan.destinations);
    let mounts = held::mounts(&plan.sources);
    let counting = Counting::start(run, &plan.sources, avoid, begins_with_a_password(core, spec)?);
    let Chosen { opened, followers, away } = several::open(core, spec, failed)?;
    *written_to = Some(opened.location.clone());
    let Opened { folder, ring, location } = &opened;
    let ring = ring.as_ref();

    let listed = Arc::new(folder.manifests(ring.map(|r| &**r))?);
    let left = left::find(core, &opened, spec, &listed, &run.cancel)?;
    let not_cleared = hand::clear_litter(core, folder, location, &listed, left.as_ref().map(|left| &left.run))?;
    let mut warnings = hand::check(core, folder, location, &listed, spec.take_over)?;
    warnings.extend(not_cleared);
    warnings.extend(away.iter().map(|(location, problem)| several::lacks(location, problem)));
    if let Err(problem) = deletion::finish(core, folder, ring.map(|r| &**r), location, &listed) {
        tracing::warn!("what was deleted is not cleared away yet: {problem}");
    }
    // Counted when what can be cleared away is.
    folder.keep_within(plan.max_sizes.at(location))?;

    let kind = left::wanted(spec, left.as_ref());
    let wish = Wish { kind, base: spec.base.as_ref(), format: plan.format };
    let parent = parent::choose(core, &opened, wish, &listed)?;
    let before = held::before(core, &opened, spec, parent.as_ref(), &listed)?;
    let backup_type = match (&parent, kind) {
        (None, _) => BackupType::Full,
        (Some(_), WantedType::Differential) => BackupType::Differential,
        (Some(_), _) => BackupType::Incremental,
    };
    let left = match left {
        Some(left) if left.run.backup_type() != backup_type => {
            // Its parent is gone: what it had stored is of no use.
            warnings.extend(hand::clear_litter(core, folder, location, &listed, None)?);
            None
        }
        // Where the rest of it stays in the way, the run begins anew.
        Some(left) => match Folder::may_stay(left::clear_rest(folder, &left.run, &left_volumes(folder, &left)))? {
            None => Some(left),
            Some(_) => None,
        },
        None => None,
    };
    // What goes on keeps its name: its volumes are bound to it.
    let id = match &left {
        Some(left) => left.run.clone(),
        None => VersionId::new(core.env.clock.now(), backup_type, core.random()),
    };
    left::forget_others(core, plan, &id);
    core.history.begin_version(run.id, &id, location).map_err(explain::history)?;
    let resumed_bytes = left.iter().flat_map(|left| left.volumes()).map(|info| info.size).sum();

    let making = Making {
        id: &id,
        parent: parent.as_ref().map(|parent| &parent.id),
        left: left.as_ref().map(|left| left_volumes(folder, left)),
        listed: &listed,
    };
    let lanes = Lanes::start(core, plan, &opened, followers, &making, &run.cancel);
    let result =
        write(core, run, spec, &opened, parent.as_ref(), before.as_ref(), &id, left, &listed, &lanes, written_to, stages);
    let (leader, manifest, objects, mut found, packed) = match result {
        Ok(written) => written,
        Err(problem) => {
            let why = lanes.why();
            // Nothing is sent any more from here on.
            drop(lanes);
            let problem = why.map_or(problem, |(failed, why)| {
                *written_to = Some(failed);
                why
            });
            // Until its manifest is there nothing refers to the run's folder. The next run goes on from what was finished; what is
            // nothing and cannot be removed now is litter that it finds. A manifest that only could not be made durable is there.
            let is_version = soon(&run.cancel, || folder.manifest_ids()).map_or(true, |ids| ids.contains(&id));
            Stop::never(|| {
                if !is_version && !left::is_worth_keeping(core, &opened, plan, &id) {
                    left::forget(core, plan, &id);
                    if folder.delete_folder(&run_folder(&id)).is_ok() {
                        let _ = core.history.forget_version(&plan.id, location, &id);
                    }
                }
            });
            return Err(problem);
        }
    };
    drop(counting);
    let Leader { folder, location, .. } = &leader;
    left::forget(core, plan, &id);
    core.history.remember_version(&plan.id, location, &id, manifest.sequence).map_err(explain::history)?;
    held::remember(core, plan, &id, mounts);
    lanes.version_is_at(&leader);

    health::reached(core, location, folder.storage().room().ok().flatten());
    let copies = copies(core, lanes, &mut warnings, stages);
    let read_back = if plan.read_back.is_wanted_at(location) {
        stages.enter(Stage::ReadingBack);
        match read_all_back(core, run, location, folder, &manifest, &objects) {
            // Too late to leave no version: what is there is as good as those of programs that do not read back.
            Err(problem) if problem.code == Code::Cancelled || (problem.is_away() && run.cancel.is_cancelled()) => {
                ReadBack::Stopped
            }
            read => read?,
        }
    } else {
        ReadBack::NotWanted
    };
    let count = found.1 + warnings.len() as u64;
    warnings.append(&mut found.0);
    Ok(Done {
        detail: RunDetail::Backup {
            version: id,
            backup_type,
            totals: manifest.totals,
            destination: location.display(),
            versions: 1 + listed.len() as u64,
            plan_bytes: stored_bytes(listed.iter().filter_map(|l| l.manifest.as_ref().ok()).chain([&manifest])),
            read_back,
            packed: Some(packed),
            resumed_bytes,
            copies,
        },
        warnings,
        warning_count: count,
        finding: None,
    })
}

/// What each has added.
fn stored_bytes<'m>(manifests: impl Iterator<Item = &'m Manifest>) -> u64 {
    sum::saturating(manifests.map(|manifest| manifest.totals.stored_bytes))
}

/// Asks a destination also where the run is cancelled: one that answers is cleaned up, one that does not is not waited for.
fn soon<T>(cancel: &Cancel, ask: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    if !cancel.is_cancelled() {
        return ask();
    }
    let begun = Instant::now();
    Stop::when(move || begun.elapsed() >= GRACE).within(ask)
}

/// Waits for the other destinations. One that did not get the version is a warning: it catches up.
fn copies(core: &Core, lanes: Lanes, warnings: &mut Vec<Warning>, stages: &mut Stages<'_>) -> Vec<Replicated> {
    if lanes.is_empty() {
        return Vec::new();
    }
    stages.enter(Stage::Replicating);
    let mut copies = Vec::new();
    for ended in lanes.finish() {
        match ended.result {
            Ok((replicated, more)) => {
                health::reached(core, &ended.location, None);
                copies.push(replicated);
                warnings.extend(more);
            }
            Err(problem) => {
                health::failed(core, &ended.location, &problem);
                warnings.push(several::lacks(&ended.location, &problem));
            }
        }
    }
    copies
}

fn left_volumes(folder: &Folder, left: &LeftRun) -> Vec<String> {
    left::volume_names(left, folder.marker.sealed)
}

/// Whether a password is stretched, which leaves all cores but one idle for a while, for a run that is long enough.
fn begins_with_a_password(core: &Core, spec: &BackupSpec) -> Result<bool, Problem> {
    let plan = &spec.plan;
    let is_first = several::highest_sequence(core, plan)? == 0;
    Ok(is_first && plan.seal.is_some() && spec.secrets.password.is_some())
}

type WrittenVersion = (Leader, Manifest, Vec<ObjectInfo>, (Vec<Warning>, u64), Packing);

#[allow(clippy::too_many_arguments, reason = "each is a different thing; a struct for one call would only rename them")]
fn write(
    core: &Core,
    run: &Run,
    spec: &BackupSpec,
    opened: &Opened,
    parent: Option<&Parent>,
    before: Option<&Before>,
    id: &VersionId,
    left: Option<LeftRun>,
    listed: &[Listed],
    lanes: &Lanes,
    written_to: &mut Option<Location>,
    stages: &mut Stages<'_>,
) -> Result<WrittenVersion, Problem> {
    let plan = &spec.plan;
    let folder = &opened.folder;
    let ring = opened.ring.as_deref();
    stages.enter(Stage::Copying);
    let started = core.env.clock.now();
    let avoid = destination::own_folders(core, folder, &plan.destinations);
    let objects = lanes.objects(folder);
    let pieces = core.home.as_ref().map(|home| home.pieces_folder(&plan.id));
    let journal = left::journal_file(core, plan, id);
    let job = BackupJob {
        plan: plan.id.clone(),
        run: id.clone(),
        sources: &plan.sources,
        avoid: &avoid,
        format: plan.format,
        level: plan.level(),
        seal: ring.zip(plan.seal).map(|(ring, seal)| (ring.newest().clone(), seal.cipher)),
        parent: parent.map(|p| p.catalog.clone()),
        offered: &|volume| parent.is_some_and(|p| p.offered.contains(volume)),
        whole: &|volume| parent.is_some_and(|p| p.whole.contains(volume)),
        catalogs: &|run| parent.is_none_or(|p| !p.damaged_catalogs.contains(run)),
        before,
        lets_go: spec.accept_shrunk,
        objects: Arc::new(Stoppable::new(objects, &run.cancel)),
        finish_at_once: opened.location.server().map_or(1, |_| core.uploads_at_once(None, &opened.location)),
        pieces: pieces.as_deref(),
        journal: journal.as_deref(),
        left: left.as_ref(),
        progress: &run.progress,
        cancel: &run.cancel,
        random: &*core.env.entropy,
        now: &|| core.env.clock.now().as_nanosecond(),
    };
    let written = write_version(&job).inspect_err(|error| {
        // The next run goes round it.
        if let archive::Error::Damaged { object, .. } | archive::Error::Missing { object } = error {
            let _ = core.history.remember_damage(&plan.id, &opened.location, &[object], false);
        }
    })?;

    stages.enter(Stage::Finishing);
    let leader = lanes.elect(&written.objects)?;
    let folder = &leader.folder;
    *written_to = Some(leader.location.clone());
    if run.cancel.should_end() {
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
    // No number is given twice: a deleted version whose manifest comes back stands before all that followed it.
    let highest = several::highest_sequence(core, plan)?;
    let manifest = Manifest {
        format: marker::FORMAT,
        kind: "version".into(),
        plan: plan.id.clone(),
        id: id.clone(),
        sequence: newest.max(highest).saturating_add(1),
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
    check_needs(folder, &manifest, parent)?;
    folder.put_manifest(&manifest, ring)?;
    if let Err(error) = written.pieces.keep(&*core.env.entropy) {
        tracing::warn!("what was stored is not remembered for later runs: {error}");
    }
    Ok((leader, manifest, list.objects, (written.warnings, written.warning_count), written.packed))
}

/// What the manifest needs of older runs was there when the run began; folders of runs do not vanish by our hand. One more
/// look catches a destination that was swapped or emptied meanwhile.
fn check_needs(folder: &Folder, manifest: &Manifest, parent: Option<&Parent>) -> Result<(), Problem> {
    for need in &manifest.needs {
        let names = folder.list(&run_folder(&need.run))?.into_iter().map(|e| e.name);
        let there: HashSet<u32> = names.filter_map(|name| volume_number(&name, folder.marker.sealed)).collect();
        for number in need.volumes.iter().flat_map(|(first, last)| *first..=*last) {
            let volume = VolumeRef { run: need.run.clone(), number };
            if !parent.is_some_and(|p| p.whole.contains(&volume)) || !there.contains(&number) {
                return Err(archive::Error::Missing { object: format!("{}/v{number:04}", run_folder(&need.run)) }.into());
            }
        }
    }
    Ok(())
}

/// Reads every object of the run back.
fn read_all_back(
    core: &Core,
    run: &Run,
    place: &Location,
    folder: &Folder,
    manifest: &Manifest,
    objects: &[ObjectInfo],
) -> Result<ReadBack, Problem> {
    let base = run_folder(&manifest.id);
    let read = Mutex::new(ReadBack::Medium);
    few_at_once(objects, core.files_at_once(&[place]), |object| -> Result<(), Problem> {
        let name = format!("{base}/{}", object.name);
        let how = read_back::object(core, (folder, place), &name, object, &run.cancel)?;
        let mut read = lock(&read);
        *read = how.max(*read);
        Ok(())
    })?;
    let read = *lock(&read);
    Ok(read)
}
