//! A folder of an IPFS node: every object is content of its own, kept (pinned), and shown under its name in the node's file system (MFS).

use std::sync::Arc;

use jiff::Timestamp;

use super::access::Access;
use super::web::PIECE;
use super::web::download::Download;
use super::web::failure::{Failure, judged};
use super::web::pace::Pace;
use super::web::range::Range;
use super::{Error, Kind, Listed, Room, Storage, Take, Upload, name, sum};
use crate::model::location::IpfsFolder;

mod answer;
mod cid;
mod gateway;
mod node;
mod upload;

use answer::{Entry, Stat};
use cid::Cid;
use gateway::Gateway;
use node::Node;
use upload::IpfsUpload;

/// Folders within folders that are gone through; ours have three.
const DEEPEST: usize = 32;

pub struct Ipfs {
    node: Arc<Node>,
    gateway: Option<Gateway>,
}

impl Ipfs {
    /// `Unreachable` where the folder does not exist.
    pub fn open(folder: &IpfsFolder, access: &dyn Access) -> Result<Self, Error> {
        Self::begin(folder, access, false, Pace::of(access))
    }

    /// Makes the folder if it does not exist; its parent must.
    pub fn create_and_open(folder: &IpfsFolder, access: &dyn Access) -> Result<Self, Error> {
        Self::begin(folder, access, true, Pace::of(access))
    }

    fn begin(folder: &IpfsFolder, access: &dyn Access, create: bool, pace: Pace) -> Result<Self, Error> {
        let node = Arc::new(Node::open(folder, access, create, pace)?);
        Ok(Self { node, gateway: Gateway::open(folder, access, pace)? })
    }

    /// What is told of an object; a folder under its name is none.
    fn object(&self, name: &str) -> Result<Stat, Error> {
        check(name)?;
        match self.node.stat(name).map_err(|failure| judged(name, failure, Kind::NotReadable))? {
            Some(stat) if !stat.is_folder() => Ok(stat),
            Some(_) => Err(Error::new(Kind::NotFound, name, "a folder")),
            None => Err(Error::new(Kind::NotFound, name, "not there")),
        }
    }

    /// Children by name; `None` where the folder does not exist.
    fn children(&self, folder: &str) -> Result<Option<Vec<Entry>>, Error> {
        if !folder.is_empty() {
            check(folder)?;
        }
        let listed = self.node.list(folder).map_err(|failure| judged(folder, failure, Kind::NotReadable))?;
        let Some(mut all) = listed else {
            self.node.check_root()?;
            return Ok(None);
        };
        // A file is listed as a folder with itself in it.
        if let [only] = &all[..]
            && !only.is_folder()
            && only.name == name::split(folder).1
            && !self.is_folder(folder)?
        {
            return Err(Error::new(Kind::NotFound, folder, "not a folder"));
        }
        all.retain(|entry| !entry.name.contains('/') && (check(&entry.name).is_ok() || entry.name.starts_with(name::TEMPORARY)));
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all.dedup_by(|a, b| a.name == b.name);
        Ok(Some(all))
    }

    fn is_folder(&self, name: &str) -> Result<bool, Error> {
        let stat = self.node.stat(name).map_err(|failure| judged(name, failure, Kind::NotReadable))?;
        Ok(stat.is_some_and(|stat| stat.is_folder()))
    }

    /// Nothing below a folder is kept any more.
    fn unpin_all(&self, folder: &str, depth: usize) -> Result<(), Error> {
        if depth == 0 {
            return Err(Error::new(Kind::Nonsense, folder, "folders within folders without end"));
        }
        let listed = self.node.list(folder).map_err(|failure| judged(folder, failure, Kind::NotReadable))?;
        for entry in listed.unwrap_or_default() {
            if entry.is_folder() {
                self.unpin_all(&name::join(folder, &entry.name), depth - 1)?;
            } else {
                self.unpin(folder, &entry.hash)?;
            }
        }
        Ok(())
    }

    /// `context`: for errors.
    fn unpin(&self, context: &str, cid: &str) -> Result<(), Error> {
        // What is no CID of ours was not pinned by us. Where the same bytes have another name as well, that keeps them from here on:
        // nodes tidy away nothing that their file system shows.
        let Some(cid) = Cid::parse(cid) else { return Ok(()) };
        self.node.unpin(&cid.to_string()).map_err(|failure| judged(context, failure, Kind::NotWritable))
    }

    /// Takes a name away for good.
    fn remove(&self, name: &str, is_folder: bool) -> Result<(), Error> {
        if let Some(gateway) = &self.gateway {
            gateway.forget();
        }
        let unremoved = |failure| judged(name, failure, Kind::NotWritable);
        self.node.remove(name, is_folder).map_err(unremoved)?;
        self.node.flush(name::split(name).0).map_err(unremoved)
    }

    /// CID and size of an object, as the node has them.
    fn content(&self, gateway: &Gateway, name: &str) -> Result<(Cid, u64), Error> {
        if let Some(known) = gateway.known(name) {
            return Ok(known);
        }
        let stat = self.object(name)?;
        let unknown =
            || judged(name, Failure::Nonsense("it gives content an address that is not known".into()), Kind::NotReadable);
        let cid = Cid::parse(&stat.hash).ok_or_else(unknown)?;
        gateway.know(name, cid, stat.size);
        Ok((cid, stat.size))
    }
}

