//! Folders of an archive, and where they lie at the target.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use crate::archive::extract::put::{Inside, Put, Settled};
use crate::archive::extract::resume::made_as;
use crate::archive::target::journal::Before;
use crate::archive::target::root::{Folder, OpenFolders, Root};
use crate::model::catalog::{Entry, FileTime};
use crate::model::path::PathBytes;
use crate::model::restore::Conflict;
use crate::os::folder;
use crate::os::reason::Reason;
use crate::os::stat::{Stat, look, stat_of};

/// So many are remembered; then what has its own name is forgotten.
const MOST: usize = 200_000;
/// So many keep their metadata until the end.
const MOST_METADATA: usize = 1_000_000;

pub struct Folders<'a> {
    roots: &'a [Root],
    open: OpenFolders<'a>,
    known: HashMap<PathBytes, Known>,
    /// Folders whose metadata is set at the end, in the order in which they were met.
    pub metadata: Vec<(Arc<Folder>, Entry)>,
    /// Others that had the right time when they were met, and are to have it again.
    pub dated: Vec<(Arc<Folder>, FileTime)>,
}

#[derive(Clone)]
struct Known {
    folder: Arc<Folder>,
    /// Under another name than its own.
    renamed: bool,
}

impl<'a> Folders<'a> {
    pub fn new(roots: &'a [Root]) -> Self {
        Self { roots, open: OpenFolders::new(roots), known: HashMap::new(), metadata: Vec::new(), dated: Vec::new() }
    }

    pub fn root(&self) -> io::Result<&'a Root> {
        self.roots.first().ok_or_else(|| Reason::NotThere.into())
    }

    pub fn open(&mut self, folder: &Arc<Folder>) -> io::Result<&folder::Folder> {
        self.open.get(folder)
    }

    /// The folder at a path of the archive; it and those above it are made where they are missing. `Unsupported`: something else
    /// stands there and is left alone.
    pub fn make(&mut self, path: &[u8], put: &Put<'_>, before: Option<&Before>) -> io::Result<Arc<Folder>> {
        if let Some(known) = self.known.get(&PathBytes::new(path)) {
            return Ok(known.folder.clone());
        }
        // The nearest that is known, then one after the other.
        let mut end = path.len();
        let mut at = loop {
            if end == 0 {
                break Arc::new(Folder { root: 0, path: Box::default(), fresh: false, odd_group: true });
            }
            if let Some(known) = self.known.get(&PathBytes::new(&path[..end])) {
                break known.folder.clone();
            }
            end = path[..end].iter().rposition(|b| *b == b'/').unwrap_or(0);
        };
        while end < path.len() {
            let begin = if end == 0 { 0 } else { end + 1 };
            end = path[begin..].iter().position(|b| *b == b'/').map_or(path.len(), |length| begin + length);
            let (folder, renamed) = self.make_one(&at, &path[begin..end], put, before)?;
            at = folder;
            if self.known.len() >= MOST {
                self.known.retain(|_, known| known.renamed);
            }
            self.known.insert(PathBytes::new(&path[..end]), Known { folder: at.clone(), renamed });
        }
        Ok(at)
    }

    fn make_one(
        &mut self,
        parent: &Arc<Folder>,
        name: &[u8],
        put: &Put<'_>,
        before: Option<&Before>,
    ) -> io::Result<(Arc<Folder>, bool)> {
        let root = self.root()?;
        let fd = self.open.get(parent)?;
        let beneath = |name: &[u8]| match &*parent.path {
            b"" => name.to_vec(),
            path => [path, b"/", name].concat(),
        };
        let folder = |name: &[u8], fresh| Folder { root: 0, path: beneath(name).into(), fresh, odd_group: true };
        let into = Inside { root, folder: parent, fd };
        if let Some(stat) = look(fd, name)?.filter(Stat::is_folder) {
            let ours = before.map_or(Ok(false), |before| Self::take_over(before, put.tag, into, name, &stat))?;
            return Ok((Arc::new(folder(name, ours)), false));
        }
        if let Some(before) = before
            && let Some(made) = made_as(before, put, into, name, |_, stat| stat.is_folder())?
            && let Some(stat) = look(fd, made.as_slice())?
        {
            let ours = Self::take_over(before, put.tag, into, &made, &stat)?;
            return Ok((Arc::new(folder(&made, ours)), true));
        }
        let make = |name: &[u8]| fd.new_folder(name, 0o777);
        let (name, renamed) = match put.place(into, name, FileTime { seconds: i64::MAX, nanos: 0 }, make)? {
            Settled::Created | Settled::Replaced => (name.to_vec(), false),
            Settled::Beside(name) => (name, true),
            Settled::Skipped => return Err(io::ErrorKind::Unsupported.into()),
        };
        Ok((Arc::new(folder(&name, true)), renamed))
    }

    /// What a folder should look like at the end: one that this run made, or any where existing things are replaced; one that has its
    /// time already keeps it.
    pub fn remember(&mut self, folder: Arc<Folder>, entry: Entry, conflict: Conflict) {
        let ours = folder.fresh || conflict == Conflict::Overwrite;
        if ours && self.metadata.len() < MOST_METADATA {
            self.metadata.push((folder, entry));
        } else if !ours
            && self.dated.len() < MOST_METADATA
            && self.open.get(&folder).and_then(stat_of).is_ok_and(|stat| stat.mtime == entry.mtime)
        {
            self.dated.push((folder, entry.mtime));
        }
    }
}
