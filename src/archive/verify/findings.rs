//! What is damaged, as it is found by several threads.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::archive::{Error, Result};
use crate::model::catalog::{Piece, VolumeRef};
use crate::model::path::PathBytes;
use crate::model::restore::DamagedObject;
use crate::model::snapshot::{Manifest, VersionId};

/// So many files are named for an object.
const MOST_HITS: usize = 1000;
/// So many different files are told apart; beyond that one counts once for each version.
const MOST_FILES: usize = 1 << 20;
/// So many different things are said of an object.
const MOST_WORDS: usize = 3;
/// So many damaged frames and pieces are told apart; beyond that the whole volume counts as damaged.
const MOST_PLACES: usize = 1 << 20;

#[derive(Default)]
pub struct Findings {
    found: Mutex<Found>,
}

#[derive(Default)]
pub struct Found {
    objects: BTreeMap<String, Finding>,
    /// Of which nothing can be relied on.
    pub volumes: HashSet<VolumeRef>,
    /// By the frame's offset.
    pub frames: HashSet<(VolumeRef, u64)>,
    /// By the frame's offset, their own in it and their hash.
    pub pieces: HashSet<(VolumeRef, u64, u32, [u8; 32])>,
    /// All volumes of these.
    concerned: HashSet<VolumeRef>,
    /// Some catalog is damaged.
    pub catalogs: bool,
    files: Files,
}

/// Different files, known by the hashes of their paths.
#[derive(Default)]
struct Files {
    seen: HashSet<[u8; 16]>,
    /// Beyond those that are told apart, and those that cannot be named.
    more: u64,
}

impl Files {
    fn add(&mut self, path: &PathBytes) {
        let mut key = [0; 16];
        key.copy_from_slice(&blake3::hash(path.as_bytes()).as_bytes()[..16]);
        if self.seen.len() < MOST_FILES {
            self.seen.insert(key);
        } else if !self.seen.contains(&key) {
            self.more = self.more.saturating_add(1);
        }
    }

    fn add_unnamed(&mut self, files: u64) {
        self.more = self.more.saturating_add(files);
    }

    fn count(&self) -> u64 {
        self.more.saturating_add(self.seen.len() as u64)
    }
}

#[derive(Default)]
struct Finding {
    what: Vec<String>,
    /// Said, but not kept.
    more: u64,
    hits: Vec<(VersionId, PathBytes)>,
    hit_count: u64,
    files: Files,
}

impl Finding {
    fn add_unnamed(&mut self, files: u64) {
        self.hit_count = self.hit_count.saturating_add(files);
        self.files.add_unnamed(files);
    }
}

impl Findings {
    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note(&self, object: &str, what: impl Into<String>) {
        self.found().note(object, what.into());
    }

    /// A volume, of this name, that is missing, cut or has the wrong checksum. `whole`: nothing in it can be relied on.
    pub fn volume(&self, volume: &VolumeRef, name: &str, what: impl Into<String>, whole: bool) {
        let mut found = self.found();
        found.note(name, what.into());
        if whole {
            found.concerned.insert(volume.clone());
            found.volumes.insert(volume.clone());
        }
    }

    pub fn catalog(&self, object: &str, what: impl Into<String>) {
        let mut found = self.found();
        found.note(object, what.into());
        found.catalogs = true;
    }

    pub fn unreadable_version(&self, version: &Manifest, object: &str, e: &Error) {
        self.note(object, format!("the list of files of version {} cannot be read: {e}", version.id));
        self.hit_unnamed(object, version.totals.files);
    }

    pub fn frame(&self, volume: &VolumeRef, name: &str, offset: u64, e: &Error) {
        let mut found = self.found();
        found.note(name, format!("at {offset}: {}", reason(e)));
        found.concerned.insert(volume.clone());
        if found.frames.len() < MOST_PLACES {
            found.frames.insert((volume.clone(), offset));
        } else {
            found.volumes.insert(volume.clone());
        }
    }

