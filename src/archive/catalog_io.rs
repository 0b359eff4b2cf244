//! Catalog files: JSON Lines in content-defined segments, a frame each, and an index of segments and volumes as the last.
//! Segments that are the same as in the parent's catalog are referred to, not stored again. Layout: `FORMAT.md`.

pub(super) mod check;
pub(super) mod fields;
pub(super) mod index;
pub(super) mod line;
mod live;
mod reader;
mod writer;

#[cfg(test)]
mod tests;

use crate::archive::object::volume_name;
use crate::model::catalog::VolumeRef;
use crate::model::format::Kind;
use crate::model::path::PathBytes;
use crate::model::snapshot::VersionId;

pub use reader::{CatalogReader, Entries};
pub use writer::{CatalogWriter, WrittenCatalog};

/// The last frame of a catalog: everything else is found from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogIndex {
    /// Original absolute paths of the sources, in order.
    pub sources: Vec<PathBytes>,
    /// Patterns and presets as they were, for the record.
    pub excludes: Vec<String>,
    /// In path order.
    pub segments: Vec<SegmentRef>,
    /// Every volume the version refers to, own and older; in the order of [`VolumeRef`].
    pub volumes: Vec<VolumeInfo>,
}

/// A run of whole entries, and where it lies.
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
    /// The rest of the last entry's pieces and holes, where one frame does not hold them all.
    pub more: Vec<FrameRef>,
}

/// A frame of some run's catalog file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameRef {
    pub run: VersionId,
    pub offset: u64,
    pub length: u32,
    /// BLAKE3 of its unpacked bytes.
    pub hash: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VolumeInfo {
    pub volume: VolumeRef,
    pub kind: Kind,
    pub size: u64,
    pub sha256: [u8; 32],
    /// Of the run's own, for its list of objects; catalogs do not keep it.
    pub crc64nvme: Option<u64>,
    /// The seal's header, so that a frame takes one ranged read; empty where not sealed.
    pub header: Vec<u8>,
    /// Bytes of frames' content that this version refers to, and that were stored in all. What several files share counts once; where
    /// the version has very many pieces that is an estimate. At most `stored`.
    pub live: u64,
    pub stored: u64,
}

impl VolumeInfo {
    /// The object's full name.
    pub fn name(&self, sealed: bool) -> String {
        volume_name(&self.volume, self.kind, sealed)
    }
}

impl SegmentRef {
    /// All frames it consists of, in order.
    pub fn frames(&self) -> impl Iterator<Item = FrameRef> {
        let own = FrameRef { run: self.run.clone(), offset: self.offset, length: self.length, hash: self.hash };
        std::iter::once(own).chain(self.more.iter().cloned())
    }
}

/// Bounds of what is read and written. An entry with few pieces is a few hundred bytes.
pub(super) mod bounds {
    /// Longest path, link or target.
    pub const PATH: usize = 64 << 10;
    /// Names and values of an entry's extended attributes together.
    pub const XATTRS: usize = 1 << 20;
    /// Longest piece.
    pub const PIECE: u64 = 4 << 20;
    /// Pieces of one file: 6 TiB as large files are cut. In memory they take 160 MiB, whoever made the catalog.
    pub const PIECES: usize = 2 << 20;
    /// Holes of one file; no writer tells of more than 100,000.
    pub const HOLES: usize = 1 << 20;
    /// Unpacked index.
    pub const INDEX: usize = 64 << 20;
    /// A segment is closed past this many bytes, and before an entry that would take it past.
    pub const SEGMENT_TARGET: usize = 4 << 20;
    /// No frame of a catalog unpacks to more.
    pub const SEGMENT: usize = super::super::codec::FRAME_MAX;
}
