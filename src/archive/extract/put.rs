//! How things get their names at the target, whatever already stands there.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::archive::target::journal::Before;
use crate::archive::target::name::beside;
use crate::archive::target::root::{Folder, Root};
use crate::archive::target::undo::Undo;
use crate::model::catalog::FileTime;
use crate::model::restore::Conflict;
use crate::os::folder;
use crate::os::reason::Reason;
use crate::os::stat::{Stat, look};

/// How a thing is to come to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    New,
    Replace,
    Beside,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Settled {
    Created,
    Replaced,
    /// Under this name.
    Beside(Vec<u8>),
    Skipped,
}

/// The folder something is put into.
#[derive(Clone, Copy)]
pub struct Inside<'a> {
    pub root: &'a Root,
    pub folder: &'a Folder,
    pub fd: &'a folder::Folder,
}

/// A file that was just made, and under which name.
pub struct Made {
    pub file: File,
    pub name: Vec<u8>,
    /// Nothing but its content is missing; `None`: it has a temporary name yet.
    pub settled: Option<Settled>,
}

pub struct Put<'a> {
    pub conflict: Conflict,
    pub date: String,
    pub undo: Undo,
    pub tag: &'a str,
    temporary: AtomicU64,
}

/// What the names of temporary files begin with; tag and number follow.
pub const TEMPORARY: &str = ".strongroom-tmp-";
/// More names beside an existing one are not tried.
pub const MOST_BESIDE: u32 = 10_000;
/// Somebody else who keeps making and removing things under our name.
const MOST_ROUNDS: usize = 16;

impl<'a> Put<'a> {
    /// `before`: what goes on where it did not end uses the same names for what is put aside and beside.
    pub fn new(conflict: Conflict, tag: &'a str, date: &str, before: Option<&Before>) -> Self {
        let (undo, date) = before.map_or((tag, date), |before| (before.tags.first().map_or(tag, String::as_str), &before.date));
        Self { conflict, date: date.into(), undo: Undo::new(undo), tag, temporary: AtomicU64::new(0) }
    }

    /// What the policy says where something exists; `None`: leave it.
    pub fn decide(&self, mtime: FileTime, existing: &Stat) -> Option<How> {
        match self.conflict {
            Conflict::Skip => None,
            Conflict::Overwrite => Some(How::Replace),
            Conflict::KeepBoth => Some(How::Beside),
            Conflict::Newer => (mtime > existing.mtime).then_some(How::Replace),
        }
    }

