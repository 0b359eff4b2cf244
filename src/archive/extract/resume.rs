//! A restore that goes on where one before it did not end: what that one made is told from what stood there before, and only what
//! is not whole is made again.
//!
//! What it may have left: temporary files; files of one piece that are shorter than they should be, or have zeros where data should
//! be; after a loss of power any file with the right time and the wrong content; folders and links without their metadata.

use std::fs::File;
use std::io;

use super::Shared;
use super::content::{Item, Layout};
use super::put::{How, Inside, MOST_BESIDE, Put, remove};
use crate::archive::target::journal::Before;
use crate::archive::target::metadata::Wanted;
use crate::archive::target::name::beside;
use crate::model::catalog::Entry;
use crate::model::problem::Cause;
use crate::model::restore::Conflict;
use crate::os::at::FileExt;
use crate::os::attributes::forget_inherited;
use crate::os::content::next_data;
use crate::os::folder::Folder;
use crate::os::owner;
use crate::os::reason::Reason;
use crate::os::stat::{Stat, look};

/// What stands under a file's name.
#[derive(Debug, PartialEq, Eq)]
pub enum Stands {
    /// This restore's, whole, and with its metadata.
    Whole,
    /// This restore's, and spoilt.
    Torn,
    /// Perhaps this restore's: its content will tell.
    Unsure,
    /// Not whole, and nothing tells whose it is.
    Unknown,
    /// Somebody else's, or changed by somebody since.
    Theirs,
}

const CHUNK: u64 = 1 << 20;

impl Shared<'_> {
    /// What stands under `name`; `Theirs` in a restore that is the first.
    pub fn stands(&self, folder: &Folder, name: &[u8], entry: &Entry, layout: &Layout, stat: &Stat) -> io::Result<Stands> {
        let Some(before) = &self.before else { return Ok(Stands::Theirs) };
        if !stat.is_file() || !before.made(folder, name, stat) {
            return Ok(Stands::Theirs);
        }
        // The time is set last.
        let dated = self.metadata && stat.mtime == entry.mtime;
        if stat.size == entry.size {
            if dated && before.is_durable(stat) {
                return Ok(Stands::Whole);
            }
            let (file, opened_up) = open_own(folder, name)?;
            if self.is_whole(&file, entry, layout)? {
                if self.metadata && (!dated || opened_up) {
                    forget_inherited(&file);
                    if let Err(what) = self.maker.set(&file, &Wanted::from(entry), None, true) {
                        self.tally.warn(Cause::MetadataNotSet, &entry.path, what);
                    }
                }
                return Ok(Stands::Whole);
            }
        }
        Ok(match (dated, entry.pieces.len() <= 1, self.metadata) {
            (true, ..) => Stands::Torn,
            (_, true, _) => Stands::Unsure,
            // Files of several pieces get their names when they are whole and have their time.
            (.., true) => Stands::Theirs,
            (.., false) => Stands::Unknown,
        })
    }

    /// Whether a file has the content that an entry says. `Interrupted` where the restore is stopped meanwhile.
    fn is_whole(&self, file: &File, entry: &Entry, layout: &Layout) -> io::Result<bool> {
        let mut at = 0;
        let mut bytes = Vec::new();
        for piece in &entry.pieces {
            if self.tally.is_stopped() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            bytes.resize(piece.length as usize, 0);
            for (offset, start, length) in layout.runs(at, u64::from(piece.length)) {
                let Some(run) = bytes.get_mut(start..start + length) else { return Ok(false) };
                match file.read_exact_at(run, offset) {
                    Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                    read => read?,
                }
            }
            if *blake3::hash(&bytes).as_bytes() != piece.hash {
                return Ok(false);
            }
            at += u64::from(piece.length);
        }
        holes_are_zero(file, entry, entry.size)
    }

    /// Takes away what a write of this one-piece file left that was cut short. How the file is to come to its name then; `None`: not
    /// at all, since it is somebody's work and the policy spares it.
    pub fn clear(&self, into: Inside<'_>, item: &Item, piece: &[u8]) -> io::Result<Option<How>> {
        let Some(existing) = look(into.fd, &*item.name)? else { return Ok(Some(How::New)) };
        if existing.is_file() && is_remains(&open_own(into.fd, &item.name)?.0, item, piece)? {
            remove(into.fd, &item.name);
            return Ok(Some(How::New));
        }
        Ok(self.put.decide(item.entry.mtime, &existing))
    }

    /// See [`made_as`].
    pub fn made_as(&self, into: Inside<'_>, name: &[u8], is: impl Fn(&[u8], &Stat) -> bool) -> io::Result<Option<Vec<u8>>> {
        self.before.as_ref().map_or(Ok(None), |before| made_as(before, &self.put, into, name, is))
    }

    /// A folder of the restore before that stands beside something else of its name.
    pub fn folder_beside(&self, into: Inside<'_>, name: &[u8]) -> io::Result<Option<(Vec<u8>, Stat)>> {
        let Some(before) = self.before.as_ref().filter(|_| self.put.conflict == Conflict::KeepBoth) else { return Ok(None) };
        for n in 1..MOST_BESIDE {
            let name = beside(name, &self.put.date, n);
            let Some(existing) = look(into.fd, name.as_slice())? else { break };
            if existing.is_folder() && before.made_folder(into.fd, &name, &existing) {
                return Ok(Some((name, existing)));
            }
        }
        Ok(None)
    }

    pub fn sweep(&self, folder: &Folder) {
        if let Some(before) = &self.before {
            sweep(before, self.put.tag, folder);
        }
    }
}

