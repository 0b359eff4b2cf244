//! Where a catalog's paths lie beneath the target.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::archive::select::{Selection, ancestors, trim, within};
use crate::archive::target::name::{is_safe_path, numbered};
use crate::archive::target::root::Root;
use crate::archive::{Error, Result};
use crate::model::names::{folder_name, parent_length, system_path};
use crate::model::path::PathBytes;
use crate::model::restore::Target;
use crate::os::folder::Folder;

/// Paths longer than this are not restored: what is kept for the folders above an entry grows with its square.
pub const MAX_PATH: usize = 16 << 10;
/// More sources than this are refused.
const MAX_SOURCES: usize = 4096;

/// Bytes that are remembered of folders with a fate of their own.
const MOST_FATES: usize = 256 << 20;
/// What each of them takes besides its path and name.
const FATE: usize = 100;

/// A restore's journal is looked for in so many folders.
const MOST_JOURNALS: usize = 64;

/// A source and its place.
pub struct Place {
    /// Catalog path of the source.
    pub source: Vec<u8>,
    /// Number of its root.
    pub root: usize,
    /// Length of the part of its catalog paths that is not repeated beneath the root, without the slash after it.
    pub above: usize,
    /// The source's name beneath the root, where that is not its own.
    name: Option<Vec<u8>>,
    /// The target is not there yet: only while nothing is written.
    pub missing: bool,
}

/// What became of a folder that could not simply be made or merged into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Restored under another name.
    Renamed(Vec<u8>),
    /// Not restored, and nothing below it.
    Skipped,
    Failed,
}

pub struct Places {
    places: Vec<Place>,
    /// By catalog path.
    fates: HashMap<Vec<u8>, Fate>,
    /// Bytes that more of them may take.
    left: usize,
}

impl Places {
    /// Finds and, unless `dry_run`, makes the folders beneath which `selection` is restored.
    pub fn open(sources: &[PathBytes], selection: &Selection, target: &Target, dry_run: bool) -> Result<(Self, Vec<Root>)> {
        if sources.len() > MAX_SOURCES {
            return Err(Error::Limit(format!("the catalog names {} sources", sources.len())));
        }
        let mut roots: Vec<(PathBuf, Root, bool)> = Vec::new();
        let mut places: Vec<Place> = Vec::new();
        let mut names: Vec<Vec<u8>> = Vec::new();
        for source in sources {
            let source = trim(source.as_bytes()).to_vec();
            if !source.is_empty() && !is_safe_path(&source) {
                return Err(Error::damaged("catalog", "a source's path is not one"));
            }
            let as_path = PathBytes::new(source.as_slice());
            let above = as_path.parent().len();
            let (folder, above, name) = match target {
                Target::InPlace => {
                    let itself = system_path(&source).to_path_buf();
                    match parent_length(&source) {
                        // A source that is a link to a folder stands for that folder.
                        Some(length) if !leads_to_folder(&itself) => (system_path(&source[..length]).to_path_buf(), length, None),
                        _ => (itself, source.len(), None),
                    }
                }
                Target::Folder { path, full_paths: true } => (path.to_path_buf(), 0, None),
                Target::Folder { path, full_paths: false } => {
                    let own = as_path.file_name();
                    let free = (1..).map(|n| numbered(own, n)).find(|name| !names.contains(name)).unwrap_or_default();
                    names.push(free.clone());
                    (path.to_path_buf(), above, (free != own).then_some(free))
                }
            };
            // Folders are only made for sources of which something is wanted.
            let wanted = selection.touches(&source);
            let known = roots.iter().position(|(path, ..)| *path == folder);
            let root = match known {
                Some(known) => known,
                None if wanted => {
                    let (root, missing) = open_root(&folder, dry_run).map_err(|e| Error::file(&folder, e))?;
                    roots.push((folder, root, missing));
                    roots.len() - 1
                }
                None => continue,
            };
            let missing = roots.get(root).is_some_and(|(.., missing)| *missing);
            places.push(Place { source, root, above, name, missing });
        }
        let roots = roots.into_iter().map(|(_, root, _)| root).collect();
        Ok((Self { places, fates: HashMap::new(), left: MOST_FATES }, roots))
    }

    /// The place of the source that `path` belongs to, and its number.
    pub fn of(&self, path: &[u8]) -> Option<(usize, &Place)> {
        self.places.iter().enumerate().find(|(_, place)| within(path, &place.source))
    }

    /// The source's place of that number.
    pub fn get(&self, number: usize) -> Option<&Place> {
        self.places.get(number)
    }

