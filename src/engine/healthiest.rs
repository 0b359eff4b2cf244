//! Which of a plan's destinations is read from: the healthiest, as far as this home remembers. Nothing is asked for it.

use crate::archive::object::run_folder;
use crate::model::health::{Remembered, healthiest_first};
use crate::model::location::Location;
use crate::model::marker;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Problem;
use crate::model::restore::VersionChoice;
use crate::model::snapshot::VersionId;

use super::core::Core;
use super::explain;

/// The one that is read from first where only the plan is named.
pub fn of_plan(core: &Core, plan: &PlanId, wanted: &VersionChoice) -> Result<Location, Problem> {
    let plan = core.plan(plan).ok_or_else(explain::no_such_plan)?;
    in_order(core, &plan, wanted).into_iter().next().ok_or_else(explain::no_destination)
}

/// A plan's destinations, that which is to be tried first at the front.
pub fn in_order(core: &Core, plan: &Plan, wanted: &VersionChoice) -> Vec<Location> {
    // Nearly always there is only one.
    if plan.destinations.len() < 2 {
        return plan.destinations.clone();
    }
    // A history that cannot be read is said elsewhere, and costs the order alone.
    let versions = |location: &Location| core.history.known_versions(&plan.id, location).unwrap_or_default();
    let known: Vec<_> = plan.destinations.iter().map(|location| (location, versions(location))).collect();
    let wanted = version(known.iter().flat_map(|(_, versions)| versions), wanted).cloned();
    let remembered = known.into_iter().map(|(location, versions)| {
        let lacks = wanted.as_ref().is_some_and(|wanted| versions.iter().all(|(id, _)| id != wanted));
        (location.clone(), Remembered { lacks, ..remember(core, plan, location, wanted.as_ref()) })
    });
    healthiest_first(remembered.collect())
}

fn remember(core: &Core, plan: &Plan, location: &Location, wanted: Option<&VersionId>) -> Remembered {
    let now = core.env.clock.now();
    let last = core.history.last_look(location, now).ok().flatten();
    let (latency_ms, speed) = core.history.last_pace(location, now).unwrap_or_default();
    let damaged = core.history.damaged(&plan.id, location).unwrap_or_default();
    Remembered {
        lacks: false,
        damaged: damaged.iter().any(|object| may_need(wanted, object)),
        good: last.map(|(_, good)| good),
        is_server: location.path().is_none(),
        latency_ms,
        speed,
    }
}

/// The version that is meant, of those that are known to lie anywhere; `None` where that is not known.
fn version<'a>(known: impl Iterator<Item = &'a (VersionId, u64)>, wanted: &VersionChoice) -> Option<&'a VersionId> {
    let fits = |id: &VersionId| match wanted {
        VersionChoice::Latest => true,
        VersionChoice::Id(wanted) => id == wanted,
        VersionChoice::At(at) => id.time().is_some_and(|time| time <= *at),
    };
    known.filter(|(id, _)| fits(id)).max_by_key(|(id, sequence)| (*sequence, id)).map(|(id, _)| id)
}

/// Whether a version may need an object to be read: its manifest, and what lies in the folders of its run and of those before it.
fn may_need(version: Option<&VersionId>, object: &str) -> bool {
    let Some(version) = version else { return true };
    let folder = object.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_of_data = folder.starts_with("data/") && folder <= run_folder(version).as_str();
    is_of_data || object == marker::manifest_name(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(day: u8) -> VersionId {
        VersionId::try_from(format!("202611{day:02}T200000Z-full-5f3a9c2e")).unwrap()
    }

    #[test]
    fn the_version_that_is_meant_is_looked_for_at_all_destinations() {
        let known = [(id(1), 1), (id(2), 2), (id(3), 3)];
        let meant = |wanted| version(known.iter(), &wanted).cloned();
        assert_eq!(meant(VersionChoice::Latest), Some(id(3)));
        assert_eq!(meant(VersionChoice::Id(id(1))), Some(id(1)));
        assert_eq!(meant(VersionChoice::Id(id(9))), None);
        assert_eq!(meant(VersionChoice::At("2026-11-03T10:00:00Z".parse().unwrap())), Some(id(2)));
        assert_eq!(meant(VersionChoice::At("2026-10-03T10:00:00Z".parse().unwrap())), None);
    }

    #[test]
    fn what_later_runs_wrote_no_version_needs() {
        let needs = |object: &str| may_need(Some(&id(2)), object);
        for day in [1, 2, 3] {
            assert_eq!(needs(&format!("data/{}/v0001.tar.zst", id(day))), day < 3);
            assert_eq!(needs(&marker::manifest_name(&id(day))), day == 2);
        }
        assert!(!needs("README.txt") && !needs("keys-1.json"));
        assert!(may_need(None, "data/x/v0001.tar.zst"), "which version it will be is not known");
    }
}
