//! What versions have of a path, and what differs between two of them.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::catalog::{FileTime, RowKind};
use super::path::PathBytes;
use super::snapshot::VersionId;

/// What a version has under a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    pub kind: RowKind,
    /// A file's size.
    pub size: Option<u64>,
    pub mtime: FileTime,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Tells a file's content apart from another's, in hex: equal where the pieces and holes are. Nothing else is meant by it.
    pub content: Option<String>,
    /// Symbolic link's target.
    pub target: Option<PathBytes>,
    /// Could not be read then: this is what an older version has.
    pub kept: bool,
    /// Changed while it was read.
    pub torn: bool,
}

/// In what two sides differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    Kind,
    Content,
    Target,
    Mode,
    Owner,
    Time,
    /// Extended attributes, access lists among them.
    Attributes,
}

impl Aspect {
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Content => "content",
            Self::Target => "target",
            Self::Mode => "mode",
            Self::Owner => "owner",
            Self::Time => "time",
            Self::Attributes => "attributes",
        }
    }
}

/// A path in one of the versions that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InVersion {
    pub version: VersionId,
    pub started: Timestamp,
    pub side: Side,
    /// In what it differs from the next older version that has it; `None`: no older one has it, or it was gone between.
    pub changed: Option<Vec<Aspect>>,
}

/// A path in all versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathHistory {
    /// The newest first.
    pub states: Vec<InVersion>,
    /// Versions that were looked into.
    pub versions: u64,
    /// Versions that could not be.
    pub unreadable: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    Added,
    Removed,
    Changed,
    /// The same content under another path.
    Moved,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub change: Change,
    pub path: PathBytes,
    /// Where what was moved was before.
    pub from: Option<PathBytes>,
    pub before: Option<Side>,
    pub after: Option<Side>,
    /// Of what changed.
    pub what: Vec<Aspect>,
}

/// Some of the differences between two versions, in path order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    pub before: VersionId,
    pub after: VersionId,
    pub list: Vec<Difference>,
    /// Up to here all are told; `None`: there are no more.
    pub next: Option<PathBytes>,
}

/// Finds what was moved among the differences that pass through: a file that is gone here and has come there with the same content.
///
/// Holds back so many of them that memory stays bounded; what lies further apart counts as removed and added.
pub struct Moves {
    most: usize,
    held: VecDeque<Option<Difference>>,
    /// Number of the first that is held.
    first: u64,
    /// Numbers of held ones that are yet to find their other half, by content.
    alone: HashMap<(Change, String), Vec<u64>>,
}

impl Moves {
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), held: VecDeque::new(), first: 0, alone: HashMap::new() }
    }

    /// Takes a difference in; gives those that are decided, in order.
    pub fn push(&mut self, difference: Difference) -> Option<Difference> {
        let number = self.first + self.held.len() as u64;
        let held = match key(&difference) {
            None => Some(difference),
            Some((change, content)) => {
                let other = if change == Change::Added { Change::Removed } else { Change::Added };
                match self.take(&(other, content.clone()), &difference) {
                    Some(at) => self.pair(at, difference),
                    None => {
                        self.alone.entry((change, content)).or_default().push(number);
                        Some(difference)
                    }
                }
            }
        };
        self.held.push_back(held);
        if self.held.len() > self.most { self.release() } else { None }
    }

    /// The rest, in order.
    pub fn finish(mut self) -> impl Iterator<Item = Difference> {
        std::mem::take(&mut self.held).into_iter().flatten()
    }

    fn release(&mut self) -> Option<Difference> {
        let difference = self.held.pop_front()?;
        let number = self.first;
        self.first += 1;
        if let Some(key) = difference.as_ref().and_then(key)
            && let Some(numbers) = self.alone.get_mut(&key)
        {
            numbers.retain(|n| *n != number);
            if numbers.is_empty() {
                self.alone.remove(&key);
            }
        }
        difference
    }

    /// The place of the other half: best one of the same name.
    fn take(&mut self, key: &(Change, String), of: &Difference) -> Option<usize> {
        let numbers = self.alone.get_mut(key)?;
        let place = |number: &u64| usize::try_from(number - self.first).ok();
        let named = |number: &u64| {
            let held = place(number).and_then(|at| self.held.get(at)).and_then(Option::as_ref);
            held.is_some_and(|held| held.path.file_name() == of.path.file_name())
        };
        let at = numbers.iter().position(named).unwrap_or(0);
        let found = (at < numbers.len()).then(|| numbers.remove(at)).as_ref().and_then(place);
        if numbers.is_empty() {
            self.alone.remove(key);
        }
        found
    }

    /// Makes one of two: it stands where the new path does. Returns what is to be held for `difference`.
    fn pair(&mut self, at: usize, difference: Difference) -> Option<Difference> {
        let held = self.held.get_mut(at)?;
        let other = held.take()?;
        let is_new = difference.change == Change::Added;
        let (old, new) = if is_new { (other, difference) } else { (difference, other) };
        let moved = Difference { change: Change::Moved, from: Some(old.path), before: old.before, ..new };
        if is_new {
            return Some(moved);
        }
        *held = Some(moved);
        None
    }
}

