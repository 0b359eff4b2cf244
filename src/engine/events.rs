//! What is changed stands in the history beside what ran.

use crate::model::event::{Event, What};
use crate::model::plan::{Plan, PlanId};
use crate::model::run::{Outcome, RunDetail, RunId, RunKind, RunReport, Trigger};

use super::core::Core;

/// What an event is about: a plan, or something else that has a name.
#[derive(Clone, Copy)]
pub struct About<'a> {
    plan: Option<&'a PlanId>,
    name: &'a str,
}

impl<'a> About<'a> {
    pub fn plan(plan: &'a Plan) -> Self {
        Self { plan: Some(&plan.id), name: &plan.name }
    }

    /// One that this home may have no plan for.
    pub fn backup(id: &'a PlanId, name: &'a str) -> Self {
        Self { plan: Some(id), name }
    }

    /// A server, by its name.
    pub fn named(name: &'a str) -> Self {
        Self { plan: None, name }
    }

    /// Everything.
    pub const ALL: Self = Self { plan: None, name: "" };
}

/// Notes what was done already. That it cannot be noted undoes nothing: it is said beside it.
pub fn note(core: &Core, about: About<'_>, what: What, details: Vec<String>) {
    // Whoever only reads changes nothing, and does not write either.
    if !core.owner {
        return;
    }
    let now = core.env.clock.now();
    let report = RunReport {
        run: RunId(u64::from_le_bytes(core.random()) >> 11),
        kind: RunKind::Event,
        trigger: if what.is_by_itself() { Trigger::Schedule } else { Trigger::ByHand },
        schedules: Vec::new(),
        plan: about.plan.cloned(),
        plan_name: about.name.to_owned(),
        started: now,
        utc_offset: Some(core.env.clock.zone().to_offset(now).seconds()),
        finished: now,
        paused_ms: 0,
        outcome: Outcome::Completed,
        detail: RunDetail::Event(Event::new(what, details)),
        warnings: Vec::new(),
        warning_count: 0,
        stages: Vec::new(),
    };
    if let Err(error) = core.history.finish(&report) {
        core.notice(format!("The history could not be written: {error}"));
    }
}
