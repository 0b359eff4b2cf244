//! `strongroom ls` of one archive.

use std::collections::BTreeMap;
use std::io::Read;

use jiff::tz::TimeZone;
use serde_json::json;

use super::exit::Exit;
use super::local_file::cancel_on_interrupt;
use super::ls::{line, object};
use super::output::{Output, complain};
use super::{args, loose};
use crate::archive::browse::row;
use crate::archive::loose::member::{Damage, Harm, Packed, Visitor};
use crate::archive::loose::walk;
use crate::archive::{Error, Result as ArchiveResult};
use crate::engine::single::archive::CUT;
use crate::engine::single::explain;
use crate::model::catalog::{Entry, EntryKind, Row, RowKind};
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};

/// So many rows of one folder are sorted in memory.
const MOST: usize = 1_000_000;

/// `file`: the archive that is named.
pub fn run(args: &args::Ls, file: &str, output: Output) -> Result<Exit, Problem> {
    let opened = loose::open_archive(file, &args.from, &args.version, args.keys.as_deref())?;
    let folder = args.path.as_deref().map(loose::inner_path).unwrap_or_default();
    let cancel = cancel_on_interrupt()?;
    let mut lister = Lister { output, folder, recursive: args.recursive, rows: BTreeMap::new(), count: 0, damage: 0, met: false };
    if opened.is_cut {
        lister.damage(Damage::new(None, opened.bytes.length(), CUT));
    }
    walk(opened.bytes, opened.container, &mut lister, &cancel).map_err(|e| explain::about(e, &opened.path))?;
    lister.end(&opened.path)
}

struct Lister {
    output: Output,
    /// Below which is listed.
    folder: PathBytes,
    recursive: bool,
    /// Of the folder's children by name, with files and bytes below.
    rows: BTreeMap<Vec<u8>, Row>,
    count: u64,
    damage: u64,
    /// Something is at or below the folder.
    met: bool,
}

impl Lister {
    fn show(&mut self, row: &Row) {
        self.count += 1;
        if self.output.json {
            self.output.object(&object(row, &row.path));
        } else {
            self.output.line(line(row, &loose::shown(&row.path), &TimeZone::system()));
        }
    }

    /// The child of the folder that a member is or lies below.
    fn gather(&mut self, entry: &Entry) -> ArchiveResult<()> {
        let base = if self.folder.is_empty() { 0 } else { self.folder.as_bytes().len() + 1 };
        let rest = entry.path.as_bytes().get(base..).unwrap_or_default();
        let name = rest.split(|b| *b == b'/').next().unwrap_or_default();
        let is_child = name.len() == rest.len();
        if self.rows.len() >= MOST && !self.rows.contains_key(name) {
            return Err(Error::Limit(format!("a folder has more than {MOST} entries: -R lists them")));
        }
        let is_folder = !is_child || entry.kind == EntryKind::Folder;
        let known = self.rows.remove(name);
        let mut new = match known {
            // What is told of the child itself counts, not of what lies below; the last of it.
            Some(known) if !is_child => known,
            known => {
                let sums = known.filter(|known| known.kind == RowKind::Folder).map(|known| (known.files, known.size));
                let path = self.folder.join(name);
                let kind = if is_folder { EntryKind::Folder } else { entry.kind.clone() };
                let mode = if is_child { entry.mode } else { 0o755 };
                let own = Entry { path, kind, mode, ..entry.clone() };
                let mut new = row(&own, is_folder.then_some((0, 0)));
                if let (Some((files, size)), true) = (sums, is_folder) {
                    (new.files, new.size) = (files, size);
                }
                new
            }
        };
        if is_folder && entry.kind == EntryKind::File {
            new.files = new.files.map(|files| files + 1);
            new.size = new.size.map(|size| size.saturating_add(entry.size));
        }
        self.rows.insert(name.to_vec(), new);
        Ok(())
    }

    fn end(mut self, path: &std::path::Path) -> Result<Exit, Problem> {
        if !self.met && !self.folder.is_empty() {
            let what = format!("{} is not in \"{}\".", self.folder.display(), path.display());
            return Err(Problem::new(Code::NothingThere, what, "`strongroom ls -R --from FILE` shows what is."));
        }
        for (_, row) in std::mem::take(&mut self.rows) {
            self.show(&row);
        }
        let sound = self.damage == 0;
        let result = if sound { "completed" } else { "completed-with-warnings" };
        self.output.result(result, json!({ "count": self.count, "damage": self.damage }));
        Ok(if sound { Exit::Done } else { Exit::Warnings })
    }
}

impl Visitor for Lister {
    fn member(&mut self, entry: &Entry, _: Packed, _: &mut dyn Read) -> ArchiveResult<()> {
        if !entry.path.is_within(self.folder.as_bytes()) || entry.path.is_empty() {
            return Ok(());
        }
        self.met = true;
        let itself = entry.path == self.folder;
        if self.recursive && !(itself && entry.kind == EntryKind::Folder) || itself && entry.kind != EntryKind::Folder {
            self.show(&row(entry, None));
            return Ok(());
        }
        if itself { Ok(()) } else { self.gather(entry) }
    }

    fn damage(&mut self, damage: Damage) {
        self.damage += 1;
        let Damage { path, at, what, harm } = damage;
        let doubtful = harm == Harm::Doubtful;
        self.output.object(&json!({ "damaged": path, "at": at, "what": what, "doubtful": doubtful }));
        if !self.output.json {
            let path = path.map(|path| format!("{}: ", path.display())).unwrap_or_default();
            let how = if doubtful { "Perhaps not whole" } else { "Not readable" };
            complain(format!("{how}: {path}{what} (at byte {at})"));
        }
    }

    fn overlapping(&mut self) -> ArchiveResult<()> {
        Ok(())
    }
}