/// What could be half of a move: a file with content, gone or come.
fn key(difference: &Difference) -> Option<(Change, String)> {
    let side = match difference.change {
        Change::Added => difference.after.as_ref()?,
        Change::Removed => difference.before.as_ref()?,
        Change::Changed | Change::Moved => return None,
    };
    let content = side.content.clone().filter(|_| side.size.is_some_and(|size| size > 0))?;
    Some((difference.change, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(change: Change, path: &str, content: &str) -> Difference {
        let side = Side {
            kind: RowKind::File,
            size: Some(content.len() as u64),
            mtime: FileTime::default(),
            mode: 0o644,
            uid: 0,
            gid: 0,
            content: Some(content.into()),
            target: None,
            kept: false,
            torn: false,
        };
        let (before, after) = if change == Change::Added { (None, Some(side)) } else { (Some(side), None) };
        Difference { change, path: path.into(), from: None, before, after, what: Vec::new() }
    }

    fn told(list: Vec<Difference>) -> Vec<String> {
        let from = |d: &Difference| d.from.as_ref().map(|from| format!(" from {}", from.display())).unwrap_or_default();
        list.iter().map(|d| format!("{:?} {}{}", d.change, d.path.display(), from(d))).collect()
    }

    fn run(most: usize, list: &[(Change, &str, &str)]) -> Vec<String> {
        let mut moves = Moves::new(most);
        let mut out: Vec<Difference> = Vec::new();
        for (change, path, content) in list {
            out.extend(moves.push(difference(*change, path, content)));
        }
        out.extend(moves.finish());
        told(out)
    }

    #[test]
    fn what_is_gone_here_and_has_come_there_was_moved() {
        use Change::{Added, Removed};
        let list =
            [(Added, "a/new", "one"), (Removed, "b/old", "one"), (Removed, "c", "two"), (Added, "d", "two"), (Added, "e", "two")];
        assert_eq!(run(100, &list), ["Moved a/new from b/old", "Moved d from c", "Added e"]);
        // Of several the one of the same name.
        let list = [(Removed, "a/x", "one"), (Removed, "a/y", "one"), (Added, "b/y", "one"), (Added, "b/z", "one")];
        assert_eq!(run(100, &list), ["Moved b/y from a/y", "Moved b/z from a/x"]);
        // Empty files are all alike, and say nothing.
        assert_eq!(run(100, &[(Removed, "a", ""), (Added, "b", "")]), ["Removed a", "Added b"]);
    }

    #[test]
    fn no_more_is_held_than_was_allowed() {
        use Change::{Added, Removed};
        let list = [(Removed, "a", "one"), (Added, "b", "x"), (Added, "c", "y"), (Added, "d", "one"), (Removed, "e", "y")];
        assert_eq!(run(2, &list), ["Removed a", "Added b", "Moved c from e", "Added d"]);
        assert_eq!(run(3, &list), ["Added b", "Moved c from e", "Moved d from a"]);
    }
}
