//! Whose turn it is among the runs that wait.

use crate::engine::core::lock;
use crate::engine::message::Turn;
use crate::engine::run::Run;
use crate::model::run::RunKind;

use super::Actor;

impl Actor {
    pub(super) fn start_waiting(&mut self) {
        loop {
            let next = self.waiting.iter().position(|(run, _)| self.turn(run).is_none());
            let Some((run, job)) = next.and_then(|at| self.waiting.remove(at)) else { return };
            self.start(run, job);
        }
    }

    /// What a run waits for; `None`: it may begin, or has.
    pub(super) fn turn(&self, run: &Run) -> Option<Turn> {
        let waits = |id| self.waiting.iter().any(|(waiting, _)| waiting.id == id);
        if !waits(run.id) {
            return None;
        }
        let runs = lock(&self.runs);
        // What stands still is in nobody's way.
        let busy: Vec<&Run> = runs.iter().filter(|other| !waits(other.id) && !other.cancel.is_paused()).collect();
        let mut shared = run.destinations.iter().filter(|place| busy.iter().any(|other| other.destinations.contains(place)));
        if let Some(place) = shared.next() {
            return Some(Turn::Destination(place.clone()));
        }
        let backups = busy.iter().filter(|other| other.kind == RunKind::Backup).count();
        let at_once = lock(&self.core.config).settings.runs_at_once();
        (run.kind == RunKind::Backup && backups >= at_once).then_some(Turn::Others)
    }
}
