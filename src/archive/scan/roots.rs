//! The sources as the file system has them.

use std::io;

use super::metadata::{Kind, Meta, status, status_of};
use crate::archive::{Error, Result};
use crate::model::names::{catalog_path, parent_length, system_path};
use crate::model::path::PathBytes;
use crate::model::source_spec::SourceSpec;
use crate::os::folder::{Folder, For};
use crate::os::stat::leads_to_folder;

/// A source: a folder (a link to one is followed: its content is what was meant), or a single thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Without the leading `/`; empty for the whole file system.
    pub path: PathBytes,
}

/// An opened source.
pub enum Opened {
    Folder {
        folder: Folder,
        meta: Meta,
    },
    /// `parent` is the folder it lies in.
    Single {
        parent: Folder,
        meta: Meta,
    },
}

impl Root {
    /// Opens a folder for reading, or looks at what else it is.
    pub fn open(&self) -> io::Result<Opened> {
        let path = self.path.as_bytes();
        let length = parent_length(path);
        let parent = system_path(path.get(..length.unwrap_or(path.len())).unwrap_or_default());
        let parent = Folder::open(&parent.as_path(), For::Reaching)?;
        if length.is_none() {
            let folder = parent.again(For::Reading)?;
            let meta = status_of(&folder)?;
            return Ok(Opened::Folder { folder, meta });
        }
        let name = self.path.file_name();
        let meta = status(&parent, name)?;
        let folder = match meta.kind {
            Kind::Folder => parent.folder(name, For::Reading)?,
            // Followed by its path: it is the person's own.
            Kind::Symlink if leads_to_folder(&parent, name) => Folder::open(&system_path(path).as_path(), For::Reading)?,
            _ => return Ok(Opened::Single { parent, meta }),
        };
        let meta = status_of(&folder)?;
        Ok(Opened::Folder { folder, meta })
    }

    fn check_readable(&self) -> io::Result<()> {
        if let Opened::Single { parent, meta } = self.open()?
            && meta.is_file()
        {
            parent.file(self.path.file_name())?;
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
            match catalog_path(path.as_bytes()) {
                // None within another, which they can be told by where all begin with a slash.
                Some(clean) => plain.paths.push(PathBytes::new([b"/", clean.as_slice()].concat())),
                None => return Err(Error::Source { path: path.to_path_buf(), source: io::ErrorKind::InvalidInput.into() }),
            }
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
