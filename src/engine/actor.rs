//! The actor: takes requests, starts runs, keeps the schedules, publishes the overview.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Code, Problem};
use crate::model::prune::DeleteSpec;
use crate::model::replicate::ReplicateSpec;
use crate::model::restore::{Origin, Place, PlanChoice};
use crate::model::run::{Cancel, Outcome, Progress, RunDetail, RunId, RunKind, RunReport, Trigger};
use crate::model::tool::ToolSpec;
use crate::state::history::Begun;

use super::answer;
use super::backup::{self, BackupSpec};
use super::catch_up::{CatchUp, Lagging};
use super::core::{Core, lock};
use super::deletion;
use super::explain;
use super::handle::{LiveProgress, Request};
use super::message::{Command, Event, Overview, RunOverview};
use super::overview;
use super::replicate;
use super::restore;
use super::run::{Run, Stages};
use super::tool;
use super::verify;

/// Backups that run at the same time.
const RUNS_AT_ONCE: usize = 2;
/// The longest time between two looks at the clock: it can be set, the machine can sleep.
const LOOK: Duration = Duration::from_secs(60);

/// What a run is to do.
enum Job {
    Backup(Box<BackupSpec>),
    Restore(Box<crate::model::restore::RestoreSpec>),
    Verify(crate::model::restore::VerifySpec),
    Delete(DeleteSpec),
    Replicate(Box<ReplicateSpec>),
    Tool(Box<ToolSpec>),
}

pub struct Actor {
    pub core: Arc<Core>,
    pub requests: mpsc::Receiver<Request>,
    pub overview: watch::Sender<Arc<Overview>>,
    pub events: broadcast::Sender<Event>,
    /// Whether schedules run and runs that were left are gone on with: the window's engine and the daemon's, not a command's.
    pub autonomous: bool,
    /// Runs that wait or run; questions look into it from their own threads.
    runs: Arc<Mutex<Vec<Run>>>,
    waiting: VecDeque<(Run, Job)>,
    ended: (mpsc::Sender<RunReport>, mpsc::Receiver<RunReport>),
    /// Destinations that were away when versions were made.
    lagging: CatchUp,
    /// Told by questions that changed something.
    changed: Arc<tokio::sync::Notify>,
    quitting: bool,
}

impl Actor {
    pub fn new(
        core: Arc<Core>,
        requests: mpsc::Receiver<Request>,
        overview: watch::Sender<Arc<Overview>>,
        events: broadcast::Sender<Event>,
        autonomous: bool,
    ) -> Self {
        Self {
            core,
            requests,
            overview,
            events,
            autonomous,
            runs: Arc::default(),
            waiting: VecDeque::new(),
            ended: mpsc::channel(64),
            lagging: CatchUp::default(),
            changed: Arc::default(),
            quitting: false,
        }
    }

