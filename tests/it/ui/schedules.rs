//! The Schedules tab: schedules, what is kept, cleaning up, the calendar.

use egui_kittest::kittest::{NodeT, Queryable};
use strongroom::engine::message::{Command, Question};
use strongroom::model::human;
use strongroom::model::plan::Plan;
use strongroom::model::schedule::Schedules;

use super::desk::{Desk, desk};
use super::sample;

#[test]
fn a_schedule_is_changed_in_place() {
    let mut desk = desk(sample::overview(), [1100.0, 720.0]);
    desk.click("Schedules");
    desk.click("Change Every day at 18:00 of Documents");
    assert!(desk.harness.get_by_label("Save").accesskit_node().is_disabled(), "nothing is changed yet");
    desk.click("Runs");
    desk.click("Every few hours");
    desk.click("More: Hours between two runs");
    desk.click("Save");
    desk.until("saved", |desk| desk.reads("Documents now runs every 7 hours."));
    let asked = desk.asked.lock().unwrap();
    let saved: Vec<&Plan> = asked
        .iter()
        .filter_map(|question| match question {
            Question::SavePlan { plan, .. } => Some(&**plan),
            _ => None,
        })
        .collect();
    assert_eq!(saved.len(), 1);
    assert_eq!(saved[0].schedules.in_words(), "every 7 hours");
    assert_eq!(saved[0].sources, sample::plans()[0].sources, "everything else stays");
}

#[test]
fn a_schedule_is_added_switched_off_and_removed() {
    let mut desk = desk(sample::overview(), [1100.0, 900.0]);
    desk.click("Schedules");
    desk.click("Add a schedule to Documents");
    desk.click("Runs");
    desk.click("Every week");
    desk.click("Mon");
    assert!(desk.harness.get_by_label("Add").accesskit_node().is_disabled(), "no day is chosen");
    desk.click("Sun");
    desk.replace("Times of day", "3:00");
    desk.click("Makes: Full");
    desk.until("meaning", |desk| desk.reads("Every Sunday at 03:00, full. Next: "));
    desk.click("Add");
    desk.until("added", |desk| desk.reads("Documents now runs every Sunday at 03:00, full."));
    desk.click("Every day at 18:00 of Documents is on");
    desk.click("Remove Every 6 hours of Pictures");
    let saved = |desk: &Desk| -> Vec<String> {
        let asked = desk.asked.lock().unwrap();
        let plan = |question: &Question| match question {
            Question::SavePlan { plan, .. } => Some(format!("{}: {}", plan.name, plan.schedules.in_words())),
            _ => None,
        };
        asked.iter().filter_map(plan).collect()
    };
    desk.until("saved", |desk| saved(desk).len() == 3);
    assert_eq!(
        saved(&desk),
        [
            "Documents: every day at 18:00 and every Sunday at 03:00, full",
            "Documents: only when you ask",
            "Pictures: only when you ask"
        ]
    );
}

#[test]
fn a_rule_says_what_it_would_do_before_it_is_saved() {
    let mut desk = desk(sample::overview(), [1100.0, 1000.0]);
    desk.click("Schedules");
    desk.click("Change what is kept of Documents");
    desk.until("looked", |desk| desk.reads("all 18 versions stay"));
    desk.click("Kept: My own rule");
    desk.type_into("The last", "12");
    desk.until("looked again", |desk| desk.reads("5 of 18 versions would go after the next backup."));
    assert!(desk.reads("not among the last 12"));
    assert!(desk.reads("In a year there are 13 versions"), "twelve, and the pinned one");
    desk.type_into("One per day, for", "often");
    desk.until("wrong", |desk| desk.reads("is neither a number nor a time"));
    assert!(desk.harness.get_by_label("Save").accesskit_node().is_disabled());
    desk.replace("One per day, for", "14");
    desk.click("Save");
    desk.until("saved", |desk| desk.reads("Documents keeps versions: the last 12 and one per day for the last 14 days."));
    let asked = desk.asked.lock().unwrap();
    let saved = asked.iter().find_map(|question| match question {
        Question::SavePlan { plan, .. } => Some(plan.retention.in_words()),
        _ => None,
    });
    assert_eq!(saved.as_deref(), Some("the last 12 and one per day for the last 14 days"));
}

#[test]
fn cleaning_up_by_hand_shows_what_goes_first() {
    let mut overview = sample::overview();
    overview.plans[0].plan.retention.set("keep-last", "2").unwrap();
    let mut desk = desk(overview, [1100.0, 900.0]);
    desk.click("Schedules");
    assert!(!desk.is_shown("Clean up Pictures"), "it has no rule");
    desk.click("Clean up Documents");
    desk.until("looked", |desk| desk.reads("15 of 18 versions go."));
    assert!(desk.reads("You are asked first: 15 of 18 versions would go."));
    desk.click("Delete 15 versions");
    let is_sent = |command: &Command| matches!(command, Command::CleanUp { spec, .. } if spec.despite_doubts);
    desk.until("sent", |desk| desk.fake.told.lock().unwrap().iter().any(is_sent));
}

#[test]
fn the_calendar_knows_what_ran_and_what_is_to_come() {
    let mut desk = desk(sample::overview(), [1280.0, 900.0]);
    desk.click("Schedules");
    desk.until("history", |desk| desk.is_shown("Wednesday 18 November, 2 runs, backed up with warnings"));
    desk.wait_for("Saturday 14 November, 2 runs, failed");
    assert!(desk.reads("Tuesday 24 November, 5 to come"));
    desk.click("Previous month");
    desk.wait_for("Thursday 1 October");
}

/// Who has none is not asked for any.
#[test]
fn a_schedule_gets_conditions_and_shows_them_again() {
    let mut desk = desk(sample::overview(), [1100.0, 900.0]);
    desk.click("Schedules");
    desk.click("Add a schedule to Documents");
    assert!(!desk.reads("on a network that is not metered"));
    desk.click("under conditions…");
    desk.click("on a network that is not metered");
    desk.click("at certain times");
    desk.until("meaning", |desk| desk.reads("on a network that is not metered, from 22:00 to 06:00"));
    desk.click("Add");
    let saved = |desk: &Desk| {
        let asked = desk.asked.lock().unwrap();
        asked.iter().find_map(|question| match question {
            Question::SavePlan { plan, .. } => Some(plan.schedules.clone()),
            _ => None,
        })
    };
    desk.until("saved", |desk| saved(desk).is_some());
    let added = saved(&desk).unwrap().iter().last().unwrap().clone();
    assert_eq!(added.conditions, "unmetered,between:22:00-06:00".parse().unwrap());

    let mut overview = sample::overview();
    overview.plans[0].plan.schedules = Schedules::from(added.clone());
    overview.plans[0].pasts = Vec::new();
    let mut desk = self::desk(overview, [1100.0, 900.0]);
    desk.click("Schedules");
    desk.click(&format!("Change {} of Documents", human::capital(&added.in_words())));
    assert!(desk.reads("on a network that is not metered"));
}
