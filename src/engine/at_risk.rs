//! What would be lost if the disk died now: looked for quietly, a plan at a time, and not too often.
//!
//! A backup that ends well leaves nothing as of its start. After that a plan's sources are walked about once an hour, or oftener where a
//! follower tells that something changed; where it tells that nothing did, they are not, and a disk to which nothing was written is left
//! to sleep.

mod beside;
mod context;
mod holding;
mod look;

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use self::context::Context;
use self::holding::Holding;
pub use self::look::Looking;
use self::look::{FLUSHED, Found, Measured};
use super::core::Core;
use crate::model::at_risk::{AtRisk, Exposed, Stand, total};
use crate::model::plan::{Plan, PlanId};
use crate::model::run::{Cancel, RunDetail, RunReport};
use crate::os::priority::lower_this_thread;

/// After a start there is enough else to do.
const FIRST: SignedDuration = SignedDuration::from_mins(3);
/// Between two looks at any plans.
const BREATH: SignedDuration = SignedDuration::from_mins(1);
/// Between two looks at the same plan.
const EVERY: SignedDuration = SignedDuration::from_hours(1);
/// The same where something is told to have changed, at least.
const CHANGED: SignedDuration = SignedDuration::from_mins(5);
/// So many times what a look took it is not repeated, though something changed.
const TIMES: i32 = 100;
/// For what a look waits that could not be now: power.
const PUT_OFF: SignedDuration = SignedDuration::from_mins(10);
/// How late a follower may tell of a change.
const HEARSAY: SignedDuration = SignedDuration::from_secs(5);

/// A look has ended, or a follower has walked.
pub struct Looked {
    plan: PlanId,
    /// Of the looks that are begun here; `None`: a follower's.
    number: Option<u64>,
    /// What changed later is not in it.
    at: Timestamp,
    took: Duration,
    found: Found,
}

impl Looked {
    /// What a follower has met on its walk. `at`: when it had told what it found.
    pub fn by_follower(looking: Looking, at: Timestamp) -> Self {
        let plan = looking.plan.clone();
        let (measured, took) = looking.end();
        Self { plan, number: None, at, took, found: Found::Measured(Box::new(measured)) }
    }
}

/// What is known of each plan, and the look that goes on. Dropped, that ends.
pub struct AtRisks {
    started: Option<Timestamp>,
    measured: HashMap<PlanId, Measured>,
    looks: HashMap<PlanId, Last>,
    /// When something was last told to have changed.
    told: HashMap<PlanId, Timestamp>,
    going: Option<Going>,
    ended: Option<Timestamp>,
    put_off: Option<Timestamp>,
    number: u64,
    found: (mpsc::Sender<Looked>, mpsc::Receiver<Looked>),
}

struct Last {
    at: Timestamp,
    took: Duration,
    context: Context,
}

struct Going {
    plan: PlanId,
    number: u64,
    at: Timestamp,
    context: Context,
    cancel: Cancel,
}

impl Drop for Going {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Default for AtRisks {
    fn default() -> Self {
        Self {
            started: None,
            measured: HashMap::new(),
            looks: HashMap::new(),
            told: HashMap::new(),
            going: None,
            ended: None,
            put_off: None,
            number: 0,
            found: mpsc::channel(16),
        }
    }
}

/// Whether something was less than a span ago. What lies ahead was noted by a clock that has been put back since.
fn is_within(at: Option<Timestamp>, span: SignedDuration, now: Timestamp) -> bool {
    at.is_some_and(|at| now >= at && now.duration_since(at) < span)
}

impl AtRisks {
    pub fn start(&mut self, now: Timestamp) {
        self.started = Some(now);
    }

    /// Where followers tell what they met.
    pub fn teller(&self) -> mpsc::Sender<Looked> {
        self.found.0.clone()
    }

    /// Waits for the end of a look.
    pub async fn found(&mut self) -> Option<Looked> {
        self.found.1.recv().await
    }

