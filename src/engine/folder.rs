//! A plan's folder at a destination: marker, owner, key slots, manifests; and the [`Objects`] the archive asks for.

pub mod copy;
mod keys;
mod making;
mod pins;
mod reserve;
pub mod unmarked;
mod versions;

use std::io;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::archive::key::KeyRing;
use crate::archive::object::{OBJECTS, ObjectWriter, Objects, Take};
use crate::archive::{self, json_lines};
use crate::model::keeping::Keeping;
use crate::model::marker::{self, Marker, Owner};
use crate::model::plan::PlanId;
use crate::model::problem::{Code, Problem};
use crate::model::recover;
use crate::model::restore::PlanChoice;
use crate::model::run::Cancel;
use crate::model::snapshot::{Manifest, VersionId};
use crate::model::sum;
use crate::storage::stop::Stop;
use crate::storage::{self, Kind, Storage, Upload};

use super::core::lock;
use super::explain;
use super::few_at_once::few_at_once;

pub use keys::Keys;
use reserve::Reserve;

/// Most plans that one destination is asked about.
const MAX_PLANS: usize = 1000;
/// Longest marker, owner or key file.
const MAX_SMALL: u64 = 1 << 20;
/// Earlier owner files of a home that are looked into.
const OWNERS: usize = 8;
/// Folders that are listed at the same time.
const LISTED_AT_ONCE: usize = 4;

pub struct Folder {
    storage: Arc<dyn Storage>,
    /// Folder name at the destination.
    pub name: String,
    pub marker: Marker,
    /// What is wrong with the marker that lies there; then `marker` is made up of what else does.
    pub unmarked: Option<&'static str>,
    reserve: Arc<Reserve>,
}

/// A manifest as it lies there: read, or why it could not be.
pub struct Listed {
    pub id: VersionId,
    pub manifest: Result<Manifest, archive::Error>,
}

impl Folder {
    /// All plan folders whose marker can be read; those with a damaged marker by name.
    pub fn all(storage: &Arc<dyn Storage>) -> Result<(Vec<Self>, Vec<String>), Problem> {
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        for name in storage::folders(&**storage)? {
            if found.len() + damaged.len() >= MAX_PLANS {
                break;
            }
            let marker = match storage.read_all(&format!("{name}/{}", marker::MARKER), MAX_SMALL) {
                Ok(bytes) => json_lines::decode::<Marker>(marker::MARKER, &bytes, json_lines::Trust::Checksum).ok(),
                // Somebody else's folder, perhaps one that we may not look into.
                Err(error) if matches!(error.kind, Kind::NotFound | Kind::NotReadable | Kind::Denied) => continue,
                Err(error) if error.kind == Kind::TooLong => None,
                Err(error) => return Err(error.into()),
            };
            match marker {
                Some(marker) if marker.kind == Marker::KIND => {
                    found.push(Self { storage: storage.clone(), name, marker, unmarked: None, reserve: Arc::default() });
                }
                _ => damaged.push(name),
            }
        }
        Ok((found, damaged))
    }

    /// The folder of a plan whose marker can be read; `None` where there is none.
    pub fn of_plan(storage: &Arc<dyn Storage>, plan: &PlanId) -> Result<Option<Self>, Problem> {
        Ok(Self::all(storage)?.0.into_iter().find(|folder| folder.plan() == plan))
    }

    /// The folder that is meant.
    pub fn choose(storage: &Arc<dyn Storage>, place: &str, choice: &PlanChoice) -> Result<Self, Problem> {
        let (mut all, damaged) = Self::all(storage)?;
        let there = |all: &[Self]| all.iter().map(|f| (f.marker.name.clone(), f.name.clone())).collect::<Vec<_>>();
        let before = there(&all);
        if let PlanChoice::Id(id) = choice {
            all.retain(|f| f.marker.plan == *id);
        } else if let PlanChoice::Name(name) = choice {
            all.retain(|f| f.marker.name == *name || f.name == *name);
        }
        if all.is_empty() {
            all = Self::unmarked(storage, &damaged, choice)?;
        }
        match all.len() {
            1 => Ok(all.remove(0)),
            0 if !damaged.is_empty() => {
                Err(archive::Error::damaged(format!("{}/{}", damaged[0], marker::MARKER), "its checksum does not fit").into())
            }
            0 if before.is_empty() => Err(explain::nothing_at(place)),
            0 => Err(explain::no_such_plan_at(place, &before)),
            _ => Err(explain::several_plans(&there(&all))),
        }
    }

    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    pub fn plan(&self) -> &PlanId {
        &self.marker.plan
    }

    /// `NoRoom` where nothing more should be written.
    pub fn check_room(&self) -> Result<(), Problem> {
        Ok(self.reserve.check(&*self.storage)?)
    }

