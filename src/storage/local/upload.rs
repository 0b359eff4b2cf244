//! An object being written into a folder.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::os::durable::sync_folder;
use crate::os::folder::Folder;
use crate::os::reason::Reason;
use crate::os::stat::stat;
use crate::storage::{Error, Kind, Upload, name};

/// Small writes are gathered to this size; bigger ones pass through.
const BUFFER: usize = 256 << 10;
/// Names that are tried for what is not done yet: more than ever are left.
const TRIES: usize = 1000;

pub(super) struct LocalUpload {
    /// For errors.
    name: String,
    folder: Folder,
    temporary: String,
    last: String,
    /// `None` once finished.
    file: Option<BufWriter<File>>,
}

impl LocalUpload {
    /// `folder`: where the object will lie.
    pub(super) fn begin(name: &str, folder: Folder) -> Result<Self, Error> {
        let failed = |e: io::Error| Error::from_io(name, e);
        let last = name::split(name).1.to_string();
        if stat(&folder, &last).is_ok() {
            return Err(failed(Reason::Exists.into()));
        }
        let (temporary, file) = unused(|temporary| folder.new_file(temporary, 0o600)).map_err(failed)?;
        let file = Some(BufWriter::with_capacity(BUFFER, file));
        Ok(Self { name: name.into(), folder, temporary, last, file })
    }
}

/// What `new` makes under a name that nothing has, and that name.
fn unused<T>(mut new: impl FnMut(&str) -> io::Result<T>) -> io::Result<(String, T)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    for _ in 0..TRIES {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let temporary = format!("{}{:x}-{number:x}", name::TEMPORARY, std::process::id());
        match new(&temporary) {
            Ok(made) => return Ok((temporary, made)),
            // Left by a process that died, or another machine's.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    // Not `AlreadyExists`: that would say it of the object.
    Err(io::Error::other("the file system says of every new name that it exists already"))
}

impl Write for LocalUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.file {
            Some(file) => file.write(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Upload for LocalUpload {
    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        let failed = |e: io::Error| Error::from_io(&self.name, e);
        let Some(file) = &mut self.file else {
            return Err(Error::new(Kind::Other, &self.name, "already finished"));
        };
        file.flush().map_err(failed)?;
        // Before the rename: a name must never stand for bytes that a power cut can still take.
        file.get_ref().sync_all().map_err(failed)?;
        self.folder.rename_new(&self.temporary, &self.folder, &self.last).map_err(failed)?;
        self.file = None;
        sync_folder(&self.folder).map_err(|e| Error::from_io(&self.name, e))
    }
}

impl Drop for LocalUpload {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            // What is still in the buffer need not be written any more.
            drop(file.into_parts());
            let _ = self.folder.remove_file(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_something_has_are_passed_over_but_not_for_ever() {
        let mut tried = Vec::new();
        let made = unused(|name| {
            tried.push(name.to_owned());
            if tried.len() > 100 { Ok(7) } else { Err(io::ErrorKind::AlreadyExists.into()) }
        });
        let (name, made) = made.unwrap();
        assert_eq!((made, Some(&name)), (7, tried.last()));
        assert!(name.starts_with(name::TEMPORARY) && !tried[..100].contains(&name));
        let error = unused::<()>(|_| Err(io::ErrorKind::AlreadyExists.into())).unwrap_err();
        assert_eq!(Error::from_io("a", error).kind, Kind::Other);
        let error = unused::<()>(|_| Err(io::ErrorKind::StorageFull.into())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "what else fails is not tried again");
    }
}
