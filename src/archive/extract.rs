//! Restores entries of a version to a target: every piece checked before it is written.
//!
//! One thread walks the catalog, makes folders and hands windows of pieces, sorted by the frames they lie in, to workers, so that
//! a frame is unpacked once for all its files. Where a destination is far away others read these frames for the workers. A second
//! walk, backwards, makes links and sets what folders should look like.

mod content;
mod decide;
mod fetch;
mod find;
mod last;
mod names;
mod place;
mod plan;
pub(in crate::archive) mod put;
pub(in crate::archive) mod report;
pub(in crate::archive) mod resume;
#[cfg(test)]
mod tests;
mod work;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::Sender;

use self::content::{Item, Marks, Ticket, Window};
use self::fetch::{Fetcher, Run, STREAMS};
use self::last::Last;
use self::place::Places;
use self::plan::Planner;
use self::put::Put;
use self::report::Tally;
use self::work::{Task, Work, Worker};
use super::catalog_io::CatalogReader;
use super::frame_reader::FrameReader;
use super::key::KeyRing;
use super::object::Objects;
use super::select::{Selection, check_present, trim};
use super::target::journal::{Before, Journal};
use super::target::metadata::Maker;
use super::target::root::Root;
use super::{Error, Result};
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::problem::{Cause, Warning};
use crate::model::restore::{Conflict, RestoreCounts, Target};
use crate::model::run::{Cancel, Progress};
use crate::os::disk::room;

pub struct RestoreJob<'a> {
    pub plan: PlanId,
    pub objects: Arc<dyn Objects>,
    pub ring: Option<Arc<KeyRing>>,
    pub catalog: &'a CatalogReader,
    /// Catalog paths (no leading `/`); empty: everything.
    pub paths: &'a [PathBytes],
    pub except: &'a [PathBytes],
    pub target: &'a Target,
    pub conflict: Conflict,
    pub metadata: bool,
    pub dry_run: bool,
    /// Name for this run's temporary files and undo folder.
    pub tag: &'a str,
    /// Today, for the names of files that are put beside existing ones: `2026-11-21`.
    pub date: &'a str,
    pub progress: &'a Progress,
    pub cancel: &'a Cancel,
}

pub struct Restored {
    pub counts: RestoreCounts,
    /// The first thousand.
    pub warnings: Vec<Warning>,
    pub warning_count: u64,
    pub undo: Option<PathBytes>,
    /// Objects of the backup that were found damaged, by their names within the plan's folder.
    pub damaged: Vec<String>,
}

/// What all who work on a restore share.
struct Shared<'a> {
    catalog: &'a CatalogReader,
    selection: Selection,
    roots: Vec<Root>,
    put: Put<'a>,
    maker: Maker,
    tally: Tally<'a>,
    marks: Marks,
    metadata: bool,
    dry_run: bool,
    /// Files of several pieces that are begun and not complete, by address.
    begun: Mutex<HashMap<usize, Arc<Item>>>,
    /// `None` in a dry run, and where none can be written.
    journal: Option<Journal>,
    /// The same restore, that was begun before and did not end.
    before: Option<Before>,
    /// Not all that was written became durable.
    unsynced: AtomicBool,
}

/// So many windows are alive: one that is filled, one that is worked on, one between.
const WINDOWS: usize = 3;
/// So many frames at most wait where they are read ahead.
const READ_AHEAD: usize = 8;
/// Files without content that a worker takes at once.
const EMPTY_AT_ONCE: usize = 512;

