//! A place in an object store: Amazon S3 and what speaks its language, Google Cloud Storage, Azure Blob Storage.
//!
//! A store knows no folders: what stands before a `/` in the names of objects is one for as long as there are any.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use opendal::{HttpTransporter, Operator};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use super::access::Access;
use super::backoff::spread;
use super::{Error, Kind, Listed, Room, Storage, Take, Upload, name, stop};
use crate::model::keeping::Keeping;
use crate::model::location::Location;

mod asked;
mod body;
mod claims;
mod coming;
mod direct;
mod failure;
mod fault;
mod found;
mod keeping;
mod line;
mod range;
mod service;
mod single;
mod sums;
mod trust;
mod upload;
mod uploads;
mod wire;

use claims::Claims;
use direct::Direct;
use failure::judged;
use fault::Fault;
use found::Found;
use keeping::Asked;
use line::Line;
use single::{Bucket, SingleUpload};
use upload::StoreUpload;
use uploads::Uploads;
use wire::{Carrier, Wire};

/// What OpenDAL says where nothing of a batch could be deleted, whatever the reason.
const NONE_OF_A_BATCH: &str = "batch delete returned zero successes";
/// Read by one request,
const PIECE: usize = 8 << 20;
/// and so many at once.
const AT_ONCE: usize = 4;
/// What must have come since a line broke for its breaking again to be another matter.
const PROGRESS: u64 = 256 << 10;
const DELETED_AT_ONCE: usize = 16;
/// An object that is read whole comes by one request up to this size.
const SMALL: u64 = 64 << 20;

pub struct ObjectStore {
    line: Arc<Line>,
    /// What all keys of this place begin with: empty, or with a `/` at its end. OpenDAL would put it there itself, but not look
    /// whether what a server lists begins so.
    prefix: String,
    /// For errors.
    shown: String,
    /// Whether many objects are deleted by one request.
    in_batches: bool,
    /// Whether the store tells the MD5 of whatever is finished, also where it came in parts.
    tells_sums: bool,
    /// Of S3 only.
    bucket: Option<Arc<Bucket>>,
    /// Where there is a key to ask with.
    asked: Option<Asked>,
}

impl ObjectStore {
    /// Fails where there is no such bucket, or the credentials do not open it. Buckets are not made here: that is for whoever
    /// pays for them.
    pub fn open(location: &Location, access: &dyn Access) -> Result<Self, Error> {
        let store = Self::connect(location, access, None)?;
        match store.check_root() {
            Err(e) => match store.region(location, &e) {
                Some(region) => {
                    let store = Self::connect(location, access, Some(&region))?;
                    store.check_root().map_err(|e| judged(&store.shown, &e))?;
                    Ok(store)
                }
                None => Err(judged(&store.shown, &e)),
            },
            Ok(()) => Ok(store),
        }
    }

    fn connect(location: &Location, access: &dyn Access, region: Option<&str>) -> Result<Self, Error> {
        let service = service::open(location, access, region)?;
        let wire = Arc::new(Wire::new(location, access, service.in_cloud)?);
        let tells_sums = matches!(location, Location::Gcs(_));
        // Google's answer to a batch would be taken at its word in how many parts it has.
        let in_batches = !matches!(location, Location::Gcs(_));
        // By which credentials are asked for.
        let asking = HttpTransporter::new(Carrier { wire: wire.clone(), claims: Claims::None });
        let mut claims = match location {
            Location::Azure(_) => Claims::Objects(None),
            Location::Gcs(_) => Claims::Last,
            _ => Claims::All,
        };
        let (mut bucket, mut asked) = (None, None);
        match service.bucket {
            Some(service::Bucket::S3 { chain, signer, address, storage_class }) => {
                let direct = Arc::new(Direct::new(wire.clone(), asking, address, chain, signer));
                bucket = Some(Arc::new(Bucket::new(direct.clone(), storage_class)));
                asked = Some(Asked::S3(direct));
            }
            Some(service::Bucket::Google { chain, signer, address, name }) => {
                asked = Some(Asked::Google(Direct::new(wire.clone(), asking, address, chain, signer), name));
            }
            Some(service::Bucket::Azure { chain, address, container }) => {
                let signer = reqsign_azure_storage::RequestSigner::new();
                let direct = Arc::new(Direct::new(wire.clone(), asking, address, chain, signer));
                claims = Claims::Objects(Some(direct.clone()));
                asked = Some(Asked::Azure(direct, container));
            }
            None => {}
        }
        let line = Arc::new(Line::new(service.operator, HttpTransporter::new(Carrier { wire, claims }))?);
        Ok(Self { line, prefix: service.prefix, shown: location.display(), in_batches, tells_sums, bucket, asked })
    }

    /// Where the bucket lies, where the address does not say so and the store does.
    fn region(&self, location: &Location, error: &opendal::Error) -> Option<String> {
        match (location, Fault::of(error)) {
            (Location::S3(folder), Some(Fault::Refused(refusal)))
                if folder.region.is_empty() && refusal.kind() == Kind::WrongRegion && !refusal.region.is_empty() =>
            {
                Some(refusal.region.clone())
            }
            _ => None,
        }
    }

