//! The history on the command line: filters, pages, reports, exports.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::{Random, World};
use crate::tree;

/// A home with two backups, a restore and a backup that failed.
fn world() -> World {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(1));
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("backup Docs").ok();
    fs::write(world.source().join("new"), "x").unwrap();
    world.run("backup Docs").ok();
    world.run("restore --from @dest --to @out").ok();
    fs::rename(world.dest(), world.path("away")).unwrap();
    let failed = world.run("backup Docs");
    assert!(failed.code != Some(0), "{}", failed.out);
    fs::rename(world.path("away"), world.dest()).unwrap();
    world
}

fn listed(world: &World, options: &str) -> Vec<Value> {
    let mut lines = world.run(&format!("history --json {options}")).ok().lines();
    lines.pop();
    lines
}

#[test]
fn runs_are_filtered_and_paged() {
    let world = world();
    let kinds =
        |options: &str| listed(&world, options).iter().map(|run| run["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(kinds(""), ["backup", "restore", "backup", "backup"]);
    assert_eq!(kinds("--kind restore"), ["restore"]);
    assert_eq!(kinds("--outcome failed --plan Docs"), ["backup"]);
    assert_eq!(kinds("--outcome success").len(), 3);
    assert_eq!(kinds("--outcome interrupted").len(), 0);
    assert_eq!(kinds("--since 2026-01-01").len(), 4);
    assert_eq!(kinds("--since 2999-01-01").len(), 0);
    assert_eq!(kinds("--until 2020-01-01").len(), 0);
    assert_eq!(kinds("--until 2999-01-01 --troubled").len(), 1);
    world.run("history --since yesterday").code(2);
    world.run("history --outcome held").code(2);
    assert!(world.run("history --search nothing-of-that-name").ok().out.contains("No run fits this."));

    // A page at a time: each goes on where the one before ended, whatever ran meanwhile.
    let mut seen: Vec<Value> = Vec::new();
    let mut next = String::new();
    loop {
        let page = world.run(&format!("history --json --limit 2{next}")).ok();
        let end = page.last();
        seen.extend(page.lines().into_iter().filter(|line| line.get("count").is_none()).map(|line| line["run"].clone()));
        if seen.len() == 2 {
            world.run("backup Docs").ok();
        }
        let Some(before) = end["before"].as_u64() else { break };
        next = format!(" --before {before}");
    }
    let all: Vec<Value> = listed(&world, "").iter().map(|run| run["run"].clone()).collect();
    assert_eq!(seen, all[1..], "the newest came meanwhile");
    world.run("history --before 12345").code(10);
    assert!(world.run("history --limit 1").ok().err.contains("4 are older: --before "));
}

#[test]
fn a_report_is_shown_with_what_to_do() {
    let world = world();
    let failed = listed(&world, "--outcome failed")[0].clone();
    let shown = world.run(&format!("history show {}", failed["run"])).ok();
    let what = failed["error"]["what"].as_str().unwrap();
    assert!(shown.out.contains(what) && shown.out.contains("Started by: you"), "{}", shown.out);
    let object = &world.run(&format!("history show {} --json", failed["run"])).ok().lines()[0];
    assert_eq!((&object["outcome"], &object["error"]["what"]), (&"failed".into(), &failed["error"]["what"]));
    let good = listed(&world, "--kind backup --outcome success")[0].clone();
    let shown = world.run(&format!("history show {}", good["run"])).ok().out;
    for fact in ["Holds: ", "New or changed: ", "Stored: ", "Read back: ", "Saved: "] {
        assert!(shown.contains(fact), "no {fact} in {shown}");
    }
    world.run("history show 12345").code(10);
    world.run("history show latest").code(2);
}

#[test]
fn runs_are_exported_whole_and_nothing_is_replaced_unasked() {
    let world = world();
    let printed: Vec<Value> = serde_json::from_str(&world.run("history export").ok().out).unwrap();
    assert_eq!(printed.len(), 4);
    assert_eq!(printed, listed(&world, ""));
    let to_file = world.run("history export --format csv --kind backup --to @runs.csv --json").ok().last();
    assert_eq!(to_file["runs"], 3);
    let table = fs::read_to_string(world.path("runs.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let head = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    let cell = |row: usize, column: &str| &rows[row][head.iter().position(|name| name == column).unwrap()];
    assert_eq!((rows.len(), cell(0, "outcome"), cell(1, "outcome"), cell(0, "backup")), (3, "failed", "success", "Docs"));
    assert_eq!(fs::metadata(world.path("runs.csv")).unwrap().permissions().mode() & 0o777, 0o600);

    fs::write(world.path("mine"), "mine").unwrap();
    assert_eq!(world.run("history export --to @mine --json").code(2).problem(), "usage");
    assert_eq!(fs::read_to_string(world.path("mine")).unwrap(), "mine");
    world.run("history export --format text --to @mine --overwrite").ok();
    let text = fs::read_to_string(world.path("mine")).unwrap();
    assert_eq!(text.matches("Started by: you").count(), 4, "{text}");
    world.run("history export --to @none/x").code(2);
    world.run("history export --overwrite").code(2);
    let empty: Vec<Value> = serde_json::from_str(&world.run("history export --kind verify").ok().out).unwrap();
    assert!(empty.is_empty());
}
