//! What was read from a server a moment ago is not asked for again: a command's questions, and the steps of a restore, want the same
//! marker, manifests and pieces of a catalog, and each request costs the way there and back.
//!
//! Objects' content is written once. Lists may change: they are kept together, so that all of them are of one moment, and whoever must know
//! what lies there now ([`Storage::look_anew`]) asks for them again.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::core::lock;
use crate::model::keeping::Keeping;
use crate::storage::{Error, Kind, Listed, Room, Storage, Take, Upload, name};

/// How long.
const KEPT: Duration = Duration::from_secs(3);
/// Bytes of what is kept; what is longer is not read twice so soon.
const SMALL: usize = 256 << 10;
/// Bytes of all that is kept.
const MOST: usize = 4 << 20;
/// Entries of all lists that are kept.
const MOST_ENTRIES: usize = 20_000;

pub struct JustRead {
    storage: Arc<dyn Storage>,
    kept: Arc<Mutex<Kept>>,
}

/// What was read of one destination. All connections to it share it: what is written over one changes what another may give.
#[derive(Default)]
pub struct Kept {
    pieces: HashMap<Piece, (Instant, Arc<[u8]>)>,
    bytes: usize,
    lists: HashMap<String, Vec<Listed>>,
    entries: usize,
    /// When the first of the lists was asked for.
    listed: Option<Instant>,
    /// Of what was forgotten, so that nothing is kept that was asked for before.
    forgotten: u64,
}

impl Kept {
    /// What was read before may be something else by now.
    fn forget(&mut self) {
        *self = Self { forgotten: self.forgotten + 1, ..Self::default() };
    }

    fn forget_lists(&mut self) {
        (self.lists, self.entries, self.listed) = (HashMap::new(), 0, None);
        self.forgotten += 1;
    }

    fn are_lists_fresh(&self) -> bool {
        self.listed.is_some_and(|at| at.elapsed() < KEPT)
    }

    /// What lies in a folder, as far as that was seen a moment ago: nothing where the list of the one above does not have it.
    fn list(&self, folder: &str) -> Option<Vec<Listed>> {
        let known = self.lists.get(folder).cloned();
        known.or_else(|| self.is_missing(folder, true).then(Vec::new))
    }

    /// Whether the lists say that a folder, or an object, is not there.
    fn is_missing(&self, name: &str, is_folder: bool) -> bool {
        if name.is_empty() {
            return false;
        }
        let (above, child) = name::split(name);
        let lacks = |list: &Vec<Listed>| !list.iter().any(|entry| entry.name == child && entry.is_folder == is_folder);
        self.lists.get(above).map_or_else(|| self.is_missing(above, true), lacks)
    }
}

/// Of an object: from a byte on so many, or all of it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Piece {
    name: String,
    part: Option<(u64, usize)>,
}

impl JustRead {
    pub fn new(storage: Arc<dyn Storage>, kept: Arc<Mutex<Kept>>) -> Self {
        Self { storage, kept }
    }

    /// Whether lists of a moment ago say that a folder, or an object, is not there.
    fn is_missing(&self, name: &str, is_folder: bool) -> bool {
        let kept = lock(&self.kept);
        kept.are_lists_fresh() && kept.is_missing(name, is_folder)
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
            (kept.pieces, kept.bytes) = (HashMap::new(), 0);
        }
        kept.bytes += bytes.len();
        if let Some((_, old)) = kept.pieces.insert(piece, (asked, bytes.into())) {
            kept.bytes -= old.len();
        }
    }

    /// `before`: how often something was forgotten when it was asked for.
    fn keep_list(&self, folder: &str, asked: Instant, before: u64, list: &[Listed]) {
        let mut kept = lock(&self.kept);
        if kept.forgotten != before || kept.entries + list.len() > MOST_ENTRIES {
            return;
        }
        kept.listed.get_or_insert(asked);
        kept.entries += list.len();
        if let Some(old) = kept.lists.insert(folder.to_owned(), list.to_vec()) {
            kept.entries -= old.len();
        }
    }
}

