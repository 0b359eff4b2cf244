//! What a plan's schedules ask for, by what ran.

use jiff::Timestamp;

use crate::model::plan::Plan;
use crate::model::schedule::{self, Decision, Due, Past, Schedule, Schedules, Signals};

use super::core::Core;

/// Each schedule with what ran for it. What cannot be read is as if it had not run: the next try finds out.
pub fn pasts<'p>(core: &Core, plan: &'p Plan) -> Vec<(&'p Schedule, Past)> {
    let past = |schedule: &Schedule| {
        let read = core.history.past(&plan.id, schedule);
        read.inspect_err(|error| tracing::warn!("what ran is not known: {error}")).unwrap_or_default()
    };
    plan.schedules.iter().map(|schedule| (schedule, past(schedule))).collect()
}

/// What is to run of a plan that is not running, and when to ask again. `pasts`: those of its schedules that count now.
pub fn decide(core: &Core, plan: &Plan, pasts: &[(&Schedule, Past)], signals: &Signals) -> Decision {
    schedule::decide(pasts, signals, plan.created, core.env.clock.now(), &core.env.clock.zone())
}

/// The one that is due first, as far as that is known.
pub fn first(plan: &Plan, pasts: &[(&Schedule, Past)], now: Timestamp, zone: &jiff::tz::TimeZone) -> Option<Due> {
    let dues = schedule::dues(pasts, &Signals::default(), plan.created, now, zone);
    dues.into_iter().map(|(_, due)| due).min_by_key(|due| due.at)
}

/// The schedules as they are saved: what is new, changed or switched on begins now, and nothing before was missed.
pub fn begun(new: &Schedules, before: Option<&Plan>, now: Timestamp) -> Schedules {
    new.map(|schedule| {
        let known = before.and_then(|plan| plan.schedules.iter().find(|known| known.id == schedule.id));
        let same = |known: &&Schedule| known.when == schedule.when && known.on == schedule.on && known.wanted == schedule.wanted;
        schedule.since = match known.filter(same) {
            Some(known) => known.since,
            None => Some(now),
        };
    })
}
