//! The stages, their threads, and the channels between them.
//!
//! ```text
//! scanner ─┐                    ┌─ compressor ─┐
//!          ├─ assembler (here) ─┼─ compressor ─┼─ volumes ─┬─ finishers
//! parent ──┘                    └─      …      ┘           └─ catalog
//! ```
//!
//! A fixed number of frames goes round, and of buffers for what is in them; every channel is bounded. A stage that fails lets go of
//! its channels, upon which all others end; the first that names an error wins.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, Scope, ScopedJoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::adopted::Adopted;
use super::assemble::Assembler;
use super::container::{Container, Packer};
use super::elsewhere::Elsewhere;
use super::finishing::Finishing;
use super::frames::{Frame, Frames, Packed};
use super::fresh::FreshPieces;
use super::placing::Placing;
use super::shared::Shared;
use super::volumes::{Full, Volumes};
use super::{BackupJob, Written};
use crate::archive::catalog_io::{CatalogIndex, CatalogWriter, SegmentRef, VolumeInfo};
use crate::archive::changes::{Before, Changes, Keeper, Keeping};
use crate::archive::object::{catalog_file_name, run_folder};
use crate::archive::pieces::Log;
use crate::archive::run_journal::{LeftRun, Of, RunJournal};
use crate::archive::scan::{self, Batch, Roots};
use crate::archive::seal::{Identity, ObjectKind, Sealer};
use crate::archive::sums::object_info;
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, VolumeRef};
use crate::model::format::Packing;
use crate::os::priority::lower_this_thread;

/// More would take memory, and no disk is faster than four of them.
const MOST_COMPRESSORS: usize = 4;
/// Frames beside those in the compressors: one that is filled, one that waits, one that is placed.
const SPARE_FRAMES: usize = 3;
/// Buffers for content beside those in the compressors: one that is filled, one that waits.
const SPARE_ROOMS: usize = 2;
/// Buffers for records beside those in the compressors: one that waits for its turn or is written.
const SPARE_RECORDS: usize = 1;
const SCAN_AHEAD: usize = 8;
const PARENT_AHEAD: usize = 8;
const PARENT_BATCH: usize = 256;
const CATALOG_AHEAD: usize = 8;

