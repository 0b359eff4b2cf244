//! An object goes from one destination's plan folder to another's.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Folder;
use crate::archive;
use crate::model::problem::Problem;
use crate::model::run::Cancel;
use crate::os::at::FileExt;
use crate::storage::{self, Kind};

/// Read at a time of a file: what the processor keeps at hand until it is summed and sent.
const PIECE: usize = 256 << 10;

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
    /// Copies an object of the same name; it appears here whole, and only if it is what it should be. Gives its SHA-256 in hex. `each` is told
    /// the bytes as they are written.
    pub fn copy_from(
        &self,
        source: &Self,
        name: &str,
        sum: &Sum<'_>,
        cancel: &Cancel,
        each: &dyn Fn(u64),
    ) -> Result<String, NotCopied> {
        let full = source.full(name);
        match source.storage.file(&full).map_err(|e| NotCopied::Source(e.into()))? {
            Some(file) if file.metadata().is_ok_and(|it| it.len() != sum.size) => {
                Err(NotCopied::Source(archive::Error::damaged(name, "it has another size than it should have").into()))
            }
            Some(file) => self.copy_file(&Arc::new(file), name, sum, cancel, each),
            // A server is not asked first how long it is: that costs the way there and back.
            None => {
                let read = |take: &mut storage::Take<'_>| source.storage.read_through(&full, 0, sum.size, take);
                self.take_in(None, name, sum, cancel, each, read)
            }
        }
    }

    /// The same of an object that lies in a file on this machine.
    pub fn copy_file(
        &self,
        file: &Arc<File>,
        name: &str,
        sum: &Sum<'_>,
        cancel: &Cancel,
        each: &dyn Fn(u64),
    ) -> Result<String, NotCopied> {
        self.take_in(Some(file), name, sum, cancel, each, |take| {
            storage::read_in_pieces(PIECE, 0, sum.size, take, |at, piece| {
                file.read_exact_at(piece, at).map_err(|e| storage::Error::from_read(name, e))
            })
        })
    }

    /// Takes in what `read` gives piece by piece. `file`: where the same lies.
    fn take_in(
        &self,
        file: Option<&Arc<File>>,
        name: &str,
        sum: &Sum<'_>,
        cancel: &Cancel,
        each: &dyn Fn(u64),
        read: impl FnOnce(&mut storage::Take<'_>) -> Result<(), storage::Error>,
    ) -> Result<String, NotCopied> {
        let to = |error: storage::Error| NotCopied::Target(error.into());
        let mut upload = self.storage.create(&self.full(name)).map_err(to)?;
        if let Some(file) = file {
            upload.lies_in(file);
        }
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
            None => read.map_err(|e| match e.kind {
                Kind::TooShort => NotCopied::Source(archive::Error::damaged(name, "it is shorter than it should be").into()),
                _ => NotCopied::Source(e.into()),
            })?,
        }
        let hash = data_encoding::HEXLOWER.encode(&hash.finalize());
        if sum.sha256.is_some_and(|sha256| sha256 != hash) {
            return Err(NotCopied::Source(archive::Error::damaged(name, "its content is not what was written").into()));
        }
        upload.finish().map_err(to)?;
        Ok(hash)
    }
}
