//! Runs of a plan that were cut off, by whatever it was: the next one goes on from the volumes they had finished.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::archive::object::{run_folder, volume_name};
use crate::archive::run_journal::{LeftRun, Of};
use crate::model::history::HistoryFilter;
use crate::model::plan::Plan;
use crate::model::problem::Problem;
use crate::model::run::{Cancel, Outcome, RunKind};
use crate::model::snapshot::{BackupType, VersionId, WantedType};

use super::backup::BackupSpec;
use super::core::Core;
use super::destination::Opened;
use super::explain;
use super::folder::{Folder, Listed};
use super::hand;

/// Where the journal of a run lies; `None` where there is no home.
pub fn journal_file(core: &Core, plan: &Plan, run: &VersionId) -> Option<PathBuf> {
    Some(core.home.as_ref()?.journals_folder(&plan.id).join(run.as_str()))
}

/// Whose journal a run's is.
fn of(opened: &Opened, plan: &Plan, run: &VersionId) -> Of {
    let seal = opened.ring.as_deref().zip(plan.seal).map(|(ring, seal)| (ring.newest().clone(), seal.cipher));
    Of { plan: plan.id.clone(), run: run.clone(), seal }
}

/// The run to go on with: the newest that was cut off, if it is of the kind that is wanted and something that it had finished still lies
/// there whole.
pub fn find(
    core: &Core,
    opened: &Opened,
    spec: &BackupSpec,
    listed: &[Listed],
    cancel: &Cancel,
) -> Result<Option<LeftRun>, Problem> {
    let plan = &spec.plan;
    let cancelled = !listed.is_empty() && was_cancelled(core, plan)?;
    for run in hand::dead(core, &opened.folder, &opened.location, listed)?.iter().rev() {
        let journal = journal_file(core, plan, run).filter(|_| fits(spec, run, cancelled));
        let Some(mut left) = journal.and_then(|path| LeftRun::open(&path, &of(opened, plan, run))) else { continue };
        if left.kind != plan.format.kind {
            continue;
        }
        let whole = still_there(&opened.folder, &left, cancel)?;
        left.keep_first(whole);
        if whole > 0 {
            return Ok(Some(left));
        }
    }
    Ok(None)
}

/// Whether a run makes what is asked for. Who leaves it to us may get a full one, if that is what was begun; but not where it was
/// cancelled and there is something to build on.
fn fits(spec: &BackupSpec, run: &VersionId, cancelled: bool) -> bool {
    match (spec.kind, &spec.base) {
        (WantedType::Auto, None) => !cancelled || run.backup_type() == BackupType::Incremental,
        (WantedType::Auto | WantedType::Incremental, _) => run.backup_type() == BackupType::Incremental,
        (WantedType::Full, _) => run.backup_type() == BackupType::Full,
        (WantedType::Differential, _) => run.backup_type() == BackupType::Differential,
    }
}

/// Whether somebody has cancelled the plan's last backup.
fn was_cancelled(core: &Core, plan: &Plan) -> Result<bool, Problem> {
    let filter = HistoryFilter { plan: Some(plan.id.clone()), kind: Some(RunKind::Backup), limit: 1, ..HistoryFilter::default() };
    let last = core.history.page(&filter).map_err(explain::history)?.runs;
    Ok(last.first().is_some_and(|run| run.outcome == Outcome::Cancelled))
}

/// What is wanted of a run that goes on.
pub fn wanted(spec: &BackupSpec, left: Option<&LeftRun>) -> WantedType {
    match (spec.kind, left.map(|left| left.run.backup_type())) {
        (WantedType::Auto, Some(BackupType::Full)) => WantedType::Full,
        (WantedType::Auto, Some(BackupType::Differential)) => WantedType::Differential,
        (kind, _) => kind,
    }
}

/// How many of its volumes, from the first, lie there with their right size. Of the last of them also the content is looked at: what a power
/// cut takes it takes from the end. All others are read back with the version, where its plan wants that.
fn still_there(folder: &Folder, left: &LeftRun, cancel: &Cancel) -> Result<usize, Problem> {
    let sealed = folder.marker.sealed;
    let base = run_folder(&left.run);
    let there: HashMap<String, u64> = folder.list(&base)?.into_iter().map(|e| (format!("{base}/{}", e.name), e.size)).collect();
    let is_there = |info: &&crate::archive::catalog_io::VolumeInfo| there.get(&info.name(sealed)) == Some(&info.size);
    let mut whole = left.volumes().iter().take_while(is_there).count();
    while let Some(info) = whole.checked_sub(1).and_then(|at| left.volumes().get(at)) {
        if cancel.should_end() {
            return Err(explain::cancelled());
        }
        let hash = folder.sha256_on_medium(&info.name(sealed), &mut |_| !cancel.should_end());
        // What cannot be read now is not gone on from; that the destination is gone shows soon enough.
        if hash.is_ok_and(|(hash, _)| hash == info.sha256) {
            break;
        }
        whole -= 1;
    }
    Ok(whole)
}

/// Full names of the volumes that are gone on from.
pub fn volume_names(left: &LeftRun, sealed: bool) -> Vec<String> {
    left.volumes().iter().map(|info| volume_name(&info.volume, info.kind, sealed)).collect()
}

/// Removes from a run's folder what is not among the volumes that are gone on from.
pub fn clear_rest(folder: &Folder, run: &VersionId, kept: &[String]) -> Result<(), Problem> {
    let base = run_folder(run);
    for entry in folder.list(&base)? {
        let name = format!("{base}/{}", entry.name);
        match entry.is_folder {
            true => folder.delete_folder(&name)?,
            false if !kept.contains(&name) => folder.delete(&name)?,
            false => {}
        }
    }
    folder.sweep(&base)
}

/// Whether a run that has failed is worth being gone on with.
pub fn is_worth_keeping(core: &Core, opened: &Opened, plan: &Plan, run: &VersionId) -> bool {
    let left = journal_file(core, plan, run).and_then(|path| LeftRun::open(&path, &of(opened, plan, run)));
    left.is_some_and(|left| !left.volumes().is_empty())
}

/// Drops all journals of a plan but this run's.
pub fn forget_others(core: &Core, plan: &Plan, run: &VersionId) {
    let Some(kept) = journal_file(core, plan, run) else { return };
    let entries = kept.parent().and_then(|folder| fs::read_dir(folder).ok());
    for entry in entries.into_iter().flatten().flatten().filter(|entry| entry.path() != kept) {
        forget_file(&entry.path());
    }
}

/// Drops a run's journal: it has become a version, or nothing is left of it.
pub fn forget(core: &Core, plan: &Plan, run: &VersionId) {
    if let Some(path) = journal_file(core, plan, run) {
        forget_file(&path);
    }
}

/// A journal that stays only takes room.
fn forget_file(path: &Path) {
    let _ = fs::remove_file(path);
}
