//! A folder that a server shows over FTP (RFC 959, 2228, 2389, 3659, 4217), in the open or over TLS.

use std::sync::Arc;

use jiff::Timestamp;
use suppaftp::Status;

use super::access::Access;
use super::folders::Folders;
use super::{Error, Kind, Listed, Room, Storage, Take, Upload, name, read_in_pieces, sum};
use crate::model::location::{FtpFolder, Location};

mod alarm;
mod failure;
mod folder;
mod listing;
mod log_in;
mod patience;
mod pool;
mod session;
mod tail;
mod upload;

use alarm::Alarm;
use failure::{Answer, Failure, judged};
use listing::{Entry, EntryKind};
use log_in::Gate;
use patience::{Attempts, Patience};
use pool::{Pool, Want};
use session::{Piece, Session, Then};
use upload::FtpUpload;

/// Folders within folders that are removed; ours are three deep.
const DEEPEST: usize = 32;
/// No file is longer; vsftpd takes an offset of more than fifteen digits for none.
const LONGEST_FILE: u64 = 1 << 49;
/// Read at a time where all of an object is,
const AT_ONCE: usize = 4 << 20;
/// and where it is read through: what the processor still has at hand when it is taken.
const THROUGH: usize = 1 << 20;

pub struct Ftp {
    pool: Arc<Pool>,
    /// From the server's root, without a `/` at its end; empty: the root itself.
    root: String,
    /// For errors.
    shown: String,
    folders: Arc<Folders>,
}

impl Ftp {
    /// `Unreachable` where the folder does not exist.
    pub fn open(folder: &FtpFolder, access: &dyn Access) -> Result<Self, Error> {
        let ftp = Self::connect(folder, access, Patience::of(access))?;
        ftp.check_root()?;
        Ok(ftp)
    }

    /// Makes the folder if it does not exist; its parent must.
    pub fn create_and_open(folder: &FtpFolder, access: &dyn Access) -> Result<Self, Error> {
        let ftp = Self::connect(folder, access, Patience::of(access))?;
        if !ftp.root.is_empty() {
            match ftp.make_folder(&ftp.root) {
                Err(error) if error.kind == Kind::NotFound => {
                    return Err(Error::new(Kind::Unreachable, &ftp.shown, "the folder above it is not there"));
                }
                // What it is then is told below.
                Err(error) if !matches!(error.kind, Kind::NotWritable) => return Err(error),
                _ => {}
            }
        }
        ftp.check_root()?;
        Ok(ftp)
    }

    fn connect(folder: &FtpFolder, access: &dyn Access, patience: Patience) -> Result<Self, Error> {
        let shown = Location::Ftp(folder.clone()).display();
        let pool = Arc::new(Pool::new(Gate::new(folder, access, patience)?, access.connections()));
        let login_folder = |session: &mut Session, alarm: &Alarm| session.login_folder(alarm);
        let failed = |e| judged(&shown, e, Kind::Refused);
        let root = match folder.path.as_str() {
            path if path.starts_with('/') => {
                pool.with(Want::Anything, |_, _| Ok(())).map_err(failed)?;
                path.to_owned()
            }
            "" => pool.with(Want::Anything, login_folder).map_err(failed)?,
            path => {
                let begin = pool.with(Want::Anything, login_folder).map_err(failed)?;
                format!("{}/{path}", begin.trim_end_matches('/'))
            }
        };
        Ok(Self { pool, root: root.trim_end_matches('/').to_owned(), shown, folders: Arc::default() })
    }

    /// The path of an object or folder as the server takes it.
    fn path(&self, name: &str) -> String {
        match (self.root.as_str(), name) {
            ("", "") => "/".into(),
            (root, "") => root.into(),
            (root, name) => format!("{root}/{name}"),
        }
    }

    /// A command that changes something.
    fn act(&self, command: &str) -> Answer<()> {
        self.pool.with(Want::Anything, |session, alarm| session.act(alarm, command))
    }

