//! When it is looked for, and what of that is believed.

use super::*;
use crate::model::at_risk::Changed;
use crate::model::location::Location;
use crate::model::snapshot::{BackupType, VersionId};
use crate::model::source_spec::SourceSpec;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + minutes * 60).unwrap()
}

fn plan(n: u8, source: &str) -> Plan {
    Plan {
        sources: SourceSpec { paths: vec![source.into()], ..SourceSpec::default() },
        destinations: vec![Location::local("/backups")],
        ..Plan::new(PlanId::from_random([n; 16]), format!("Plan {n}"), at(0))
    }
}

fn version(n: u8) -> VersionId {
    VersionId::new(at(0), BackupType::Full, [n; 4])
}

/// So many files of a byte, since the version that was made at `since`.
fn measured(plan: &Plan, plans: &[Plan], since: i64, as_of: i64, files: u64) -> Box<Measured> {
    let context = Context::of(plan, plans);
    let mut exposed = Exposed::new(at(as_of), context.beside().cloned().collect());
    (0..files).for_each(|key| exposed.add(Changed { key, bytes: 1, at: 0, beside: 0 }));
    Box::new(Measured { version: version(since as u8), since: at(since), context, exposed, disks: None })
}

/// A look at the plan begins at `begun` and ends at once.
fn looked(risks: &mut AtRisks, plan: &Plan, plans: &[Plan], begun: i64, found: Found) {
    risks.number += 1;
    let (number, context) = (risks.number, Context::of(plan, plans));
    risks.going = Some(Going { plan: plan.id.clone(), number, at: at(begun), context, cancel: Cancel::default() });
    let looked = Looked { plan: plan.id.clone(), number: Some(number), at: at(begun), took: Duration::ZERO, found };
    risks.note(looked, at(begun));
}

fn due<'p>(risks: &AtRisks, plans: &'p [Plan], now: i64) -> Option<&'p str> {
    risks.due(plans, |_| false, at(now)).map(|plan| plan.name.as_str())
}

fn of(risks: &AtRisks, plans: &[Plan], n: usize) -> Option<AtRisk> {
    risks.of(plans).0[n]
}

#[test]
fn plans_are_looked_at_one_by_one_after_the_start_and_then_hourly() {
    let plans = [plan(1, "/a"), plan(2, "/b")];
    let mut risks = AtRisks::default();
    risks.start(at(0));
    assert_eq!((due(&risks, &plans, 2), due(&risks, &plans, 3)), (None, Some("Plan 1")));
    assert_eq!(risks.due(&plans, |id| *id == plans[0].id, at(3)).unwrap().name, "Plan 2", "of what runs nothing is looked for");
    let found = Found::Measured(measured(&plans[0], &plans, 0, 3, 5));
    looked(&mut risks, &plans[0], &plans, 3, found);
    assert_eq!(of(&risks, &plans, 0).unwrap().files, 5);
    assert_eq!((due(&risks, &plans, 3), due(&risks, &plans, 4)), (None, Some("Plan 2")), "with a breath between");
    // One that could not be walked is tried again with the others.
    looked(&mut risks, &plans[1], &plans, 4, Found::Failed);
    assert_eq!(
        (due(&risks, &plans, 62), due(&risks, &plans, 63), due(&risks, &plans, 64)),
        (None, Some("Plan 1"), Some("Plan 1"))
    );
    assert_eq!(due(&risks, &plans, -100), Some("Plan 1"), "the clock was put back");
    risks.put_off(at(63));
    assert_eq!((due(&risks, &plans, 72), due(&risks, &plans, 73)), (None, Some("Plan 1")));
    risks.begin_nothing(&plans[0], &plans);
    assert_eq!(due(&risks, &plans, 200), None, "one at a time");
}

impl AtRisks {
    /// A look that does not end.
    fn begin_nothing(&mut self, plan: &Plan, plans: &[Plan]) {
        let (context, cancel) = (Context::of(plan, plans), Cancel::default());
        self.going = Some(Going { plan: plan.id.clone(), number: 99, at: at(0), context, cancel });
    }
}

#[test]
fn where_something_is_told_to_have_changed_it_is_looked_for_sooner() {
    let plans = [plan(1, "/a")];
    let mut risks = AtRisks::default();
    looked(&mut risks, &plans[0], &plans, 10, Found::Measured(measured(&plans[0], &plans, 0, 10, 1)));
    risks.heard(&plans[0].id, at(9));
    assert_eq!(due(&risks, &plans, 69), None, "that was before");
    risks.heard(&plans[0].id, at(11));
    assert_eq!((due(&risks, &plans, 14), due(&risks, &plans, 15)), (None, Some("Plan 1")));
    // What takes long is not repeated as often.
    risks.looks.get_mut(&plans[0].id).unwrap().took = Duration::from_secs(6);
    assert_eq!((due(&risks, &plans, 19), due(&risks, &plans, 20)), (None, Some("Plan 1")));
    risks.looks.get_mut(&plans[0].id).unwrap().took = Duration::from_secs(600);
    assert_eq!((due(&risks, &plans, 69), due(&risks, &plans, 70)), (None, Some("Plan 1")));
}

