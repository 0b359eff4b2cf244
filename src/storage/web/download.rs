//! A run of an object's bytes on its way here. A line that breaks is taken up again at the byte it broke at.

use std::io::Read;
use std::sync::Arc;

use ureq::{Body, BodyReader};

use super::client::Client;
use super::failure::Failure;
use super::pace::Tries;
use crate::storage::throttle::{PIECE, Throttle};
use crate::storage::{Error, Take, stop};

/// Taken at a time where all is read through.
const THROUGH: usize = 256 << 10;
/// What must have come over a line for its end to be another failure than the last one.
const PROGRESS: u64 = 256 << 10;
/// Of the rest of an object that was not asked for, so that its connection can serve again.
const REST: u64 = 64 << 10;

/// Where an object's bytes come from.
pub trait Source {
    /// Asks for `left` bytes from `at`; there is one at least.
    fn open(&self, at: u64, left: u64, tries: &mut Tries) -> Result<Open, Failure>;
    /// What it means that no more came, though `left` bytes from `at` were still to come.
    fn ended(&self, at: u64, left: u64) -> Failure;
}

pub struct Download<S> {
    source: S,
    /// Where the next byte lies in the object, and how many are to come.
    at: u64,
    left: u64,
    line: Option<Open>,
    /// Came over the line.
    came: u64,
    tries: Tries,
    throttle: Arc<Throttle>,
}

/// An answer that begins with what was asked for.
pub struct Open {
    pub body: BodyReader<'static>,
    /// Behind what was asked for; 0 where the server sends no more than that.
    pub beyond: u64,
}

impl<S: Source> Download<S> {
    pub fn new(source: S, client: &Client, from: u64, length: u64) -> Self {
        let (tries, throttle) = (client.tries(), client.throttle.clone());
        Self { source, at: from, left: length, line: None, came: 0, tries, throttle }
    }

    /// Reads some bytes; 0 only where all have been read, or the buffer is empty.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX)).min(PIECE);
        if most == 0 {
            return Ok(0);
        }
        loop {
            let line = match &mut self.line {
                Some(line) => line,
                None => {
                    let opened = self.source.open(self.at, self.left, &mut self.tries)?;
                    self.came = 0;
                    self.line.insert(opened)
                }
            };
            let failure = match line.body.read(&mut buffer[..most]) {
                Ok(0) => self.source.ended(self.at, self.left),
                Ok(length) => {
                    stop::pause(self.throttle.down(length));
                    self.at += length as u64;
                    self.left -= length as u64;
                    self.came += length as u64;
                    if self.left == 0
                        && let Some(line) = self.line.take()
                    {
                        line.end()?;
                    }
                    return Ok(length);
                }
                Err(e) => e.into(),
            };
            self.line = None;
            if self.came >= PROGRESS {
                self.tries.refill();
            }
            self.tries.again(failure)?;
        }
    }

    /// All that is to come, in pieces as they come. `failed`: what a failure means.
    pub fn through(&mut self, take: &mut Take<'_>, failed: impl Fn(Failure) -> Error) -> Result<(), Error> {
        let mut buffer = vec![0; THROUGH.min(usize::try_from(self.left).unwrap_or(THROUGH))];
        while self.left > 0 {
            let length = self.read(&mut buffer).map_err(&failed)?;
            take(buffer.get(..length).unwrap_or_default())?;
        }
        Ok(())
    }

    /// Fills the buffer, which is no longer than what is to come.
    pub fn fill(&mut self, mut buffer: &mut [u8]) -> Result<(), Failure> {
        while !buffer.is_empty() {
            match self.read(buffer)? {
                0 => return Err(Failure::TooShort("it ends before".into())),
                length => buffer = &mut buffer[length..],
            }
        }
        Ok(())
    }
}

impl Open {
    /// What was asked for has come.
    fn end(mut self) -> Result<(), Failure> {
        if self.beyond == 0 {
            // Where it ends by itself, its connection can serve again.
            return match self.body.read(&mut [0]) {
                Ok(0) => Ok(()),
                Ok(_) => Err(Failure::Nonsense("it sends more than was asked for".into())),
                // All of it is here.
                Err(_) => Ok(()),
            };
        }
        if self.beyond <= REST {
            let _ = skip_bytes(&mut self.body, self.beyond).is_ok_and(|()| self.body.read(&mut [0]).is_ok());
        }
        Ok(())
    }
}

pub fn into_reader(body: Body) -> BodyReader<'static> {
    // Bounded by whoever reads it.
    body.into_with_config().limit(u64::MAX).reader()
}

pub fn skip_bytes(body: &mut BodyReader<'static>, bytes: u64) -> Result<(), Failure> {
    match std::io::copy(&mut body.take(bytes), &mut std::io::sink())? {
        skipped if skipped == bytes => Ok(()),
        _ => Err(Failure::TooShort("it ends before".into())),
    }
}
