//! Tar of any program's making: v7, ustar, pax, GNU, with long names, attributes and all forms of sparse files.
//!
//! Behind damage the next header is looked for byte by byte, by its magic and its checksum. Content has no checksum: what proves that no
//! byte of it is missing and none came in is the header that stands right behind it. A member without that is given out, and named.

mod blocks;
mod header;
mod pax;
mod sparse;

use std::io::{self, Read};

use self::blocks::Blocks;
use self::header::Header;
use self::pax::Pax;
use super::member::{Damage, Harm, Packed, Visitor, is_damage, normal_path};
use super::unpack::Unpacked;
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind, FileTime, Xattr};
use crate::model::path::PathBytes;
use crate::model::run::Cancel;

pub use self::header::is_header;

const BLOCK: usize = 512;
/// Longest pax record block and long name.
const MAX_EXTENDED: u64 = 4 << 20;
/// So much is read behind an archive's end: its stream may have a checksum there, and what looked like the end may be none.
const MOST_BEHIND: u64 = 4 << 30;

pub fn walk(stream: Unpacked, visitor: &mut dyn Visitor, cancel: &Cancel) -> Result<()> {
    Walk { blocks: Blocks::new(stream), visitor, cancel, global: Pax::default(), last: None, sought: false }.run()
}

/// Whether there is a header anywhere in a stream that may be broken.
pub fn holds_header(stream: &mut Unpacked, cancel: &Cancel) -> Result<bool> {
    blocks::holds_header(stream, cancel).map_err(failed)
}

struct Walk<'a> {
    blocks: Blocks,
    visitor: &'a mut dyn Visitor,
    cancel: &'a Cancel,
    /// What a global header says of all that follow.
    global: Pax,
    /// The member that was given out last, where what follows has yet to prove its length; and where it stands.
    last: Option<(PathBytes, u64)>,
    /// The next member is one that was only found behind damage.
    sought: bool,
}

/// What stands before a header and belongs to it.
#[derive(Default)]
struct Ahead {
    pax: Pax,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<()> {
        let mut ahead = Ahead::default();
        // Whether the header is known to stand where one should: behind damage what belongs to it may be lost.
        let mut found = false;
        let mut zeros = false;
        loop {
            if self.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let block = match self.blocks.block() {
                Ok(Some(block)) => block,
                Ok(None) => {
                    self.visitor.proven(true);
                    if !zeros {
                        let at = self.blocks.place();
                        self.visitor.damage(Damage::new(None, at, "the archive is cut short: its end is missing"));
                    }
                    return Ok(());
                }
                Err(error) => {
                    if !self.past(None, error)? {
                        return Ok(());
                    }
                    (ahead, found, zeros) = (Ahead::default(), true, false);
                    continue;
                }
            };
            if block.iter().all(|b| *b == 0) {
                // The second one ends the archive.
                if zeros {
                    if !self.goes_on()? {
                        return Ok(());
                    }
                    (ahead, found) = (Ahead::default(), true);
                }
                zeros = !zeros;
                continue;
            }
            let Some(header) = Header::parse(&block) else {
                let at = self.blocks.place();
                self.visitor.damage(Damage::new(None, at, "a header is wrong"));
                self.doubt_last();
                zeros = false;
                self.blocks.push_back(&block[1..]);
                if !self.seek_header()? {
                    return Ok(());
                }
                (ahead, found) = (Ahead::default(), true);
                continue;
            };
            if zeros {
                let at = self.blocks.place();
                self.visitor.damage(Damage::new(None, at, "one block of zeros stands here, where a header may have been"));
                self.doubt_last();
            }
            (self.last, zeros) = (None, false);
            // Long names stand alone before a header, of which another may be lost.
            let is_part = matches!(header.flag(), b'L' | b'K');
            match self.take(header, &mut ahead, found) {
                Ok(()) => found &= is_part,
                Err(Trouble::Damage(path, error)) => {
                    self.last = None;
                    if !self.past(path, error)? {
                        return Ok(());
                    }
                    (ahead, found) = (Ahead::default(), true);
                }
                Err(Trouble::Other(error)) => return Err(error),
            }
            if !self.blocks.is_unproven() {
                self.visitor.proven(true);
            }
        }
    }

