//! Descriptors of a folder and those it lies in, however deep: a bounded number of them is open at a time.

use std::io;

use crate::os::folder::{Folder, For};

/// Levels above the current folder that stay open; more would run into a process's limit in trees of thousands of levels.
const KEPT_OPEN: usize = 32;

/// A path of folders below a root, walked down and up again.
pub struct Chain {
    /// Relative to the root.
    path: Vec<u8>,
    /// The first is the root's, and stays open.
    levels: Vec<Level>,
}

struct Level {
    /// Length of the path up to here.
    length: usize,
    folder: Option<Folder>,
}

impl Chain {
    pub fn new(root: Folder) -> Self {
        Self { path: Vec::new(), levels: vec![Level { length: 0, folder: Some(root) }] }
    }

    /// The root's folder once more.
    pub(super) fn root(&self) -> Option<Folder> {
        self.levels.first()?.folder.as_ref()?.again(For::Reaching).ok()
    }

    /// Goes down into `name`, which the caller has opened.
    pub fn push(&mut self, name: &[u8], folder: Folder) {
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(name);
        self.levels.push(Level { length: self.path.len(), folder: Some(folder) });
        let depth = self.levels.len();
        if depth > KEPT_OPEN + 1
            && let Some(level) = self.levels.get_mut(depth - KEPT_OPEN - 1)
        {
            level.folder = None;
        }
    }

    /// Goes up; at the root it stays.
    pub fn pop(&mut self) {
        if self.levels.len() > 1 {
            self.levels.pop();
            self.path.truncate(self.levels.last().map_or(0, |l| l.length));
        }
    }

    /// The current folder, opened again where it had been closed.
    pub fn top(&mut self) -> io::Result<&Folder> {
        let last = self.levels.len() - 1;
        if self.levels[last].folder.is_none() {
            let open = self.levels.iter().rposition(|l| l.folder.is_some()).unwrap_or(0);
            // Those near the top are kept, so that going up on does not begin at the root each time.
            let keep_from = (last + 1).saturating_sub(KEPT_OPEN / 2);
            let mut passing: Option<Folder> = None;
            for at in open + 1..=last {
                let from = match (&passing, &self.levels[at - 1].folder) {
                    (_, Some(folder)) | (Some(folder), None) => folder,
                    (None, None) => return Err(io::Error::from(io::ErrorKind::NotFound)),
                };
                let start = self.levels[at - 1].length;
                let name = self.path[start..self.levels[at].length]
                    .strip_prefix(b"/")
                    .unwrap_or(&self.path[start..self.levels[at].length]);
                let folder = from.folder(name, For::Reaching)?;
                if at >= keep_from {
                    self.levels[at].folder = Some(folder);
                } else {
                    passing = Some(folder);
                }
            }
        }
        match &self.levels[last].folder {
            Some(folder) => Ok(folder),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    /// Goes to the folder at `path`, relative to the root, by the shortest way.
    pub fn go(&mut self, path: &[u8]) -> io::Result<&Folder> {
        while !is_within(path, &self.path) {
            self.pop();
        }
        let mut rest = path[self.path.len()..].strip_prefix(b"/").unwrap_or(&path[self.path.len()..]);
        while !rest.is_empty() {
            let end = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
            let name = &rest[..end];
            let folder = self.top()?.folder(name, For::Reaching)?;
            self.push(name, folder);
            rest = rest.get(end + 1..).unwrap_or(&[]);
        }
        self.top()
    }
}

fn is_within(path: &[u8], folder: &[u8]) -> bool {
    folder.is_empty() || (path.starts_with(folder) && path.get(folder.len()).is_none_or(|b| *b == b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::scan::status_of;

    fn inode(folder: &Folder) -> u64 {
        status_of(folder).unwrap().inode
    }

    #[test]
    fn goes_anywhere_with_few_descriptors() {
        let temp = tempfile::tempdir().unwrap();
        let root = Folder::open(temp.path(), For::Reaching).unwrap();
        let mut chain = Chain::new(root);
        let mut path = Vec::new();
        let mut inodes = vec![inode(chain.top().unwrap())];
        for _ in 0..1500 {
            chain.top().unwrap().new_folder("dd", 0o700).unwrap();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(b"dd");
            inodes.push(inode(chain.go(&path).unwrap()));
        }
        assert!(chain.levels.iter().filter(|l| l.folder.is_some()).count() <= KEPT_OPEN + 1);
        for depth in (0..=1500usize).rev() {
            assert_eq!(inode(chain.top().unwrap()), inodes[depth]);
            chain.pop();
        }
        assert_eq!(inode(chain.go(b"dd/dd/dd").unwrap()), inodes[3]);
        assert_eq!(inode(chain.go(b"dd").unwrap()), inodes[1]);
        assert_eq!(inode(chain.go(&path).unwrap()), inodes[1500]);
        assert!(chain.go(b"dd/none").is_err());
        let whole = temp.path().join(std::str::from_utf8(&path).unwrap());
        assert_eq!(inode(&Folder::open(&whole, For::Reaching).unwrap()), inodes[1500]);
    }
}
