//! What a run has stored, for later runs to find.

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;

use super::BackupJob;
use super::volumes::{Place, WrittenVolumes};
use crate::archive::catalog_io::CatalogIndex;
use crate::archive::pieces::{self, Log, Record};
use crate::model::catalog::VolumeRef;
use crate::model::snapshot::VersionId;

/// To be kept once the version is there.
pub struct FreshPieces {
    log: Log,
    run: VersionId,
    folder: Option<PathBuf>,
    volumes: Vec<VolumeRef>,
    places: Vec<Place>,
    wanted: HashSet<VersionId>,
}

impl FreshPieces {
    pub(super) fn new(job: &BackupJob<'_>, log: Log, volumes: &WrittenVolumes, places: Vec<Place>, index: &CatalogIndex) -> Self {
        Self {
            log,
            run: job.run.clone(),
            folder: job.pieces.map(Into::into),
            volumes: volumes.infos.iter().map(|info| info.volume.clone()).collect(),
            places,
            wanted: index.volumes.iter().map(|info| info.volume.run.clone()).collect(),
        }
    }

    /// Adds them to what earlier runs left. Where this fails, later runs find less.
    pub fn keep(&self, random: &dyn Fn(&mut [u8])) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let place = |record: Record| {
            let place = self.places.get(record.frame_offset as usize).filter(|place| place.volume > 0)?;
            // Numbered from 1 without gaps.
            Some(Record { frame_offset: place.offset, frame_length: place.length, volume: place.volume - 1, ..record })
        };
        pieces::keep(folder, &self.log, &self.run, self.volumes.clone(), &self.wanted, random, place)
    }
}