    /// Works until it is told to quit and nothing runs any more, or until all handles are gone.
    pub async fn work(mut self) {
        if self.autonomous {
            self.go_on_with_left_runs();
        }
        self.limit();
        self.publish();
        let mut handles_gone = false;
        while !((self.quitting || handles_gone) && lock(&self.runs).is_empty()) {
            self.start_due();
            if self.autonomous && !self.quitting && self.lagging.is_time() {
                let idle: Vec<Plan> = self.plans().into_iter().filter(|plan| !self.is_writing(&plan.id)).collect();
                self.lagging.look(&self.core, &idle);
            }
            self.start_waiting();
            let pause = self.pause();
            tokio::select! {
                request = self.requests.recv(), if !handles_gone => match request {
                    Some(Request::Command(command)) => self.command(command),
                    Some(Request::Ask(question, reply)) => {
                        let (core, runs, changed) = (self.core.clone(), self.runs.clone(), self.changed.clone());
                        let cancel = Cancel::default();
                        let given_up = cancel.clone();
                        let (done, answered) = oneshot::channel();
                        tokio::task::spawn_blocking(move || {
                            let is_running = |plan: &PlanId| lock(&runs).iter().any(|r| r.plan.as_ref() == Some(plan));
                            let changes = question.changes();
                            let _ = done.send(answer::answer(&core, question, &is_running, &cancel));
                            if changes {
                                changed.notify_one();
                            }
                        });
                        let core = self.core.clone();
                        tokio::spawn(async move {
                            let mut reply = reply;
                            let answer = tokio::select! {
                                answer = answered => answer.ok(),
                                () = reply.closed() => {
                                    given_up.cancel();
                                    None
                                }
                            };
                            if let Some(answer) = answer {
                                let _ = reply.send(answer);
                            }
                            (core.env.waker)();
                        });
                    }
                    None => handles_gone = true,
                },
                Some(report) = self.ended.1.recv() => self.ended(report),
                Some(lagging) = self.lagging.found() => self.catch_up(lagging),
                () = self.changed.notified() => self.publish(),
                () = tokio::time::sleep(pause) => self.publish(),
            }
            self.limit();
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::BackUp { run, plan, kind, base, take_over } => match self.core.plan(&plan) {
                Some(plan) => {
                    self.back_up(run, Trigger::ByHand, BackupSpec { kind, base, take_over, ..BackupSpec::of(plan) });
                }
                None => self.refuse(run, RunKind::Backup, Some(plan), explain::no_such_plan()),
            },
            Command::BackUpOnce { run, plan, secrets, kind, base, take_over } => {
                self.back_up(run, Trigger::ByHand, BackupSpec { secrets, kind, base, take_over, ..BackupSpec::of(*plan) });
            }
            Command::Restore { run, spec } => {
                let (plan, name) = match &spec.from {
                    Origin::Version { place, .. } => (plan_of(&place.plan), self.name_of(place)),
                    Origin::Archive(archive) => (None, file_name(&archive.path)),
                };
                let run = self.new_run(run, RunKind::Restore, Trigger::ByHand, plan, name);
                self.accept(run, Job::Restore(spec));
            }
            Command::Verify { run, spec } => {
                let plan = plan_of(&spec.from.plan);
                let run = self.new_run(run, RunKind::Verify, Trigger::ByHand, plan, self.name_of(&spec.from));
                self.accept(run, Job::Verify(spec));
            }
            Command::Delete { run, spec } => self.delete(run, spec),
            Command::Replicate { run, spec } => self.replicate(run, Trigger::ByHand, spec),
            Command::UseTool { run, spec } => {
                let run = self.new_run(run, spec.tool.kind(), Trigger::ByHand, None, file_name(&spec.file));
                self.accept(run, Job::Tool(spec));
            }
            Command::Cancel { run } => self.cancel(run),
            Command::Pause { run, paused } => {
                if let Some(run) = lock(&self.runs).iter().find(|r| r.id == run) {
                    run.pause(paused);
                }
                self.publish();
            }
            Command::MarkSeen => {
                let _ = self.core.history.mark_seen(self.core.env.clock.now());
                self.publish();
            }
            Command::SetSettings(settings) => {
                if let Err(problem) = answer::save_settings(&self.core, settings) {
                    lock(&self.core.notices).push(problem.to_string());
                }
                self.publish();
            }
            Command::Raise => {
                let _ = self.events.send(Event::Raise);
                (self.core.env.waker)();
            }
            Command::Quit => {
                self.quitting = true;
                let all: Vec<RunId> = lock(&self.runs).iter().map(|r| r.id).collect();
                all.into_iter().for_each(|run| self.cancel(run));
            }
        }
    }

    fn name_of(&self, place: &crate::model::restore::Place) -> String {
        match &place.plan {
            PlanChoice::Name(name) => name.clone(),
            PlanChoice::Id(id) => self.core.plan(id).map_or_else(|| place.location.short_name(), |p| p.name),
            PlanChoice::Only => place.location.short_name(),
        }
    }

    fn new_run(&self, id: RunId, kind: RunKind, trigger: Trigger, plan: Option<PlanId>, name: String) -> Run {
        Run {
            id,
            kind,
            trigger,
            plan,
            name,
            started: self.core.env.clock.now(),
            progress: Arc::new(Progress::default()),
            cancel: Cancel::default(),
            pauses: Arc::default(),
        }
    }

    fn back_up(&mut self, id: RunId, trigger: Trigger, spec: BackupSpec) {
        let plan = Some(spec.plan.id.clone());
        if self.is_writing(&spec.plan.id) {
            return self.refuse(id, RunKind::Backup, plan, explain::busy());
        }
        let run = self.new_run(id, RunKind::Backup, trigger, plan, spec.plan.name.clone());
        self.accept(run, Job::Backup(Box::new(spec)));
    }

    /// Nothing else of the plan runs beside a deletion that was begun by hand.
    fn delete(&mut self, id: RunId, spec: DeleteSpec) {
        let plan = plan_of(&spec.from.plan);
        let Some(plan) = plan else { return self.refuse(id, RunKind::Delete, plan, explain::no_such_plan()) };
        if lock(&self.runs).iter().any(|r| r.plan.as_ref() == Some(&plan)) {
            return self.refuse(id, RunKind::Delete, Some(plan), explain::busy());
        }
        let run = self.new_run(id, RunKind::Delete, Trigger::ByHand, Some(plan), self.name_of(&spec.from));
        self.accept(run, Job::Delete(spec));
    }

