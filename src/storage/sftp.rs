//! A folder that a server shows over SSH: SFTP version 3 with OpenSSH's extensions
//! (<https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02>).

use std::sync::Arc;

use jiff::Timestamp;
use russh_sftp::extensions::Statvfs;
use russh_sftp::protocol::{FileAttributes, OpenFlags};
use sha2::{Digest, Sha256};

use super::access::Access;
use super::{Error, Kind, Listed, Room, Storage, Take, Upload, name};
use crate::model::location::{Location, SftpFolder};
use crate::model::room;

mod children;
mod failure;
mod line;
mod log_in;
mod patience;
mod server_key;
mod session;
mod upload;

use failure::{Failure, is_missing, judged};
use line::{Line, Stopped};
use patience::Patience;
use session::Session;
use upload::SftpUpload;

/// Folders within folders that are removed; ours are three deep.
const DEEPEST: usize = 32;
/// Bytes free of which nobody says whether anything more fits into them: a write takes as many at most.
const LEAST_ROOM: u64 = 256 << 10;
/// Folders are for their owner alone.
const FOLDER_MODE: u32 = 0o700;

/// Channels for each connection that may be: they carry uploads, all over one connection.
pub const CHANNELS_EACH: usize = 2;

pub struct Sftp {
    line: Arc<Line>,
    /// Without a `/` at its end; empty: where the account begins.
    root: String,
    /// For errors.
    shown: String,
}

impl Sftp {
    /// `Unreachable` where the folder does not exist.
    pub fn open(folder: &SftpFolder, access: &dyn Access) -> Result<Self, Error> {
        let sftp = Self::connect(folder, access, Patience::of(access))?;
        sftp.check_root()?;
        Ok(sftp)
    }

    /// Makes the folder if it does not exist; its parent must.
    pub fn create_and_open(folder: &SftpFolder, access: &dyn Access) -> Result<Self, Error> {
        let sftp = Self::connect(folder, access, Patience::of(access))?;
        if !sftp.root.is_empty() && sftp.kind_of(&sftp.root)?.is_none() {
            match sftp.make_folder(&sftp.root) {
                Err(error) if error.kind == Kind::NotFound => {
                    return Err(Error::new(Kind::Unreachable, &sftp.shown, "the folder above it is not there"));
                }
                made => made?,
            }
        }
        sftp.check_root()?;
        Ok(sftp)
    }

    fn connect(folder: &SftpFolder, access: &dyn Access, patience: Patience) -> Result<Self, Error> {
        let line = Arc::new(Line::open(folder, access, patience)?);
        let root = folder.path.trim_end_matches('/').to_owned();
        // The root of everything keeps its name.
        let root = if root.is_empty() && folder.path.starts_with('/') { "/.".into() } else { root };
        Ok(Self { line, root, shown: Location::Sftp(folder.clone()).display() })
    }

    fn root_path(&self) -> &str {
        if self.root.is_empty() { "." } else { &self.root }
    }

    fn check_root(&self) -> Result<(), Error> {
        self.check_is_root(self.kind_of(self.root_path())?)
    }

    fn check_is_root(&self, told: Option<FileAttributes>) -> Result<(), Error> {
        match told {
            Some(attributes) if is_folder(&attributes) => Ok(()),
            Some(_) => Err(Error::new(Kind::NotAFolder, &self.shown, "not a folder")),
            None => Err(Error::new(Kind::Unreachable, &self.shown, "no such folder")),
        }
    }

    /// The path of an object or folder as the server takes it.
    fn path(&self, name: &str) -> String {
        match (self.root.as_str(), name) {
            ("", "") => ".".into(),
            ("", name) => name.into(),
            (root, "") => root.into(),
            (root, name) => format!("{root}/{name}"),
        }
    }

    /// What lies under a path, links followed; `None` where nothing does.
    fn kind_of(&self, path: &str) -> Result<Option<FileAttributes>, Error> {
        let told = self.line.ask(self.line.session().sftp.stat(path));
        told.map(|told| Some(told.attrs)).or_else(|e| none_where_missing(path, e))
    }

