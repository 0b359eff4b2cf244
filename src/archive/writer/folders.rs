//! The way from a catalog path to the folder it lies in, by open descriptors.

use std::io;

use crate::archive::scan::{Chain, Opened, Root};
use crate::model::path::PathBytes;
use crate::os::folder::Folder;

/// Follows the scan's order, so that most steps are short.
pub(super) struct Folders {
    roots: Vec<Root>,
    current: Option<Current>,
}

struct Current {
    root: PathBytes,
    /// The catalog path that the chain begins at: the root's, or for a single file its folder's.
    base: PathBytes,
    chain: Chain,
}

impl Folders {
    pub(super) fn new(roots: Vec<Root>) -> Self {
        Self { roots, current: None }
    }

    /// The folder in which `path` lies, and its name there (`.` for a source's own folder).
    pub(super) fn parent_of<'p>(&mut self, path: &'p PathBytes) -> io::Result<(&Folder, &'p [u8])> {
        if self.current.as_ref().is_none_or(|c| !path.is_within(c.root.as_bytes())) {
            let found = self.roots.iter().find(|root| path.is_within(root.path.as_bytes()));
            self.current = Some(open(found.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?)?);
        }
        let current = self.current.as_mut().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        if *path == current.base {
            return Ok((current.chain.go(b"")?, b"."));
        }
        let base = current.base.as_bytes().len();
        let parent = path.parent();
        let relative = parent.get(base..).unwrap_or(&[]);
        let folder = current.chain.go(relative.strip_prefix(b"/").unwrap_or(relative))?;
        Ok((folder, path.file_name()))
    }
}

fn open(root: &Root) -> io::Result<Current> {
    let (base, folder) = match root.open()? {
        Opened::Folder { folder, .. } => (root.path.clone(), folder),
        Opened::Single { parent, .. } => (PathBytes::new(root.path.parent()), parent),
    };
    Ok(Current { root: root.path.clone(), base, chain: Chain::new(folder) })
}
