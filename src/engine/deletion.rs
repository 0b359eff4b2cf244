//! Deleting versions: marks, then manifests, then what nothing refers to any more, each durable before the next (FORMAT §1, §4).
//!
//! Whatever it is interrupted by, what is marked as deleted is no version any more, and the next run of the plan goes on from there.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::archive::key::KeyRing;
use crate::archive::object::run_folder;
use crate::model::keeping::Keeper;
use crate::model::location::Location;
use crate::model::marker;
use crate::model::problem::{Cause, Code, Problem, Warning};
use crate::model::prune::{self, DeleteSpec, PrunePlan, RunFolder};
use crate::model::restore::Place;
use crate::model::run::{Cancel, RunDetail, Stage};
use crate::model::snapshot::{Manifest, VersionId};

use super::append_only;
use super::core::{Core, OpenPlace};
use super::destination;
use super::explain;
use super::folder::{Folder, Listed};
use super::hand;
use super::run::{Done, Run, Stages};

/// Objects that are deleted between two looks at who writes here.
const BATCH: usize = 256;
/// Nothing is deleted for so long after another home has taken over: whoever wrote there before may not have noticed.
const AFTER_TAKE_OVER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What deleting versions would do; nothing is touched.
pub fn plan(core: &Core, spec: &DeleteSpec) -> Result<PrunePlan, Problem> {
    let OpenPlace { folder, ring } = core.open_place(&spec.from)?;
    let staying = choose(core, &folder, ring.as_deref(), spec)?;
    look(&folder, &staying, &spec.versions)
}

/// Deletes versions. Where they are to go everywhere, a destination that is away keeps them, and that is a warning.
pub fn run(core: &Core, run: &Run, spec: &DeleteSpec, stages: &mut Stages<'_>) -> Result<Done, Problem> {
    stages.enter(Stage::Preparing);
    let done = delete(core, run, spec, stages)?;
    let (mut bytes, mut kept_bytes) = (done.plan.bytes, done.plan.kept_bytes);
    let mut keepers = Vec::from_iter(done.keeper);
    let mut warnings = Vec::new();
    for from in if spec.everywhere { core.others_of(&spec.from) } else { Vec::new() } {
        let shown = from.location.display();
        match delete_there(core, run, spec, from, stages) {
            Ok(None) => {}
            Ok(Some(Deleted { plan, keeper, .. })) => {
                (bytes, kept_bytes) = (bytes.saturating_add(plan.bytes), kept_bytes.saturating_add(plan.kept_bytes));
                keepers.extend(keeper);
            }
            Err(problem) if problem.code == Code::Cancelled => return Err(problem),
            Err(problem) => {
                let detail = format!("{shown}: the versions stay there. {}", problem.what);
                warnings.push(Warning::of_all(Cause::Incomplete, detail));
            }
        }
    }
    let detail = RunDetail::Delete {
        versions: spec.versions.clone(),
        bytes,
        kept_bytes,
        destination: spec.from.location.display(),
        left: done.plan.left,
        plan_bytes: done.folder.stored_with_lists()?,
        cleaned: Vec::new(),
        keepers,
    };
    let warning_count = warnings.len() as u64;
    Ok(Done { detail, warnings, warning_count, finding: None })
}

/// What was deleted, and where.
pub struct Deleted {
    pub folder: Arc<Folder>,
    pub plan: PrunePlan,
    /// Where the destination keeps what is deleted.
    pub keeper: Option<Keeper>,
}

/// Deletes versions at one destination.
pub fn delete(core: &Core, run: &Run, spec: &DeleteSpec, stages: &mut Stages<'_>) -> Result<Deleted, Problem> {
    let OpenPlace { folder, ring } = core.open_place(&spec.from)?;
    let (ring, place) = (ring.as_deref(), &spec.from.location);
    let staying = choose(core, &folder, ring, spec)?;
    if run.cancel.is_cancelled() {
        return Err(explain::cancelled());
    }
    stages.enter(Stage::Deleting);
    destination::check_owner(core, &folder, ring)?;
    // Where nothing can be deleted a mark would only hide what lies there for ever, and could not be taken back.
    append_only::try_out(core, place, &folder)?;
    for id in &spec.versions {
        folder.put_deleted(id, core.env.clock.now(), &core.home_id, ring)?;
    }
    drop_manifests(core, &folder, ring, place)?;
    for id in &spec.versions {
        core.history.forget_version(folder.plan(), place, id).map_err(explain::history)?;
    }
    core.close_versions(folder.plan());
    let plan = look(&folder, &staying, &spec.versions)?;
    drop_objects(core, &folder, ring, &plan, &run.cancel)?;
    let keeper = folder.keeping().map(|keeping| Keeper { destination: place.display(), keeping });
    Ok(Deleted { folder, plan, keeper })
}

/// The same at another destination; `None` where none of them lies there.
fn delete_there(
    core: &Core,
    run: &Run,
    spec: &DeleteSpec,
    from: Place,
    stages: &mut Stages<'_>,
) -> Result<Option<Deleted>, Problem> {
    let there = core.open_place(&from)?.folder.versions()?;
    let versions: Vec<VersionId> = spec.versions.iter().filter(|id| there.contains(id)).cloned().collect();
    if versions.is_empty() {
        return Ok(None);
    }
    Ok(Some(delete(core, run, &DeleteSpec { from, versions, everywhere: false }, stages)?))
}

