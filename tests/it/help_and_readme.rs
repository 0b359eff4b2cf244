//! What is promised to people who have just come: the README's two commands and the help texts.

use std::fs;
use std::path::Path;

use crate::support::World;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn the_readme_names_the_two_commands_and_the_checks_run_them() {
    let readme = read("README.md");
    for command in ["cargo run --release", "bash tests/run"] {
        assert!(readme.contains(command), "README.md does not name `{command}`");
    }
    let ci = read(".ci/run");
    for command in ["bash tests/run", "cargo fmt", "cargo clippy"] {
        assert!(ci.contains(command), ".ci/run does not call `{command}`");
    }
}

#[test]
fn the_readme_lists_every_exit_code_of_the_help() {
    let help = World::new().run("--help").ok().out;
    let readme = read("README.md");
    let codes = help.split("Exit codes:").nth(1).unwrap();
    let codes: Vec<&str> =
        codes.lines().filter_map(|l| l.split_whitespace().next()).filter(|w| w.parse::<u8>().is_ok()).collect();
    assert_eq!(codes, ["0", "1", "2", "3", "10", "12", "130"]);
    for code in codes {
        assert!(readme.contains(&format!("| {code} |")), "README.md does not list exit code {code}");
    }
}

#[test]
fn every_command_explains_itself() {
    let world = World::new();
    for line in [
        "",
        "backup",
        "versions",
        "ls",
        "find",
        "diff",
        "restore",
        "verify",
        "delete",
        "plan",
        "plan list",
        "plan show",
        "plan add",
        "plan edit",
        "plan remove",
        "key",
        "key list",
        "key add",
        "key remove",
        "key recovery",
        "key change",
        "key rotate",
        "key new",
        "storage list",
        "storage add",
        "storage edit",
        "storage move",
        "storage remove",
        "storage test",
        "storage health",
        "notify list",
        "notify add desktop",
        "notify add email",
        "notify add webhook",
        "notify test",
        "notify remove",
        "notify quiet",
        "notify away",
        "schedule",
        "schedule list",
        "schedule add",
        "schedule edit",
        "schedule remove",
        "schedule enable",
        "schedule disable",
        "schedule next",
        "retention show",
        "retention set",
        "retention preview",
        "cleanup",
        "pin",
        "unpin",
        "status",
        "daemon",
        "replicate",
        "adopt",
        "pause",
        "resume",
        "history",
        "history show",
        "history export",
        "inspect",
        "encrypt",
        "decrypt",
        "compress",
        "decompress",
        "tour",
    ] {
        let ran = world.run(&format!("{line} --help")).ok();
        assert!(ran.out.contains("Usage: strongroom") && ran.err.is_empty(), "{line}: {}", ran.out);
    }
    let help = world.run("--help").ok().out;
    for word in ["STRONGROOM_HOME", "STRONGROOM_PASSWORD_COMMAND", "backup", "restore", "Examples"] {
        assert!(help.contains(word), "{word}");
    }
    assert!(world.run("--version").ok().out.starts_with("strongroom "));
    // Reading help makes no files.
    assert!(!world.home().exists());
}

#[test]
fn options_in_the_readme_exist() {
    let world = World::new();
    let readme = read("README.md");
    for line in readme.lines().map(str::trim).filter(|l| l.starts_with("strongroom ")) {
        let words: Vec<&str> = line.split_whitespace().skip(1).take_while(|w| !w.starts_with('#')).collect();
        let command = words.first().filter(|w| !w.starts_with('-')).copied().unwrap_or_default();
        let command = match command {
            "history" if words.get(1).is_some_and(|word| !word.starts_with('-')) => format!("history {}", words[1]),
            "notify" if words[1] == "add" => format!("notify add {}", words[2]),
            "plan" | "key" | "storage" | "notify" | "schedule" | "retention" => format!("{command} {}", words[1]),
            command => command.to_string(),
        };
        let help = world.run(&format!("{command} --help")).ok().out;
        for option in words.iter().filter(|w| w.starts_with("--")) {
            let option = option.split('=').next().unwrap();
            assert!(help.contains(option), "`{line}`: {command} has no {option}");
        }
    }
}
