//! How folders and places are called in a sentence.

use crate::engine::message::Drive;
use crate::model::location::{Location, trimmed};
use crate::model::path::PathBytes;

/// "A", "A and B", "A, B and C", "A, B and 3 more".
pub fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).into(),
        [one, other] => format!("{one} and {other}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

/// The drive a path lies on: the one with the longest mount point above it.
pub fn drive_of<'a>(path: &str, drives: &'a [Drive]) -> Option<&'a Drive> {
    let path = PathBytes::from(path);
    let above = |drive: &&Drive| path.is_within(drive.mount_point.display().trim_end_matches('/').as_bytes());
    drives.iter().filter(above).max_by_key(|drive| drive.mount_point.as_bytes().len())
}

/// "Blue disk", "Backups on Blue disk", "/srv/backups".
pub fn destination_name(path: &str, drives: &[Drive]) -> String {
    match drive_of(path, drives) {
        Some(drive) if drive.mount_point.as_bytes() == trimmed(path).as_bytes() => drive.name.clone(),
        Some(drive) if !drive.is_system => format!("{} on {}", Location::local(path).short_name(), drive.name),
        _ => path.into(),
    }
}