    /// From now on no more is written than may lie there, in bytes; what does already is counted. `NoRoom` where that is as much.
    pub fn keep_within(&self, max: Option<u64>) -> Result<(), Problem> {
        let Some(max) = max else { return Ok(()) };
        Ok(self.reserve.keep_within(max, self.taken()?)?)
    }

    fn full(&self, name: &str) -> String {
        format!("{}/{name}", self.name)
    }

    pub fn list(&self, folder: &str) -> Result<Vec<storage::Listed>, Problem> {
        let full = if folder.is_empty() { self.name.clone() } else { self.full(folder) };
        Ok(self.storage.list(&full)?)
    }

    /// Bytes of all volumes and catalogs that lie there.
    pub fn stored(&self) -> Result<u64, Problem> {
        self.in_runs(&|entry| entry.name != OBJECTS)
    }

    /// The same with the lists of them.
    pub fn stored_with_lists(&self) -> Result<u64, Problem> {
        self.in_runs(&|_| true)
    }

    /// Bytes of what counts in the runs' folders.
    fn in_runs(&self, counts: &dyn Fn(&storage::Listed) -> bool) -> Result<u64, Problem> {
        let mut bytes = 0_u64;
        for run in self.list(marker::DATA)?.iter().filter(|entry| entry.is_folder) {
            let objects = self.list(&format!("{}/{}", marker::DATA, run.name))?;
            bytes = bytes.saturating_add(bytes_of(objects.iter().filter(|entry| counts(entry))));
        }
        Ok(bytes)
    }

    /// Bytes of all that lies in the plan's folder.
    fn taken(&self) -> Result<u64, Problem> {
        let bytes = Mutex::new(0_u64);
        let add = |folder: &str| -> Result<(), Problem> {
            let files = bytes_of(self.list(folder)?.iter().filter(|entry| !entry.is_folder));
            let mut bytes = lock(&bytes);
            *bytes = bytes.saturating_add(files);
            Ok(())
        };
        let runs = self.list(marker::DATA)?.into_iter().filter(|entry| entry.is_folder);
        let folders: Vec<String> = ["", marker::VERSIONS, marker::DELETED]
            .map(str::to_owned)
            .into_iter()
            .chain(runs.map(|run| format!("{}/{}", marker::DATA, run.name)))
            .collect();
        few_at_once(&folders, LISTED_AT_ONCE, |folder| add(folder))?;
        let bytes = *lock(&bytes);
        Ok(bytes)
    }

    pub fn read_all(&self, name: &str) -> Result<Vec<u8>, archive::Error> {
        Objects::read_all(self, name, json_lines::MAX_LENGTH).map_err(|e| archive::Error::object(name, e))
    }

    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Problem> {
        Ok(self.storage.put(&self.full(name), bytes)?)
    }

    /// Puts what ends a version: for that a little was kept of what may lie there.
    pub fn put_last(&self, name: &str, bytes: &[u8]) -> Result<(), Problem> {
        self.reserve.spend_last(name, bytes.len() as u64)?;
        self.put(name, bytes)
    }

    /// Puts an object that may be there already, then left as it is.
    pub fn put_once(&self, name: &str, bytes: &[u8]) -> Result<(), Problem> {
        match self.storage.put(&self.full(name), bytes) {
            Err(error) if error.kind == Kind::AlreadyExists => Ok(()),
            put => Ok(put?),
        }
    }

    pub fn delete(&self, name: &str) -> Result<(), Problem> {
        Ok(self.storage.delete(&self.full(name))?)
    }

    pub fn delete_folder(&self, name: &str) -> Result<(), Problem> {
        Ok(self.storage.delete_folder(&self.full(name))?)
    }

    /// Whether something may be removed: an account that may write but not delete keeps backups going all the same. What stays of it
    /// then is said.
    pub fn may_stay(removed: Result<(), Problem>) -> Result<Option<Problem>, Problem> {
        match removed {
            Ok(()) => Ok(None),
            Err(problem) if problem.code == Code::NotWritable => Ok(Some(problem)),
            Err(problem) => Err(problem),
        }
    }

    /// SHA-256 of an object as it lies on the medium, and whether the cache was bypassed.
    pub fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Problem> {
        Ok(self.storage.sha256_on_medium(&self.full(name), each)?)
    }

    /// Removes what writes that died left directly in a folder of the plan.
    pub fn sweep(&self, folder: &str) -> Result<(), Problem> {
        let full = if folder.is_empty() { self.name.clone() } else { self.full(folder) };
        self.storage.sweep_temporary(&full, None)?;
        Ok(())
    }

