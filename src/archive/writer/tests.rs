//! Runs of the writer over real files into memory; what they wrote is read by GNU tar and by the simplest means.

mod contents;
mod elsewhere;
mod failures;
mod formats;
mod links;
mod plain_tar;
mod resumed;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

use super::{BackupJob, Written, write_version};
use crate::archive::Result;
use crate::archive::catalog_io::CatalogReader;
use crate::archive::frame_reader::FrameReader;
use crate::archive::key::{KeyRing, PlanKey};
use crate::archive::object::Objects;
use crate::archive::run_journal::LeftRun;
use crate::archive::test_objects::MemoryObjects;
use crate::model::catalog::{Entry, VolumeRef};
use crate::model::format::{Cipher, Format};
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::run::{Cancel, Progress};
use crate::model::snapshot::{BackupType, Manifest, VersionId};
use crate::model::source_spec::SourceSpec;

/// A source folder and a destination in memory.
struct Bench {
    temp: tempfile::TempDir,
    objects: MemoryObjects,
    spec: SourceSpec,
    format: Format,
    sealed: bool,
    parent: Option<Arc<CatalogReader>>,
    offered: bool,
    whole: bool,
    catalogs: bool,
    /// The clock stands so far ahead that nothing is unsettled, but where a test wants it.
    ahead: Duration,
    runs: AtomicU8,
    /// What the run before has left: the next goes on with it.
    left: Option<LeftRun>,
    progress: Progress,
    cancel: Cancel,
}

/// A run's outcome with all entries by their path within the source.
struct Done {
    written: Written,
    run: VersionId,
    entries: BTreeMap<String, Entry>,
}

