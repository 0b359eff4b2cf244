//! The desk: decides what is news and for whom, keeps what waits, and hands it to the channels' threads.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::Job;
use super::sending::{self, Tried};
use super::unkept::Unkept;
use crate::engine::core::{Core, lock};
use crate::engine::explain;
use crate::engine::health::Missed;
use crate::model::alert::storm::{Key, Storms};
use crate::model::alert::{Alert, ChannelId, Messages, Topic, quiet, retry, words};
use crate::model::location::Location;
use crate::model::plan::{Plan, PlanId};
use crate::model::room;
use crate::model::run::{Outcome, RunDetail, RunId, RunKind, RunReport, Trigger};
use crate::notify::{self, Kind};
use crate::state;
use crate::state::history::Waiting;

/// The longest sleep while something waits: the clock can be set, the machine can sleep.
const LOOK: Duration = Duration::from_secs(60);
/// The shortest, where something is due that its channel is too busy for.
const SHORTEST: Duration = Duration::from_millis(200);
/// What was noted of a destination's room so long ago is what the run found.
const LATELY: SignedDuration = SignedDuration::from_hours(1);

pub struct Desk {
    core: Arc<Core>,
    changed: Arc<Notify>,
    back: SyncSender<Job>,
    jobs: Receiver<Job>,
    storms: Storms,
    /// Channels whose threads are at work, and whether they have answered.
    busy: HashMap<ChannelId, bool>,
    /// Channels of which it was said that they fail.
    failing: BTreeSet<ChannelId>,
    unkept: Unkept,
    finish: Option<SyncSender<()>>,
}

impl Desk {
    pub fn new(core: Arc<Core>, changed: Arc<Notify>, back: SyncSender<Job>, jobs: Receiver<Job>) -> Self {
        let storms = Storms::of(core.history.told().unwrap_or_default());
        let (busy, failing) = (HashMap::new(), BTreeSet::new());
        Self { core, changed, back, jobs, storms, busy, failing, unkept: Unkept::default(), finish: None }
    }

