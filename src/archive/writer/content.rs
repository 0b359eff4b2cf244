//! Reads a file's content: where its data lies, data without its holes, and where to cut it.

use std::fs::File;
use std::io;

use fastcdc::v2020::FastCDC;

use crate::archive::scan::Meta;
use crate::os::at::FileExt;
use crate::os::content::{append_at, next_data, next_hole};
use crate::os::folder::Folder;

/// Files with at most this much data lie whole in a volume, as one piece.
pub(super) const WHOLE: u64 = 4 << 20;
/// FastCDC's bounds for the pieces of all others.
const CUT_LEAST: usize = 256 << 10;
const CUT_AVERAGE: usize = 1 << 20;
const CUT_MOST: usize = 4 << 20;
/// Files with more data than this are cut into larger pieces, so that they do not have more than a catalog takes.
const HUGE: u64 = 1 << 40;
const CUT_LEAST_OF_HUGE: usize = 1 << 20;
/// What is read ahead of the cuts.
const CUT_BUFFER: usize = 6 << 20;
/// More holes than these are read as data: each costs memory, and room in the catalog.
const MOST_HOLES: usize = 100_000;

/// Opens for reading, without leaving an access time where that is permitted. Never waits for the other end of a pipe.
pub(super) fn open(folder: &Folder, name: &[u8], hide_access: bool) -> io::Result<File> {
    if hide_access { folder.file_quietly(name) } else { folder.file(name) }
}

/// Where a file's data and its holes lie, as offset and length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub extents: Vec<(u64, u64)>,
    pub holes: Vec<(u64, u64)>,
}

impl Layout {
    /// Looks for holes only where fewer blocks are allocated than the size needs.
    pub(super) fn of(file: &File, meta: &Meta) -> Self {
        if meta.size == 0 {
            return Self::default();
        }
        if meta.blocks.saturating_mul(512) >= meta.size {
            return Self::dense(meta.size);
        }
        Self::sparse(file, meta.size).unwrap_or_else(|_| Self::dense(meta.size))
    }

    fn dense(size: u64) -> Self {
        Self { extents: vec![(0, size)], holes: Vec::new() }
    }

    fn sparse(file: &File, size: u64) -> io::Result<Self> {
        let mut layout = Self::default();
        let mut at = 0;
        while at < size {
            let data = next_data(file, at)?.map_or(size, |data| data.clamp(at, size));
            if data > at {
                layout.holes.push((at, data - at));
            }
            if data == size {
                break;
            }
            let hole = if layout.holes.len() < MOST_HOLES { next_hole(file, data)?.clamp(data, size) } else { size };
            if hole == data {
                // A file that changes under our eyes: what is left is read as data.
                layout.extents.push((data, size - data));
                break;
            }
            layout.extents.push((data, hole - data));
            at = hole;
        }
        Ok(layout)
    }

    /// Bytes of data.
    pub(super) fn data(&self) -> u64 {
        self.extents.iter().map(|(_, length)| length).sum()
    }

    /// The file turned out to end at `end`.
    pub(super) fn cut_at(&mut self, end: u64) {
        for list in [&mut self.extents, &mut self.holes] {
            list.retain(|(offset, _)| *offset < end);
            if let Some((offset, length)) = list.last_mut() {
                *length = (*length).min(end - *offset);
            }
        }
    }
}

/// Reads the data of a layout, one extent after the other.
pub(super) struct Data<'a> {
    file: &'a File,
    extents: &'a [(u64, u64)],
    /// Within the first of the extents.
    offset: u64,
    /// Where the file ended before it should.
    pub ended_at: Option<u64>,
}

impl<'a> Data<'a> {
    pub(super) fn new(file: &'a File, layout: &'a Layout) -> Self {
        Self { file, extents: &layout.extents, offset: 0, ended_at: None }
    }

    /// Appends up to `limit` bytes to `out`; returns how many. Fewer only at the end.
    pub(super) fn read(&mut self, out: &mut Vec<u8>, limit: usize) -> io::Result<usize> {
        let begin = out.len();
        while out.len() - begin < limit {
            let Some(((start, length), rest)) = self.extents.split_first() else { break };
            let before = out.len();
            let left = limit - (before - begin);
            let wanted = usize::try_from(length - self.offset).unwrap_or(left).min(left);
            out.reserve(wanted);
            let at = start + self.offset;
            let read = if rest.is_empty() {
                // Up to the end of the file into memory that need not be zeroed; more than wanted only if it grows.
                append_at(self.file, out, at)?
            } else {
                out.resize(before + wanted, 0);
                read_at(self.file, &mut out[before..], at)?
            };
            let read = read.min(wanted);
            out.truncate(before + read);
            self.offset += read as u64;
            if read == 0 && wanted > 0 {
                self.ended_at = Some(at);
                self.extents = &[];
            } else if self.offset == *length {
                self.extents = rest;
                self.offset = 0;
            }
        }
        Ok(out.len() - begin)
    }
}