    /// One that exists already is no error.
    fn make_folder(&self, path: &str) -> Result<(), Error> {
        let attributes = FileAttributes { permissions: Some(FOLDER_MODE), ..FileAttributes::empty() };
        match self.line.ask(self.line.session().sftp.mkdir(path, attributes)) {
            Ok(_) => Ok(()),
            Err(e) if is_missing(&e) => Err(judged(path, e, Kind::NotWritable)),
            // Version 3 has no word for what exists.
            Err(e) => match self.kind_of(path)? {
                Some(there) if is_folder(&there) => Ok(()),
                _ => Err(judged(path, e, Kind::NotWritable)),
            },
        }
    }

    /// A folder to write into, with those above it.
    fn make_folders(&self, folder: &str) -> Result<(), Error> {
        if folder.is_empty() {
            // A destination that is known is never made anew.
            return self.check_root();
        }
        let path = self.path(folder);
        match self.make_folder(&path) {
            Err(error) if error.kind == Kind::NotFound => {
                self.make_folders(name::split(folder).0)?;
                self.make_folder(&path)
            }
            made => made,
        }
    }

    /// Not every server has a word for it.
    fn is_without_folder(&self, error: &Error, folder: &str) -> Result<bool, Error> {
        Ok(error.kind == Kind::Other && self.kind_of(&self.path(folder))?.is_none())
    }

    /// Children by name with their attributes, links not followed; `None` where the folder does not exist.
    fn children(&self, folder: &str) -> Result<Option<Vec<(String, FileAttributes)>>, Error> {
        if !folder.is_empty() {
            name::check(folder)?;
        }
        let path = self.path(folder);
        let at = if folder.is_empty() { &self.shown } else { folder };
        let session = self.line.session();
        let handle = match self.line.ask(session.sftp.opendir(&path)) {
            Ok(handle) => handle.handle,
            Err(e) if is_missing(&e) && !folder.is_empty() => {
                self.check_root()?;
                return Ok(None);
            }
            Err(e) if is_missing(&e) => return Err(Error::new(Kind::Unreachable, &self.shown, "no such folder")),
            Err(e) => return Err(judged(at, e, Kind::NotReadable)),
        };
        let read = self.line.read_folder(&session, &handle);
        self.line.forget(&session, handle);
        let Some(children) = read.map_err(|e| judged(at, e, Kind::NotReadable))? else {
            return Err(Error::new(Kind::TooLong, at, "more entries than a folder has"));
        };
        let mut children = children.found;
        children.sort_by(|a, b| a.0.cmp(&b.0));
        children.dedup_by(|a, b| a.0 == b.0);
        Ok(Some(children))
    }

    fn begin(&self, name: &str) -> Result<SftpUpload, Error> {
        name::check(name)?;
        let begin = || SftpUpload::begin(name, self.line.clone(), &self.path(name));
        let folder = name::split(name).0;
        match begin() {
            // Most often its folder is there, and nothing need be asked about it.
            Err(error) if error.kind == Kind::NotFound || self.is_without_folder(&error, folder)? => {
                self.make_folders(folder)?;
                begin()
            }
            begun => begun,
        }
    }

    fn remove_file(&self, name: &str) -> Result<(), Error> {
        match self.line.ask(self.line.session().sftp.remove(self.path(name))) {
            Ok(_) => Ok(()),
            Err(e) if is_missing(&e) => self.check_root(),
            Err(e) => Err(judged(name, e, Kind::NotWritable)),
        }
    }

