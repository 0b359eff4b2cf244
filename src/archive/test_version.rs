//! Versions made by hand in memory, for tests of what reads them.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::catalog_io::{CatalogReader, CatalogWriter, VolumeInfo};
use super::codec::zstd::Compressor;
use super::json_lines;
use super::key::{KeyRing, PlanKey};
use super::object::{Objects, catalog_file_name, objects_name, run_folder, volume_file_name, volume_name};
use super::seal::{Identity, ObjectKind, Sealer};
use super::sums::{Sums, object_info};
use super::test_objects::MemoryObjects;
use crate::model::catalog::{Entry, EntryKind, FileTime, Piece, VolumeRef, Xattr};
use crate::model::format::{Cipher, Kind};
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::snapshot::{BackupType, Manifest, ObjectInfo, ObjectList, Totals, VersionId};
use crate::os::owner::User;

pub const TIME: FileTime = FileTime { seconds: 1_600_000_000, nanos: 123_456_789 };

/// What is to be in a version, and how it is cut.
pub struct Builder {
    sources: Vec<PathBytes>,
    entries: Vec<(Entry, Vec<u8>)>,
    sealed: bool,
    /// Bytes of a piece at most.
    piece: usize,
    /// A frame is closed past this many bytes, a volume after this many frames.
    frame: usize,
    frames: usize,
}

pub struct TestVersion {
    pub objects: MemoryObjects,
    pub plan: PlanId,
    pub ring: Option<Arc<KeyRing>>,
    pub manifest: Manifest,
}

pub fn entry(path: &str, kind: EntryKind) -> Entry {
    Entry {
        mode: if kind == EntryKind::Folder { 0o755 } else { 0o644 },
        uid: User::of_this_process().uid,
        gid: User::of_this_process().gid,
        mtime: TIME,
        ctime: TIME,
        inode: 1,
        ..Entry::bare(PathBytes::from(path), kind)
    }
}

impl Builder {
    /// `sources`: absolute paths; each is a folder of its own entry.
    pub fn new(sources: &[&str]) -> Self {
        let paths = sources.iter().map(|s| PathBytes::from(*s)).collect();
        let mut new = Self { sources: paths, entries: Vec::new(), sealed: false, piece: 1000, frame: 4000, frames: 4 };
        for source in sources {
            new.folder(source.trim_matches('/'), 0o755);
        }
        new
    }

    pub fn sealed(&mut self) -> &mut Self {
        self.sealed = true;
        self
    }

    pub fn cut(&mut self, piece: usize, frame: usize, frames: usize) -> &mut Self {
        (self.piece, self.frame, self.frames) = (piece, frame, frames);
        self
    }

    /// `data`: content without holes. `size` is reckoned from it.
    pub fn add(&mut self, mut entry: Entry, data: &[u8]) -> &mut Self {
        if entry.kind == EntryKind::File {
            entry.size = data.len() as u64 + entry.holes.iter().map(|(_, length)| length).sum::<u64>();
        }
        self.entries.push((entry, data.to_vec()));
        self
    }

    pub fn folder(&mut self, path: &str, mode: u32) -> &mut Self {
        self.add(Entry { mode, ..entry(path, EntryKind::Folder) }, b"")
    }

    pub fn file(&mut self, path: &str, data: impl AsRef<[u8]>) -> &mut Self {
        self.add(entry(path, EntryKind::File), data.as_ref())
    }

    pub fn symlink(&mut self, path: &str, target: &str) -> &mut Self {
        self.add(Entry { mode: 0o777, ..entry(path, EntryKind::Symlink { target: PathBytes::from(target) }) }, b"")
    }

    /// A further name of the file at `first`, which has this content.
    pub fn link(&mut self, path: &str, first: &str, data: impl AsRef<[u8]>) -> &mut Self {
        self.add(Entry { link: Some(PathBytes::from(first)), ..entry(path, EntryKind::File) }, data.as_ref())
    }

