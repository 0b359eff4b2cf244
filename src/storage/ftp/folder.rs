//! Folders at the server: what they hold, how they come to be and go.

use super::alarm::Alarm;
use super::failure::{Answer, Failure, judged};
use super::listing::{self, Entry, EntryKind};
use super::pool::Want;
use super::session::Session;
use super::{Ftp, check};
use crate::storage::{Error, Kind, LONGEST_LIST, name};

/// Children of one folder: what is more is no list of ours, and could go on for ever.
const MOST: usize = 1_000_000;

impl Ftp {
    /// One that exists already is no error. Whether it was made now.
    pub(super) fn make_folder(&self, path: &str) -> Result<bool, Error> {
        match self.act(&format!("MKD {path}")) {
            Ok(()) => Ok(true),
            // Whether it is there, each server says in other words.
            Err(failure) if failure.code().is_some() && self.is_folder(path).is_ok_and(|there| there) => Ok(false),
            Err(failure) => Err(judged(path, failure, Kind::NotWritable)),
        }
    }

    /// A folder to write into, with those above it.
    pub(super) fn make_folders(&self, folder: &str) -> Result<(), Error> {
        if self.folders.has(folder) {
            return Ok(());
        }
        let _making = self.folders.making();
        match self.make_each(folder) {
            // One above it that was there may be gone.
            Err(error) if matches!(error.kind, Kind::NotFound | Kind::NotWritable) && folder.contains('/') => {
                self.folders.forget();
                self.make_each(folder)
            }
            made => made,
        }
    }

    fn make_each(&self, folder: &str) -> Result<(), Error> {
        if self.folders.has(folder) {
            return Ok(());
        }
        let above = name::split(folder).0;
        self.make_each(above)?;
        match self.make_folder(&self.path(folder)) {
            Ok(is_new) => {
                self.folders.made(folder, is_new);
                Ok(())
            }
            // What is missing can only be the root.
            Err(error) if error.kind == Kind::NotFound && above.is_empty() => self.check_root().and(Err(error)),
            Err(error) => Err(error),
        }
    }

    /// Children by name; `None` where the folder does not exist.
    pub(super) fn children(&self, folder: &str) -> Result<Option<Vec<Entry>>, Error> {
        if !folder.is_empty() {
            check(folder)?;
        }
        let path = self.path(folder);
        let listed = self.pool.with(Want::Anything, |session, alarm| match self.entries(session, alarm, &path) {
            Err(failure) if failure.is_missing() => Ok(None),
            listed => listed.map(Some),
        });
        let mut children = match listed {
            Ok(Some(children)) => children,
            Ok(None) => {
                self.check_root()?;
                if folder.is_empty() {
                    return Err(Error::new(Kind::Unreachable, &self.shown, "no such folder"));
                }
                return Ok(None);
            }
            // The server only says no. A folder that is there and cannot be read must not look as if it were gone.
            Err(failure) if failure.is_unclear() && !folder.is_empty() => {
                let (above, last) = name::split(folder);
                let Some(above) = self.children(above)? else { return Ok(None) };
                if above.iter().any(|entry| entry.name == last && entry.kind == EntryKind::Folder) {
                    let mut error = judged(folder, failure, Kind::NotReadable);
                    error.kind = Kind::NotReadable;
                    return Err(error);
                }
                return Ok(None);
            }
            Err(failure) if failure.is_unclear() => {
                self.check_root()?;
                return Err(judged(&self.shown, failure, Kind::NotReadable));
            }
            Err(failure) => {
                let at = if folder.is_empty() { &self.shown } else { folder };
                return Err(judged(at, failure, Kind::NotReadable));
            }
        };
        children.sort_by(|a, b| a.name.cmp(&b.name));
        children.dedup_by(|a, b| a.name == b.name);
        let folders = children.iter().filter(|child| child.kind == EntryKind::Folder);
        self.folders.listed(folder, folders.map(|child| &*child.name));
        Ok(Some(children))
    }

