//! A header block.

use super::BLOCK;

/// Fields of a header whose checksum fits.
pub struct Header<'a>(&'a [u8; BLOCK]);

/// What the header of one of GNU's old sparse files says of it.
pub struct OldSparse {
    /// Offset and length of the first runs of data.
    pub runs: Vec<(u64, u64)>,
    /// There are more of them in the next block.
    pub goes_on: bool,
    /// Of the file, with its holes.
    pub size: u64,
}

/// Whether a block is a header: its checksum fits, by unsigned or, as some old programs have it, signed bytes.
pub fn is_header(block: &[u8]) -> bool {
    let Some(told) = block.get(148..156).and_then(octal) else { return false };
    let byte = |(at, b): (usize, &u8)| if (148..156).contains(&at) { b' ' } else { *b };
    let unsigned: u64 = block.iter().enumerate().map(|b| u64::from(byte(b))).sum();
    let signed: i64 = block.iter().enumerate().map(|b| i64::from(byte(b) as i8)).sum();
    told == unsigned || i64::try_from(told) == Ok(signed)
}

impl<'a> Header<'a> {
    pub fn parse(block: &'a [u8; BLOCK]) -> Option<Self> {
        is_header(block).then_some(Self(block))
    }

    fn field(&self, at: usize, length: usize) -> &'a [u8] {
        self.0.get(at..at + length).unwrap_or_default()
    }

    pub fn flag(&self) -> u8 {
        self.0[156]
    }

    fn is_gnu(&self) -> bool {
        self.field(257, 8) == b"ustar  \0"
    }

    fn is_ustar(&self) -> bool {
        self.field(257, 6) == b"ustar\0"
    }

    pub fn path(&self) -> Vec<u8> {
        let name = text(self.field(0, 100));
        let prefix = if self.is_ustar() { text(self.field(345, 155)) } else { &[] };
        if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
    }

    /// Whether the name fills its field, as one does that stands whole elsewhere.
    pub fn name_may_be_cut(&self) -> bool {
        !self.field(0, 100).contains(&0)
    }

    pub fn link_may_be_cut(&self) -> bool {
        !self.field(157, 100).contains(&0)
    }

    pub fn link(&self) -> Vec<u8> {
        text(self.field(157, 100)).to_vec()
    }

    pub fn size(&self) -> Option<u64> {
        number(self.field(124, 12)).and_then(|size| u64::try_from(size).ok())
    }

    pub fn mode(&self) -> u32 {
        small(self.field(100, 8))
    }

    pub fn uid(&self) -> u32 {
        small(self.field(108, 8))
    }

    pub fn gid(&self) -> u32 {
        small(self.field(116, 8))
    }

    pub fn mtime(&self) -> i64 {
        number(self.field(136, 12)).unwrap_or(0)
    }

    pub fn device(&self) -> (u32, u32) {
        (small(self.field(329, 8)), small(self.field(337, 8)))
    }

    pub fn old_sparse(&self) -> Option<OldSparse> {
        if self.flag() != b'S' || !self.is_gnu() {
            return None;
        }
        let size = number(self.field(483, 12)).and_then(|size| u64::try_from(size).ok())?;
        Some(OldSparse { runs: pairs(self.field(386, 96))?, goes_on: self.0[482] != 0, size })
    }
}

/// Offsets and lengths, 12 bytes each, up to the first that is empty.
pub fn pairs(bytes: &[u8]) -> Option<Vec<(u64, u64)>> {
    let mut found = Vec::new();
    for pair in bytes.chunks_exact(24) {
        if pair[0] == 0 || pair[12] == 0 {
            break;
        }
        let value = |field: &[u8]| number(field).and_then(|value| u64::try_from(value).ok());
        found.push((value(&pair[..12])?, value(&pair[12..])?));
    }
    Some(found)
}

fn text(field: &[u8]) -> &[u8] {
    field.split(|b| *b == 0).next().unwrap_or_default()
}

fn small(field: &[u8]) -> u32 {
    number(field).and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.iter().skip_while(|b| **b == b' ').take_while(|b| !matches!(**b, b' ' | 0));
    let mut value = 0u64;
    for digit in digits {
        if !(b'0'..=b'7').contains(digit) {
            return None;
        }
        value = value.checked_mul(8)?.checked_add(u64::from(digit - b'0'))?;
    }
    Some(value)
}

/// Octal digits, or where the highest bit is set a number of many bytes, as GNU and star have it.
pub fn number(field: &[u8]) -> Option<i64> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 == 0 {
        return octal(field).and_then(|value| i64::try_from(value).ok());
    }
    let negative = *first == 0xff;
    if !negative && *first != 0x80 {
        return None;
    }
    let mut value: i64 = if negative { -1 } else { 0 };
    for byte in rest {
        value = value.checked_mul(256)?.checked_add(i64::from(*byte))?;
    }
    Some(value)
}
