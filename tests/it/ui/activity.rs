//! Activity: filters, pages, export, what can be done about warnings, and a backup that is held.

use egui_kittest::kittest::Queryable;
use strongroom::engine::message::{Command, Overview, Question};
use strongroom::model::history::export::ExportFormat;
use strongroom::model::history::{Ending, HistoryFilter};
use strongroom::model::problem::{Code, Problem};
use strongroom::model::run::{Outcome, RunKind};
use strongroom::model::snapshot::WantedType;
use strongroom::model::status::Why;

use super::desk::{Desk, desk};
use super::sample;

/// The filter that the engine was asked by last.
fn asked(desk: &Desk) -> HistoryFilter {
    let asked = desk.asked.lock().unwrap();
    let newest = asked.iter().rev().find_map(|question| match question {
        Question::History { filter } => Some(filter.clone()),
        _ => None,
    });
    newest.unwrap_or_default()
}

fn saved(desk: &Desk) -> Vec<Vec<String>> {
    let asked = desk.asked.lock().unwrap();
    let plans = asked.iter().filter_map(|question| match question {
        Question::SavePlan { plan, .. } => Some(plan.sources.excludes.clone()),
        _ => None,
    });
    plans.collect()
}

/// The second is held: a source of its is empty.
fn held() -> Overview {
    let mut overview = sample::overview();
    let what = "No version was made: /home/ada/Pictures is empty, and the newest version has 61,220 files, 12.4 GB of it.";
    let fix = "If a drive or share is not mounted, mount it and look again. If it is as it should be, back up anyway.";
    let problem = Problem::new(Code::SourceShrank, what, fix);
    let plan = &mut overview.plans[1];
    plan.why = Why::Failed(problem.clone());
    if let Some(run) = &mut plan.last_run {
        run.outcome = Outcome::Failed(problem);
    }
    overview
}

#[test]
fn filters_are_asked_of_the_engine_and_can_be_cleared() {
    let mut desk = desk(sample::overview(), [900.0, 700.0]);
    desk.click("Activity, 2 unread");
    desk.click("Result");
    desk.click("Failed");
    desk.until("asked", |desk| asked(desk).ending == Some(Ending::Failed));
    desk.click("Time");
    desk.click("Today only");
    desk.until("asked", |desk| asked(desk).since == Some(sample::at("2026-11-21T00:00:00Z")));
    desk.type_into("Find by name, problem or file", "zebra");
    desk.until("asked", |desk| asked(desk).text == "zebra");
    desk.wait_for("Nothing matches");
    desk.click("Clear filters");
    desk.until("all", |desk| !asked(desk).is_set());
    desk.until("runs", |desk| desk.names().iter().any(|name| name.starts_with("Backup of Documents, today")));
}

#[test]
fn what_is_filtered_is_exported() {
    let mut desk = desk(sample::overview(), [900.0, 700.0]);
    desk.click("Activity, 2 unread");
    desk.click("Result");
    desk.click("Failed");
    desk.until("two", |desk| desk.names().iter().filter(|name| name.starts_with("Backup of ")).count() == 2);
    desk.click("Export…");
    desk.wait_for("Export 2 entries");
    desk.click("Format: JSON");
    desk.until("name", |desk| desk.reads("/home/ada/strongroom-history-2026-11-21.json"));
    desk.click("Export");
    desk.until("done", |desk| desk.reads("40 entries written to /home/ada/strongroom-history-2026-11-21.json"));
    let asked = desk.asked.lock().unwrap();
    let Some(Question::ExportHistory { filter, format, to, overwrite }) =
        asked.iter().find(|question| matches!(question, Question::ExportHistory { .. }))
    else {
        panic!("{asked:?}")
    };
    assert_eq!((filter.ending, *format, *overwrite), (Some(Ending::Failed), ExportFormat::Json, false));
    assert_eq!(to.display(), "/home/ada/strongroom-history-2026-11-21.json");
}

#[test]
fn paths_that_warn_are_left_out_after_a_question_and_taken_back() {
    let mut desk = desk(sample::overview(), [900.0, 1400.0]);
    desk.click("Activity, 2 unread");
    desk.click("With problems only");
    desk.click("Backup of Documents, Wed 18 Nov 18:02, 214 new or changed files, 620 MB stored, with 12 warnings");
    desk.until("groups", |desk| desk.reads("Could not be read (11)"));
    let buttons = desk.names().iter().filter(|name| *name == "Leave them out…").count();
    assert_eq!(buttons, 2, "unreadable ones, and those that are gone");
    desk.harness.get_all_by_label("Leave them out…").next().unwrap().click();
    desk.harness.run_steps(3);
    desk.until("question", |desk| desk.reads("and 6 more"));
    assert!(saved(&desk).is_empty());
    desk.click("Leave out 11 paths");
    desk.until("saved", |desk| saved(desk).len() == 1);
    let excludes = saved(&desk).remove(0);
    assert_eq!((excludes.len(), excludes[0].as_str()), (11, "/Letters/to Grandmother Wilhelmina/draft 1.odt"));
    desk.until("said", |desk| desk.reads("11 paths are left out from the next version on."));
    desk.click("Undo");
    desk.until("taken back", |desk| saved(desk).len() == 2);
    assert!(saved(&desk)[1].is_empty());
    desk.harness.get_all_by_label("Back up again").next().unwrap().click();
    desk.until("again", |desk| desk.told().iter().any(|command| matches!(command, Command::BackUp { accept_shrunk: false, .. })));
}

#[test]
fn a_held_backup_asks_right_on_its_card() {
    let mut desk = desk(held(), [900.0, 700.0]);
    desk.until("card", |desk| desk.reads("/home/ada/Pictures is empty"));
    assert!(desk.reads(" · held"), "{:?}", desk.names());
    desk.click("Look again: Pictures");
    desk.click("Back up Pictures anyway");
    desk.until("told", |desk| desk.told().len() == 2);
    let accepts: Vec<(WantedType, bool)> = desk
        .told()
        .iter()
        .filter_map(|command| match command {
            Command::BackUp { kind, accept_shrunk, .. } => Some((*kind, *accept_shrunk)),
            _ => None,
        })
        .collect();
    assert_eq!(accepts, [(WantedType::Auto, false), (WantedType::Auto, true)]);
}

#[test]
fn what_was_changed_stands_among_the_runs_and_opens_to_its_lines() {
    let mut desk = desk(sample::overview(), [900.0, 700.0]);
    desk.click("Activity, 2 unread");
    desk.until("a run", |desk| desk.names().iter().any(|name| name.starts_with("Backup of Documents, today")));
    desk.click("Kind");
    desk.click("Changes");
    desk.until("asked", |desk| asked(desk).kind == Some(RunKind::Event));
    desk.until("no run", |desk| !desk.names().iter().any(|name| name.starts_with("Backup of")));
    assert!(desk.names().iter().any(|name| name.starts_with("Everything was paused, yesterday 09:30")), "{:?}", desk.names());
    desk.click(
        "Documents was changed, Thu 19 Nov 20:11, Source added: /home/ada/Music; Schedule switched off: every day at 18:00; \
         Versions are kept all of a year (it was for ever); and 1 more",
    );
    desk.until("all of it", |desk| desk.reads("Left out: *.iso"));
    assert!(!desk.reads("Completed"), "it is no run: {:?}", desk.names());
    desk.click("Copy as text");
    desk.click("All activity");
    desk.until("the list", |desk| desk.names().iter().any(|name| name.starts_with("The keys of Documents were changed")));
}
