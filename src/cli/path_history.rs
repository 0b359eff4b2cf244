//! `strongroom versions --of`

use std::collections::HashSet;
use std::path::Path;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::diff::side;
use super::engine_access::Session;
use super::exit::Exit;
use super::ls::time_text;
use super::output::Output;
use super::parse::{absolute, catalog_path, original_path};
use super::{args, place};
use crate::model::catalog::RowKind;
use crate::model::compare::{Aspect, InVersion};
use crate::model::human;
use crate::model::names::shown;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::restore::VersionChoice;

pub fn run(session: &Session, from: &args::Reading, path: &Path, output: Output) -> Result<Exit, Problem> {
    let place = place::read_unlocked(session.handle(), from, &VersionChoice::Latest)?;
    let path = catalog_path(&absolute(path)?);
    let history = session.handle().path_history(place, path.clone()).wait()?;
    let all = history.versions;
    if history.unreadable > 0 {
        let versions = human::counted(history.unreadable, "version", "versions");
        output.note(format!("{versions} could not be looked into. `strongroom verify` says why."));
    }
    if history.states.is_empty() {
        let versions = human::counted(all, "version", "versions");
        let what = format!("{} is not in the {versions} that could be looked into.", shown(&path));
        return Err(Problem::new(Code::NothingThere, what, "`strongroom find` finds a file by a part of its name."));
    }
    let zone = TimeZone::system();
    output.line(shown(&path));
    for state in &history.states {
        output.object(&object(&path, state));
        output.line(line(state, &zone));
    }
    let contents: HashSet<_> = history.states.iter().filter_map(|state| state.side.content.as_deref()).collect();
    let count = history.states.len() as u64;
    let lacking = all.saturating_sub(count);
    let mut text = format!("In {}", human::counted(count, "version", "versions"));
    if lacking > 0 {
        text.push_str(&format!(", not in {}", human::count(lacking)));
    }
    if !contents.is_empty() {
        text.push_str(&format!("; {}", human::counted(contents.len() as u64, "content", "different contents")));
    }
    output.line(text);
    output.result(
        "completed",
        json!({ "count": count, "versions": all, "unreadable": history.unreadable, "contents": contents.len() }),
    );
    Ok(if history.unreadable == 0 { Exit::Done } else { Exit::Warnings })
}

fn object(path: &PathBytes, state: &InVersion) -> Value {
    let mut object = side(&state.side);
    object["version"] = json!(state.version);
    object["created"] = json!(state.started);
    object["path"] = json!(original_path(path));
    object["changed"] = json!(state.changed);
    object["kept"] = json!(state.side.kept);
    object["torn"] = json!(state.side.torn);
    object
}

/// "  20261121T200000Z-incr-5f3a9c2e  2026-11-21 18:02:00    31.7 MB  content, time".
fn line(state: &InVersion, zone: &TimeZone) -> String {
    let side = &state.side;
    let kind = match side.kind {
        RowKind::File => side.size.map(human::bytes).unwrap_or_default(),
        RowKind::Folder => "folder".into(),
        RowKind::Symlink => "link".into(),
        RowKind::Fifo => "pipe".into(),
        RowKind::CharDevice | RowKind::BlockDevice => "device".into(),
    };
    let changed = match &state.changed {
        None => "new".to_owned(),
        Some(what) if what.is_empty() => "=".to_owned(),
        Some(what) => words(what),
    };
    let mut text = format!("  {:<32}  {:<19} {kind:>10}  {changed}", state.version.as_str(), time_text(side.mtime, zone));
    if side.kept {
        text.push_str("  (could not be read then: kept from an older version)");
    }
    if side.torn {
        text.push_str("  (changed while it was read)");
    }
    text
}

/// "content, time".
pub(super) fn words(what: &[Aspect]) -> String {
    what.iter().map(|aspect| aspect.in_words()).collect::<Vec<_>>().join(", ")
}