    fn operator(&self) -> &Operator {
        self.line.operator()
    }

    /// The key of an object.
    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// What the keys of all that lies in a folder begin with; the empty name is the root.
    fn within(&self, folder: &str) -> String {
        if folder.is_empty() { self.prefix.clone() } else { format!("{}{folder}/", self.prefix) }
    }

    fn check_root(&self) -> opendal::Result<()> {
        let first = async {
            let mut entries = self.operator().lister_with(&listed(&self.prefix)).limit(1).await?;
            entries.next().await.transpose()
        };
        self.line.wait(asked::list(first)).map(drop)
    }

    /// One request.
    fn read_piece(&self, name: &str, offset: u64, length: usize) -> opendal::Result<opendal::Buffer> {
        let end = offset.saturating_add(length as u64);
        self.line.wait(async { self.operator().read_with(&self.key(name)).range(offset..end).await })
    }

    /// One request, taken while it comes. `take` is called between waiting and not within it: it may wait for another server, and no line
    /// waits while another one does. What follows keeps coming meanwhile. The inner result is `take`'s.
    fn stream(&self, name: &str, from: u64, end: u64, take: &mut Take<'_>) -> opendal::Result<Result<(), Error>> {
        let begun = async { self.operator().reader(&self.key(name)).await?.into_stream(from..end).await };
        let mut pieces = self.line.wait(asked::streamed(begun))?;
        let mut left = end - from;
        while let Some(piece) = self.line.wait(asked::streamed(pieces.try_next()))? {
            for part in piece {
                left = left.saturating_sub(part.len() as u64);
                if let Err(error) = take(&part) {
                    return Ok(Err(error));
                }
            }
        }
        if left > 0 { Err(Fault::Cut("it ended before".into()).into_error()) } else { Ok(Ok(())) }
    }

    /// Many requests at once.
    fn read_pieces(&self, name: &str, offset: u64, buffer: &mut [u8]) -> opendal::Result<()> {
        self.line.wait(async {
            let mut pieces = JoinSet::new();
            let mut left = buffer.chunks_mut(PIECE).enumerate().collect::<Vec<_>>();
            left.reverse();
            let mut places = std::collections::HashMap::new();
            loop {
                while pieces.len() < AT_ONCE
                    && let Some((number, place)) = left.pop()
                {
                    let (operator, key) = (self.operator().clone(), self.key(name));
                    let from = offset + (number * PIECE) as u64;
                    let to = from + place.len() as u64;
                    places.insert(number, place);
                    pieces.spawn(async move { operator.read_with(&key).range(from..to).await.map(|bytes| (number, bytes)) });
                }
                let Some(piece) = pieces.join_next().await else { return Ok(()) };
                let (number, bytes) = piece.map_err(|_| Fault::Away("interrupted".into()).into_error())??;
                if let Some(place) = places.remove(&number) {
                    fill(place, bytes)?;
                }
            }
        })
    }
}

/// A prefix as it is listed.
fn listed(prefix: &str) -> String {
    if prefix.is_empty() { "/".into() } else { prefix.into() }
}

/// Bytes of an answer to where they belong.
fn fill(place: &mut [u8], bytes: opendal::Buffer) -> opendal::Result<()> {
    if bytes.len() != place.len() {
        return Err(Fault::Strange(format!("{} bytes instead of {}", bytes.len(), place.len())).into_error());
    }
    let mut rest = place;
    for bytes in bytes {
        let (here, after) = rest.split_at_mut(bytes.len());
        here.copy_from_slice(&bytes);
        rest = after;
    }
    Ok(())
}

