//! How far sources reach, by their paths and patterns alone, without a look at any file.

use super::{Root, Roots, Rules};
use crate::archive::Result;
use crate::model::path::PathBytes;
use crate::model::source_spec::SourceSpec;

/// Tells whether a walk comes to a file. What tags and mounts leave out it does not know.
pub struct Reach {
    roots: Vec<Root>,
    rules: Rules,
    /// The folder that was asked about last, and whether it is left out: neighbours lie in the same one.
    last: Option<(PathBytes, bool)>,
}

impl Reach {
    /// `Source` for a path that is not absolute, `Pattern` for one that cannot be understood.
    pub fn new(spec: &SourceSpec) -> Result<Self> {
        Ok(Self { roots: Roots::new(spec)?.all, rules: Rules::new(spec)?, last: None })
    }

    /// The source by which the file at this catalog path is come to; `None`: it lies in none, or is left out.
    pub fn source_of(&mut self, file: &[u8]) -> Option<&PathBytes> {
        let path = PathBytes::new(file);
        let at = self.roots.iter().position(|root| path.is_within(root.path.as_bytes()))?;
        let base = self.roots.get(at)?.path.as_bytes().len();
        let below = file.get(base..)?;
        let below = below.strip_prefix(b"/").unwrap_or(below);
        // A source that is the file itself is not asked for its name.
        let left_out = !below.is_empty() && (self.leaves_out_folder(path.parent(), below) || self.rules.leave_out(below, false));
        self.roots.get(at).filter(|_| !left_out).map(|root| &root.path)
    }

    /// `below`: the file's path from its source on.
    fn leaves_out_folder(&mut self, folder: &[u8], below: &[u8]) -> bool {
        if let Some((last, left_out)) = &self.last
            && last.as_bytes() == folder
        {
            return *left_out;
        }
        let mut ends = below.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let left_out = ends.any(|end| self.rules.leave_out(&below[..end], true));
        self.last = Some((PathBytes::new(folder), left_out));
        left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(paths: &[&str], excludes: &[&str]) -> Reach {
        let paths = paths.iter().map(|path| PathBytes::from(*path)).collect();
        let excludes = excludes.iter().map(|pattern| (*pattern).to_owned()).collect();
        Reach::new(&SourceSpec { paths, excludes, ..SourceSpec::default() }).unwrap()
    }

    fn source(reach: &mut Reach, file: &str) -> Option<String> {
        reach.source_of(file.as_bytes()).map(|source| source.display().into_owned())
    }

    #[test]
    fn what_lies_in_a_source_and_is_not_left_out_is_reached() {
        let mut home = reach(&["/home/u", "/srv/one.txt"], &["*.tmp", "cache/", "/top"]);
        let mut is = |file: &str| source(&mut home, file);
        assert_eq!(is("home/u/a/b.txt").as_deref(), Some("home/u"));
        assert_eq!(is("home/u/a/c.tmp"), None, "beside what is");
        assert_eq!(is("home/u/a/top").as_deref(), Some("home/u"));
        assert_eq!(is("home/u/top"), None);
        assert_eq!(is("home/u/a/cache/deep/b.txt"), None);
        assert_eq!(is("home/u/a/cache/deep/c.txt"), None, "of the same folder");
        assert_eq!(is("home/u/cache").as_deref(), Some("home/u"), "a file of a folder's name");
        assert_eq!(is("home/u2/a"), None);
        assert_eq!(is("srv/one.txt").as_deref(), Some("srv/one.txt"));
        assert_eq!(is("srv/one.txt2"), None);
    }

    #[test]
    fn of_the_whole_file_system_all_is_reached() {
        assert_eq!(source(&mut reach(&["/"], &[]), "etc/x").as_deref(), Some(""));
        assert_eq!(source(&mut reach(&["/"], &["/etc"]), "etc/x"), None);
    }

    #[test]
    fn what_cannot_be_understood_is_an_error() {
        let wrong = SourceSpec { paths: vec!["relative".into()], ..SourceSpec::default() };
        assert!(Reach::new(&wrong).is_err());
    }
}