    /// Makes something that is whole at once (folder, link, pipe) by `make`, which must not replace anything.
    pub fn place(
        &self,
        into: Inside<'_>,
        name: &[u8],
        mtime: FileTime,
        mut make: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<Settled> {
        let mut how = How::New;
        for _ in 0..MOST_ROUNDS {
            match how {
                How::New => match make(name) {
                    Ok(()) => return Ok(Settled::Created),
                    // What is gone again by now is no conflict.
                    Err(e) if is_taken(&e) => {
                        if let Some(existing) = look(into.fd, name)? {
                            match self.decide(mtime, &existing) {
                                Some(decided) => how = decided,
                                None => return Ok(Settled::Skipped),
                            }
                        }
                    }
                    Err(e) => return Err(e),
                },
                How::Replace => {
                    let away = self.undo.put_away(into.root, into.folder, into.fd, name)?;
                    return match make(name) {
                        Ok(()) => Ok(Settled::Replaced),
                        Err(e) => {
                            away.bring_back(into.fd, name)?;
                            Err(e)
                        }
                    };
                }
                How::Beside => {
                    for n in 1..MOST_BESIDE {
                        let name = beside(name, &self.date, n);
                        match make(&name) {
                            Ok(()) => return Ok(Settled::Beside(name)),
                            Err(e) if is_taken(&e) => {}
                            Err(e) => return Err(e),
                        }
                    }
                    break;
                }
            }
        }
        Err(Reason::Exists.into())
    }

    /// Makes an empty file for content that is written in one go: a new one under its own name. `None`: left alone because of the
    /// policy.
    pub fn create(&self, into: Inside<'_>, name: &[u8], mtime: FileTime, how: How, mode: u32) -> io::Result<Option<Made>> {
        if how == How::New {
            match into.fd.new_file(name, mode) {
                Ok(file) => return Ok(Some(Made { file, name: name.to_vec(), settled: Some(Settled::Created) })),
                Err(e) if is_taken(&e) => {}
                Err(e) => return Err(e),
            }
            // Not expected: came meanwhile, or the file system takes two of our names for one.
            let Some(existing) = look(into.fd, name)? else { return Err(Reason::Exists.into()) };
            if self.decide(mtime, &existing).is_none() {
                return Ok(None);
            }
        }
        self.create_temporary(into.fd, mode).map(|(file, name)| Some(Made { file, name, settled: None }))
    }

    /// Makes an empty file under a name of its own, which `settle` gives its final one.
    pub fn create_temporary(&self, folder: &folder::Folder, mode: u32) -> io::Result<(File, Vec<u8>)> {
        for _ in 0..MOST_BESIDE {
            let name = format!("{TEMPORARY}{}-{}", self.tag, self.temporary.fetch_add(1, Relaxed)).into_bytes();
            match folder.new_file(name.as_slice(), mode) {
                Ok(file) => return Ok((file, name)),
                Err(e) if is_taken(&e) => {}
                Err(e) => return Err(e),
            }
        }
        Err(Reason::Exists.into())
    }

    /// Gives a complete file its name. On failure, or where it is left alone after all, the temporary one is gone.
    pub fn settle(&self, into: Inside<'_>, temporary: &[u8], name: &[u8], mtime: FileTime, how: How) -> io::Result<Settled> {
        let settled = self.try_settle(into, temporary, name, mtime, how);
        if !matches!(settled, Ok(Settled::Created | Settled::Replaced | Settled::Beside(_))) {
            remove(into.fd, temporary);
        }
        settled
    }

    fn try_settle(&self, into: Inside<'_>, temporary: &[u8], name: &[u8], mtime: FileTime, how: How) -> io::Result<Settled> {
        let rename = |name: &[u8]| match into.fd.rename_new(temporary, into.fd, name) {
            Ok(()) => Ok(true),
            Err(e) if is_taken(&e) => Ok(false),
            Err(e) => Err(e),
        };
        let mut how = how;
        for _ in 0..MOST_ROUNDS {
            match how {
                How::New => {
                    if rename(name)? {
                        return Ok(Settled::Created);
                    }
                    if let Some(existing) = look(into.fd, name)? {
                        match self.decide(mtime, &existing) {
                            Some(decided) => how = decided,
                            None => return Ok(Settled::Skipped),
                        }
                    }
                }
                How::Replace => match self.undo.put_away(into.root, into.folder, into.fd, name) {
                    Err(e) if e.kind() == io::ErrorKind::NotFound => how = How::New,
                    Err(e) => return Err(e),
                    Ok(away) => match rename(name) {
                        Ok(true) => return Ok(Settled::Replaced),
                        Ok(false) => {}
                        Err(e) => {
                            away.bring_back(into.fd, name)?;
                            return Err(e);
                        }
                    },
                },
                How::Beside => {
                    for n in 1..MOST_BESIDE {
                        let name = beside(name, &self.date, n);
                        if rename(&name)? {
                            return Ok(Settled::Beside(name));
                        }
                    }
                    break;
                }
            }
        }
        Err(Reason::Exists.into())
    }
}

fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AlreadyExists
}

/// Takes away what this run made; that it is gone already is as well.
pub fn remove(folder: &folder::Folder, name: &[u8]) {
    let _ = folder.remove_file(name);
}
