//! FORMAT §4: whose hand wrote what lies at a destination, and what runs that died have left there.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use crate::archive::object::run_folder;
use crate::model::location::Location;
use crate::model::marker;
use crate::model::problem::{Cause, Problem, Warning};
use crate::model::snapshot::VersionId;

use super::append_only;
use super::core::{Core, lock};
use super::explain;
use super::few_at_once::few_at_once;
use super::folder::{Folder, Listed};

/// Versions that vanished without our doing are said; ones that another hand wrote stop the run.
pub fn check(
    core: &Core,
    folder: &Folder,
    place: &Location,
    listed: &[Listed],
    take_over: bool,
) -> Result<Vec<Warning>, Problem> {
    let mut warnings = Vec::new();
    for entry in listed {
        if let Err(error) = &entry.manifest {
            let detail = format!("{}: {error}", marker::manifest_name(&entry.id));
            warnings.push(Warning::of_all(Cause::Incomplete, detail));
        }
    }
    foreign(core, folder, place, listed, take_over)?;
    for id in vanished(core, folder, place, listed)? {
        let detail = format!("version {id} has vanished from the destination; deleting it says that it is gone for good");
        warnings.push(Warning::of_all(Cause::Incomplete, detail));
    }
    Ok(warnings)
}

/// Fails where a manifest is there that this home neither wrote nor found when it took over.
pub fn foreign(core: &Core, folder: &Folder, place: &Location, listed: &[Listed], take_over: bool) -> Result<(), Problem> {
    let known = core.history.known_versions(folder.plan(), place).map_err(explain::history)?;
    let known: HashMap<VersionId, u64> = known.into_iter().collect();
    let begun = core.history.begun_versions(folder.plan(), place).map_err(explain::history)?;
    let begun: HashSet<VersionId> = begun.into_iter().collect();
    for entry in listed.iter().filter(|entry| !known.contains_key(&entry.id)) {
        let Ok(manifest) = &entry.manifest else { continue };
        // A home that knows nothing of this destination (new, or its history was lost) takes what it finds.
        if !known.is_empty() && !begun.contains(&entry.id) && !take_over {
            return Err(explain::foreign_hand(&format!("version {} was not made here.", entry.id)));
        }
        core.history.remember_version(folder.plan(), place, &entry.id, manifest.sequence).map_err(explain::history)?;
    }
    Ok(())
}

/// Versions that were known to be there and are not any more, without a mark that they were deleted; those with one are forgotten.
pub fn vanished(core: &Core, folder: &Folder, place: &Location, listed: &[Listed]) -> Result<Vec<VersionId>, Problem> {
    let present: HashSet<&VersionId> = listed.iter().map(|l| &l.id).collect();
    let known = core.history.known_versions(folder.plan(), place).map_err(explain::history)?;
    let gone: Vec<VersionId> = known.into_iter().map(|(id, _)| id).filter(|id| !present.contains(id)).collect();
    if gone.is_empty() {
        return Ok(gone);
    }
    let deleted: HashSet<VersionId> = folder.deleted()?.into_iter().collect();
    let (deleted, vanished): (Vec<_>, Vec<_>) = gone.into_iter().partition(|id| deleted.contains(id));
    for id in deleted {
        core.history.forget_version(folder.plan(), place, &id).map_err(explain::history)?;
    }
    Ok(vanished)
}

/// Runs that this home began and that never became versions, oldest first: nobody else writes here, and of this plan no other run is
/// live. A version that was known to be there, or that something refers to, is never among them, whatever a listing says.
pub fn dead(core: &Core, folder: &Folder, place: &Location, listed: &[Listed]) -> Result<Vec<VersionId>, Problem> {
    let known = core.history.known_versions(folder.plan(), place).map_err(explain::history)?;
    let deleted = folder.deleted()?;
    let needs = listed.iter().filter_map(|l| l.manifest.as_ref().ok()).flat_map(|m| &m.needs);
    let needed: HashSet<&VersionId> = needs.map(|need| &need.run).collect();
    let mut begun = core.history.begun_versions(folder.plan(), place).map_err(explain::history)?;
    begun.retain(|id| {
        let is_version = listed.iter().any(|l| l.id == *id) || known.iter().any(|(k, _)| k == id) || deleted.contains(id);
        !is_version && !needed.contains(id)
    });
    Ok(begun)
}

/// Removes what dead runs have left, but for the one that is gone on with. Says what may not be removed.
pub fn clear_litter(
    core: &Core,
    folder: &Folder,
    place: &Location,
    listed: &[Listed],
    spare: Option<&VersionId>,
) -> Result<Option<Warning>, Problem> {
    let mut kept = None;
    for id in dead(core, folder, place, listed)?.iter().filter(|id| Some(*id) != spare) {
        match Folder::may_stay(folder.delete_folder(&run_folder(id)))? {
            None => core.history.forget_version(folder.plan(), place, id).map_err(explain::history)?,
            stays => kept = stays,
        }
    }
    let stays = Mutex::new(kept);
    few_at_once(&["", marker::VERSIONS, marker::DELETED], core.files_at_once(&[place]), |name| -> Result<(), Problem> {
        if let Some(problem) = Folder::may_stay(folder.sweep(name))? {
            *lock(&stays) = Some(problem);
        }
        Ok(())
    })?;
    let kept = stays.into_inner().unwrap_or_else(PoisonError::into_inner);
    match &kept {
        Some(_) => append_only::was_refused(core, place),
        None => append_only::try_again(core, place, folder),
    }
    Ok(kept.map(|problem| not_cleared(place, &problem)))
}

/// That an account may not delete. Whoever takes a machine over cannot delete backups with it either: some want it so.
fn not_cleared(place: &Location, problem: &Problem) -> Warning {
    let what = "what unfinished runs left cannot be removed, nor old versions: it may not be deleted from here";
    let detail = if problem.detail.is_empty() { String::new() } else { format!(" ({})", problem.detail) };
    Warning::of_all(Cause::NotCleared, format!("{}: {what}{detail}", place.display()))
}
