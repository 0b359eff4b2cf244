//! The sources as the file system has them.

use std::io;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, StatxFlags, openat, statx};

use super::chain::open_absolute;
use super::metadata::{Kind, Meta, status};
use crate::archive::{Error, Result};
use crate::model::path::PathBytes;
use crate::model::source_spec::SourceSpec;

/// A source: a folder (a link to one is followed: its content is what was meant), or a single thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Without the leading `/`; empty for the whole file system.
    pub path: PathBytes,
}

/// An opened source.
pub enum Opened {
    Folder {
        folder: OwnedFd,
        meta: Meta,
    },
    /// `parent` is the folder it lies in.
    Single {
        parent: OwnedFd,
        meta: Meta,
    },
}

impl Root {
    /// Opens a folder for reading, or looks at what else it is.
    pub fn open(&self) -> io::Result<Opened> {
        let path = super::absolute(self.path.as_bytes());
        let cut = path.parent().len();
        let parent = open_absolute(if cut == 0 { b"/" } else { &path.as_bytes()[..cut] }, OFlags::PATH | OFlags::DIRECTORY)?;
        let name: &[u8] = if self.path.is_empty() { b"." } else { self.path.file_name() };
        let meta = status(&parent, name)?;
        let is_folder = match meta.kind {
            Kind::Folder => true,
            Kind::Symlink => statx(&parent, name, AtFlags::empty(), StatxFlags::TYPE)
                .is_ok_and(|s| FileType::from_raw_mode(u32::from(s.stx_mode)) == FileType::Directory),
            _ => false,
        };
        if !is_folder {
            return Ok(Opened::Single { parent, meta });
        }
        let folder = openat(&parent, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let meta = status(&folder, "")?;
        Ok(Opened::Folder { folder, meta })
    }

    fn check_readable(&self) -> io::Result<()> {
        if let Opened::Single { parent, meta: Meta { kind: Kind::File, .. } } = self.open()? {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            openat(parent.as_fd(), self.path.file_name(), flags, Mode::empty())?;
        }
        Ok(())
    }
}

/// All sources, in catalog order, none within another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    pub all: Vec<Root>,
}

impl Roots {
    /// Brings the sources' paths into their one form. `Source` for one that is not absolute or climbs by `..`.
    pub fn new(spec: &SourceSpec) -> Result<Self> {
        let mut plain = SourceSpec::default();
        for path in &spec.paths {
            let mut clean = Vec::with_capacity(path.as_bytes().len());
            let parts = path.as_bytes().split(|b| *b == b'/').filter(|c| !c.is_empty() && *c != b".");
            for part in parts {
                clean.push(b'/');
                clean.extend_from_slice(part);
            }
            let climbs = path.as_bytes().split(|b| *b == b'/').any(|c| c == b"..");
            if climbs || !path.as_bytes().starts_with(b"/") || path.as_bytes().contains(&0) {
                return Err(Error::Source { path: path.to_path_buf(), source: io::ErrorKind::InvalidInput.into() });
            }
            plain.paths.push(if clean.is_empty() { PathBytes::from("/") } else { PathBytes::new(clean) });
        }
        let all = plain.roots().into_iter().map(|p| Root { path: PathBytes::new(p.as_bytes().get(1..).unwrap_or(&[])) });
        Ok(Self { all: all.collect() })
    }

    /// `Source` where none of them can be read.
    pub fn check_readable(&self) -> Result<()> {
        let mut first = None;
        for root in &self.all {
            match root.check_readable() {
                Ok(()) => return Ok(()),
                Err(source) if first.is_none() => {
                    first = Some(Error::Source { path: super::absolute(root.path.as_bytes()).to_path_buf(), source })
                }
                Err(_) => {}
            }
        }
        Err(first.unwrap_or_else(|| Error::Limit("there is no source".into())))
    }

    /// The absolute paths.
    pub fn absolute_paths(&self) -> Vec<PathBytes> {
        self.all.iter().map(|r| super::absolute(r.path.as_bytes())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(paths: &[&str]) -> Result<Vec<String>> {
        let spec = SourceSpec { paths: paths.iter().map(|p| PathBytes::from(*p)).collect(), ..SourceSpec::default() };
        Ok(Roots::new(&spec)?.absolute_paths().iter().map(|p| p.display().into_owned()).collect())
    }

    #[test]
    fn paths_have_one_form() {
        assert_eq!(roots(&["/b/", "//a//x/.", "/a/x/y"]).unwrap(), ["/a/x", "/b"]);
        assert_eq!(roots(&["/", "/b"]).unwrap(), ["/"]);
        assert!(matches!(roots(&["/a/../b"]), Err(Error::Source { .. })));
        assert!(matches!(roots(&["a"]), Err(Error::Source { .. })));
    }

    #[test]
    fn only_when_all_are_missing_it_fails() {
        let temp = tempfile::tempdir().unwrap();
        let spec = |paths: Vec<PathBytes>| SourceSpec { paths, ..SourceSpec::default() };
        let missing = PathBytes::from(temp.path().join("none"));
        let there = PathBytes::from(temp.path());
        assert!(Roots::new(&spec(vec![missing.clone(), there])).unwrap().check_readable().is_ok());
        let all_missing = Roots::new(&spec(vec![missing])).unwrap().check_readable();
        assert!(matches!(all_missing, Err(Error::Source { path, .. }) if path.ends_with("none")));
        assert!(Roots::new(&spec(vec![])).unwrap().check_readable().is_err());
    }
}