impl Storage for ObjectStore {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        if !folder.is_empty() {
            name::check(folder)?;
        }
        let child = |Found { name, is_folder, size, modified }: Found| {
            let name = name.trim_end_matches('/').to_owned();
            // A store may hold names that lead elsewhere.
            let is_ours = name::check(&name).is_ok() && !name.contains('/');
            is_ours.then_some(Listed { name, is_folder, size: if is_folder { 0 } else { size }, modified })
        };
        let mut children: Vec<Listed> = self.entries(folder, false)?.into_iter().filter_map(child).collect();
        children.sort_by(|a, b| (&a.name, a.is_folder).cmp(&(&b.name, b.is_folder)));
        children.dedup_by(|a, b| a.name == b.name);
        Ok(children)
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        name::check(name)?;
        let there = self.line.wait(self.operator().stat(&self.key(name))).map_err(|e| judged(name, &e))?;
        Ok(there.content_length())
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        name::check(name)?;
        let too_short = || Error::new(Kind::TooShort, name, "it ends before");
        if offset.checked_add(buffer.len() as u64).is_none_or(|end| end > i64::MAX as u64) {
            self.size(name)?;
            return Err(too_short());
        }
        if buffer.is_empty() {
            return if self.size(name)? < offset { Err(too_short()) } else { Ok(()) };
        }
        let read = if buffer.len() > PIECE {
            self.read_pieces(name, offset, buffer)
        } else {
            self.read_piece(name, offset, buffer.len()).and_then(|bytes| fill(buffer, bytes))
        };
        read.map_err(|e| judged(name, &e))
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        name::check(name)?;
        let (mut at, mut tried_at, mut tries) = (offset, offset, 0);
        while at < end {
            let from = at;
            let mut take = |piece: &[u8]| {
                take(piece)?;
                at += piece.len() as u64;
                Ok(())
            };
            let failed = match self.stream(name, from, end, &mut take) {
                Ok(taken) => return taken,
                Err(failed) => failed,
            };
            // What cannot even be begun was tried often enough.
            if !matches!(Fault::of(&failed), Some(Fault::Cut(_))) {
                return Err(judged(name, &failed));
            }
            (tried_at, tries) = if at - tried_at >= PROGRESS { (at, 1) } else { (tried_at, tries + 1) };
            if tries > wire::REPEATS {
                return Err(judged(name, &failed));
            }
            tracing::debug!(%failed, at, "a store is asked for the rest");
            if !stop::pause(spread(wire::FIRST_PAUSE.saturating_mul(1 << tries))) {
                return Err(judged(name, &failed));
            }
        }
        Ok(())
    }

    fn is_streamed(&self) -> bool {
        true
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        name::check(name)?;
        // Not every store looks again when the upload ends.
        match self.size(name) {
            Ok(_) => Err(Error::new(Kind::AlreadyExists, name, "there is one")),
            Err(e) if e.kind == Kind::NotFound => match &self.bucket {
                Some(bucket) => Ok(Box::new(SingleUpload::begin(name, self.key(name), self.line.clone(), bucket.clone()))),
                None => Ok(Box::new(StoreUpload::begin(name, self.key(name), self.line.clone(), self.tells_sums)?)),
            },
            Err(e) => Err(e),
        }
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        name::check(name)?;
        self.line.wait(self.operator().delete(&self.key(name))).map_err(|e| judged(name, &e))
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        name::check(name)?;
        let within = self.within(name);
        let below: Vec<String> = self.entries(name, true)?.into_iter().map(|found| format!("{within}{}", found.name)).collect();
        let Some(first) = below.first().cloned() else { return Ok(()) };
        let deleted = if self.in_batches {
            let deleted = self.line.wait(self.operator().delete_iter(below));
            // One alone tells why.
            deleted.or_else(|e| match e.message() {
                NONE_OF_A_BATCH => self.line.wait(self.operator().delete(&first)).and(Err(e)),
                _ => Err(e),
            })
        } else {
            let each = futures_util::stream::iter(below).map(|path| async move { self.operator().delete(&path).await });
            self.line.wait(each.buffer_unordered(DELETED_AT_ONCE).try_collect::<()>())
        };
        deleted.map_err(|e| judged(name, &e))
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        Ok(None)
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        let mut left = self.size(name)?;
        let mut hash = Sha256::new();
        // A size that a server makes up costs no memory.
        let mut buffer = vec![0; (AT_ONCE * PIECE).min(usize::try_from(left).unwrap_or(usize::MAX))];
        let mut offset = 0;
        while left > 0 {
            let length = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let Some(piece) = buffer.get_mut(..length) else { break };
            self.read_at(name, offset, piece)?;
            hash.update(&*piece);
            offset += length as u64;
            left -= length as u64;
            if !each(length as u64) {
                return Err(Error::new(Kind::Cancelled, name, "cancelled"));
            }
        }
        // Where a store keeps it, and in how many places, it does not say.
        Ok((hash.finalize().into(), false))
    }

    fn identity(&self) -> Option<(u64, u64)> {
        None
    }

    fn keeping(&self) -> Option<Keeping> {
        let asked = self.asked.as_ref()?;
        self.line.wait(async { Ok(asked.keeping().await) }).ok().flatten()
    }

    /// What uploads that died left can be seen in S3 only; elsewhere the service itself takes it away after a week.
    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        if !folder.is_empty() {
            name::check(folder)?;
        }
        match &self.bucket {
            Some(bucket) => {
                self.line.wait(Uploads(bucket.direct.clone()).sweep(&self.within(folder), before)).map_err(|e| judged(folder, &e))
            }
            None => Ok(0),
        }
    }

    fn read_all(&self, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
        name::check(name)?;
        let longest = usize::try_from(limit.min(SMALL)).unwrap_or(usize::MAX);
        match self.line.wait(asked::whole(longest, self.operator().read(&self.key(name)))) {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err(e) => match judged(name, &e) {
                // Longer than comes by one request.
                e if e.kind == Kind::TooLong && limit > SMALL => {
                    let size = self.size(name)?;
                    if size > limit {
                        return Err(Error::new(Kind::TooLong, name, &format!("{size} bytes, expected at most {limit}")));
                    }
                    let mut bytes = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
                    self.read_at(name, 0, &mut bytes)?;
                    Ok(bytes)
                }
                e => Err(e),
            },
        }
    }
}

#[cfg(test)]
mod tests;
