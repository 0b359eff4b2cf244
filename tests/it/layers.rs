//! Imports point only to the right: `main → { ui, cli } → ipc → engine → { archive, storage, notify, state } → os → model`.
//! Neighbours in braces do not see each other; the window asks nothing of the system, so `ui` does without `os`.

use std::fs;
use std::path::Path;

use crate::support::walk;

const LAYERS: [&str; 10] = ["ui", "cli", "ipc", "engine", "archive", "storage", "notify", "state", "os", "model"];

/// What a layer may import of ours.
fn allowed(layer: &str) -> &'static [&'static str] {
    match layer {
        "ui" => &["ipc", "engine", "archive", "storage", "state", "model"],
        "cli" => &["ipc", "engine", "archive", "storage", "state", "os", "model"],
        "ipc" => &["engine", "archive", "storage", "state", "os", "model"],
        "engine" => &["archive", "storage", "notify", "state", "os", "model"],
        "archive" | "storage" | "notify" | "state" => &["os", "model"],
        "os" => &["model"],
        _ => &[],
    }
}

/// Crates and modules that a layer must do without: (layer, path, what for).
const WITHOUT: [(&str, &str, &str); 17] = [
    ("model", "std::fs", "pure"),
    ("model", "std::net", "pure"),
    ("model", "std::time::SystemTime", "no clock"),
    ("model", "Timestamp::now", "no clock"),
    ("model", "tokio", "not async"),
    ("model", "eframe", "knows no screen"),
    ("os", "eframe", "knows no screen"),
    ("archive", "tokio", "synchronous"),
    ("archive", "eframe", "knows no screen"),
    ("engine", "eframe", "knows no screen"),
    ("engine", "egui", "knows no screen"),
    ("cli", "eframe", "knows no screen"),
    ("ui", "std::fs", "no IO"),
    ("ui", "std::net", "no IO"),
    ("ui", "std::process::Command", "no IO"),
    ("ui", "tokio::runtime", "the window's thread never blocks"),
    ("ui", "thread::sleep", "the window's thread never blocks"),
];

/// The file's code without comments, and without its tests: these may use what they like.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The layers of ours that code names: `crate::x` anywhere, and `use crate::{x, y::z}`.
fn named(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for path in ["crate::", "strongroom::"] {
        for (at, _) in code.match_indices(path) {
            let rest = &code[at + path.len()..];
            let list = match rest.strip_prefix('{') {
                Some(inner) => top_level(inner),
                None => vec![rest.to_string()],
            };
            for item in list {
                let name: String = item.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if LAYERS.contains(&name.as_str()) {
                    found.push(name);
                }
            }
        }
    }
    found
}

/// Items of a `{…}` list up to its closing brace, those in inner braces left out.
fn top_level(inner: &str) -> Vec<String> {
    let (mut depth, mut items) = (0, vec![String::new()]);
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            c if depth == 0 => items.last_mut().unwrap().push(c),
            _ => {}
        }
    }
    items
}

fn wrong(layer: &str, code: &str) -> Vec<String> {
    let mut wrong: Vec<String> = named(code)
        .into_iter()
        .filter(|n| n != layer && !allowed(layer).contains(&n.as_str()))
        .map(|n| format!("imports {n}"))
        .collect();
    for (of, path, why) in WITHOUT {
        if of == layer && code.contains(path) {
            wrong.push(format!("uses {path}: {of} is to be {why}"));
        }
    }
    wrong
}

#[test]
fn imports_point_only_downwards() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut complaints = Vec::new();
    let mut seen = 0;
    for path in walk(&src).into_iter().filter(|p| p.extension().is_some_and(|e| e == "rs")) {
        let layer = path.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_string();
        if !LAYERS.contains(&layer.as_str()) {
            // main.rs and what belongs to it, lib.rs: see everything.
            continue;
        }
        seen += 1;
        let text = fs::read_to_string(src.join(&path)).unwrap();
        complaints.extend(wrong(&layer, &code(&text)).into_iter().map(|w| format!("src/{}: {w}", path.display())));
    }
    assert!(seen > 50, "only {seen} files were looked at");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_test_itself_sees_wrong_imports() {
    assert_eq!(wrong("archive", "use crate::engine::Handle;"), ["imports engine"]);
    assert_eq!(wrong("storage", "use crate::{model::path, state};").len(), 1);
    assert_eq!(wrong("ui", "fn f() { std::fs::read(crate::cli::x()); }").len(), 2);
    assert!(wrong("engine", "use crate::{archive::{self, key}, model::engine};").is_empty());
    assert_eq!(code("use a; // crate::ui\n#[cfg(test)]\nmod tests { crate::ui }").trim(), "use a;");
}
