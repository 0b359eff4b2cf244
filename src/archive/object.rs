//! What the archive needs of the place where a plan's objects lie: a handful of calls, so that any storage can be it.

use std::io::{self, Write};

/// A plan's folder at a destination. Names are relative to it: `data/20261121T200000Z-full-5f3a9c2e/v0001.tar.zst`.
pub trait Objects: Send + Sync {
    /// Size in bytes. `NotFound` where there is no such object.
    fn size(&self, name: &str) -> io::Result<u64>;

    /// Reads exactly `buffer.len()` bytes from `offset`. `UnexpectedEof` where the object is shorter.
    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Begins an object. It appears under its name whole and durable when it is finished, else never.
    /// `AlreadyExists` where there is one: objects are written once.
    fn create(&self, name: &str) -> io::Result<Box<dyn ObjectWriter>>;
}

/// An object being written. Dropped unfinished it leaves nothing behind.
pub trait ObjectWriter: Write + Send {
    /// Makes it durable, then visible.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// The folder of a run's objects.
pub fn run_folder(run: &crate::model::snapshot::VersionId) -> String {
    format!("data/{run}")
}

/// The full name of a volume: `data/<run>/v0001.tar.zst` and `.sealed` where it is.
pub fn volume_name(volume: &crate::model::catalog::VolumeRef, sealed: bool) -> String {
    format!("data/{}/{}", volume.run, volume_file_name(volume.number, sealed))
}

pub fn volume_file_name(number: u32, sealed: bool) -> String {
    format!("v{number:04}.tar.zst{}", if sealed { ".sealed" } else { "" })
}

pub fn catalog_file_name(sealed: bool) -> &'static str {
    if sealed { "catalog.jsonl.zst.sealed" } else { "catalog.jsonl.zst" }
}