    /// What a server lists of a folder, without what leads elsewhere.
    pub(super) fn entries(&self, session: &mut Session, alarm: &Alarm, path: &str) -> Answer<Vec<Entry>> {
        if self.pool.gate.features().mlsd {
            let command = format!("MLSD {path}");
            let mut list = || {
                let mut children = Children::default();
                session.lines(alarm, &command, |line| children.take(listing::of_mlsd(line))).map(|()| children)
            };
            match list() {
                Err(failure) if failure.is_unknown_command() && !failure.is_missing() => {}
                // Most servers name at least the folder itself. A line that something on the way has ended before it brought anything
                // looks the same, and what is there must not look as if it were gone.
                Ok(children) if children.seen == 0 => return list().map(|again| again.found),
                listed => return listed.map(|children| children.found),
            }
        }
        // A path in LIST may be taken for a pattern, or for options.
        session.act(alarm, &format!("CWD {path}"))?;
        for command in ["LIST -a", "LIST"] {
            let mut children = Children::default();
            match session.lines(alarm, command, |line| children.take(listing::of_list(line))) {
                // Servers that do not know the option look for a file of that name.
                Ok(()) if children.seen == 0 => {}
                Err(failure) if failure.is_missing() || failure.is_unknown_command() => {}
                listed => return listed.map(|()| children.found),
            }
        }
        Ok(Vec::new())
    }

    pub(super) fn remove_file(&self, name: &str) -> Result<(), Error> {
        match self.act(&format!("DELE {}", self.path(name))) {
            Ok(()) => Ok(()),
            Err(failure) if failure.is_missing() => self.check_root(),
            Err(failure) if failure.is_unclear() && self.size_of(name).is_err_and(|e| !e.ends_line()) => self.check_root(),
            Err(failure) => {
                let mut error = judged(name, failure, Kind::NotWritable);
                if error.kind == Kind::NotFound {
                    error.kind = Kind::NotWritable;
                }
                Err(error)
            }
        }
    }

    pub(super) fn remove_tree(&self, folder: &str, depth: usize) -> Result<(), Error> {
        let Some(children) = self.children(folder)? else { return Ok(()) };
        if depth == 0 {
            return Err(Error::new(Kind::Other, folder, "folders within folders"));
        }
        for child in children {
            let path = format!("{folder}/{}", child.name);
            // A link to a folder is removed as the link that it is.
            if child.kind == EntryKind::Folder { self.remove_tree(&path, depth - 1)? } else { self.remove_file(&path)? }
        }
        match self.act(&format!("RMD {}", self.path(folder))) {
            Ok(()) => Ok(()),
            Err(failure) if failure.is_missing() => Ok(()),
            Err(failure) => Err(judged(folder, failure, Kind::NotWritable)),
        }
    }
}

/// Children of a folder as they come in.
struct Children {
    found: Vec<Entry>,
    /// Also those that are not ours.
    seen: usize,
    /// Bytes that may be kept yet.
    room: usize,
}

impl Default for Children {
    fn default() -> Self {
        Self { found: Vec::new(), seen: 0, room: LONGEST_LIST }
    }
}

impl Children {
    fn take(&mut self, entry: Option<Entry>) -> Answer<()> {
        let Some(entry) = entry else { return Ok(()) };
        self.seen += 1;
        let too_long = || Failure::TooLong("a list".into());
        if self.seen > MOST {
            return Err(too_long());
        }
        // A server may name what it likes: nothing that leads elsewhere.
        let temporary = entry.name.strip_prefix(name::TEMPORARY);
        if check(temporary.unwrap_or(&entry.name)).is_ok() && !entry.name.contains('/') {
            self.room = self.room.checked_sub(size_of_val(&entry) + entry.name.len()).ok_or_else(too_long)?;
            self.found.push(entry);
        }
        Ok(())
    }
}
