//! Where volumes live.

pub mod access;
mod backoff;
mod call;
pub mod certificates;
#[cfg(test)]
mod contract;
mod counted;
#[cfg(test)]
mod cuts;
mod enduring;
#[cfg(test)]
pub mod faulty;
mod folders;
pub mod ftp;
pub mod ipfs;
pub mod local;
pub mod mistrust;
pub mod name;
pub mod object_store;
#[cfg(test)]
pub mod passing;
#[cfg(test)]
mod person;
#[cfg(test)]
#[path = "../../tests/servers/mod.rs"]
mod servers;
pub mod sftp;
mod spool;
pub mod stop;
mod sum;
pub mod throttle;
mod tls;
mod web;
pub mod webdav;

use std::fs::File;
use std::io;
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::keeping::Keeping;
use crate::model::location::Location;
use crate::model::marker;
use crate::os::reason::Reason;

use access::Access;
use enduring::Enduring;

/// Takes a piece of what is read through.
pub type Take<'a> = dyn FnMut(&[u8]) -> Result<(), Error> + 'a;

/// Bytes that are kept of one list: a server may name what it likes, and as much as it likes.
const LONGEST_LIST: usize = 256 << 20;

/// Bytes of one piece, where there is no way of reading through that is quicker.
const THROUGH: usize = 4 << 20;

/// Gives what lies from `offset` to `end` in pieces of that many bytes, as `read` fills each from its place.
pub fn read_in_pieces<E>(
    piece: usize,
    offset: u64,
    end: u64,
    take: &mut (dyn FnMut(&[u8]) -> Result<(), E> + '_),
    mut read: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut buffer = vec![0; piece.min(usize::try_from(end.saturating_sub(offset)).unwrap_or(piece))];
    let mut at = offset;
    while at < end {
        let length = buffer.len().min(usize::try_from(end - at).unwrap_or(piece));
        let piece = buffer.get_mut(..length).unwrap_or_default();
        read(at, piece)?;
        take(piece)?;
        at += length as u64;
    }
    Ok(())
}

/// A destination. Names are relative, components split by `/`, none of them empty, `.` or `..`.
///
/// Objects are written once, under unique names, and appear whole: see [`Storage::create`]. What is asked on behalf of somebody who may want
/// it no more is asked within [`stop::Stop::during`].
pub trait Storage: Send + Sync {
    /// Direct children of a folder, sorted, without unfinished uploads; an empty list where the folder does not exist. The
    /// empty name is the root, which must exist (else `Unreachable`).
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error>;
    fn size(&self, name: &str) -> Result<u64, Error>;
    /// What is kept of lists from a moment ago counts no longer: what lies there now is to be known.
    fn look_anew(&self) {}
    /// Reads exactly `buffer.len()` bytes from `offset`.
    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error>;
    /// Reads an object from `offset` to its byte `end`, one piece after the other, as fast as they come; each is given to `take`, whose
    /// error ends it. Where many are read this way the line is never idle between two requests. What begins at 0 had best be the
    /// whole object: it may be asked for without saying where it ends.
    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        read_in_pieces(THROUGH, offset, end, take, |at, piece| self.read_at(name, at, piece))
    }
    /// Whether what lies one behind the other is better read through than piece by piece, each by a request of its own.
    fn is_streamed(&self) -> bool {
        false
    }
    /// The object as a file of this machine, where it is one.
    fn file(&self, name: &str) -> Result<Option<File>, Error> {
        let _ = name;
        Ok(None)
    }
    /// Begins an object: temporary name, then on `finish` fsync, rename without replacing, folder fsynced. Folders are made as
    /// needed. `AlreadyExists` where there is one: here or, where looking takes the way there and back (WebDAV), by `finish`. FTP
    /// knows neither fsync nor such a rename: there what exists when `finish` looks is refused, and two that finish in the same
    /// instant are kept apart by their names only.
    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error>;
    /// Removes an object durably; one that is not there is no error.
    fn delete(&self, name: &str) -> Result<(), Error>;
    /// Removes a folder and what is in it; one that is not there is no error.
    fn delete_folder(&self, name: &str) -> Result<(), Error>;
    /// Bytes free and in all, where that can be known.
    fn room(&self) -> Result<Option<Room>, Error>;
    /// SHA-256 of an object as it lies on the medium, and whether the cache was bypassed for certain. `each` is told how many
    /// bytes were read since it was last called; where it answers `false` the reading ends with an error of kind `Cancelled`.
    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error>;
    /// Device and inode of the root, where it is part of this machine's file system.
    fn identity(&self) -> Option<(u64, u64)>;
    /// What it keeps of objects that are deleted, where it says so; `None`: nothing, or it is not known.
    fn keeping(&self) -> Option<Keeping> {
        None
    }
    /// Where its content can be had by its own address, that address now: of an IPFS folder its CID.
    fn cid(&self) -> Result<Option<String>, Error> {
        Ok(None)
    }
    /// Removes what uploads that died left directly in a folder, if last written before then; all without a time. Only for
    /// the one who writes here. Gives how many.
    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error>;

    /// Removes what one upload left whose line broke ([`Upload::leaves`]), if it is there.
    fn remove_left(&self, left: &str) -> Result<(), Error> {
        let _ = left;
        Ok(())
    }

    /// Writes a small object whole.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let mut upload = self.create(name)?;
        upload.write_all(bytes).map_err(|e| Error::from_io(name, e))?;
        upload.finish()
    }

    /// Reads a small object whole; one that is longer than `limit` bytes is an error of kind `TooLong`.
    fn read_all(&self, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
        let size = self.size(name)?;
        if size > limit {
            return Err(Error::new(Kind::TooLong, name, &format!("{size} bytes, expected at most {limit}")));
        }
        // A size within the limit fits into memory.
        let mut bytes = vec![0; size as usize];
        self.read_at(name, 0, &mut bytes)?;
        Ok(bytes)
    }
}

