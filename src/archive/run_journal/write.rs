//! Writes a journal. It never fails a run: one that cannot be written says nothing more.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::lines::{BEFORE, Block, SINCE, head, volume};
use super::records::Records;
use super::{Fresh, Left, Of};
use crate::archive::catalog_io::VolumeInfo;
use crate::model::catalog::{Entry, Piece};
use crate::model::format::Kind;
use crate::model::path::PathBytes;
use crate::os::durable;
use crate::os::folder::{Folder, For};

/// The journal of a run that goes on.
pub struct RunJournal {
    state: Mutex<State>,
}

struct State {
    /// `None` once writing failed.
    records: Option<Records>,
    block: Block,
}

impl RunJournal {
    /// Begins one, in place of what lies under this name: `volumes` and `before` are what that had, without what is not there any more.
    pub fn begin(
        path: &Path,
        of: &Of,
        kind: Kind,
        volumes: &[VolumeInfo],
        before: impl Iterator<Item = Left>,
        random: &dyn Fn(&mut [u8]),
    ) -> io::Result<Self> {
        let unfinished = unfinished(path);
        let begun = begin(&unfinished, of, kind, volumes, before, random).and_then(|records| {
            fs::rename(&unfinished, path)?;
            if let Some(folder) = path.parent() {
                durable::sync_folder(&Folder::open(folder, For::Reading)?)?;
            }
            Ok(records)
        });
        if begun.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        Ok(Self { state: Mutex::new(State { records: Some(begun?), block: Block::new(SINCE) }) })
    }

    /// Notes an entry that was read, all of which lies in volumes up to this one.
    pub fn entry(&self, entry: &Entry, fresh: Fresh, volume: u32) {
        let mut state = self.state();
        let State { records: Some(records), block } = &mut *state else { return };
        let written = block.entry(entry, fresh, volume, |record| records.append(record));
        state.check(written);
    }

    /// Notes parts of a file that lie in this volume.
    pub fn parts(&self, path: &PathBytes, parts: &[(u64, Piece)], volume: u32) {
        let mut state = self.state();
        let State { records: Some(records), block } = &mut *state else { return };
        let written = block.parts(path, parts, volume, |record| records.append(record));
        state.check(written);
    }

    /// Notes that a volume is durable; when this returns, so is the note and all before it.
    pub fn volume(&self, info: &VolumeInfo) {
        let mut state = self.state();
        let State { records: Some(records), block } = &mut *state else { return };
        let written = block.take().map_or(Ok(()), |record| records.append(record)).and_then(|()| records.append(volume(info)));
        let file = records.file();
        state.check(written);
        drop(state);
        if let Err(error) = file.sync_data() {
            self.state().check(Err(error));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            tracing::warn!("what this run has finished is not noted any more: {error}");
            self.records = None;
        }
    }
}

fn begin(
    path: &Path,
    of: &Of,
    kind: Kind,
    volumes: &[VolumeInfo],
    before: impl Iterator<Item = Left>,
    random: &dyn Fn(&mut [u8]),
) -> io::Result<Records> {
    let mut records = Records::create(path, of, random)?;
    records.append(head(of, kind))?;
    volumes.iter().try_for_each(|info| records.append(volume(info)))?;
    let mut block = Block::new(BEFORE);
    for left in before {
        let last = |pieces: &mut dyn Iterator<Item = &Piece>| {
            pieces.filter(|piece| piece.volume.run == of.run).map(|piece| piece.volume.number).max()
        };
        match left.entry {
            Some((entry, fresh)) => {
                // Where only its header lies is not told any more: it counts as the first volume's.
                let volume = last(&mut entry.pieces.iter()).unwrap_or(1);
                block.entry(&entry, fresh, volume, |record| records.append(record))?;
            }
            None => {
                for parts in left.parts.chunk_by(|(_, a), (_, b)| a.volume == b.volume) {
                    let volume = parts.first().map_or(0, |(_, piece)| piece.volume.number);
                    block.parts(&left.path, parts, volume, |record| records.append(record))?;
                }
            }
        }
    }
    block.take().map_or(Ok(()), |record| records.append(record))?;
    records.file().sync_all()?;
    Ok(records)
}

fn unfinished(path: &Path) -> PathBuf {
    path.with_added_extension("new")
}