impl Storage for JustRead {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        let (asked, before) = {
            let mut kept = lock(&self.kept);
            if !kept.are_lists_fresh() {
                kept.forget_lists();
            } else if let Some(list) = kept.list(folder) {
                return Ok(list);
            }
            (Instant::now(), kept.forgotten)
        };
        let list = self.storage.list(folder)?;
        self.keep_list(folder, asked, before, &list);
        Ok(list)
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        // A name that is none is refused as such.
        if self.is_missing(name, false) && name::check(name).is_ok() {
            return Err(Error::new(Kind::NotFound, name, "not there a moment ago"));
        }
        self.storage.size(name)
    }

    fn look_anew(&self) {
        lock(&self.kept).forget_lists();
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
        lock(&self.kept).forget();
        deleted
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        let deleted = self.storage.delete_folder(name);
        lock(&self.kept).forget();
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

    fn keeping(&self) -> Option<Keeping> {
        self.storage.keeping()
    }

    fn cid(&self) -> Result<Option<String>, Error> {
        self.storage.cid()
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        if self.is_missing(folder, true) { Ok(0) } else { self.storage.sweep_temporary(folder, before) }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let put = self.storage.put(name, bytes);
        lock(&self.kept).forget();
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
        lock(&self.kept).forget();
        finished
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::storage::local::Local;

    fn at(folder: &tempfile::TempDir) -> JustRead {
        JustRead::new(Arc::new(Local::open(folder.path()).unwrap()), Arc::default())
    }

    #[test]
    fn what_is_written_over_one_connection_is_seen_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let one = at(&folder);
        let other = JustRead::new(Arc::new(Local::open(folder.path()).unwrap()), one.kept.clone());
        assert_eq!(other.list("").unwrap(), []);
        let mut upload = one.create("a").unwrap();
        assert_eq!(other.list("").unwrap(), []);
        io::Write::write_all(&mut upload, b"x").unwrap();
        upload.finish().unwrap();
        assert_eq!(other.list("").unwrap().len(), 1);
        one.delete("a").unwrap();
        assert_eq!(other.list("").unwrap(), []);
    }

    #[test]
    fn what_was_just_read_is_not_read_again_unless_something_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let storage = at(&folder);
        storage.put("a", b"first").unwrap();
        let mut part = [0; 3];
        storage.read_at("a", 1, &mut part).unwrap();
        assert_eq!((storage.read_all("a", 9).unwrap().as_slice(), &part), (b"first".as_slice(), b"irs"));
        fs::write(folder.path().join("a"), "other").unwrap();
        let mut again = [0; 3];
        storage.read_at("a", 1, &mut again).unwrap();
        assert_eq!((storage.read_all("a", 9).unwrap().as_slice(), &again), (b"first".as_slice(), b"irs"));
        assert!(storage.read_all("a", 4).is_err(), "a limit holds");
        storage.put("b", b"x").unwrap();
        assert_eq!(storage.read_all("a", 9).unwrap(), b"other");
        storage.delete("a").unwrap();
        assert!(storage.read_all("a", 9).is_err());
    }

    #[test]
    fn lists_are_of_one_moment_until_something_is_written_or_asked_anew() {
        let folder = tempfile::tempdir().unwrap();
        let storage = at(&folder);
        let names = |at: &str| storage.list(at).unwrap().into_iter().map(|entry| entry.name).collect::<Vec<_>>();
        let by_another = |name: &str| {
            fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
            fs::write(folder.path().join(name), "x").unwrap();
        };
        storage.put("p/a", b"x").unwrap();
        assert_eq!((names(""), names("p")), (vec!["p".into()], vec!["a".into()]));
        by_another("p/b");
        by_another("p/data/run/v1");
        by_another("q/a");
        assert_eq!((names("p"), names("p/data/run"), names("q")), (vec!["a".to_string()], vec![], vec![]));
        let kinds = ["p/b", "q/a", "r/../x"].map(|name| storage.size(name).unwrap_err().kind);
        assert_eq!(kinds, [Kind::NotFound, Kind::NotFound, Kind::InvalidName]);
        assert_eq!((storage.size("p/a").unwrap(), storage.read_all("p/b", 9).unwrap()), (1, b"x".to_vec()));
        storage.look_anew();
        assert_eq!((names("p/data/run"), names("p")), (vec!["v1".into()], ["a", "b", "data"].map(String::from).to_vec()));
        storage.put("p/c", b"x").unwrap();
        assert!(names("p").contains(&"c".to_string()));
        assert_eq!(storage.size("q/a").unwrap(), 1);
        lock(&storage.kept).listed = Instant::now().checked_sub(KEPT);
        by_another("p/d");
        assert!(names("p").contains(&"d".to_string()), "after a while");
    }

    #[test]
    fn a_list_that_was_asked_for_before_something_was_written_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let storage = at(&folder);
        let (asked, before) = (Instant::now(), lock(&storage.kept).forgotten);
        let list = storage.storage.list("").unwrap();
        storage.put("a", b"x").unwrap();
        storage.keep_list("", asked, before, &list);
        assert_eq!(storage.list("").unwrap().len(), 1);
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let storage = at(&folder);
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
