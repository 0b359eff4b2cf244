//! `strongroom diff`

use serde_json::{Value, json};

use super::engine_access::Session;
use super::exit::Exit;
use super::ls::when;
use super::output::Output;
use super::parse::original_path;
use super::path_history::words;
use super::{args, place};
use crate::model::catalog::RowKind;
use crate::model::compare::{Change, Difference, Moves, Side};
use crate::model::human;
use crate::model::names::shown;
use crate::model::problem::Problem;
use crate::model::restore::VersionChoice;

/// Differences asked for at a time.
const PAGE: usize = 5000;
/// Differences among which moves are found.
const HELD: usize = 40_000;

pub fn run(args: args::Diff, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    let place = place::read_unlocked(session.handle(), &args.from, &args.after)?;
    let (mut before, mut after, mut past) = (args.before, args.after, None);
    let mut moves = Moves::new(HELD);
    let mut told = Told { output, totals: Totals::default() };
    let mut heading = false;
    loop {
        let page = session.handle().differences(place.clone(), before, after, past, PAGE).wait()?;
        if !std::mem::replace(&mut heading, true) {
            output.line(format!("From {} to {}:", page.before, page.after));
        }
        // A newer version that appears meanwhile is none of this.
        (before, after) = (VersionChoice::Id(page.before.clone()), VersionChoice::Id(page.after.clone()));
        for difference in page.list {
            if let Some(difference) = moves.push(difference) {
                told.tell(&difference);
            }
        }
        past = page.next;
        if past.is_none() {
            moves.finish().for_each(|difference| told.tell(&difference));
            told.end(&before, &after);
            return Ok(Exit::Done);
        }
    }
}

/// Paths, and bytes of files among them, of each kind of difference.
#[derive(Default)]
struct Totals {
    added: (u64, u64),
    removed: (u64, u64),
    changed: (u64, u64, u64),
    moved: (u64, u64),
}

struct Told {
    output: Output,
    totals: Totals,
}

impl Told {
    fn tell(&mut self, difference: &Difference) {
        let bytes = |side: &Option<Side>| side.as_ref().and_then(|side| side.size).unwrap_or(0);
        let (before, after) = (bytes(&difference.before), bytes(&difference.after));
        let Totals { added, removed, changed, moved } = &mut self.totals;
        match difference.change {
            Change::Added => *added = (added.0 + 1, added.1.saturating_add(after)),
            Change::Removed => *removed = (removed.0 + 1, removed.1.saturating_add(before)),
            Change::Changed => {
                *changed = (changed.0 + 1, changed.1.saturating_add(before), changed.2.saturating_add(after));
            }
            Change::Moved => *moved = (moved.0 + 1, moved.1.saturating_add(after)),
        }
        if self.output.json {
            self.output.object(&object(difference));
        } else {
            self.output.line(line(difference));
        }
    }

    fn end(&self, before: &VersionChoice, after: &VersionChoice) {
        let Totals { added, removed, changed, moved } = &self.totals;
        let size = |bytes: u64| human::bytes(bytes);
        let mut parts = Vec::new();
        for (count, text) in [
            (added.0, format!("added ({})", size(added.1))),
            (removed.0, format!("removed ({})", size(removed.1))),
            (changed.0, format!("changed ({} to {})", size(changed.1), size(changed.2))),
            (moved.0, format!("moved ({})", size(moved.1))),
        ] {
            if count > 0 {
                parts.push(format!("{} {text}", human::count(count)));
            }
        }
        self.output.line(if parts.is_empty() { "Nothing differs.".into() } else { parts.join(", ") });
        let id = |choice: &VersionChoice| match choice {
            VersionChoice::Id(id) => json!(id),
            VersionChoice::Latest | VersionChoice::At(_) => Value::Null,
        };
        self.output.result(
            "completed",
            json!({
                "before": id(before),
                "after": id(after),
                "added": { "count": added.0, "bytes": added.1 },
                "removed": { "count": removed.0, "bytes": removed.1 },
                "changed": { "count": changed.0, "bytes_before": changed.1, "bytes": changed.2 },
                "moved": { "count": moved.0, "bytes": moved.1 },
            }),
        );
    }
}

fn object(difference: &Difference) -> Value {
    json!({
        "change": difference.change,
        "path": original_path(&difference.path),
        "from": difference.from.as_ref().map(original_path),
        "what": difference.what,
        "before": difference.before.as_ref().map(side),
        "after": difference.after.as_ref().map(side),
    })
}

fn line(difference: &Difference) -> String {
    let sign = match difference.change {
        Change::Added => '+',
        Change::Removed => '-',
        Change::Changed => '*',
        Change::Moved => '>',
    };
    let folder = |side: &Option<Side>| side.as_ref().is_some_and(|side| side.kind == RowKind::Folder);
    let slash = if folder(&difference.after) || folder(&difference.before) { "/" } else { "" };
    let size = |side: &Option<Side>| side.as_ref().and_then(|side| side.size).map(human::bytes);
    let sizes = match (size(&difference.before), size(&difference.after)) {
        (Some(a), Some(b)) if a != b => format!("  {a} to {b}"),
        (_, Some(size)) | (Some(size), None) => format!("  {size}"),
        (None, None) => String::new(),
    };
    let mut text = format!("{sign} {}{slash}{sizes}", shown(&difference.path));
    if let Some(from) = &difference.from {
        text.push_str(&format!("  from {}", shown(from)));
    }
    if !difference.what.is_empty() {
        text.push_str(&format!("  ({})", words(&difference.what)));
    }
    text
}

/// What both `diff` and `versions --of` say of a path in a version.
pub(super) fn side(side: &Side) -> Value {
    json!({
        "kind": side.kind,
        "size": side.size,
        "mtime": when(side.mtime),
        "mtime_nanos": side.mtime,
        "mode": format!("{:04o}", side.mode),
        "uid": side.uid,
        "gid": side.gid,
        "target": side.target,
        "content": side.content,
    })
}
