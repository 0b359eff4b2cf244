//! What the engine does by itself: schedules, clean-up after backups, catching up, going on with what was left.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::clean_up::CleanUpSpec;
use crate::model::conditions::{Surroundings, Wait};
use crate::model::event::What;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Code;
use crate::model::replicate::ReplicateSpec;
use crate::model::restore::Place;
use crate::model::run::{Outcome, RunKind, RunReport, Trigger};
use crate::model::schedule::{Changes, DueRun, ScheduleId, Signals};

use super::super::backup::BackupSpec;
use super::super::catch_up::Lagging;
use super::super::changes::Change;
use super::super::core::lock;
use super::super::events::{self, About};
use super::super::message::Drive;
use super::super::run::left_report;
use super::super::{plugged, schedules};
use super::Actor;
use super::watchers::Found;

/// The longest time between two looks at the clock: it can be set, the machine can sleep.
const LOOK: Duration = Duration::from_secs(60);
/// The same where something is due sooner, at least.
const LEAST: Duration = Duration::from_millis(100);
/// The same while something that is due waits for the machine.
const LOOK_WHILE_WAITING: Duration = Duration::from_secs(20);
/// How long a clean-up that a person is asked about is not tried again by itself.
const ASK_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// How long a schedule waits after a run that could not be recorded, as after a first failure.
const UNRECORDED: SignedDuration = SignedDuration::from_mins(5);

impl Actor {
    /// Schedules that wait for the start of the program.
    pub(super) fn note_the_start(&mut self) {
        let started = Some(self.core.env.clock.now());
        self.by_itself.at_risk.start(self.core.env.clock.now());
        for plan in self.plans() {
            self.by_itself.signals.entry(plan.id).or_default().started = started;
        }
    }

    /// Whether its last run ended a moment ago and is not in the history: by that alone it would be due again at once, for ever.
    fn is_to_wait(&self, plan: &PlanId) -> bool {
        let now = self.core.env.clock.now();
        self.by_itself.unrecorded.get(plan).is_some_and(|ended| now >= *ended && now.duration_since(*ended) < UNRECORDED)
    }

    /// Starts what is due. Returns when the next is, where that is known.
    pub(super) fn start_due(&mut self) -> Option<Timestamp> {
        if !self.autonomous || self.quitting {
            return None;
        }
        if let Some(paused) = self.paused() {
            return paused.until;
        }
        self.go_on();
        let waited_before = self.by_itself.waits.clone();
        let plans = self.plans();
        // What waits is looked at oftener: not for a plan that is gone.
        self.by_itself.waits.retain(|id, _| plans.iter().any(|plan| plan.id == *id));
        let mut next: Option<Timestamp> = None;
        for plan in &plans {
            if self.is_writing(&plan.id) || self.is_to_wait(&plan.id) || self.core.removals.has(&plan.id) {
                continue;
            }
            let silent = Signals::default();
            let signals = self.by_itself.signals.get(&plan.id).unwrap_or(&silent).clone();
            let mut pasts = schedules::pasts(&self.core, plan);
            let mut decision = schedules::decide(&self.core, plan, &pasts, &signals);
            if let Some(due) = &decision.run {
                let held = self.held_back(plan, &plans, due.schedules.iter().map(|(id, _)| id));
                if !held.is_empty() {
                    pasts.retain(|(schedule, _)| !held.contains(&schedule.id));
                    decision = schedules::decide(&self.core, plan, &pasts, &signals);
                }
            } else {
                self.by_itself.waits.remove(&plan.id);
            }
            match decision.run {
                Some(due) => self.start_run(plan, due),
                None => next = next.into_iter().chain(decision.wake).min(),
            }
        }
        if self.by_itself.waits != waited_before {
            self.publish();
        }
        next
    }

    fn start_run(&mut self, plan: &Plan, due: DueRun) {
        let schedules = due.schedules.into_iter().map(|(id, _)| id).collect();
        let spec = BackupSpec { kind: due.wanted, ..BackupSpec::of(plan.clone()) };
        self.back_up(self.new_run_id(), Trigger::Schedule, schedules, spec);
    }

