//! What a walk through an archive meets.

use std::io::{self, Read};

use super::{MAX_DEPTH, MAX_PATH};
use crate::archive::tar_stream::PARTS;
use crate::archive::{Error, Result};
use crate::model::catalog::Entry;
use crate::model::path::PathBytes;

/// Takes in what an archive holds.
pub trait Visitor {
    /// A member: its path is as it is to be taken, without `/` in front and without `.` and `..`. `content` gives the bytes of a file
    /// without its holes; it is proven only when it has been read to its end. Need not be read at all. An error of `content` is damage
    /// and told by [`Visitor::damage`] afterwards.
    fn member(&mut self, entry: &Entry, packed: Packed, content: &mut dyn Read) -> Result<()>;

    /// What cannot be had, or is not to be relied on.
    fn damage(&mut self, damage: Damage);

    /// Members lie in each other, so that an archive unpacks to far more than it holds. Whoever unpacks nothing goes on.
    fn overlapping(&mut self) -> Result<()> {
        Err(overlap())
    }

    /// All that was given out so far of a long stream without checksums of its own is proven now (`true`), or is not, for its
    /// checksum at the end does not fit or it breaks off.
    fn proven(&mut self, _: bool) {}
}

/// What an archive says of a member beside its entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// Bytes in the archive, where it has them member by member.
    pub bytes: Option<u64>,
    /// It has access lists in a form that is not set.
    pub has_acl: bool,
    /// A further name of a file, which is `entry.link`.
    pub is_link: bool,
}

/// A part of an archive that cannot be had, or is not to be relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The member it is about, where that is known.
    pub path: Option<PathBytes>,
    /// About where in the file.
    pub at: u64,
    pub what: String,
    pub harm: Harm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    Lost,
    /// The member is whole, but not of a kind that can be read: encrypted, an unknown method.
    Unsupported,
    /// The member was given out, and nothing proves that it is whole.
    Doubtful,
}

impl Damage {
    pub fn new(path: Option<&PathBytes>, at: u64, what: impl Into<String>) -> Self {
        Self { path: path.cloned(), at, what: what.into(), harm: Harm::Lost }
    }

    /// A member that was given out already.
    pub fn doubtful(path: &PathBytes, at: u64, what: impl Into<String>) -> Self {
        Self { harm: Harm::Doubtful, ..Self::new(Some(path), at, what) }
    }
}

pub fn overlap() -> Error {
    Error::TooMuch("its members lie in each other: it unpacks to far more than it holds".into())
}

/// Errors that mean damage, not a failing disk.
pub fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput)
}

/// A member's path as it is to be taken: without `/` in front, empty components and `.`. The error says what is wrong with it.
pub fn normal_path(raw: &[u8]) -> Result<PathBytes, &'static str> {
    if raw.len() > MAX_PATH {
        return Err("its path is longer than is allowed");
    }
    if raw.contains(&0) {
        return Err("its path holds a zero byte");
    }
    let parts: Vec<&[u8]> = raw.split(|b| *b == b'/').filter(|part| !matches!(*part, b"" | b".")).collect();
    if parts.contains(&&b".."[..]) {
        return Err("its path leads upwards by \u{201c}..\u{201d}");
    }
    if parts.len() > MAX_DEPTH {
        return Err("its path is deeper than is allowed");
    }
    Ok(PathBytes::new(parts.join(&b'/')))
}

/// The file that a member of ours is a part of: `.strongroom-parts/<path>/<number>`.
pub fn part_of(path: &PathBytes) -> Option<PathBytes> {
    let mut parts = path.as_bytes().splitn(2, |b| *b == b'/');
    // Behind the name stands `-1` and so on where a source has it.
    let number = parts.next()?.strip_prefix(PARTS.as_bytes())?;
    let is_ours = number.is_empty() || number.strip_prefix(b"-").is_some_and(is_number);
    let rest = PathBytes::new(parts.next()?);
    let is_part = rest.file_name().len() >= 8 && is_number(rest.file_name()) && !rest.parent().is_empty();
    (is_ours && is_part).then(|| PathBytes::new(rest.parent()))
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_known_by_their_names() {
        let of = |path: &str| part_of(&path.into()).map(|path| path.display().into_owned());
        assert_eq!(of(".strongroom-parts/home/u/disk.img/00000001").as_deref(), Some("home/u/disk.img"));
        assert_eq!(of(".strongroom-parts-2/a/123456789").as_deref(), Some("a"));
        let others = [".strongroom-parts", ".strongroom-parts/a", ".strongroom-parts/00000001", ".strongroom-parts/a/0000001"];
        for other in others.into_iter().chain([".strongroom-partsx/a/00000001", "x/.strongroom-parts/a/00000001"]) {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn paths_stay_beneath() {
        let normal = |raw: &str| normal_path(raw.as_bytes()).map(|path| path.display().into_owned());
        assert_eq!(normal("./a//b/./c/"), Ok("a/b/c".into()));
        assert_eq!(normal("/etc/passwd"), Ok("etc/passwd".into()));
        assert_eq!(normal("./"), Ok(String::new()));
        for bad in ["../x", "a/../../b", "..", "a\0b", &"a/".repeat(2000), &"n".repeat(20_000)] {
            assert!(normal(bad).is_err(), "{bad}");
        }
    }
}
