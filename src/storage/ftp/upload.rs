//! An object being written at a server.

use std::io::{self, Write};
use std::sync::Arc;

use super::alarm::Alarm;
use super::failure::{Answer, Failure, judged};
use super::patience::Attempts;
use super::pool::{Pool, Taken, Want};
use super::session::{Said, Session};
use super::tail::{PIECE, Tail};
use crate::storage::folders::Folders;
use crate::storage::{Error, Kind, Upload, name};

/// So many bytes further on, a line that is cut again is another matter.
const PROGRESS: u64 = 16 << 20;

pub struct FtpUpload {
    /// For errors.
    name: String,
    pool: Arc<Pool>,
    folders: Arc<Folders>,
    path: String,
    temporary: String,
    /// Held for its last steps; before, others may have its connection between two pieces.
    taken: Option<Taken>,
    bytes: Tail,
    /// Up to where they were given to the line.
    sent: u64,
    attempts: Attempts,
    /// Where in the file the attempts began.
    tried_at: u64,
    said: Said,
    /// Something of it lies there under its temporary name.
    is_half: bool,
}

impl FtpUpload {
    /// `make_folders` is called where the folder is missing.
    pub fn begin(
        name: &str,
        pool: &Arc<Pool>,
        folders: &Arc<Folders>,
        path: &str,
        make_folders: impl Fn() -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|e| Error {
            kind: Kind::Other,
            context: name.into(),
            source: io::Error::other(e),
        })?;
        let temporary = format!("{}{}", name::TEMPORARY, data_encoding::HEXLOWER.encode(&random));
        let temporary = path.rsplit_once('/').map_or(temporary.clone(), |(folder, _)| format!("{folder}/{temporary}"));
        let mut upload = Self {
            name: name.into(),
            pool: pool.clone(),
            folders: folders.clone(),
            path: path.into(),
            temporary,
            taken: None,
            bytes: Tail::new(pool.spare.clone()),
            sent: 0,
            attempts: Attempts::new(&pool.gate.patience),
            tried_at: 0,
            said: Said::default(),
            is_half: false,
        };
        match upload.open() {
            Ok(()) => {}
            Err(failure) if failure.is_missing() || failure.is_unclear() => {
                make_folders()?;
                upload.open().map_err(|e| judged(name, e, Kind::NotWritable))?;
            }
            Err(failure) => return Err(judged(name, failure, Kind::NotWritable)),
        }
        Ok(upload)
    }

    fn open(&mut self) -> Answer<()> {
        self.again(|upload| {
            let mut taken = upload.pool.take(Want::Upload)?;
            taken.act(|session, alarm| session.store(alarm, &upload.temporary, 0, &upload.said))?;
            upload.is_half = true;
            Ok(())
        })
    }

    /// Tries until it works or it is no use.
    fn again<T>(&mut self, mut act: impl FnMut(&mut Self) -> Answer<T>) -> Answer<T> {
        loop {
            match act(self) {
                Err(failure) if failure.passes() && self.attempts.again(false) => {}
                acted => return acted,
            }
        }
    }

    /// Gives the line what was written, in pieces; what fails on the way is gone on with where the server says it ends.
    fn push(&mut self) -> Answer<()> {
        while self.bytes.end().saturating_sub(self.sent) >= PIECE as u64 {
            if let Err(failure) = self.push_piece() {
                self.recover(failure)?;
            }
        }
        Ok(())
    }

    fn push_piece(&mut self) -> Answer<()> {
        let mut taken = self.line()?;
        let Some(rest) = self.bytes.after(self.sent) else { return Err(Failure::lost("the connection is gone")) };
        if let Err(failure) = taken.act(|session, alarm| session.write(alarm, rest)) {
            return Err(failed(taken, failure));
        }
        self.sent += rest.len() as u64;
        Ok(())
    }

    /// The connection that it is on its way over. Where that was needed for something else, or is gone, it goes on over another one.
    fn line(&mut self) -> Answer<Taken> {
        let taken = self.pool.take(Want::Rest(&self.temporary))?;
        match self.said.take() {
            Some(failure) => Err(failed(taken, failure)),
            None if taken.writes(&self.temporary) => Ok(taken),
            None => self.resume(taken),
        }
    }

    /// Whether it is worth another try after this failure.
    fn recover(&mut self, failure: Failure) -> Answer<()> {
        if self.sent >= self.tried_at + PROGRESS {
            self.attempts.begin_anew();
            self.tried_at = self.sent;
        }
        if failure.passes() && self.attempts.again(false) { Ok(()) } else { Err(failure) }
    }

    fn resume(&mut self, mut taken: Taken) -> Answer<Taken> {
        let (temporary, said) = (&self.temporary, &self.said);
        let there = match taken.act(|session, alarm| session.size(alarm, temporary)) {
            Err(failure) if failure.is_missing() || failure.is_unclear() => 0,
            size => size?,
        };
        // As much as may be cut off and sent once more is done so: what the dead line still brings is the same bytes.
        if self.bytes.after(there).is_none() {
            return Err(Failure::OtherSize { sent: self.bytes.end(), there });
        }
        let opened = taken.act(|session, alarm| session.store(alarm, temporary, there, said));
        match opened {
            Err(failure) if there > 0 && failure.is_unknown_command() => {
                taken.act(|session, alarm| session.append(alarm, temporary, said))?;
            }
            opened => opened?,
        }
        self.sent = there;
        Ok(taken)
    }

    /// All that a name must not stand for before it is done: the bytes, and that the server has as many of them.
    fn complete(&mut self) -> Answer<()> {
        loop {
            match self.close() {
                Ok(taken) => {
                    self.taken = Some(taken);
                    return Ok(());
                }
                Err(failure) => self.recover(failure)?,
            }
        }
    }

    fn close(&mut self) -> Answer<Taken> {
        let sent = self.bytes.end();
        let mut taken = loop {
            while self.sent < sent {
                self.push_piece()?;
            }
            let taken = self.line()?;
            // Where it had to be gone on with, less of it may be there.
            if self.sent == sent {
                break taken;
            }
        };
        let temporary = &self.temporary;
        let there = taken.act(|session, alarm| {
            session.close(alarm)?;
            session.size(alarm, temporary)
        });
        match there {
            Ok(there) if there != sent => Err(failed(taken, Failure::OtherSize { sent, there })),
            // Not every server tells sizes.
            Err(failure) if !failure.is_unknown_command() => Err(failed(taken, failure)),
            _ => Ok(taken),
        }
    }

    /// Gives it its name, unless something has it. FTP can only look, and then rename.
    fn put_in_place(&mut self) -> Answer<bool> {
        let size = self.bytes.end();
        let (temporary, path) = (self.temporary.clone(), self.path.clone());
        let mut first = self.taken.take();
        let mut lost_reply = false;
        let mut is_free = self.folders.is_free(&self.name, size);
        self.again(|upload| {
            let mut taken = match first.take().filter(Taken::is_usable) {
                Some(taken) => taken,
                None => upload.pool.take(Want::Upload)?,
            };
            // Once: a try whose reply is lost may have worked.
            let is_free = std::mem::take(&mut is_free);
            let rename = |session: &mut Session, alarm: &Alarm| session.rename(alarm, &temporary, &path).map(|()| true);
            let placed = taken.act(|session, alarm| {
                if is_free {
                    return rename(session, alarm);
                }
                match session.size(alarm, &path) {
                    // The reply to an earlier try was lost, and it had worked.
                    Ok(there)
                        if lost_reply && there == size && session.size(alarm, &temporary).is_err_and(|e| !e.ends_line()) =>
                    {
                        Ok(true)
                    }
                    Ok(_) => Ok(false),
                    Err(failure) if failure.ends_line() => Err(failure),
                    Err(_) => rename(session, alarm),
                }
            });
            lost_reply |= placed.as_ref().is_err_and(Failure::ends_line);
            upload.taken = Some(taken);
            placed
        })
    }

    /// Takes away what is there of it; where the connection is gone the next sweep does.
    fn remove(&mut self) {
        let held = self.taken.take().filter(Taken::is_usable);
        let Some(mut taken) = held.or_else(|| self.pool.at_hand(&self.temporary)) else { return };
        let temporary = &self.temporary;
        let _ = taken.act(|session, alarm| session.close(alarm));
        let _ = taken.act(|session, alarm| session.act(alarm, &format!("DELE {temporary}")));
    }

    fn unwritten(&self, failure: Failure) -> Error {
        judged(&self.name, failure, Kind::NotWritable)
    }
}

/// What is tried again is not tried over the same connection.
fn failed(mut taken: Taken, failure: Failure) -> Failure {
    if failure.passes() {
        taken.discard();
    }
    failure
}

impl Write for FtpUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.bytes.add(bytes);
        self.push().map_err(|e| io::Error::other(self.unwritten(e)))?;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Upload for FtpUpload {
    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        self.complete().map_err(|e| self.unwritten(e))?;
        match self.put_in_place() {
            Ok(true) => {
                self.is_half = false;
                Ok(())
            }
            Ok(false) => Err(Error::new(Kind::AlreadyExists, &self.name, "there is one")),
            Err(failure) => Err(self.unwritten(failure)),
        }
    }
}

impl Drop for FtpUpload {
    fn drop(&mut self) {
        if self.is_half {
            self.remove();
        }
    }
}
