//! Members of a frame back into their contents.

use super::{DEFLATE, LOCAL, LOCAL_LENGTH, STORE, UTF8, ZSTD, get16, get32};
use crate::archive::codec::{Wrong, crc32, inflate, zstd};

/// Unpacks whole members and nothing else: their contents one after the other, of at most `limit` bytes together, into `out`, which is
/// empty.
pub fn unpack(frame: &[u8], limit: usize, zstd: &mut zstd::Decompressor, out: &mut Vec<u8>) -> Result<(), Wrong> {
    const CUT: Wrong = "a member of a zip is cut short";
    let mut rest = frame;
    let mut member = Vec::new();
    while !rest.is_empty() {
        let (header, after) = rest.split_at_checked(LOCAL_LENGTH).ok_or(CUT)?;
        if !header.starts_with(&LOCAL) {
            return Err("a member of a zip does not begin as one");
        }
        let short = |at| get16(header, at).ok_or(CUT);
        let long = |at| get32(header, at).ok_or(CUT);
        if short(6)? & !UTF8 != 0 {
            return Err("a member of a zip is not of the kind that is written here");
        }
        let (method, checksum, packed, size) = (short(8)?, long(14)?, long(18)? as usize, long(22)? as usize);
        let named = usize::from(short(26)?) + usize::from(short(28)?);
        let (data, after) = after.get(named..).and_then(|after| after.split_at_checked(packed)).ok_or(CUT)?;
        let begin = out.len();
        if size > limit - begin.min(limit) {
            return Err("a frame unpacks to more than is allowed");
        }
        match method {
            STORE if data.len() == size => out.extend_from_slice(data),
            DEFLATE => inflate(data, size, out)?,
            ZSTD => {
                let unpacked = zstd.decompress("", data, size, &mut member);
                if unpacked.is_err() || member.len() != size {
                    return Err("a member of a zip does not unpack by zstd");
                }
                out.extend_from_slice(&member);
            }
            _ => return Err("a member of a zip does not have a size or method that it can have"),
        }
        if crc32(out.get(begin..).unwrap_or_default()) != checksum {
            return Err("a member of a zip does not have the checksum it should have");
        }
        rest = after;
    }
    Ok(())
}