/// Goes on with what a deletion that was cut off has left to do, where nothing forbids it; a backup does it before it looks for its
/// parent. `listed`: without versions that are marked.
pub fn finish(core: &Core, folder: &Folder, ring: Option<&KeyRing>, place: &Location, listed: &[Listed]) -> Result<(), Problem> {
    if folder.deleted()?.is_empty() || may_delete(core, folder, ring).is_err() {
        return Ok(());
    }
    let dropped = drop_manifests(core, folder, ring, place);
    if dropped.as_ref().is_err_and(|problem| problem.code == Code::NotWritable) {
        append_only::was_refused(core, place);
    }
    dropped?;
    let Some(staying) = all_readable(listed, &[]) else { return Ok(()) };
    if !hand::vanished(core, folder, place, listed)?.is_empty() {
        return Ok(());
    }
    let plan = look(folder, &staying, &[])?;
    drop_objects(core, folder, ring, &plan, &Cancel::default())
}

/// The versions that stay, if what is asked for may be done at all.
fn choose(core: &Core, folder: &Folder, ring: Option<&KeyRing>, spec: &DeleteSpec) -> Result<Vec<Manifest>, Problem> {
    let place = &spec.from.location;
    destination::check_owner(core, folder, ring)?;
    may_delete(core, folder, ring)?;
    let listed = folder.manifests(ring)?;
    hand::foreign(core, folder, place, &listed, false)?;
    let vanished = hand::vanished(core, folder, place, &listed)?;
    // Whoever deletes one that has vanished says that it is gone for good.
    let is_there = |id: &VersionId| listed.iter().any(|l| l.id == *id) || vanished.contains(id);
    if let Some(id) = spec.versions.iter().find(|id| !is_there(id)) {
        return Err(explain::no_such_version(id.as_str()));
    }
    // Read each time: somebody may have pinned it a moment ago.
    if let Some(id) = folder.pins()?.iter().find(|id| spec.versions.contains(id)) {
        return Err(explain::pinned(id.as_str()));
    }
    if let Some(id) = vanished.iter().find(|id| !spec.versions.contains(id)) {
        return Err(explain::vanished(id.as_str()));
    }
    let Some(staying) = all_readable(&listed, &spec.versions) else { return Err(explain::unreadable_stops_deletion()) };
    let good_before = listed.iter().any(|l| l.manifest.as_ref().is_ok_and(Manifest::is_good));
    if staying.is_empty() || (good_before && !staying.iter().any(Manifest::is_good)) {
        return Err(explain::last_good_version());
    }
    Ok(staying)
}

/// All manifests but those of versions that go; `None` where one that stays cannot be read: nobody knows what it needs.
fn all_readable(listed: &[Listed], going: &[VersionId]) -> Option<Vec<Manifest>> {
    let staying = listed.iter().filter(|l| !going.contains(&l.id));
    staying.map(|l| l.manifest.as_ref().ok().cloned()).collect()
}

fn may_delete(core: &Core, folder: &Folder, ring: Option<&KeyRing>) -> Result<(), Problem> {
    let Some(owner) = folder.owner(ring)? else { return Err(explain::marker_missing(&folder.name)) };
    let now = core.env.clock.now();
    if owner.n > 1 && owner.since > now {
        return Err(explain::taken_over_ahead());
    }
    let is_lately = |since: Timestamp| since <= now && now.duration_since(since) < AFTER_TAKE_OVER;
    // One that was dated anew as the clock stood behind it is the true one, where its date has come since.
    if (owner.n > 1 && is_lately(owner.since)) || folder.owned_before(&owner, ring)?.into_iter().any(is_lately) {
        return Err(explain::taken_over_lately());
    }
    Ok(())
}

/// What goes of the folders of versions that are about to be deleted, and of those that were and whose manifests are gone.
fn look(folder: &Folder, staying: &[Manifest], going: &[VersionId]) -> Result<PrunePlan, Problem> {
    let there: HashSet<String> = folder.list(marker::DATA)?.into_iter().filter(|e| e.is_folder).map(|e| e.name).collect();
    let manifests = folder.manifest_ids()?;
    let mut runs: Vec<VersionId> = folder.deleted()?.into_iter().filter(|id| !manifests.contains(id)).collect();
    runs.extend(going.iter().cloned());
    runs.sort_unstable();
    runs.dedup();
    let mut folders = Vec::new();
    for run in runs.into_iter().filter(|run| there.contains(run.as_str())) {
        let objects = folder.list(&run_folder(&run))?.into_iter().map(|e| (e.name, e.size)).collect();
        folders.push(RunFolder { run, objects });
    }
    Ok(prune::plan(staying, going.to_vec(), folders))
}

/// Of all versions that are marked as deleted, by marks that can be read.
fn drop_manifests(core: &Core, folder: &Folder, ring: Option<&KeyRing>, place: &Location) -> Result<(), Problem> {
    let marked = folder.deleted()?;
    for id in folder.manifest_ids()?.iter().filter(|id| marked.contains(id) && folder.read_deleted(id, ring).is_ok()) {
        folder.delete(&marker::manifest_name(id))?;
        core.history.forget_version(folder.plan(), place, id).map_err(explain::history)?;
    }
    Ok(())
}

fn drop_objects(core: &Core, folder: &Folder, ring: Option<&KeyRing>, plan: &PrunePlan, cancel: &Cancel) -> Result<(), Problem> {
    for run in &plan.runs {
        let base = run_folder(&run.run);
        for batch in run.objects.chunks(BATCH) {
            if cancel.is_cancelled() {
                return Err(explain::cancelled());
            }
            destination::check_owner(core, folder, ring)?;
            for name in batch {
                folder.delete(&format!("{base}/{name}"))?;
            }
        }
        if run.whole {
            folder.delete_folder(&base)?;
        }
    }
    Ok(())
}
