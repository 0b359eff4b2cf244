//! An object goes from one destination's plan folder to another's.

use std::io::Write;

use sha2::{Digest, Sha256};

use super::Folder;
use crate::archive;
use crate::model::problem::Problem;
use crate::model::run::Cancel;
use crate::storage;

/// Why an object was not copied.
pub enum NotCopied {
    /// What lies at the source is not what it should be, or cannot be read there.
    Source(Problem),
    /// The target does not take it.
    Target(Problem),
    Cancelled,
}

/// What an object should be.
pub struct Sum<'a> {
    /// Bytes.
    pub size: u64,
    /// Hex; `None` where nothing tells it.
    pub sha256: Option<&'a str>,
}

impl Folder {
    /// Copies an object of the same name; see [`Self::take_in`].
    pub fn copy_from(
        &self,
        source: &Self,
        name: &str,
        sum: &Sum<'_>,
        cancel: &Cancel,
        each: &dyn Fn(u64),
    ) -> Result<String, NotCopied> {
        if source.storage.size(&source.full(name)).map_err(|e| NotCopied::Source(e.into()))? != sum.size {
            return Err(NotCopied::Source(archive::Error::damaged(name, "it has another size than it should have").into()));
        }
        self.take_in(name, sum, cancel, each, |take| source.storage.read_through(&source.full(name), 0, sum.size, take))
    }

    /// Takes in an object that `read` gives piece by piece; it appears here whole, and only if it is what it should be. Gives its SHA-256 in
    /// hex. `each` is told the bytes as they are written.
    pub fn take_in(
        &self,
        name: &str,
        sum: &Sum<'_>,
        cancel: &Cancel,
        each: &dyn Fn(u64),
        read: impl FnOnce(&mut storage::Take<'_>) -> Result<(), storage::Error>,
    ) -> Result<String, NotCopied> {
        let to = |error: storage::Error| NotCopied::Target(error.into());
        let mut upload = self.storage.create(&self.full(name)).map_err(to)?;
        let mut hash = Sha256::new();
        let mut write = |piece: &[u8]| {
            if cancel.should_end() {
                return Err(NotCopied::Cancelled);
            }
            hash.update(piece);
            self.reserve.spend(&*self.storage, name, piece.len() as u64).map_err(to)?;
            upload.write_all(piece).map_err(|e| to(storage::Error::from_io(name, e)))?;
            each(piece.len() as u64);
            Ok(())
        };
        let mut stopped = None;
        let read = read(&mut |piece| {
            write(piece).map_err(|why| {
                stopped = Some(why);
                storage::Error::new(storage::Kind::Cancelled, name, "not read on")
            })
        });
        match stopped {
            Some(why) => return Err(why),
            None => read.map_err(|e| NotCopied::Source(e.into()))?,
        }
        let hash = data_encoding::HEXLOWER.encode(&hash.finalize());
        if sum.sha256.is_some_and(|sha256| sha256 != hash) {
            return Err(NotCopied::Source(archive::Error::damaged(name, "its content is not what was written").into()));
        }
        upload.finish().map_err(to)?;
        Ok(hash)
    }
}
