//! The actor: takes requests, starts runs, keeps the schedules, publishes the overview.

mod at_risk;
mod by_itself;
mod pausing;
mod turns;
mod watchers;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::model::clean_up::CleanUpSpec;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Code, Problem};
use crate::model::prune::DeleteSpec;
use crate::model::replicate::ReplicateSpec;
use crate::model::restore::{Origin, PlanChoice};
use crate::model::run::{Cancel, Outcome, Progress, RunDetail, RunId, RunKind, RunReport, Trigger};
use crate::model::schedule::ScheduleId;
use crate::model::tool::ToolSpec;
use crate::state::history::Begun;
use crate::storage::stop::Stop;

use self::watchers::ByItself;
use super::answer;
use super::awake::Awake;
use super::backup::{self, BackupSpec};
use super::core::{Core, lock};
use super::deletion;
use super::explain;
use super::handle::{LiveProgress, Request};
use super::message::{Command, Event, Overview, RunOverview};
use super::messenger::Messenger;
use super::overview;
use super::replicate;
use super::restore;
use super::retention;
use super::run::{Run, Stages, panic_text};
use super::tool;
use super::verify;

/// What a run is to do.
enum Job {
    Backup(Box<BackupSpec>),
    Restore(Box<crate::model::restore::RestoreSpec>),
    Verify(crate::model::restore::VerifySpec),
    Delete(DeleteSpec),
    CleanUp(CleanUpSpec),
    Replicate(Box<ReplicateSpec>),
    Tool(Box<ToolSpec>),
}