    /// Forgets plans that are gone.
    pub fn keep_to(&mut self, plans: &[Plan]) {
        let is_there = |id: &PlanId| plans.iter().any(|plan| plan.id == *id);
        self.measured.retain(|id, _| is_there(id));
        self.looks.retain(|id, _| is_there(id));
        self.told.retain(|id, _| is_there(id));
    }

    /// The plan that is to be looked at next, if it is time for one.
    pub fn due<'p>(&self, plans: &'p [Plan], is_busy: impl Fn(&PlanId) -> bool, now: Timestamp) -> Option<&'p Plan> {
        let is_early =
            is_within(self.started, FIRST, now) || is_within(self.ended, BREATH, now) || is_within(self.put_off, PUT_OFF, now);
        if self.going.is_some() || is_early {
            return None;
        }
        let due = plans.iter().filter(|plan| !is_busy(&plan.id) && self.is_due(plan, plans, now));
        // What has waited longest.
        due.min_by_key(|plan| self.looks.get(&plan.id).map(|last| last.at))
    }

    fn is_due(&self, plan: &Plan, plans: &[Plan], now: Timestamp) -> bool {
        let Some(last) = self.looks.get(&plan.id) else { return true };
        let changed = self.told.get(&plan.id).is_some_and(|told| *told > last.at);
        let least = SignedDuration::try_from(last.took).unwrap_or(EVERY).saturating_mul(TIMES).max(CHANGED);
        let pause = if changed { least.min(EVERY) } else { EVERY };
        !is_within(Some(last.at), pause, now) || last.context != Context::of(plan, plans)
    }

    /// Begins to look, on a thread of its own.
    pub fn begin(&mut self, core: &Arc<Core>, plan: &Plan, plans: &[Plan], now: Timestamp) {
        self.number += 1;
        let (number, cancel) = (self.number, Cancel::default());
        let context = Context::of(plan, plans);
        let known = self.measured.get(&plan.id).filter(|measured| measured.context == context);
        let known = known.and_then(|measured| measured.disks.clone());
        self.going = Some(Going { plan: plan.id.clone(), number, at: now, context, cancel: cancel.clone() });
        let (core, plan, found) = (core.clone(), plan.clone(), self.found.0.clone());
        let work = move || {
            lower_this_thread();
            let (seen, took) = look::look(&core, &plan, known.as_ref(), &cancel);
            // Nobody listens any more when the engine ends.
            let _ = found.blocking_send(Looked { plan: plan.id, number: Some(number), at: now, took, found: seen });
        };
        if let Err(error) = thread::Builder::new().name("at risk".into()).spawn(work) {
            tracing::warn!("what would be lost is not looked for: {error}");
            self.note_end(Duration::ZERO, now);
        }
    }

    /// The look that goes on is over: the next comes when it is time again.
    fn note_end(&mut self, took: Duration, now: Timestamp) {
        let Some(going) = self.going.take() else { return };
        self.ended = Some(now);
        self.looks.insert(going.plan.clone(), Last { at: going.at, took, context: going.context.clone() });
    }

    /// Nothing is looked at for a while.
    pub fn put_off(&mut self, now: Timestamp) {
        self.put_off = Some(now);
    }

    /// Ends the look at a plan, of which something begins to run; `None`: at any.
    pub fn stop(&mut self, plan: Option<&PlanId>) {
        let _ = self.going.take_if(|going| plan.is_none_or(|plan| going.plan == *plan));
    }

    /// A follower heard of a change.
    pub fn heard(&mut self, plan: &PlanId, at: Timestamp) {
        self.told.insert(plan.clone(), at);
    }

    /// Takes that nothing has changed for what a look would find: of a plan whose follower hears of everything. Returns false where it says
    /// nothing.
    pub fn stays(&mut self, plan: &Plan, plans: &[Plan], now: Timestamp) -> bool {
        let told = self.told.get(&plan.id);
        let (Some(last), Some(measured)) = (self.looks.get_mut(&plan.id), self.measured.get_mut(&plan.id)) else { return false };
        let at = now.saturating_sub(HEARSAY).unwrap_or(now).max(measured.exposed.sum().as_of);
        if measured.context != Context::of(plan, plans) || told.is_some_and(|told| *told > last.at) || at > now {
            return false;
        }
        last.at = at;
        measured.exposed.holds_as_of(at);
        true
    }

    /// Takes in what was found.
    pub fn note(&mut self, looked: Looked, now: Timestamp) {
        let Looked { plan, number, at, took, found } = looked;
        if let Some(number) = number {
            // One that was stopped says nothing, though it had come to its end.
            if self.going.as_ref().is_none_or(|going| going.number != number) {
                return;
            }
            self.note_end(took, now);
        }
        let new = match found {
            Found::Measured(new) => *new,
            Found::NoVersion => {
                self.measured.remove(&plan);
                return;
            }
            Found::Stays => {
                if let Some(measured) = self.measured.get_mut(&plan) {
                    let flushed = SignedDuration::try_from(FLUSHED).ok().and_then(|wait| at.checked_sub(wait).ok());
                    measured.exposed.holds_as_of(flushed.unwrap_or(at).max(measured.exposed.sum().as_of));
                }
                return;
            }
            Found::Failed => return,
        };
        if number.is_none() {
            self.looks.insert(plan.clone(), Last { at, took, context: new.context.clone() });
        }
        let is_stale = |old: &Measured| {
            let (is, was) = (new.exposed.sum(), old.exposed.sum());
            // It began before the run that has ended meanwhile; or it is what is known already, and no hour has passed.
            let same = AtRisk { as_of: was.as_of, ..is } == was && old.version == new.version && old.context == new.context;
            new.since < old.since || (same && is_within(Some(was.as_of), EVERY, is.as_of))
        };
        if !self.measured.get(&plan).is_some_and(is_stale) {
            self.measured.insert(plan, new);
        }
    }

    /// A run has ended: what a good backup holds is not at risk, what is deleted holds nothing.
    pub fn ended(&mut self, core: &Core, plan: &Plan, plans: &[Plan], report: &RunReport, now: Timestamp) {
        match &report.detail {
            RunDetail::Delete { versions, .. }
                if self.measured.get(&plan.id).is_some_and(|measured| versions.contains(&measured.version)) =>
            {
                self.measured.remove(&plan.id);
                self.looks.remove(&plan.id);
            }
            RunDetail::Backup { .. } if report.outcome.is_success() => match Holding::of(core, plan, report, now) {
                Some(Holding { version, since, has_gaps, .. }) => {
                    let context = Context::of(plan, plans);
                    let mut exposed = Exposed::new(since, context.beside().cloned().collect());
                    if has_gaps {
                        exposed.doubt();
                    }
                    self.looks.insert(plan.id.clone(), Last { at: since, took: Duration::ZERO, context: context.clone() });
                    self.measured.insert(plan.id.clone(), Measured { version, since, context, exposed, disks: None });
                }
                None => _ = self.measured.remove(&plan.id),
            },
            _ => {}
        }
    }

    /// What is at risk of each of these plans, in their order, and of all of them together; `None`: not measured, or what was says nothing
    /// any more.
    pub fn of(&self, plans: &[Plan]) -> (Vec<Option<AtRisk>>, Option<AtRisk>) {
        let mut stands = Vec::with_capacity(plans.len());
        for (plan, context) in plans.iter().zip(Context::all(plans)) {
            let measured = self.measured.get(&plan.id).filter(|measured| measured.context == context);
            let (since, exposed) = (measured.map(|measured| measured.since), measured.map(|measured| &measured.exposed));
            stands.push(Stand { plan: &plan.id, since, exposed });
        }
        (stands.iter().map(|stand| stand.exposed.map(Exposed::sum)).collect(), total(&stands))
    }
}

#[cfg(test)]
mod tests;
