//! Fetches, opens and unpacks frames of volumes.

use std::collections::HashMap;
use std::sync::Arc;

use super::catalog_io::{CatalogReader, VolumeInfo};
use super::codec::{Decompressor, FRAME_MAX};
use super::key::KeyRing;
use super::object::{Objects, volume_file_name, volume_name};
use super::seal::{Identity, MAX_RECORD, ObjectKind, Opener, RECORD_OVERHEAD};
use super::{Error, Result};
use crate::model::catalog::VolumeRef;
use crate::model::format::Kind;
use crate::model::plan::PlanId;

/// More openers than this are not kept: a restore meets volumes one after the other.
const MAX_OPENERS: usize = 1024;

/// One per worker: keeps contexts and the openers of the volumes it has seen.
pub struct FrameReader {
    objects: Arc<dyn Objects>,
    /// `None` where the plan is not sealed.
    ring: Option<Arc<KeyRing>>,
    plan: PlanId,
    openers: HashMap<VolumeRef, Opener>,
    decompressor: Decompressor,
    record: Vec<u8>,
    unpacked: Vec<u8>,
    /// Which frame `unpacked` is: small files that follow each other share it.
    current: Option<(VolumeRef, u64, u32)>,
}

impl FrameReader {
    pub fn new(objects: Arc<dyn Objects>, ring: Option<Arc<KeyRing>>, plan: PlanId) -> Self {
        Self {
            objects,
            ring,
            plan,
            openers: HashMap::new(),
            decompressor: Decompressor::default(),
            record: Vec::new(),
            unpacked: Vec::new(),
            current: None,
        }
    }

    /// The unpacked frame at `offset`, with `length` as stored. One ranged read; none where it is the frame that was asked for last.
    pub fn frame(&mut self, catalog: &CatalogReader, volume: &VolumeRef, offset: u64, length: u32) -> Result<&[u8]> {
        let same = |(v, o, l): &(VolumeRef, u64, u32)| (v, *o, *l) == (volume, offset, length);
        if !self.current.as_ref().is_some_and(same) {
            self.current = None;
            self.read(catalog, volume, offset, length, None)?;
            self.current = Some((volume.clone(), offset, length));
        }
        Ok(&self.unpacked)
    }

    /// The same of a frame that has been fetched already, as it is stored.
    pub fn frame_of(&mut self, catalog: &CatalogReader, volume: &VolumeRef, offset: u64, record: &[u8]) -> Result<&[u8]> {
        let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
        self.current = None;
        self.read(catalog, volume, offset, length, Some(record))?;
        self.current = Some((volume.clone(), offset, length));
        Ok(&self.unpacked)
    }

    /// `fetched`: what is stored there, where that is known.
    fn read(
        &mut self,
        catalog: &CatalogReader,
        volume: &VolumeRef,
        offset: u64,
        length: u32,
        fetched: Option<&[u8]>,
    ) -> Result<()> {
        let sealed = self.ring.is_some();
        let unknown = || Error::damaged(volume_name(volume, Kind::default(), sealed), "the catalog does not know it");
        let info = catalog.volume(volume).ok_or_else(unknown)?;
        let name = info.name(sealed);
        let fits = offset.checked_add(length.into()).is_some_and(|end| end <= info.size);
        if length == 0 || length as usize > MAX_RECORD + RECORD_OVERHEAD || !fits {
            return Err(Error::damaged(&name, format!("the frame at {offset} lies outside it")));
        }
        match fetched {
            Some(fetched) => {
                self.record.clear();
                self.record.extend_from_slice(fetched);
            }
            None => {
                self.record.resize(length as usize, 0);
                self.objects.read_at(&name, offset, &mut self.record).map_err(|e| Error::reading(&name, e))?;
            }
        }
        let content = match &self.ring {
            Some(ring) => {
                if !self.openers.contains_key(volume) {
                    let opener = opener(ring, &self.plan, info, &name)?;
                    if self.openers.len() >= MAX_OPENERS {
                        self.openers.clear();
                    }
                    self.openers.insert(volume.clone(), opener);
                }
                match self.openers.get(volume) {
                    Some(opener) => opener.open_within(offset, &mut self.record)?.1,
                    None => 0..0,
                }
            }
            None if info.header.is_empty() => 0..self.record.len(),
            None => return Err(Error::UnknownKey { object: name }),
        };
        let frame = self.record.get(content).unwrap_or_default();
        self.decompressor.decompress(info.kind, &name, frame, FRAME_MAX, &mut self.unpacked)
    }
}

