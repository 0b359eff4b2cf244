//! A restore out of an archive that goes on where one before it did not end: what that one made stays if it is what the archive holds.
//!
//! It may have left temporary files, folders without their metadata, and after a loss of power files with the right time and the
//! wrong content. The archive is read through again anyway, so each file of its is compared with what should be in it.

use std::fs::File;
use std::io::{self, Read, SeekFrom};

use super::folders::Folders;
use super::{Extractor, Job};
use crate::archive::extract::put::{Inside, Put, Settled};
use crate::archive::extract::resume::{holes_are_zero, made_as, open_own, sweep};
use crate::archive::loose::Bytes;
use crate::archive::target::journal::{Before, Journal, Opened};
use crate::archive::target::root::Root;
use crate::archive::{Error, Result};
use crate::model::catalog::Entry;
use crate::model::path::PathBytes;
use crate::model::problem::Cause;
use crate::os::at::FileExt;
use crate::os::content::will_have_holes;
use crate::os::owner;
use crate::os::stat::Stat;

/// So much of an archive's beginning and end tells it from others, in bytes.
const TOLD_BY: u64 = 64 << 10;
const CHUNK: u64 = 256 << 10;

/// What makes two restores the same: the archive, whatever it is called, and what is wanted of it. The policy may be another.
fn identity(bytes: &mut dyn Bytes, job: &Job<'_>) -> io::Result<String> {
    let length = bytes.length();
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"one archive").update(&length.to_le_bytes());
    for at in [0, length.saturating_sub(TOLD_BY)] {
        bytes.seek(SeekFrom::Start(at))?;
        let mut part = Vec::new();
        // What is damaged is so the next time.
        let _ = (&mut *bytes).take(TOLD_BY).read_to_end(&mut part);
        hasher.update(&(part.len() as u64).to_le_bytes()).update(&part);
    }
    bytes.seek(SeekFrom::Start(0))?;
    for paths in [job.paths, job.except] {
        let mut sorted: Vec<&PathBytes> = paths.iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        hasher.update(&(sorted.len() as u64).to_le_bytes());
        for path in sorted {
            hasher.update(&(path.as_bytes().len() as u64).to_le_bytes()).update(path.as_bytes());
        }
    }
    Ok(hasher.finalize().to_hex().get(..16).unwrap_or_default().to_string())
}

/// Begins the journal of this restore, or finds the one of the same restore that did not end. `None` where none can be written.
pub fn open_journal(bytes: &mut dyn Bytes, job: &Job<'_>, root: &Root) -> Result<Option<Opened>> {
    let wrong = |e| Error::file(job.target, e);
    let name = identity(bytes, job).map_err(|e| Error::object("the archive", e))?;
    let folder = root.folder(b"").map_err(wrong)?;
    Journal::open(vec![folder], &name, job.tag, job.date).map_err(wrong)
}

impl Extractor<'_> {
    /// Says what restores that did not end have left, and takes away what is of no use.
    pub(super) fn recall(&mut self, journal: Option<&Journal>) {
        let Ok(root) = self.folders.root() else { return };
        if let Some(before) = &self.before {
            self.put.undo.recall(root);
            sweep(before, self.job.tag, root.fd());
        }
        if journal.is_some_and(|own| own.others_died(root.fd())) {
            let what = "another restore into this folder did not end: what it made may be incomplete until it is repeated";
            self.tally.warn(Cause::Incomplete, &PathBytes::from(self.job.target), what);
        }
    }
}

/// A file of the restore before that has the time of this member, which is set when a file is whole; and its name.
pub fn file_before(
    before: Option<&Before>,
    put: &Put<'_>,
    into: Inside<'_>,
    name: &[u8],
    entry: &Entry,
) -> io::Result<Option<(File, Vec<u8>)>> {
    let Some(before) = before else { return Ok(None) };
    let dated = |_: &[u8], stat: &Stat| stat.is_file() && stat.mtime == entry.mtime;
    match made_as(before, put, into, name, dated)? {
        Some(made) => Ok(Some((open_own(into.fd, &made)?.0, made))),
        None => Ok(None),
    }
}

/// How a thing has come to its name that the restore before has made.
pub fn settled_before(made: &[u8], name: &[u8]) -> Settled {
    if made == name { Settled::Created } else { Settled::Beside(made.to_vec()) }
}

/// The name of something that the restore before has made; `None` where there was none.
pub fn made_as_before(
    before: Option<&Before>,
    put: &Put<'_>,
    into: Inside<'_>,
    name: &[u8],
    is: impl Fn(&[u8], &Stat) -> bool,
) -> io::Result<Option<Vec<u8>>> {
    before.map_or(Ok(None), |before| made_as(before, put, into, name, is))
}