/// Restores, or with `dry_run` only counts what would be done. Files that cannot be completed are taken away and named.
///
/// `NoSuchPath` where something is asked for that the version does not hold; `File` where the target cannot be opened or has no
/// room; `Cancelled`. What is complete then stays.
pub fn restore(job: &RestoreJob<'_>) -> Result<Restored> {
    check_present(job.catalog, job.paths)?;
    let selection = Selection::new(job.paths, job.except);
    let (files, bytes) = selection.sum(job.catalog, job.cancel)?;
    job.progress.files_total.store(files, Relaxed);
    job.progress.bytes_total.store(bytes, Relaxed);
    job.progress.totals_known.store(true, Relaxed);
    let (places, roots) = Places::open(&job.catalog.index.sources, &selection, job.target, job.dry_run)?;
    let (journal, before) = if job.dry_run { (None, None) } else { open_journal(job, &places, &roots)? };
    let mut shared = Shared {
        catalog: job.catalog,
        selection,
        roots,
        put: Put::new(job.conflict, job.tag, job.date, before.as_ref()),
        maker: Maker::of_this_process(),
        tally: Tally::new(job.progress, job.cancel),
        marks: Marks::new(job.catalog.index.segments.len()),
        metadata: job.metadata,
        dry_run: job.dry_run,
        begun: Mutex::default(),
        journal,
        before,
        unsynced: AtomicBool::new(false),
    };
    shared.recall();
    if job.dry_run {
        shared.foresee(places)?
    } else {
        shared.carry_out(job, places)?
    }
    let free = shared.free();
    let undo = shared.put.undo.used().map(PathBytes::from);
    let journal = shared.journal.take();
    let damaged = shared.tally.take_damaged();
    let ended = shared.tally.finish();
    if let Some(journal) = journal {
        match (&ended, shared.unsynced.into_inner()) {
            (Ok(_), _) => journal.finish(),
            // What was written may be lost: whoever goes on has to look at it all.
            (Err(_), true) => drop(journal),
            (Err(_), false) => journal.stop(),
        }
    }
    let (mut counts, warnings, warning_count) = ended?;
    counts.free = free;
    Ok(Restored { counts, warnings, warning_count, undo, damaged })
}

/// Begins the journal of this restore, or finds the one of the same restore that did not end.
fn open_journal(job: &RestoreJob<'_>, places: &Places, roots: &[Root]) -> Result<(Option<Journal>, Option<Before>)> {
    let Some(root) = roots.first() else { return Ok((None, None)) };
    let opened = Journal::open(places.for_journal(roots), &identity(job), job.tag, job.date);
    Ok(opened.map_err(|e| Error::file(&root.path, e))?.map_or((None, None), |(journal, before)| (Some(journal), before)))
}

/// What makes two restores the same: the version, what is wanted of it, and to where. The policy may be another the second time.
fn identity(job: &RestoreJob<'_>) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    };
    add(&job.plan.bytes());
    add(job.catalog.version.as_str().as_bytes());
    add(match job.target {
        Target::InPlace => b"in place",
        Target::Folder { full_paths: true, .. } => b"full paths",
        Target::Folder { full_paths: false, .. } => b"names",
    });
    for paths in [job.paths, job.except] {
        let mut sorted: Vec<&[u8]> = paths.iter().map(|path| trim(path.as_bytes())).collect();
        sorted.sort_unstable();
        sorted.dedup();
        add(&(sorted.len() as u64).to_le_bytes());
        sorted.into_iter().for_each(&mut add);
    }
    hasher.finalize().to_hex().get(..16).unwrap_or_default().to_string()
}