    fn remove_tree(&self, folder: &str, depth: usize) -> Result<(), Error> {
        let Some(children) = self.children(folder)? else { return Ok(()) };
        if depth == 0 {
            return Err(Error::new(Kind::Other, folder, "folders within folders"));
        }
        for (child, attributes) in children {
            let child = format!("{folder}/{child}");
            // A link to a folder is removed as the link that it is.
            if is_folder(&attributes) { self.remove_tree(&child, depth - 1)? } else { self.remove_file(&child)? }
        }
        match self.line.ask(self.line.session().sftp.rmdir(self.path(folder))) {
            Ok(_) => Ok(()),
            Err(e) if is_missing(&e) => Ok(()),
            Err(e) => Err(judged(folder, e, Kind::NotWritable)),
        }
    }

    /// Opens an object to be read, and gives its size.
    fn open_object(&self, session: &Arc<Session>, name: &str) -> Result<(String, u64), Error> {
        name::check(name)?;
        let path = self.path(name);
        let open = session.sftp.open(path.as_str(), OpenFlags::READ, FileAttributes::empty());
        let unread = |e| judged(name, e, Kind::NotReadable);
        let (told, opened) = self.line.ask_both(session.sftp.lstat(path.as_str()), open).map_err(unread)?;
        let size = told.map_err(unread).and_then(|told| size_of(name, &told.attrs));
        match (size, opened) {
            (Ok(size), opened) => Ok((opened.map_err(unread)?.handle, size)),
            (Err(error), opened) => {
                if let Ok(opened) = opened {
                    self.line.forget(session, opened.handle);
                }
                Err(error)
            }
        }
    }

    /// Reads a part of an object, piece by piece; an end that is `None` is that of the object.
    fn read(&self, name: &str, offset: u64, end: Option<u64>, take: &mut Take<'_>) -> Result<(), Error> {
        // One channel is enough: how much is on its way to us is for us to say.
        let session = &self.line.session();
        let (handle, size) = self.open_object(session, name)?;
        let end = end.unwrap_or(size);
        let read = if end <= size {
            self.line.read(session, &handle, offset, end, take).map_err(|stopped| match stopped {
                Stopped::Taker(error) => error,
                Stopped::Read(e) if failure::is_end(&e) => Error::new(Kind::TooShort, name, "it ends before"),
                Stopped::Read(e) => judged(name, e, Kind::NotReadable),
            })
        } else {
            Err(Error::new(Kind::TooShort, name, &format!("it has {size} bytes")))
        };
        self.line.forget(session, handle);
        read
    }
}

