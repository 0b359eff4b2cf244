//! How the machine stands, looked at only while a schedule that is due asks for it.

use std::time::{Duration, Instant};

use super::look::Look;
use crate::model::conditions::Surroundings;
use crate::model::plan::Plan;
use crate::os::surroundings;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(5);
/// How long one is good for.
const FRESH: Duration = Duration::from_secs(10);

pub struct Machine {
    look: Look<Surroundings>,
    last: Option<(Instant, Surroundings)>,
}

impl Default for Machine {
    fn default() -> Self {
        Self { look: Look::new(EVERY), last: None }
    }
}

impl Machine {
    /// How it stands. `None`: a look has begun, and [`Machine::found`] ends it. Within the engine's runtime.
    pub fn now(&mut self, plans: &[Plan]) -> Option<Surroundings> {
        if let Some((_, surroundings)) = self.last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Some(surroundings.clone());
        }
        let schedules = plans.iter().flat_map(|plan| plan.schedules.on());
        let programs: Vec<String> = schedules.flat_map(|schedule| schedule.conditions.programs()).map(str::to_owned).collect();
        self.look.begin(move || surroundings::look(&programs));
        None
    }

    /// Waits for the end of a look.
    pub async fn found(&mut self) -> Option<Surroundings> {
        self.look.found().await
    }

    pub fn note(&mut self, found: Surroundings) {
        self.last = Some((Instant::now(), found));
    }
}
