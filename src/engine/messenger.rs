//! Tells people: takes what happened from the actor and brings it to the channels of the settings, on threads of its own.
//!
//! What is to be told waits in the history's database until it has gone, so that neither a server that is away nor the end of this
//! process loses it.

mod desk;
mod sending;
mod unkept;

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc::WeakSender};

use self::desk::Desk;
use super::core::Core;
use super::handle::Request;
use super::health::{self, Missed};
use super::message::{Command, Overview};
use crate::model::alert::late;
use crate::model::plan::Plan;
use crate::model::run::{RunId, RunReport};
use crate::model::snapshot::WantedType;
use crate::notify::{Button, Press};

/// What may wait for the desk.
const JOBS: usize = 256;
/// Between two looks for silence.
const LOOK: Duration = Duration::from_secs(60);
/// How long the end of an engine waits for what has not gone yet: of a command, which may be all that runs today; and of the window.
const PATIENCE: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(5)];

/// What the desk is told.
pub enum Job {
    Ended(Box<RunReport>),
    /// All plans whose backups are overdue, with their last success and when the next was due.
    Late(Vec<(Plan, Option<Timestamp>, Timestamp)>),
    /// All destinations that have been away for too long.
    Away(Vec<Missed>),
    /// What came of a try.
    Tried(Box<sending::Tried>),
    /// A channel has nothing more to do for now.
    Idle(crate::model::alert::ChannelId),
    /// The engine ends: send what is new, then answer.
    Finish(SyncSender<()>),
}

/// The actor's end of it. Nothing here blocks.
pub struct Messenger {
    core: Arc<Core>,
    /// Whether the schedules run here.
    autonomous: bool,
    /// Rung when something was noted that the overview shows.
    pub changed: Arc<Notify>,
    desk: Option<SyncSender<Job>>,
    looked: Option<Instant>,
    /// Whether the last look found silence.
    was_late: bool,
    /// What it found to be away for too long; `None`: nobody has looked yet.
    missed: Option<Vec<Missed>>,
}

impl Messenger {
    pub fn new(core: Arc<Core>, autonomous: bool) -> Self {
        Self { core, autonomous, changed: Arc::default(), desk: None, looked: None, was_late: false, missed: None }
    }

    /// Goes on with what was left, and hears of buttons from now on.
    pub fn start(&mut self) {
        if self.desk.is_some() {
            return;
        }
        let (sender, jobs) = sync_channel(JOBS);
        let desk = Desk::new(self.core.clone(), self.changed.clone(), sender.clone(), jobs);
        match thread::Builder::new().name("messages".into()).spawn(move || desk.work()) {
            Ok(_) => self.desk = Some(sender),
            Err(error) => tracing::warn!("no messages can be sent: {error}"),
        }
    }

    /// A run has ended. Whoever only reads beside the home's holder tells nobody: its runs end before somebody's eyes.
    pub fn ended(&mut self, report: &RunReport) {
        if self.core.owner && !report.kind.is_tool() {
            self.start();
            self.tell(Job::Ended(Box::new(report.clone())));
        }
    }

    /// Looks for silence and for destinations that are missed, once a minute, where the schedules run.
    pub fn look(&mut self, overview: &Overview) {
        if !self.autonomous || self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        let (now, zone) = (self.core.env.clock.now(), self.core.env.clock.zone());
        let due = |last: Option<Timestamp>, plan: &Plan| late::since(plan, last, now, &zone);
        let found = overview.plans.iter().filter_map(|plan| {
            let due = due(plan.last_success, &plan.plan)?;
            Some((plan.plan.clone(), plan.last_success, due))
        });
        let found: Vec<_> = found.collect();
        if !found.is_empty() || self.was_late {
            self.was_late = !found.is_empty();
            self.start();
            self.tell(Job::Late(found));
        }
        self.look_for_missed(overview, now);
    }

    fn look_for_missed(&mut self, overview: &Overview, now: Timestamp) {
        let plans: Vec<Plan> = overview.plans.iter().map(|plan| plan.plan.clone()).collect();
        let missed = health::missed(&self.core, &plans, now);
        // What was told before this engine began may have ended since.
        if self.missed.as_ref() != Some(&missed) {
            self.missed = Some(missed.clone());
            self.start();
            self.tell(Job::Away(missed));
        }
    }

    /// Waits until all that is new has been tried once, or for as long as anybody has patience.
    pub async fn finish(&mut self) {
        let Some(desk) = self.desk.take() else { return };
        let (done, finished) = sync_channel(1);
        let patience = PATIENCE[usize::from(self.autonomous)];
        let waiting = move || {
            if desk.send(Job::Finish(done)).is_ok() {
                let _ = finished.recv_timeout(patience);
            }
        };
        let _ = tokio::task::spawn_blocking(waiting).await;
    }

    fn tell(&self, job: Job) {
        let Some(desk) = &self.desk else { return };
        if let Err(TrySendError::Full(_)) = desk.try_send(job) {
            tracing::warn!("more happens than can be told");
        }
    }
}

/// An engine that ends without having finished leaves nobody at the desk.
impl Drop for Messenger {
    fn drop(&mut self) {
        if let Some(desk) = self.desk.take() {
            let _ = desk.try_send(Job::Finish(sync_channel(1).0));
        }
    }
}

/// Does what a button of a message says, as long as the engine is there.
pub fn heed_buttons(core: &Core, requests: WeakSender<Request>) {
    let entropy = core.env.entropy.clone();
    let pressed = move |press: Press| {
        let Some(requests) = requests.upgrade() else { return };
        let mut random = [0; 8];
        entropy(&mut random);
        // As small as the numbers that every reader of JSON gets whole.
        let run = RunId(u64::from_le_bytes(random) >> 11);
        let command = match (press.button, press.plan) {
            (Button::BackUp, Some(plan)) => {
                Command::BackUp { run, plan, kind: WantedType::Auto, base: None, take_over: false, accept_shrunk: false }
            }
            _ => Command::Raise,
        };
        if requests.try_send(Request::Command(command)).is_err() {
            tracing::warn!("a button of a message was pressed, and nobody hears it");
        }
    };
    core.env.notifier.on_press(Arc::new(pressed));
}