pub(super) fn run(job: &BackupJob<'_>) -> Result<Written> {
    let roots = Roots::new(job.sources)?;
    roots.check_readable()?;
    let catalog = begin_catalog(job, &roots)?;
    let (mut log, mut adopted) = (begin_log(job), Adopted::new(job.left));
    let journal = begin_journal(job, &mut adopted, &mut log);
    let journal = journal.as_ref();
    let own = adopted.volumes.len();
    let offered = |volume: &VolumeRef| {
        if volume.run == job.run { volume.number as usize <= own } else { (job.offered)(volume) }
    };
    let first_frame = adopted.places.len() as u64;
    let compressors = thread::available_parallelism().map_or(1, usize::from).min(MOST_COMPRESSORS);
    let frames = compressors + SPARE_FRAMES;

    let note = |volume: &VolumeInfo| {
        if let Some(journal) = journal {
            journal.volume(volume);
        }
    };
    let finishing = Finishing::new(own as u32 + 1, &note);

    thread::scope(|scope| {
        let (to_merge, scanned) = bounded(SCAN_AHEAD);
        let (parent_out, parent_in) = bounded(PARENT_AHEAD);
        let (free_out, free) = bounded(frames);
        let (room_out, rooms) = bounded(compressors + SPARE_ROOMS);
        let (record_out, records) = bounded(compressors + SPARE_RECORDS);
        let (to_compress, compressing) = bounded(frames);
        // One more for each compressor that may have to say that it broke.
        let (to_place, placing) = bounded(frames + compressors);
        let (to_catalog, cataloguing) = bounded(CATALOG_AHEAD);
        let (to_finish, full) = bounded::<Full>(1);
        // There is room for all of them.
        (0..frames).for_each(|_| drop(free_out.send(Frame::default())));
        (0..compressors + SPARE_ROOMS).for_each(|_| drop(room_out.send(Frame::room())));
        (0..compressors + SPARE_RECORDS).for_each(|_| drop(record_out.send(Vec::new())));

        spawn(scope, "scan", move || scan_into(job, &to_merge))?;
        spawn(scope, "parent", move || parent_into(job, &parent_out))?;
        for _ in 0..compressors {
            let (compressing, to_place) = (compressing.clone(), to_place.clone());
            let (records, room_out) = (records.clone(), room_out.clone());
            spawn(scope, "compress", move || compress(job, &compressing, (&records, &room_out), to_place))?;
        }
        drop((compressing, records, room_out));
        let finishers = (0..job.finish_at_once.max(1)).map(|_| {
            let (full, finishing) = (full.clone(), &finishing);
            spawn(scope, "finish", move || finishing.run(&full))
        });
        let finishers = finishers.collect::<Result<Vec<_>>>()?;
        drop(full);
        let volumes = Volumes::new(job, &adopted.volumes);
        let (shared, freed) = (Shared::new(job.pieces), (free_out, record_out));
        let placing_stage = Placing::new(&job.run, volumes, to_finish, adopted, shared, journal, to_catalog, freed);
        let placer = spawn(scope, "place", move || placing_stage.run(&placing))?;
        let cataloguer = spawn(scope, "catalog", move || write_entries(catalog, &cataloguing))?;

        let container = Container::of(job.format.kind);
        let frames = Frames::new(job.run.clone(), first_frame, container, (free, rooms), to_compress, to_place, log);
        let assembled = frames.and_then(|frames| {
            let keeper = Keeper::new(job.parent.as_ref().map(|p| p.version.clone()), &offered, &job.whole);
            let before: Before<'_> = Box::new(job.left.into_iter().flat_map(LeftRun::paths));
            let keeping = if job.lets_go { Keeping::WhatIsThere } else { Keeping::All };
            let changes = Changes::new(received(scanned), received(parent_in), before, keeper, keeping);
            Assembler::new(job, roots.clone(), frames).run(changes)
        });
        let placed = join(placer);
        let finished = finishers.into_iter().map(join).fold(Ok(()), Result::and).map_err(Some);
        let entered = join(cataloguer).map_err(Some);
        match (finished, entered, placed, assembled) {
            (Ok(()), Ok(catalog), Ok((volumes, places)), Ok((mut totals, warnings, log))) => {
                let older = job.parent.as_ref().map_or(&[][..], |p| &p.index.volumes);
                let packed = Packing {
                    format: job.format.kind,
                    level: job.level,
                    content: volumes.infos.iter().map(|info| info.stored).sum(),
                    volumes: volumes.infos.iter().map(|info| info.size).sum(),
                };
                let written = catalog.finish(volumes.infos.clone(), older)?;
                let pieces = FreshPieces::new(job, log, &volumes, places, &written.index);
                let mut objects = volumes.objects;
                let (name, size, sums) = (written.catalog.name.clone(), written.catalog.size, written.sums);
                objects.push(object_info(name, size, &sums.sha256, Some(sums.crc64nvme)));
                job.progress.bytes_written.fetch_add(written.catalog.size, Relaxed);
                totals.stored_bytes = objects.iter().map(|o| o.size).sum();
                Ok(Written {
                    totals,
                    catalog: written.catalog,
                    index: written.index,
                    objects,
                    needs: written.needs,
                    pieces,
                    packed,
                    warnings: warnings.list,
                    warning_count: warnings.count,
                })
            }
            (finished, entered, placed, assembled) => {
                let first = finished.err().flatten().or(entered.err().flatten());
                let first = first.or(placed.err().flatten()).or(assembled.err().flatten());
                Err(first.unwrap_or(Error::Cancelled))
            }
        }
    })
}

/// A thread with a name to be found by. `Io` where the system has no room for one.
fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>> {
    let thread = thread::Builder::new().name(name.into()).spawn_scoped(scope, work);
    thread.map_err(|source| Error::Object { object: format!("the thread “{name}”"), source })
}

fn join<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn begin_catalog(job: &BackupJob<'_>, roots: &Roots) -> Result<CatalogWriter> {
    let file_name = catalog_file_name(job.seal.is_some());
    let name = format!("{}/{file_name}", run_folder(&job.run));
    let mut out = job.objects.create(&name).map_err(|source| Error::Object { object: name, source })?;
    out.ends_with(job.cancel);
    let sealer = job.seal.as_ref().map(|(key, cipher)| {
        let mut salt = [0; 32];
        (job.random)(&mut salt);
        let identity =
            Identity { plan: job.plan.bytes(), version: job.run.as_str(), object: file_name, kind: ObjectKind::Catalog };
        Sealer::new(key, *cipher, identity, salt)
    });
    let excludes = job.sources.patterns().map(String::from).collect();
    // Segments in damaged catalogs are written anew.
    let whole = job.parent.as_ref().map(|p| {
        let segments = p.index.segments.iter().filter(|segment| is_readable(job, segment)).cloned().collect();
        CatalogIndex { sources: Vec::new(), excludes: Vec::new(), segments, volumes: Vec::new() }
    });
    let adopted = job.left.map_or(0, |left| left.volumes().len() as u32);
    let catalog = CatalogWriter::new(out, file_name, sealer, job.run.clone(), roots.absolute_paths(), excludes, whole.as_ref())?;
    Ok(catalog.adopting(adopted))
}

