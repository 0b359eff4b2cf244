//! What a running backup notes on its own machine, so that it can be gone on with where it was cut off.
//!
//! As a volume becomes durable, the journal says so, and before that what lies in it: entries that were read, and parts of a file that
//! is not whole yet. Whoever goes on with the run takes those volumes as they are, and reads only what is not in them or has changed
//! since. A journal that is lost, cut or damaged costs no more than time: what it does not say is read and stored again.

mod left;
mod lines;
mod records;
#[cfg(test)]
mod tests;
mod write;

use crate::archive::key::PlanKey;
use crate::model::catalog::{Entry, Piece};
use crate::model::format::Cipher;
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::snapshot::VersionId;

pub use left::LeftRun;
pub use write::RunJournal;

/// Whose journal it is, and the seal of what it notes: that of the run.
#[derive(Clone)]
pub struct Of {
    pub plan: PlanId,
    pub run: VersionId,
    pub seal: Option<(PlanKey, Cipher)>,
}

/// How an entry that the run has read was stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fresh {
    /// Bytes of it that were there already.
    pub known_bytes: u64,
    /// It stands whole, under its own path, in a volume of the run.
    pub whole_here: bool,
}

/// What is left of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub path: PathBytes,
    pub entry: Option<(Entry, Fresh)>,
    /// Of a file that was not read to its end: pieces by the numbers of their parts.
    pub parts: Vec<(u64, Piece)>,
}

impl Left {
    /// What can be used of a file that has changed since. Pieces of older runs are the parent's to offer, and a file that stood whole
    /// has no parts.
    pub fn into_parts(self) -> Vec<(u64, Piece)> {
        match self.entry {
            Some((entry, _)) if entry.pieces.len() > 1 => (1..).zip(entry.pieces).collect(),
            Some(_) => Vec::new(),
            None => self.parts,
        }
    }
}
