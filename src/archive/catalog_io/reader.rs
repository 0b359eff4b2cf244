//! Reads a catalog: the index at once, segments as they are wanted.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::vec;

use super::line::{EntryLine, HeaderLine, MoreLine};
use super::{CatalogIndex, FrameRef, SegmentRef, VolumeInfo, bounds, check, index};
use crate::archive::codec::zstd::Decompressor;
use crate::archive::key::KeyRing;
use crate::archive::object::{self, Objects, catalog_file_name, run_folder};
use crate::archive::seal::{Identity, MAX_RECORD, ObjectKind, Opener, RECORD_OVERHEAD};
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind, VolumeRef};
use crate::model::format::Kind;
use crate::model::path::compare_components;
use crate::model::plan::PlanId;
use crate::model::snapshot::{Manifest, VersionId};

/// Reads a version's catalog. Can be shared between threads.
pub struct CatalogReader {
    /// The version whose catalog it is.
    pub version: VersionId,
    pub index: CatalogIndex,
    frames: Frames,
}

/// Fetches frames of catalog files.
struct Frames {
    objects: Arc<dyn Objects>,
    /// `None` where the version is not sealed.
    ring: Option<Arc<KeyRing>>,
    plan: PlanId,
    openers: Mutex<HashMap<VersionId, Arc<Opener>>>,
    /// Those that no thread is using.
    decompressors: Mutex<Vec<Decompressor>>,
}

impl CatalogReader {
    /// Reads and checks the index. `ring`: the plan's keys where the version is sealed.
    ///
    /// `NotSealed` where there is a ring and the version is not sealed, `UnknownKey` where it is and there is none.
    pub fn open(objects: Arc<dyn Objects>, ring: Option<Arc<KeyRing>>, plan: &PlanId, manifest: &Manifest) -> Result<Self> {
        let version = manifest.id.clone();
        let object = object_name(&version, ring.is_some());
        match (manifest.sealed, &ring) {
            (true, None) => return Err(Error::UnknownKey { object }),
            (false, Some(_)) => return Err(Error::NotSealed { object }),
            _ => {}
        }
        let at = &manifest.catalog;
        if at.name != catalog_file_name(manifest.sealed) || at.index_offset.checked_add(at.index_length) != Some(at.size) {
            return Err(Error::damaged(object, "its manifest does not fit it"));
        }
        let frames = Frames { objects, ring, plan: plan.clone(), openers: Mutex::default(), decompressors: Mutex::default() };
        let mut bytes = Vec::new();
        frames.read(&version, at.index_offset, at.index_length, true, bounds::INDEX, &mut bytes)?;
        let index = index::decode(&object, &bytes, &version)?;
        Ok(Self { version, index, frames })
    }

    /// Reads, opens, checks and parses one segment. `Damaged` where there is none of this number.
    pub fn segment(&self, number: usize) -> Result<Vec<Entry>> {
        self.read_segment(number, true)
    }

    /// The same without where the content lies, which can be very much: entries have neither pieces nor holes.
    pub fn heads(&self, number: usize) -> Result<Vec<Entry>> {
        self.read_segment(number, false)
    }

    fn read_segment(&self, number: usize, whole: bool) -> Result<Vec<Entry>> {
        let Some(segment) = self.index.segments.get(number) else {
            return Err(Error::damaged(self.name(&self.version), "it has no such segment"));
        };
        let name = self.name(&segment.run);
        let damaged = |what: &str| Error::damaged(&name, format!("the segment of {}: {what}", segment.first.display()));
        let mut bytes = Vec::new();
        let mut frames = segment.frames();
        if let Some(frame) = frames.next() {
            self.read(&frame, &mut bytes)?;
        }
        let mut entries = self.parse(&bytes).map_err(|what| damaged(&what))?;
        if !whole {
            for entry in &mut entries {
                (entry.pieces, entry.holes) = (Vec::new(), Vec::new());
            }
        }
        for frame in frames.take(if whole { usize::MAX } else { 0 }) {
            self.read(&frame, &mut bytes)?;
            let last = entries.last_mut().ok_or_else(|| damaged("it is empty"))?;
            self.parse_more(&bytes, last).map_err(|what| damaged(&what))?;
        }
        let next = self.index.segments.get(number + 1);
        check_segment(segment, next, &entries, whole).map_err(|what| damaged(&what))?;
        Ok(entries)
    }

