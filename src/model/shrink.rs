//! When a source has vanished or shrunk so sharply that a person is asked before a version is made of it.
//!
//! Each source is compared by itself with what the newest version has of it: regular files and their bytes, as they count, so that a
//! folder that was sorted anew or renamed inside is no smaller. Of a source that the version has no file of nothing is said. Asked is
//! where
//!
//! - nothing lies at its path any more (**missing**);
//! - it is a folder in which nothing lies at all (**empty**): the mount point of a drive that is not there;
//! - another folder lies in its place, by its inode, and at least half of the files are gone (**replaced**): a mount point in which
//!   something lies;
//! - it had [`LEAST_FILES`] files or more, and at least half of them are gone (**fewer files**);
//! - it had so many files with [`LEAST_BYTES`] or more, at least half of the bytes are gone, and at least half of the files are empty
//!   (**fewer bytes**): they were cut to nothing. A single large file that was deleted or cut is no such thing.
//!
//! A folder within a source that another file system was mounted at when that version was made, and none is now, is judged in the same
//! way by itself: what of it is missing may be little of the whole source. Where nothing lies at its path any more nothing is said:
//! desktops take mount points away, and so does whoever deletes a folder.
//!
//! What the rules of the plan leave out since is no shrinkage: where they are others than the version's, only a missing source and an
//! empty folder count.

use serde::{Deserialize, Serialize};

use super::human;
use super::names;
use super::path::PathBytes;

/// Of fewer files half may go without a word.
pub const LEAST_FILES: u64 = 20;
/// Of fewer bytes all may go, as long as the files stay.
pub const LEAST_BYTES: u64 = 1 << 20;

/// Regular files of a source, and their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    pub files: u64,
    pub bytes: u64,
}

/// What the newest version has of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Had {
    pub counts: Counts,
    /// Of the source itself; `None` where that is not known.
    pub inode: Option<u64>,
}

/// What was found of it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Found {
    pub counts: Counts,
    /// Files without content.
    pub empty: u64,
    /// Whatever lies in it, of any kind.
    pub things: u64,
    /// Of the source itself; `None` where that is not known, or its file system keeps none.
    pub inode: Option<u64>,
}

/// How a source shrank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    Missing,
    Empty,
    Replaced,
    FewerFiles,
    FewerBytes,
}

/// A source, or a mount point within one, that a person is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shrunk {
    /// Absolute.
    pub source: PathBytes,
    pub how: How,
    pub had: Counts,
    pub now: Counts,
}

/// Judges a source that is there and was looked through to its end, by the rules that the version was made by.
pub fn judge(had: &Had, found: &Found) -> Option<How> {
    let (before, now) = (had.counts, found.counts);
    if before.files == 0 {
        return None;
    }
    let gone = before.files.saturating_sub(now.files);
    let half_gone = gone.saturating_mul(2) >= before.files;
    let is_other = had.inode.zip(found.inode).is_some_and(|(had, found)| had != found);
    let bytes_gone = now.bytes.saturating_mul(2) <= before.bytes;
    let are_empty = found.empty.saturating_mul(2) >= now.files;
    match () {
        () if found.things == 0 => Some(How::Empty),
        () if is_other && half_gone => Some(How::Replaced),
        () if before.files >= LEAST_FILES && half_gone => Some(How::FewerFiles),
        () if before.files >= LEAST_FILES && before.bytes >= LEAST_BYTES && bytes_gone && are_empty => Some(How::FewerBytes),
        () => None,
    }
}