fn read_at(file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    loop {
        match file.read_at(out, at) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Cuts data by its content, so that what is inserted or removed changes only the pieces around it.
#[derive(Default)]
pub(super) struct Cutter {
    buffer: Vec<u8>,
    /// Of the piece that was given last, and of what follows it.
    piece_end: usize,
    ended: bool,
    huge: bool,
}

impl Cutter {
    /// Begins a new file with so many bytes of data; the buffer is kept.
    pub(super) fn restart(&mut self, data: u64) {
        self.huge = data > HUGE;
        self.buffer.clear();
        self.piece_end = 0;
        self.ended = false;
    }

    /// The next piece of `data`; `None` at its end.
    pub(super) fn next(&mut self, data: &mut Data<'_>) -> io::Result<Option<&[u8]>> {
        if !self.ended && self.buffer.len() - self.piece_end < CUT_MOST {
            self.buffer.drain(..self.piece_end);
            self.piece_end = 0;
            self.buffer.reserve(CUT_BUFFER - self.buffer.len());
            let wanted = CUT_BUFFER - self.buffer.len();
            self.ended = data.read(&mut self.buffer, wanted)? < wanted;
        }
        let rest = &self.buffer[self.piece_end..];
        if rest.is_empty() {
            return Ok(None);
        }
        let (least, average) = if self.huge { (CUT_LEAST_OF_HUGE, CUT_MOST) } else { (CUT_LEAST, CUT_AVERAGE) };
        let (_, length) = FastCDC::new(rest, least, average, CUT_MOST).cut(0, rest.len());
        let start = self.piece_end;
        self.piece_end += length;
        Ok(self.buffer.get(start..self.piece_end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::scan::status_of;

    fn layout(file: &File) -> Layout {
        Layout::of(file, &status_of(file).unwrap())
    }

    fn pieces(content: &[u8]) -> Vec<Vec<u8>> {
        pieces_of(content, content.len() as u64)
    }

    /// As if the file had so many bytes of data.
    fn pieces_of(content: &[u8], size: u64) -> Vec<Vec<u8>> {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(content, 0).unwrap();
        let layout = layout(&file);
        let mut data = Data::new(&file, &layout);
        let mut cutter = Cutter::default();
        cutter.restart(size);
        let mut all = Vec::new();
        while let Some(piece) = cutter.next(&mut data).unwrap() {
            all.push(piece.to_vec());
        }
        all
    }

    /// Bytes that do not repeat.
    fn noise(length: usize, seed: u64) -> Vec<u8> {
        let mut out = vec![0; length];
        blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut out);
        out
    }

    #[test]
    fn cuts_follow_the_content() {
        let content = noise(24 << 20, 1);
        let plain = pieces(&content);
        assert_eq!(plain.concat(), content);
        assert!(plain.iter().all(|p| p.len() <= CUT_MOST));
        let mut shifted = vec![7];
        shifted.extend_from_slice(&content);
        let shifted = pieces(&shifted);
        let known = shifted.iter().filter(|p| plain.contains(p)).count();
        assert!(known >= shifted.len() - 2, "{known} of {}", shifted.len());
    }

    #[test]
    fn huge_files_have_larger_pieces() {
        let content = noise(64 << 20, 1);
        let pieces = pieces_of(&content, HUGE + 1);
        assert_eq!(pieces.concat(), content);
        assert!(pieces.iter().rev().skip(1).all(|p| (CUT_LEAST_OF_HUGE..=CUT_MOST).contains(&p.len())));
        // Six TiB stay within what a catalog takes of one file.
        assert!(pieces.len() as u64 * (6 << 40) / content.len() as u64 <= 2 << 20, "{}", pieces.len());
    }

    #[test]
    fn holes_are_found_and_not_read() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(40 << 20).unwrap();
        file.write_all_at(&noise(8192, 1), 1 << 20).unwrap();
        file.write_all_at(&noise(4096, 2), 30 << 20).unwrap();
        let layout = layout(&file);
        if layout.holes.is_empty() {
            return; // This file system has no holes.
        }
        assert_eq!(layout.extents, [(1 << 20, 8192), (30 << 20, 4096)]);
        assert_eq!(layout.holes, [(0, 1 << 20), ((1 << 20) + 8192, (29 << 20) - 8192), ((30 << 20) + 4096, (10 << 20) - 4096)]);
        let mut out = vec![9];
        assert_eq!(Data::new(&file, &layout).read(&mut out, usize::MAX).unwrap(), 12288);
        assert_eq!(out[1..], [noise(8192, 1), noise(4096, 2)].concat());
    }

    #[test]
    fn a_file_that_shrinks_ends_where_it_does() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&noise(10_000, 1), 0).unwrap();
        let mut layout = layout(&file);
        file.set_len(4_000).unwrap();
        let mut data = Data::new(&file, &layout);
        let mut out = Vec::new();
        assert_eq!(data.read(&mut out, 1 << 20).unwrap(), 4_000);
        let end = data.ended_at.unwrap();
        layout.cut_at(end);
        assert_eq!((end, layout.data()), (4_000, 4_000));
    }

    #[test]
    fn a_file_that_grows_is_cut_at_its_former_size() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&noise(1_000, 1), 0).unwrap();
        let layout = layout(&file);
        file.write_all_at(&noise(9_000, 2), 1_000).unwrap();
        let mut out = Vec::with_capacity(1 << 20);
        assert_eq!(Data::new(&file, &layout).read(&mut out, 1 << 20).unwrap(), 1_000);
        assert_eq!(out, noise(1_000, 1));
    }
}
