//! The seal: authenticated encryption of an object in records, each of which opens on its own. Layout: `FORMAT.md`.

use super::Result;
use super::key::{KeyRing, PlanKey};
use crate::model::format::Cipher;

/// Longest header that is accepted.
pub const MAX_HEADER: usize = 512;
/// Bytes a record has beside its content: length and tag.
pub const RECORD_OVERHEAD: usize = 4 + 16;
/// Longest record content that is accepted: a frame's 8 MiB, and room for what does not compress.
pub const MAX_RECORD: usize = 16 << 20;

/// What an object is, bound into its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ObjectKind {
    Volume = 1,
    Catalog = 2,
}

/// An object's place, bound into its header, so that none can stand in for another.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    pub plan: [u8; 16],
    /// Run id.
    pub version: &'a str,
    /// File name within the run's folder.
    pub object: &'a str,
    pub kind: ObjectKind,
}

/// Seals one object.
pub struct Sealer;

impl Sealer {
    /// `salt` must be fresh for every object that is begun.
    pub fn new(_key: &PlanKey, _cipher: Cipher, _identity: Identity<'_>, _salt: [u8; 32]) -> Self {
        todo!()
    }

    /// What stands at the object's beginning.
    pub fn header(&self) -> &[u8] {
        todo!()
    }

    /// Turns `content` into the record that stands at `offset` of the object, in place: length, ciphertext, tag.
    pub fn seal(&self, _offset: u64, _last: bool, _content: &mut Vec<u8>) {
        todo!()
    }
}

/// Opens one object's records.
pub struct Opener;

impl Opener {
    /// Reads a header, which `bytes` begins with. `UnknownKey`, `NotSealed`, `Damaged` (also where the identity differs).
    pub fn new(_ring: &KeyRing, _bytes: &[u8], _identity: Identity<'_>, _name: &str) -> Result<Self> {
        todo!()
    }

    pub fn header_length(&self) -> usize {
        todo!()
    }

    /// Opens the record (length, ciphertext, tag) that stands at `offset`, in place: `record` becomes its content.
    /// Returns whether it is the object's last.
    pub fn open(&self, _offset: u64, _record: &mut Vec<u8>) -> Result<bool> {
        todo!()
    }
}

/// The whole length of the record whose first four bytes are given; `None` where it is out of bounds.
pub fn record_length(_prefix: [u8; 4]) -> Option<usize> {
    todo!()
}

/// HMAC-SHA256 over small objects (manifests and the like), by a key derived from the plan key.
pub fn mac(_key: &PlanKey, _bytes: &[u8]) -> [u8; 32] {
    todo!()
}
