use jiff::SignedDuration;

use super::*;
use crate::engine::message::{PlanOverview, Turn};
use crate::model::pause::{PauseFor, Paused};
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Code, Problem};
use crate::model::run::Trigger;
use crate::model::schedule::{self, Due, DueBecause, Schedule, ScheduleId};
use crate::model::status::Why;

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn plan(n: u8, name: &str) -> PlanOverview {
    let when = schedule::parse("daily", None, None, jiff::civil::date(2026, 11, 21)).unwrap();
    let plan = Plan {
        schedules: Schedule::new(ScheduleId::first(), when, now()).into(),
        ..Plan::new(PlanId::from_random([n; 16]), name, now())
    };
    PlanOverview {
        plan,
        status: Status::Protected,
        why: Why::Nothing,
        last_success: Some(now()),
        last_run: None,
        next: Some(Due { at: now() + SignedDuration::from_hours(8), because: DueBecause::Time }),
        pasts: vec![],
        waits: vec![],
        strip: vec![],
        versions: None,
        stored_bytes: None,
        behind: Vec::new(),
        append_only: Vec::new(),
        source_bytes: None,
        at_risk: None,
    }
}

fn overview(plans: Vec<PlanOverview>) -> Overview {
    Overview {
        keeps_schedules: true,
        plans,
        zone: "UTC".into(),
        knows_machine: true,
        home_folder: "/home/u".into(),
        machine: "m".into(),
        ..Overview::default()
    }
}

fn run(of: &PlanOverview, kind: RunKind, paused: bool) -> RunOverview {
    RunOverview {
        run: RunId(u64::from(paused) + 1),
        kind,
        trigger: Trigger::ByHand,
        plan: Some(of.plan.id.clone()),
        name: of.plan.name.clone(),
        started: now(),
        cancelling: false,
        paused,
        turn: None,
    }
}

fn half(_: RunId) -> Option<ProgressView> {
    Some(ProgressView { bytes_done: 437, bytes_total: 1000, totals_known: true, ..ProgressView::default() })
}

fn view(overview: &Overview) -> TrayView {
    TrayView::of(overview, half, true, now(), &TimeZone::UTC)
}

/// Labels from the top, those of inner menus behind their own: what cannot be chosen in brackets.
fn labels(entries: &[Entry]) -> Vec<String> {
    let mut all = Vec::new();
    for entry in entries {
        match entry {
            Entry::Text(text) => all.push(format!("({text})")),
            Entry::Item { label, enabled: true, .. } => all.push(label.clone()),
            Entry::Item { label, .. } => all.push(format!("({label})")),
            Entry::Menu { label, entries } => all.extend(labels(entries).into_iter().map(|inner| format!("{label} > {inner}"))),
            Entry::Line => {}
        }
    }
    all
}

#[test]
fn the_line_says_how_things_stand() {
    assert_eq!(view(&overview(vec![])).line, "No backup is set up yet");
    let mut two = overview(vec![plan(1, "Documents"), plan(2, "Pictures")]);
    let idle = view(&two);
    assert_eq!((idle.line.as_str(), idle.more.as_str()), ("Protected · 2 of 2", "Next: Documents, today 20:00"));
    assert_eq!(idle.face, Face { shape: Shape::Idle, attention: false });

    two.plans[1].status = Status::NeedsAttention;
    two.plans[1].why = Why::Failed(Problem::new(Code::NoRoom, "Blue disk is full.", "Free some."));
    let bad = view(&two);
    assert_eq!(bad.line, "Needs attention · 1 of 2");
    assert!(bad.more.starts_with("Pictures: Blue disk is full.\n"), "{}", bad.more);
    assert!(bad.face.attention);

    two.runs = vec![run(&two.plans[0], RunKind::Backup, false)];
    let running = view(&two);
    assert_eq!(running.line, "Backing up Documents, 43 %");
    assert!(running.more.starts_with("Needs attention · 1 of 2\n"), "{}", running.more);
    assert_eq!(running.face, Face { shape: Shape::Running(Some(43)), attention: true }, "one beside the other");
    let unknown = TrayView::of(&two, |_| None, true, now(), &TimeZone::UTC);
    assert_eq!((unknown.line.as_str(), unknown.face.shape), ("Backing up Documents", Shape::Running(None)));

    two.runs[0].paused = true;
    assert_eq!(view(&two).line, "Backing up Documents, paused at 43 %");
    assert_eq!(view(&two).face.shape, Shape::Paused);
    two.runs.push(run(&two.plans[1], RunKind::Verify, false));
    assert_eq!(view(&two).line, "Verifying Pictures, 43 %, and 1 more", "what goes on comes first");
    two.runs.remove(0);
    two.runs[0].turn = Some(Turn::Others);
    let waiting = view(&two);
    assert_eq!((waiting.line.as_str(), waiting.face.shape), ("Verifying Pictures: waits for its turn", Shape::Idle));
}