/// Also not what nodes read in different ways.
fn check(name: &str) -> Result<(), Error> {
    name::check(name)?;
    if name.contains('\\') || name.split('/').any(|part| part.trim() != part) {
        return Err(Error::new(Kind::InvalidName, name, "not a name that every node understands"));
    }
    Ok(())
}

impl Storage for Ipfs {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        let Some(children) = self.children(folder)? else { return Ok(Vec::new()) };
        let seen = children.into_iter().filter(|entry| !entry.name.starts_with(name::TEMPORARY));
        let listed = seen.map(|entry| {
            let is_folder = entry.is_folder();
            Listed { name: entry.name, is_folder, size: if is_folder { 0 } else { entry.size }, modified: None }
        });
        Ok(listed.collect())
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        Ok(self.object(name)?.size)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        check(name)?;
        let length = buffer.len() as u64;
        let too_short = |size| Error::new(Kind::TooShort, name, &format!("it has {size} bytes"));
        if buffer.is_empty() {
            let size = self.size(name)?;
            return if offset <= size { Ok(()) } else { Err(too_short(size)) };
        }
        let unread = |failure| judged(name, failure, Kind::NotReadable);
        let Some(gateway) = &self.gateway else {
            let mut download = Download::new(self.node.file(name), self.node.client(), offset, length);
            return download.fill(buffer).map_err(unread);
        };
        let (cid, size) = self.content(gateway, name)?;
        if offset.checked_add(length).is_none_or(|end| end > size) {
            return Err(too_short(size));
        }
        Download::new(gateway.file(cid), &gateway.client, offset, length).fill(buffer).map_err(unread)
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        check(name)?;
        let length = end.saturating_sub(offset);
        let unread = |failure| judged(name, failure, Kind::NotReadable);
        let Some(gateway) = &self.gateway else {
            return Download::new(self.node.file(name), self.node.client(), offset, length).through(take, unread);
        };
        let (cid, size) = self.content(gateway, name)?;
        if end > size {
            return Err(Error::new(Kind::TooShort, name, &format!("it has {size} bytes")));
        }
        let file = Range { all: end == size, ..gateway.file(cid) };
        Download::new(file, &gateway.client, offset, length).through(take, unread)
    }

    fn is_streamed(&self) -> bool {
        true
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        check(name)?;
        if self.node.stat(name).map_err(|failure| judged(name, failure, Kind::NotReadable))?.is_some() {
            return Err(Error::new(Kind::AlreadyExists, name, "there is one"));
        }
        Ok(Box::new(IpfsUpload::begin(name, self.node.clone())))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        check(name)?;
        match self.node.stat(name).map_err(|failure| judged(name, failure, Kind::NotReadable))? {
            Some(stat) if stat.is_folder() => Err(Error::new(Kind::Other, name, "a folder")),
            Some(stat) => {
                // First: a name that is still there tells what is to be let go where this breaks off.
                self.unpin(name, &stat.hash)?;
                self.remove(name, false)
            }
            None => self.node.check_root(),
        }
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        check(name)?;
        match self.node.stat(name).map_err(|failure| judged(name, failure, Kind::NotReadable))? {
            Some(_) => {
                self.unpin_all(name, DEEPEST)?;
                self.remove(name, true)
            }
            None => self.node.check_root(),
        }
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        // A node only tells when it begins to tidy up, and stores beyond that.
        self.node.check_root().map(|()| None)
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        let size = self.size(name)?;
        // Of the node, whoever else has copies.
        let mut download = Download::new(self.node.file(name), self.node.client(), 0, size);
        let hash = sum::sha256(name, size, PIECE, each, &mut |buffer| {
            download.read(buffer).map_err(|failure| judged(name, failure, Kind::NotReadable))
        })?;
        // What the node reads may come from its memory.
        Ok((hash, false))
    }

    fn identity(&self) -> Option<(u64, u64)> {
        None
    }

    fn cid(&self) -> Result<Option<String>, Error> {
        let stat = self.node.stat("").map_err(|failure| judged(&self.node.shown, failure, Kind::NotReadable))?;
        Ok(stat.and_then(|stat| cid::shown(&stat.hash)))
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        let Some(children) = self.children(folder)? else { return Ok(0) };
        let is_left = |entry: &&Entry| !entry.is_folder() && name::is_left(&entry.name, None, before);
        let mut swept = 0;
        for left in children.iter().filter(is_left) {
            // It may have got its name before it died.
            let is_shown = children.iter().any(|entry| !is_left(&entry) && Cid::parse(&entry.hash) == Cid::parse(&left.hash));
            if !is_shown {
                self.unpin(folder, &left.hash)?;
            }
            self.remove(&name::join(folder, &left.name), false)?;
            swept += 1;
        }
        Ok(swept)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        check(name)?;
        let mut upload = Box::new(IpfsUpload::begin(name, self.node.clone()));
        std::io::Write::write_all(&mut upload, bytes).map_err(|e| Error::from_io(name, e))?;
        upload.finish()
    }
}

#[cfg(test)]
mod tests;