    fn is_folder(&self, path: &str) -> Answer<bool> {
        match self.act(&format!("CWD {path}")) {
            Ok(()) => Ok(true),
            Err(failure @ Failure::Said { .. }) if !failure.ends_line() => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    fn check_root(&self) -> Result<(), Error> {
        let failed = |e| judged(&self.shown, e, Kind::NotReadable);
        let path = self.path("");
        if self.is_folder(&path).map_err(failed)? {
            return Ok(());
        }
        match self.pool.with(Want::Anything, |session, alarm| session.size(alarm, &path)) {
            Ok(_) => Err(Error::new(Kind::NotAFolder, &self.shown, "not a folder")),
            Err(failure) if failure.passes() => Err(failed(failure)),
            Err(_) => Err(Error::new(Kind::Unreachable, &self.shown, "no such folder")),
        }
    }

    /// Of a regular file.
    fn size_of(&self, name: &str) -> Answer<u64> {
        let path = self.path(name);
        match self.pool.with(Want::Anything, |session, alarm| session.size(alarm, &path)) {
            Err(failure) if failure.is_unknown_command() => {
                let (folder, last) = name::split(name);
                let folder = self.path(folder);
                let entries = self.pool.with(Want::Anything, |session, alarm| self.entries(session, alarm, &folder))?;
                let file = entries.into_iter().find(|entry| entry.name == last && entry.kind == EntryKind::File);
                let file = file.ok_or_else(|| Failure::Said { code: 550, text: "no such file".into() })?;
                file.size.ok_or_else(|| Failure::Nonsense("the server gives no size".into()))
            }
            size => size,
        }
    }

    /// Why a file could not be read: a server may say no more than that.
    fn unread(&self, name: &str, failure: Failure) -> Error {
        let mut error = judged(name, failure, Kind::NotReadable);
        if error.kind == Kind::NotFound && self.size_of(name).is_ok() {
            error.kind = Kind::NotReadable;
        }
        error
    }

    fn read_range(&self, name: &str, offset: u64, buffer: &mut [u8], then: Then) -> Result<(), Error> {
        let path = self.path(name);
        let end = offset.checked_add(buffer.len() as u64).filter(|end| *end <= LONGEST_FILE);
        let mut piece = Piece { offset, buffer, done: 0, then };
        let mut attempts = Attempts::new(&self.pool.gate.patience);
        let mut ended_at = None;
        loop {
            let read = match end {
                Some(_) => {
                    let want = Want::File(&path, offset + piece.done as u64);
                    self.pool.with(want, |session, alarm| session.read(alarm, &path, &mut piece))
                }
                None => Err(Failure::End),
            };
            match read {
                Ok(()) => return Ok(()),
                // Servers have many words for a beginning behind the end.
                Err(failure) if failure.code().is_some() || matches!(failure, Failure::End) => match self.size_of(name) {
                    Ok(length) if end.is_none_or(|end| end > length) => {
                        return Err(Error::new(Kind::TooShort, name, &format!("it has {length} bytes")));
                    }
                    // Something on the way may end a line as if it were the end of the file.
                    Ok(_) if matches!(failure, Failure::End) && attempts.again(false) => ended_at = Some(piece.done),
                    // Elsewhere each time: then it is the line, and nothing is said of the file.
                    Ok(_) if matches!(failure, Failure::End) && ended_at != Some(piece.done) => {
                        return Err(judged(name, Failure::lost("the line was cut"), Kind::NotReadable));
                    }
                    _ => return Err(self.unread(name, failure)),
                },
                Err(failure) => return Err(judged(name, failure, Kind::NotReadable)),
            }
        }
    }
}

/// As [`name::check`]; and none that would end a line of the protocol, or that a terminal would obey.
fn check(name: &str) -> Result<(), Error> {
    name::check(name)?;
    if name.chars().any(char::is_control) {
        return Err(Error::new(Kind::InvalidName, name, "not a name that FTP can carry"));
    }
    Ok(())
}

impl Storage for Ftp {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        let Some(children) = self.children(folder)? else { return Ok(Vec::new()) };
        let mut listed = Vec::new();
        for Entry { name, kind, size, modified } in children {
            let is_folder = kind == EntryKind::Folder;
            if !(is_folder || kind == EntryKind::File) || name.starts_with(name::TEMPORARY) {
                continue;
            }
            let size = match size {
                _ if is_folder => 0,
                Some(size) => size,
                // What has no size is not taken for empty.
                None => match self.size_of(&name::join(folder, &name)) {
                    Err(failure) if failure.is_missing() => continue,
                    size => size.map_err(|e| judged(&name, e, Kind::NotReadable))?,
                },
            };
            listed.push(Listed { name, is_folder, size, modified });
        }
        Ok(listed)
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        check(name)?;
        self.size_of(name).map_err(|e| judged(name, e, Kind::NotReadable))
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        check(name)?;
        if buffer.is_empty() {
            return self.size(name).map(drop);
        }
        self.read_range(name, offset, buffer, Then::Rest)
    }

    /// By one connection, which nobody who reads something else breaks off as long as the server lets us have enough of them. Else others may
    /// have it between two pieces: also whoever takes these.
    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        check(name)?;
        let read = read_in_pieces(THROUGH, offset, end, take, |at, piece| self.read_range(name, at, piece, Then::More));
        self.pool.end_reading(&self.path(name));
        read
    }

