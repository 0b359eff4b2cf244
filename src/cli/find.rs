//! `strongroom find`

use jiff::tz::TimeZone;
use serde_json::json;

use super::engine_access::Session;
use super::exit::Exit;
use super::ls::{time_text, when};
use super::output::Output;
use super::parse::original_path;
use super::{args, place};
use crate::model::catalog::{FileState, FoundFile};
use crate::model::human;
use crate::model::names::shown;
use crate::model::problem::{Code, Problem};
use crate::model::restore::VersionChoice;

pub fn run(args: &args::Find, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    let place = place::read_unlocked(session.handle(), &args.from, &VersionChoice::Latest)?;
    let found = session.handle().find_everywhere(place, args.pattern.clone(), args.limit as usize).wait()?;
    let unreadable = found.unreadable as u64;
    if unreadable > 0 {
        let versions = human::counted(unreadable, "version", "versions");
        output.note(format!("{versions} could not be looked through. `strongroom verify` says why."));
    }
    if found.files.is_empty() {
        let versions = human::counted(found.versions as u64, "version", "versions");
        let what = format!("No file or folder of that name is in the {versions} that could be looked through.");
        return Err(Problem::new(Code::NothingThere, what, "A part of the name is enough; * and ? stand for what is not known."));
    }
    let zone = TimeZone::system();
    for file in &found.files {
        output.object(&object(file));
        output.line(shown(&file.path));
        for state in &file.states {
            output.line(line(state, &zone));
        }
    }
    if found.more {
        output.note(format!("There are more: these are the first {}. A longer name or --limit helps.", human::count(args.limit)));
    }
    let count = found.files.len();
    output.result(
        "completed",
        json!({ "count": count, "more": found.more, "versions": found.versions, "unreadable": found.unreadable }),
    );
    Ok(if unreadable == 0 { Exit::Done } else { Exit::Warnings })
}

fn object(file: &FoundFile) -> serde_json::Value {
    let states = file.states.iter().map(|state| {
        json!({
            "version": state.version,
            "versions": state.versions,
            "kind": state.kind,
            "size": state.size,
            "mtime": when(state.mtime),
            "mtime_nanos": state.mtime,
            "kept": state.kept,
            "torn": state.torn,
        })
    });
    json!({ "path": original_path(&file.path), "states": states.collect::<Vec<_>>() })
}

/// "  2026-11-21 18:02:00    31.7 MB  20261121T200000Z-incr-5f3a9c2e and 3 older".
fn line(state: &FileState, zone: &TimeZone) -> String {
    let time = time_text(state.mtime, zone);
    let size = state.size.map(human::bytes).unwrap_or_default();
    let mut text = format!("  {time:<19} {size:>10}  {}", state.version);
    if state.versions > 1 {
        text.push_str(&format!(" and {} older", human::count(state.versions - 1)));
    }
    if state.kept {
        text.push_str("  (could not be read then: kept from an older version)");
    }
    if state.torn {
        text.push_str("  (changed while it was read)");
    }
    text
}
