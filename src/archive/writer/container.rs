//! What differs between volumes of tar and of zip: what stands around content, and how a frame is packed.

use super::BackupJob;
use super::frames::Frame;
use crate::archive::codec::Compressor;
use crate::archive::{tar_stream, zip};
use crate::model::catalog::{Entry, EntryKind};
use crate::model::format::Kind;
use crate::model::path::PathBytes;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Tar,
    /// Headers stand beside the frame's content, since each member is compressed by itself.
    Zip,
}

impl Container {
    pub(super) fn of(kind: Kind) -> Self {
        if kind.is_zip() { Self::Zip } else { Self::Tar }
    }

    /// Appends what stands before a file's content.
    pub(super) fn append_header(self, entry: &Entry, out: &mut Vec<u8>) {
        if self == Self::Tar {
            tar_stream::append_header(entry, out);
        }
    }

    /// Appends what stands for an entry without content.
    pub(super) fn append_bare(self, entry: &Entry, out: &mut Vec<u8>) {
        match (self, &entry.kind) {
            (Self::Tar, _) => tar_stream::append_header(entry, out),
            (Self::Zip, EntryKind::Symlink { target }) => out.extend_from_slice(target.as_bytes()),
            (Self::Zip, _) => {}
        }
    }

    pub(super) fn append_part_header(self, entry: &Entry, part: &PathBytes, length: u64, out: &mut Vec<u8>) {
        if self == Self::Tar {
            tar_stream::append_part_header(entry, part, length, out);
        }
    }

    pub(super) fn append_padding(self, length: u64, out: &mut Vec<u8>) {
        if self == Self::Tar {
            tar_stream::append_padding(length, out);
        }
    }

    /// Whether a file with holes can lie whole: zip has no word for them.
    pub(super) fn has_holes(self) -> bool {
        self == Self::Tar
    }
}

/// Packs frames; each compressor has its own.
pub(super) enum Packer {
    Tar(Compressor),
    Zip(zip::Packer),
}

impl Packer {
    pub(super) fn new(job: &BackupJob<'_>) -> Self {
        let (kind, level) = (job.format.kind, job.level);
        if kind.is_zip() { Self::Zip(zip::Packer::new(kind, level)) } else { Self::Tar(Compressor::new(kind, level)) }
    }

    /// Appends the frame's content to its record.
    pub(super) fn pack(&mut self, frame: &mut Frame) {
        match self {
            Self::Tar(compressor) => compressor.compress(&frame.content, &mut frame.record),
            Self::Zip(packer) => packer.pack(&frame.members, &frame.content, &mut frame.record, &mut frame.central),
        }
    }
}
