//! What would be lost now: when it is looked for.

use crate::engine::at_risk::Looked;
use crate::engine::core::lock;
use crate::model::plan::{Plan, PlanId};
use crate::model::run::RunReport;

use super::Actor;

impl Actor {
    /// Begins to look, where it is time and nothing speaks against it.
    pub(super) fn look_at_risk(&mut self, plans: &[Plan]) {
        let now = self.core.env.clock.now();
        self.by_itself.at_risk.keep_to(plans);
        if self.paused().is_some() {
            return self.by_itself.at_risk.stop(None);
        }
        let busy: Vec<PlanId> = lock(&self.runs).iter().filter_map(|run| run.plan.clone()).collect();
        let Some(plan) = self.by_itself.at_risk.due(plans, |id| busy.contains(id), now) else { return };
        if self.by_itself.changes.is_listening(&plan.id) && self.by_itself.at_risk.stays(plan, plans, now) {
            return self.publish();
        }
        match self.by_itself.machine.now(plans) {
            // It is asked, and then heard.
            None => {}
            Some(stands) if stands.on_mains == Some(false) => self.by_itself.at_risk.put_off(now),
            Some(_) => self.by_itself.at_risk.begin(&self.core, plan, plans, now),
        }
    }

    pub(super) fn note_looked(&mut self, looked: Looked) {
        self.by_itself.at_risk.note(looked, self.core.env.clock.now());
        self.publish();
    }

    /// Before a run's end is published.
    pub(super) fn note_risk_after(&mut self, report: &RunReport) {
        let plans = self.plans();
        let plan = plans.iter().find(|plan| report.plan.as_ref() == Some(&plan.id));
        if let Some(plan) = plan {
            self.by_itself.at_risk.ended(&self.core, plan, &plans, report, self.core.env.clock.now());
        }
    }
}
