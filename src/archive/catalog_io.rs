//! Catalog files: JSON Lines in content-defined segments, a frame each, and an index of segments and volumes as the last.
//! Segments that are the same as in the parent's catalog are referred to, not stored again.

use std::sync::Arc;

use super::Result;
use super::key::KeyRing;
use super::object::{ObjectWriter, Objects};
use super::seal::Sealer;
use crate::model::catalog::{Entry, VolumeRef};
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::snapshot::{CatalogRef, Manifest, Need, VersionId};

/// The last frame of a catalog: everything else is found from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogIndex {
    /// Original absolute paths of the sources, in order.
    pub sources: Vec<PathBytes>,
    /// Patterns and presets as they were, for the record.
    pub excludes: Vec<String>,
    /// In path order.
    pub segments: Vec<SegmentRef>,
    /// Every volume the version refers to, own and older.
    pub volumes: Vec<VolumeInfo>,
}

/// Where a segment lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentRef {
    /// Run whose catalog file holds it.
    pub run: VersionId,
    pub offset: u64,
    pub length: u32,
    /// Path of its first entry.
    pub first: PathBytes,
    /// Entries, regular files among them, and their bytes.
    pub entries: u64,
    pub files: u64,
    pub bytes: u64,
    /// BLAKE3 of its unpacked bytes.
    pub hash: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeInfo {
    pub volume: VolumeRef,
    pub size: u64,
    pub sha256: [u8; 32],
    /// The seal's header, so that a frame takes one ranged read; empty where not sealed.
    pub header: Vec<u8>,
    /// Bytes of frames' content that this version refers to, and that were stored in all.
    pub live: u64,
    pub stored: u64,
}

/// Writes a catalog. Entries come in path order.
pub struct CatalogWriter;

/// A finished catalog.
pub struct WrittenCatalog {
    pub catalog: CatalogRef,
    pub sha256: [u8; 32],
    /// Older objects the version needs, volumes and catalogs.
    pub needs: Vec<Need>,
    pub index: CatalogIndex,
}

impl CatalogWriter {
    /// `parent`: the index whose segments may be referred to. `name` is the catalog's file name, for the manifest.
    pub fn new(
        _out: Box<dyn ObjectWriter>,
        _name: &str,
        _sealer: Option<Sealer>,
        _run: VersionId,
        _sources: Vec<PathBytes>,
        _excludes: Vec<String>,
        _parent: Option<&CatalogIndex>,
    ) -> Result<Self> {
        todo!()
    }

    pub fn push(&mut self, _entry: &Entry) -> Result<()> {
        todo!()
    }

    /// `own`: the volumes of this run. `older`: what the parent's index says of its volumes; those still referred to are taken over.
    pub fn finish(self, _own: Vec<VolumeInfo>, _older: &[VolumeInfo]) -> Result<WrittenCatalog> {
        todo!()
    }
}

/// Reads a version's catalog.
pub struct CatalogReader {
    /// The version whose catalog it is.
    pub version: VersionId,
    pub index: CatalogIndex,
}

impl CatalogReader {
    /// Reads and checks the index. `ring`: the plan's keys where the version is sealed.
    pub fn open(_objects: Arc<dyn Objects>, _ring: Option<Arc<KeyRing>>, _plan: &PlanId, _manifest: &Manifest) -> Result<Self> {
        todo!()
    }

    /// Reads, opens, checks and parses one segment.
    pub fn segment(&self, _number: usize) -> Result<Vec<Entry>> {
        todo!()
    }

    /// All entries in path order; reads a segment at a time.
    pub fn entries(&self) -> impl Iterator<Item = Result<Entry>> + '_ {
        self.entries_from(b"")
    }

    /// The entries from the first one at or after `path`.
    pub fn entries_from(&self, _path: &[u8]) -> impl Iterator<Item = Result<Entry>> + '_ {
        std::iter::empty()
    }

    pub fn volume(&self, _volume: &VolumeRef) -> Option<&VolumeInfo> {
        todo!()
    }
}