impl Shared<'_> {
    /// Says what restores that did not end have left.
    fn recall(&self) {
        for root in &self.roots {
            if self.before.is_some() {
                self.put.undo.recall(root);
            }
            if self.journal.as_ref().is_some_and(|own| own.others_died(root.fd())) {
                let what = "another restore into this folder did not end: what it made may be incomplete until it is repeated";
                self.tally.warn(Cause::Incomplete, &PathBytes::from(root.path.clone()), what);
            }
        }
    }

    fn foresee(&self, places: Places) -> Result<()> {
        Planner::new(self, places).walk(&mut |mut window| {
            window.frames();
            self.tally.counts.fetched.fetch_add(window.fetched(), Relaxed);
            self.tally.counts.bytes.fetch_add(window.bits.iter().map(|bit| u64::from(bit.length)).sum(), Relaxed);
            true
        })
    }

    fn carry_out(&self, job: &RestoreJob<'_>, places: Places) -> Result<()> {
        let workers = std::thread::available_parallelism().map_or(2, |n| n.get()).max(2);
        let (tickets, returned) = crossbeam_channel::bounded(WINDOWS);
        let streams = if job.objects.is_streamed() { STREAMS } else { 0 };
        // Frames that are read ahead wait in memory.
        let ahead = if streams > 0 { workers.min(READ_AHEAD) } else { 2 * workers };
        let (tasks, waiting) = crossbeam_channel::bounded(ahead);
        let (runs, wanted) = crossbeam_channel::bounded(STREAMS);
        let runs = (streams > 0).then_some(runs);
        let mut planner = Planner::new(self, places);
        let walked = std::thread::scope(|scope| {
            for _ in 0..workers {
                let reader = FrameReader::new(job.objects.clone(), job.ring.clone(), job.plan.clone());
                let waiting = waiting.clone();
                scope.spawn(move || Worker::new(self, reader).run(&waiting));
            }
            drop(waiting);
            for _ in 0..streams {
                let fetcher = Fetcher { shared: self, objects: &*job.objects, tasks: tasks.clone() };
                let wanted = wanted.clone();
                scope.spawn(move || fetcher.work(&wanted));
            }
            drop(wanted);
            let walked = planner.walk(&mut |mut window| {
                let ranges = window.frames();
                self.tally.counts.fetched.fetch_add(window.fetched(), Relaxed);
                if tickets.send(()).is_err() {
                    return false;
                }
                window.ticket = Some(Ticket(returned.clone()));
                self.hand_out(window, &ranges, runs.as_ref(), &tasks)
            });
            drop((runs, tasks));
            walked
        });
        self.remove_incomplete();
        let last = walked.and_then(|()| Last::new(self, &planner).walk());
        if let Err(e) = last {
            self.tally.fail(e);
        }
        for root in &self.roots {
            if let Err(e) = root.sync() {
                self.unsynced.store(true, Relaxed);
                self.tally.fail(Error::file(&root.path, e));
            }
        }
        Ok(())
    }

    /// Hands out a window: its frames to whoever reads `runs` of them, where somebody does, else to the workers. Whether more is wanted.
    fn hand_out(&self, window: Window, frames: &[Range<usize>], runs: Option<&Sender<Run>>, tasks: &Sender<Task>) -> bool {
        let window = Arc::new(window);
        let give = |task| !self.tally.is_stopped() && tasks.send(task).is_ok();
        let mut empty = (0..window.empty.len()).step_by(EMPTY_AT_ONCE);
        if !empty.all(|start| give(Task::Empty(window.clone(), start..window.empty.len().min(start + EMPTY_AT_ONCE)))) {
            return false;
        }
        match runs {
            Some(runs) => fetch::runs(&window, frames).into_iter().all(|run| !self.tally.is_stopped() && runs.send(run).is_ok()),
            None => frames.iter().all(|range| give(Task::Frame(window.clone(), range.clone(), Work::Read))),
        }
    }

    fn begun(&self, item: &Arc<Item>) {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(Arc::as_ptr(item).addr(), item.clone());
    }

    fn ended(&self, item: &Arc<Item>) {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).remove(&Arc::as_ptr(item).addr());
    }

    /// After a restore that was stopped: nothing incomplete stays.
    fn remove_incomplete(&self) {
        let mut folders = super::target::root::OpenFolders::new(&self.roots);
        for (_, item) in self.begun.lock().unwrap_or_else(PoisonError::into_inner).drain() {
            let temporary = item.state.lock().unwrap_or_else(PoisonError::into_inner).temporary.take();
            if let (Some((name, _)), Ok(fd)) = (temporary, folders.get(&item.folder)) {
                put::remove(fd, &name);
            }
        }
    }

    /// Bytes free where most is written to.
    fn free(&self) -> Option<u64> {
        Some(room(self.roots.first()?.fd()).ok()?.free)
    }
}
