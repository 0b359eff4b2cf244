//! An object being written into a store: in parts, several on their way at once, invisible before the last word.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use opendal::{Buffer, Metadata, Writer};

use super::claims;
use super::failure::judged;
use super::line::Line;
use super::sums::{OTHER_BYTES, Whole};
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
    whole: Whole,
}

impl StoreUpload {
    /// `tells_sums`: whether the store tells the MD5 also of what came in parts.
    pub fn begin(name: &str, key: String, line: Arc<Line>, tells_sums: bool) -> Result<Self, Error> {
        let token = token(name)?;
        let writing = line
            .operator()
            .writer_with(&key)
            .if_not_exists(true)
            .user_metadata([(TOKEN.to_owned(), token.clone())])
            .concurrent(AT_ONCE);
        let writer = line.wait(async { writing.await }).map_err(|e| judged(name, &e))?;
        let (name, whole) = (name.into(), Whole::new(tells_sums));
        Ok(Self { name, key, line, writer: Some(writer), part: Vec::new(), parts: 0, sent: 0, token, whole })
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
        self.whole.add(&part);
        self.line.wait(writer.write(Buffer::from(part))).map_err(|e| judged(&self.name, &e))
    }

    /// An upload counts only when its sum is right, where the store tells one, and of parts when its size is. `there`: what it says of it.
    fn check(&self, there: &Metadata) -> Result<(), Error> {
        if !self.whole.fits(there.content_md5()) {
            return self.take_away(OTHER_BYTES);
        }
        if self.parts < 2 {
            return Ok(());
        }
        let there = self.line.wait(self.line.operator().stat(&self.key)).map_err(|e| judged(&self.name, &e))?;
        if there.content_length() == self.sent {
            return Ok(());
        }
        self.take_away(&format!("{} bytes there, {} were sent", there.content_length(), self.sent))
    }

    /// Of what arrived damaged nothing is left to be seen.
    fn take_away(&self, why: &str) -> Result<(), Error> {
        self.line.wait(self.line.operator().delete(&self.key)).map_err(|e| judged(&self.name, &e))?;
        Err(Error::new(Kind::DamagedOnItsWay, &self.name, why))
    }

    fn complete(&mut self) -> Result<(), Error> {
        if !self.part.is_empty() {
            self.send()?;
        }
        let Some(writer) = &mut self.writer else { return Err(Error::new(Kind::Other, &self.name, "already finished")) };
        let mut error = match self.line.wait(claims::of_whole(self.whole.md5(), writer.close())) {
            Ok(there) => return self.check(&there),
            Err(failed) => judged(&self.name, &failed),
        };
        // An answer that was lost on the way made us ask again: then the store says that there is one, or that there is no
        // such upload any more.
        if matches!(error.kind, Kind::AlreadyExists | Kind::NotFound) {
            match ours(&self.line, &self.name, &self.key, self.sent, &self.token) {
                Ok(Some(there)) => return self.check(&there),
                Ok(None) => error.kind = Kind::AlreadyExists,
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

/// What lies there, where that was sent by the upload with this token.
pub fn ours(line: &Line, name: &str, key: &str, sent: u64, token: &str) -> Result<Option<Metadata>, Error> {
    let there = line.wait(line.operator().stat(key)).map_err(|e| judged(name, &e))?;
    let told = there.user_metadata().and_then(|metadata| metadata.get(TOKEN));
    let is_ours = there.content_length() == sent && told.is_some_and(|told| told == token);
    Ok(is_ours.then_some(there))
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