    fn replicate(&mut self, id: RunId, trigger: Trigger, spec: Box<ReplicateSpec>) {
        let plan = plan_of(&spec.from.plan);
        let Some(plan) = plan else { return self.refuse(id, RunKind::Replicate, plan, explain::no_such_plan()) };
        if self.is_writing(&plan) {
            return self.refuse(id, RunKind::Replicate, Some(plan), explain::busy());
        }
        let run = self.new_run(id, RunKind::Replicate, trigger, Some(plan), self.name_of(&spec.from));
        self.accept(run, Job::Replicate(spec));
    }

    /// Whether a run of the plan changes what lies at its destination: one at a time.
    fn is_writing(&self, plan: &PlanId) -> bool {
        let writes = |r: &Run| matches!(r.kind, RunKind::Backup | RunKind::Delete | RunKind::Replicate);
        lock(&self.runs).iter().any(|r| writes(r) && r.plan.as_ref() == Some(plan))
    }

    fn accept(&mut self, run: Run, job: Job) {
        if self.quitting {
            return self.refuse(run.id, run.kind, run.plan, explain::cancelled());
        }
        lock(&self.core.live).insert(run.id, LiveProgress::Here(run.progress.clone()));
        lock(&self.runs).push(run.clone());
        self.waiting.push_back((run, job));
        self.start_waiting();
        self.publish();
    }

    /// Ends a run before it began; nothing of it stays.
    fn refuse(&self, id: RunId, kind: RunKind, plan: Option<PlanId>, problem: Problem) {
        let run = self.new_run(id, kind, Trigger::ByHand, plan, String::new());
        let report = run.report(&self.core.env, Err(problem), Vec::new());
        let _ = self.events.send(Event::RunEnded(Box::new(report)));
        (self.core.env.waker)();
    }

    fn cancel(&mut self, id: RunId) {
        if let Some(run) = lock(&self.runs).iter().find(|r| r.id == id) {
            run.cancel.cancel();
        }
        if let Some(at) = self.waiting.iter().position(|(run, _)| run.id == id)
            && let Some((run, _)) = self.waiting.remove(at)
        {
            let report = run.report(&self.core.env, Err(explain::cancelled()), Vec::new());
            self.ended(report);
        }
        self.publish();
    }

    fn start_waiting(&mut self) {
        loop {
            let is_started = |run: &Run| !self.waiting.iter().any(|(w, _)| w.id == run.id);
            // What stands still is in nobody's way.
            let is_busy = |r: &&Run| r.kind == RunKind::Backup && is_started(r) && !r.cancel.is_paused();
            let backups = lock(&self.runs).iter().filter(is_busy).count();
            let next = self.waiting.iter().position(|(_, job)| !matches!(job, Job::Backup(_)) || backups < RUNS_AT_ONCE);
            let Some((run, job)) = next.and_then(|at| self.waiting.remove(at)) else { return };
            self.start(run, job);
        }
    }