    /// What the destination keeps of objects that are deleted.
    pub fn keeping(&self) -> Option<Keeping> {
        self.storage.keeping()
    }

    /// Removes the whole plan folder.
    pub fn remove(self) -> Result<(), Problem> {
        // Without its marker it is no plan folder any more, whatever happens after.
        self.storage.delete(&self.full(marker::MARKER))?;
        Ok(self.storage.delete_folder(&self.name)?)
    }

    // ---- recover.py

    /// SHA-256 of `recover.py`, hex; `None` where there is none.
    pub fn recover_sha256(&self) -> Result<Option<String>, archive::Error> {
        match self.read_all(recover::NAME) {
            Ok(bytes) => Ok(Some(sha256_hex(&bytes))),
            Err(archive::Error::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts today's `recover.py` there: where there is none, an older one or a damaged one. One that the folder's marker alone
    /// knows is a newer Strongroom's and stays.
    pub fn renew_recover(&self) -> Result<(), Problem> {
        let newest = sha256_hex(recover::TEXT.as_bytes());
        let named = self.marker.recover_sha256.as_deref();
        // What cannot be read is replaced.
        let there = self.recover_sha256().ok().flatten();
        let newer = there.as_deref().is_some_and(|it| named == Some(it) && !recover::is_ours(it, None));
        if newer || there.as_deref() == Some(&newest) {
            return Ok(());
        }
        // Objects are written once: the old one goes first.
        if let Some(problem) = Self::may_stay(self.delete(recover::NAME))? {
            tracing::warn!("an older recover.py stays: {problem}");
            return Ok(());
        }
        self.put(recover::NAME, recover::TEXT.as_bytes())
    }

    /// How far small objects are to be trusted: the marker says whether the plan is sealed, and a ring proves it.
    pub fn check_marker(&self, ring: Option<&KeyRing>) -> Result<(), Problem> {
        if let (Some(ring), None) = (ring, self.unmarked) {
            let bytes = self.read_all(marker::MARKER)?;
            json_lines::decode::<Marker>(marker::MARKER, &bytes, json_lines::Trust::Mac(ring))?;
        }
        Ok(())
    }

    // ---- owner

    /// Who writes here: highest n, then greater home id.
    pub fn owner(&self, ring: Option<&KeyRing>) -> Result<Option<Owner>, Problem> {
        let Some((_, name)) = self.newest_owner()? else { return Ok(None) };
        Ok(Some(self.read_owner(&name, ring)?))
    }

    /// The home that writes here, by the name of the newest owner file, and that name.
    pub fn newest_owner(&self) -> Result<Option<(String, String)>, Problem> {
        let all = self.list("")?.into_iter().filter_map(|e| {
            let (n, home) = marker::parse_owner_name(&e.name)?;
            Some((n, home.to_owned(), e.name))
        });
        Ok(all.max().map(|(_, home, name)| (home, name)))
    }

    /// When the same home took over before, as far as that can be read: of its last few owner files.
    pub fn owned_before(&self, owner: &Owner, ring: Option<&KeyRing>) -> Result<Vec<Timestamp>, Problem> {
        // The first one took over from nobody, and the second is the one that is asked about.
        if owner.n < 3 {
            return Ok(Vec::new());
        }
        let mut before: Vec<u32> = self
            .list("")?
            .iter()
            .filter_map(|entry| marker::parse_owner_name(&entry.name))
            .filter(|(n, home)| *home == owner.home && (2..owner.n).contains(n))
            .map(|(n, _)| n)
            .collect();
        before.sort_unstable_by(|a, b| b.cmp(a));
        let read = |n| Some(self.read_owner(&marker::owner_name(n, &owner.home), ring).ok()?.since);
        Ok(before.into_iter().take(OWNERS).filter_map(read).collect())
    }

    /// An owner file, checked against where it lies.
    pub fn read_owner(&self, name: &str, ring: Option<&KeyRing>) -> Result<Owner, archive::Error> {
        let owner: Owner = json_lines::decode(name, &self.read_all(name)?, trust(ring))?;
        if owner.kind != Owner::KIND || owner.plan != *self.plan() || marker::owner_name(owner.n, &owner.home) != name {
            return Err(archive::Error::damaged(name, "it belongs elsewhere"));
        }
        Ok(owner)
    }

    pub fn put_owner(&self, owner: Owner, ring: Option<&KeyRing>) -> Result<(), Problem> {
        self.put(&marker::owner_name(owner.n, &owner.home), &json_lines::encode(&owner, ring.map(KeyRing::newest)))
    }
}

/// Bytes of all of them.
fn bytes_of<'a>(entries: impl IntoIterator<Item = &'a storage::Listed>) -> u64 {
    sum::saturating(entries.into_iter().map(|entry| entry.size))
}

/// As it stands in marker and manifests.
pub fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

fn trust(ring: Option<&KeyRing>) -> json_lines::Trust<'_> {
    ring.map_or(json_lines::Trust::Checksum, json_lines::Trust::Mac)
}

/// Carries the storage's error through the archive, so that its kind is not lost on the way to a person.
fn to_io(error: storage::Error) -> io::Error {
    let kind = match error.kind {
        Kind::NotFound => io::ErrorKind::NotFound,
        Kind::AlreadyExists => io::ErrorKind::AlreadyExists,
        Kind::NotWritable | Kind::NotReadable | Kind::Denied | Kind::Held => io::ErrorKind::PermissionDenied,
        Kind::NoRoom | Kind::NoRoomHere | Kind::MaxSize => io::ErrorKind::StorageFull,
        Kind::TooShort => io::ErrorKind::UnexpectedEof,
        Kind::FileTooLarge | Kind::TooLong => io::ErrorKind::FileTooLarge,
        Kind::NotAFolder => io::ErrorKind::NotADirectory,
        Kind::Unreachable
        | Kind::ServerAway
        | Kind::ServerUnknown
        | Kind::ServerChanged
        | Kind::ServerNotNamed
        | Kind::ServerBusy
        | Kind::Crowded
        | Kind::NoBucket
        | Kind::Unfilled
        | Kind::WrongRegion
        | Kind::WrongClock
        | Kind::NoKey
        | Kind::NoKeyId
        | Kind::NotAKey
        | Kind::NoPassword
        | Kind::Refused
        | Kind::Certificate
        | Kind::CertificateExpired
        | Kind::NoTls
        | Kind::NoHttps
        | Kind::WantsTls
        | Kind::CaFile
        | Kind::Nonsense
        | Kind::DamagedOnItsWay
        | Kind::NotStored
        | Kind::Elsewhere
        | Kind::Locked
        | Kind::InvalidName
        | Kind::ListCut
        | Kind::Cancelled
        | Kind::Other => error.source.kind(),
    };
    io::Error::new(kind, error)
}

impl Objects for Folder {
    fn size(&self, name: &str) -> io::Result<u64> {
        self.storage.size(&self.full(name)).map_err(to_io)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.storage.read_at(&self.full(name), offset, buffer).map_err(|e| match e.source.kind() {
            io::ErrorKind::UnexpectedEof => io::Error::new(io::ErrorKind::UnexpectedEof, e),
            _ => to_io(e),
        })
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> io::Result<()> {
        // The reader's own failure is given back as it was.
        let mut stopped = None;
        let read = self.storage.read_through(&self.full(name), offset, end, &mut |piece| {
            take(piece).map_err(|why| {
                stopped = Some(why);
                storage::Error::new(Kind::Cancelled, name, "not read on")
            })
        });
        stopped.map_or(read.map_err(to_io), Err)
    }

    fn read_all(&self, name: &str, limit: u64) -> io::Result<Vec<u8>> {
        self.storage.read_all(&self.full(name), limit).map_err(to_io)
    }

    fn is_streamed(&self) -> bool {
        self.storage.is_streamed()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn ObjectWriter>> {
        let full = self.full(name);
        let upload = self.storage.create(&full).map_err(to_io)?;
        let (storage, reserve) = (self.storage.clone(), self.reserve.clone());
        Ok(Box::new(Writing { upload, name: full, storage, reserve, stop: Stop::default() }))
    }
}

/// An upload as the archive knows it, that leaves some room.
struct Writing {
    upload: Box<dyn Upload>,
    name: String,
    storage: Arc<dyn Storage>,
    reserve: Arc<Reserve>,
    stop: Stop,
}

impl io::Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.reserve.spend(&*self.storage, &self.name, bytes.len() as u64).map_err(to_io)?;
        let Self { upload, name, stop, .. } = self;
        let written = stop.within(|| upload.write(bytes));
        written.map_err(|e| if stop.is_over() { to_io(storage::Error::new(Kind::Cancelled, &**name, "cancelled")) } else { e })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.upload.flush()
    }
}

impl ObjectWriter for Writing {
    fn ends_with(&mut self, cancel: &Cancel) {
        self.stop = Stop::of(cancel);
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let Self { upload, stop, .. } = *self;
        stop.during(|| upload.finish()).map_err(to_io)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_cannot_be_are_no_more_than_all_there_is() {
        let entry = |size| storage::Listed { name: "v0001.tar".into(), is_folder: false, size, modified: None };
        assert_eq!(bytes_of(&[entry(1), entry(2)]), 3);
        assert_eq!(bytes_of(&[entry(u64::MAX), entry(2)]), u64::MAX);
    }
}
