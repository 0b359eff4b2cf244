//! `strongroom ls`

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::engine_access::Session;
use super::exit::Exit;
use super::output::Output;
use super::parse::{self, original_path};
use super::{args, loose, loose_ls, place};
use crate::engine::Handle;
use crate::model::catalog::{FileTime, Row, RowKind};
use crate::model::human;
use crate::model::names::{one_line, shown};
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::restore::Origin;

/// Rows asked for at a time.
const PAGE: usize = 5000;

pub fn run(args: args::Ls, output: Output) -> Result<Exit, Problem> {
    if let Some(file) = loose::meant(&args.from) {
        return loose_ls::run(&args, file, output);
    }
    loose::refuse_options(args.keys.is_some())?;
    let session = Session::guest()?;
    let place = place::read_unlocked(session.handle(), &args.from, &args.version)?;
    let folder = match &args.path {
        Some(path) => parse::catalog_path(&parse::absolute(path)?),
        None => PathBytes::default(),
    };
    let origin = Origin::Version { place, version: args.version };
    let mut lister = Lister { handle: session.handle(), origin, output, count: 0 };
    if !folder.is_empty() {
        match lister.row(&folder)? {
            Some(row) if row.kind != RowKind::Folder => {
                lister.show(&row);
                return Ok(lister.end());
            }
            Some(_) => {}
            // Above the sources there are no rows, but there is something below.
            None if lister.page(&folder, 0)?.1 > 0 => {}
            None => {
                let what = format!("{} is not in this version.", shown(&folder));
                return Err(Problem::new(Code::NothingThere, what, "`strongroom ls` without a path shows what is."));
            }
        }
    }
    // A stack of folders, not a recursion: depth is up to whoever made the backup.
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        let found = lister.folder(&folder, args.recursive)?;
        folders.extend(found.into_iter().rev());
    }
    Ok(lister.end())
}

struct Lister<'a> {
    handle: &'a Handle,
    origin: Origin,
    output: Output,
    count: u64,
}

impl Lister<'_> {
    fn page(&self, folder: &PathBytes, skip: usize) -> Result<(Vec<Row>, usize), Problem> {
        let rows = self.handle.children(self.origin.clone(), folder.clone(), skip, PAGE).wait()?;
        Ok((rows.rows, rows.total))
    }

    /// Shows a folder's rows; returns the folders among them where they are wanted.
    fn folder(&mut self, folder: &PathBytes, below: bool) -> Result<Vec<PathBytes>, Problem> {
        let mut folders = Vec::new();
        let mut seen = 0;
        loop {
            let (rows, total) = self.page(folder, seen)?;
            seen += rows.len();
            for row in &rows {
                self.show(row);
                if below && row.kind == RowKind::Folder {
                    folders.push(row.path.clone());
                }
            }
            if rows.is_empty() || seen >= total {
                return Ok(folders);
            }
        }
    }

    /// What stands at a path: looked for among its parent's children. `None` for what lies above the sources.
    fn row(&self, path: &PathBytes) -> Result<Option<Row>, Problem> {
        let parent = PathBytes::new(path.parent());
        let mut seen = 0;
        loop {
            let page = self.page(&parent, seen);
            // A source's parent is no folder of the version.
            let (rows, total) = match page {
                Err(problem) if problem.code == Code::NothingThere => return Ok(None),
                page => page?,
            };
            seen += rows.len();
            let done = rows.is_empty() || seen >= total;
            if let Some(row) = rows.into_iter().find(|row| row.path == *path) {
                return Ok(Some(row));
            }
            if done {
                return Ok(None);
            }
        }
    }

    fn show(&mut self, row: &Row) {
        self.count += 1;
        if self.output.json {
            self.output.object(&object(row, &original_path(&row.path)));
        } else {
            self.output.line(line(row, &shown(&row.path), &TimeZone::system()));
        }
    }

    fn end(&self) -> Exit {
        self.output.result("completed", json!({ "count": self.count }));
        Exit::Done
    }
}

/// A row for scripts, under the path that they know it by.
pub(super) fn object(row: &Row, path: &PathBytes) -> Value {
    json!({
        "path": path,
        "kind": row.kind,
        "size": row.size,
        "files": row.files,
        "mtime": when(row.mtime),
        "mtime_nanos": row.mtime,
        "mode": format!("{:04o}", row.mode),
        "uid": row.uid,
        "gid": row.gid,
        "target": row.target,
        "kept_from": row.kept_from,
        "torn": row.torn,
    })
}

/// As scripts and people are told; `None` where no calendar has it.
pub(super) fn when(time: FileTime) -> Option<Timestamp> {
    Timestamp::new(time.seconds, i32::try_from(time.nanos).ok()?).ok()
}

/// "2026-11-21 18:02:00"; "?" where no calendar has it.
pub(super) fn time_text(time: FileTime, zone: &TimeZone) -> String {
    when(time).map_or("?".into(), |at| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// A row for people, under the path that they know it by.
pub(super) fn line(row: &Row, path: &str, zone: &TimeZone) -> String {
    let kind = match row.kind {
        RowKind::Folder => 'd',
        RowKind::Symlink => 'l',
        RowKind::File => '-',
        RowKind::Fifo => 'p',
        RowKind::CharDevice => 'c',
        RowKind::BlockDevice => 'b',
    };
    let time = time_text(row.mtime, zone);
    let size = row.size.map(human::bytes).unwrap_or_default();
    let mut text = format!("{kind}{} {:>5} {:>5} {size:>9} {time:<19} {}", mode(row.mode), row.uid, row.gid, path);
    if let Some(target) = &row.target {
        text.push_str(&format!(" -> {}", target.display()));
    }
    if let Some(version) = &row.kept_from {
        text.push_str(&format!("  (kept from {version})"));
    }
    if row.torn {
        text.push_str("  (changed while it was read)");
    }
    one_line(&text)
}

/// "rwxr-xr-x", with s and t where those bits are set.
fn mode(mode: u32) -> String {
    let mut out = String::with_capacity(9);
    for (shift, special, set) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        out.push(if bits & 4 != 0 { 'r' } else { '-' });
        out.push(if bits & 2 != 0 { 'w' } else { '-' });
        out.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => set,
            (true, false) => set.to_ascii_uppercase(),
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_look_as_ls_shows_them() {
        assert_eq!(mode(0o755), "rwxr-xr-x");
        assert_eq!(mode(0o4755), "rwsr-xr-x");
        assert_eq!(mode(0o1777), "rwxrwxrwt");
        assert_eq!(mode(0o2640), "rw-r-S---");
    }

    #[test]
    fn a_name_cannot_make_a_line_of_its_own() {
        let row = Row {
            path: PathBytes::from("a\nb\x1b[2J"),
            kind: RowKind::File,
            size: Some(5),
            files: None,
            mtime: FileTime { seconds: i64::MAX, nanos: 0 },
            mode: 0o644,
            uid: 0,
            gid: 0,
            target: None,
            kept_from: None,
            torn: false,
        };
        let text = line(&row, &shown(&row.path), &TimeZone::UTC);
        assert!(text.ends_with("/a\u{fffd}b\u{fffd}[2J"), "{text}");
    }
}
