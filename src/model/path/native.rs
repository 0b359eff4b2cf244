//! Names between the bytes that we keep and what the system calls by.
//!
//! Unix takes any bytes. Windows takes 16-bit units that should be UTF-16 and need not be: as bytes they are UTF-8, with a lone
//! surrogate as the three bytes that UTF-8 would have for its number (WTF-8, <https://simonsapin.github.io/wtf-8/>).

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

/// As the system gives a name. On Windows, bytes that stand for none become `�`.
#[cfg(unix)]
pub(super) fn to_os(bytes: &[u8]) -> Cow<'_, OsStr> {
    Cow::Borrowed(std::os::unix::ffi::OsStrExt::from_bytes(bytes))
}

#[cfg(unix)]
pub(super) fn from_os(name: OsString) -> Vec<u8> {
    std::os::unix::ffi::OsStringExt::into_vec(name)
}

#[cfg(windows)]
pub(super) fn to_os(bytes: &[u8]) -> Cow<'_, OsStr> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(OsStr::new(text));
    }
    Cow::Owned(match to_wide(bytes) {
        Some(units) => std::os::windows::ffi::OsStringExt::from_wide(&units),
        None => OsString::from(String::from_utf8_lossy(bytes).into_owned()),
    })
}

#[cfg(windows)]
pub(super) fn from_os(name: OsString) -> Vec<u8> {
    slashed(match name.into_string() {
        Ok(text) => text.into_bytes(),
        Err(name) => from_wide(std::os::windows::ffi::OsStrExt::encode_wide(name.as_os_str())),
    })
}

/// The bytes of a path that was typed.
#[cfg(unix)]
pub(super) fn of_text(path: &str) -> Vec<u8> {
    path.as_bytes().to_vec()
}

#[cfg(windows)]
pub(super) fn of_text(path: &str) -> Vec<u8> {
    slashed(path.as_bytes().to_vec())
}

/// A path of Windows with the one of its two separators that is everybody's: no name there has either.
#[cfg(any(windows, test))]
pub(super) fn slashed(mut path: Vec<u8>) -> Vec<u8> {
    for byte in &mut path {
        if *byte == b'\\' {
            *byte = b'/';
        }
    }
    path
}

/// The bytes of a Windows name.
pub fn from_wide(units: impl IntoIterator<Item = u16>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(char) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(lone) => {
                let number = lone.unpaired_surrogate();
                bytes.extend_from_slice(&[
                    0xe0 | (number >> 12) as u8,
                    0x80 | (number >> 6 & 0x3f) as u8,
                    0x80 | (number & 0x3f) as u8,
                ]);
            }
        }
    }
    bytes
}

/// The name that Windows would give these bytes for; `None` where no name has them.
pub fn to_wide(bytes: &[u8]) -> Option<Vec<u16>> {
    let mut units: Vec<u16> = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        let wrong = match std::str::from_utf8(rest) {
            Ok(text) => {
                units.extend(text.encode_utf16());
                return Some(units);
            }
            Err(wrong) => wrong.valid_up_to(),
        };
        let (text, from) = rest.split_at(wrong);
        units.extend(std::str::from_utf8(text).ok()?.encode_utf16());
        let (lone, after) = from.split_first_chunk::<3>()?;
        let [0xed, middle @ 0xa0..=0xbf, last @ 0x80..=0xbf] = *lone else { return None };
        let number = 0xd000 | u16::from(middle & 0x3f) << 6 | u16::from(last & 0x3f);
        // A pair in two halves would be a second way to write one character.
        let is_second = (0xdc00..=0xdfff).contains(&number);
        if is_second && wrong == 0 && units.last().is_some_and(|before| (0xd800..=0xdbff).contains(before)) {
            return None;
        }
        units.push(number);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_come_back_whatever_they_are() {
        let cases: [&[u16]; 7] = [
            &[],
            &[0x61, 0xe4, 0x20ac],
            &[0xd83d, 0xde00],
            &[0xd83d],
            &[0xde00, 0xd83d, 0x61],
            &[0xd83d, 0xd83d, 0xde00, 0xde00],
            &[0xdfff, 0xd800],
        ];
        for units in cases {
            let bytes = from_wide(units.iter().copied());
            assert_eq!(to_wide(&bytes).as_deref(), Some(units), "{bytes:x?}");
        }
        for text in ["", "plain", "ä€😀"] {
            assert_eq!(from_wide(text.encode_utf16()), text.as_bytes());
        }
    }

    #[test]
    fn separators_are_one() {
        assert_eq!(slashed(br"C:\Users/u\".to_vec()), b"C:/Users/u/");
    }

    #[test]
    fn each_name_has_one_form() {
        // A pair as two surrogates, cut short, and what is no text at all.
        for bytes in [&b"\xed\xa0\xbd\xed\xb8\x80"[..], b"\xed\xa0", b"\xff", b"a\xe4b", b"\xc0\x80", b"\xed\xa0\x41"] {
            assert_eq!(to_wide(bytes), None, "{bytes:x?}");
        }
        assert_eq!(to_wide(b"\xed\xa0\xbd-\xed\xb8\x80").unwrap(), [0xd83d, 0x2d, 0xde00]);
    }
}