    fn start(&mut self, run: Run, job: Job) {
        let begun = Begun {
            run: run.id,
            kind: run.kind,
            trigger: run.trigger,
            plan: run.plan.clone(),
            plan_name: run.name.clone(),
            started: run.started,
            version: None,
            destination: None,
        };
        // A single file that is cut off leaves nothing behind, and nothing to go on with.
        let journal = if run.kind.is_tool() { Ok(()) } else { self.core.history.begin(&begun) };
        let _ = self.events.send(Event::RunStarted(run.overview()));
        let (core, ended) = (self.core.clone(), self.ended.0.clone());
        let work = move || {
            let mut stages = Stages::new(&run);
            // A panic in a run is a bug of ours; it must not take the engine and its other runs with it.
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                journal.map_err(explain::history)?;
                match &job {
                    Job::Backup(spec) => backup::back_up(&core, &run, spec, &mut stages),
                    Job::Restore(spec) => restore::run(&core, &run, spec, &mut stages),
                    Job::Verify(spec) => verify::run(&core, &run, spec, &mut stages),
                    Job::Delete(spec) => deletion::run(&core, &run, spec, &mut stages),
                    Job::Replicate(spec) => replicate::run(&core, &run, spec, &mut stages),
                    Job::Tool(spec) => tool::run(&core, &run, spec, &mut stages),
                }
            }));
            let result = result.unwrap_or_else(|panic| Err(explain::internal(panic_text(&*panic))));
            let report = run.report(&core.env, result, stages.finish());
            let _ = ended.blocking_send(report);
        };
        tokio::task::spawn_blocking(work);
    }

    fn ended(&mut self, report: RunReport) {
        lock(&self.runs).retain(|r| r.id != report.run);
        lock(&self.core.live).remove(&report.run);
        if is_noted(&report)
            && let Err(error) = self.core.history.finish(&report)
        {
            lock(&self.core.notices).push(format!("The history could not be written: {error}"));
        }
        if matches!(report.detail, RunDetail::Backup { .. })
            && let Some(plan) = &report.plan
        {
            self.core.close_versions(plan);
        }
        self.publish();
        let _ = self.events.send(Event::RunEnded(Box::new(report)));
        (self.core.env.waker)();
    }

    /// Ends what a process that died left in the journal, and goes on with it: the next backup of a plan takes over the volumes that the
    /// dead run had finished.
    fn go_on_with_left_runs(&mut self) {
        for begun in self.core.history.left_running().unwrap_or_default() {
            let report = left_report(&begun, self.core.env.clock.now());
            let _ = self.core.history.finish(&report);
            let plan = begun.plan.as_ref().and_then(|id| self.core.plan(id));
            if let (RunKind::Backup, Some(plan)) = (begun.kind, plan)
                && !self.is_writing(&plan.id)
            {
                self.back_up(self.new_run_id(), Trigger::Resumed, BackupSpec::of(plan));
            }
        }
    }

    fn new_run_id(&self) -> RunId {
        RunId(u64::from_le_bytes(self.core.random()) >> 1)
    }

    fn plans(&self) -> Vec<Plan> {
        lock(&self.core.config).plans.clone()
    }

    fn dues(&self) -> Vec<(Plan, Timestamp)> {
        if !self.autonomous || self.quitting {
            return Vec::new();
        }
        let due = |plan: Plan| {
            if plan.schedule == crate::model::schedule::Schedule::Off {
                return None;
            }
            let last_attempt = self.core.history.last_backup(&plan.id).unwrap_or_default();
            let at = overview::due(&self.core, &plan, last_attempt)?;
            Some((plan, at))
        };
        self.plans().into_iter().filter(|p| !self.is_writing(&p.id)).filter_map(due).collect()
    }

    fn start_due(&mut self) {
        let now = self.core.env.clock.now();
        for (plan, at) in self.dues() {
            if at <= now {
                self.back_up(self.new_run_id(), Trigger::Schedule, BackupSpec::of(plan));
            }
        }
    }

    /// Keeps to the speeds that are wanted at this time of day.
    fn limit(&self) {
        let clock = &self.core.env.clock;
        let now = clock.now().to_zoned(clock.zone()).time();
        let (up, down) = lock(&self.core.config).settings.limits.at(now);
        self.core.accesses.limit(up, down);
    }

    fn catch_up(&mut self, lagging: Lagging) {
        let Lagging { plan, from, to } = lagging;
        if self.quitting || self.is_writing(&plan) {
            return;
        }
        let from = Place { location: from, plan: PlanChoice::Id(plan), secret: None };
        let spec = Box::new(ReplicateSpec { from, to, versions: Vec::new() });
        self.replicate(self.new_run_id(), Trigger::CatchUp, spec);
    }

    /// Until the next run is due, at most a minute.
    fn pause(&self) -> Duration {
        let now = self.core.env.clock.now();
        let waits = self.dues().into_iter().map(|(_, at)| Duration::try_from(at.duration_since(now)).unwrap_or_default());
        waits.min().map_or(LOOK, |wait| wait.clamp(Duration::from_millis(100), LOOK))
    }

    fn publish(&self) {
        let runs: Vec<RunOverview> = lock(&self.runs).iter().map(Run::overview).collect();
        let new = overview::make(&self.core, runs);
        let changed = self.overview.send_if_modified(|old| {
            let differs = **old != new;
            if differs {
                *old = Arc::new(new);
            }
            differs
        });
        if changed {
            (self.core.env.waker)();
        }
    }
}

fn file_name(path: &PathBytes) -> String {
    String::from_utf8_lossy(path.file_name()).into_owned()
}

fn plan_of(choice: &PlanChoice) -> Option<PlanId> {
    match choice {
        PlanChoice::Id(id) => Some(id.clone()),
        _ => None,
    }
}

/// Whether a run that has ended goes into the history: not a mistyped password or name for a single file, which whoever typed it is told
/// in place.
fn is_noted(report: &RunReport) -> bool {
    use Code::{NotSealed, NothingThere, OtherBackupsKey, PasswordNeeded, Usage, WrongPassword};
    let mistyped = |code| matches!(code, WrongPassword | PasswordNeeded | OtherBackupsKey | Usage | NothingThere | NotSealed);
    !matches!(&report.outcome, Outcome::Failed(problem) if report.kind.is_tool() && mistyped(problem.code))
}

/// The report of a run whose process died.
pub fn left_report(begun: &Begun, now: Timestamp) -> RunReport {
    RunReport {
        run: begun.run,
        kind: begun.kind,
        trigger: begun.trigger,
        plan: begun.plan.clone(),
        plan_name: begun.plan_name.clone(),
        started: begun.started,
        finished: now,
        paused_ms: 0,
        outcome: Outcome::LeftRunning,
        detail: RunDetail::None,
        warnings: Vec::new(),
        warning_count: 0,
        stages: Vec::new(),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".into())
}
