//! A folder on a WebDAV server (RFC 4918): Nextcloud, Apache and the like. OpenDAL's WebDAV holds whole objects in memory, which
//! volumes are too large for.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use super::access::Access;
use super::web::PIECE;
use super::web::download::Download;
use super::web::failure::{Failure, judged};
use super::web::pace::Pace;
use super::web::range::{self, Range};
use super::{Error, Kind, Listed, Room, Storage, Take, Upload, name, sum};
use crate::model::location::WebdavFolder;

mod listing;
mod places;
mod server;
mod upload;

use listing::Told;
use places::Place;
use server::Server;
use upload::WebdavUpload;

pub struct Webdav {
    server: Arc<Server>,
}

impl Webdav {
    /// `Unreachable` where the folder does not exist.
    pub fn open(folder: &WebdavFolder, access: &dyn Access) -> Result<Self, Error> {
        Ok(Self { server: Arc::new(Server::open(folder, access, false, Pace::of(access))?) })
    }

    /// Makes the folder if it does not exist; its parent must.
    pub fn create_and_open(folder: &WebdavFolder, access: &dyn Access) -> Result<Self, Error> {
        Ok(Self { server: Arc::new(Server::open(folder, access, true, Pace::of(access))?) })
    }

    fn url(&self, name: &str) -> Url {
        self.server.root().object(name)
    }

    fn range(&self, name: &str) -> Range<'_> {
        Range { client: self.server.client(), url: self.url(name), anew: false, all: false }
    }

    /// What is told of an object; a folder under its name is none.
    fn object(&self, name: &str) -> Result<Told, Error> {
        name::check(name)?;
        match self.server.look(&self.url(name), name)? {
            Some(told) if !told.is_folder => Ok(told),
            Some(_) => Err(Error::new(Kind::NotFound, name, "a folder")),
            None => Err(Error::new(Kind::NotFound, name, "not there")),
        }
    }

    /// Children by name; `None` where the folder does not exist.
    fn children(&self, folder: &str) -> Result<Option<Vec<(String, Told)>>, Error> {
        if !folder.is_empty() {
            name::check(folder)?;
        }
        let Some(all) = self.server.list(folder)? else { return Ok(None) };
        if all.iter().any(|told| told.place == Place::Itself && !told.is_folder) {
            return Err(Error::new(Kind::NotFound, folder, "not a folder"));
        }
        let named = all.into_iter().filter_map(|mut told| match std::mem::replace(&mut told.place, Place::Other) {
            Place::Child(name) => Some((name, told)),
            _ => None,
        });
        let mut children: Vec<_> = named.collect();
        children.sort_by(|a, b| a.0.cmp(&b.0));
        children.dedup_by(|a, b| a.0 == b.0);
        Ok(Some(children))
    }

    /// A failure of reading. A page in the place of an object may be the list of a folder of that name.
    fn unread(&self, name: &str, failure: Failure) -> Error {
        if matches!(failure, Failure::Nonsense(_))
            && let Err(error) = self.object(name)
        {
            return error;
        }
        judged(name, failure, Kind::NotReadable)
    }
}

impl Storage for Webdav {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        let Some(children) = self.children(folder)? else { return Ok(Vec::new()) };
        let seen = children.into_iter().filter(|(name, _)| !name.starts_with(name::TEMPORARY));
        let listed = seen.map(|(name, told)| {
            let size = if told.is_folder { 0 } else { told.size.unwrap_or(0) };
            Listed { name, is_folder: told.is_folder, size, modified: told.modified }
        });
        Ok(listed.collect())
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        let size = self.object(name)?.size;
        size.ok_or_else(|| judged(name, Failure::Nonsense("it gives no size".into()), Kind::NotReadable))
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        if buffer.is_empty() {
            let length = self.size(name)?;
            return if offset <= length {
                Ok(())
            } else {
                Err(Error::new(Kind::TooShort, name, &format!("it has {length} bytes")))
            };
        }
        name::check(name)?;
        let mut download = Download::new(self.range(name), self.server.client(), offset, buffer.len() as u64);
        download.fill(buffer).map_err(|failure| self.unread(name, failure))
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        name::check(name)?;
        let range = Range { all: true, ..self.range(name) };
        let mut download = Download::new(range, self.server.client(), offset, end.saturating_sub(offset));
        download.through(take, |failure| self.unread(name, failure))
    }

    fn is_streamed(&self) -> bool {
        true
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        name::check(name)?;
        // Whether there is one is seen at the end: no way there and back for each.
        Ok(Box::new(WebdavUpload::begin(name, self.server.clone())))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        name::check(name)?;
        // DELETE takes a folder with all that is in it.
        match self.server.look(&self.url(name), name)? {
            Some(told) if told.is_folder => Err(Error::new(Kind::Other, name, "a folder")),
            Some(_) if self.server.remove(self.url(name), name)? => Ok(()),
            _ => self.server.check_root(),
        }
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        name::check(name)?;
        self.server.folders.forget();
        match self.server.remove(self.server.root().folder(name), name)? {
            true => Ok(()),
            false => self.server.check_root(),
        }
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        Ok(match self.server.quota()? {
            (Some(free), Some(used)) => Some(Room { free, total: free.saturating_add(used) }).filter(|room| room.total > 0),
            _ => None,
        })
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        let size = self.size(name)?;
        let mut download = Download::new(Range { anew: true, all: true, ..self.range(name) }, self.server.client(), 0, size);
        let hash = sum::sha256(name, size, PIECE, each, &mut |buffer| {
            download.read(buffer).map_err(|failure| self.unread(name, failure))
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
        for (name, told) in children {
            if !told.is_folder && name::is_left(&name, told.modified, before) {
                let name = name::join(folder, &name);
                self.server.remove(self.url(&name), &name)?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        name::check(name)?;
        let mut upload = Box::new(WebdavUpload::begin(name, self.server.clone()));
        std::io::Write::write_all(&mut upload, bytes).map_err(|e| Error::from_io(name, e))?;
        upload.finish()
    }

    fn read_all(&self, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
        name::check(name)?;
        range::whole(self.server.client(), &self.url(name), limit).map_err(|failure| self.unread(name, failure))
    }
}

#[cfg(test)]
mod tests;
