//! Files with holes, in the four forms that GNU tar has had
//! (<https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html>).

use std::io::{self, Read};

use super::BLOCK;
use super::blocks::Blocks;
use super::header::{Header, OldSparse, pairs};
use super::pax::Pax;
use crate::model::path::PathBytes;

/// Longest map that is believed, in runs.
const MAX_RUNS: usize = 1 << 20;

/// What a file is with its holes.
pub struct Map {
    pub size: u64,
    pub holes: Vec<(u64, u64)>,
}

/// The path under which a sparse file stands for programs that do not know of such.
pub fn is_stand_in(path: &PathBytes) -> bool {
    path.as_bytes().split(|b| *b == b'/').any(|part| part.starts_with(b"GNUSparseFile."))
}

/// Reads the map of a file of `stored` bytes, if it has one; `before`: bytes of them that the map itself takes.
pub fn map(header: &Header<'_>, pax: &Pax, stored: u64, blocks: &mut Blocks, before: &mut u64) -> io::Result<Option<Map>> {
    if let Some(OldSparse { mut runs, goes_on: mut more, size }) = header.old_sparse() {
        while more {
            let block = blocks.block()?.ok_or(io::ErrorKind::UnexpectedEof)?;
            runs.extend(pairs(&block[..504]).ok_or_else(wrong)?);
            more = block[504] != 0;
            if runs.len() > MAX_RUNS {
                return Err(wrong());
            }
        }
        return holes(runs, size, stored).map(Some);
    }
    let size = pax.number(b"GNU.sparse.realsize").or(pax.number(b"GNU.sparse.size"));
    let Some(size) = size else { return Ok(None) };
    let runs = if pax.get(b"GNU.sparse.major") == Some(b"1") {
        let runs = numbers_ahead(stored, blocks, before)?;
        return holes(runs, size, stored - *before).map(Some);
    } else if let Some(map) = pax.get(b"GNU.sparse.map") {
        map.split(|b| *b == b',').map(|text| std::str::from_utf8(text).ok()?.parse().ok()).collect::<Option<Vec<u64>>>()
    } else {
        Some(pax.sparse.clone())
    };
    let numbers = runs.filter(|numbers| numbers.len() % 2 == 0 && numbers.len() / 2 <= MAX_RUNS).ok_or_else(wrong)?;
    holes(numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect(), size, stored).map(Some)
}

/// Form 1.0: numbers, a line each, at the beginning of the content, filled up to a block.
fn numbers_ahead(stored: u64, blocks: &mut Blocks, before: &mut u64) -> io::Result<Vec<(u64, u64)>> {
    let mut text = Vec::new();
    let mut numbers: Vec<u64> = Vec::new();
    let mut wanted = None;
    while wanted.is_none_or(|wanted| numbers.len() < wanted) {
        let mut block = [0; BLOCK];
        if *before + BLOCK as u64 > stored {
            return Err(wrong());
        }
        blocks.read_exact(&mut block)?;
        *before += BLOCK as u64;
        text.extend_from_slice(&block);
        while let Some(end) = text.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = text.drain(..=end).collect();
            let number =
                std::str::from_utf8(&line).ok().and_then(|line| line.trim_end().parse::<u64>().ok()).ok_or_else(wrong)?;
            match wanted {
                None if number > MAX_RUNS as u64 => return Err(wrong()),
                None => wanted = Some(2 * number as usize),
                Some(_) => numbers.push(number),
            }
            if wanted.is_some_and(|wanted| numbers.len() >= wanted) {
                break;
            }
        }
        // No number has so many digits.
        if text.len() > 2 * BLOCK {
            return Err(wrong());
        }
    }
    Ok(numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
}

/// What lies between the runs of data, which must be in order and make up what is stored.
fn holes(runs: Vec<(u64, u64)>, size: u64, stored: u64) -> io::Result<Map> {
    let (mut holes, mut at, mut data) = (Vec::new(), 0u64, 0u64);
    for (offset, length) in runs {
        if offset < at {
            return Err(wrong());
        }
        if offset > at {
            holes.push((at, offset - at));
        }
        at = offset.checked_add(length).filter(|end| *end <= size).ok_or_else(wrong)?;
        data += length;
    }
    if at < size {
        holes.push((at, size - at));
    }
    if data != stored {
        return Err(wrong());
    }
    Ok(Map { size, holes })
}

fn wrong() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the map of a file with holes is wrong")
}
