//! Whether anything can be deleted at a destination: some let backups be added only, and there are people who want it so. It is tried
//! before anything is marked as deleted that would lie there for ever, and remembered: whoever needs the room is to know it before.

use crate::model::clean_up::append_only_in_words;
use crate::model::location::Location;
use crate::model::problem::{Code, Problem};
use crate::state;
use crate::state::history::Deleting;
use crate::storage::{Kind, Storage};

use super::core::Core;
use super::folder::Folder;

/// What is written only to be deleted again.
const TRIED: &[u8] = b"Strongroom tries with this file whether it may delete here.\n";

/// Whether an account that may write is not let delete.
pub const fn is_refusal(kind: Kind) -> bool {
    matches!(kind, Kind::NotWritable | Kind::Denied | Kind::Held)
}

/// Whether nothing could be deleted there when it was last tried.
pub fn is_known(core: &Core, location: &Location) -> bool {
    last(core, location) == Some(Deleting::Refused)
}

fn last(core: &Core, location: &Location) -> Option<Deleting> {
    core.history.deleting(location).unwrap_or_default()
}

/// Remembers that something could not be deleted.
pub fn was_refused(core: &Core, location: &Location) {
    if !is_known(core, location) {
        noted(core.history.deleting_is_refused(location));
    }
}

/// A history that cannot be written costs the memory alone.
fn noted(noted: state::Result<()>) {
    if let Err(error) = noted {
        tracing::warn!("whether anything can be deleted at a destination is not noted: {error}");
    }
}

/// Something else could be deleted. What it was tried with may lie there still.
pub fn was_not_refused(core: &Core, location: &Location) {
    if is_known(core, location) {
        noted(core.history.deleting_is_not_refused(location));
    }
}

/// Tries it in a plan's folder, with a file that is made for that. Fails where nothing can be deleted: then the file stays, and is what
/// it is tried with the next time, so that never more than one lies there.
pub fn try_out(core: &Core, location: &Location, folder: &Folder) -> Result<(), Problem> {
    let (name, storage) = (format!("{}/.strongroom-test-{}", folder.name, core.home_id), &**folder.storage());
    if !put(core, location, storage, &name)? {
        return Ok(());
    }
    match storage.delete(&name) {
        Ok(()) => {
            noted(core.history.deleting_works(location));
            Ok(())
        }
        Err(error) if is_refusal(error.kind) => {
            was_refused(core, location);
            Err(refused(location).with_detail(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// `false` where there is no room for it: what is full can be cleaned all the same.
fn put(core: &Core, location: &Location, storage: &dyn Storage, name: &str) -> Result<bool, Problem> {
    if last(core, location).is_some() {
        // Of a file that was there already a server could keep what was sent for it.
        storage.look_anew();
        match storage.size(name) {
            Ok(_) => return Ok(true),
            Err(error) if error.kind == Kind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Before it is there: a run that dies meanwhile leaves it.
    noted(core.history.try_deleting(location));
    match storage.put(name, TRIED) {
        Ok(()) => Ok(true),
        Err(error) if error.kind == Kind::AlreadyExists => Ok(true),
        Err(error) if matches!(error.kind, Kind::NoRoom | Kind::MaxSize) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Tries it again where it was refused, or what it was tried with may still lie there.
pub fn try_again(core: &Core, location: &Location, folder: &Folder) {
    if last(core, location).is_some()
        && let Err(problem) = try_out(core, location, folder)
    {
        tracing::info!("{problem}");
    }
}

fn refused(location: &Location) -> Problem {
    Problem::new(
        Code::NotWritable,
        append_only_in_words(location),
        "Backups go on. Let the account delete there, or clean up with one that may.",
    )
}
