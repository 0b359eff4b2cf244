//! Everything stands still for a while.

use crate::engine::answer;
use crate::engine::core::lock;
use crate::model::pause::{PauseFor, Paused};
use crate::model::problem::Problem;
use crate::model::run::RunId;

use super::Actor;

impl Actor {
    /// `None`: what is due runs.
    pub(super) fn paused(&self) -> Option<Paused> {
        let now = self.core.env.clock.now();
        lock(&self.core.config).settings.paused.filter(|paused| !paused.is_over(now))
    }

    pub(super) fn pause_all(&mut self, wanted: PauseFor) {
        let clock = &self.core.env.clock;
        let paused = Paused::new(wanted, clock.now(), &clock.zone());
        self.tell_of(answer::save_pause(&self.core, Some(paused)));
        let mut stilled: Vec<RunId> = Vec::new();
        for run in lock(&self.runs).iter().filter(|run| !run.cancel.is_paused()) {
            run.pause(true);
            stilled.push(run.id);
        }
        self.by_itself.stilled.extend(stilled);
        self.publish();
    }

    pub(super) fn resume_all(&mut self) {
        if lock(&self.core.config).settings.paused.is_some() {
            self.tell_of(answer::save_pause(&self.core, None));
        }
        let stilled = std::mem::take(&mut self.by_itself.stilled);
        for run in lock(&self.runs).iter().filter(|run| stilled.contains(&run.id)) {
            run.pause(false);
        }
        self.publish();
    }

    /// Where its time has come.
    pub(super) fn end_pause(&mut self) {
        let is_kept = lock(&self.core.config).settings.paused.is_some();
        if is_kept && self.core.owner && self.paused().is_none() {
            self.resume_all();
        }
    }

    fn tell_of(&self, saved: Result<(), Problem>) {
        if let Err(problem) = saved {
            self.core.notice(problem.to_string());
        }
    }
}
