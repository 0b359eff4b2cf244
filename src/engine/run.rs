//! One execution of something: what it reports to, and how its end becomes a report.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::model::location::Location;
use crate::model::plan::PlanId;
use crate::model::problem::{Code, Problem, Warning};
use crate::model::run::{Cancel, Outcome, Progress, RunDetail, RunId, RunKind, RunReport, Stage, Trigger};
use crate::model::schedule::ScheduleId;
use crate::state::history::Begun;

use super::core::lock;
use super::env::Env;
use super::message::{RunOverview, Turn};

/// A run from its acceptance to its end.
#[derive(Clone)]
pub struct Run {
    pub id: RunId,
    pub kind: RunKind,
    pub trigger: Trigger,
    /// The schedules that it was started for.
    pub schedules: Vec<ScheduleId>,
    pub plan: Option<PlanId>,
    pub name: String,
    pub started: Timestamp,
    /// Seconds east of UTC, then.
    pub utc_offset: i32,
    pub progress: Arc<Progress>,
    pub cancel: Cancel,
    pub pauses: Arc<Pauses>,
    /// Where it writes: one run at a time.
    pub destinations: Vec<Location>,
}

/// How long a run has stood still: in all, and since when it does.
#[derive(Debug, Default)]
pub struct Pauses(Mutex<(Duration, Option<Instant>)>);

impl Pauses {
    fn set(&self, paused: bool) {
        let mut state = lock(&self.0);
        match (paused, state.1) {
            (true, None) => state.1 = Some(Instant::now()),
            (false, Some(since)) => *state = (state.0 + since.elapsed(), None),
            _ => {}
        }
    }

    pub fn total(&self) -> Duration {
        let (ended, since) = *lock(&self.0);
        ended + since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// What a run that reached its end has to say.
pub struct Done {
    pub detail: RunDetail,
    pub warnings: Vec<Warning>,
    pub warning_count: u64,
    /// It went to its end, and what it found is bad: a verification that met damage.
    pub finding: Option<Problem>,
}

impl Run {
    /// `turn`: what it waits for before it begins.
    pub fn overview(&self, turn: Option<Turn>) -> RunOverview {
        RunOverview {
            run: self.id,
            kind: self.kind,
            trigger: self.trigger,
            plan: self.plan.clone(),
            name: self.name.clone(),
            started: self.started,
            cancelling: self.cancel.is_cancelled(),
            paused: self.cancel.is_paused(),
            turn,
        }
    }

    /// Lets it stand still, or go on.
    pub fn pause(&self, paused: bool) {
        // A deletion is short, and half of one is worth nothing.
        if self.kind != RunKind::Delete {
            self.progress.paused.store(paused, Relaxed);
            self.pauses.set(paused);
            self.cancel.pause(paused);
        }
    }

    pub fn report(&self, env: &Env, result: Result<Done, Problem>, stages: Vec<(Stage, u64)>) -> RunReport {
        let (outcome, done) = match result {
            Ok(mut done) if done.finding.is_some() => {
                let problem = done.finding.take().unwrap_or_else(|| super::explain::internal("no finding"));
                (Outcome::Failed(problem), Some(done))
            }
            Ok(done) if done.warning_count > 0 => (Outcome::CompletedWithWarnings, Some(done)),
            Ok(done) => (Outcome::Completed, Some(done)),
            Err(problem) if problem.code == Code::Cancelled => (Outcome::Cancelled, None),
            Err(problem) => (Outcome::Failed(problem), None),
        };
        let done = done.unwrap_or(Done { detail: RunDetail::None, warnings: Vec::new(), warning_count: 0, finding: None });
        RunReport {
            run: self.id,
            kind: self.kind,
            trigger: self.trigger,
            schedules: self.schedules.clone(),
            plan: self.plan.clone(),
            plan_name: self.name.clone(),
            started: self.started,
            utc_offset: Some(self.utc_offset),
            finished: env.clock.now(),
            paused_ms: milliseconds(self.pauses.total()),
            outcome,
            detail: done.detail,
            warnings: done.warnings,
            warning_count: done.warning_count,
            stages,
        }
    }
}

/// The report of a run whose process died.
pub fn left_report(begun: &Begun, now: Timestamp) -> RunReport {
    RunReport {
        run: begun.run,
        kind: begun.kind,
        trigger: begun.trigger,
        schedules: begun.schedules.clone(),
        plan: begun.plan.clone(),
        plan_name: begun.plan_name.clone(),
        started: begun.started,
        utc_offset: begun.utc_offset,
        finished: now,
        paused_ms: 0,
        outcome: Outcome::LeftRunning,
        detail: RunDetail::None,
        warnings: Vec::new(),
        warning_count: 0,
        stages: Vec::new(),
    }
}

/// Measures how long each stage takes, without what the run stands still, and shows the stage.
pub struct Stages<'a> {
    progress: &'a Progress,
    pauses: &'a Pauses,
    since: Instant,
    /// How long the run had stood still by then.
    paused: Duration,
    current: Option<Stage>,
    done: Vec<(Stage, u64)>,
}

impl<'a> Stages<'a> {
    pub fn new(run: &'a Run) -> Self {
        let (progress, pauses) = (&*run.progress, &*run.pauses);
        Self { progress, pauses, since: Instant::now(), paused: pauses.total(), current: None, done: Vec::new() }
    }

    pub fn enter(&mut self, stage: Stage) {
        self.close();
        self.current = Some(stage);
        self.progress.set_stage(stage);
    }

    pub fn finish(mut self) -> Vec<(Stage, u64)> {
        self.close();
        self.done
    }

    fn close(&mut self) {
        let paused = self.pauses.total();
        let took = self.since.elapsed().saturating_sub(paused.saturating_sub(self.paused));
        self.done.extend(self.current.take().map(|stage| (stage, milliseconds(took))));
        (self.since, self.paused) = (Instant::now(), paused);
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// What a panic says, where it says something.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".into())
}