/// An object being written; dropped unfinished it leaves nothing.
pub trait Upload: io::Write + Send {
    /// Told before the first byte: all that will be written lies in this file too, from its beginning, and nobody changes it. Where
    /// what is written waits on this machine for its way, it need not lie there twice.
    fn lies_in(&mut self, file: &Arc<File>) {
        let _ = file;
    }

    /// What it leaves at the server where its line breaks, as [`Storage::remove_left`] of another line takes it.
    fn leaves(&self) -> Option<String> {
        None
    }

    fn finish(self: Box<Self>) -> Result<(), Error>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    pub is_folder: bool,
    pub size: u64,
    /// By the destination's clock.
    pub modified: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub free: u64,
    pub total: u64,
}

/// A failure of a storage. Whether it is temporary is decided here, once.
#[derive(Debug, thiserror::Error)]
#[error("{context}: {source}")]
pub struct Error {
    pub kind: Kind,
    pub context: String,
    pub source: io::Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Also where a link or another thing lies under the name: that is no object.
    NotFound,
    /// The destination itself is not there: unplugged, not mounted, no such folder. Like `ServerAway` it may pass by itself.
    Unreachable,
    /// Nothing answers at the server's address, or it stopped to.
    ServerAway,
    /// Nobody has said yet that a server with this key is the right one; the source is the key's fingerprint.
    ServerUnknown,
    /// A server shows another key than before: it may be another one.
    ServerChanged,
    /// It shows another key than somebody says it has.
    ServerNotNamed,
    /// It has too much to do, or trouble of its own, and was asked again in vain.
    ServerBusy,
    /// It lets only so many of our connections in at once, and what is under way holds them all; the source says how many.
    Crowded,
    /// The store has no bucket or container of this name.
    NoBucket,
    /// There is nothing to put in the place of a placeholder in the address; the source says why, and what to do.
    Unfilled,
    /// The bucket lies in another region than the address says.
    WrongRegion,
    /// The server's clock and this machine's are too far apart for it to believe a signature.
    WrongClock,
    /// No key for the store is known.
    NoKey,
    /// A secret is known, but not the id that belongs to it.
    NoKeyId,
    /// What was given cannot be used as a key of this kind of store; the source says why.
    NotAKey,
    /// The key is right, but what was asked is not allowed to it.
    Denied,
    /// A lock of the store's keeps an object for a time: nobody may delete it before.
    Held,
    /// The server wants a password, and there is none.
    NoPassword,
    /// The server takes neither the keys nor the password.
    Refused,
    /// Nobody who is trusted vouches for the server's certificate, or it is another server's; the source says which: a
    /// [`mistrust::Mistrust`].
    Certificate,
    /// The server's certificate has run out.
    CertificateExpired,
    /// The server speaks only in the open, where the line is to be protected: nothing was sent over it.
    NoTls,
    /// The same of a server that speaks HTTP.
    NoHttps,
    /// The server speaks only over a protected line.
    WantsTls,
    /// The file of certificates that may vouch for a server cannot be used.
    CaFile,
    /// What answers is no server of the kind that was named, or one that lies; the source says what it answered.
    Nonsense,
    /// The server says that what arrived is not what was sent, by its size or a sum: it does not count. The source says by which.
    DamagedOnItsWay,
    /// The server sends us to another one; the source is that one's address.
    Elsewhere,
    /// Somebody holds a lock on it.
    Locked,
    /// No room on this machine for what waits for its way to a server.
    NoRoomHere,
    /// The destination is a file, or would lie below one.
    NotAFolder,
    AlreadyExists,
    NotReadable,
    NotWritable,
    NoRoom,
    /// The server failed at storing what was sent to it, and says not why: it may be full.
    NotStored,
    /// More than somebody has said that may lie there.
    MaxSize,
    InvalidName,
    /// Longer than the limit that was given.
    TooLong,
    /// The server shows only a part of what a folder holds; the source says how much.
    ListCut,
    /// The file system does not take files of this size (FAT: 4 GiB).
    FileTooLarge,
    /// Shorter than what was to be read of it.
    TooShort,
    Cancelled,
    Other,
}

