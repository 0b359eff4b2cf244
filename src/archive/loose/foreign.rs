//! What other programs pack by, known by its first bytes so that nothing is looked for in it: members of a tar lie in the stored blocks of an
//! xz file as well, but not in one piece.

use crate::model::foreign::Foreign;

/// Formats whose files begin with bytes that nothing else begins with.
const MAGICS: [(Foreign, &[u8]); 14] = [
    (Foreign::Xz, b"\xfd7zXZ\0"),
    (Foreign::Lzip, b"LZIP\x01"),
    (Foreign::Lzop, b"\x89LZO\0\r\n\x1a\n"),
    (Foreign::OldLz4, b"\x02\x21\x4c\x18"),
    (Foreign::Lrzip, b"LRZI\0"),
    (Foreign::Snappy, b"\xff\x06\0\0sNaPpY"),
    (Foreign::SevenZip, b"7z\xbc\xaf\x27\x1c"),
    (Foreign::Rar, b"Rar!\x1a\x07"),
    (Foreign::Cab, b"MSCF\0\0\0\0"),
    (Foreign::Ar, b"!<arch>\n"),
    (Foreign::Rpm, b"\xed\xab\xee\xdb"),
    (Foreign::Xar, b"xar!\0\x1c"),
    (Foreign::Wim, b"MSWIM\0\0\0"),
    (Foreign::Squashfs, b"hsqs"),
];

/// What a file is that begins so.
pub fn of_head(head: &[u8]) -> Option<Foreign> {
    let by_magic = MAGICS.iter().find(|(_, magic)| head.starts_with(magic)).map(|(foreign, _)| *foreign);
    by_magic.or_else(|| match head {
        // The most bits of a code, and two that are not used.
        [0x1f, 0x9d, flags, ..] if flags & 0x60 == 0 && (9..=16).contains(&(flags & 0x1f)) => Some(Foreign::Compress),
        [_, _, b'-', b'l', b'h' | b'z', _, b'-', ..] => Some(Foreign::Lha),
        // Numbers follow, without anything between them.
        [b'0', b'7', b'0', b'7', b'0', b'1' | b'2' | b'7', rest @ ..]
            if rest.get(..24).is_some_and(|numbers| numbers.iter().all(u8::is_ascii_hexdigit)) =>
        {
            Some(Foreign::Cpio)
        }
        _ if is_lzma(head) => Some(Foreign::Lzma),
        _ => None,
    })
}

/// It has no magic, but its usual properties, a size of the dictionary, and a size that is not known or can be.
fn is_lzma(head: &[u8]) -> bool {
    let [0x5d, d0, d1, d2, d3, size @ ..] = head else { return false };
    let dictionary = u32::from_le_bytes([*d0, *d1, *d2, *d3]);
    let round =
        dictionary >= 1 << 12 && (dictionary.is_power_of_two() || dictionary % 3 == 0 && (dictionary / 3).is_power_of_two());
    let size = size.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    (round || dictionary == u32::MAX) && size.is_some_and(|size| size == u64::MAX || size < 1 << 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_beginnings_count() {
        for (foreign, magic) in MAGICS {
            assert_eq!(of_head(magic), Some(foreign));
            assert_eq!(of_head(&[magic, b"more"].concat()), Some(foreign));
            assert_ne!(of_head(&magic[..magic.len() - 1]), Some(foreign));
        }
        assert_eq!(of_head(b"\x1f\x9d\x90\x01"), Some(Foreign::Compress));
        assert_eq!(of_head(b"\x1f\x9d\xff\x01"), None);
        assert_eq!(of_head(b"\x20\x41-lh5-\x01"), Some(Foreign::Lha));
        assert_eq!(of_head(b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0"), Some(Foreign::Lzma));
        assert_eq!(of_head(b"\x5d\0\0\xa0\0\xff\xff\xff\xff\xff\xff\xff\xff\0"), None);
        assert_eq!(of_head(b"07070100000bad000081a4000003e8000003e8"), Some(Foreign::Cpio));
        for other in [&b""[..], b"]", b"070701 at noon, and more than thirty bytes", b"text", b"\0\0\0\0", b"PK\x03\x04"] {
            assert_eq!(of_head(other), None);
        }
    }
}