    /// What follows what was read comes over the line that is open.
    fn is_streamed(&self) -> bool {
        true
    }

    fn read_all(&self, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
        let size = self.size(name)?;
        if size > limit {
            return Err(Error::new(Kind::TooLong, name, &format!("{size} bytes, expected at most {limit}")));
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
        self.read_range(name, 0, &mut bytes, Then::End)?;
        Ok(bytes)
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        check(name)?;
        // Whether there is one is seen at the end: no way there and back for each.
        let folder = name::split(name).0;
        self.make_folders(folder)?;
        let begun = FtpUpload::begin(name, &self.pool, &self.folders, &self.path(name), || {
            self.folders.forget();
            if folder.is_empty() { self.check_root() } else { self.make_folders(folder) }
        });
        Ok(Box::new(begun?))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        check(name)?;
        self.remove_file(name)
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        check(name)?;
        self.folders.forget();
        self.remove_tree(name, DEEPEST)
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        // It is there; and what carries a file now may do so for long.
        if matches!(self.pool.take(Want::AtOnce), Err(Failure::Crowded(_))) {
            return Ok(None);
        }
        self.check_root()?;
        // https://datatracker.ietf.org/doc/html/draft-peterson-streamlined-ftp-command-extensions: what is free, not of how much.
        if !self.pool.gate.features().avbl {
            return Ok(None);
        }
        let command = format!("AVBL {}", self.path(""));
        let told = self.pool.with(Want::Anything, |session, alarm| session.ask(alarm, &command, &[Status::File]));
        let free = told.ok().and_then(|reply| session::number(&reply));
        Ok(free.map(|free| Room { free, total: free.max(1) }))
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        let size = self.size(name)?;
        let mut offset = 0;
        let hash = sum::sha256(name, size, AT_ONCE, each, &mut |buffer| {
            let left = size - offset;
            if left == 0 {
                return Ok(0);
            }
            let length = buffer.len().min(usize::try_from(left).unwrap_or(AT_ONCE));
            let piece = buffer.get_mut(..length).unwrap_or_default();
            let then = if left == length as u64 { Then::End } else { Then::Rest };
            self.read_range(name, offset, piece, then)?;
            offset += length as u64;
            Ok(length)
        })?;
        // What the server reads may come from its memory.
        Ok((hash, false))
    }

    fn identity(&self) -> Option<(u64, u64)> {
        None
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        let Some(children) = self.children(folder)? else { return Ok(0) };
        let mut swept = 0;
        for child in children {
            if child.kind != EntryKind::File || !child.name.starts_with(name::TEMPORARY) {
                continue;
            }
            let name = name::join(folder, &child.name);
            let written = if before.is_some() { child.modified.or_else(|| self.modified(&name)) } else { None };
            if name::is_left(&child.name, written, before) {
                self.remove_file(&name)?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

impl Ftp {
    /// When a file was last written, where the server tells.
    fn modified(&self, name: &str) -> Option<Timestamp> {
        let command = format!("MDTM {}", self.path(name));
        let told = self.pool.with(Want::Anything, |session, alarm| session.ask(alarm, &command, &[Status::File])).ok()?;
        listing::time(std::str::from_utf8(&told.body).ok()?.trim_end().rsplit(' ').next()?)
    }
}

#[cfg(test)]
mod tests;
