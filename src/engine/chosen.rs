//! Which version is meant by "the latest" or a time.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::human;
use crate::model::problem::Problem;
use crate::model::restore::VersionChoice;
use crate::model::snapshot::{Manifest, VersionId};

use super::explain;
use super::folder::Listed;

/// The version that is meant, of those that can be read. An older one is never given in place of a newer one that is damaged: who wants it
/// names it.
pub fn choose_version(listed: Vec<Listed>, choice: &VersionChoice, zone: &TimeZone) -> Result<Manifest, Problem> {
    match choice {
        VersionChoice::Id(id) => match listed.into_iter().find(|l| l.id == *id) {
            Some(found) => Ok(found.manifest?),
            None => Err(explain::no_such_version(id.as_str())),
        },
        VersionChoice::Latest => newest(listed, None)?.ok_or_else(explain::no_version_yet),
        VersionChoice::At(at) => newest(listed, Some(*at))?.ok_or_else(|| explain::no_version_by(&human::exact(*at, zone))),
    }
}

/// The newest, or the newest by then, of what is in order; `None` where there is none.
fn newest(listed: Vec<Listed>, by: Option<Timestamp>) -> Result<Option<Manifest>, Problem> {
    let is_later = |time: Timestamp| by.is_some_and(|by| time > by);
    let mut best: Option<Manifest> = None;
    let mut unreadable = Vec::new();
    for Listed { id, manifest } in listed {
        match manifest {
            Ok(manifest) if is_later(manifest.started) => {}
            Ok(manifest) => best = Some(manifest),
            // When it began its name says too.
            Err(_) if id.time().is_some_and(is_later) => {}
            Err(error) => unreadable.push((id, error)),
        }
    }
    let is_newer = |id: &VersionId| best.as_ref().is_none_or(|best| *id > best.id);
    match unreadable.into_iter().filter(|(id, _)| is_newer(id)).max_by(|a, b| a.0.cmp(&b.0)) {
        Some((_, error)) => Err(error.into()),
        None => Ok(best),
    }
}
