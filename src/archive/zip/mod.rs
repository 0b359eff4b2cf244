//! Zip volumes (PKWARE's APPNOTE 6.3.10), as bytes: members with everything that zip can say of a catalog entry.
//!
//! A frame is a run of whole members; unpacked it is their contents one after the other, so that a piece has its place in it as in any
//! other frame. Sizes are known before a header is written: there are no data descriptors. What the fields of a header cannot say
//! stands in Info-ZIP's extra fields: times (`UT`), owner and group (`ux`). The central directory is a volume's last frame.

mod directory;
mod members;
mod pack;
#[cfg(test)]
mod tests;
mod unpack;

pub use self::directory::Directory;
pub use self::members::{Mark, Members};
pub use self::pack::Packer;
pub use self::unpack::unpack;

/// Local file header: signature, and length of its fixed part.
pub(in crate::archive) const LOCAL: [u8; 4] = *b"PK\x03\x04";
pub(in crate::archive) const LOCAL_LENGTH: usize = 30;
/// Header in the central directory.
pub(in crate::archive) const CENTRAL: [u8; 4] = *b"PK\x01\x02";
pub(in crate::archive) const CENTRAL_LENGTH: usize = 46;

const STORE: u16 = 0;
const DEFLATE: u16 = 8;
const ZSTD: u16 = 93;

/// General purpose flag: the name is UTF-8.
const UTF8: u16 = 1 << 11;

/// The lowest version of a reader that takes a method; zip64 needs [`ZIP64_VERSION`].
fn version(method: u16) -> u16 {
    match method {
        STORE => 10,
        DEFLATE => 20,
        _ => 63,
    }
}

const ZIP64_VERSION: u16 = 45;
/// Made on Unix, by something that knows version 6.3.
const MADE_BY: u16 = 3 << 8 | 63;

fn put16(bytes: &mut [u8], at: usize, value: u16) {
    if let Some(field) = bytes.get_mut(at..at + 2) {
        field.copy_from_slice(&value.to_le_bytes());
    }
}

fn put32(bytes: &mut [u8], at: usize, value: u32) {
    if let Some(field) = bytes.get_mut(at..at + 4) {
        field.copy_from_slice(&value.to_le_bytes());
    }
}

pub(in crate::archive) fn get16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

pub(in crate::archive) fn get32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