impl Folders<'_> {
    /// Whether a folder that is there was made by the restore before; it can be written into then, and nothing half-written is in it.
    pub(super) fn take_over(before: &Before, tag: &str, into: Inside<'_>, name: &[u8], stat: &Stat) -> io::Result<bool> {
        let ours = before.made_folder(into.fd, name, stat);
        if ours && stat.mode & 0o700 != 0o700 {
            // It was done; its mode is set again in the end.
            owner::set_mode_at(into.fd, name, 0o700)?;
        }
        let path = if into.folder.path.is_empty() { name.to_vec() } else { [&into.folder.path, &b"/"[..], name].concat() };
        if let Ok(folder) = into.root.folder(&path) {
            sweep(before, tag, &folder);
        }
        Ok(ours)
    }
}

/// A file that stands there, while it is compared with what should be in it; what differs is made anew, from its beginning on.
pub struct Compared<'a> {
    standing: File,
    entry: &'a Entry,
    create: &'a dyn Fn() -> io::Result<(File, Vec<u8>)>,
    /// The new one, and its temporary name.
    pub anew: Option<(File, Vec<u8>)>,
}

impl<'a> Compared<'a> {
    pub fn new(standing: File, entry: &'a Entry, create: &'a dyn Fn() -> io::Result<(File, Vec<u8>)>) -> Self {
        Self { standing, entry, create, anew: None }
    }

    pub fn take(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        if self.anew.is_none() {
            let mut there = vec![0; bytes.len()];
            match self.standing.read_exact_at(&mut there, at) {
                Ok(()) if there == bytes => return Ok(()),
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {}
                Err(e) => return Err(e),
            }
            self.begin_anew(at)?;
        }
        match &self.anew {
            Some((file, _)) => file.write_all_at(bytes, at),
            None => Ok(()),
        }
    }

    /// All content was taken, `length` bytes with holes.
    pub fn end(&mut self, length: u64) -> io::Result<()> {
        let standing = self.standing.metadata()?.len();
        if self.anew.is_none() && (standing != length || !holes_are_zero(&self.standing, self.entry, length)?) {
            self.begin_anew(length)?;
        }
        match &self.anew {
            Some((file, _)) if !self.entry.holes.is_empty() => file.set_len(length),
            _ => Ok(()),
        }
    }

    /// With what was found right, up to `end`.
    fn begin_anew(&mut self, end: u64) -> io::Result<()> {
        let (file, name) = (self.create)()?;
        if !self.entry.holes.is_empty() {
            will_have_holes(&file);
        }
        let (file, _) = self.anew.insert((file, name));
        let mut at = 0;
        for (offset, length) in self.entry.holes.iter().copied().chain([(end, 0)]) {
            let stop = offset.min(end);
            while at < stop {
                let mut bytes = vec![0; (stop - at).min(CHUNK) as usize];
                self.standing.read_exact_at(&mut bytes, at)?;
                file.write_all_at(&bytes, at)?;
                at += bytes.len() as u64;
            }
            at = at.max(offset.saturating_add(length));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a standing file becomes when `content` should be in it; `None`: it stays.
    fn compared(standing: &[u8], content: &[u8], holes: &[(u64, u64)]) -> Option<Vec<u8>> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("standing"), standing).unwrap();
        let create = || {
            let options = File::options().read(true).write(true).create_new(true).open(dir.path().join("anew"));
            Ok((options?, b"anew".to_vec()))
        };
        let entry = Entry {
            size: content.len() as u64,
            holes: holes.to_vec(),
            ..crate::archive::test_version::entry("a", crate::model::catalog::EntryKind::File)
        };
        let mut compared = Compared::new(File::open(dir.path().join("standing")).unwrap(), &entry, &create);
        let is_hole = |at: u64| holes.iter().any(|(offset, length)| (*offset..offset + length).contains(&at));
        for (at, byte) in content.iter().enumerate().filter(|(at, _)| !is_hole(*at as u64)) {
            compared.take(&[*byte], at as u64).unwrap();
        }
        compared.end(content.len() as u64).unwrap();
        compared.anew.map(|_| std::fs::read(dir.path().join("anew")).unwrap())
    }

    #[test]
    fn only_what_differs_is_made_anew() {
        assert_eq!(compared(b"content", b"content", &[]), None);
        assert_eq!(compared(b"", b"", &[]), None);
        for standing in [&b"conXent"[..], b"Xontent", b"contenX", b"conte", b"", b"content and more"] {
            assert_eq!(compared(standing, b"content", &[]).as_deref(), Some(&b"content"[..]), "{standing:?}");
        }
        assert_eq!(compared(b"ab\0\0ef", b"ab\0\0ef", &[(2, 2)]), None);
        for standing in [&b"ab\0Xef"[..], b"ab\0\0eX", b"ab\0\0", b"abcdef", b"ab\0\0ef\0"] {
            assert_eq!(compared(standing, b"ab\0\0ef", &[(2, 2)]).as_deref(), Some(&b"ab\0\0ef"[..]), "{standing:?}");
        }
        assert_eq!(compared(b"ab\0\0\0", b"ab\0\0", &[(2, 2)]).as_deref(), Some(&b"ab\0\0"[..]), "a hole at the end");
    }
}