#[test]
fn a_pause_is_told_unless_something_runs_all_the_same() {
    let mut one = overview(vec![plan(1, "Documents")]);
    one.paused = Some(Paused::new(PauseFor::Hour, now(), &TimeZone::UTC));
    one.runs = vec![run(&one.plans[0], RunKind::Backup, true)];
    let paused = view(&one);
    assert_eq!(paused.line, "Paused until today 13:00");
    assert_eq!(paused.face.shape, Shape::Paused);
    assert!(labels(&paused.menu).contains(&"Resume".to_owned()), "{:?}", paused.menu);
    assert!(!paused.more.contains("Next"), "nothing comes by itself");
    one.runs[0].paused = false;
    assert_eq!(view(&one).line, "Backing up Documents, 43 %");
    one.runs.clear();
    one.paused = Some(Paused { since: now(), until: None });
    assert_eq!(view(&one).line, "Paused until you resume");
}

#[test]
fn the_menu_offers_what_can_be_done() {
    let bare = ["(No backup is set up yet)", "Restore…", "Open Strongroom", "Quit"];
    assert_eq!(labels(&view(&overview(vec![])).menu), bare);
    let mut two = overview(vec![plan(1, "Documents"), plan(2, "Pictures")]);
    let all = [
        "(Protected · 2 of 2)",
        "Back up now > Everything",
        "Back up now > Documents",
        "Back up now > Pictures",
        "Pause > For an hour",
        "Pause > Until tomorrow",
        "Pause > Until I resume",
        "Restore > Documents…",
        "Restore > Pictures…",
        "Restore > Another backup or a file…",
        "Open Strongroom",
        "Quit: schedules stop",
    ];
    assert_eq!(labels(&view(&two).menu), all);
    two.runs = vec![run(&two.plans[0], RunKind::Backup, false)];
    let busy = labels(&view(&two).menu);
    assert!(busy.contains(&"Back up now > (Documents)".to_owned()) && busy.contains(&"Back up now > Everything".to_owned()));
    two.runs.push(run(&two.plans[1], RunKind::Backup, false));
    assert!(labels(&view(&two).menu).contains(&"Back up now > (Everything)".to_owned()));
    two.plans.truncate(1);
    let borrowed = TrayView::of(&two, half, false, now(), &TimeZone::UTC);
    let labels = labels(&borrowed.menu);
    assert!(labels.contains(&"Restore…".to_owned()), "{labels:?}");
    assert_eq!(labels.last().unwrap(), "Quit", "the engine is another process's: nothing stops");
}

#[test]
fn names_are_one_short_line() {
    let long = "Fotos\nund ".to_owned() + &"x".repeat(200);
    let shown = words::name(&long);
    assert_eq!(shown.chars().count(), 48);
    assert!(shown.starts_with("Fotos und x") && shown.ends_with("x…"), "{shown}");
    assert_eq!(words::name("Documents"), "Documents");
}

/// Whether a pixel is lighter than the safe: part of what is drawn on its door.
fn is_light(pixel: &[u8]) -> bool {
    pixel[0] == 255 && pixel[1] > 200 && pixel[2] > 200
}

#[test]
fn faces_differ_in_shape_and_percent_fill_the_ring() {
    let shapes = [Shape::Idle, Shape::Running(None), Shape::Running(Some(0)), Shape::Running(Some(60)), Shape::Paused];
    for size in [16, 22, 48] {
        let mut seen = Vec::new();
        for (shape, attention) in shapes.into_iter().flat_map(|shape| [(shape, false), (shape, true)]) {
            let pixels = Face { shape, attention }.argb(size);
            assert_eq!(pixels.len(), (size * size * 4) as usize);
            // Without any colour: what is drawn, and what of it is light.
            let outline: Vec<(bool, bool)> = pixels.chunks(4).map(|pixel| (pixel[0] > 127, is_light(pixel))).collect();
            assert!(!seen.contains(&outline), "{shape:?} {attention} at {size} looks like another");
            seen.push(outline);
        }
    }
    let light = |percent| {
        let pixels = Face { shape: Shape::Running(Some(percent)), attention: false }.argb(48);
        pixels.chunks(4).filter(|pixel| is_light(pixel)).count()
    };
    let fills: Vec<usize> = (0..=10).map(|tenth| light(tenth * 10)).collect();
    assert!(fills.windows(2).all(|pair| pair[0] < pair[1]), "{fills:?}");
    assert_eq!(percent(0.999), 99, "all is done only at the end");
    assert_eq!(percent(1.0), 100);
}
