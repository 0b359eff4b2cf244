//! What the engine does by itself: schedules, clean-up after backups, catching up, going on with what was left.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::clean_up::CleanUpSpec;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Code;
use crate::model::replicate::ReplicateSpec;
use crate::model::restore::Place;
use crate::model::run::{Outcome, RunKind, RunReport, Trigger};
use crate::model::schedule::{Decision, Signals};

use super::super::backup::BackupSpec;
use super::super::catch_up::Lagging;
use super::super::core::lock;
use super::super::message::Drive;
use super::super::run::left_report;
use super::super::{plugged, schedules};
use super::Actor;

/// The longest time between two looks at the clock: it can be set, the machine can sleep.
const LOOK: Duration = Duration::from_secs(60);
/// How long a clean-up that a person is asked about is not tried again by itself.
const ASK_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// How long a schedule waits after a run that could not be recorded, as after a first failure.
const UNRECORDED: SignedDuration = SignedDuration::from_mins(5);

impl Actor {
    /// Schedules that wait for the start of the program.
    pub(super) fn note_the_start(&mut self) {
        let started = Some(self.core.env.clock.now());
        for plan in self.plans() {
            self.signals.entry(plan.id).or_default().started = started;
        }
    }

    /// What the schedules ask for, of plans that nothing is written of.
    fn decisions(&self) -> Vec<(Plan, Decision)> {
        if !self.autonomous || self.quitting {
            return Vec::new();
        }
        let silent = Signals::default();
        let decided = |plan: Plan| {
            let decision = schedules::decide(&self.core, &plan, self.signals.get(&plan.id).unwrap_or(&silent));
            (plan, decision)
        };
        let may_run = |plan: &Plan| !self.is_writing(&plan.id) && !self.is_to_wait(&plan.id);
        self.plans().into_iter().filter(may_run).map(decided).collect()
    }

    /// Whether its last run ended a moment ago and is not in the history: by that alone it would be due again at once, for ever.
    fn is_to_wait(&self, plan: &PlanId) -> bool {
        let now = self.core.env.clock.now();
        self.unrecorded.get(plan).is_some_and(|ended| now >= *ended && now.duration_since(*ended) < UNRECORDED)
    }

    /// Starts what is due. Returns when the next is, where that is known.
    pub(super) fn start_due(&mut self) -> Option<Timestamp> {
        let mut next: Option<Timestamp> = None;
        for (plan, decision) in self.decisions() {
            if let Some(due) = decision.run {
                let schedules = due.schedules.into_iter().map(|(id, _)| id).collect();
                let spec = BackupSpec { kind: due.wanted, ..BackupSpec::of(plan) };
                self.back_up(self.new_run_id(), Trigger::Schedule, schedules, spec);
            } else {
                next = next.into_iter().chain(decision.wake).min();
            }
        }
        next
    }

    /// Keeps to the speeds that are wanted at this time of day.
    pub(super) fn limit(&self) {
        let clock = &self.core.env.clock;
        let now = clock.now().to_zoned(clock.zone()).time();
        let (up, down) = lock(&self.core.config).settings.limits.at(now);
        self.core.accesses.limit(up, down);
    }

    pub(super) fn catch_up(&mut self, lagging: Lagging) {
        let Lagging { plan, from, to } = lagging;
        if self.quitting || self.is_writing(&plan) {
            return;
        }
        let from = Place::of(&plan, &from);
        let spec = Box::new(ReplicateSpec { from, to, versions: Vec::new() });
        self.replicate(self.new_run_id(), Trigger::CatchUp, spec);
    }

    /// Until the next run is due, at most a minute.
    pub(super) fn pause(&self, next: Option<Timestamp>) -> Duration {
        let now = self.core.env.clock.now();
        let wait = next.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default());
        wait.map_or(LOOK, |wait| wait.clamp(Duration::from_millis(100), LOOK))
    }

    /// After a backup; where a person is to be asked first, not again before a day has passed.
    fn clean_up_after(&mut self, plan: &PlanId) {
        let now = self.core.env.clock.now();
        let asked = |at: &Timestamp| now >= *at && now.duration_since(*at) < ASK_AGAIN;
        // What else runs of it, as a restore, is not disturbed: there will be a next backup.
        if self.is_running(plan) || self.quitting || self.asked.get(plan).is_some_and(asked) {
            return;
        }
        let spec = CleanUpSpec { plan: plan.clone(), despite_doubts: false };
        self.clean_up(self.new_run_id(), Trigger::Retention, spec);
    }

    /// What follows the end of a run by itself.
    pub(super) fn after(&mut self, report: &RunReport, has_left_work: bool) {
        let Some(plan) = &report.plan else { return };
        match (&report.outcome, report.kind, report.trigger) {
            (Outcome::Failed(problem), RunKind::Delete, Trigger::Retention) if problem.code == Code::Doubtful => {
                self.asked.insert(plan.clone(), report.finished);
            }
            _ if has_left_work => self.clean_up_after(plan),
            _ => {}
        }
    }

    /// Ends what a process that died left in the journal, and goes on with it: the next backup of a plan takes over the volumes that the
    /// dead run had finished.
    pub(super) fn go_on_with_left_runs(&mut self) {
        for begun in self.core.history.left_running().unwrap_or_default() {
            let report = left_report(&begun, self.core.env.clock.now());
            let _ = self.core.history.finish(&report);
            self.messenger.ended(&report);
            let plan = begun.plan.as_ref().and_then(|id| self.core.plan(id));
            if let (RunKind::Backup, Some(plan)) = (begun.kind, plan)
                && !self.is_writing(&plan.id)
            {
                self.back_up(self.new_run_id(), Trigger::Resumed, begun.schedules, BackupSpec::of(plan));
            }
        }
    }

    /// Tells plans of drives that were plugged in, and forgets those that were pulled out.
    pub(super) fn note_drives(&mut self, found: Vec<Drive>) {
        let now = self.core.env.clock.now();
        let new = self.drives.note(found);
        for signals in self.signals.values_mut() {
            signals.plugged.retain(|plugged| self.drives.is_there(plugged));
        }
        for plan in self.plans() {
            let told: Vec<_> = new.iter().filter_map(|drive| plugged::signal(&plan, drive, now)).collect();
            if !told.is_empty() {
                self.signals.entry(plan.id).or_default().plugged.extend(told);
            }
        }
    }
}