/// The name under which a thing stands that the restore before has made: its own, or where both are kept one beside it. `is` tells
/// whether that is it.
pub fn made_as(
    before: &Before,
    put: &Put<'_>,
    into: Inside<'_>,
    name: &[u8],
    is: impl Fn(&[u8], &Stat) -> bool,
) -> io::Result<Option<Vec<u8>>> {
    let mut tried = name.to_vec();
    for n in 1..MOST_BESIDE {
        let Some(existing) = look(into.fd, tried.as_slice())? else { break };
        if before.made(into.fd, &tried, &existing) && is(&tried, &existing) {
            return Ok(Some(tried));
        }
        if put.conflict != Conflict::KeepBoth {
            break;
        }
        tried = beside(name, &put.date, n);
    }
    Ok(None)
}

/// Takes the temporary files of the restore before out of a folder; `tag`: that of this one, which has its own.
pub fn sweep(before: &Before, tag: &str, folder: &Folder) {
    let Ok(names) = folder.names() else { return };
    for name in names.flatten() {
        let rest = name.strip_prefix(super::put::TEMPORARY.as_bytes());
        let of = rest.and_then(|rest| rest.iter().rposition(|b| *b == b'-').and_then(|end| rest.get(..end)));
        if of.is_some_and(|of| of != tag.as_bytes() && before.tags.iter().any(|known| known.as_bytes() == of)) {
            remove(folder, &name);
        }
    }
}

/// Opens for reading a file that is ours, and whether its mode had to be changed for it.
pub fn open_own(folder: &Folder, name: &[u8]) -> io::Result<(File, bool)> {
    match folder.file(name) {
        Err(e) if Reason::of(&e) == Reason::Refused => {
            owner::set_mode_at(folder, name, 0o600)?;
            Ok((folder.file(name)?, true))
        }
        opened => Ok((opened?, false)),
    }
}

/// Whether a file has only what a write of `piece` leaves that was cut short: nothing but bytes that should be there, and zeros. So
/// nothing is lost with it.
fn is_remains(file: &File, item: &Item, piece: &[u8]) -> io::Result<bool> {
    let size = file.metadata()?.len();
    if size > item.entry.size {
        return Ok(false);
    }
    let mut bytes = Vec::new();
    for (offset, start, length) in item.layout.runs(0, piece.len() as u64) {
        let there = size.saturating_sub(offset).min(length as u64) as usize;
        bytes.resize(there, 0);
        file.read_exact_at(&mut bytes, offset)?;
        let wanted = piece.get(start..).unwrap_or_default();
        if bytes.len() > wanted.len() || !bytes.iter().zip(wanted).all(|(has, wanted)| has == wanted || *has == 0) {
            return Ok(false);
        }
    }
    holes_are_zero(file, &item.entry, size)
}

/// Whether there is nothing but zeros where an entry has holes, up to `size`.
pub fn holes_are_zero(file: &File, entry: &Entry, size: u64) -> io::Result<bool> {
    let mut bytes = Vec::new();
    for (offset, length) in &entry.holes {
        let end = offset.saturating_add(*length).min(size);
        let mut at = *offset;
        while at < end {
            // To where there is anything: file systems that cannot tell are read.
            match next_data(file, at) {
                Ok(Some(data)) => at = data.max(at),
                Ok(None) => break,
                Err(_) => {}
            }
            if at >= end {
                break;
            }
            bytes.resize((end - at).min(CHUNK) as usize, 0);
            file.read_exact_at(&mut bytes, at)?;
            if bytes.iter().any(|b| *b != 0) {
                return Ok(false);
            }
            at += bytes.len() as u64;
        }
    }
    Ok(true)
}
