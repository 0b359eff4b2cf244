//! What an entry must be to be written or believed.

use super::bounds;
use crate::archive::codec::FRAME_MAX;
use crate::archive::seal::{MAX_RECORD, RECORD_OVERHEAD};
use crate::model::catalog::{Entry, EntryKind, FileTime, Piece};

/// Says what is wrong with an entry by itself; where its pieces lie is checked against the volumes elsewhere.
pub fn entry(entry: &Entry) -> Result<(), &'static str> {
    head(entry)?;
    content(entry)
}

/// What is wrong with an entry apart from its pieces and holes.
pub fn head(entry: &Entry) -> Result<(), &'static str> {
    path(entry.path.as_bytes())?;
    if let Some(link) = &entry.link {
        path(link.as_bytes())?;
        if *link >= entry.path {
            return Err("a hard link's target does not stand before it");
        }
    }
    if let EntryKind::Symlink { target } = &entry.kind
        && (target.is_empty() || target.as_bytes().len() > bounds::PATH || target.as_bytes().contains(&0))
    {
        return Err("a symbolic link's target cannot be one");
    }
    if entry.mode > 0o7777 || !time(entry.mtime) || !time(entry.ctime) {
        return Err("permissions or times are out of range");
    }
    let mut xattrs = 0usize;
    for xattr in &entry.xattrs {
        if xattr.name.is_empty() || xattr.name.contains(&0) || xattr.name.len() > 255 {
            return Err("an extended attribute's name cannot be one");
        }
        xattrs = xattrs.saturating_add(xattr.name.len()).saturating_add(xattr.value.len());
    }
    if xattrs > bounds::XATTRS {
        return Err("its extended attributes are larger than is allowed");
    }
    Ok(())
}

/// Pieces and holes make up the size exactly.
fn content(entry: &Entry) -> Result<(), &'static str> {
    if entry.kind != EntryKind::File {
        let none = entry.size == 0 && entry.pieces.is_empty() && entry.holes.is_empty();
        return if none { Ok(()) } else { Err("only files have content") };
    }
    if entry.pieces.len() > bounds::PIECES || entry.holes.len() > bounds::HOLES {
        return Err("it has more pieces than is allowed");
    }
    let mut sum = 0u64;
    let mut end = 0u64;
    for (offset, length) in &entry.holes {
        if *offset < end || *length == 0 {
            return Err("its holes are not in order");
        }
        end = offset.checked_add(*length).ok_or("its holes are not in order")?;
        sum = sum.saturating_add(*length);
    }
    if end > entry.size {
        return Err("a hole lies beyond its end");
    }
    for it in &entry.pieces {
        piece(it)?;
        sum = sum.saturating_add(u64::from(it.length));
    }
    if sum == entry.size { Ok(()) } else { Err("its pieces and holes do not make up its size") }
}

fn piece(piece: &Piece) -> Result<(), &'static str> {
    let end = u64::from(piece.offset) + u64::from(piece.length);
    let fits = piece.length > 0
        && u64::from(piece.length) <= bounds::PIECE
        && end <= FRAME_MAX as u64
        && piece.frame_length > 0
        && piece.frame_length as usize <= MAX_RECORD + RECORD_OVERHEAD
        && piece.volume.number > 0;
    if fits { Ok(()) } else { Err("a piece is out of bounds") }
}

/// A catalog path: components without `.`, `..` and empty ones, no NUL.
pub fn path(path: &[u8]) -> Result<(), &'static str> {
    if path.is_empty() || path.len() > bounds::PATH || path.contains(&0) {
        return Err("a path is empty, too long or holds a zero byte");
    }
    if path.split(|b| *b == b'/').any(|part| matches!(part, b"" | b"." | b"..")) {
        return Err("a path does not stay where it belongs");
    }
    Ok(())
}

fn time(time: FileTime) -> bool {
    time.nanos < 1_000_000_000
}
