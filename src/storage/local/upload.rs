//! An object being written into a folder.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, linkat, openat, renameat, renameat_with, statat, unlinkat};
use rustix::io::Errno;

use crate::storage::{Error, Kind, Upload, name};

/// Small writes are gathered to this size; bigger ones pass through.
const BUFFER: usize = 256 << 10;

pub(super) struct LocalUpload {
    /// For errors.
    name: String,
    folder: OwnedFd,
    temporary: String,
    last: String,
    /// `None` once finished.
    file: Option<BufWriter<File>>,
}

impl LocalUpload {
    /// `folder`: where the object will lie.
    pub(super) fn begin(name: &str, folder: OwnedFd) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let failed = |e: Errno| Error::from_io(name, e.into());
        let last = name::split(name).1.to_string();
        if statat(&folder, &last, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
            return Err(failed(Errno::EXIST));
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let temporary = format!("{}{:x}-{number:x}", name::TEMPORARY, std::process::id());
            match openat(&folder, &temporary, flags, Mode::RUSR | Mode::WUSR) {
                Ok(fd) => {
                    let file = Some(BufWriter::with_capacity(BUFFER, File::from(fd)));
                    return Ok(Self { name: name.into(), folder, temporary, last, file });
                }
                // Left by a process that died, or another machine's.
                Err(Errno::EXIST) => {}
                Err(e) => return Err(failed(e)),
            }
        }
    }

    /// Gives the file its name, unless another has it.
    fn name_it(&self) -> rustix::io::Result<()> {
        let (folder, from, to) = (&self.folder, &self.temporary, &self.last);
        match renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            other => return other,
        }
        match linkat(folder, from, folder, to, AtFlags::empty()) {
            Ok(()) => return unlinkat(folder, from, AtFlags::empty()),
            Err(Errno::PERM | Errno::NOSYS | Errno::NOTSUP | Errno::MLINK) => {}
            Err(e) => return Err(e),
        }
        // FAT and some network shares have neither. One owner writes here, so that looking first is enough.
        match statat(folder, to, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Err(Errno::EXIST),
            Err(Errno::NOENT) => renameat(folder, from, folder, to),
            Err(e) => Err(e),
        }
    }
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
        self.name_it().map_err(|e| failed(e.into()))?;
        self.file = None;
        sync_folder(&self.folder).map_err(|e| Error::from_io(&self.name, e.into()))
    }
}

impl Drop for LocalUpload {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            // What is still in the buffer need not be written any more.
            drop(file.into_parts());
            let _ = unlinkat(&self.folder, &self.temporary, AtFlags::empty());
        }
    }
}

/// Makes changes of names in a folder durable. Some network and FUSE file systems have no such thing.
pub(super) fn sync_folder(folder: &OwnedFd) -> rustix::io::Result<()> {
    match rustix::fs::fsync(folder) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::BADF) => Ok(()),
        other => other,
    }
}
