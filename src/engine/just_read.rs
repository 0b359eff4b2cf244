//! What was read from a server a moment ago is not asked for again: a command's questions, and the steps of a restore, want the same
//! marker, manifests and pieces of a catalog, and each request costs the way there and back.
//!
//! Only objects' content: it is written once. Lists are asked for each time, since others may write there.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::core::lock;
use crate::storage::{Error, Listed, Room, Storage, Take, Upload};

/// How long.
const KEPT: Duration = Duration::from_secs(3);
/// Bytes of what is kept; what is longer is not read twice so soon.
const SMALL: usize = 256 << 10;
/// Bytes of all that is kept.
const MOST: usize = 4 << 20;

pub struct JustRead {
    storage: Arc<dyn Storage>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    pieces: HashMap<Piece, (Instant, Arc<[u8]>)>,
    bytes: usize,
}

/// Of an object: from a byte on so many, or all of it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Piece {
    name: String,
    part: Option<(u64, usize)>,
}

impl JustRead {
    pub fn new(storage: Arc<dyn Storage>) -> Self {
        Self { storage, kept: Arc::default() }
    }

    fn find(&self, piece: &Piece) -> Option<Arc<[u8]>> {
        let kept = lock(&self.kept);
        let (read, bytes) = kept.pieces.get(piece)?;
        (read.elapsed() < KEPT).then(|| bytes.clone())
    }

    /// `asked`: before it was read.
    fn keep(&self, piece: Piece, asked: Instant, bytes: &[u8]) {
        if bytes.len() > SMALL {
            return;
        }
        let mut kept = lock(&self.kept);
        if kept.bytes + bytes.len() > MOST {
            *kept = Kept::default();
        }
        kept.bytes += bytes.len();
        if let Some((_, old)) = kept.pieces.insert(piece, (asked, bytes.into())) {
            kept.bytes -= old.len();
        }
    }
}

/// Something is written or taken away: what was read before may have been it.
fn forget(kept: &Mutex<Kept>) {
    *lock(kept) = Kept::default();
}

impl Storage for JustRead {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        self.storage.list(folder)
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        self.storage.size(name)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        let piece = Piece { name: name.to_owned(), part: Some((offset, buffer.len())) };
        if let Some(bytes) = self.find(&piece) {
            buffer.copy_from_slice(&bytes);
            return Ok(());
        }
        let asked = Instant::now();
        self.storage.read_at(name, offset, buffer)?;
        self.keep(piece, asked, buffer);
        Ok(())
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        self.storage.read_through(name, offset, end, take)
    }

    fn is_streamed(&self) -> bool {
        self.storage.is_streamed()
    }

    fn file(&self, name: &str) -> Result<Option<File>, Error> {
        self.storage.file(name)
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        let upload = self.storage.create(name)?;
        Ok(Box::new(Writing { upload, kept: self.kept.clone() }))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        let deleted = self.storage.delete(name);
        forget(&self.kept);
        deleted
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        let deleted = self.storage.delete_folder(name);
        forget(&self.kept);
        deleted
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        self.storage.room()
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        self.storage.sha256_on_medium(name, each)
    }

    fn identity(&self) -> Option<(u64, u64)> {
        self.storage.identity()
    }

    fn cid(&self) -> Result<Option<String>, Error> {
        self.storage.cid()
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        self.storage.sweep_temporary(folder, before)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let put = self.storage.put(name, bytes);
        forget(&self.kept);
        put
    }

    fn read_all(&self, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
        let piece = Piece { name: name.to_owned(), part: None };
        if let Some(bytes) = self.find(&piece).filter(|bytes| bytes.len() as u64 <= limit) {
            return Ok(bytes.to_vec());
        }
        let asked = Instant::now();
        let bytes = self.storage.read_all(name, limit)?;
        self.keep(piece, asked, &bytes);
        Ok(bytes)
    }
}

struct Writing {
    upload: Box<dyn Upload>,
    kept: Arc<Mutex<Kept>>,
}

impl io::Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.upload.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.upload.flush()
    }
}

impl Upload for Writing {
    fn lies_in(&mut self, file: &Arc<File>) {
        self.upload.lies_in(file);
    }

    fn finish(self: Box<Self>) -> Result<(), Error> {
        let finished = self.upload.finish();
        forget(&self.kept);
        finished
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::local::Local;

    #[test]
    fn what_was_just_read_is_not_read_again_unless_something_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let storage = JustRead::new(Arc::new(Local::open(folder.path()).unwrap()));
        storage.put("a", b"first").unwrap();
        let mut part = [0; 3];
        storage.read_at("a", 1, &mut part).unwrap();
        assert_eq!((storage.read_all("a", 9).unwrap().as_slice(), &part), (b"first".as_slice(), b"irs"));
        std::fs::write(folder.path().join("a"), "other").unwrap();
        let mut again = [0; 3];
        storage.read_at("a", 1, &mut again).unwrap();
        assert_eq!((storage.read_all("a", 9).unwrap().as_slice(), &again), (b"first".as_slice(), b"irs"));
        assert!(storage.read_all("a", 4).is_err(), "a limit holds");
        assert_eq!(storage.list("").unwrap().len(), 1);
        storage.put("b", b"x").unwrap();
        assert_eq!(storage.read_all("a", 9).unwrap(), b"other");
        storage.delete("a").unwrap();
        assert!(storage.read_all("a", 9).is_err());
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let storage = JustRead::new(Arc::new(Local::open(folder.path()).unwrap()));
        storage.put("a", &vec![7; 8 << 20]).unwrap();
        let mut piece = vec![0; SMALL];
        for n in 0..30 {
            storage.read_at("a", n * 1000, &mut piece).unwrap();
            assert!(lock(&storage.kept).bytes <= MOST);
        }
        assert!(lock(&storage.kept).pieces.len() > 1);
        storage.read_at("a", 0, &mut vec![0; SMALL + 1]).unwrap();
        assert!(storage.find(&Piece { name: "a".into(), part: Some((0, SMALL + 1)) }).is_none());
    }
}
