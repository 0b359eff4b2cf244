//! An object being written at a server.

use std::io::{self, Write};
use std::sync::Arc;

use russh_sftp::protocol::{FileAttributes, OpenFlags};

use super::failure::{Failure, is_missing, judged};
use super::line::{Line, Writes};
use super::session::Taken;
use super::{room_of, unexplained};
use crate::storage::stop::Stop;
use crate::storage::{Error, Kind, Upload, name};

/// Files are for their owner alone.
const MODE: u32 = 0o600;

pub struct SftpUpload {
    /// For errors.
    name: String,
    line: Arc<Line>,
    channel: Taken,
    path: String,
    temporary: String,
    /// `None` once finished.
    handle: Option<String>,
    writes: Writes,
    /// Where in the file the buffer belongs.
    offset: u64,
    buffer: Vec<u8>,
}

impl SftpUpload {
    /// `AlreadyExists` where there is one. Its folder must be there.
    pub fn begin(name: &str, line: Arc<Line>, path: &str) -> Result<Self, Error> {
        let channel = line.channel();
        let temporary = name::temporary(path)?;
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCLUDE;
        let attributes = FileAttributes { permissions: Some(MODE), ..FileAttributes::empty() };
        let both = line.ask_both(channel.sftp.lstat(path), channel.sftp.open(temporary.as_str(), flags, attributes));
        let unwritten = |e| judged(name, e, Kind::NotWritable);
        let (there, opened) = both.map_err(unwritten)?;
        let handle = Some(opened.map_err(unwritten)?.handle);
        let buffer = Vec::with_capacity(channel.piece);
        let (name, path, writes) = (name.to_owned(), path.to_owned(), Writes::default());
        // From here on it goes away with this.
        let upload = Self { name, line, channel, path, temporary, handle, writes, offset: 0, buffer };
        match there {
            Ok(_) => Err(Error::new(Kind::AlreadyExists, &upload.name, "there is one")),
            Err(_) => Ok(upload),
        }
    }

    fn send(&mut self) -> Result<(), Failure> {
        let Some(handle) = &self.handle else { return Err(Failure::Silent) };
        let bytes = std::mem::replace(&mut self.buffer, Vec::with_capacity(self.channel.piece));
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        self.line.send(&self.channel, &mut self.writes, handle, offset, bytes)
    }

    /// While what was written of it is still there.
    fn unwritten(&self, failure: Failure) -> Error {
        let error = judged(&self.name, failure, Kind::NotWritable);
        unexplained(error, || {
            let told = self.line.ask(self.line.session().sftp.statvfs(self.temporary.as_str()));
            told.ok().and_then(|told| room_of(&told))
        })
    }

    /// All that a name must not stand for before it is done.
    fn complete(&mut self) -> Result<(), Failure> {
        if !self.buffer.is_empty() {
            self.send()?;
        }
        self.line.settle(&mut self.writes)?;
        let Some(handle) = self.handle.take() else { return Err(Failure::Silent) };
        let written = self.line.end(&self.channel, &handle)?;
        // An upload counts only when its size is right.
        if written.is_some_and(|size| size != self.offset) {
            return Err(Failure::Said(russh_sftp::client::error::Error::UnexpectedBehavior("it has another size there".into())));
        }
        Ok(())
    }

    /// Also where nobody wants to wait for it any more.
    fn remove(&mut self) {
        Stop::never(|| {
            if let Some(handle) = self.handle.take() {
                let _ = self.line.ask(self.channel.sftp.close(handle));
            }
            let _ = self.line.ask(self.channel.sftp.remove(self.temporary.as_str()));
        });
    }

    /// Whether it has its name, as far as the server says.
    fn is_in_place(&self, size: Option<u64>) -> bool {
        let temporary = self.line.ask(self.channel.sftp.lstat(self.temporary.as_str()));
        size == Some(self.offset) && temporary.is_err_and(|failure| is_missing(&failure))
    }
}

impl Write for SftpUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.handle.is_none() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(self.channel.piece - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        if self.buffer.len() == self.channel.piece {
            self.send().map_err(|e| io::Error::other(self.unwritten(e)))?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Upload for SftpUpload {
    fn leaves(&self) -> Option<String> {
        Some(self.temporary.clone())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        if let Err(failure) = self.complete() {
            let error = self.unwritten(failure);
            self.remove();
            return Err(error);
        }
        // Version 3: fails where the new name exists.
        match self.line.ask(self.channel.sftp.rename(self.temporary.as_str(), self.path.as_str())) {
            Ok(_) => Ok(()),
            Err(failure) => {
                let there = self.line.ask(self.channel.sftp.lstat(self.path.as_str()));
                let mut error = self.unwritten(failure);
                match there {
                    // The answer was lost, and it had worked.
                    Ok(told) if error.kind.is_temporary() && self.is_in_place(told.attrs.size) => return Ok(()),
                    Ok(_) if !error.kind.is_temporary() => error.kind = Kind::AlreadyExists,
                    _ => {}
                }
                self.remove();
                Err(error)
            }
        }
    }
}

impl Drop for SftpUpload {
    fn drop(&mut self) {
        if self.handle.is_some() {
            // What is on its way may arrive before the file is gone, not after.
            let _ = Stop::never(|| self.line.settle(&mut self.writes));
            self.remove();
        }
    }
}
