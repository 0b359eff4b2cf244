//! Everything stands still for a while.

use crate::engine::answer;
use crate::engine::core::lock;
use crate::engine::events::{self, About};
use crate::model::event::What;
use crate::model::human;
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
        if self.tell_of(answer::save_pause(&self.core, Some(paused))) {
            let until = paused.until.map_or("Until you resume".into(), |at| format!("Until {}", human::dated(at, &clock.zone())));
            events::note(&self.core, About::ALL, What::Paused, vec![until]);
        }
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
            self.note_that_it_goes_on(What::Resumed);
        }
        self.let_go_on();
    }

    /// What stood still because of the pause.
    fn let_go_on(&mut self) {
        let stilled = std::mem::take(&mut self.by_itself.stilled);
        for run in lock(&self.runs).iter().filter(|run| stilled.contains(&run.id)) {
            run.pause(false);
        }
        self.publish();
    }

    /// Where its time has come.
    pub(super) fn end_pause(&mut self) {
        if !self.core.owner || self.paused().is_some() || lock(&self.core.config).settings.paused.take().is_none() {
            return;
        }
        // Where it cannot be taken out of the settings it is not tried at every turn: it is over all the same.
        self.note_that_it_goes_on(What::PauseOver);
        self.let_go_on();
    }

    fn note_that_it_goes_on(&self, what: What) {
        if self.tell_of(answer::save_pause(&self.core, None)) {
            let details = vec!["Schedules run again; what was missed is made up for".into()];
            events::note(&self.core, About::ALL, what, details);
        }
    }

    /// Whether it was.
    fn tell_of(&self, saved: Result<(), Problem>) -> bool {
        saved.inspect_err(|problem| self.core.notice(problem.to_string())).is_ok()
    }
}
