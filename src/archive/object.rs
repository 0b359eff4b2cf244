//! What the archive needs of the place where a plan's objects lie: a handful of calls, so that any storage can be it.

use std::io::{self, Write};

use crate::model::catalog::VolumeRef;
use crate::model::format::Kind;
use crate::model::run::Cancel;
use crate::model::snapshot::VersionId;

/// Takes a piece of what is read through.
pub type Take<'a> = dyn FnMut(&[u8]) -> io::Result<()> + 'a;

/// A plan's folder at a destination. Names are relative to it: `data/20261121T200000Z-full-5f3a9c2e/v0001.tar.zst`.
pub trait Objects: Send + Sync {
    /// Size in bytes. `NotFound` where there is no such object.
    fn size(&self, name: &str) -> io::Result<u64>;

    /// Reads exactly `buffer.len()` bytes from `offset`. `UnexpectedEof` where the object is shorter.
    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Reads an object from `offset` to its byte `end`, one piece after the other; each is given to `take`, whose error ends it.
    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> io::Result<()>;

    /// Whether what lies one behind the other is better read through than piece by piece.
    fn is_streamed(&self) -> bool {
        false
    }

    /// Reads a small object whole. `FileTooLarge` where it is longer than `limit` bytes.
    fn read_all(&self, name: &str, limit: u64) -> io::Result<Vec<u8>> {
        let size = self.size(name)?;
        if size > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        // A size within the limit fits into memory.
        let mut bytes = vec![0; size as usize];
        self.read_at(name, 0, &mut bytes)?;
        Ok(bytes)
    }

    /// Begins an object. It appears under its name whole and durable when it is finished, else never.
    /// `AlreadyExists` where there is one: objects are written once.
    fn create(&self, name: &str) -> io::Result<Box<dyn ObjectWriter>>;
}

/// An object being written. Dropped unfinished it leaves nothing behind.
pub trait ObjectWriter: Write + Send {
    /// Told before the first byte: once the run is cancelled it ends, also in the midst of a piece or of its finish.
    fn ends_with(&mut self, cancel: &Cancel) {
        let _ = cancel;
    }
    /// Makes it durable, then visible.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// The folder of a run's objects.
pub fn run_folder(run: &VersionId) -> String {
    format!("data/{run}")
}

/// The full name of a volume: `data/<run>/v0001.tar.zst` and `.sealed` where it is.
pub fn volume_name(volume: &VolumeRef, kind: Kind, sealed: bool) -> String {
    format!("data/{}/{}", volume.run, volume_file_name(volume.number, kind, sealed))
}

pub fn volume_file_name(number: u32, kind: Kind, sealed: bool) -> String {
    format!("v{number:04}.{}{}", kind.extension(), if sealed { ".sealed" } else { "" })
}

/// The number of a volume by its file name, of whatever kind; `None` for all other names.
pub fn volume_number(name: &str, sealed: bool) -> Option<u32> {
    let number = name.strip_prefix('v')?.split('.').next()?.parse().ok().filter(|number| *number > 0)?;
    Kind::ALL.into_iter().any(|kind| volume_file_name(number, kind, sealed) == name).then_some(number)
}

/// The list of what a run wrote, within its folder.
pub const OBJECTS: &str = "objects.json";

/// Its full name.
pub fn objects_name(run: &VersionId) -> String {
    format!("{}/{OBJECTS}", run_folder(run))
}

pub fn catalog_file_name(sealed: bool) -> &'static str {
    if sealed { "catalog.jsonl.zst.sealed" } else { "catalog.jsonl.zst" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_known_by_their_names() {
        for sealed in [false, true] {
            for kind in Kind::ALL {
                assert_eq!(volume_number(&volume_file_name(12, kind, sealed), sealed), Some(12));
                assert_eq!(volume_number(&volume_file_name(12, kind, sealed), !sealed), None);
            }
        }
        assert_eq!(volume_file_name(12_345, Kind::ZipZstd, true), "v12345.zip.sealed");
        for name in ["v1.tar", "v0000.tar", "v0001", "v0001.rar", "v+001.tar", "catalog.jsonl.zst", "v0001.tar.zst.gz"] {
            assert_eq!(volume_number(name, false), None, "{name}");
        }
    }
}
