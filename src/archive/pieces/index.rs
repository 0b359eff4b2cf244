//! The sorted files of a plan: which there are, how they are made, how they become fewer.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::log::Log;
use super::record::{Key, Record};
use super::sorted::{Sorted, write_log, write_merged};
use crate::archive::catalog_io::CatalogReader;
use crate::model::catalog::{Piece, VolumeRef};
use crate::model::run::Cancel;
use crate::model::snapshot::VersionId;

const EXTENSION: &str = "pieces";
/// More files than this are merged, so that a look-up asks few of them.
const MOST_FILES: usize = 8;

/// What a run may find: pieces of its parent's volumes.
pub struct PieceIndex<'a> {
    parent: &'a CatalogReader,
    files: Vec<Sorted>,
}

impl<'a> PieceIndex<'a> {
    /// Opens what there is; what is not there of the parent's runs is made from its catalog, as far as that can be read.
    pub fn open(folder: &Path, parent: &'a CatalogReader, random: &dyn Fn(&mut [u8]), cancel: &Cancel) -> Self {
        let mut files = open_all(folder);
        let there: HashSet<VersionId> = files.iter().flat_map(|file| file.runs.iter().cloned()).collect();
        let wanted: HashSet<VersionId> = parent.index.volumes.iter().map(|info| info.volume.run.clone()).collect();
        let missing: HashSet<VersionId> = wanted.difference(&there).cloned().collect();
        if !missing.is_empty()
            && let Some(made) = from_catalog(folder, parent, missing, random, cancel)
        {
            files.push(made);
        }
        Self { parent, files }
    }

    /// A piece with this hash and length in a volume that is offered.
    pub fn find(&self, hash: &[u8; 32], length: u32, offers: &mut dyn FnMut(&VolumeRef) -> bool) -> Option<Piece> {
        self.files.iter().find_map(|file| {
            let record = file.find(hash, length)?;
            let volume = file.volumes.get(record.volume as usize)?;
            let info = self.parent.volume(volume)?;
            let fits = record.frame_offset.checked_add(record.frame_length.into()).is_some_and(|end| end <= info.size);
            (fits && offers(volume)).then(|| record.piece(volume.clone()))
        })
    }
}

impl Record {
    fn piece(&self, volume: VolumeRef) -> Piece {
        let Self { hash, frame_offset, frame_length, offset, length, .. } = *self;
        Piece { volume, frame_offset, frame_length, offset, length, hash }
    }

    fn of(piece: &Piece, volume: u32) -> Self {
        let Piece { frame_offset, frame_length, offset, length, hash, .. } = *piece;
        Self { hash, frame_offset, frame_length, offset, length, volume }
    }
}

/// Adds what a run stored to the files, and merges these where there are too many. `place`: see [`write_log`]; `volumes`: what the records'
/// volumes are numbers of. `wanted`: runs that the run's version draws on; what is left of others is dropped in time.
pub fn keep(
    folder: &Path,
    log: &Log,
    run: &VersionId,
    volumes: Vec<VolumeRef>,
    wanted: &HashSet<VersionId>,
    random: &dyn Fn(&mut [u8]),
    place: impl FnMut(Record) -> Option<Record>,
) -> io::Result<()> {
    if log.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    sweep(folder)?;
    let (path, key) = fresh(folder, random);
    write_log(&path, key, log, vec![run.clone()], volumes, place)?;
    let mut files = open_all(folder);
    let (unwanted, mut used): (Vec<_>, Vec<_>) = files.drain(..).partition(|f| !f.runs.iter().any(|run| wanted.contains(run)));
    for file in unwanted {
        fs::remove_file(file.path)?;
    }
    if used.len() <= MOST_FILES {
        return Ok(());
    }
    // The largest is left alone as long as the others are small beside it.
    used.sort_by_key(|file| file.records);
    let rest: u64 = used.iter().rev().skip(1).map(|file| file.records).sum();
    if used.last().is_some_and(|largest| rest < largest.records / 2) {
        used.pop();
    }
    // Newer copies of a piece count: older volumes are the first that are not offered any more.
    used.sort_by(|a, b| b.runs.iter().max().cmp(&a.runs.iter().max()));
    let (path, key) = fresh(folder, random);
    write_merged(&path, key, &used, |run| wanted.contains(run))?;
    used.into_iter().try_for_each(|file| fs::remove_file(file.path))
}

/// Those that are whole; others are removed.
fn open_all(folder: &Path) -> Vec<Sorted> {
    let Ok(listed) = fs::read_dir(folder) else { return Vec::new() };
    let paths = listed.filter_map(|entry| Some(entry.ok()?.path()));
    let open = |path: PathBuf| match Sorted::open(&path) {
        Ok(file) => Some(file),
        Err(error) => {
            tracing::info!("{} is not used: {error}", path.display());
            let _ = fs::remove_file(&path);
            None
        }
    };
    let mut files: Vec<Sorted> = paths.filter(|path| path.extension().is_some_and(|e| e == EXTENSION)).filter_map(open).collect();
    files.sort_by(|a, b| b.runs.iter().max().cmp(&a.runs.iter().max()));
    files
}

/// Removes what a process that died has left.
fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "new") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn fresh(folder: &Path, random: &dyn Fn(&mut [u8])) -> (PathBuf, Key) {
    let (mut name, mut key) = ([0; 8], [0; 32]);
    random(&mut name);
    random(&mut key);
    let mut name = data_encoding::HEXLOWER.encode(&name);
    while folder.join(&name).with_extension(EXTENSION).exists() {
        name.push('0');
    }
    (folder.join(name).with_extension(EXTENSION), key)
}

/// A file of the pieces that a catalog has in these runs.
fn from_catalog(
    folder: &Path,
    catalog: &CatalogReader,
    runs: HashSet<VersionId>,
    random: &dyn Fn(&mut [u8]),
    cancel: &Cancel,
) -> Option<Sorted> {
    fs::create_dir_all(folder).ok()?;
    let (path, key) = fresh(folder, random);
    let mut log = Log::new(Some(folder.into()), key, false);
    let volumes: Vec<VolumeRef> =
        catalog.index.volumes.iter().map(|info| &info.volume).filter(|volume| runs.contains(&volume.run)).cloned().collect();
    for number in 0..catalog.index.segments.len() {
        if cancel.should_end() {
            return None;
        }
        // A segment that cannot be read has nothing to offer.
        for entry in catalog.segment(number).unwrap_or_default() {
            for piece in &entry.pieces {
                if let Ok(volume) = volumes.binary_search(&piece.volume) {
                    log.push(Record::of(piece, volume as u32));
                }
            }
        }
    }
    let made = write_log(&path, key, &log, runs.into_iter().collect(), volumes, Some).and_then(|()| Sorted::open(&path));
    made.inspect_err(|error| tracing::info!("stored pieces cannot be remembered: {error}")).ok()
}