/// From the header that the catalog holds.
fn opener(ring: &KeyRing, plan: &PlanId, info: &VolumeInfo, name: &str) -> Result<Opener> {
    let file = volume_file_name(info.volume.number, info.kind, true);
    let identity = Identity { plan: plan.bytes(), version: info.volume.run.as_str(), object: &file, kind: ObjectKind::Volume };
    Opener::new(ring, &info.header, identity, name)
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::archive::catalog_io::CatalogWriter;
    use crate::archive::codec::Compressor;
    use crate::archive::key::PlanKey;
    use crate::archive::object::catalog_file_name;
    use crate::archive::seal::Sealer;
    use crate::archive::test_objects::MemoryObjects;
    use crate::archive::test_version;
    use crate::model::catalog::{Entry, EntryKind, Piece};
    use crate::model::format::{Cipher, Kind};
    use crate::model::snapshot::{BackupType, Manifest, Totals, VersionId};

    const CONTENTS: [&[u8]; 2] = [b"the first frame", b"the second one"];

    struct Made {
        objects: MemoryObjects,
        ring: Option<Arc<KeyRing>>,
        plan: PlanId,
        catalog: CatalogReader,
        volume: VolumeRef,
        /// Offset and stored length of each frame.
        frames: Vec<(u64, u32)>,
    }

    /// A version with one volume of two frames.
    fn made(sealed: bool, kind: Kind) -> Made {
        let run = VersionId::new("2026-11-21T20:00:00Z".parse().unwrap(), BackupType::Full, [1; 4]);
        let plan = PlanId::from_random([7; 16]);
        let ring = sealed.then(|| Arc::new(KeyRing::new(PlanKey { id: [1; 16], bytes: Zeroizing::new([2; 32]) })));
        let sealer = |object: &str, kind| {
            let identity = Identity { plan: plan.bytes(), version: run.as_str(), object, kind };
            ring.as_ref().map(|ring| Sealer::new(ring.newest(), Cipher::Aes256Gcm, identity, [kind as u8; 32]))
        };
        let objects = MemoryObjects::new();
        let volume = VolumeRef { run: run.clone(), number: 1 };
        let volume_sealer = sealer(&volume_file_name(1, kind, sealed), ObjectKind::Volume);
        let header = volume_sealer.as_ref().map_or(Vec::new(), |sealer| sealer.header().to_vec());
        let mut bytes = header.clone();
        let mut frames = Vec::new();
        let mut compressor = Compressor::new(kind, 3);
        for (n, content) in CONTENTS.iter().enumerate() {
            let mut frame = Vec::new();
            compressor.compress(content, &mut frame);
            if let Some(sealer) = &volume_sealer {
                sealer.seal(bytes.len() as u64, n == 1, &mut frame);
            }
            frames.push((bytes.len() as u64, frame.len() as u32));
            bytes.extend_from_slice(&frame);
        }
        let info = VolumeInfo {
            volume: volume.clone(),
            kind,
            size: bytes.len() as u64,
            sha256: [0; 32],
            crc64nvme: None,
            header,
            live: 0,
            stored: 29,
        };
        objects.put(&volume_name(&volume, kind, sealed), bytes);
        let name = catalog_file_name(sealed);
        let out = objects.create(&format!("data/{run}/{name}")).unwrap();
        let sealer = sealer(name, ObjectKind::Catalog);
        let mut writer = CatalogWriter::new(out, name, sealer, run.clone(), vec![], vec![], None).unwrap();
        let (frame_offset, frame_length) = frames[0];
        let hash = *blake3::hash(CONTENTS[0]).as_bytes();
        let piece = Piece { volume: volume.clone(), frame_offset, frame_length, offset: 0, length: 15, hash };
        let entry = Entry { size: 15, pieces: vec![piece], ..test_version::entry("f", EntryKind::File) };
        writer.push(&entry).unwrap();
        let written = writer.finish(vec![info], &[]).unwrap();
        let manifest = Manifest {
            format: 1,
            kind: "version".into(),
            plan: plan.clone(),
            id: run,
            sequence: 1,
            backup_type: BackupType::Full,
            parent: None,
            sealed,
            home: String::new(),
            started: jiff::Timestamp::UNIX_EPOCH,
            finished: jiff::Timestamp::UNIX_EPOCH,
            totals: Totals::default(),
            objects_sha256: String::new(),
            catalog: written.catalog,
            needs: vec![],
        };
        let catalog = CatalogReader::open(Arc::new(objects.clone()), ring.clone(), &plan, &manifest).unwrap();
        Made { objects, ring, plan, catalog, volume, frames }
    }

    /// Sealed and not, of every kind whose frames are one stream.
    fn cases() -> impl Iterator<Item = (bool, Kind)> {
        let kinds = || Kind::ALL.into_iter().filter(|kind| !kind.is_zip());
        [false, true].into_iter().flat_map(move |sealed| kinds().map(move |kind| (sealed, kind)))
    }

    impl Made {
        fn reader(&self) -> FrameReader {
            FrameReader::new(Arc::new(self.objects.clone()), self.ring.clone(), self.plan.clone())
        }

        fn frame(&self, offset: u64, length: u32) -> Result<Vec<u8>> {
            self.reader().frame(&self.catalog, &self.volume, offset, length).map(<[u8]>::to_vec)
        }
    }

    #[test]
    fn a_frame_takes_one_read() {
        for (sealed, kind) in cases() {
            let made = made(sealed, kind);
            let mut reader = made.reader();
            made.objects.take_reads();
            for n in [1, 0, 0] {
                let (offset, length) = made.frames[n];
                assert_eq!(reader.frame(&made.catalog, &made.volume, offset, length).unwrap(), CONTENTS[n]);
            }
            assert_eq!(made.objects.take_reads().len(), 2, "the frame that was asked for last is there already");
        }
    }

    #[test]
    fn damage_is_found_and_named() {
        for (sealed, kind) in cases() {
            let made = made(sealed, kind);
            let name = volume_name(&made.volume, kind, sealed);
            let (offset, length) = made.frames[1];
            let whole = made.objects.get(&name);
            for at in offset as usize..whole.len() {
                made.objects.flip(&name, at);
                // A plain frame can differ in bits that mean nothing; its content cannot.
                match made.frame(offset, length) {
                    Err(Error::Damaged { object, .. }) => assert_eq!(object, name),
                    // Nothing but its pieces' hashes guards a slice of plain tar.
                    other => assert!(!sealed && (kind == Kind::Tar || other.unwrap() == CONTENTS[1])),
                }
                made.objects.put(&name, whole.clone());
            }
            made.objects.put(&name, &whole[..whole.len() - 1]);
            assert!(matches!(made.frame(offset, length), Err(Error::Damaged { .. })));
            made.objects.remove(&name);
            assert!(matches!(made.frame(offset, length), Err(Error::Missing { object }) if object == name));
        }
    }

    #[test]
    fn only_what_is_a_frame_is_read() {
        for (sealed, kind) in cases().filter(|case| *case != (false, Kind::Tar)) {
            let made = made(sealed, kind);
            let (offset, length) = made.frames[1];
            for (offset, length) in
                [(offset, length + 1), (offset, length - 1), (offset + 1, length), (u64::MAX, 1), (offset, 0), (0, u32::MAX)]
            {
                assert!(matches!(made.frame(offset, length), Err(Error::Damaged { .. })), "{offset} {length}");
            }
            let other = VolumeRef { number: 2, ..made.volume.clone() };
            assert!(made.reader().frame(&made.catalog, &other, offset, length).is_err());
        }
    }
}
