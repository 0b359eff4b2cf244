//! The history on the command line: filters, pages, reports, exports.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{PASSWORD, Random, World, until};
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
    assert_eq!(kinds(""), ["backup", "restore", "backup", "backup", "event"]);
    assert_eq!(kinds("--kind restore"), ["restore"]);
    assert_eq!(kinds("--outcome failed --plan Docs"), ["backup"]);
    assert_eq!(kinds("--outcome success").len(), 3);
    assert_eq!(kinds("--outcome interrupted").len(), 0);
    assert_eq!(kinds("--since 2026-01-01").len(), 5);
    assert_eq!(kinds("--since 2999-01-01").len(), 0);
    assert_eq!(kinds("--until 2020-01-01").len(), 0);
    assert_eq!(kinds("--until 2999-01-01 --troubled").len(), 1);
    world.run("history --since yesterday").code(2);
    world.run("history --outcome held").code(2);
    assert!(world.run("history --search nothing-of-that-name").ok().out.contains("Nothing fits this."));

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
    assert!(world.run("history --limit 1").ok().err.contains("5 are older: --before "));
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
    assert_eq!(printed.len(), 5);
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

/// What is changed without an engine, and by the one that runs; in the history and in what is exported of it.
#[test]
fn what_is_changed_is_told_line_by_line() {
    let world = World::new();
    tree::plain(&world.source(), 3, &mut Random(1));
    let events = |options: &str| {
        let lines = listed(&world, &format!("--kind event {options}"));
        let told = |line: &Value| {
            let details = line["details"].as_array().unwrap().iter().map(|detail| detail.as_str().unwrap().to_owned());
            (line["event"].as_str().unwrap().to_owned(), details.collect::<Vec<_>>().join(" | "))
        };
        lines.iter().map(told).collect::<Vec<_>>()
    };
    let newest = || events("--limit 1").remove(0);
    world.run("plan add Docs --source @source --to @dest --schedule daily@20:00").ok();
    let (what, said) = newest();
    assert_eq!(what, "created");
    assert!(
        said.contains(&format!("Source added: {}", world.source().display())) && said.contains("every day at 20:00"),
        "{said}"
    );
    world.run("plan edit Docs --name Papers --exclude *.iso").ok();
    assert_eq!(newest(), ("changed".into(), "Name: Papers (it was Docs) | Left out: *.iso".into()));
    world.run("plan edit Papers --name Papers").ok();
    assert_eq!(events("").len(), 2, "nothing changed");
    world.run("retention set Papers --keep-last 3").ok();
    assert_eq!(newest().1, "Versions are kept the last 3 (it was for ever)");

    // The daemon's engine holds the home from here on.
    let mut daemon = world.words("daemon").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the engine", || world.home().join("run/engine.sock").exists());
    world.run("schedule add Papers --every weekly --on sun --at 03:00 --name Sundays").ok();
    assert!(newest().1.starts_with("Schedule added: Sundays, "), "{:?}", newest());
    world.run("schedule disable Papers Sundays").ok();
    assert!(newest().1.starts_with("Schedule switched off: Sundays, "), "{:?}", newest());
    world.run("schedule remove Papers Sundays").ok();
    assert!(newest().1.starts_with("Schedule removed: Sundays, "), "{:?}", newest());
    world.run("backup Papers").ok();
    let version = world.versions()[0]["id"].as_str().unwrap().to_owned();
    world.run(&format!("pin Papers {version}")).ok();
    assert_eq!(newest(), ("pinned".into(), version.clone()));
    world.run(&format!("unpin Papers {version}")).ok();
    assert_eq!(newest(), ("unpinned".into(), version));
    world.run("pause --for 1h").ok();
    let (what, said) = newest();
    assert!(what == "paused" && said.starts_with("Until ") && said.split(' ').count() == 6, "{what}: {said}");
    world.run("resume").ok();
    assert_eq!(newest().0, "resumed");
    world.run("key recovery @paper --from @dest").ok();
    assert_eq!(newest(), ("keys-changed".into(), "A recovery key was made".into()));
    kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());

    world.run("plan remove Papers --yes").ok();
    assert_eq!(newest(), ("removed".into(), "Its versions stay where they are".into()));
    world.run("adopt @dest").ok();
    assert_eq!(newest(), ("adopted".into(), format!("From {}", world.dest().display())));
    let all = events("");
    assert_eq!(all.len(), 13, "{all:?}");

    // By what they say, and by their plan's name as it was then.
    assert_eq!(events("--search *.iso").len(), 1);
    assert_eq!(listed(&world, "--outcome success --kind event").len(), 0, "what was no run ended in no way");
    let run = listed(&world, "--kind event --search *.iso")[0]["run"].clone();
    let shown = world.run(&format!("history show {run}")).ok().out;
    assert!(shown.starts_with("Papers was changed.\nName: Papers (it was Docs)\nLeft out: *.iso\nWhen: "), "{shown}");
    let text = world.run("history export --format text --kind event").ok().out;
    assert!(text.contains("Everything was paused.\nUntil ") && !text.contains("Started by"), "{text}");
    let table = world.run("history export --format csv --kind event").ok().out;
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let head = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    let cell = |row: usize, column: &str| &rows[row][head.iter().position(|name| name == column).unwrap()];
    assert_eq!((cell(0, "event"), cell(0, "outcome"), cell(0, "backup")), ("adopted", "", "Docs"));
    assert_eq!(cell(11, "event_details"), "Name: Papers (it was Docs); Left out: *.iso");
    world.run("limit --runs 3 --connections 8").ok();
    let said = "Backups that run at the same time: 3 (it was 2) | Connections to one server: 8 (it was 4)";
    assert_eq!(newest(), ("settings-changed".into(), said.into()));
    world.run("limit --runs 3").ok();
    assert_eq!(events("").len(), 14, "nothing was changed");
    let mut hook = world.words("notify add webhook --preset ntfy --url-from-env TOPIC");
    assert!(hook.env("TOPIC", "https://ntfy.example.org/hush").output().unwrap().status.success());
    let (_, said) = newest();
    assert!(said.starts_with("Messages added: ntfy at https://ntfy.example.org ("), "{said}");
    // No secret, however it was given.
    let everything = world.run("history export --format json").ok().out;
    assert!(!everything.contains(PASSWORD) && !everything.contains("hush"), "{everything}");
    let paper = fs::read_to_string(world.path("paper")).unwrap();
    let secrets: Vec<&str> = paper.split_whitespace().filter(|word| word.len() > 20).collect();
    assert!(!secrets.is_empty() && secrets.iter().all(|secret| !everything.contains(secret)));
}
