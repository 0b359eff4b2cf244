//! Walks ahead of a backup's own scan, which waits for the reading, so that the run can say how far it is.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::archive::scan;
use crate::model::run::{Cancel, Progress};
use crate::model::source_spec::SourceSpec;

use super::run::Run;

/// A run that takes longer is worth a second walk.
const WORTH_IT: Duration = Duration::from_secs(1);
/// Between two looks whether it is time.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The walk, on a thread of its own; dropped, it ends.
pub struct Counting {
    stop: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Counting {
    /// `at_once`: there is nothing else to do now, since a password is being stretched.
    ///
    /// `avoid`: device and inode of folders that are passed over.
    pub fn start(run: &Run, sources: &SourceSpec, avoid: Vec<(u64, u64)>, at_once: bool) -> Self {
        let stop = Cancel::default();
        let (progress, sources, told, run) = (run.progress.clone(), sources.clone(), stop.clone(), run.cancel.clone());
        let begin = Instant::now() + if at_once { Duration::ZERO } else { WORTH_IT };
        // Without a thread for it the run only cannot say how far it is.
        let thread = thread::Builder::new().name("count".into()).spawn(move || {
            while Instant::now() < begin {
                thread::park_timeout(LOOK_EVERY.min(begin.saturating_duration_since(Instant::now())));
                if told.is_cancelled() || progress.totals_known.load(Relaxed) {
                    return;
                }
            }
            count(&progress, &sources, &avoid, &told, &run);
        });
        Self { stop, thread: thread.ok() }
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It holds nothing that could be lost.
            let _ = thread.join();
        }
    }
}

/// Until all is counted or the scan itself knows it. Stands still with the run.
fn count(progress: &Arc<Progress>, sources: &SourceSpec, avoid: &[(u64, u64)], stop: &Cancel, run: &Cancel) {
    let mut whole = true;
    let counted = scan::count(sources, avoid, stop, |counted| {
        progress.files_total.fetch_max(counted.files, Relaxed);
        progress.bytes_total.fetch_max(counted.bytes, Relaxed);
        whole = !run.should_end() && !progress.totals_known.load(Relaxed);
        if whole { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    if counted.is_ok() && whole {
        progress.totals_known.store(true, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::PathBytes;
    use crate::model::run::{RunId, RunKind, Trigger};

    fn run() -> Run {
        Run {
            id: RunId(1),
            kind: RunKind::Backup,
            trigger: Trigger::ByHand,
            schedules: Vec::new(),
            plan: None,
            name: String::new(),
            started: jiff::Timestamp::UNIX_EPOCH,
            utc_offset: 0,
            progress: Arc::default(),
            cancel: Cancel::default(),
            pauses: Arc::default(),
            destinations: Vec::new(),
        }
    }

    fn spec(files: usize) -> (tempfile::TempDir, SourceSpec) {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..files {
            std::fs::write(dir.path().join(n.to_string()), "four").unwrap();
        }
        let paths = vec![PathBytes::from(dir.path().to_path_buf())];
        (dir, SourceSpec { paths, ..SourceSpec::default() })
    }

    #[test]
    fn the_totals_are_known_before_anything_is_read() {
        let (_dir, sources) = spec(3000);
        let run = run();
        let counting = Counting::start(&run, &sources, Vec::new(), true);
        while !run.progress.totals_known.load(Relaxed) {
            thread::yield_now();
        }
        assert_eq!((run.progress.files_total.load(Relaxed), run.progress.bytes_total.load(Relaxed)), (3000, 12_000));
        drop(counting);
    }

    #[test]
    fn a_short_run_is_not_walked_twice() {
        let (_dir, sources) = spec(10);
        let run = run();
        drop(Counting::start(&run, &sources, Vec::new(), false));
        assert_eq!(run.progress.files_total.load(Relaxed), 0);
        // The scan was quicker.
        run.progress.totals_known.store(true, Relaxed);
        let counting = Counting::start(&run, &sources, Vec::new(), false);
        counting.thread.as_ref().unwrap().thread().unpark();
        while !counting.thread.as_ref().unwrap().is_finished() {
            thread::yield_now();
        }
        assert_eq!(run.progress.files_total.load(Relaxed), 0);
    }
}
