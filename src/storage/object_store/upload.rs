//! An object being written into a store: in parts, several on their way at once, invisible before the last word.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use opendal::{Buffer, Writer};

use super::failure::judged;
use super::line::Line;
use crate::storage::stop::Stop;
use crate::storage::{Error, Kind, Upload};

/// Of one part. Some services want all but the last alike.
const PART: usize = 8 << 20;
/// So many of them; none of the services takes more than 10,000 parts. What is longer still comes in larger ones.
const PARTS: u32 = 8000;
const LARGE_PART: usize = 64 << 20;
const MOST_PARTS: u32 = 10_000;
/// On their way at once.
const AT_ONCE: usize = 3;
/// For taking back what was sent; what is left then, the store's own rules take away.
const TAKING_BACK: Duration = Duration::from_secs(10);
/// Under this name the object itself says which upload it is of.
pub const TOKEN: &str = "strongroomupload";

pub struct StoreUpload {
    /// For errors.
    name: String,
    key: String,
    line: Arc<Line>,
    /// `None` once finished.
    writer: Option<Writer>,
    part: Vec<u8>,
    parts: u32,
    sent: u64,
    token: String,
}

impl StoreUpload {
    pub fn begin(name: &str, key: String, line: Arc<Line>) -> Result<Self, Error> {
        let token = token(name)?;
        let writing = line
            .operator()
            .writer_with(&key)
            .if_not_exists(true)
            .user_metadata([(TOKEN.to_owned(), token.clone())])
            .concurrent(AT_ONCE);
        let writer = line.wait(async { writing.await }).map_err(|e| judged(name, &e))?;
        Ok(Self { name: name.into(), key, line, writer: Some(writer), part: Vec::new(), parts: 0, sent: 0, token })
    }

    fn size_of_part(&self) -> usize {
        if self.parts < PARTS { PART } else { LARGE_PART }
    }

    fn send(&mut self) -> Result<(), Error> {
        let Some(writer) = &mut self.writer else { return Err(Error::new(Kind::Other, &self.name, "already finished")) };
        if self.parts >= MOST_PARTS {
            return Err(Error::new(Kind::FileTooLarge, &self.name, "more parts than a store takes"));
        }
        let part = std::mem::take(&mut self.part);
        self.sent += part.len() as u64;
        self.parts += 1;
        self.line.wait(writer.write(Buffer::from(part))).map_err(|e| judged(&self.name, &e))
    }

    /// An upload of parts counts only when its size is right.
    fn check_size(&self) -> Result<(), Error> {
        if self.parts < 2 {
            return Ok(());
        }
        let there = self.line.wait(self.line.operator().stat(&self.key)).map_err(|e| judged(&self.name, &e))?;
        if there.content_length() == self.sent {
            return Ok(());
        }
        self.line.wait(self.line.operator().delete(&self.key)).map_err(|e| judged(&self.name, &e))?;
        Err(Error::new(Kind::Other, &self.name, &format!("{} bytes there, {} were sent", there.content_length(), self.sent)))
    }

    fn complete(&mut self) -> Result<(), Error> {
        if !self.part.is_empty() {
            self.send()?;
        }
        let Some(writer) = &mut self.writer else { return Err(Error::new(Kind::Other, &self.name, "already finished")) };
        let Err(failed) = self.line.wait(writer.close()) else { return self.check_size() };
        let mut error = judged(&self.name, &failed);
        // An answer that was lost on the way made us ask again: then the store says that there is one, or that there is no
        // such upload any more.
        if matches!(error.kind, Kind::AlreadyExists | Kind::NotFound) {
            match is_ours(&self.line, &self.name, &self.key, self.sent, &self.token) {
                Ok(true) => return Ok(()),
                Ok(false) => error.kind = Kind::AlreadyExists,
                Err(_) => {}
            }
        }
        Err(error)
    }

    /// What was sent costs money until it is taken back.
    fn take_back(&mut self) {
        if let Some(mut writer) = self.writer.take() {
            let aborted = async move {
                let _ = tokio::time::timeout(TAKING_BACK, writer.abort()).await;
                Ok(())
            };
            let _ = Stop::never(|| self.line.wait(aborted));
        }
    }
}

/// By chance.
pub fn token(name: &str) -> Result<String, Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|e| Error { kind: Kind::Other, context: name.into(), source: io::Error::other(e) })?;
    Ok(data_encoding::HEXLOWER.encode(&random))
}

/// Whether what lies there is what was sent by the upload with this token.
pub fn is_ours(line: &Line, name: &str, key: &str, sent: u64, token: &str) -> Result<bool, Error> {
    let there = line.wait(line.operator().stat(key)).map_err(|e| judged(name, &e))?;
    let told = there.user_metadata().and_then(|metadata| metadata.get(TOKEN));
    Ok(there.content_length() == sent && told.is_some_and(|told| told == token))
}

impl Write for StoreUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.writer.is_none() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let size = self.size_of_part();
        let taken = bytes.len().min(size - self.part.len());
        if self.part.is_empty() && taken > size / 8 {
            // Most likely there is more to come.
            self.part.reserve_exact(size);
        }
        self.part.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if self.part.len() == size {
            self.send().map_err(io::Error::other)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Upload for StoreUpload {
    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        match self.complete() {
            Ok(()) => {
                self.writer = None;
                Ok(())
            }
            Err(error) => {
                self.take_back();
                Err(error)
            }
        }
    }
}

impl Drop for StoreUpload {
    fn drop(&mut self) {
        self.take_back();
    }
}
