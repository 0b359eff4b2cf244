//! Content that is stored already under another name, in this run or in a volume of the parent's.

use super::BackupJob;
use super::frames::Frames;
use crate::archive::changes::Keeper;
use crate::archive::pieces::PieceIndex;
use crate::model::catalog::Piece;

/// Finds it. What the parent has is opened when it is first asked about: a run that reads nothing opens nothing.
pub(super) struct Elsewhere<'a> {
    job: &'a BackupJob<'a>,
    index: Option<PieceIndex<'a>>,
}

impl<'a> Elsewhere<'a> {
    pub(super) fn new(job: &'a BackupJob<'a>) -> Self {
        Self { job, index: None }
    }

    /// Whether a run may refer to what it has stored itself. Not where standard tools alone are to give back every file it stores.
    pub(super) fn within_run(job: &BackupJob<'_>) -> bool {
        job.seal.is_some()
    }

    pub(super) fn find(&mut self, frames: &Frames, hash: &[u8; 32], length: usize, keeper: &mut Keeper<'_>) -> Option<Piece> {
        let length = u32::try_from(length).ok()?;
        if let Some(piece) = frames.stored(hash, length) {
            return Some(piece);
        }
        let job = self.job;
        let (folder, parent) = (job.pieces?, job.parent.as_deref()?);
        let index = self.index.get_or_insert_with(|| PieceIndex::open(folder, parent, job.random, job.cancel));
        index.find(hash, length, &mut |volume| keeper.offers(volume))
    }
}
