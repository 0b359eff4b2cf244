//! Makes the overview: what front ends show all the time.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::model::at_risk::AtRisk;
use crate::model::conditions::Wait;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::recent::Recent;
use crate::model::run::{RunDetail, RunReport};
use crate::model::status::{judge, strip, with_pause};

use crate::os::surroundings;

use super::append_only;
use super::at_risk::AtRisks;
use super::core::{Core, lock};
use super::health;
use super::message::{Overview, PlanOverview, RunOverview};
use super::{schedules, several};

/// History that is looked at for status and strip.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(31 * 24);

/// `waits`: what schedules that are due wait for.
pub fn make(
    core: &Core,
    keeps_schedules: bool,
    runs: Vec<RunOverview>,
    waits: &HashMap<PlanId, Vec<Wait>>,
    at_risk: &AtRisks,
) -> Overview {
    let now = core.env.clock.now();
    let (plans, settings) = {
        let config = lock(&core.config);
        (config.plans.clone(), config.settings.clone())
    };
    let home_folder = directories::UserDirs::new().map_or_else(PathBytes::default, |d| d.home_dir().into());
    let paused = settings.paused.filter(|paused| !paused.is_over(now));
    let (at_risk, at_risk_in_all) = at_risk.of(&plans);
    let plan_overview = |(plan, at_risk): (&Plan, Option<AtRisk>)| {
        let mut overview = plan_overview(core, plan.clone(), now);
        overview.at_risk = at_risk;
        overview.waits = waits.get(&overview.plan.id).cloned().unwrap_or_default();
        let judged = (overview.status, overview.why);
        (overview.status, overview.why) = with_pause(judged, &overview.plan.schedules, paused.is_some());
        overview
    };
    Overview {
        plans: plans.iter().zip(at_risk).map(plan_overview).collect(),
        at_risk: at_risk_in_all,
        runs,
        settings,
        keeps_schedules,
        paused,
        unseen: core.history.unseen().unwrap_or(0),
        notices: lock(&core.notices).clone(),
        zone: core.env.clock.zone().iana_name().unwrap_or("UTC").to_owned(),
        knows_machine: surroundings::KNOWN,
        home_folder,
        machine: core.machine.clone(),
    }
}

fn plan_overview(core: &Core, plan: Plan, now: Timestamp) -> PlanOverview {
    let zone = core.env.clock.zone();
    let since = now.checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
    let recent = core.history.recent(&plan.id, since).unwrap_or_default();
    let (status, why) = health::judge(core, &plan, judge(&plan.schedules, plan.created, &recent, now, &zone), now);
    let strip = strip(&plan.schedules, plan.created, &recent, now, &zone);
    let Recent { last_backup, last_good, last_deleted, .. } = recent;
    let source_bytes = last_good.as_ref().and_then(|r| match &r.detail {
        RunDetail::Backup { totals, .. } => Some(totals.bytes),
        _ => None,
    });
    // By whichever was last.
    let went = |run: &&RunReport| matches!(&run.detail, RunDetail::Delete { versions, .. } if !versions.is_empty());
    let newest = last_good.iter().chain(last_deleted.iter().filter(went)).max_by_key(|run| run.started);
    let stored = newest.and_then(|r| match &r.detail {
        RunDetail::Backup { versions, plan_bytes, .. } => Some((*versions, *plan_bytes)),
        RunDetail::Delete { left, plan_bytes, .. } => Some((*left, *plan_bytes)),
        _ => None,
    });
    let pasts = schedules::pasts(core, &plan);
    let next = schedules::first(&plan, &pasts, now, &zone);
    let pasts = pasts.into_iter().map(|(schedule, past)| (schedule.id.clone(), past)).collect();
    let behind = several::behind(core, &plan).unwrap_or_default();
    PlanOverview {
        behind: behind.into_iter().map(|(_, to)| to).collect(),
        append_only: plan.destinations.iter().filter(|location| append_only::is_known(core, location)).cloned().collect(),
        status,
        why,
        last_success: last_good.map(|r| r.finished),
        next,
        pasts,
        waits: Vec::new(),
        last_run: last_backup,
        strip,
        source_bytes,
        versions: stored.map(|(versions, _)| versions),
        stored_bytes: stored.map(|(_, bytes)| bytes),
        at_risk: None,
        plan,
    }
}