impl Storage for Sftp {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        let Some(children) = self.children(folder)? else { return Ok(Vec::new()) };
        let mut listed = Vec::new();
        for (name, attributes) in children {
            let is_folder = is_folder(&attributes);
            if !(is_folder || is_file(&attributes)) || name.starts_with(name::TEMPORARY) {
                continue;
            }
            let size = match attributes.size {
                _ if is_folder => 0,
                Some(size) => size,
                // What has no size is not taken for empty.
                None => match self.size(&name::join(folder, &name)) {
                    Err(error) if error.kind == Kind::NotFound => continue,
                    size => size?,
                },
            };
            listed.push(Listed { name, is_folder, size, modified: modified(&attributes) });
        }
        Ok(listed)
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        name::check(name)?;
        let told = self.line.ask(self.line.session().sftp.lstat(self.path(name)));
        size_of(name, &told.map_err(|e| judged(name, e, Kind::NotReadable))?.attrs)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        let Some(end) = offset.checked_add(buffer.len() as u64) else {
            return Err(Error::new(Kind::TooShort, name, "it has fewer bytes"));
        };
        let mut rest = buffer;
        self.read(name, offset, Some(end), &mut |piece| {
            let (now, later) = std::mem::take(&mut rest).split_at_mut(piece.len());
            now.copy_from_slice(piece);
            rest = later;
            Ok(())
        })
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        self.read(name, offset, Some(end), take)
    }

    fn read_all(&self, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.read(name, 0, None, &mut |piece| {
            if (bytes.len() + piece.len()) as u64 > limit {
                return Err(Error::new(Kind::TooLong, name, &format!("more than {limit} bytes")));
            }
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    fn is_streamed(&self) -> bool {
        true
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        let upload = self.begin(name).map_err(|error| unexplained(error, || self.room().ok().flatten()))?;
        Ok(Box::new(upload))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        name::check(name)?;
        self.remove_file(name)
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        name::check(name)?;
        self.remove_tree(name, DEEPEST)
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        let session = self.line.session();
        let (root, path) = (self.root_path(), self.path(""));
        let (there, room) = self
            .line
            .ask_both(session.sftp.stat(root), session.sftp.statvfs(path))
            .map_err(|e| judged(&self.shown, e, Kind::NotReadable))?;
        self.check_is_root(there.map(|told| Some(told.attrs)).or_else(|e| none_where_missing(root, e))?)?;
        // Not every server can say.
        Ok(room.ok().and_then(|told| room_of(&told)))
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        let mut hash = Sha256::new();
        self.read(name, 0, None, &mut |piece| {
            hash.update(piece);
            if each(piece.len() as u64) { Ok(()) } else { Err(Error::new(Kind::Cancelled, name, "cancelled")) }
        })?;
        // What the server reads may come from its memory.
        Ok((hash.finalize().into(), false))
    }

    fn identity(&self) -> Option<(u64, u64)> {
        None
    }

    fn remove_left(&self, left: &str) -> Result<(), Error> {
        match self.line.ask(self.line.session().sftp.remove(left)) {
            Ok(_) => Ok(()),
            Err(e) if is_missing(&e) => Ok(()),
            Err(e) => Err(judged(left, e, Kind::NotWritable)),
        }
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        let Some(children) = self.children(folder)? else { return Ok(0) };
        let mut swept = 0;
        for (name, attributes) in children {
            if is_file(&attributes) && name::is_left(&name, modified(&attributes), before) {
                self.remove_file(&name::join(folder, &name))?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

fn room_of(told: &Statvfs) -> Option<Room> {
    let unit = told.fragment_size.max(1);
    let bytes = |blocks: u64| blocks.saturating_mul(unit);
    let (free, total) = (bytes(told.blocks_avail), bytes(told.blocks));
    (total > 0 && free <= total).then_some(Room { free, total })
}

/// What the server failed at without a word: version 3 has none for a full disk, and OpenSSH says none of its own. Whether that is why, its
/// room tells, unless only the account has no more.
fn unexplained(error: Error, room: impl FnOnce() -> Option<Room>) -> Error {
    if error.kind != Kind::Other {
        return error;
    }
    let is_full = room().is_some_and(|room| room.free <= room::kept(room.total).max(LEAST_ROOM));
    Error { kind: if is_full { Kind::NoRoom } else { Kind::NotStored }, ..error }
}

fn none_where_missing(path: &str, failure: Failure) -> Result<Option<FileAttributes>, Error> {
    if is_missing(&failure) { Ok(None) } else { Err(judged(path, failure, Kind::NotReadable)) }
}

/// A regular file's size; a folder, a link or anything else under its name is not the object.
fn size_of(name: &str, attributes: &FileAttributes) -> Result<u64, Error> {
    if !is_file(attributes) {
        return Err(Error::new(Kind::NotFound, name, "not a regular file"));
    }
    attributes.size.ok_or_else(|| Error::new(Kind::Other, name, "the server gives no size"))
}

/// The type within the permissions, as POSIX has it. Servers that give none say nothing of what lies there.
fn has_type(attributes: &FileAttributes, kind: u32) -> bool {
    attributes.permissions.is_some_and(|bits| bits & 0o170_000 == kind)
}

fn is_folder(attributes: &FileAttributes) -> bool {
    has_type(attributes, 0o040_000)
}

fn is_file(attributes: &FileAttributes) -> bool {
    has_type(attributes, 0o100_000)
}

fn modified(attributes: &FileAttributes) -> Option<Timestamp> {
    Timestamp::from_second(i64::from(attributes.mtime?)).ok()
}

#[cfg(test)]
mod tests;