    /// All entries in path order; reads a segment at a time. An error stands for a segment: what follows it is read on.
    pub fn entries(&self) -> Entries<'_> {
        self.entries_from(b"")
    }

    /// The entries from the first one at or after `path`.
    pub fn entries_from(&self, path: &[u8]) -> Entries<'_> {
        let segments = &self.index.segments;
        let after = segments.partition_point(|segment| compare_components(segment.first.as_bytes(), path).is_le());
        Entries { reader: self, next: after.saturating_sub(1), loaded: Vec::new().into_iter(), from: path.to_vec() }
    }

    /// The entries of one segment, or why they cannot be had.
    pub fn entries_of(&self, number: usize) -> impl Iterator<Item = Result<Entry>> + use<> {
        let (entries, error) = match self.segment(number) {
            Ok(entries) => (entries, None),
            Err(error) => (Vec::new(), Some(Err(error))),
        };
        entries.into_iter().map(Ok).chain(error)
    }

    /// All entries from the last to the first, a segment at a time. An error stands for a segment.
    pub fn entries_reversed(&self) -> impl Iterator<Item = Result<Entry>> + '_ {
        (0..self.index.segments.len()).rev().flat_map(|number| {
            let (entries, error) = match self.segment(number) {
                Ok(entries) => (entries, None),
                Err(error) => (Vec::new(), Some(Err(error))),
            };
            error.into_iter().chain(entries.into_iter().rev().map(Ok))
        })
    }

    pub fn volume(&self, volume: &VolumeRef) -> Option<&VolumeInfo> {
        let at = self.index.volumes.binary_search_by(|info| info.volume.cmp(volume)).ok()?;
        self.index.volumes.get(at)
    }

    fn is_sealed(&self) -> bool {
        self.frames.ring.is_some()
    }

    /// The full name of a volume, for words about it.
    pub fn volume_name(&self, volume: &VolumeRef) -> String {
        let kind = self.volume(volume).map_or_else(Kind::default, |info| info.kind);
        object::volume_name(volume, kind, self.is_sealed())
    }

    fn name(&self, run: &VersionId) -> String {
        object_name(run, self.is_sealed())
    }

    fn read(&self, frame: &FrameRef, out: &mut Vec<u8>) -> Result<()> {
        self.frames.read(&frame.run, frame.offset, frame.length.into(), false, bounds::SEGMENT, out)?;
        if blake3::hash(out) != frame.hash {
            return Err(Error::damaged(self.name(&frame.run), format!("the segment at {} has other content", frame.offset)));
        }
        Ok(())
    }

    fn parse(&self, mut bytes: &[u8]) -> Result<Vec<Entry>, String> {
        let volumes = self.table(&mut bytes)?;
        let mut entries = Vec::new();
        while !bytes.is_empty() {
            let line = index::take_line(&mut bytes).ok_or("it is cut short")?;
            let line: EntryLine<'_> = serde_json::from_slice(line).map_err(|e| e.to_string())?;
            entries.push(line.entry(&volumes)?);
        }
        Ok(entries)
    }

    /// Adds the rest of the pieces and holes to the entry they belong to.
    fn parse_more(&self, mut bytes: &[u8], entry: &mut Entry) -> Result<(), String> {
        let volumes = self.table(&mut bytes)?;
        let line = index::take_line(&mut bytes).ok_or("it is cut short")?;
        let MoreLine { more, holes } = serde_json::from_slice(line).map_err(|e| e.to_string())?;
        if !bytes.is_empty()
            || entry.pieces.len() + more.len() > bounds::PIECES
            || entry.holes.len() + holes.len() > bounds::HOLES
        {
            return Err("it goes on too long".into());
        }
        for form in more {
            entry.pieces.push(form.piece(&volumes)?);
        }
        entry.holes.extend(holes);
        Ok(())
    }

    /// Takes the first line: the frame's volumes, each of which the index must know.
    fn table(&self, bytes: &mut &[u8]) -> Result<Vec<VolumeRef>, String> {
        let line = index::take_line(bytes).ok_or("it is cut short")?;
        let HeaderLine { volumes } = serde_json::from_slice(line).map_err(|e| e.to_string())?;
        let mut runs: HashSet<VersionId> = HashSet::new();
        volumes
            .into_iter()
            .map(|(run, number)| {
                // One copy of each run's name for all pieces.
                let run = runs.get(&run).cloned().unwrap_or_else(|| {
                    runs.insert(run.clone());
                    run
                });
                let volume = VolumeRef { run, number };
                if self.volume(&volume).is_some() { Ok(volume) } else { Err("a volume is not in the index".into()) }
            })
            .collect()
    }
}

