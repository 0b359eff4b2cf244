//! Zip of any program's making (PKWARE's APPNOTE 6.3.10): by its central directory, and where that is not whole member by member
//! from the front.

mod content;
mod descriptor;
mod directory;
mod fields;
mod local;
mod parts;
mod tail;

use std::io::{self, Read};

use self::content::{Content, STORE};
use self::directory::Directory;
use self::fields::{Central, Facts};
use self::parts::{Parts, parts};
use self::tail::Tail;
use super::Input;
use super::member::{Damage, Harm, Packed, Visitor, is_damage, normal_path};
use super::unpack::{find_by, go};
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind};
use crate::model::path::PathBytes;
use crate::model::run::Cancel;
use crate::os::owner::User;

/// Longest target of a symbolic link.
const MAX_TARGET: u64 = 64 << 10;

pub fn walk(input: Input, visitor: &mut dyn Visitor, cancel: &Cancel) -> Result<()> {
    // Looking for ends that are not there is given up at some point: each may lead to the end of the file.
    let searched = input.get_ref().length().saturating_mul(4).saturating_add(64 << 20);
    Walk { input, visitor, cancel, taken: 0, end: 0, by_directory: true, searched }.run()
}

/// Whether a file begins or ends as a zip.
pub fn is_zip(input: &mut Input) -> Result<bool> {
    let tail = Tail::read(input).map_err(failed)?;
    Ok(directory::find_end(input, &tail).map_err(failed)?.is_some() || local::starts(input, 0).map_err(failed)?)
}

struct Walk<'a> {
    input: Input,
    visitor: &'a mut dyn Visitor,
    cancel: &'a Cancel,
    /// Bytes of the file that members have taken: they cannot lie in each other.
    taken: u64,
    /// Where the last member that was seen ends.
    end: u64,
    by_directory: bool,
    /// So many bytes are yet looked through in vain for where members end.
    searched: u64,
}

/// What is lost with the directory.
const ALONE: &str = "what only it tells of the members behind, links and permissions, is not known";

