//! Changes in what is backed up, watched for plans with a schedule that follows them.

mod follow;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use self::follow::Follower;
use super::at_risk::Looked;
use super::core::Core;
use super::schedules;
use crate::model::location::Location;
use crate::model::plan::{Plan, PlanId};
use crate::model::schedule::{Schedules, When};
use crate::model::source_spec::SourceSpec;

/// Something of a plan's changed.
pub struct Change {
    pub plan: PlanId,
    pub at: Timestamp,
}

/// Who follows the changes of which plan.
pub struct Changes {
    followed: HashMap<PlanId, Followed>,
    found: (mpsc::Sender<Change>, mpsc::Receiver<Change>),
}

impl Default for Changes {
    fn default() -> Self {
        Self { followed: HashMap::new(), found: mpsc::channel(64) }
    }
}

/// Dropped, its thread ends.
struct Followed {
    sources: SourceSpec,
    destinations: Vec<Location>,
    schedules: Schedules,
    follower: Follower,
}

/// Whether a schedule of the plan waits for changes.
fn are_waited_for(plan: &Plan) -> bool {
    plan.schedules.on().any(|schedule| matches!(schedule.when, When::Change { .. }))
}

impl Changes {
    /// Follows those that are to be followed, and no others. `looked`: told of what they meet on their walks.
    pub fn keep_to(&mut self, core: &Arc<Core>, plans: &[Plan], looked: &mpsc::Sender<Looked>) {
        let wanted = |id: &PlanId, followed: &Followed| {
            let plan = plans.iter().find(|plan| plan.id == *id).filter(|plan| are_waited_for(plan));
            plan.is_some_and(|plan| {
                plan.sources == followed.sources
                    && plan.destinations == followed.destinations
                    && plan.schedules == followed.schedules
            })
        };
        self.followed.retain(|id, followed| wanted(id, followed));
        for plan in plans.iter().filter(|plan| are_waited_for(plan)) {
            if !self.followed.contains_key(&plan.id) {
                let last = schedules::pasts(core, plan).into_iter().filter_map(|(_, past)| past.last).map(|last| last.at).max();
                let followed = Followed {
                    sources: plan.sources.clone(),
                    destinations: plan.destinations.clone(),
                    schedules: plan.schedules.clone(),
                    follower: Follower::start(core.clone(), plan.clone(), last, self.found.0.clone(), looked.clone()),
                };
                self.followed.insert(plan.id.clone(), followed);
            }
        }
    }

    /// Whether all that changes of a plan's is told at once.
    pub fn is_listening(&self, plan: &PlanId) -> bool {
        self.followed.get(plan).is_some_and(|followed| followed.follower.is_listening())
    }

    /// Waits for one.
    pub async fn found(&mut self) -> Option<Change> {
        self.found.1.recv().await
    }
}
