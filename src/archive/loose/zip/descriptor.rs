//! What stands behind a member's data where whoever wrote its header did not know sizes or checksum yet (APPNOTE 4.3.9): found by the
//! length that it tells, which is that of the data before it.

use std::io::{self, Read};

use flate2::Crc;

use super::super::Input;
use super::super::unpack::{bytes_at, go};
use crate::archive::zip::{CENTRAL, LOCAL, get32};
use crate::model::run::Cancel;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    pub crc: u32,
    /// Of the data, and of what it unpacks to.
    pub packed: u64,
    pub size: u64,
    /// Where in the file what follows begins.
    pub end: u64,
}

const MAGIC: &[u8; 4] = b"PK\x07\x08";
/// Magic, checksum and two sizes of 64 bits.
const LONGEST: usize = 24;
/// And the magic of what follows.
const SEEN: usize = LONGEST + 4;

/// The descriptor that `bytes` begin with, where there is one of data of this length; `end` is counted from its beginning. `stored`: what
/// the data unpacks to is as long.
fn fits(bytes: &[u8], length: u64, stored: bool) -> Option<Descriptor> {
    let mut likely = None;
    // With or without its magic, in 32 or 64 bits: nothing says which.
    for (start, width) in [(4, 4), (4, 8), (0, 4), (0, 8)] {
        if start > 0 && !bytes.starts_with(MAGIC) {
            continue;
        }
        let number = |at: usize| match width {
            4 => get32(bytes, at).map(u64::from),
            _ => bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes),
        };
        let (Some(crc), Some(packed), Some(size)) = (get32(bytes, start), number(start + 4), number(start + 4 + width)) else {
            continue;
        };
        if packed != length || stored && size != length {
            continue;
        }
        let end = start + 4 + 2 * width;
        let found = Descriptor { crc, packed, size, end: end as u64 };
        if is_followed(bytes.get(end..).unwrap_or_default()) {
            return Some(found);
        }
        // What follows may be damaged. The upper half of a wide length is no size.
        let is_half = width == 4 && size == 0 && length > 0;
        if start > 0 && !is_half {
            likely = likely.or(Some(found));
        }
    }
    likely
}

/// Whether a member, the directory or the end of the file comes next.
fn is_followed(after: &[u8]) -> bool {
    match after.get(..4) {
        Some(magic) => magic == LOCAL || magic == CENTRAL || matches!(magic, b"PK\x05\x06" | b"PK\x06\x06" | b"PK\x06\x08"),
        None => LOCAL.starts_with(after) || CENTRAL.starts_with(after),
    }
}

/// The descriptor right behind data of a known length.
pub fn at(input: &mut Input, data: u64, length: u64, stored: bool) -> io::Result<Option<Descriptor>> {
    let Some(place) = data.checked_add(length).filter(|place| *place < input.get_ref().length()) else { return Ok(None) };
    let bytes = bytes_at(input, place, SEEN as u64)?.unwrap_or_default();
    Ok(fits(&bytes, length, stored).map(|found| Descriptor { end: place + found.end, ..found }))
}