#[test]
fn where_nothing_is_told_nothing_is_walked() {
    let plans = [plan(1, "/a")];
    let mut risks = AtRisks::default();
    assert!(!risks.stays(&plans[0], &plans, at(5)), "nothing is known yet");
    looked(&mut risks, &plans[0], &plans, 10, Found::Measured(measured(&plans[0], &plans, 0, 10, 1)));
    assert!(risks.stays(&plans[0], &plans, at(70)));
    let risk = of(&risks, &plans, 0).unwrap();
    assert_eq!((risk.files, risk.as_of), (1, at(70) - HEARSAY));
    assert_eq!(due(&risks, &plans, 129), None);
    risks.heard(&plans[0].id, at(75));
    assert!(!risks.stays(&plans[0], &plans, at(130)), "something changed");
    risks.told.clear();
    assert!(!risks.stays(&plans[0], &[plans[0].clone(), plan(2, "/a/b")], at(130)), "another plan holds some of it");
}

#[test]
fn what_is_known_already_is_not_told_anew_within_the_hour() {
    let plans = [plan(1, "/a")];
    let mut risks = AtRisks::default();
    let mut note = |as_of, files| {
        looked(&mut risks, &plans[0], &plans, as_of, Found::Measured(measured(&plans[0], &plans, 0, as_of, files)));
        let risk = of(&risks, &plans, 0).unwrap();
        (risk.files, risk.as_of)
    };
    assert_eq!(note(10, 1), (1, at(10)));
    assert_eq!(note(40, 1), (1, at(10)), "nobody needs to draw that");
    assert_eq!(note(70, 1), (1, at(70)));
    assert_eq!(note(75, 2), (2, at(75)));
}

#[test]
fn a_look_that_was_stopped_or_is_older_than_the_last_run_says_nothing() {
    let plans = [plan(1, "/a")];
    let mut risks = AtRisks::default();
    risks.begin_nothing(&plans[0], &plans);
    let given_up = risks.going.as_ref().unwrap().cancel.clone();
    risks.stop(Some(&plan(2, "/b").id));
    assert!(!given_up.is_cancelled() && risks.going.is_some(), "another plan's run stops it not");
    risks.stop(Some(&plans[0].id));
    assert!(given_up.is_cancelled());
    let found = |since, as_of| Found::Measured(measured(&plans[0], &plans, since, as_of, 3));
    let late = |number, since, as_of| Looked {
        plan: plans[0].id.clone(),
        number,
        at: at(as_of),
        took: Duration::ZERO,
        found: found(since, as_of),
    };
    risks.note(late(Some(99), 0, 5), at(6));
    assert_eq!(of(&risks, &plans, 0), None);
    // A follower's walk that began before a run which has ended since.
    risks.note(late(None, 8, 9), at(9));
    risks.note(late(None, 0, 10), at(10));
    assert_eq!(risks.measured[&plans[0].id].since, at(8));
    // The clock went wrong, or the version is gone.
    looked(&mut risks, &plans[0], &plans, 20, Found::NoVersion);
    assert_eq!((of(&risks, &plans, 0), risks.of(&plans).1), (None, None));
}

#[test]
fn what_was_measured_of_other_sources_says_nothing() {
    let mut plans = vec![plan(1, "/a"), plan(2, "/b")];
    let mut risks = AtRisks::default();
    looked(&mut risks, &plans[0], &plans, 10, Found::Measured(measured(&plans[0], &plans, 0, 10, 1)));
    looked(&mut risks, &plans[1], &plans, 10, Found::Measured(measured(&plans[1], &plans, 0, 10, 2)));
    assert_eq!(risks.of(&plans).1.map(|risk| (risk.files, risk.at_least)), Some((3, false)));
    plans[1].sources.excludes.push("*.tmp".into());
    assert_eq!(of(&risks, &plans, 1), None);
    assert_eq!(risks.of(&plans).1.map(|risk| (risk.files, risk.at_least)), Some((1, true)));
    assert_eq!(due(&risks, &plans, 11), Some("Plan 2"), "and it is looked at again soon");
    plans.push(plan(3, "/a/b"));
    assert_eq!(of(&risks, &plans, 0), None, "some of it may lie in the new one");
    plans.remove(0);
    risks.keep_to(&plans);
    assert!(!risks.measured.contains_key(&plan(1, "/a").id));
}

#[test]
fn a_disk_to_which_nothing_was_written_tells_that_what_is_known_holds() {
    let plans = [plan(1, "/a")];
    let mut risks = AtRisks::default();
    risks.start(at(0));
    let found = Found::Measured(measured(&plans[0], &plans, 0, 3, 5));
    looked(&mut risks, &plans[0], &plans, 3, found);
    looked(&mut risks, &plans[0], &plans, 63, Found::Stays);
    let risk = of(&risks, &plans, 0).unwrap();
    assert_eq!((risk.files, risk.as_of), (5, at(53)), "what has changed within ten minutes may not be written yet");
    assert_eq!((due(&risks, &plans, 122), due(&risks, &plans, 123)), (None, Some("Plan 1")));
    // Never older than it was.
    looked(&mut risks, &plans[0], &plans, 58, Found::Stays);
    assert_eq!(of(&risks, &plans, 0).unwrap().as_of, at(53));
    // Of what is not known any more nothing holds.
    risks.keep_to(&[]);
    looked(&mut risks, &plans[0], &plans, 200, Found::Stays);
    assert_eq!(of(&risks, &plans, 0), None);
}