    pub fn piece(&self, piece: &Piece, name: &str, what: &str) {
        let mut found = self.found();
        let (volume, offset) = (&piece.volume, piece.frame_offset);
        found.note(name, format!("at {offset}: {what}"));
        found.concerned.insert(volume.clone());
        if found.pieces.len() < MOST_PLACES {
            found.pieces.insert((volume.clone(), offset, piece.offset, piece.hash));
        } else {
            found.volumes.insert(volume.clone());
        }
    }

    /// Whether nothing of a volume can be relied on.
    pub fn is_lost(&self, volume: &VolumeRef) -> bool {
        self.found().volumes.contains(volume)
    }

    /// What was found so far, for looking up whom it hits.
    pub fn places(&self) -> Found {
        let mut found = self.found();
        let found = &mut *found;
        Found {
            objects: BTreeMap::new(),
            volumes: std::mem::take(&mut found.volumes),
            frames: std::mem::take(&mut found.frames),
            pieces: std::mem::take(&mut found.pieces),
            concerned: std::mem::take(&mut found.concerned),
            catalogs: found.catalogs,
            files: Files::default(),
        }
    }

    pub fn hit(&self, object: &str, version: &VersionId, path: &PathBytes) {
        let mut found = self.found();
        found.files.add(path);
        if let Some(finding) = found.objects.get_mut(object) {
            finding.hit_count += 1;
            finding.files.add(path);
            if finding.hits.len() < MOST_HITS {
                finding.hits.push((version.clone(), path.clone()));
            }
        }
    }

    /// Files that cannot be named any more.
    pub fn hit_unnamed(&self, object: &str, files: u64) {
        let mut found = self.found();
        found.files.add_unnamed(files);
        if let Some(finding) = found.objects.get_mut(object) {
            finding.add_unnamed(files);
        }
    }

    /// What is damaged, and how many different files that hits.
    pub fn into_report(self) -> (Vec<DamagedObject>, u64) {
        let found = self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let report = found.objects.into_iter().map(|(object, finding)| {
            let mut what = finding.what.join("; ");
            if finding.more > 0 {
                what.push_str(&format!("; and {} more", finding.more));
            }
            let files_hit = finding.files.count();
            DamagedObject { object, what, hits: finding.hits, hit_count: finding.hit_count, files_hit }
        });
        (report.collect(), found.files.count())
    }
}

impl Found {
    fn note(&mut self, object: &str, what: String) {
        let finding = self.objects.entry(object.to_string()).or_default();
        if finding.what.contains(&what) {
        } else if finding.what.len() < MOST_WORDS {
            finding.what.push(what);
        } else {
            finding.more += 1;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.concerned.is_empty() && !self.catalogs
    }

    /// Whether anything in a volume is damaged.
    pub fn concerns(&self, volume: &VolumeRef) -> bool {
        self.concerned.contains(volume)
    }

    pub fn hits(&self, piece: &Piece) -> bool {
        self.volumes.contains(&piece.volume)
            || (!self.frames.is_empty() && self.frames.contains(&(piece.volume.clone(), piece.frame_offset)))
            || (!self.pieces.is_empty()
                && self.pieces.contains(&(piece.volume.clone(), piece.frame_offset, piece.offset, piece.hash)))
    }
}

/// Without the object's name, which stands beside it.
pub fn reason(e: &Error) -> String {
    match e {
        Error::Damaged { what, .. } => what.clone(),
        Error::Missing { .. } => "it is missing".into(),
        Error::Object { source, .. } => format!("it cannot be read: {source}"),
        e => e.to_string(),
    }
}

/// Damage is a finding; only the wish to stop is an error.
pub fn or_cancelled(e: Error) -> Result<Error> {
    if matches!(e, Error::Cancelled) { Err(e) } else { Ok(e) }
}