    /// Writes volumes, catalog and `objects.json`.
    pub fn build(&mut self) -> TestVersion {
        let objects = MemoryObjects::new();
        let plan = PlanId::from_random([7; 16]);
        let run = VersionId::new("2026-11-21T20:00:00Z".parse().unwrap(), BackupType::Full, [1, 2, 3, 4]);
        let key = self.sealed.then(|| PlanKey { id: [3; 16], bytes: Zeroizing::new([9; 32]) });
        self.entries.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        let mut volumes = Volumes { objects: &objects, run: &run, plan: &plan, key: key.as_ref(), infos: Vec::new() };
        let mut frames: Vec<Frame> = vec![Default::default()];
        for (number, (entry, data)) in self.entries.iter_mut().enumerate() {
            entry.pieces.clear();
            for chunk in data.chunks(self.piece).take(if entry.link.is_some() { 0 } else { usize::MAX }) {
                if frames.last().unwrap().0.len() >= self.frame {
                    frames.push(Default::default());
                }
                let (content, pieces) = frames.last_mut().unwrap();
                pieces.push((number, entry.pieces.len()));
                entry.pieces.push(Piece {
                    volume: VolumeRef { run: run.clone(), number: 0 },
                    frame_offset: 0,
                    frame_length: 0,
                    offset: content.len() as u32,
                    length: chunk.len() as u32,
                    hash: *blake3::hash(chunk).as_bytes(),
                });
                content.extend_from_slice(chunk);
            }
        }
        frames.retain(|(content, _)| !content.is_empty());
        for group in frames.chunks(self.frames) {
            let placed = volumes.write(group);
            for ((_, pieces), (volume, offset, length)) in group.iter().zip(placed) {
                for (number, piece) in pieces {
                    let piece = &mut self.entries[*number].0.pieces[*piece];
                    (piece.volume, piece.frame_offset, piece.frame_length) = (volume.clone(), offset, length);
                }
            }
        }
        for number in 0..self.entries.len() {
            if let Some(first) = self.entries[number].0.link.clone() {
                let pieces = self.entries.iter().find(|(e, _)| e.path == first).map(|(e, _)| e.pieces.clone());
                self.entries[number].0.pieces = pieces.unwrap();
            }
        }
        let own = volumes.infos;
        let name = catalog_file_name(self.sealed);
        let full_name = format!("{}/{name}", run_folder(&run));
        let identity = Identity { plan: plan.bytes(), version: run.as_str(), object: name, kind: ObjectKind::Catalog };
        let sealer = key.as_ref().map(|key| Sealer::new(key, Cipher::Aes256Gcm, identity, [1; 32]));
        let out = objects.create(&full_name).unwrap();
        let mut catalog = CatalogWriter::new(out, name, sealer, run.clone(), self.sources.clone(), Vec::new(), None).unwrap();
        for (entry, _) in &self.entries {
            catalog.push(entry).unwrap();
        }
        let written = catalog.finish(own.clone(), &[]).unwrap();
        let of_volume = |v: &VolumeInfo| {
            let name = volume_file_name(v.volume.number, Kind::TarZst, self.sealed);
            object_info(name, v.size, &v.sha256, v.crc64nvme)
        };
        let mut infos: Vec<ObjectInfo> = own.iter().map(of_volume).collect();
        let Sums { sha256, crc64nvme } = written.sums;
        infos.push(object_info(name.to_string(), written.catalog.size, &sha256, Some(crc64nvme)));
        let list = ObjectList { format: 1, kind: "objects".into(), plan: plan.clone(), id: run.clone(), objects: infos };
        let bytes = json_lines::encode(&list, key.as_ref());
        let objects_sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
        objects.put(&objects_name(&run), bytes);
        let files = self.entries.iter().filter(|(e, _)| e.kind == EntryKind::File);
        let manifest = Manifest {
            format: 1,
            kind: "version".into(),
            plan: plan.clone(),
            id: run,
            sequence: 1,
            backup_type: BackupType::Full,
            parent: None,
            sealed: self.sealed,
            home: "0".repeat(32),
            started: "2026-11-21T20:00:00Z".parse().unwrap(),
            finished: "2026-11-21T20:00:01Z".parse().unwrap(),
            totals: Totals { files: files.count() as u64, ..Totals::default() },
            objects_sha256,
            catalog: written.catalog,
            needs: written.needs,
        };
        TestVersion { objects, plan, ring: key.map(|key| Arc::new(KeyRing::new(key))), manifest }
    }
}

/// Content, and number of the entry and of the piece in it for each piece that lies there.
type Frame = (Vec<u8>, Vec<(usize, usize)>);

struct Volumes<'a> {
    objects: &'a MemoryObjects,
    run: &'a VersionId,
    plan: &'a PlanId,
    key: Option<&'a PlanKey>,
    infos: Vec<VolumeInfo>,
}

impl Volumes<'_> {
    /// Writes a volume of these frames; returns where each lies.
    fn write(&mut self, frames: &[Frame]) -> Vec<(VolumeRef, u64, u32)> {
        let number = self.infos.len() as u32 + 1;
        let volume = VolumeRef { run: self.run.clone(), number };
        let file_name = volume_file_name(number, Kind::TarZst, self.key.is_some());
        let identity =
            Identity { plan: self.plan.bytes(), version: self.run.as_str(), object: &file_name, kind: ObjectKind::Volume };
        let sealer = self.key.map(|key| Sealer::new(key, Cipher::Aes256Gcm, identity, [number as u8 + 1; 32]));
        let header = sealer.as_ref().map(|sealer| sealer.header().to_vec()).unwrap_or_default();
        let mut bytes = header.clone();
        let mut placed = Vec::new();
        let mut compressor = Compressor::new(3);
        for (at, (content, _)) in frames.iter().enumerate() {
            let mut frame = Vec::new();
            compressor.compress(content, &mut frame);
            if let Some(sealer) = &sealer {
                sealer.seal(bytes.len() as u64, at + 1 == frames.len(), &mut frame);
            }
            placed.push((volume.clone(), bytes.len() as u64, frame.len() as u32));
            bytes.extend_from_slice(&frame);
        }
        let stored: u64 = frames.iter().map(|(content, _)| content.len() as u64).sum();
        let sums = Sums::of(&bytes);
        self.infos.push(VolumeInfo {
            volume: volume.clone(),
            kind: Kind::TarZst,
            size: bytes.len() as u64,
            sha256: sums.sha256,
            crc64nvme: Some(sums.crc64nvme),
            header,
            live: stored,
            stored,
        });
        self.objects.put(&volume_name(&volume, Kind::TarZst, self.key.is_some()), bytes);
        placed
    }
}

impl TestVersion {
    pub fn catalog(&self) -> CatalogReader {
        CatalogReader::open(Arc::new(self.objects.clone()), self.ring.clone(), &self.plan, &self.manifest).unwrap()
    }

    pub fn volume_names(&self) -> Vec<String> {
        self.objects.names().into_iter().filter(|name| name.contains("/v0")).collect()
    }
}

pub fn xattr(name: &str, value: &[u8]) -> Xattr {
    Xattr { name: name.into(), value: value.into() }
}
