//! The walk itself: folders before what is in them, names by their bytes.

use std::ffi::CStr;
use std::io;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::ahead::{Ahead, Start};
use super::chain::Chain;
use super::is_gone;
use super::listing::Listing;
use super::metadata::{Kind, Meta, status};
use super::roots::{Opened, Root, Roots};
use super::rules::Rules;
use crate::archive::{Error, Result};
use crate::model::run::Cancel;
use crate::os::disk::{is_pseudo, keeps_inodes};
use crate::os::folder::{Folder, For};
use crate::os::owner::User;

/// Room for the names that one call brings.
const LISTING_BUFFER: usize = 64 << 10;

/// Longest path that a catalog takes. Nobody's files lie deeper; a trap for backups may.
const LONGEST_PATH: usize = 64 << 10;

/// Something on the way. Paths are catalog paths.
pub enum Visit<'a> {
    Found {
        path: &'a [u8],
        meta: &'a Meta,
    },
    /// Left out by a pattern or tag, or below what is; only told where it was asked for.
    LeftOut {
        meta: &'a Meta,
    },
    /// Neither it nor what may lie below it could be looked at; where it is a folder that was found, only what lies below.
    Unreadable {
        path: &'a [u8],
        error: io::Error,
    },
}

type Visitor<'v> = dyn FnMut(Visit<'_>) -> ControlFlow<()> + 'v;

pub struct Walk<'a> {
    rules: &'a Rules,
    avoid: &'a [(u64, u64)],
    cancel: &'a Cancel,
    tell_left_out: bool,
    looks_ahead: bool,
    /// Of the process, to know whose folders may be read without touching their access times.
    user: User,
    path: Vec<u8>,
    buffer: Vec<u8>,
    spare: Vec<Listing>,
}

/// A folder on the way.
struct Level {
    listing: Listing,
    next: usize,
    /// Length of its path.
    length: usize,
    device: u64,
    owner: u32,
    stable: bool,
    left_out: bool,
    tag: Option<&'static CStr>,
}

impl<'a> Walk<'a> {
    /// `avoid`: device and inode of folders that are passed over.
    pub fn new(rules: &'a Rules, avoid: &'a [(u64, u64)], cancel: &'a Cancel) -> Self {
        Self {
            rules,
            avoid,
            cancel,
            tell_left_out: false,
            looks_ahead: false,
            user: User::of_this_process(),
            path: Vec::new(),
            buffer: Vec::with_capacity(LISTING_BUFFER),
            spare: Vec::new(),
        }
    }

    /// Also walks what is left out, and tells of it.
    pub fn telling_left_out(mut self) -> Self {
        self.tell_left_out = true;
        self
    }

    /// Has the system's cache filled by several threads where it waits for the medium.
    pub fn looking_ahead(mut self) -> Self {
        self.looks_ahead = true;
        self
    }