    /// Works until it is told to finish and everything new has been tried.
    pub fn work(mut self) {
        loop {
            self.hand_out();
            if self.finish.is_some() && self.busy.is_empty() {
                break;
            }
            let job = match self.pause() {
                Some(pause) => self.jobs.recv_timeout(pause),
                None => self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match job {
                Ok(job) => self.take(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Some(done) = self.finish {
            let _ = done.send(());
        }
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Ended(report) => self.ended(&report),
            Job::Late(plans) => self.late(plans),
            Job::Away(missed) => self.away(&missed),
            Job::Tried(tried) => self.tried(*tried),
            Job::Idle(channel) => {
                // One whose sending panicked would at once be begun again.
                if self.busy.remove(&channel) == Some(false)
                    && let Some(until) = retry::pause(1, None).and_then(|pause| self.now().checked_add(pause).ok())
                {
                    self.unkept.close(channel, until);
                }
            }
            Job::Finish(done) => self.finish = Some(done),
        }
    }

    fn now(&self) -> Timestamp {
        self.core.env.clock.now()
    }

    fn ended(&mut self, report: &RunReport) {
        if let (RunKind::Backup, RunDetail::Backup { .. }, Some(plan)) = (report.kind, &report.detail, &report.plan) {
            self.look_for_room(plan);
        }
        let ended = self.end(|key| words::ended_by(report, key));
        let machine = self.core.machine.clone();
        match words::of_run(report, &machine) {
            Some((alert, keys)) => {
                let is_news = keys.is_empty() | self.happen(keys);
                let alert = Alert { repeats: !is_news && ended.is_empty(), ..words::over(alert, &ended) };
                self.queue(&alert);
            }
            None if !ended.is_empty() => {
                let alert = words::over(words::well_again(report, &machine), &ended);
                self.queue(&alert);
            }
            None => {}
        }
    }

    fn late(&mut self, plans: Vec<(Plan, Option<Timestamp>, Timestamp)>) {
        let (now, zone) = (self.now(), self.core.env.clock.zone());
        // One that is not overdue any more without a backup has another schedule now.
        let is_late = |plan: &Option<PlanId>| plans.iter().any(|(late, ..)| Some(&late.id) == plan.as_ref());
        self.end(|key| key.topic == Topic::Overdue && !is_late(&key.plan));
        for (plan, last, due) in &plans {
            let key = Key { topic: Topic::Overdue, plan: Some(plan.id.clone()), about: String::new() };
            if self.happen(vec![key]) {
                self.queue(&words::overdue(plan, *last, *due, now, &zone, &self.core.machine));
            }
        }
    }

    /// Told once for all plans that go there, however long it lasts.
    fn away(&mut self, missed: &[Missed]) {
        let (now, zone, machine) = (self.now(), self.core.env.clock.zone(), self.core.machine.clone());
        let key = |location: &Location| Key { topic: Topic::Away, plan: None, about: location.place().display() };
        let keys: Vec<Key> = missed.iter().map(|missed| key(&missed.location)).collect();
        let ended = self.end(|known| known.topic == Topic::Away && !keys.contains(known));
        // Of one that no plan goes to any more, or that may be away for longer now, there is nothing to tell.
        let plans = lock(&self.core.config).plans.clone();
        for ended in ended {
            let location = plans.iter().flat_map(|plan| &plan.destinations).find(|location| key(location) == ended);
            let Some(location) = location else { continue };
            if self.core.history.last_look(location, now).ok().flatten().is_some_and(|(_, good)| good) {
                self.queue(&words::there_again(location, now, &machine));
            }
        }
        for (Missed { location, since, plans }, key) in missed.iter().zip(keys) {
            if !self.storms.stands(&key) && self.happen(vec![key]) {
                self.queue(&words::away(location, *since, plans, now, &zone, &machine));
            }
        }
    }

    fn room(&mut self, plan: &Plan, destination: &str, free: u64, total: u64) {
        let key = Key { topic: Topic::LowRoom, plan: Some(plan.id.clone()), about: destination.into() };
        let now = self.now();
        if room::is_low(free, total) {
            if self.happen(vec![key]) {
                self.queue(&words::low_room(plan, destination, free, total, now, &self.core.machine));
            }
        } else if !self.end(|known| *known == key).is_empty() {
            self.queue(&words::room_again(plan, destination, free, now, &self.core.machine));
        }
    }

    /// Goes by what the run itself noted of its destinations.
    fn look_for_room(&mut self, plan: &PlanId) {
        let Some(plan) = self.core.plan(plan) else { return };
        let now = self.now();
        let since = now.checked_sub(LATELY).unwrap_or(Timestamp::MIN);
        for location in &plan.destinations {
            let samples = self.core.history.health(location, since, now).unwrap_or_default();
            let room = samples.iter().rev().find_map(|sample| sample.free.zip(sample.total));
            if let Some((free, total)) = room {
                self.room(&plan, &location.display(), free, total);
            }
        }
    }

    /// Whether any of it is news; all of it counts as told.
    fn happen(&mut self, keys: Vec<Key>) -> bool {
        let now = self.now();
        let mut is_news = false;
        for key in keys {
            if let Some(standing) = self.storms.happens(key.clone(), now) {
                is_news = true;
                let _ = is_noted(self.core.history.remember_told(&key, &standing));
            }
        }
        is_news
    }

    fn end(&mut self, fits: impl Fn(&Key) -> bool) -> Vec<Key> {
        let ended = self.storms.end(fits);
        for key in &ended {
            let _ = is_noted(self.core.history.forget_told(key));
        }
        ended
    }

    fn messages(&self) -> Messages {
        lock(&self.core.config).settings.messages.clone()
    }

    /// Lets a message wait for each channel that wants it: not at all, or until the quiet hours are over.
    fn queue(&mut self, alert: &Alert) {
        let (messages, now) = (self.messages(), self.now());
        let quiet = quiet::until(messages.quiet, now, &self.core.env.clock.zone());
        for channel in messages.channels.iter().filter(|channel| channel.wants(alert)) {
            let due = quiet.filter(|_| channel.quiet).unwrap_or(now);
            if !is_noted(self.core.history.queue_message(&channel.id, alert, due)) {
                self.unkept.queue(&channel.id, alert, 0, due);
            }
        }
    }

    /// Gives what is due to its channels' threads, one each. Once the end has come only what was never tried.
    fn hand_out(&mut self) {
        let now = self.now();
        self.unkept.settle(now, |id| self.core.history.forget_message(id).is_ok());
        let due = self.unkept.due(self.core.history.due_messages(now).unwrap_or_default(), now);
        let mut of_channel: HashMap<ChannelId, Vec<Waiting>> = HashMap::new();
        for message in due {
            if self.finish.is_none() || message.tries == 0 {
                of_channel.entry(message.channel.clone()).or_default().push(message);
            }
        }
        let messages = self.messages();
        for (id, waiting) in of_channel {
            match messages.channel(&id) {
                _ if self.busy.contains_key(&id) => {}
                Some(channel) => {
                    self.busy.insert(id, false);
                    sending::begin(&self.core, channel.clone(), waiting, &self.back);
                }
                // It was taken out of the settings by hand.
                None => {
                    self.unkept.forget_channel(&id);
                    if !is_noted(self.core.history.forget_messages(&id)) {
                        waiting.iter().for_each(|message| self.unkept.forget(message));
                    }
                }
            }
        }
    }

    /// Until the next message is due; `None` where none waits.
    fn pause(&self) -> Option<Duration> {
        let now = self.now();
        // What does not take a message out may still say that it is due.
        let of_history = match self.unkept.doubts_history() {
            true => now.checked_add(LOOK).ok(),
            false => self.core.history.next_message().unwrap_or_default(),
        };
        let next = of_history.into_iter().chain(self.unkept.next()).min()?;
        let wait = Duration::try_from(next.duration_since(now)).unwrap_or_default();
        Some(wait.clamp(SHORTEST, LOOK))
    }

    fn tried(&mut self, Tried { channel, message, result }: Tried) {
        self.busy.insert(channel.id.clone(), true);
        let error = match result {
            Ok(()) => {
                self.failing.remove(&channel.id);
                return self.forget(&message);
            }
            Err(error) => error,
        };
        tracing::info!("a message was not sent by {}: {error}", channel.id);
        let pause = if error.passes() { retry::pause(message.tries.saturating_add(1), error.wait) } else { None };
        let again = pause.and_then(|pause| self.now().checked_add(pause).ok());
        match again {
            Some(until) => self.put_off(&message, until),
            None => self.forget(&message),
        }
        // Where nobody sits there is nobody to be told, and that is nothing that is wrong.
        let is_worth_a_word = error.kind != Kind::Nobody && (again.is_none() || !self.failing.contains(&channel.id));
        if is_worth_a_word {
            self.failing.insert(channel.id.clone());
            self.note(&channel.way.in_words(), &message.alert, &error, again.is_some());
        }
    }

    fn forget(&mut self, message: &Waiting) {
        if self.unkept.has(message) || !is_noted(self.core.history.forget_message(message.id)) {
            self.unkept.forget(message);
        }
    }

    fn put_off(&mut self, message: &Waiting, until: Timestamp) {
        if self.unkept.has(message) || !is_noted(self.core.history.put_off_message(message, until)) {
            self.unkept.put_off(message, until);
        }
    }

    /// Says in Activity that somebody was not told.
    fn note(&self, channel: &str, alert: &Alert, error: &notify::Error, is_tried_again: bool) {
        let now = self.now();
        let report = RunReport {
            run: RunId(u64::from_le_bytes(self.core.random()) >> 11),
            kind: RunKind::Message,
            trigger: Trigger::Schedule,
            schedules: Vec::new(),
            utc_offset: None,
            plan: alert.plan.clone(),
            plan_name: if alert.plan_name.is_empty() { alert.subject.clone() } else { alert.plan_name.clone() },
            started: now,
            finished: now,
            paused_ms: 0,
            outcome: Outcome::Failed(explain::message_not_sent(channel, &alert.subject, error, is_tried_again)),
            detail: RunDetail::None,
            warnings: Vec::new(),
            warning_count: 0,
            stages: Vec::new(),
        };
        let _ = is_noted(self.core.history.finish(&report));
        self.changed.notify_one();
    }
}

/// Whether the history took it.
fn is_noted(result: state::Result<()>) -> bool {
    let failed = result.inspect_err(|error| tracing::warn!("messages cannot be kept: {error}"));
    failed.is_ok()
}
