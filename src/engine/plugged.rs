//! Drives that are plugged in: looked for once a minute, and only where a schedule waits for one.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::schedule::{Plugged, When};

use super::look::Look;
use super::message::Drive;
use super::sources;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(60);

/// What is plugged in, as far as it was looked at.
pub struct Drives {
    look: Look<Vec<Drive>>,
    /// Those of the last look.
    there: Vec<Drive>,
}

impl Default for Drives {
    fn default() -> Self {
        Self { look: Look::new(EVERY), there: Vec::new() }
    }
}

/// Whether a schedule of theirs waits for a drive.
fn are_waited_for(plans: &[Plan]) -> bool {
    plans.iter().flat_map(|plan| plan.schedules.on()).any(|schedule| matches!(schedule.when, When::Drive { .. }))
}

impl Drives {
    /// Begins to look, where it is time and somebody waits. Within the engine's runtime.
    pub fn look(&mut self, plans: &[Plan]) {
        if are_waited_for(plans) {
            self.look.begin(sources::drives);
        }
    }

    /// Waits for the end of a look.
    pub async fn found(&mut self) -> Option<Vec<Drive>> {
        self.look.found().await
    }

    /// Takes note of what is there. Returns the drives that were not there before; at the first look those are all.
    pub fn note(&mut self, found: Vec<Drive>) -> Vec<Drive> {
        let new = found.iter().filter(|drive| !self.there.iter().any(|known| same(known, drive))).cloned().collect();
        self.there = found;
        new
    }

    pub fn is_there(&self, plugged: &Plugged) -> bool {
        self.there.iter().any(|drive| names(drive) == plugged.names)
    }
}

fn same(a: &Drive, b: &Drive) -> bool {
    (&a.mount_point, &a.device) == (&b.mount_point, &b.device)
}

/// All that it goes by.
fn names(drive: &Drive) -> Vec<String> {
    let mut names = vec![drive.name.clone(), drive.mount_point.display().into_owned(), drive.device.clone()];
    names.dedup();
    names
}

/// What a plan is told of a drive. `found`: where its destinations are now. The system's own is never plugged in.
pub fn signal(plan: &Plan, found: &[Location], drive: &Drive, at: Timestamp) -> Option<Plugged> {
    if drive.is_system {
        return None;
    }
    let point = drive.mount_point.as_path();
    let destinations = found.iter().filter_map(Location::path);
    let used = plan.sources.paths.iter().chain(destinations).any(|path| path.as_path().starts_with(&point));
    Some(Plugged { names: names(drive), used, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drive(name: &str) -> Drive {
        Drive {
            name: name.into(),
            mount_point: format!("/media/ada/{name}").as_str().into(),
            device: format!("/dev/{name}"),
            file_system: "ext4".into(),
            free: 1,
            total: 2,
            is_system: false,
            is_network: false,
        }
    }

    #[test]
    fn what_comes_is_told_once_and_again_when_it_comes_again() {
        let mut drives = Drives::default();
        assert_eq!(drives.note(vec![drive("blue")]).len(), 1);
        assert_eq!(drives.note(vec![drive("blue"), drive("red")]), [drive("red")]);
        let fuller = Drive { free: 0, ..drive("red") };
        assert_eq!(drives.note(vec![fuller]), []);
        let plugged = |name| Plugged { names: names(&drive(name)), used: true, at: Timestamp::UNIX_EPOCH };
        assert!(drives.is_there(&plugged("red")) && !drives.is_there(&plugged("blue")));
        assert_eq!(drives.note(vec![drive("blue"), drive("red")]), [drive("blue")]);
    }
}
