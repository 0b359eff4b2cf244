//! Descriptors of a folder and those it lies in, however deep: a bounded number of them is open at a time.

use std::io;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, openat};

/// Levels above the current folder that stay open; more would run into a process's limit in trees of thousands of levels.
const KEPT_OPEN: usize = 32;
/// Longest path that is given to the system in one piece (its limit is 4,096).
const LONGEST_PATH: usize = 3000;

/// Enough to reach what lies within; needs no permission to list.
const PARENT_FLAGS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

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
    folder: Option<OwnedFd>,
}

impl Chain {
    pub fn new(root: OwnedFd) -> Self {
        Self { path: Vec::new(), levels: vec![Level { length: 0, folder: Some(root) }] }
    }

    /// The root's folder once more.
    pub(super) fn root(&self) -> Option<OwnedFd> {
        self.levels.first()?.folder.as_ref()?.try_clone().ok()
    }

    /// Goes down into `name`, which the caller has opened.
    pub fn push(&mut self, name: &[u8], folder: OwnedFd) {
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
    pub fn top(&mut self) -> io::Result<BorrowedFd<'_>> {
        let last = self.levels.len() - 1;
        if self.levels[last].folder.is_none() {
            let open = self.levels.iter().rposition(|l| l.folder.is_some()).unwrap_or(0);
            // Those near the top are kept, so that going up on does not begin at the root each time.
            let keep_from = (last + 1).saturating_sub(KEPT_OPEN / 2);
            let mut passing: Option<OwnedFd> = None;
            for at in open + 1..=last {
                let from = match (&passing, &self.levels[at - 1].folder) {
                    (_, Some(folder)) => folder.as_fd(),
                    (Some(folder), None) => folder.as_fd(),
                    (None, None) => return Err(io::Error::from(io::ErrorKind::NotFound)),
                };
                let start = self.levels[at - 1].length;
                let name = self.path[start..self.levels[at].length]
                    .strip_prefix(b"/")
                    .unwrap_or(&self.path[start..self.levels[at].length]);
                let folder = openat(from, name, PARENT_FLAGS, Mode::empty())?;
                if at >= keep_from {
                    self.levels[at].folder = Some(folder);
                } else {
                    passing = Some(folder);
                }
            }
        }
        match &self.levels[last].folder {
            Some(folder) => Ok(folder.as_fd()),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    /// Goes to the folder at `path`, relative to the root, by the shortest way.
    pub fn go(&mut self, path: &[u8]) -> io::Result<BorrowedFd<'_>> {
        while !is_within(path, &self.path) {
            self.pop();
        }
        let mut rest = path[self.path.len()..].strip_prefix(b"/").unwrap_or(&path[self.path.len()..]);
        while !rest.is_empty() {
            let end = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
            let name = &rest[..end];
            let folder = openat(self.top()?, name, PARENT_FLAGS, Mode::empty())?;
            self.push(name, folder);
            rest = rest.get(end + 1..).unwrap_or(&[]);
        }
        self.top()
    }
}

fn is_within(path: &[u8], folder: &[u8]) -> bool {
    folder.is_empty() || (path.starts_with(folder) && path.get(folder.len()).is_none_or(|b| *b == b'/'))
}

/// Opens the folder at an absolute path of any length, following links.
pub(super) fn open_absolute(path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
    let through = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut from: Option<OwnedFd> = None;
    let mut rest = path;
    while rest.len() > LONGEST_PATH {
        let split = rest[..LONGEST_PATH].iter().rposition(|b| *b == b'/').filter(|at| *at > 0);
        let split = split.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?;
        let next = match &from {
            Some(folder) => openat(folder, &rest[..split], through, Mode::empty())?,
            None => openat(CWD, &rest[..split], through, Mode::empty())?,
        };
        from = Some(next);
        rest = &rest[split + 1..];
    }
    let rest = if rest.is_empty() { b"." } else { rest };
    let flags = flags | OFlags::CLOEXEC;
    Ok(match &from {
        Some(folder) => openat(folder, rest, flags, Mode::empty())?,
        None => openat(CWD, rest, flags, Mode::empty())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::scan::status;

    fn inode(folder: BorrowedFd<'_>) -> u64 {
        status(folder, "").unwrap().inode
    }

    #[test]
    fn goes_anywhere_with_few_descriptors() {
        let temp = tempfile::tempdir().unwrap();
        let root = open_absolute(temp.path().as_os_str().as_encoded_bytes(), OFlags::DIRECTORY).unwrap();
        let mut chain = Chain::new(root);
        let mut path = Vec::new();
        let mut inodes = vec![inode(chain.top().unwrap())];
        for _ in 0..1500 {
            rustix::fs::mkdirat(chain.top().unwrap(), "dd", Mode::RWXU).unwrap();
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
        let mut whole = temp.path().as_os_str().as_encoded_bytes().to_vec();
        whole.push(b'/');
        whole.extend_from_slice(&path);
        assert_eq!(inode(open_absolute(&whole, OFlags::DIRECTORY).unwrap().as_fd()), inodes[1500]);
    }
}
