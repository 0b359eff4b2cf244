use super::*;
use crate::model::problem::{Cause, Code, Warning};
use crate::model::run::{RunId, RunKind, Trigger};

fn run(name: &str, outcome: Outcome) -> RunReport {
    RunReport {
        run: RunId(7),
        kind: RunKind::Backup,
        trigger: Trigger::ByHand,
        schedules: Vec::new(),
        utc_offset: None,
        plan: None,
        plan_name: name.into(),
        started: "2026-11-21T20:00:00Z".parse().unwrap(),
        finished: "2026-11-21T20:00:02.5Z".parse().unwrap(),
        paused_ms: 0,
        outcome,
        detail: RunDetail::None,
        warnings: vec![Warning { cause: Cause::Unreadable, path: "a/b".into(), detail: "why".into() }],
        warning_count: 1,
        stages: Vec::new(),
    }
}

fn exported(format: ExportFormat, runs: &[RunReport]) -> String {
    let mut export = Export::new(format, TimeZone::UTC, "2026-11-21T21:00:00Z".parse().unwrap());
    let mut out = export.begin();
    runs.iter().for_each(|run| out.push_str(&export.run(run)));
    assert_eq!(export.runs(), runs.len() as u64);
    out + export.end()
}

fn nasty() -> Vec<RunReport> {
    let problem = Problem::new(Code::NoRoom, "Full, \"they\" say.\nReally.", "Make room.");
    vec![run("=HYPERLINK(\"x\")", Outcome::Failed(problem)), run("Documents, 2026", Outcome::Completed)]
}

#[test]
fn a_table_comes_back_cell_for_cell_and_holds_no_formula() {
    let text = exported(ExportFormat::Csv, &nasty());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
    let rows: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let cell = |row: usize, column: &str| rows[row][COLUMNS.iter().position(|name| *name == column).unwrap()].as_str();
    assert_eq!(rows.len(), 2);
    assert_eq!(cell(0, "backup"), "'=HYPERLINK(\"x\")");
    assert_eq!((cell(0, "error_code"), cell(0, "error")), ("no-room", "Full, \"they\" say.\nReally."));
    assert_eq!((cell(1, "backup"), cell(1, "outcome"), cell(1, "trigger")), ("Documents, 2026", "success", "by-hand"));
    assert_eq!((cell(1, "started"), cell(1, "seconds"), cell(1, "warnings")), ("2026-11-21T20:00:00Z", "2.500", "1"));
    assert!(text.ends_with("\r\n"));
    for begins in ["=1", "+1", "-1", "@x", "\tx", "\rx"] {
        assert!(super::text(begins).starts_with('\''), "{begins:?}");
    }
    assert_eq!(super::text("a=1"), "a=1");
}

#[test]
fn json_is_one_array_also_of_nothing() {
    let all =
        |runs: &[RunReport]| -> Vec<serde_json::Value> { serde_json::from_str(&exported(ExportFormat::Json, runs)).unwrap() };
    assert!(all(&[]).is_empty());
    let runs = all(&nasty());
    assert_eq!(runs.len(), 2);
    assert_eq!(
        (&runs[0]["result"], &runs[0]["error"]["code"], &runs[1]["run"]),
        (&"failed".into(), &"no-room".into(), &7.into())
    );
    assert_eq!(runs[1]["warnings"][0]["path"], "a/b");
}

#[test]
fn text_is_what_the_window_copies() {
    let text = exported(ExportFormat::Text, &nasty());
    assert!(text.starts_with("Backup of =HYPERLINK(\"x\") failed. Full"), "{text}");
    assert!(text.contains("\n\n\nBackup of Documents, 2026: done.\n"), "{text}");
}
