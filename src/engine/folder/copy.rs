//! An object goes from one destination's plan folder to another's.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use super::Folder;
use crate::archive;
use crate::archive::sums::{Copied, CopySum};
use crate::model::problem::Problem;
use crate::model::run::Cancel;
use crate::model::snapshot::ObjectInfo;
use crate::os::at::FileExt;
use crate::storage::stop::Stop;
use crate::storage::{self, Kind};

/// Read at a time of a file: what the processor keeps at hand until it is summed and sent.
const PIECE: usize = 256 << 10;

/// Why an object was not copied.
pub enum NotCopied {
    /// What lies at the source is not what it should be, or cannot be read there.
    Source(Problem),
    /// The target does not take it.
    Target(Problem),
    /// The target has one of that name.
    There(Problem),
    Cancelled,
}

/// What an object should be.
#[derive(Clone, Copy)]
pub enum Should<'a> {
    Be(&'a ObjectInfo),
    /// Nothing tells it yet but its size in bytes.
    Have(u64),
}

impl Should<'_> {
    fn size(self) -> u64 {
        match self {
            Self::Be(info) => info.size,
            Self::Have(size) => size,
        }
    }

    /// The sum to check a file of this machine by: against reading wrongly the cheaper one does.
    fn sum_of_file(self) -> CopySum {
        match self {
            Self::Be(ObjectInfo { crc64nvme: None, .. }) => CopySum::sha256(),
            Self::Be(_) | Self::Have(_) => CopySum::crc64nvme(),
        }
    }
}

impl Folder {
    /// Copies an object of the same name; it appears here whole, and only if it is what it should be. What a server gives is checked by
    /// SHA-256: it could be forged. `each` is told the bytes as they are written.
    pub fn copy_from(
        &self,
        source: &Self,
        name: &str,
        should: Should<'_>,
        cancel: &Cancel,
        each: &dyn Fn(u64),
    ) -> Result<Copied, NotCopied> {
        let full = source.full(name);
        match source.storage.file(&full).map_err(|e| NotCopied::Source(e.into()))? {
            Some(file) if file.metadata().is_ok_and(|it| it.len() != should.size()) => {
                Err(NotCopied::Source(archive::Error::damaged(name, "it has another size than it should have").into()))
            }
            Some(file) => self.copy_file(&Arc::new(file), name, should, cancel, each),
            // A server is not asked first how long it is: that costs the way there and back.
            None => {
                let read = |take: &mut storage::Take<'_>| source.storage.read_through(&full, 0, should.size(), take);
                self.take_in(None, name, (should, CopySum::sha256()), cancel, each, read)
            }
        }
    }

    /// Whether an object here is what it should be, and can be read. Reads all of it.
    pub fn check(&self, name: &str, info: &ObjectInfo, cancel: &Cancel) -> Result<(), NotCopied> {
        let full = self.full(name);
        let mut sum = match self.storage.file(&full).map_err(|e| NotCopied::Source(e.into()))? {
            Some(_) => Should::Be(info).sum_of_file(),
            None => CopySum::sha256(),
        };
        let read = self.storage.read_through(&full, 0, info.size, &mut |piece| match cancel.should_end() {
            true => Err(storage::Error::new(storage::Kind::Cancelled, name, "not read on")),
            false => {
                sum.update(piece);
                Ok(())
            }
        });
        match read {
            Ok(()) if sum.finish().is(info) => Ok(()),
            Ok(()) => Err(NotCopied::Source(archive::Error::damaged(name, "its content is not what was written").into())),
            Err(error) if error.kind == Kind::Cancelled => Err(NotCopied::Cancelled),
            Err(error) => Err(NotCopied::Source(error.into())),
        }
    }

    /// The same of an object that lies in a file on this machine.
    pub fn copy_file(
        &self,
        file: &Arc<File>,
        name: &str,
        should: Should<'_>,
        cancel: &Cancel,
        each: &dyn Fn(u64),
    ) -> Result<Copied, NotCopied> {
        self.take_in(Some(file), name, (should, should.sum_of_file()), cancel, each, |take| {
            storage::read_in_pieces(PIECE, 0, should.size(), take, |at, piece| {
                file.read_exact_at(piece, at).map_err(|e| storage::Error::from_read(name, e))
            })
        })
    }

