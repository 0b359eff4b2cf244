//! A folder that a server shows over SSH: SFTP version 3 with OpenSSH's extensions
//! (<https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02>).

use std::sync::Arc;

use jiff::Timestamp;
use russh_sftp::protocol::FileAttributes;

use super::access::Access;
use super::{Error, Kind, Listed, Room, Storage, Take, Upload, name, sum};
use crate::model::location::{Location, SftpFolder};

mod failure;
mod line;
mod log_in;
mod server_key;
mod upload;

use failure::{is_missing, judged};
use line::Line;
use upload::SftpUpload;

/// Folders within folders that are removed; ours are three deep.
const DEEPEST: usize = 32;
/// Children of one folder: what is more is no list of ours, and could go on for ever.
const LONGEST_LIST: usize = 4_000_000;
/// Read at a time where all of an object is.
const PIECE: usize = 4 << 20;
/// Folders are for their owner alone.
const FOLDER_MODE: u32 = 0o700;

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
        let sftp = Self::connect(folder, access)?;
        sftp.check_root()?;
        Ok(sftp)
    }

    /// Makes the folder if it does not exist; its parent must.
    pub fn create_and_open(folder: &SftpFolder, access: &dyn Access) -> Result<Self, Error> {
        let sftp = Self::connect(folder, access)?;
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

    fn connect(folder: &SftpFolder, access: &dyn Access) -> Result<Self, Error> {
        let line = Arc::new(Line::open(folder, access)?);
        let root = folder.path.trim_end_matches('/').to_owned();
        // The root of everything keeps its name.
        let root = if root.is_empty() && folder.path.starts_with('/') { "/.".into() } else { root };
        Ok(Self { line, root, shown: Location::Sftp(folder.clone()).display() })
    }

    fn check_root(&self) -> Result<(), Error> {
        match self.kind_of(if self.root.is_empty() { "." } else { &self.root })? {
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
        match self.line.ask(self.line.sftp().stat(path)) {
            Ok(attrs) => Ok(Some(attrs.attrs)),
            Err(e) if is_missing(&e) => Ok(None),
            Err(e) => Err(judged(path, e, Kind::NotReadable)),
        }
    }

    /// A regular file's attributes; a folder, a link or anything else under its name is not the object.
    fn object(&self, name: &str) -> Result<FileAttributes, Error> {
        name::check(name)?;
        let path = self.path(name);
        let attributes = self.line.ask(self.line.sftp().lstat(path)).map_err(|e| judged(name, e, Kind::NotReadable))?.attrs;
        if is_file(&attributes) { Ok(attributes) } else { Err(Error::new(Kind::NotFound, name, "not a regular file")) }
    }

    /// One that exists already is no error.
    fn make_folder(&self, path: &str) -> Result<(), Error> {
        let attributes = FileAttributes { permissions: Some(FOLDER_MODE), ..FileAttributes::empty() };
        match self.line.ask(self.line.sftp().mkdir(path, attributes)) {
            Ok(_) => Ok(()),
            // Version 3 has no word for what exists.
            Err(e) => match self.kind_of(path)? {
                Some(there) if is_folder(&there) => Ok(()),
                _ => Err(judged(path, e, Kind::NotWritable)),
            },
        }
    }

    /// A folder to write into, with those above it.
    fn make_folders(&self, folder: &str) -> Result<(), Error> {
        if folder.is_empty() || self.kind_of(&self.path(folder))?.is_some() {
            return Ok(());
        }
        self.make_folders(name::split(folder).0)?;
        self.make_folder(&self.path(folder))
    }

    /// Children by name with their attributes, links not followed; `None` where the folder does not exist.
    fn children(&self, folder: &str) -> Result<Option<Vec<(String, FileAttributes)>>, Error> {
        if !folder.is_empty() {
            name::check(folder)?;
        }
        let path = self.path(folder);
        let sftp = self.line.sftp();
        let handle = match self.line.ask(sftp.opendir(&path)) {
            Ok(handle) => handle.handle,
            Err(e) if is_missing(&e) && !folder.is_empty() => {
                self.check_root()?;
                return Ok(None);
            }
            Err(e) if is_missing(&e) => return Err(Error::new(Kind::Unreachable, &self.shown, "no such folder")),
            Err(e) => return Err(judged(folder, e, Kind::NotReadable)),
        };
        let mut children = Vec::new();
        let read = loop {
            match self.line.ask(sftp.readdir(&handle)) {
                Ok(names) => children.extend(names.files.into_iter().map(|file| (file.filename, file.attrs))),
                Err(e) if failure::is_end(&e) => break Ok(()),
                Err(e) => break Err(judged(folder, e, Kind::NotReadable)),
            }
            if children.len() > LONGEST_LIST {
                break Err(Error::new(Kind::TooLong, folder, &format!("more than {LONGEST_LIST} entries")));
            }
        };
        let closed = self.line.ask(sftp.close(handle));
        read?;
        closed.map_err(|e| judged(folder, e, Kind::NotReadable))?;
        // A server may name what it likes: nothing that leads elsewhere.
        children.retain(|(name, _)| name::check(name).is_ok() || name.starts_with(name::TEMPORARY) && !name.contains('/'));
        children.sort_by(|a, b| a.0.cmp(&b.0));
        children.dedup_by(|a, b| a.0 == b.0);
        Ok(Some(children))
    }

    fn remove_file(&self, name: &str) -> Result<(), Error> {
        match self.line.ask(self.line.sftp().remove(self.path(name))) {
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
        match self.line.ask(self.line.sftp().rmdir(self.path(folder))) {
            Ok(_) => Ok(()),
            Err(e) if is_missing(&e) => Ok(()),
            Err(e) => Err(judged(folder, e, Kind::NotWritable)),
        }
    }

    /// Fills the buffer from an open file.
    fn fill(&self, name: &str, handle: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        self.line.read(handle, offset, buffer).map_err(|e| {
            if failure::is_end(&e) {
                Error::new(Kind::TooShort, name, "it ends before")
            } else {
                judged(name, e, Kind::NotReadable)
            }
        })
    }
}

impl Storage for Sftp {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        let Some(children) = self.children(folder)? else { return Ok(Vec::new()) };
        let ours = |(name, attributes): (String, FileAttributes)| {
            let is_ours = (is_folder(&attributes) || is_file(&attributes)) && !name.starts_with(name::TEMPORARY);
            is_ours.then(|| Listed {
                name,
                is_folder: is_folder(&attributes),
                size: if is_folder(&attributes) { 0 } else { attributes.size.unwrap_or(0) },
                modified: modified(&attributes),
            })
        };
        Ok(children.into_iter().filter_map(ours).collect())
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        self.object(name)?.size.ok_or_else(|| Error::new(Kind::Other, name, "the server gives no size"))
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        let length = self.size(name)?;
        if offset.checked_add(buffer.len() as u64).is_none_or(|end| end > length) {
            return Err(Error::new(Kind::TooShort, name, &format!("it has {length} bytes")));
        }
        let handle = self.line.open_to_read(&self.path(name)).map_err(|e| judged(name, e, Kind::NotReadable))?;
        let read = self.fill(name, &handle, offset, buffer);
        self.line.forget(handle);
        read
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        let length = self.size(name)?;
        if end > length {
            return Err(Error::new(Kind::TooShort, name, &format!("it has {length} bytes")));
        }
        let handle = self.line.open_to_read(&self.path(name)).map_err(|e| judged(name, e, Kind::NotReadable))?;
        let mut buffer = vec![0; PIECE.min(usize::try_from(end.saturating_sub(offset)).unwrap_or(PIECE))];
        let mut at = offset;
        let mut read = Ok(());
        while at < end && read.is_ok() {
            let length = buffer.len().min(usize::try_from(end - at).unwrap_or(PIECE));
            let piece = buffer.get_mut(..length).unwrap_or_default();
            read = self.fill(name, &handle, at, piece).and_then(|()| take(piece));
            at += length as u64;
        }
        self.line.forget(handle);
        read
    }

    fn is_streamed(&self) -> bool {
        true
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        name::check(name)?;
        if self.line.ask(self.line.sftp().lstat(self.path(name))).is_ok() {
            return Err(Error::new(Kind::AlreadyExists, name, "there is one"));
        }
        self.make_folders(name::split(name).0)?;
        Ok(Box::new(SftpUpload::begin(name, self.line.clone(), &self.path(name))?))
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
        self.check_root()?;
        // Not every server can say.
        let Ok(room) = self.line.ask(self.line.sftp().statvfs(self.path(""))) else { return Ok(None) };
        let unit = room.fragment_size.max(1);
        let bytes = |blocks: u64| blocks.saturating_mul(unit);
        let (free, total) = (bytes(room.blocks_avail), bytes(room.blocks));
        Ok((total > 0 && free <= total).then_some(Room { free, total }))
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        let size = self.size(name)?;
        let handle = self.line.open_to_read(&self.path(name)).map_err(|e| judged(name, e, Kind::NotReadable))?;
        let mut offset = 0;
        let read = sum::sha256(name, size, PIECE, each, &mut |buffer| {
            let length = buffer.len().min(usize::try_from(size - offset).unwrap_or(PIECE));
            self.fill(name, &handle, offset, &mut buffer[..length])?;
            offset += length as u64;
            Ok(length)
        });
        self.line.forget(handle);
        // What the server reads may come from its memory.
        Ok((read?, false))
    }

    fn identity(&self) -> Option<(u64, u64)> {
        None
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