impl Error {
    /// Judges a system error that writing gave. `context`: the object or folder it is about.
    pub fn from_io(context: impl Into<String>, source: io::Error) -> Self {
        // An upload to a server says itself what failed.
        if source.get_ref().is_some_and(|inner| inner.is::<Self>()) {
            let as_kind = source.kind();
            return match source.into_inner().map(|inner| inner.downcast::<Self>()) {
                Some(Ok(error)) => *error,
                _ => Self { kind: Kind::Other, context: context.into(), source: as_kind.into() },
            };
        }
        Self { kind: Kind::of_write(&source), context: context.into(), source }
    }

    /// Judges a system error that reading gave.
    pub fn from_read(context: impl Into<String>, source: io::Error) -> Self {
        let kind = match Kind::of_write(&source) {
            Kind::NotWritable => Kind::NotReadable,
            kind => kind,
        };
        Self { kind, context: context.into(), source }
    }

    /// Judges a failure of the file on this machine that holds what is to be sent.
    fn of_spool(context: &str, source: io::Error) -> Self {
        let is_full = matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        let kind = if is_full { Kind::NoRoomHere } else { Kind::Other };
        Self { kind, context: context.into(), source }
    }

    pub fn new(kind: Kind, context: impl Into<String>, what: &str) -> Self {
        let as_io = match kind {
            Kind::NotFound => io::ErrorKind::NotFound,
            Kind::TooShort => io::ErrorKind::UnexpectedEof,
            Kind::Cancelled => io::ErrorKind::Interrupted,
            Kind::InvalidName => io::ErrorKind::InvalidInput,
            _ => io::ErrorKind::Other,
        };
        Self { kind, context: context.into(), source: io::Error::new(as_io, what) }
    }
}

impl Kind {
    /// Whether it may pass by itself within a while: then it is worth another try.
    pub fn is_temporary(self) -> bool {
        matches!(self, Self::ServerAway | Self::ServerBusy)
    }

    fn of_write(error: &io::Error) -> Self {
        match Reason::of(error) {
            Reason::NotThere | Reason::NotAFolder | Reason::ALink => Self::NotFound,
            Reason::Exists | Reason::NotEmpty => Self::AlreadyExists,
            Reason::ReadOnly | Reason::Refused | Reason::NotPermitted => Self::NotWritable,
            Reason::NoRoom => Self::NoRoom,
            Reason::TooLarge => Self::FileTooLarge,
            Reason::BadName => Self::InvalidName,
            Reason::Unreachable => Self::Unreachable,
            _ if is_of_the_line(error.kind()) => Self::ServerAway,
            _ if error.kind() == io::ErrorKind::UnexpectedEof => Self::TooShort,
            _ => Self::Other,
        }
    }
}

