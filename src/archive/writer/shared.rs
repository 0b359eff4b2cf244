//! Where the content of files with several names lies, for the names that are still to come.

use std::io;
use std::path::Path;

use super::aside::Aside;
use crate::archive::Result;
use crate::archive::catalog_io::index::{push, take_line};
use crate::archive::catalog_io::line::{HeaderLine, MoreLine, PieceForm};
use crate::model::catalog::{Piece, VolumeRef};

/// Pieces by the number of their file; all but the last asked for lie aside.
pub(super) struct Shared {
    aside: Aside,
    numbers: Vec<u32>,
    last: Option<(u64, Vec<Piece>)>,
}

impl Shared {
    /// `folder`: where they are laid aside.
    pub(super) fn new(folder: Option<&Path>) -> Self {
        Self { aside: Aside::new(folder, "shared.new"), numbers: Vec::new(), last: None }
    }

    /// Ids come in order, from 0.
    pub(super) fn add(&mut self, id: u64, pieces: &[Piece]) -> Result<()> {
        if self.numbers.len() as u64 != id {
            return Err(self.aside.lost(io::ErrorKind::InvalidInput.into()));
        }
        self.numbers.push(self.aside.append(&encode(pieces))?);
        Ok(())
    }

    pub(super) fn get(&mut self, id: u64) -> Result<Vec<Piece>> {
        if let Some((last, pieces)) = &self.last
            && *last == id
        {
            return Ok(pieces.clone());
        }
        let number = usize::try_from(id).ok().and_then(|id| self.numbers.get(id)).copied();
        let content = self.aside.read(number.ok_or_else(|| self.aside.lost(io::ErrorKind::NotFound.into()))?)?;
        let pieces = decode(&content).ok_or_else(|| self.aside.lost(io::ErrorKind::InvalidData.into()))?;
        self.last = Some((id, pieces.clone()));
        Ok(pieces)
    }
}

/// As in a catalog: a table of volumes, then the pieces.
fn encode(pieces: &[Piece]) -> Vec<u8> {
    let mut volumes: Vec<&VolumeRef> = Vec::new();
    let mut more = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let place = volumes.iter().rposition(|volume| **volume == piece.volume).unwrap_or_else(|| {
            volumes.push(&piece.volume);
            volumes.len() - 1
        });
        more.push(PieceForm::new(place as u32, piece));
    }
    let mut out = Vec::new();
    push(&mut out, &HeaderLine { volumes: volumes.into_iter().map(|volume| (volume.run.clone(), volume.number)).collect() });
    push(&mut out, &MoreLine { more, holes: Vec::new() });
    out
}

fn decode(mut content: &[u8]) -> Option<Vec<Piece>> {
    let HeaderLine { volumes } = serde_json::from_slice(take_line(&mut content)?).ok()?;
    let volumes: Vec<VolumeRef> = volumes.into_iter().map(|(run, number)| VolumeRef { run, number }).collect();
    let MoreLine { more, .. } = serde_json::from_slice(take_line(&mut content)?).ok()?;
    more.iter().map(|form| form.piece(&volumes).ok()).collect()
}