impl Shrunk {
    /// After "No version was made:", without a full stop.
    pub fn in_words(&self) -> String {
        let source = names::shown_text(&self.source.display());
        let Counts { files, bytes } = self.had;
        let had = format!("{}, {}", human::counted(files, "file", "files"), human::bytes(bytes));
        let (left, rest) = (human::counted(self.now.files, "file", "files"), human::bytes(self.now.bytes));
        match self.how {
            How::Missing => format!("{source} is not there any more, and the newest version has {had} of it"),
            How::Empty => format!("{source} is empty, and the newest version has {had} of it"),
            How::Replaced => {
                format!("another folder lies at {source}, with {left}, and the newest version has {had} of the one before")
            }
            How::FewerFiles | How::FewerBytes => {
                format!("{source} holds {left}, {rest}, and the newest version has {had} of it")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn had(files: u64, bytes: u64) -> Had {
        Had { counts: Counts { files, bytes }, inode: Some(2) }
    }

    fn found(files: u64, bytes: u64) -> Found {
        Found { counts: Counts { files, bytes }, empty: 0, things: files, inode: Some(2) }
    }

    #[test]
    fn half_the_files_of_many_are_asked_about() {
        for (before, now, asked) in
            [(20, 10, true), (20, 11, false), (19, 1, false), (21, 11, false), (21, 10, true), (1000, 3, true)]
        {
            let how = judge(&had(before, before * MIB), &found(now, before * MIB));
            assert_eq!(how, asked.then_some(How::FewerFiles), "{now} of {before}");
        }
        assert_eq!(judge(&had(50, 5), &found(80, 900)), None, "it grew");
    }

    #[test]
    fn files_that_were_cut_to_nothing_are_asked_about() {
        let cut = |files, empty, bytes| Found { empty, ..found(files, bytes) };
        assert_eq!(judge(&had(20, 100 * MIB), &cut(20, 10, 50 * MIB)), Some(How::FewerBytes));
        assert_eq!(judge(&had(20, 100 * MIB), &cut(20, 10, 50 * MIB + 1)), None);
        assert_eq!(judge(&had(20, 100 * MIB), &cut(20, 9, 10 * MIB)), None);
        assert_eq!(judge(&had(20, MIB), &cut(20, 20, 0)), Some(How::FewerBytes));
        assert_eq!(judge(&had(20, MIB - 1), &cut(20, 20, 0)), None, "little");
        assert_eq!(judge(&had(3, 900 * MIB), &cut(3, 3, 0)), None, "few");
        assert_eq!(judge(&had(43, 26 * MIB), &cut(42, 2, MIB)), None, "one large file was deleted");
    }

    #[test]
    fn an_empty_folder_is_asked_about_however_little_was_in_it() {
        assert_eq!(judge(&had(1, 5), &found(0, 0)), Some(How::Empty));
        assert_eq!(judge(&had(0, 0), &found(0, 0)), None, "it had no file");
        let folders_only = Found { things: 3, ..found(0, 0) };
        assert_eq!(judge(&had(1, 5), &folders_only), None);
        assert_eq!(judge(&had(40, 5), &folders_only), Some(How::FewerFiles));
    }

    #[test]
    fn another_folder_in_its_place_is_asked_about_where_its_files_are_gone() {
        let other = |files| Found { inode: Some(3), ..found(files, 9) };
        assert_eq!(judge(&had(4, 9), &other(2)), Some(How::Replaced));
        assert_eq!(judge(&had(4, 9), &other(3)), None);
        assert_eq!(judge(&had(4, 9), &other(90)), None);
        assert_eq!(judge(&had(4, 9), &Found { inode: None, ..other(2) }), None);
        assert_eq!(judge(&Had { inode: None, ..had(4, 9) }, &other(2)), None);
    }

    #[test]
    fn a_single_small_file_may_change_as_it_likes() {
        assert_eq!(judge(&had(1, 50_000), &found(1, 0)), None);
        // Saved by renaming a new one over it.
        assert_eq!(judge(&had(1, 50_000), &Found { inode: Some(9), ..found(1, 7) }), None);
    }

    #[test]
    fn it_says_what_was_there_and_what_is() {
        let shrunk = |how| Shrunk {
            source: "/srv/data".into(),
            how,
            had: Counts { files: 1200, bytes: 5_000_000 },
            now: Counts { files: 3, bytes: 1_000 },
        };
        assert_eq!(shrunk(How::Empty).in_words(), "/srv/data is empty, and the newest version has 1,200 files, 5.0 MB of it");
        assert_eq!(
            shrunk(How::FewerFiles).in_words(),
            "/srv/data holds 3 files, 1.0 kB, and the newest version has 1,200 files, 5.0 MB of it"
        );
    }
}