    /// The archive's end: its stream may end with a checksum that proves all before it. True where it is no end: zeros may stand where
    /// headers stood, and the next header is found.
    fn goes_on(&mut self) -> Result<bool> {
        let at = self.blocks.place();
        match self.blocks.seek_header(MOST_BEHIND, self.cancel) {
            Ok(true) => {
                self.visitor.damage(Damage::new(None, at, "the archive ends here, and yet more of it follows"));
                self.doubt_last();
                self.sought = true;
                return Ok(true);
            }
            Ok(false) => self.visitor.proven(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(Error::Cancelled),
            Err(error) => {
                self.doubt(&error);
                self.visitor.proven(true);
                let at = self.blocks.place();
                self.note(None, at, error)?;
            }
        }
        Ok(false)
    }

    /// What follows the member before is no header: bytes may be missing in it, or have come in.
    fn doubt_last(&mut self) {
        if let Some((path, at)) = self.last.take() {
            let what = "bytes may be missing or added in it: no header follows where one should";
            self.visitor.damage(Damage::doubtful(&path, at, what));
        }
    }

    /// Tells of damage and goes on behind it. False where there is nothing more.
    fn past(&mut self, path: Option<PathBytes>, error: io::Error) -> Result<bool> {
        self.doubt(&error);
        let at = self.blocks.place();
        // What is only wrong in itself does not break the stream.
        let broken = error.kind() != io::ErrorKind::InvalidInput;
        self.note(path, at, error)?;
        if broken && !self.blocks.resume().map_err(failed)? {
            return Ok(false);
        }
        self.seek_header()
    }

    /// What was given out before a stream turns out to be wrong may be wrong; before one that only breaks off it is right.
    fn doubt(&mut self, error: &io::Error) {
        if self.blocks.is_unproven() && error.kind() == io::ErrorKind::InvalidData {
            self.visitor.proven(false);
        }
    }

    fn note(&mut self, path: Option<PathBytes>, at: u64, error: io::Error) -> Result<()> {
        if !is_damage(&error) {
            return Err(failed(error));
        }
        let what = match error.kind() {
            io::ErrorKind::UnexpectedEof => "it is cut short here".to_owned(),
            io::ErrorKind::InvalidInput => error.to_string(),
            _ => format!("it cannot be read here: {error}"),
        };
        self.visitor.damage(Damage::new(path.as_ref(), at, what));
        Ok(())
    }

    /// Goes to the next header, through further damage. False where there is none.
    fn seek_header(&mut self) -> Result<bool> {
        loop {
            match self.blocks.seek_header(u64::MAX, self.cancel) {
                Ok(found) => {
                    self.sought = found;
                    return Ok(found);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(Error::Cancelled),
                Err(error) if is_damage(&error) => {
                    self.doubt(&error);
                    let at = self.blocks.place();
                    self.note(None, at, error)?;
                    if !self.blocks.resume().map_err(failed)? {
                        return Ok(false);
                    }
                }
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// A header and what follows it.
    fn take(&mut self, header: Header<'_>, ahead: &mut Ahead, found: bool) -> Result<(), Trouble> {
        let size = header.size().ok_or_else(|| Trouble::wrong("a size is wrong"))?;
        match header.flag() {
            b'x' | b'X' => {
                let records = self.extended(size)?;
                ahead.pax.read(&records).map_err(Trouble::wrong)?;
            }
            b'g' => {
                let records = self.extended(size)?;
                self.global.read(&records).map_err(Trouble::wrong)?;
            }
            b'L' => ahead.long_name = Some(cut_at_zero(self.extended(size)?)),
            b'K' => ahead.long_link = Some(cut_at_zero(self.extended(size)?)),
            _ => {
                let ahead = std::mem::take(ahead);
                self.member(&header, ahead, found)?;
            }
        }
        Ok(())
    }

    fn extended(&mut self, size: u64) -> Result<Vec<u8>, Trouble> {
        if size > MAX_EXTENDED {
            return Err(Trouble::wrong("what stands before a header is longer than is allowed"));
        }
        let mut bytes = vec![0; size as usize];
        self.blocks.read_exact(&mut bytes).map_err(|e| Trouble::Damage(None, e))?;
        self.blocks.skip(padding(size)).map_err(|e| Trouble::Damage(None, e))?;
        Ok(bytes)
    }

    fn member(&mut self, header: &Header<'_>, ahead: Ahead, found: bool) -> Result<(), Trouble> {
        let sought = std::mem::take(&mut self.sought);
        let pax = ahead.pax.clone().over(&self.global);
        let wrong = |what: &'static str| Trouble::wrong(what);
        let stored = match pax.size().map_err(wrong)? {
            Some(size) => size,
            None => header.size().ok_or_else(|| wrong("a size is wrong"))?,
        };
        let raw = pax.path().or(ahead.long_name.as_deref()).map_or_else(|| header.path(), <[u8]>::to_vec);
        let target = pax.link().or(ahead.long_link.as_deref()).map_or_else(|| header.link(), <[u8]>::to_vec);
        let flag = header.flag();
        let is_folder = flag == b'5' || flag == b'D' || (matches!(flag, b'0' | 0) && raw.ends_with(b"/"));
        // Links, folders and devices have no content, whatever their size says.
        let stored = if matches!(flag, b'1'..=b'6') || is_folder && flag != b'D' { 0 } else { stored };
        let at = self.blocks.place();
        let pass = |walk: &mut Self, path: Option<&PathBytes>| {
            let path = path.cloned();
            walk.blocks.skip(stored + padding(stored)).map_err(|e| Trouble::Damage(path, e))
        };
        let path = match normal_path(&raw) {
            Ok(path) => path,
            Err(what) => {
                self.visitor.damage(Damage::new(Some(&PathBytes::new(raw)), at, what));
                return pass(self, None);
            }
        };
        // A header that was found behind damage may have lost the record with its whole name.
        let named = pax.path().is_some() || ahead.long_name.is_some();
        let linked = pax.link().is_some() || ahead.long_link.is_some();
        let cut = !named && (header.name_may_be_cut() || sparse::is_stand_in(&path)) || !linked && header.link_may_be_cut();
        if found && cut {
            self.visitor.damage(Damage::new(Some(&path), at, "its whole name is lost"));
            return pass(self, None);
        }
        let kind = match flag {
            _ if is_folder => EntryKind::Folder,
            0 | b'0' | b'7' | b'S' | b'1' => EntryKind::File,
            b'2' => EntryKind::Symlink { target: PathBytes::new(target.as_slice()) },
            b'3' | b'4' => {
                let (major, minor) = header.device();
                if flag == b'3' { EntryKind::CharDevice { major, minor } } else { EntryKind::BlockDevice { major, minor } }
            }
            b'6' => EntryKind::Fifo,
            // A volume's label.
            b'V' => return pass(self, None),
            _ => {
                let mut damage = Damage::new(Some(&path), at, format!("its kind {:?} is not known", char::from(flag)));
                damage.harm = Harm::Unsupported;
                self.visitor.damage(damage);
                return pass(self, None);
            }
        };
        let link = match flag {
            b'1' => match normal_path(&target) {
                Ok(link) => Some(link),
                Err(what) => {
                    self.visitor.damage(Damage::new(Some(&path), at, what));
                    return pass(self, None);
                }
            },
            _ => None,
        };
        if matches!(&kind, EntryKind::Symlink { target } if target.is_empty() || target.as_bytes().contains(&0)) {
            self.visitor.damage(Damage::new(Some(&path), at, "a symbolic link leads nowhere"));
            return Ok(());
        }
        let mtime = pax.mtime().unwrap_or(FileTime { seconds: header.mtime(), nanos: 0 });
        let is_plain = kind == EntryKind::File && link.is_none();
        let mut entry = Entry {
            mode: header.mode() & 0o7777,
            uid: pax.number(b"uid").unwrap_or_else(|| header.uid()),
            gid: pax.number(b"gid").unwrap_or_else(|| header.gid()),
            size: if is_plain { stored } else { 0 },
            mtime,
            ctime: mtime,
            link,
            xattrs: pax.xattrs(),
            ..Entry::bare(path, kind)
        };
        let path = entry.path.clone();
        let hit = |error: io::Error| Trouble::Damage(Some(path.clone()), error);
        let mut before = 0;
        if is_plain && let Some(map) = sparse::map(header, &pax, stored, &mut self.blocks, &mut before).map_err(hit)? {
            (entry.size, entry.holes) = (map.size, map.holes);
        }
        let packed = Packed { bytes: None, has_acl: pax.has_acl(), is_link: entry.link.is_some() };
        let left = stored - before.min(stored);
        let mut content = Content { blocks: &mut self.blocks, left, failed: None };
        self.visitor.member(&entry, packed, &mut content).map_err(Trouble::Other)?;
        let Content { left, failed, .. } = content;
        if let Some(error) = failed {
            return Err(Trouble::Damage(Some(entry.path), error));
        }
        if let Err(error) = self.blocks.skip(left) {
            return Err(Trouble::Damage(Some(entry.path), error));
        }
        if is_plain && sought {
            let what = "it was only found behind damage: what belongs to it may be lost";
            self.visitor.damage(Damage::doubtful(&entry.path, at, what));
        } else if is_plain && stored > 0 {
            self.last = Some((entry.path, at));
        }
        self.blocks.skip(padding(stored)).map_err(|e| Trouble::Damage(None, e))
    }
}

enum Trouble {
    /// Of the stream; the member that it hits.
    Damage(Option<PathBytes>, io::Error),
    /// Of whoever is given the members.
    Other(Error),
}

impl Trouble {
    fn wrong(what: &'static str) -> Self {
        Self::Damage(None, io::Error::new(io::ErrorKind::InvalidInput, what))
    }
}

fn failed(error: io::Error) -> Error {
    Error::object("the archive", error)
}

/// A member's content as it is stored.
struct Content<'a> {
    blocks: &'a mut Blocks,
    left: u64,
    failed: Option<io::Error>,
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 || self.failed.is_some() {
            return if self.failed.is_some() { Err(io::ErrorKind::InvalidData.into()) } else { Ok(0) };
        }
        let read = self.blocks.read(&mut buffer[..most]);
        let read = read.and_then(|count| if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(count) });
        match read {
            Ok(count) => {
                self.left -= count as u64;
                Ok(count)
            }
            Err(error) => {
                let told = io::Error::new(error.kind(), error.to_string());
                self.failed = Some(error);
                Err(told)
            }
        }
    }
}

fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}

fn cut_at_zero(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|b| *b == 0) {
        bytes.truncate(end);
    }
    bytes
}

/// For what has attributes.
fn xattr(name: Vec<u8>, value: Vec<u8>) -> Option<Xattr> {
    ((1..=255).contains(&name.len()) && !name.contains(&0)).then_some(Xattr { name, value })
}

#[cfg(test)]
pub(super) mod tests;
