//! What is left out: patterns in gitignore syntax, and tags.

use std::ffi::CStr;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::listing::Listing;
use crate::archive::{Error, Result};
use crate::model::path::as_path;
use crate::model::source_spec::SourceSpec;
use crate::os::at::FileExt;
use crate::os::folder::Folder;
use crate::os::stat::stat;

const CACHE_TAG: &CStr = c"CACHEDIR.TAG";
const NO_BACKUP: &CStr = c".nobackup";
/// A cache folder's tag begins with this (<https://bford.info/cachedir/>).
const SIGNATURE: &[u8; 43] = b"Signature: 8a477f597d28d172789f06886806bc55";

#[derive(Clone)]
pub struct Rules {
    patterns: Gitignore,
    honour_tags: bool,
    pub one_file_system: bool,
}

impl Rules {
    /// `Pattern` where one cannot be understood.
    pub fn new(spec: &SourceSpec) -> Result<Self> {
        // With `.` as root nothing is stripped: paths are given relative to the source.
        let mut builder = GitignoreBuilder::new(".");
        let wrong = |pattern: &str, e: ignore::Error| Error::Pattern { pattern: pattern.into(), reason: e.to_string() };
        for pattern in spec.patterns() {
            builder.add_line(None, pattern).map_err(|e| wrong(pattern, e))?;
        }
        let patterns = builder.build().map_err(|e| wrong("", e))?;
        Ok(Self { patterns, honour_tags: spec.honour_tags, one_file_system: spec.one_file_system })
    }

    /// Whether a pattern leaves out what lies at `path`, relative to its source.
    pub fn leave_out(&self, path: &[u8], is_folder: bool) -> bool {
        self.patterns.matched(as_path(path), is_folder).is_ignore()
    }

    /// Whether a tag leaves out what is in a folder.
    pub fn is_tagged(&self, folder: &Folder) -> bool {
        let is_there = |tag: &CStr| stat(folder, tag).is_ok();
        self.honour_tags && (is_there(NO_BACKUP) || (is_there(CACHE_TAG) && is_cache_tag(folder)))
    }

    /// The tag by which everything else in this folder is left out.
    pub(super) fn tag(&self, folder: &Folder, listing: &Listing) -> Option<&'static CStr> {
        if !self.honour_tags {
            return None;
        }
        if listing.has(folder, NO_BACKUP) {
            return Some(NO_BACKUP);
        }
        (listing.has(folder, CACHE_TAG) && is_cache_tag(folder)).then_some(CACHE_TAG)
    }
}

fn is_cache_tag(folder: &Folder) -> bool {
    let Ok(file) = folder.file(CACHE_TAG) else { return false };
    let mut head = [0; SIGNATURE.len()];
    file.read_at(&mut head, 0).is_ok_and(|n| n == head.len()) && head == *SIGNATURE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::PathBytes;

    #[test]
    fn a_path_that_is_left_out_is_left_out_alone() {
        let spec = SourceSpec { paths: vec!["/s".into()], ..SourceSpec::default() };
        let names = ["a/b.txt", "[x]*?{a}\\z", "!not", "#no", "end ", "50%", "sp ace/in"];
        for name in names {
            let pattern = spec.pattern_for(&PathBytes::from(format!("/s/{name}").as_str())).unwrap();
            let rules = Rules::new(&SourceSpec { excludes: vec![pattern.clone()], ..spec.clone() }).unwrap();
            assert!(rules.leave_out(name.as_bytes(), false), "{pattern}");
            for other in names.iter().filter(|other| **other != name) {
                assert!(!rules.leave_out(other.as_bytes(), false), "{pattern} and {other}");
            }
            assert!(!rules.leave_out(format!("deeper/{name}").as_bytes(), false), "{pattern}");
        }
    }
}