    /// `Limit` where no more should follow: whoever made the catalog may have filled it with folders that cannot be.
    pub fn set_fate(&mut self, path: &[u8], fate: Fate) -> Result<()> {
        let name = if let Fate::Renamed(name) = &fate { name.len() } else { 0 };
        let bytes = FATE + path.len() + name;
        // This one is remembered all the same: nothing is done to what stands in its place.
        self.fates.insert(path.to_vec(), fate);
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            Error::Limit("more folders cannot be made there, or not under their names, than a restore remembers".into())
        })?;
        Ok(())
    }

    /// Folders in which the restore's journal may lie: the roots, and where nothing may be written there the sources' own.
    pub fn for_journal(&self, roots: &[Root]) -> Vec<Folder> {
        let above = roots.iter().map(|root| (root, Vec::new()));
        let own = self.places.iter().filter_map(|place| Some((roots.get(place.root)?, self.locate(&place.source)?.1)));
        above.chain(own).take(MOST_JOURNALS).filter_map(|(root, path)| root.folder(&path).ok()).collect()
    }

    /// Number of the root and the path beneath it where `path` was restored; `None` where it was not.
    pub fn locate(&self, path: &[u8]) -> Option<(usize, Vec<u8>)> {
        let (_, place) = self.of(path)?;
        let mut names: Vec<&[u8]> = Vec::new();
        for ancestor in ancestors(path).take_while(|ancestor| ancestor.len() > place.above) {
            names.push(match self.fates.get(ancestor).filter(|_| !self.fates.is_empty()) {
                Some(Fate::Renamed(name)) => name,
                Some(Fate::Skipped | Fate::Failed) => return None,
                None => place.name_of(ancestor),
            });
        }
        names.reverse();
        Some((place.root, names.join(&b'/')))
    }
}

impl Place {
    /// The name that the entry at `path` has at the target.
    pub fn name_of<'a>(&'a self, path: &'a [u8]) -> &'a [u8] {
        match &self.name {
            Some(name) if path.len() == self.source.len() => name,
            _ => match path.iter().rposition(|b| *b == b'/') {
                Some(at) => path.get(at + 1..).unwrap_or_default(),
                None => folder_name(path),
            },
        }
    }
}

fn leads_to_folder(path: &Path) -> bool {
    path.is_symlink() && path.is_dir()
}

/// Opens the folder, making it where it is missing. In a dry run a folder that is above it stands in for one that is missing.
fn open_root(path: &Path, dry_run: bool) -> io::Result<(Root, bool)> {
    match Root::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        result => return result.map(|root| (root, false)),
    }
    if !dry_run {
        std::fs::create_dir_all(path)?;
        return Root::open(path).map(|root| (root, false));
    }
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    let above = path.ancestors().skip(1).map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p });
    for above in above {
        match Root::open(above) {
            Ok(root) => return Ok((root, true)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => failed = e,
            Err(e) => return Err(e),
        }
    }
    Err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(sources: &[&str], dir: &Path, full_paths: bool) -> Places {
        let sources: Vec<PathBytes> = sources.iter().map(|s| PathBytes::from(*s)).collect();
        let target = Target::Folder { path: dir.into(), full_paths };
        Places::open(&sources, &Selection::new(&[], &[]), &target, true).unwrap().0
    }

    #[test]
    fn sources_lie_under_their_own_names() {
        let dir = tempfile::tempdir().unwrap();
        let mut places = open(&["/home/u/Documents", "/mnt/Documents", "/etc"], dir.path(), false);
        let at = |places: &Places, path: &str| places.locate(path.as_bytes()).map(|(_, p)| String::from_utf8(p).unwrap());
        assert_eq!(at(&places, "home/u/Documents/a/b").unwrap(), "Documents/a/b");
        assert_eq!(at(&places, "mnt/Documents").unwrap(), "Documents (2)");
        assert_eq!(at(&places, "mnt/Documents/Documents").unwrap(), "Documents (2)/Documents");
        assert_eq!(at(&places, "etc/x").unwrap(), "etc/x");
        assert_eq!(at(&places, "home/u"), None);
        places.set_fate(b"etc/x", Fate::Renamed(b"y".to_vec())).unwrap();
        places.set_fate(b"etc/z", Fate::Skipped).unwrap();
        assert_eq!(at(&places, "etc/x/1").unwrap(), "etc/y/1");
        assert_eq!(at(&places, "etc/z/1"), None);
    }

    #[test]
    fn only_so_many_folders_are_remembered_that_cannot_be_made() {
        let dir = tempfile::tempdir().unwrap();
        let mut places = open(&["/etc"], dir.path(), false);
        places.left = 2 * (FATE + 5) + 1;
        places.set_fate(b"etc/a", Fate::Failed).unwrap();
        places.set_fate(b"etc/b", Fate::Renamed(b"c".to_vec())).unwrap();
        assert!(matches!(places.set_fate(b"etc/d", Fate::Skipped), Err(Error::Limit(_))));
        assert_eq!(places.locate(b"etc/d/1"), None, "what stands there is not touched");
    }

    #[test]
    fn whole_paths_and_the_root_folder() {
        let dir = tempfile::tempdir().unwrap();
        let at = |places: &Places, path: &str| places.locate(path.as_bytes()).map(|(_, p)| String::from_utf8(p).unwrap());
        assert_eq!(at(&open(&["/home/u"], dir.path(), true), "home/u/a").unwrap(), "home/u/a");
        assert_eq!(at(&open(&["/"], dir.path(), false), "etc/passwd").unwrap(), "etc/passwd");
        assert_eq!(at(&open(&["/"], dir.path(), false), "").unwrap(), "");
        let hostile = [PathBytes::from("/a/../../b")];
        let target = Target::Folder { path: dir.path().into(), full_paths: true };
        assert!(Places::open(&hostile, &Selection::new(&[], &[]), &target, true).is_err());
    }
}
