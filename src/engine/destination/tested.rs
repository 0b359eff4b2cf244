//! Whether a destination can be used: tried out, or judged by where it would be made.

use std::path::Path;

use super::measured::{Measured, measure};
use crate::engine::core::Core;
use crate::engine::folder::Folder;
use crate::engine::message::TestResult;
use crate::model::location::Location;
use crate::model::problem::{Code, Problem};
use crate::os::folder::For;
use crate::os::identity::device;
use crate::os::permissions::may_make_in;
use crate::os::{self, disk, drives};
use crate::storage::{Kind, Room};

/// Writes small files, reads them back and removes them.
pub fn test(core: &Core, location: &Location) -> Result<TestResult, Problem> {
    let storage = match core.open_anew(location, false) {
        Err(error) if error.kind == Kind::Unreachable => {
            // A folder that a first backup would make: judged by the one it would be made in.
            return test_missing(core, location).ok_or_else(|| error.into());
        }
        other => other?,
    };
    let room = storage.room()?;
    let measured = measure(core, &*storage).map_err(|problem| match problem.code {
        Code::NotWritable if Folder::all(&storage).is_ok() => read_only(problem),
        _ => problem,
    })?;
    let Measured { latency, write_speed, read_speed, deletable } = measured;
    Ok(TestResult {
        writable: Some(true),
        deletable: Some(deletable),
        free: room.map(|r| r.free),
        total: room.map(|r| r.total),
        latency_ms: Some(u64::try_from(latency.as_millis()).unwrap_or(u64::MAX)),
        write_speed: Some(write_speed),
        read_speed,
        on_system_disk: on_system_disk(&core.found(location)),
        plans: Folder::all(&storage)?.0.len(),
        to_be_made: false,
        keeps: storage.keeping(),
    })
}

/// What is wrong with one that could be looked through all the same.
fn read_only(problem: Problem) -> Problem {
    let fix = format!("What lies there can be verified and restored. {}", problem.fix);
    Problem { what: "The destination can be read, but not written to.".into(), fix, ..problem }
}

/// For a folder that does not exist yet, in one that does. Nothing is made for that.
fn test_missing(core: &Core, location: &Location) -> Option<TestResult> {
    let (above, room, may_be_made) = match location.path() {
        Some(path) => {
            let path = path.to_path_buf();
            (Location::local(path.parent()?), Some(room_to_make(&path)?), Some(true))
        }
        None => {
            let (above, _) = location.split()?;
            // Whether the account may make it there, only making it tells.
            let room = core.open_anew(&above, false).ok()?.room().ok()?;
            (above, room, None)
        }
    };
    Some(TestResult {
        writable: may_be_made,
        deletable: may_be_made,
        free: room.map(|room| room.free),
        total: room.map(|room| room.total),
        latency_ms: None,
        write_speed: None,
        read_speed: None,
        on_system_disk: on_system_disk(&above),
        plans: 0,
        to_be_made: true,
        keeps: None,
    })
}

/// Of a folder of this machine; `None` where it cannot be made: by this person, on what is mounted read-only, or in a view of the running
/// system.
fn room_to_make(path: &Path) -> Option<Room> {
    let parent = path.parent()?;
    if path.exists() || !may_make_in(parent) {
        return None;
    }
    let above = os::folder::Folder::open(parent, For::Reaching).ok()?;
    // There root may do all by its permissions, and nothing in truth.
    if disk::is_pseudo(&above) {
        return None;
    }
    let room = disk::room(&above).ok()?;
    Some(Room { free: room.free, total: room.total })
}

fn on_system_disk(location: &Location) -> bool {
    let Some(path) = location.path() else { return false };
    let system = device(&drives::system_root());
    system.is_some() && device(&path.as_path()) == system
}