fn begin_log(job: &BackupJob<'_>) -> Log {
    let mut key = [0; 32];
    (job.random)(&mut key);
    Log::new(job.pieces.map(Into::into), key, Elsewhere::within_run(job))
}

/// Takes over what was left, and begins to note what follows. Without a journal the run only cannot be gone on with.
fn begin_journal(job: &BackupJob<'_>, adopted: &mut Adopted, log: &mut Log) -> Option<RunJournal> {
    let of = Of { plan: job.plan.clone(), run: job.run.clone(), seal: job.seal.clone() };
    let mut left = job.left.into_iter().flat_map(LeftRun::paths).inspect(|left| adopted.take(left, &job.run, log));
    let volumes = job.left.map_or(&[][..], LeftRun::volumes);
    let begun = job.journal.map(|path| RunJournal::begin(path, &of, job.format.kind, volumes, &mut left, job.random));
    // All of it, also where nothing can be noted.
    left.for_each(drop);
    begun.and_then(|begun| begun.inspect_err(|error| tracing::warn!("what this run finishes is not noted: {error}")).ok())
}

fn scan_into(job: &BackupJob<'_>, to_merge: &Sender<Result<Batch>>) {
    let scanned = scan::scan(job.sources, job.avoid, job.cancel, &job.now, |batch, counted| {
        job.progress.files_total.fetch_max(counted.files, Relaxed);
        job.progress.bytes_total.fetch_max(counted.bytes, Relaxed);
        if to_merge.send(Ok(batch)).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    match scanned {
        Ok(()) => job.progress.totals_known.store(true, Relaxed),
        // Whoever would receive it has ended for a reason of its own.
        Err(error) => drop(to_merge.send(Err(error))),
    }
}

fn parent_into(job: &BackupJob<'_>, out: &Sender<Result<Vec<Entry>>>) {
    let Some(parent) = &job.parent else { return };
    let mut batch = Vec::with_capacity(PARENT_BATCH);
    let segments = parent.index.segments.iter().enumerate().filter(|(_, segment)| is_readable(job, segment));
    // What stands in a damaged catalog is as if it were new.
    let entries = segments.flat_map(|(number, _)| parent.entries_of(number));
    for entry in entries {
        match entry {
            Ok(entry) => batch.push(entry),
            Err(error) => {
                let _ = out.send(Ok(batch)).and_then(|()| out.send(Err(error)));
                return;
            }
        }
        if batch.len() == PARENT_BATCH && out.send(Ok(std::mem::replace(&mut batch, Vec::with_capacity(PARENT_BATCH)))).is_err() {
            return;
        }
    }
    let _ = out.send(Ok(batch));
}

fn is_readable(job: &BackupJob<'_>, segment: &SegmentRef) -> bool {
    segment.frames().all(|frame| (job.catalogs)(&frame.run))
}

fn received<'a, T: 'a>(channel: Receiver<Result<T>>) -> crate::archive::changes::Batches<'a, T> {
    Box::new(move || channel.recv().ok().transpose())
}

/// Tells the next stage when a compressor falls over, which would else wait for a frame that never comes.
struct Alarm(Sender<Packed>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.0.send(Packed::Broken);
        }
    }
}

fn compress(
    job: &BackupJob<'_>,
    frames: &Receiver<Frame>,
    (records, rooms): (&Receiver<Vec<u8>>, &Sender<Vec<u8>>),
    to_place: Sender<Packed>,
) {
    let alarm = Alarm(to_place);
    // The window and whatever else a person does go first.
    lower_this_thread();
    let mut packer = Packer::new(job);
    // The buffer first: whoever then takes the frame that the volumes wait for has one, whatever later frames hold.
    for record in records {
        let Ok(mut frame) = frames.recv() else { return };
        frame.record = record;
        // Stands still with the run. That it is to end is for the assembler to say: no frame is ever left out.
        let _ = job.cancel.should_end();
        Volumes::prepare(job.seal.is_some(), &mut frame.record);
        packer.pack(&mut frame);
        let mut room = std::mem::take(&mut frame.content);
        room.clear();
        // Nobody waits for it when all is read.
        let _ = rooms.send(room);
        if alarm.0.send(Packed::Frame(frame)).is_err() {
            return;
        }
    }
}

fn write_entries(mut catalog: CatalogWriter, entries: &Receiver<Vec<Entry>>) -> Result<CatalogWriter> {
    for batch in entries {
        for entry in &batch {
            catalog.push(entry)?;
        }
    }
    Ok(catalog)
}