/// Looks for the descriptor of data that begins at `data`, through `most` bytes. `stored`: the data is the content itself, so that the
/// checksum must be its. `Interrupted`: cancelled.
pub fn find(input: &mut Input, data: u64, stored: bool, most: u64, cancel: &Cancel) -> io::Result<Option<Descriptor>> {
    // Most members are small.
    let mut step = 4 << 10;
    let (mut window, mut passed) = (Vec::new(), 0u64);
    // Of the data up to `summed` in the window.
    let (mut crc, mut summed) = (Crc::new(), 0);
    go(input, data)?;
    loop {
        if cancel.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let before = window.len();
        match input.by_ref().take(step).read_to_end(&mut window) {
            Err(error) if super::is_damage(&error) => return Ok(None),
            read => _ = read?,
        }
        step = (2 * step).min(1 << 20);
        let ended = window.len() == before;
        let last = if ended { window.len() } else { window.len().saturating_sub(SEEN) };
        for offset in 0..last {
            let Some(bytes) = window.get(offset..) else { break };
            let length = passed + offset as u64;
            // Mostly it is told by the lower half of a length already that it is none.
            let half = Some(length as u32);
            if get32(bytes, 4) != half && get32(bytes, 8) != half {
                continue;
            }
            let Some(found) = fits(bytes.get(..SEEN).unwrap_or(bytes), length, stored) else { continue };
            if stored {
                crc.update(window.get(summed..offset).unwrap_or_default());
                summed = offset;
                if crc.sum() != found.crc {
                    continue;
                }
            }
            return Ok(Some(Descriptor { end: data + length + found.end, ..found }));
        }
        if ended || passed > most {
            return Ok(None);
        }
        if stored {
            crc.update(window.get(summed..last).unwrap_or_default());
            summed = 0;
        }
        window.drain(..last);
        passed += last as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::loose::Plain;
    use crate::archive::loose::unpack::input_of;

    fn input(bytes: &[u8]) -> Input {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, bytes).unwrap();
        input_of(Box::new(Plain::new(file).unwrap()))
    }

    fn descriptor(magic: bool, wide: bool, crc: u32, packed: u64, size: u64) -> Vec<u8> {
        let mut out = if magic { MAGIC.to_vec() } else { Vec::new() };
        out.extend(crc.to_le_bytes());
        for number in [packed, size] {
            out.extend(&number.to_le_bytes()[..if wide { 8 } else { 4 }]);
        }
        out
    }

    fn sum(bytes: &[u8]) -> u32 {
        let mut crc = Crc::new();
        crc.update(bytes);
        crc.sum()
    }

    #[test]
    fn each_form_is_found_behind_data_of_any_length() {
        for length in [0, 1, 11, 4096, 4097, 300_000] {
            let data: Vec<u8> = (0..length).map(|n| (n * 7 + n / 251) as u8).collect();
            for (magic, wide) in [(true, false), (true, true), (false, false), (false, true)] {
                for (stored, size) in [(true, length as u64), (false, 0), (false, 77)] {
                    let own = descriptor(magic, wide, sum(&data), length as u64, size);
                    let wanted =
                        Descriptor { crc: sum(&data), packed: length as u64, size, end: 9 + (length + own.len()) as u64 };
                    for after in [&b"PK\x03\x04rest"[..], b"PK\x01\x02rest", b""] {
                        let mut input = input(&[b"in front ", &data[..], &own, after].concat());
                        let what = format!("{length} {magic} {wide} {stored} {after:?}");
                        let found = find(&mut input, 9, stored, u64::MAX, &Cancel::default()).unwrap();
                        assert_eq!(found, Some(wanted), "{what}");
                        assert_eq!(at(&mut input, 9, length as u64, stored).unwrap(), Some(wanted), "{what}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_only_looks_like_one_is_passed_over() {
        // A zip in a zip: its members' descriptors tell of their own data, and one of a length that fits by chance has another checksum.
        let mut data = [b"PK\x03\x04 inner".to_vec(), b"text".to_vec(), descriptor(true, false, sum(b"text"), 4, 4)].concat();
        let length = data.len() as u64;
        data.extend(descriptor(true, false, 1, length, length));
        let own = descriptor(true, false, sum(&data), data.len() as u64, data.len() as u64);
        let mut input = input(&[&data[..], &own, b"PK\x03\x04"].concat());
        let found = find(&mut input, 0, true, u64::MAX, &Cancel::default()).unwrap();
        assert_eq!(found.map(|found| found.packed), Some(data.len() as u64));
        let cancel = Cancel::default();
        cancel.cancel();
        assert_eq!(find(&mut input, 0, true, u64::MAX, &cancel).unwrap_err().kind(), io::ErrorKind::Interrupted);
    }
}