impl Walk<'_> {
    fn run(&mut self) -> Result<()> {
        let length = self.input.get_ref().length();
        let tail = Tail::read(&mut self.input).map_err(failed)?;
        match parts(&mut self.input, &tail).map_err(failed)? {
            Some(Parts::One(which)) => return Err(Error::Part(which)),
            Some(Parts::Joined) => {
                let what = format!("its central directory is that of the parts it was put together of: {ALONE}");
                self.visitor.damage(Damage::new(None, length, what));
                return self.by_local_headers();
            }
            None => {}
        }
        let Some(mut directory) = Directory::open(&mut self.input, &tail).map_err(failed)? else {
            self.visitor.damage(Damage::new(None, length, format!("its central directory is missing: {ALONE}")));
            return self.by_local_headers();
        };
        loop {
            match directory.next(&mut self.input) {
                Ok(Some(central)) => self.take(&central, directory.base)?,
                Ok(None) => return Ok(()),
                Err(error) if is_damage(&error) => {
                    let what = format!("its central directory is damaged: {ALONE}");
                    self.visitor.damage(Damage::new(None, directory.place(), what));
                    return self.by_local_headers();
                }
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// Members by their local headers, from the last that is known on.
    fn by_local_headers(&mut self) -> Result<()> {
        // One after the other they do not lie in each other.
        self.by_directory = false;
        let mut at = self.end;
        loop {
            let Some(found) = find_by(&mut self.input, at, 4, u64::MAX, |head| head == local::MAGIC).map_err(failed)? else {
                return Ok(());
            };
            self.check_cancel()?;
            at = match local::read(&mut self.input, found) {
                Ok(Some(central)) => {
                    self.take(&central, 0)?;
                    self.end.max(found + 4)
                }
                Ok(None) => found + 4,
                Err(error) if is_damage(&error) => found + 4,
                Err(error) => return Err(failed(error)),
            };
        }
    }

    fn check_cancel(&self) -> Result<()> {
        if self.cancel.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// `base`: what stands before the archive, as a program that unpacks it.
    fn take(&mut self, central: &Central, base: u64) -> Result<()> {
        self.check_cancel()?;
        let facts = central.facts();
        let at = base.saturating_add(central.offset);
        self.taken = self.taken.saturating_add(central.packed).saturating_add(30);
        if self.taken > self.input.get_ref().length() && self.by_directory {
            self.visitor.overlapping()?;
        }
        let path = match normal_path(&facts.name) {
            Ok(path) => path,
            Err(what) => {
                self.visitor.damage(Damage::new(Some(&PathBytes::new(facts.name)), at, what));
                return Ok(());
            }
        };
        let tell = |visitor: &mut dyn Visitor, what: &str, unsupported: bool| {
            let harm = if unsupported { Harm::Unsupported } else { Harm::Lost };
            visitor.damage(Damage { harm, ..Damage::new(Some(&path), at, what) });
            Ok(())
        };
        let data = match local::data_offset(&mut self.input, at) {
            Ok(Some(data)) => data,
            Ok(None) => return tell(self.visitor, "its header is wrong", false),
            Err(error) if is_damage(&error) => return tell(self.visitor, "its header cannot be read", false),
            Err(error) => return Err(failed(error)),
        };
        let described = self.described(central, data)?;
        let central = described.as_ref().unwrap_or(central);
        // A length that leads out of the file is none to go by.
        let end = data.saturating_add(central.packed);
        if end <= self.input.get_ref().length() {
            self.end = self.end.max(end);
        }
        if central.is_encrypted() {
            return tell(self.visitor, "it is encrypted by another program", true);
        }
        if central.open_ended && central.method == STORE {
            return tell(self.visitor, "it is damaged: nothing tells where it ends", false);
        }
        if let Some(what) = facts.why_not_taken() {
            return tell(self.visitor, what, true);
        }
        go(&mut self.input, data).map_err(failed)?;
        let mut content = match Content::new(&mut self.input, central).map_err(failed)? {
            Some(content) => content,
            None => return tell(self.visitor, &format!("its compression, method {}, is not known", central.method), true),
        };
        let entry = match entry(&path, &facts, central.size, &mut content) {
            Ok(entry) => entry,
            Err(error) if is_damage(&error) => return tell(self.visitor, &format!("it is damaged: {error}"), false),
            Err(error) => return Err(failed(error)),
        };
        let packed = Packed { bytes: Some(central.packed), ..Packed::default() };
        self.visitor.member(&entry, packed, &mut content)?;
        let failure = content.failed.take();
        let ended_at = content.ended_at();
        self.end = self.end.max(ended_at);
        match failure {
            Some(error) if is_damage(&error) => tell(self.visitor, &format!("it is damaged: {error}"), false),
            Some(error) => Err(failed(error)),
            None => Ok(()),
        }
    }

    /// A member by what stands behind its data, where its own header did not know that yet. `None` where it did, or nothing is found.
    fn described(&mut self, central: &Central, data: u64) -> Result<Option<Central>> {
        if self.by_directory || !central.is_described_behind() {
            return Ok(None);
        }
        let stored = central.method == STORE && !central.is_encrypted();
        // Some programs do know its length.
        let near = descriptor::at(&mut self.input, data, central.packed, stored).map_err(failed)?;
        let found = match near {
            Some(found) => Some(found),
            None if self.searched == 0 => None,
            None => match descriptor::find(&mut self.input, data, stored, self.searched, self.cancel) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(Error::Cancelled),
                found => found.map_err(failed)?,
            },
        };
        let Some(found) = found else {
            self.searched = self.searched.saturating_sub(self.input.get_ref().length().saturating_sub(data));
            return Ok(None);
        };
        self.end = self.end.max(found.end);
        Ok(Some(Central { crc: found.crc, packed: found.packed, size: found.size, open_ended: false, ..central.clone() }))
    }
}

fn entry(path: &PathBytes, facts: &Facts, size: u64, content: &mut Content<'_>) -> io::Result<Entry> {
    let kind = match facts.kind {
        0o040_000 => EntryKind::Folder,
        0o120_000 if size > MAX_TARGET => return Err(io::Error::new(io::ErrorKind::InvalidData, "a link's target is too long")),
        0o120_000 => {
            let mut target = Vec::new();
            content.read_to_end(&mut target)?;
            if target.is_empty() || target.contains(&0) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a symbolic link leads nowhere"));
            }
            EntryKind::Symlink { target: PathBytes::new(target) }
        }
        // Some programs store what was in it.
        0o010_000 if size == 0 => EntryKind::Fifo,
        _ => EntryKind::File,
    };
    let me = User::of_this_process();
    Ok(Entry {
        size: if kind == EntryKind::File { size } else { 0 },
        mode: facts.mode,
        uid: facts.uid.unwrap_or(me.uid),
        gid: facts.gid.unwrap_or(me.gid),
        mtime: facts.mtime,
        ctime: facts.mtime,
        ..Entry::bare(path.clone(), kind)
    })
}

fn failed(error: io::Error) -> Error {
    Error::object("the archive", error)
}

#[cfg(test)]
mod tests;
