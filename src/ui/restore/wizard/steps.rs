//! From step to step.

use super::super::selection::Tick;
use super::{Lock, Step, Wizard};
use crate::engine::Handle;
use crate::model::catalog::RowKind;
use crate::model::restore::{Place, PlanChoice};

impl Wizard {
    /// The steps that the stepper shows.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::with_capacity(6);
        if self.from_anywhere {
            steps.push(Step::Backup);
        }
        if !self.is_archive() {
            steps.push(Step::Version);
        }
        if self.needs_password {
            steps.push(Step::Password);
        }
        steps.extend([Step::What, Step::Where, Step::Review]);
        steps
    }

    /// Goes to the next step, where nothing stands against it.
    pub fn next(&mut self, handle: &Handle) {
        if self.blocked().is_some() {
            return;
        }
        match self.step {
            Step::Backup if self.is_archive() => self.take_file(),
            Step::Backup => self.take_plan(handle),
            Step::Version if matches!(self.lock, Lock::Closed) => self.step = Step::Password,
            Step::Version if self.everywhere.is_active() => self.take_found(),
            Step::Version => self.enter_what(),
            Step::Password if self.is_open() => self.leave_password(),
            Step::Password => self.unlock(handle),
            Step::What if self.history.is_some() => self.take_history(),
            Step::What => self.step = Step::Where,
            Step::Where => {
                self.step = Step::Review;
                self.work_out(handle);
            }
            Step::Review => self.start(handle),
            Step::Progress | Step::Result => {}
        }
    }

    /// On to the versions of the backup that is chosen. Coming back without having chosen another keeps what was done.
    fn take_plan(&mut self, handle: &Handle) {
        let Some(plan) = self.plan_chosen.and_then(|at| self.plans.ready()?.get(at)).cloned() else { return };
        let Some(location) = self.location() else { return };
        let place = Place { location, plan: PlanChoice::Id(plan.id), secret: None };
        let same = self.place.as_ref().is_some_and(|p| p.location == place.location && p.plan == place.plan);
        if !same {
            self.name = plan.name;
            self.open(handle, place, plan.sealed);
        }
        self.step = Step::Version;
    }

    /// The step before; `None`: the wizard's first.
    pub fn previous(&self) -> Option<Step> {
        let mut before = self.steps().into_iter().rev().skip_while(|step| *step != self.step).skip(1);
        // A lock that is open is not shown again on the way back.
        before.find(|step| *step != Step::Password || !self.is_open())
    }

    pub fn back(&mut self) {
        if self.step == Step::What && self.history.take().is_some() {
            return;
        }
        if let Some(step) = self.previous() {
            self.step = step;
        }
    }

    /// Goes back to a step that was visited.
    pub fn go_to(&mut self, step: Step) {
        if step < self.step && self.step < Step::Progress {
            self.step = step;
        }
    }

    /// On to what the password was asked for.
    pub(super) fn leave_password(&mut self) {
        if self.everywhere.is_active() {
            self.step = Step::Version;
        } else {
            self.enter_what();
        }
    }

    /// On with the file that was found by its name, as the chosen version has it: nothing is left to tick.
    fn take_found(&mut self) {
        let Some((file, state)) = self.everywhere.choice() else { return };
        let (path, version) = (file.path.clone(), state.version.clone());
        let weight = (state.kind == RowKind::File).then_some(state.size).flatten().map(|size| (1, size));
        self.version = Some(version);
        self.enter_what();
        if self.selection.tick(&path) != Tick::On {
            self.selection.clear();
            self.selection.set(&path, true, weight);
        }
        self.step = Step::Where;
    }

    pub(super) fn enter_what(&mut self) {
        self.step = Step::What;
        self.history = None;
        if self.tree_of != self.version {
            self.forget_tree();
            self.tree_of = self.version.clone();
        }
    }
}