impl Bench {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let source = temp.path().join("s");
        fs::create_dir(&source).unwrap();
        let spec = SourceSpec { paths: vec![PathBytes::from(source)], honour_tags: true, ..SourceSpec::default() };
        Self {
            temp,
            objects: MemoryObjects::new(),
            spec,
            format: Format::default(),
            sealed: false,
            parent: None,
            offered: true,
            whole: true,
            catalogs: true,
            ahead: Duration::from_secs(3600),
            runs: AtomicU8::new(0),
            left: None,
            progress: Progress::default(),
            cancel: Cancel::default(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temp.path().join("s").join(name)
    }

    fn pieces(&self) -> PathBuf {
        self.temp.path().join("pieces")
    }

    fn journal(&self) -> PathBuf {
        self.temp.path().join("journal")
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn run_into(&self, objects: Arc<dyn Objects>) -> Result<(Written, VersionId)> {
        let plan = PlanId::from_random([7; 16]);
        let number = match &self.left {
            Some(left) => u8::from_str_radix(&left.run.as_str()[left.run.as_str().len() - 2..], 16).unwrap(),
            None => self.runs.fetch_add(1, Relaxed),
        };
        let kind = if self.parent.is_some() { BackupType::Incremental } else { BackupType::Full };
        let run = VersionId::new(Timestamp::UNIX_EPOCH, kind, [0, 0, 0, number]);
        let now = || (SystemTime::now() + self.ahead).duration_since(UNIX_EPOCH).unwrap().as_nanos() as i128;
        let job = BackupJob {
            plan,
            run: run.clone(),
            sources: &self.spec,
            avoid: &[],
            format: self.format,
            level: self.format.level_for(None),
            seal: self.sealed.then(|| (key(), Cipher::Aes256Gcm)),
            parent: self.parent.clone(),
            offered: &|_: &VolumeRef| self.offered,
            whole: &|_: &VolumeRef| self.whole,
            catalogs: &|_: &VersionId| self.catalogs,
            before: None,
            lets_go: false,
            objects,
            finish_at_once: 2,
            pieces: Some(&self.pieces()),
            journal: Some(&self.journal()),
            left: self.left.as_ref(),
            progress: &self.progress,
            cancel: &self.cancel,
            random: &|_| {},
            now: &now,
        };
        Ok((write_version(&job)?, run))
    }

    /// A run that must succeed. It becomes the parent of the next.
    fn run(&mut self) -> Done {
        let (written, run) = self.run_into(Arc::new(self.objects.clone())).unwrap();
        let manifest = Manifest {
            format: 1,
            kind: "version".into(),
            plan: PlanId::from_random([7; 16]),
            id: run.clone(),
            sequence: 1,
            backup_type: run.backup_type(),
            parent: None,
            sealed: self.sealed,
            home: "0".repeat(32),
            started: Timestamp::UNIX_EPOCH,
            finished: Timestamp::UNIX_EPOCH,
            totals: written.totals,
            objects_sha256: String::new(),
            catalog: written.catalog.clone(),
            needs: written.needs.clone(),
        };
        let objects: Arc<dyn Objects> = Arc::new(self.objects.clone());
        let reader = CatalogReader::open(objects, self.ring(), &manifest.plan, &manifest).unwrap();
        let all: Vec<Entry> = reader.entries().map(|e| e.unwrap()).collect();
        assert!(all.is_sorted_by(|a, b| a.path < b.path), "the catalog is in order");
        self.parent = Some(Arc::new(reader));
        written.pieces.keep(&|bytes| getrandom::fill(bytes).unwrap()).unwrap();
        let base = PathBytes::from(self.temp.path().join("s").strip_prefix("/").unwrap());
        let below = |e: &Entry| {
            let path = &e.path.as_bytes()[base.as_bytes().len()..];
            String::from_utf8_lossy(path.strip_prefix(b"/").unwrap_or(path)).into_owned()
        };
        Done { written, run, entries: all.into_iter().map(|e| (below(&e), e)).collect() }
    }

    fn ring(&self) -> Option<Arc<KeyRing>> {
        self.sealed.then(|| Arc::new(KeyRing::new(key())))
    }

    /// An entry's content, put together from the stored volumes.
    fn content(&self, entry: &Entry) -> Vec<u8> {
        self.content_by(&mut self.reader(), entry)
    }

    fn reader(&self) -> FrameReader {
        FrameReader::new(Arc::new(self.objects.clone()), self.ring(), PlanId::from_random([7; 16]))
    }

    fn content_by(&self, reader: &mut FrameReader, entry: &Entry) -> Vec<u8> {
        let mut data = Vec::new();
        for piece in &entry.pieces {
            let catalog = self.parent.as_ref().unwrap();
            let frame = reader.frame(catalog, &piece.volume, piece.frame_offset, piece.frame_length).unwrap();
            let bytes = &frame[piece.offset as usize..(piece.offset + piece.length) as usize];
            assert_eq!(blake3::hash(bytes).as_bytes(), &piece.hash);
            data.extend_from_slice(bytes);
        }
        let mut content = Vec::new();
        let mut data = &data[..];
        for (offset, length) in &entry.holes {
            let (before, after) = data.split_at(*offset as usize - content.len());
            content.extend_from_slice(before);
            content.resize((offset + length) as usize, 0);
            data = after;
        }
        content.extend_from_slice(data);
        assert_eq!(content.len() as u64, entry.size);
        content
    }

    /// Compares all files of a version with those of the source.
    fn check_contents(&self, done: &Done) {
        let mut reader = self.reader();
        for (name, entry) in &done.entries {
            if entry.kind == crate::model::catalog::EntryKind::File {
                assert!(self.content_by(&mut reader, entry) == fs::read(self.path(name)).unwrap(), "{name}");
            }
        }
    }
}

fn key() -> PlanKey {
    PlanKey { id: [3; 16], bytes: zeroize::Zeroizing::new([9; 32]) }
}

impl Done {
    fn entry(&self, name: &str) -> &Entry {
        self.entries.get(name).unwrap_or_else(|| panic!("no entry {name}"))
    }

    fn names(&self) -> Vec<&str> {
        self.entries.keys().map(String::as_str).collect()
    }

    /// Whether any of an entry's pieces was stored by this run.
    fn stored(&self, name: &str) -> bool {
        self.entry(name).pieces.iter().any(|p| p.volume.run == self.run)
    }
}

/// Bytes that neither repeat nor compress.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut out = vec![0; length];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut out);
    out
}

/// Gives a file another time without changing its content.
fn touch(path: &Path) {
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(500)).unwrap();
}
