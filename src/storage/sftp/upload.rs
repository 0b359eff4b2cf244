//! An object being written at a server.

use std::io::{self, Write};
use std::sync::Arc;

use russh_sftp::protocol::{FileAttributes, OpenFlags};

use super::failure::{Failure, judged};
use super::line::{Line, Writes};
use crate::storage::{Error, Kind, Upload, name};

/// Files are for their owner alone.
const MODE: u32 = 0o600;

pub struct SftpUpload {
    /// For errors.
    name: String,
    line: Arc<Line>,
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
    pub fn begin(name: &str, line: Arc<Line>, path: &str) -> Result<Self, Error> {
        let temporary = name::temporary(path)?;
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCLUDE;
        let attributes = FileAttributes { permissions: Some(MODE), ..FileAttributes::empty() };
        let opened = line.ask(line.sftp().open(temporary.as_str(), flags, attributes));
        let handle = Some(opened.map_err(|e| judged(name, e, Kind::NotWritable))?.handle);
        let buffer = Vec::with_capacity(line.piece());
        Ok(Self { name: name.into(), line, path: path.into(), temporary, handle, writes: Writes::default(), offset: 0, buffer })
    }

    fn send(&mut self) -> Result<(), Failure> {
        let Some(handle) = &self.handle else { return Err(Failure::Silent) };
        let bytes = std::mem::replace(&mut self.buffer, Vec::with_capacity(self.line.piece()));
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        self.line.send(&mut self.writes, handle, offset, bytes)
    }

    fn unwritten(&self, failure: Failure) -> Error {
        judged(&self.name, failure, Kind::NotWritable)
    }

    /// All that a name must not stand for before it is done.
    fn complete(&mut self) -> Result<(), Failure> {
        if !self.buffer.is_empty() {
            self.send()?;
        }
        self.line.settle(&mut self.writes)?;
        let Some(handle) = &self.handle else { return Err(Failure::Silent) };
        self.line.sync(handle)?;
        let written = self.line.ask(self.line.sftp().fstat(handle.as_str()))?.attrs.size;
        let handle = self.handle.take().unwrap_or_default();
        self.line.ask(self.line.sftp().close(handle))?;
        // An upload counts only when its size is right.
        if written.is_some_and(|size| size != self.offset) {
            return Err(Failure::Said(russh_sftp::client::error::Error::UnexpectedBehavior("it has another size there".into())));
        }
        Ok(())
    }

    fn remove(&mut self) {
        if let Some(handle) = self.handle.take() {
            let _ = self.line.ask(self.line.sftp().close(handle));
        }
        let _ = self.line.ask(self.line.sftp().remove(self.temporary.as_str()));
    }
}

impl Write for SftpUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.handle.is_none() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(self.line.piece() - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        if self.buffer.len() == self.line.piece() {
            self.send().map_err(|e| io::Error::other(self.unwritten(e)))?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Upload for SftpUpload {
    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        if let Err(failure) = self.complete() {
            self.remove();
            return Err(self.unwritten(failure));
        }
        let line = self.line.clone();
        // Version 3: fails where the new name exists.
        match line.ask(line.sftp().rename(self.temporary.as_str(), self.path.as_str())) {
            Ok(_) => Ok(()),
            Err(failure) => {
                let exists = line.ask(line.sftp().lstat(self.path.as_str())).is_ok();
                self.remove();
                let mut error = self.unwritten(failure);
                if exists {
                    error.kind = Kind::AlreadyExists;
                }
                Err(error)
            }
        }
    }
}

impl Drop for SftpUpload {
    fn drop(&mut self) {
        if self.handle.is_some() {
            // What is on its way may arrive before the file is gone, not after.
            let _ = self.line.settle(&mut self.writes);
            self.remove();
        }
    }
}
