//! What a member's header says.

use crate::archive::zip::{get16, get32};
use crate::model::catalog::FileTime;

/// A member as the central directory, or a local header, tells of it.
#[derive(Clone, Debug, Default)]
pub struct Central {
    pub made_by: u16,
    pub flags: u16,
    pub method: u16,
    pub time: u16,
    pub date: u16,
    pub crc: u32,
    pub packed: u64,
    pub size: u64,
    pub attributes: u32,
    pub offset: u64,
    pub name: Vec<u8>,
    pub extra: Vec<u8>,
    /// Sizes and checksum follow the data, of which nothing more is known.
    pub open_ended: bool,
}

pub struct Facts {
    pub name: Vec<u8>,
    /// As Unix has it; 0 where it is not told.
    pub kind: u32,
    pub mode: u32,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub mtime: FileTime,
}

impl Facts {
    /// Why it is not made, where it is of such a kind.
    pub fn why_not_taken(&self) -> Option<&'static str> {
        match self.kind {
            0o020_000 | 0o060_000 => Some("it is a device, and a zip does not say which"),
            0o140_000 => Some("it is a socket, which its program makes anew"),
            _ => None,
        }
    }
}

pub const DESCRIPTOR: u16 = 1 << 3;
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const UTF8: u16 = 1 << 11;

impl Central {
    pub fn is_encrypted(&self) -> bool {
        self.flags & ENCRYPTED != 0 || self.method == 99
    }

    /// Whether its sizes or its checksum stand behind the data, and not here.
    pub fn is_described_behind(&self) -> bool {
        self.open_ended || self.flags & DESCRIPTOR != 0 && self.crc == 0
    }

    /// Takes sizes and offset out of zip64's field where the ordinary ones refer to it. `None` where it is too short.
    pub fn widen(&mut self) -> Option<()> {
        let Some(mut field) = find_extra(&self.extra, 1) else { return Some(()) };
        for value in [&mut self.size, &mut self.packed, &mut self.offset] {
            if *value == u64::from(u32::MAX) {
                let (wide, rest) = field.split_first_chunk::<8>()?;
                *value = u64::from_le_bytes(*wide);
                field = rest;
            }
        }
        Some(())
    }

    pub fn facts(&self) -> Facts {
        let on_unix = matches!(self.made_by >> 8, 3 | 19);
        let unix = if on_unix { self.attributes >> 16 } else { 0 };
        let is_folder = self.name.ends_with(b"/") || self.attributes & 0x10 != 0 && !on_unix;
        let kind = if is_folder { 0o040_000 } else { unix & 0o170_000 };
        let usual = if is_folder { 0o755 } else { 0o644 };
        let mode = if unix & 0o7777 == 0 { usual } else { unix & 0o7777 };
        let (uid, gid) = self.owner();
        Facts { name: self.file_name(), kind, mode, uid, gid, mtime: self.mtime() }
    }

    /// As bytes: UTF-8 where the archive says so or it is, else what MS-DOS has for them.
    fn file_name(&self) -> Vec<u8> {
        // Info-ZIP's name in UTF-8 counts where it was made for this name.
        if let Some([1, crc @ ..]) = find_extra(&self.extra, 0x7075)
            && let Some((crc, name)) = crc.split_first_chunk::<4>()
            && u32::from_le_bytes(*crc) == crate::archive::codec::crc32(&self.name)
        {
            return name.to_vec();
        }
        let by_dos = matches!(self.made_by >> 8, 0 | 6 | 10 | 11 | 14);
        let mut name = match by_dos && self.flags & UTF8 == 0 && std::str::from_utf8(&self.name).is_err() {
            true => self.name.iter().map(|b| cp437(*b)).collect::<String>().into_bytes(),
            false => self.name.clone(),
        };
        if by_dos && !name.contains(&b'/') {
            name.iter_mut().filter(|b| **b == b'\\').for_each(|b| *b = b'/');
        }
        name
    }

    fn owner(&self) -> (Option<u32>, Option<u32>) {
        if let Some([1, size, rest @ ..]) = find_extra(&self.extra, 0x7875) {
            let number = |bytes: &[u8]| bytes.iter().rev().try_fold(0u32, |n, b| n.checked_mul(256)?.checked_add(u32::from(*b)));
            let (uid, rest) = rest.split_at(usize::from(*size).min(rest.len()));
            if let Some((size, gid)) = rest.split_first()
                && let Some(gid) = gid.get(..usize::from(*size))
            {
                return (number(uid), number(gid));
            }
        }
        (None, None)
    }

    fn mtime(&self) -> FileTime {
        // NTFS: a field within the field, in tenths of microseconds since 1601.
        if let Some(field) = find_extra(&self.extra, 10)
            && let Some(times) = find_extra(field.get(4..).unwrap_or_default(), 1)
            && let Some((mtime, _)) = times.split_first_chunk::<8>()
        {
            let ticks = i64::from_le_bytes(*mtime);
            let seconds = ticks.div_euclid(10_000_000) - 11_644_473_600;
            return FileTime { seconds, nanos: (ticks.rem_euclid(10_000_000) * 100) as u32 };
        }
        if let Some([flags, time @ ..]) = find_extra(&self.extra, 0x5455)
            && flags & 1 != 0
            && let Some((seconds, _)) = time.split_first_chunk::<4>()
        {
            return FileTime { seconds: i32::from_le_bytes(*seconds).into(), nanos: 0 };
        }
        self.dos_time().unwrap_or_default()
    }

    /// Local time, as zip has it of old.
    fn dos_time(&self) -> Option<FileTime> {
        let field = |from: u16, bits: u16| i8::try_from(from & ((1 << bits) - 1)).ok();
        let (date, time) = (self.date, self.time);
        let year = 1980 + i16::try_from(date >> 9).ok()?;
        let at = jiff::civil::DateTime::new(
            year,
            field(date >> 5, 4)?,
            field(date, 5)?,
            field(time >> 11, 5)?,
            field(time >> 5, 6)?,
            field(time, 5)? * 2,
            0,
        );
        let at = at.ok()?.to_zoned(jiff::tz::TimeZone::system()).ok()?;
        Some(FileTime { seconds: at.timestamp().as_second(), nanos: 0 })
    }
}

/// The content of an extra field.
pub fn find_extra(mut extra: &[u8], id: u16) -> Option<&[u8]> {
    loop {
        let (found, length) = (get16(extra, 0)?, usize::from(get16(extra, 2)?));
        let field = extra.get(4..4 + length)?;
        if found == id {
            return Some(field);
        }
        extra = &extra[4 + length..];
    }
}

/// Fixed fields that local and central headers share, from `at` on.
pub fn common(header: &[u8], at: usize) -> Option<Central> {
    Some(Central {
        flags: get16(header, at)?,
        method: get16(header, at + 2)?,
        time: get16(header, at + 4)?,
        date: get16(header, at + 6)?,
        crc: get32(header, at + 8)?,
        packed: get32(header, at + 12)?.into(),
        size: get32(header, at + 16)?.into(),
        ..Central::default()
    })
}

/// MS-DOS's code page 437.
fn cp437(byte: u8) -> char {
    const UPPER: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
    match byte.checked_sub(128) {
        None => char::from(byte),
        Some(at) => UPPER.chars().nth(at.into()).unwrap_or('\u{fffd}'),
    }
}
