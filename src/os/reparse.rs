//! What a reparse point of Windows says: where a symbolic link or a junction leads
//! (<https://learn.microsoft.com/openspecs/windows_protocols/ms-fscc>, 2.1.2).

use crate::model::path::from_wide;

pub(super) const SYMLINK: u32 = 0xa000_000c;
/// A junction, or the place where a volume is mounted.
pub(super) const JUNCTION: u32 = 0xa000_0003;
pub(super) const SOCKET: u32 = 0x8000_0023;

/// Whether it stands for something elsewhere; others are files and folders all the same, of which a filter gives the content (clouds,
/// deduplication).
#[cfg(windows)]
pub(super) fn is_elsewhere(tag: u32) -> bool {
    tag & 0x2000_0000 != 0
}

/// The target as people write it; `None` where it is neither, or not whole.
pub(super) fn target(data: &[u8]) -> Option<Vec<u8>> {
    let short = |at: usize| Some(usize::from(u16::from_le_bytes(*data.get(at..)?.first_chunk()?)));
    let names = match u32::from_le_bytes(*data.first_chunk()?) {
        SYMLINK => 20,
        JUNCTION => 16,
        _ => return None,
    };
    let name = |at: usize| {
        let (start, length) = (names + short(at)?, short(at + 2)?);
        let (units, rest) = data.get(start..start + length)?.as_chunks::<2>();
        rest.is_empty().then(|| from_wide(units.iter().map(|unit| u16::from_le_bytes(*unit))))
    };
    // The name to show, or else the one that the system goes by.
    let shown = name(12)?;
    if !shown.is_empty() {
        return Some(shown);
    }
    let path = name(8)?;
    match path.strip_prefix(br"\??\") {
        // A volume without a letter has no shorter name.
        Some(volume) if volume.starts_with(b"Volume{") => Some([br"\\?\", volume].concat()),
        Some(path) => Some(path.strip_prefix(br"UNC\").map_or(path.to_vec(), |share| [br"\\", share].concat())),
        None => Some(path),
    }
    .filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(tag: u32, path: &str, shown: &str) -> Vec<u8> {
        let bytes = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let (path, shown) = (bytes(path), bytes(shown));
        let mut data = tag.to_le_bytes().to_vec();
        data.extend_from_slice(&[0; 4]);
        for number in [0, path.len(), path.len(), shown.len()] {
            data.extend_from_slice(&(number as u16).to_le_bytes());
        }
        if tag == SYMLINK {
            data.extend_from_slice(&[0; 4]);
        }
        [data, path, shown].concat()
    }

    #[test]
    fn targets_are_those_that_people_see() {
        let of = |tag, path, shown| target(&data(tag, path, shown)).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(of(SYMLINK, r"\??\C:\a", r"C:\a").unwrap(), r"C:\a");
        assert_eq!(of(SYMLINK, r"..\ä", r"..\ä").unwrap(), r"..\ä");
        assert_eq!(of(JUNCTION, r"\??\C:\a", "").unwrap(), r"C:\a");
        assert_eq!(of(JUNCTION, r"\??\UNC\server\share", "").unwrap(), r"\\server\share");
        assert_eq!(of(JUNCTION, r"\??\Volume{1}\", "").unwrap(), r"\\?\Volume{1}\");
        assert_eq!(of(SOCKET, "a", "a"), None);
        assert_eq!(of(SYMLINK, "", ""), None);
    }

    #[test]
    fn what_is_cut_short_is_none() {
        let whole = data(SYMLINK, "a", "abc");
        for length in 0..whole.len() {
            assert_eq!(target(&whole[..length]), None, "{length}");
        }
        let mut long = whole;
        long[14] = 0xff;
        assert_eq!(target(&long), None);
    }
}