    /// Takes in what `read` gives piece by piece. `file`: where the same lies.
    fn take_in(
        &self,
        file: Option<&Arc<File>>,
        name: &str,
        (should, mut sum): (Should<'_>, CopySum),
        cancel: &Cancel,
        each: &dyn Fn(u64),
        read: impl FnOnce(&mut storage::Take<'_>) -> Result<(), storage::Error>,
    ) -> Result<Copied, NotCopied> {
        let to = |error: storage::Error| match error.kind {
            Kind::Cancelled => NotCopied::Cancelled,
            Kind::AlreadyExists => NotCopied::There(error.into()),
            _ => NotCopied::Target(error.into()),
        };
        let stop = Stop::of(cancel);
        let mut upload = stop.during(|| self.storage.create(&self.full(name))).map_err(to)?;
        if let Some(file) = file {
            upload.lies_in(file);
        }
        let mut write = |piece: &[u8]| {
            if cancel.should_end() {
                return Err(NotCopied::Cancelled);
            }
            sum.update(piece);
            self.reserve.spend(&*self.storage, name, piece.len() as u64).map_err(to)?;
            stop.during(|| upload.write_all(piece).map_err(|e| storage::Error::from_io(name, e))).map_err(to)?;
            each(piece.len() as u64);
            Ok(())
        };
        let mut stopped = None;
        let read = stop.during(|| {
            read(&mut |piece| {
                write(piece).map_err(|why| {
                    stopped = Some(why);
                    storage::Error::new(storage::Kind::Cancelled, name, "not read on")
                })
            })
        });
        match stopped {
            Some(why) => return Err(why),
            None => read.map_err(|e| match e.kind {
                Kind::Cancelled => NotCopied::Cancelled,
                Kind::TooShort => NotCopied::Source(archive::Error::damaged(name, "it is shorter than it should be").into()),
                _ => NotCopied::Source(e.into()),
            })?,
        }
        let copied = sum.finish();
        if let Should::Be(info) = should
            && !copied.is(info)
        {
            return Err(NotCopied::Source(archive::Error::damaged(name, "its content is not what was written").into()));
        }
        stop.during(|| upload.finish()).map_err(to)?;
        Ok(copied)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::archive::object::Objects;
    use crate::model::marker::{self, Marker};
    use crate::model::plan::PlanId;
    use crate::storage::faulty::Faulty;
    use crate::storage::local::Local;

    /// At a server that does not come back.
    fn folder(root: &tempfile::TempDir) -> Folder {
        let marker = Marker {
            format: marker::FORMAT,
            kind: Marker::KIND.into(),
            plan: PlanId::from_random([1; 16]),
            name: "Files".into(),
            machine: "here".into(),
            sealed: false,
            created: Timestamp::UNIX_EPOCH,
            readme_sha256: String::new(),
            recover_sha256: None,
        };
        let storage = Arc::new(Faulty::waiting(Arc::new(Local::open(root.path()).unwrap())));
        Folder { storage, name: "files".into(), marker, unmarked: None, reserve: Arc::default() }
    }

    #[test]
    fn a_copy_that_is_cancelled_does_not_wait_for_a_server() {
        let root = tempfile::tempdir().unwrap();
        let file = Arc::new(tempfile::tempfile().unwrap());
        (&*file).write_all(b"bytes").unwrap();
        let cancel = Cancel::default();
        let copied = folder(&root).copy_file(&file, "data/v1", Should::Have(5), &cancel, &|_| cancel.cancel());
        assert!(matches!(copied, Err(NotCopied::Cancelled)));
    }

    #[test]
    fn neither_does_an_object_that_is_being_written() {
        let root = tempfile::tempdir().unwrap();
        let cancel = Cancel::default();
        let mut writer = Objects::create(&folder(&root), "data/v1").unwrap();
        writer.ends_with(&cancel);
        writer.write_all(b"bytes").unwrap();
        cancel.cancel();
        let error = storage::Error::from_io("data/v1", writer.finish().unwrap_err());
        assert_eq!(error.kind, Kind::Cancelled);
    }
}