/// What a connection that breaks gives.
fn is_of_the_line(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, NotConnected, TimedOut};
    [BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, NotConnected, TimedOut].contains(&kind)
}

/// Opens a destination. `Unreachable` where its folder does not exist.
pub fn open(location: &Location, access: &Arc<dyn Access>) -> Result<Box<dyn Storage>, Error> {
    let first = connect(location, &**access)?;
    match location {
        Location::Sftp(_) => Ok(enduring(first, location, access)),
        // The others see to lines that break themselves.
        _ => Ok(first),
    }
}

/// `first`: a connection that can break.
fn enduring(first: Box<dyn Storage>, location: &Location, access: &Arc<dyn Access>) -> Box<dyn Storage> {
    let (location, access) = (location.clone(), access.clone());
    Box::new(Enduring::new(first, Box::new(move || connect(&location, &*access))))
}

/// The folder on this machine, or one connection to a server.
fn connect(location: &Location, access: &dyn Access) -> Result<Box<dyn Storage>, Error> {
    match location {
        Location::Local { path } => {
            let found = access.found_at(path);
            Ok(Box::new(local::Local::open(&found.as_ref().unwrap_or(path).as_path())?))
        }
        Location::Sftp(folder) => Ok(Box::new(sftp::Sftp::open(folder, access)?)),
        Location::Webdav(folder) => Ok(Box::new(webdav::Webdav::open(folder, access)?)),
        Location::S3(_) | Location::Gcs(_) | Location::Azure(_) => {
            Ok(Box::new(object_store::ObjectStore::open(location, access)?))
        }
        Location::Ftp(folder) => Ok(Box::new(ftp::Ftp::open(folder, access)?)),
        Location::Ipfs(folder) => Ok(Box::new(ipfs::Ipfs::open(folder, access)?)),
    }
}

/// Makes the destination's folder where it does not exist (its parent must), then opens it. Only for a destination that is
/// new: for a known one a missing folder means that the drive is not there.
pub fn create_and_open(location: &Location, access: &Arc<dyn Access>) -> Result<Box<dyn Storage>, Error> {
    match location {
        Location::Local { path } => match access.found_at(path) {
            Some(_) => open(location, access),
            None => Ok(Box::new(local::Local::create_and_open(&path.as_path())?)),
        },
        Location::Sftp(folder) => {
            let first = sftp::Sftp::create_and_open(folder, &**access)?;
            Ok(enduring(Box::new(first), location, access))
        }
        Location::Webdav(folder) => Ok(Box::new(webdav::Webdav::create_and_open(folder, &**access)?)),
        // A prefix needs no making; a bucket is for whoever pays for it.
        Location::S3(_) | Location::Gcs(_) | Location::Azure(_) => open(location, access),
        Location::Ftp(folder) => Ok(Box::new(ftp::Ftp::create_and_open(folder, &**access)?)),
        Location::Ipfs(folder) => Ok(Box::new(ipfs::Ipfs::create_and_open(folder, &**access)?)),
    }
}

/// Folders at a destination; those that have a marker may be plans'. Sorted.
pub fn folders(storage: &dyn Storage) -> Result<Vec<String>, Error> {
    let is_folder = |child: &Listed| child.is_folder && name::check(&child.name).is_ok();
    Ok(storage.list("")?.into_iter().filter(is_folder).map(|child| child.name).collect())
}

/// Folders at a destination that have a marker, and so may be plans' folders; sorted.
pub fn plan_folders(storage: &dyn Storage) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for folder in folders(storage)? {
        match storage.size(&format!("{folder}/{}", marker::MARKER)) {
            Ok(_) => found.push(folder),
            // Somebody else's folder, perhaps one that we may not look into.
            Err(e) if matches!(e.kind, Kind::NotFound | Kind::NotReadable | Kind::Denied) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(found)
}