/// The entries are whole, in order, and those that the index promises.
fn check_segment(segment: &SegmentRef, next: Option<&SegmentRef>, entries: &[Entry], whole: bool) -> Result<(), String> {
    let (mut files, mut bytes) = (0u64, 0u64);
    for entry in entries {
        let checked = if whole { check::entry(entry) } else { check::head(entry) };
        checked.map_err(|what| format!("{}: {what}", entry.path.display()))?;
        files += u64::from(entry.kind == EntryKind::File);
        bytes = bytes.saturating_add(entry.size);
    }
    let in_order = entries.is_sorted_by(|a, b| a.path < b.path)
        && entries.first().is_some_and(|first| first.path == segment.first)
        && entries.last().is_some_and(|last| next.is_none_or(|next| last.path < next.first));
    if !in_order {
        return Err("its entries are not in order".into());
    }
    if (entries.len() as u64, files, bytes) != (segment.entries, segment.files, segment.bytes) {
        return Err("its entries are not those that the index tells".into());
    }
    Ok(())
}

/// A version's entries in path order.
pub struct Entries<'a> {
    reader: &'a CatalogReader,
    next: usize,
    loaded: vec::IntoIter<Entry>,
    /// Entries before this path are passed over.
    from: Vec<u8>,
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.loaded.next() {
                return Some(Ok(entry));
            }
            if self.next >= self.reader.index.segments.len() {
                return None;
            }
            self.next += 1;
            match self.reader.segment(self.next - 1) {
                Ok(entries) => {
                    let skip = entries.partition_point(|entry| compare_components(entry.path.as_bytes(), &self.from).is_lt());
                    self.loaded = entries.into_iter();
                    if skip > 0 {
                        self.loaded.nth(skip - 1);
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn object_name(run: &VersionId, sealed: bool) -> String {
    format!("{}/{}", run_folder(run), catalog_file_name(sealed))
}

impl Frames {
    /// Fetches, opens and unpacks the frame at `offset` of a run's catalog; `last`: whether it must be the file's last record.
    fn read(&self, run: &VersionId, offset: u64, length: u64, last: bool, limit: usize, out: &mut Vec<u8>) -> Result<()> {
        let object = object_name(run, self.ring.is_some());
        if length == 0 || length > (MAX_RECORD + RECORD_OVERHEAD) as u64 {
            return Err(Error::damaged(object, "a frame's length is out of bounds"));
        }
        let opener = match &self.ring {
            Some(ring) => Some(self.opener(ring, run, &object)?),
            None => None,
        };
        let mut record = vec![0; length as usize];
        self.objects.read_at(&object, offset, &mut record).map_err(|e| Error::reading(&object, e))?;
        let content = match opener {
            Some(opener) => {
                let (is_last, content) = opener.open_within(offset, &mut record)?;
                if is_last != last {
                    return Err(Error::damaged(object, "a record does not stand where it should"));
                }
                content
            }
            None => 0..record.len(),
        };
        let mut decompressor = self.lock_decompressors().pop().unwrap_or_default();
        let unpacked = decompressor.decompress(&object, record.get(content).unwrap_or_default(), limit, out);
        self.lock_decompressors().push(decompressor);
        unpacked
    }

    fn lock_decompressors(&self) -> std::sync::MutexGuard<'_, Vec<Decompressor>> {
        self.decompressors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The opener of a run's catalog; its header is read once.
    fn opener(&self, ring: &KeyRing, run: &VersionId, object: &str) -> Result<Arc<Opener>> {
        let lock = || self.openers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opener) = lock().get(run) {
            return Ok(Arc::clone(opener));
        }
        let identity = Identity {
            plan: self.plan.bytes(),
            version: run.as_str(),
            object: catalog_file_name(true),
            kind: ObjectKind::Catalog,
        };
        let mut header = vec![0; identity.header_length()];
        self.objects.read_at(object, 0, &mut header).map_err(|e| Error::reading(object, e))?;
        let opener = Arc::new(Opener::new(ring, &header, identity, object)?);
        lock().insert(run.clone(), Arc::clone(&opener));
        Ok(opener)
    }
}
