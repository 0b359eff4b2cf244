//! The SHA-256 of what a server gives piece by piece.

use sha2::{Digest, Sha256};

use super::{Error, Kind};

/// `next` fills the front of the buffer and says how much of it, 0 at the end. `piece`: bytes at most at a time; a size that a server makes
/// up costs no memory. `each` is told them, and ends it where it answers `false`.
pub fn sha256(
    name: &str,
    size: u64,
    piece: usize,
    each: &mut dyn FnMut(u64) -> bool,
    next: &mut dyn FnMut(&mut [u8]) -> Result<usize, Error>,
) -> Result<[u8; 32], Error> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; piece.min(usize::try_from(size).unwrap_or(piece))];
    loop {
        let length = next(&mut buffer)?;
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { return Ok(hash.finalize().into()) };
        hash.update(bytes);
        if !each(length as u64) {
            return Err(Error::new(Kind::Cancelled, name, "cancelled"));
        }
    }
}