/// A run came to its end.
struct Ended {
    report: RunReport,
    /// Versions are there that the plan's rule does not keep any more.
    has_left_work: bool,
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
    ended: (mpsc::Sender<Ended>, mpsc::Receiver<Ended>),
    by_itself: ByItself,
    awake: Awake,
    messenger: Messenger,
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
        let messenger = Messenger::new(core.clone(), autonomous);
        Self {
            core,
            requests,
            overview,
            events,
            autonomous,
            runs: Arc::default(),
            waiting: VecDeque::new(),
            ended: mpsc::channel(64),
            by_itself: ByItself::default(),
            awake: Awake::default(),
            changed: messenger.changed.clone(),
            messenger,
            quitting: false,
        }
    }

    /// Works until it is told to quit and nothing runs any more, or until all handles are gone.
    pub async fn work(mut self) {
        if self.autonomous {
            self.messenger.start();
            self.note_the_start();
            self.note_left_runs();
        }
        self.limit();
        self.publish();
        let mut handles_gone = false;
        while !((self.quitting || handles_gone) && lock(&self.runs).is_empty()) {
            self.end_pause();
            let next = self.start_due();
            if self.autonomous && !self.quitting {
                self.look_around();
            }
            self.start_waiting();
            self.awake.keep(lock(&self.runs).iter().any(|run| !run.cancel.is_paused()));
            let pause = self.pause(next);
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
                Some(ended) = self.ended.1.recv() => self.ended(ended),
                Some(found) = self.by_itself.found() => self.heard(found),
                () = self.changed.notified() => self.publish(),
                () = tokio::time::sleep(pause) => self.publish(),
            }
            self.limit();
        }
        self.messenger.finish().await;
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::BackUp { run, plan, kind, base, take_over, accept_shrunk } => match self.core.plan(&plan) {
                Some(plan) => {
                    let spec = BackupSpec { kind, base, take_over, accept_shrunk, ..BackupSpec::of(plan) };
                    self.note_what_it_waited_for(&spec.plan);
                    self.back_up(run, Trigger::ByHand, Vec::new(), spec);
                }
                None => self.refuse(run, RunKind::Backup, Some(plan), explain::no_such_plan()),
            },
            Command::BackUpOnce { run, plan, secrets, kind, base, take_over, accept_shrunk } => {
                let spec = BackupSpec { secrets, kind, base, take_over, accept_shrunk, ..BackupSpec::of(*plan) };
                self.back_up(run, Trigger::ByHand, Vec::new(), spec);
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
            Command::CleanUp { run, spec } => self.clean_up(run, Trigger::ByHand, spec),
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
            Command::PauseSchedules(wanted) => self.pause_all(wanted),
            Command::ResumeSchedules => self.resume_all(),
            Command::MarkSeen => {
                let _ = self.core.history.mark_seen(self.core.env.clock.now());
                self.publish();
            }
            Command::SetSettings(settings) => {
                if let Err(problem) = answer::save_settings(&self.core, settings) {
                    self.core.notice(problem.to_string());
                }
                self.publish();
            }
            Command::Raise => {
                let _ = self.events.send(Event::Raise);
                (self.core.env.waker)();
            }
            Command::Quit => {
                self.quitting = true;
                self.by_itself.at_risk.stop(None);
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
        let started = self.core.env.clock.now();
        Run {
            id,
            kind,
            trigger,
            schedules: Vec::new(),
            plan,
            name,
            started,
            utc_offset: self.core.env.clock.zone().to_offset(started).seconds(),
            progress: Arc::new(Progress::default()),
            cancel: Cancel::default(),
            pauses: Arc::default(),
            destinations: Vec::new(),
        }
    }

    fn back_up(&mut self, id: RunId, trigger: Trigger, schedules: Vec<ScheduleId>, spec: BackupSpec) {
        let plan = Some(spec.plan.id.clone());
        if self.is_writing(&spec.plan.id) {
            return self.refuse(id, RunKind::Backup, plan, explain::busy());
        }
        let run = self.new_run(id, RunKind::Backup, trigger, plan, spec.plan.name.clone());
        let run = Run { schedules, destinations: spec.plan.destinations.clone(), ..run };
        self.accept(run, Job::Backup(Box::new(spec)));
    }

    /// Nothing else of the plan runs beside a deletion that was begun by hand.
    fn delete(&mut self, id: RunId, spec: DeleteSpec) {
        let plan = plan_of(&spec.from.plan);
        let Some(plan) = plan else { return self.refuse(id, RunKind::Delete, plan, explain::no_such_plan()) };
        if self.is_running(&plan) {
            return self.refuse(id, RunKind::Delete, Some(plan), explain::busy());
        }
        let run = self.new_run(id, RunKind::Delete, Trigger::ByHand, Some(plan), self.name_of(&spec.from));
        let run = Run { destinations: vec![spec.from.location.clone()], ..run };
        self.accept(run, Job::Delete(spec));
    }

    /// Lets go what the plan's rule does not keep.
    fn clean_up(&mut self, id: RunId, trigger: Trigger, spec: CleanUpSpec) {
        let plan = self.core.plan(&spec.plan);
        let Some(plan) = plan else { return self.refuse(id, RunKind::Delete, Some(spec.plan), explain::no_such_plan()) };
        if self.is_running(&plan.id) {
            return self.refuse(id, RunKind::Delete, Some(plan.id), explain::busy());
        }
        let run = self.new_run(id, RunKind::Delete, trigger, Some(plan.id), plan.name);
        let run = Run { destinations: plan.destinations, ..run };
        self.accept(run, Job::CleanUp(spec));
    }

    fn replicate(&mut self, id: RunId, trigger: Trigger, spec: Box<ReplicateSpec>) {
        let plan = plan_of(&spec.from.plan);
        let Some(plan) = plan else { return self.refuse(id, RunKind::Replicate, plan, explain::no_such_plan()) };
        if self.is_writing(&plan) {
            return self.refuse(id, RunKind::Replicate, Some(plan), explain::busy());
        }
        let run = self.new_run(id, RunKind::Replicate, trigger, Some(plan), self.name_of(&spec.from));
        let run = Run { destinations: vec![spec.to.clone()], ..run };
        self.accept(run, Job::Replicate(spec));
    }

    /// Whether anything of the plan runs or waits to.
    fn is_running(&self, plan: &PlanId) -> bool {
        lock(&self.runs).iter().any(|r| r.plan.as_ref() == Some(plan))
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
        let is_saved = |plan: &PlanId| run.trigger == Trigger::ByHand || self.core.plan(plan).is_some();
        // Whoever removes a plan says so before looking whether it runs.
        let begun = self.core.removals.unless_removed(run.plan.as_ref(), || {
            let may_begin = run.plan.as_ref().is_none_or(is_saved);
            if may_begin {
                lock(&self.runs).push(run.clone());
            }
            may_begin
        });
        match begun {
            Some(true) => lock(&self.core.live).insert(run.id, LiveProgress::Here(run.progress.clone())),
            Some(false) => return self.refuse(run.id, run.kind, run.plan, explain::no_such_plan()),
            None => return self.refuse(run.id, run.kind, run.plan, explain::being_removed()),
        };
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
            self.ended(Ended { report, has_left_work: false });
        }
        self.publish();
    }

    fn start(&mut self, run: Run, job: Job) {
        let begun = Begun {
            run: run.id,
            kind: run.kind,
            trigger: run.trigger,
            plan: run.plan.clone(),
            plan_name: run.name.clone(),
            schedules: run.schedules.clone(),
            started: run.started,
            utc_offset: Some(run.utc_offset),
            version: None,
            destination: None,
        };
        // A single file that is cut off leaves nothing behind, and nothing to go on with.
        let journal = if run.kind.is_tool() { Ok(()) } else { self.core.history.begin(&begun) };
        if let Some(plan) = &run.plan {
            self.by_itself.at_risk.stop(Some(plan));
        }
        if let (RunKind::Backup, Some(plan)) = (run.kind, &run.plan) {
            // It answers whatever happened before it looks.
            self.by_itself.signals.remove(plan);
            self.by_itself.waits.remove(plan);
        }
        let _ = self.events.send(Event::RunStarted(run.overview(None)));
        let (core, ended) = (self.core.clone(), self.ended.0.clone());
        let work = move || {
            let mut stages = Stages::new(&run);
            // A panic in a run is a bug of ours; it must not take the engine and its other runs with it.
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                journal.map_err(explain::history)?;
                // A run that is cancelled waits for no server any more.
                Stop::of(&run.cancel).within(|| match &job {
                    Job::Backup(spec) => backup::back_up(&core, &run, spec, &mut stages),
                    Job::Restore(spec) => restore::run(&core, &run, spec, &mut stages),
                    Job::Verify(spec) => verify::run(&core, &run, spec, &mut stages),
                    Job::Delete(spec) => deletion::run(&core, &run, spec, &mut stages),
                    Job::CleanUp(spec) => retention::run(&core, &run, spec, &mut stages),
                    Job::Replicate(spec) => replicate::run(&core, &run, spec, &mut stages),
                    Job::Tool(spec) => tool::run(&core, &run, spec, &mut stages),
                })
            }));
            let result = result.unwrap_or_else(|panic| Err(explain::internal(panic_text(&*panic))));
            // What it waited for when it was cancelled has not failed.
            let is_cancelled = |problem: &Problem| problem.is_away() && run.cancel.is_cancelled();
            let result = result.map_err(|problem| if is_cancelled(&problem) { explain::cancelled() } else { problem });
            let report = run.report(&core.env, result, stages.finish());
            let backed_up = run.kind == RunKind::Backup && report.outcome.is_success() && !run.cancel.is_cancelled();
            let look = || run.plan.as_ref().is_some_and(|plan| retention::has_work(&core, plan));
            let has_left_work = backed_up && std::panic::catch_unwind(std::panic::AssertUnwindSafe(look)).unwrap_or(false);
            let _ = ended.blocking_send(Ended { report, has_left_work });
        };
        tokio::task::spawn_blocking(work);
    }

    fn ended(&mut self, ended: Ended) {
        let Ended { report, has_left_work } = ended;
        lock(&self.runs).retain(|r| r.id != report.run);
        lock(&self.core.live).remove(&report.run);
        let noted = match is_noted(&report) {
            true => self.core.history.finish(&report),
            false => self.core.history.forget_begun(report.run),
        };
        if let Err(error) = noted {
            self.core.notice(format!("The history could not be written: {error}"));
            self.by_itself.unrecorded.extend(report.plan.iter().map(|plan| (plan.clone(), report.finished)));
        }
        self.messenger.ended(&report);
        if matches!(report.detail, RunDetail::Backup { .. })
            && let Some(plan) = &report.plan
        {
            self.core.close_versions(plan);
        }
        if self.autonomous {
            self.note_risk_after(&report);
        }
        self.after(&report, has_left_work);
        self.publish();
        let _ = self.events.send(Event::RunEnded(Box::new(report)));
        (self.core.env.waker)();
    }

    fn new_run_id(&self) -> RunId {
        RunId(u64::from_le_bytes(self.core.random()) >> 1)
    }

    fn plans(&self) -> Vec<Plan> {
        lock(&self.core.config).plans.clone()
    }

    fn publish(&mut self) {
        let runs = lock(&self.runs).clone();
        let runs: Vec<RunOverview> = runs.iter().map(|run| run.overview(self.turn(run))).collect();
        let new = overview::make(&self.core, self.autonomous, runs, &self.by_itself.waits, &self.by_itself.at_risk);
        self.messenger.look(&new);
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
    // Nor a clean-up of which nothing came: there is one after each backup.
    let nothing = report.trigger == Trigger::Retention
        && report.outcome == Outcome::Completed
        && matches!(&report.detail, RunDetail::Delete { versions, .. } if versions.is_empty());
    !nothing && !matches!(&report.outcome, Outcome::Failed(problem) if report.kind.is_tool() && mistyped(problem.code))
}