    /// Walks all sources. Fails only when cancelled.
    pub fn roots(&mut self, roots: &Roots, visit: &mut Visitor<'_>) -> Result<ControlFlow<()>> {
        for root in &roots.all {
            if self.root(root, visit)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn root(&mut self, root: &Root, visit: &mut Visitor<'_>) -> Result<ControlFlow<()>> {
        let path = root.path.as_bytes();
        match root.open() {
            Err(error) => Ok(visit(Visit::Unreadable { path, error })),
            Ok(Opened::Single { meta, .. }) if meta.kind == Kind::Socket => Ok(ControlFlow::Continue(())),
            Ok(Opened::Single { parent, mut meta }) => {
                meta.stable = keeps_inodes(&parent);
                Ok(visit(Visit::Found { path, meta: &meta }))
            }
            Ok(Opened::Folder { meta, .. }) if self.avoids(&meta) => Ok(ControlFlow::Continue(())),
            Ok(Opened::Folder { folder, mut meta }) => {
                meta.stable = keeps_inodes(&folder);
                // The root of the file system has no name in a catalog.
                if !path.is_empty() && visit(Visit::Found { path, meta: &meta }).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                self.path.clear();
                self.path.extend_from_slice(path);
                self.tree(folder, &meta, visit)
            }
        }
    }

    /// Walks what is in the folder at `self.path`.
    fn tree(&mut self, root: Folder, meta: &Meta, visit: &mut Visitor<'_>) -> Result<ControlFlow<()>> {
        let base = self.path.len();
        let (device, owner) = (meta.device, meta.uid);
        let mut levels = match self.enter(&root, meta, false) {
            Ok(level) => vec![level],
            Err(error) => return Ok(visit(Visit::Unreadable { path: &self.path, error })),
        };
        let mut chain = Chain::new(root);
        let mut ahead = self.looks_ahead.then(Ahead::new);
        // Time that went into opening and listing a folder, and looking at the first thing in one.
        let mut waited = Duration::ZERO;
        while let Some(level) = levels.last_mut() {
            if self.cancel.should_end() {
                return Err(Error::Cancelled);
            }
            self.path.truncate(level.length);
            let Some(name) = level.listing.get(level.next) else {
                if !level.listing.is_all() {
                    let hide = self.user.may_hide_access(level.owner);
                    let folder = chain.top().and_then(|folder| to_list(folder, hide));
                    level.next = 0;
                    if let Err(error) = folder.and_then(|folder| level.listing.read_on(&folder, &mut self.buffer))
                        // It may have gone with all that is in it.
                        && !is_gone(&error)
                        && !level.left_out
                        && visit(Visit::Unreadable { path: &self.path, error }).is_break()
                    {
                        return Ok(ControlFlow::Break(()));
                    }
                    continue;
                }
                chain.pop();
                self.spare.extend(levels.pop().map(|l| l.listing).filter(Listing::is_worth_keeping));
                continue;
            };
            level.next += 1;
            if !self.path.is_empty() {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(name.to_bytes());
            let relative = self.path[base..].strip_prefix(b"/").unwrap_or(&self.path[base..]);
            let looked_at = if self.path.len() > LONGEST_PATH {
                Err(io::ErrorKind::InvalidFilename.into())
            } else {
                let begun = (level.next == 1).then(Instant::now);
                let looked_at = chain.top().and_then(|folder| status(folder, name));
                waited += begun.map_or(Duration::ZERO, |begun| begun.elapsed());
                looked_at
            };
            let mut meta = match looked_at {
                Ok(meta) => meta,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    if visit(Visit::Unreadable { path: &self.path, error }).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                    continue;
                }
            };
            let is_folder = meta.kind == Kind::Folder;
            if meta.kind == Kind::Socket || (is_folder && self.avoids(&meta)) {
                continue;
            }
            let left_out =
                level.left_out || level.tag.is_some_and(|tag| tag != name) || self.rules.leave_out(relative, is_folder);
            if left_out && !self.tell_left_out {
                continue;
            }
            meta.stable = level.stable;
            let other_device = meta.device != level.device;
            let descend = is_folder && !(other_device && self.rules.one_file_system);
            let mut folder = if descend {
                let begun = Instant::now();
                let opened = chain.top().and_then(|parent| open_folder(parent, name, self.user.may_hide_access(meta.uid)));
                waited += begun.elapsed();
                match opened {
                    Err(error) if is_gone(&error) => continue,
                    opened => Some(opened),
                }
            } else {
                None
            };
            if other_device {
                // The strict comparison where it cannot be known.
                meta.stable = folder.as_ref().is_none_or(|opened| opened.as_ref().is_ok_and(keeps_inodes));
            }
            if other_device && folder.as_ref().is_some_and(|opened| opened.as_ref().is_ok_and(is_pseudo)) {
                folder = None;
            }
            let path = &self.path;
            let told = if left_out { Visit::LeftOut { meta: &meta } } else { Visit::Found { path, meta: &meta } };
            if visit(told).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            let entered = match folder {
                None => continue,
                Some(Err(error)) => Err(error),
                Some(Ok(folder)) => {
                    let begun = Instant::now();
                    let entered = self.enter(&folder, &meta, left_out);
                    waited += begun.elapsed();
                    entered.map(|level| (folder, level))
                }
            };
            match entered {
                Ok((folder, level)) => {
                    if let Some(ahead) = &mut ahead {
                        let relative = self.path.get(base + usize::from(base > 0)..).unwrap_or_default();
                        ahead.entered(relative, std::mem::take(&mut waited), level.listing.size(), || {
                            let (rules, avoid) = (self.rules.clone(), self.avoid.to_vec());
                            Some(Start { root: chain.root()?, device, owner, rules, avoid, user: self.user })
                        });
                    }
                    chain.push(name.to_bytes(), folder);
                    levels.push(level);
                }
                Err(_) if left_out => {}
                Err(error) => {
                    if visit(Visit::Unreadable { path: &self.path, error }).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn enter(&mut self, folder: &Folder, meta: &Meta, left_out: bool) -> io::Result<Level> {
        let mut listing = self.spare.pop().unwrap_or_default();
        listing.read(folder, &mut self.buffer)?;
        let tag = self.rules.tag(folder, &listing);
        let (device, owner, stable) = (meta.device, meta.uid, meta.stable);
        Ok(Level { listing, next: 0, length: self.path.len(), device, owner, stable, left_out, tag })
    }

    fn avoids(&self, meta: &Meta) -> bool {
        self.avoid.contains(&(meta.device, meta.inode))
    }
}

/// A folder that is open, for reading.
pub(super) fn to_list(folder: &Folder, hide_access: bool) -> io::Result<Folder> {
    if hide_access { folder.again_quietly() } else { folder.again(For::Reading) }
}

fn open_folder(parent: &Folder, name: &CStr, hide_access: bool) -> io::Result<Folder> {
    if hide_access { parent.folder_quietly(name) } else { parent.folder(name, For::Reading) }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