    /// Those of a plan's schedules that are due and wait for something; what for is noted.
    fn held_back<'a>(&mut self, plan: &Plan, plans: &[Plan], due: impl Iterator<Item = &'a ScheduleId>) -> Vec<ScheduleId> {
        let clock = &self.core.env.clock;
        let time = clock.now().to_zoned(clock.zone()).time();
        let due: Vec<_> = due.filter_map(|id| plan.schedules.iter().find(|schedule| schedule.id == *id)).collect();
        let ask = due.iter().any(|schedule| schedule.conditions.ask_the_machine());
        let known = if ask { self.by_itself.machine.now(plans) } else { Some(Surroundings::default()) };
        let Some(now) = known else {
            // Whoever asks for nothing of the machine needs no answer of it.
            return due.into_iter().filter(|s| s.conditions.ask_the_machine()).map(|s| s.id.clone()).collect();
        };
        let mut waits: Vec<Wait> = Vec::new();
        let mut held = Vec::new();
        for schedule in due {
            let unmet = schedule.conditions.unmet(&now, time);
            if !unmet.is_empty() {
                held.push(schedule.id.clone());
                waits.extend(unmet.into_iter().filter(|wait| !waits.contains(wait)).collect::<Vec<_>>());
            }
        }
        self.by_itself.waits.insert(plan.id.clone(), waits);
        held
    }

    /// Somebody starts what a schedule was waiting with.
    pub(super) fn note_what_it_waited_for(&self, plan: &Plan) {
        let Some(waits) = self.by_itself.waits.get(&plan.id).filter(|waits| !waits.is_empty()) else { return };
        let details = waits.iter().map(|wait| format!("It waited: {}", wait.in_words())).collect();
        events::note(&self.core, About::plan(plan), What::StartedByHand, details);
    }

    /// Keeps to the speeds that are wanted at this time of day, and to so many connections.
    pub(super) fn limit(&self) {
        let clock = &self.core.env.clock;
        let now = clock.now().to_zoned(clock.zone()).time();
        let (speeds, connections) = {
            let settings = &lock(&self.core.config).settings;
            (settings.limits.at(now), settings.connections())
        };
        self.core.accesses.limit(speeds.0, speeds.1);
        self.core.accesses.connect_by(connections);
    }

    pub(super) fn catch_up(&mut self, lagging: Lagging) {
        if self.quitting || self.paused().is_some() || self.is_writing(&lagging.plan) || self.core.removals.has(&lagging.plan) {
            return self.by_itself.lagging.put_off(lagging);
        }
        self.by_itself.lagging.begun(&lagging);
        let Lagging { plan, from, to } = lagging;
        let from = Place::of(&plan, &from);
        let spec = Box::new(ReplicateSpec::all(from, to));
        self.replicate(self.new_run_id(), Trigger::CatchUp, spec);
    }

    /// Until the next run is due, or a limit of speed comes or goes; at most a minute.
    pub(super) fn pause(&self, next: Option<Timestamp>) -> Duration {
        let now = self.core.env.clock.now();
        let wait = next.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default());
        // What is waited for does not ring.
        let most = if self.by_itself.waits.is_empty() { LOOK } else { LOOK_WHILE_WAITING };
        let time = now.to_zoned(self.core.env.clock.zone()).time();
        let change = lock(&self.core.config).settings.limits.change_in(time);
        let most = change.map_or(most, |change| Duration::try_from(change).unwrap_or_default().clamp(LEAST, most));
        wait.map_or(most, |wait| wait.clamp(LEAST, most))
    }

    /// After a backup; where a person is to be asked first, not again before a day has passed.
    fn clean_up_after(&mut self, plan: &PlanId) {
        let now = self.core.env.clock.now();
        let asked = |at: &Timestamp| now >= *at && now.duration_since(*at) < ASK_AGAIN;
        // What else runs of it, as a restore, is not disturbed: there will be a next backup.
        if self.is_running(plan) || self.quitting || self.by_itself.asked.get(plan).is_some_and(asked) {
            return;
        }
        let spec = CleanUpSpec { plan: plan.clone(), despite_doubts: false };
        self.clean_up(self.new_run_id(), Trigger::Retention, spec);
    }

    /// What follows the end of a run by itself.
    pub(super) fn after(&mut self, report: &RunReport, has_left_work: bool) {
        let Some(plan) = &report.plan else { return };
        self.by_itself.lagging.ended(plan);
        match (&report.outcome, report.kind, report.trigger) {
            (Outcome::Failed(problem), RunKind::Delete, Trigger::Retention) if problem.code == Code::Doubtful => {
                self.by_itself.asked.insert(plan.clone(), report.finished);
            }
            _ if has_left_work => self.clean_up_after(plan),
            _ => {}
        }
    }

    /// Ends what a process that died left in the journal.
    pub(super) fn note_left_runs(&mut self) {
        for begun in self.core.history.left_running().unwrap_or_default() {
            let report = left_report(&begun, self.core.env.clock.now());
            let _ = self.core.history.finish(&report);
            self.messenger.ended(&report);
            self.by_itself.left.push(begun);
        }
    }

    /// Goes on with what was left: the next backup of a plan takes over the volumes that the dead run had finished. What a schedule with
    /// conditions began is left to it: it is tried again as after a failure.
    fn go_on(&mut self) {
        for begun in std::mem::take(&mut self.by_itself.left) {
            let Some(plan) = begun.plan.as_ref().and_then(|id| self.core.plan(id)) else { continue };
            let has_conditions =
                |id: &ScheduleId| plan.schedules.iter().any(|schedule| schedule.id == *id && !schedule.conditions.is_empty());
            if begun.kind == RunKind::Backup && !self.is_writing(&plan.id) && !begun.schedules.iter().any(has_conditions) {
                self.back_up(self.new_run_id(), Trigger::Resumed, begun.schedules, BackupSpec::of(plan));
            }
        }
    }

    /// Looks for what nobody tells of.
    pub(super) fn look_around(&mut self) {
        let plans = self.plans();
        self.by_itself.drives.look(&plans);
        self.by_itself.changes.keep_to(&self.core, &plans, &self.by_itself.at_risk.teller());
        self.look_at_risk(&plans);
        if self.by_itself.lagging.is_time(&plans) {
            let written: HashSet<PlanId> = plans.iter().map(|plan| &plan.id).filter(|id| self.is_writing(id)).cloned().collect();
            let idle: Vec<Plan> = plans.iter().filter(|plan| !written.contains(&plan.id)).cloned().collect();
            self.core.watch.look(&self.core, &idle);
            // What is brought to a destination by itself waits with everything else.
            if self.paused().is_none() {
                self.by_itself.lagging.look(&self.core, &plans, |plan| written.contains(plan));
            }
        }
    }

    pub(super) fn heard(&mut self, found: Found) {
        match found {
            Found::Lagging(lagging) => self.catch_up(lagging),
            Found::Drives(drives) => self.note_drives(drives),
            Found::Change(change) => self.note_change(&change),
            Found::Machine(surroundings) => self.by_itself.machine.note(surroundings),
            Found::Looked(looked) => self.note_looked(looked),
        }
    }

    /// A change that a run which has begun since will have seen is none.
    fn note_change(&mut self, change: &Change) {
        self.by_itself.at_risk.heard(&change.plan, change.at);
        let begun = lock(&self.runs).iter().filter(|run| run.plan.as_ref() == Some(&change.plan)).map(|run| run.started).max();
        if begun.is_some_and(|begun| change.at < begun) {
            return;
        }
        let signals = self.by_itself.signals.entry(change.plan.clone()).or_default();
        let first = signals.changes.map_or(change.at, |changes| changes.first);
        signals.changes = Some(Changes { first, latest: change.at });
    }

    /// Tells plans of drives that were plugged in, and forgets those that were pulled out.
    pub(super) fn note_drives(&mut self, found: Vec<Drive>) {
        let now = self.core.env.clock.now();
        let new = self.by_itself.drives.note(found);
        for signals in self.by_itself.signals.values_mut() {
            signals.plugged.retain(|plugged| self.by_itself.drives.is_there(plugged));
        }
        if new.is_empty() {
            return;
        }
        for plan in self.plans() {
            let places: Vec<_> = plan.destinations.iter().map(|location| self.core.found(location)).collect();
            let told: Vec<_> = new.iter().filter_map(|drive| plugged::signal(&plan, &places, drive, now)).collect();
            if !told.is_empty() {
                self.by_itself.signals.entry(plan.id).or_default().plugged.extend(told);
            }
        }
    }
}
