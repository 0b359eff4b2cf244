//! Further names of symbolic links, pipes and devices that this run made.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use crate::archive::target::root::{Folder, OpenFolders};
use crate::model::catalog::{Entry, EntryKind};
use crate::model::path::PathBytes;
use crate::os::folder;
use crate::os::reason::Reason;

/// So many are remembered; what has further names past that stands for itself.
const MOST: usize = 100_000;

/// What was made and may have further names, by the path that its links name.
#[derive(Default)]
pub struct Names(HashMap<PathBytes, Made>);

struct Made {
    kind: EntryKind,
    folder: Arc<Folder>,
    name: Vec<u8>,
}

/// A thing that stands already, and can get another name.
pub struct Twin {
    folder: folder::Folder,
    name: Vec<u8>,
}

impl Names {
    /// Another name of the same thing, where one was made.
    pub fn twin(&self, entry: &Entry, folders: &OpenFolders<'_>) -> Option<Twin> {
        let made = self.0.get(entry.link.as_ref().unwrap_or(&entry.path)).filter(|made| made.kind == entry.kind)?;
        let folder = folders.root(&made.folder).and_then(|root| root.folder(&made.folder.path)).ok()?;
        Some(Twin { folder, name: made.name.clone() })
    }

    /// `name` in `folder` is this entry's now. The walk is backwards: a link comes before the entry that it names.
    pub fn made(&mut self, entry: &Entry, folder: &Arc<Folder>, name: &[u8]) {
        if let Some(first) = &entry.link
            && self.0.len() < MOST
        {
            let made = Made { kind: entry.kind.clone(), folder: folder.clone(), name: name.to_vec() };
            self.0.entry(first.clone()).or_insert(made);
        }
    }
}

impl Twin {
    /// Gives it one more name, or where that cannot be makes another by `make`.
    pub fn link(&self, to: &folder::Folder, name: &[u8], make: impl Fn() -> io::Result<()>) -> io::Result<()> {
        match self.folder.link(self.name.as_slice(), to, name) {
            Err(e) if Reason::of(&e).is_without_links() || e.kind() == io::ErrorKind::NotFound => make(),
            result => result,
        }
    }
}
