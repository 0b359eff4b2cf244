//! One connection to a server, and what is asked over it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use suppaftp::types::Response;
use suppaftp::{
    DataStream, FtpError, FtpResult, ImplFtpStream, RustlsConnector, RustlsFtpStream, Status, TlsConnector, TlsStream,
    TransferStream,
};

use super::alarm::{Alarm, Armed};
use super::failure::{Answer, Failure, words};
use super::patience::Patience;
use crate::storage::stop;
use crate::storage::throttle::{self, Throttle};

type Tls = <RustlsConnector as TlsConnector>::Stream;
pub type Data = TransferStream<Tls>;

/// Bytes of a file that are read and forgotten rather than to begin anew behind them.
pub const SKIPPED: u64 = 1 << 20;
const BEGINS_DATA: [Status; 2] = [Status::AboutToSend, Status::AlreadyOpen];
/// Some servers say 200 where it should be 250 or 257.
const DONE: [Status; 3] = [Status::RequestedFileActionOk, Status::CommandOk, Status::PathCreated];
/// Read at a time of a file.
const AT_ONCE: usize = 4 * throttle::PIECE;
/// A shorter list is shown whole by every server.
const MAY_BE_CUT: usize = 1000;

pub struct Session {
    ftp: RustlsFtpStream,
    control: TcpStream,
    patience: Patience,
    throttle: Arc<Throttle>,
    /// A file that is being read, up to where somebody wanted it: perhaps the next piece is wanted too.
    reading: Option<Reading>,
    writing: Option<Writing>,
    pub used: Instant,
}

/// What is wanted of a file.
pub struct Piece<'a> {
    /// Where in the file the buffer begins.
    pub offset: u64,
    pub buffer: &'a mut [u8],
    /// Bytes of it that are there already.
    pub done: usize,
    pub then: Then,
}

/// What follows a piece of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing, as far as is known.
    End,
    /// Something that perhaps nobody wants.
    Rest,
    /// Something that is read next.
    More,
}

struct Reading {
    path: String,
    at: u64,
    /// Somebody reads it through, piece by piece: as long as more connections are to be had, nobody breaks it off.
    goes_on: bool,
    data: Data,
    armed: Armed,
}

/// What a server had against a file when its upload had made way for something else.
#[derive(Clone, Default)]
pub struct Said(Arc<Mutex<Option<Failure>>>);

impl Said {
    fn put(&self, failure: Failure) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    pub fn take(&self) -> Option<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A file that is being written, up to where somebody gave it something: it goes on, unless the connection is needed meanwhile.
struct Writing {
    path: String,
    since: Instant,
    said: Said,
    data: Data,
    armed: Armed,
}

impl Session {
    pub fn new(ftp: ImplFtpStream<Tls>, control: TcpStream, patience: Patience, throttle: Arc<Throttle>) -> Self {
        Self { ftp, control, patience, throttle, reading: None, writing: None, used: Instant::now() }
    }

    /// Whether a file is half read.
    pub fn is_reading(&self) -> bool {
        self.reading.is_some()
    }

    /// Whether a file is half read that perhaps nobody wants the rest of.
    pub fn is_left(&self) -> bool {
        self.reading.as_ref().is_some_and(|reading| !reading.goes_on)
    }

    /// Nobody reads this file through any more.
    pub fn end_reading(&mut self, path: &str) {
        if let Some(reading) = self.reading.as_mut().filter(|reading| reading.path == path) {
            reading.goes_on = false;
        }
    }

    /// Whether no file is half read or written.
    pub fn is_free(&self) -> bool {
        self.reading.is_none() && self.writing.is_none()
    }

    /// Whether this file is half written.
    pub fn writes(&self, path: &str) -> bool {
        self.writing.as_ref().is_some_and(|writing| writing.path == path)
    }

    /// Since when a file is on its way there.
    pub fn written_since(&self) -> Option<Instant> {
        self.writing.as_ref().map(|writing| writing.since)
    }

    /// Whether a file goes on here at this byte, or not far behind it.
    pub fn continues(&self, path: &str, at: u64) -> bool {
        self.reading.as_ref().is_some_and(|r| r.path == path && r.at <= at && at - r.at <= SKIPPED)
    }

    /// A command and its reply.
    pub fn ask(&mut self, alarm: &Alarm, command: &str, expected: &[Status]) -> Answer<Response> {
        self.leave(alarm)?;
        let _armed = alarm.arm(self.patience.whole, [&self.control]);
        Ok(self.ftp.custom_command(command, expected)?)
    }

    /// A command that changes something.
    pub fn act(&mut self, alarm: &Alarm, command: &str) -> Answer<()> {
        self.ask(alarm, command, &DONE).map(drop)
    }

    /// Whether the server still listens.
    pub fn is_alive(&mut self, alarm: &Alarm) -> bool {
        self.leave(alarm).is_ok() && self.ask(alarm, "NOOP", &DONE).is_ok()
    }

    pub fn login_folder(&mut self, alarm: &Alarm) -> Answer<String> {
        self.leave(alarm)?;
        let _armed = alarm.arm(self.patience.whole, [&self.control]);
        // Quotes in it are doubled.
        Ok(self.ftp.pwd()?.replace("\"\"", "\""))
    }

    /// Of a file; folders have none.
    pub fn size(&mut self, alarm: &Alarm, path: &str) -> Answer<u64> {
        let reply = self.ask(alarm, &format!("SIZE {path}"), &[Status::File])?;
        number(&reply).ok_or_else(|| Failure::Nonsense(words(&reply)))
    }

    pub fn rename(&mut self, alarm: &Alarm, from: &str, to: &str) -> Answer<()> {
        self.ask(alarm, &format!("RNFR {from}"), &[Status::RequestFilePending])?;
        self.act(alarm, &format!("RNTO {to}"))
    }

    /// Lines of a listing, one after the other, without their ends; only those that are UTF-8. `each` ends it with an error.
    pub fn lines(&mut self, alarm: &Alarm, command: &str, mut each: impl FnMut(&str) -> Answer<()>) -> Answer<()> {
        /// A name has 255 bytes.
        const LONGEST: usize = 8 << 10;
        /// A long list may take longer than a short reply, by this factor.
        const LISTS: u32 = 10;

        self.leave(alarm)?;
        let armed = alarm.arm(self.patience.whole, [&self.control]);
        let (_, mut data) = self.ftp.custom_data_command(command, &BEGINS_DATA)?;
        drop(armed);
        let armed = alarm.arm(self.patience.whole * LISTS, [&self.control, data.get_ref().get_ref()]);
        let mut buffer = vec![0; 64 << 10];
        let mut line = Vec::new();
        let mut lines = 0;
        let mut take = |line: &[u8]| {
            lines += 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            std::str::from_utf8(line).ok().filter(|line| !line.is_empty()).map_or(Ok(()), &mut each)
        };
        let read = loop {
            let n = match data.read(&mut buffer) {
                // Not every server ends TLS as it should; its reply tells whether that was all.
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => 0,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => break Err(e.into()),
                Ok(n) => n,
            };
            if n == 0 {
                // Every line of a list has an end: what has none was cut, and the list with it.
                break if line.is_empty() { Ok(()) } else { Err(Failure::lost("a list was cut")) };
            }
            let mut parts = buffer[..n].split(|b| *b == b'\n').peekable();
            let mut taken = Ok(());
            while let Some(part) = parts.next() {
                line.extend_from_slice(part);
                if line.len() > LONGEST {
                    taken = Err(Failure::TooLong("a line of a list".into()));
                } else if parts.peek().is_some() {
                    taken = take(&line);
                    line.clear();
                }
                if taken.is_err() {
                    break;
                }
            }
            if let Err(failure) = taken {
                break Err(failure);
            }
        };
        if read.is_err() {
            // It may go on for ever.
            self.cut();
        }
        let may_be_cut = read.is_ok() && lines >= MAY_BE_CUT;
        let is_cut = may_be_cut && {
            // Some servers say nothing before our side has ended too.
            take_tickets(data.get_mut());
            let _ = data.get_ref().get_ref().shutdown(Shutdown::Both);
            self.is_cut()?
        };
        let ended = match self.end_as_it_is(alarm, data, armed) {
            // The reply to what was asked in [`Self::is_cut`].
            Err(FtpError::UnexpectedResponse(_)) if may_be_cut => Ok(()),
            ended => ended,
        };
        read?;
        ended?;
        if is_cut { Err(Failure::ListCut(lines)) } else { Ok(()) }
    }

    /// Whether the server says that the list which has just ended is not all. What is not shown would look as if it were not there.
    /// The library keeps the reply to a list for itself, unless a command is sent before it: then that gets it.
    fn is_cut(&mut self) -> Answer<bool> {
        let reply = self.ftp.custom_command("NOOP", &[Status::ClosingDataConnection, Status::RequestedFileActionOk])?;
        let text = String::from_utf8_lossy(&reply.body).to_lowercase();
        Ok(["truncated", "limit reached", "too many files"].iter().any(|words| text.contains(words)))
    }

    /// Reads from a file until the piece is full.
    pub fn read(&mut self, alarm: &Alarm, path: &str, piece: &mut Piece<'_>) -> Answer<()> {
        let Piece { offset, buffer, done, then } = piece;
        let at = *offset + *done as u64;
        if !self.continues(path, at) {
            self.open(alarm, path, at)?;
        }
        let Some(mut reading) = self.reading.take() else { return Err(Failure::lost("nothing is being read")) };
        let left = buffer.len().saturating_sub(*done);
        reading.armed.within(self.patience.for_bytes(left));
        let mut skipped = vec![0; usize::try_from(at - reading.at).unwrap_or(0)];
        let mut skipped = skipped.as_mut_slice();
        loop {
            let into = if skipped.is_empty() { buffer.get_mut(*done..).unwrap_or_default() } else { &mut *skipped };
            if into.is_empty() && *then == Then::End {
                return self.end_of_file(alarm, reading);
            }
            if into.is_empty() {
                reading.armed.rest();
                reading.goes_on = *then == Then::More;
                self.reading = Some(reading);
                return Ok(());
            }
            // As much as waits here may come at once: no limit would be kept to.
            let most = into.len().min(AT_ONCE);
            match reading.data.read(into.get_mut(..most).unwrap_or_default()) {
                Ok(0) => {
                    // Whether it is the file that ends, or the line.
                    return Err(self.end(alarm, reading.data, reading.armed).err().unwrap_or(Failure::End));
                }
                Ok(n) => {
                    stop::pause(self.throttle.down(n));
                    reading.at += n as u64;
                    if skipped.is_empty() {
                        *done += n;
                    } else {
                        skipped = skipped.get_mut(n..).unwrap_or_default();
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.cut();
                    return Err(e.into());
                }
            }
        }
    }

    /// After what should be the last byte of a file: then the connection is free for something else.
    fn end_of_file(&mut self, alarm: &Alarm, mut reading: Reading) -> Answer<()> {
        reading.armed.within(self.patience.whole);
        match reading.data.read(&mut [0]) {
            Ok(0) => self.end(alarm, reading.data, reading.armed),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => self.end(alarm, reading.data, reading.armed),
            // There is more of it than was said: what was asked for is there all the same.
            Ok(_) => {
                reading.at += 1;
                self.reading = Some(reading);
                self.leave(alarm)
            }
            Err(e) => {
                self.cut();
                Err(e.into())
            }
        }
    }

    fn open(&mut self, alarm: &Alarm, path: &str, at: u64) -> Answer<()> {
        self.leave(alarm)?;
        let _armed = alarm.arm(self.patience.whole, [&self.control]);
        self.restart(at)?;
        let data = self.ftp.retr_as_stream(path)?;
        let armed = self.guarded(alarm, &data);
        self.reading = Some(Reading { path: path.to_owned(), at, goes_on: false, data, armed });
        Ok(())
    }

    fn restart(&mut self, at: u64) -> Answer<()> {
        let at = usize::try_from(at).map_err(|_| Failure::TooLong("a file".into()))?;
        Ok(self.ftp.resume_transfer(at)?)
    }

    /// Begins to write a file, from a byte on that is there already. `said`: is told what the server has against it where it made way.
    pub fn store(&mut self, alarm: &Alarm, path: &str, at: u64, said: &Said) -> Answer<()> {
        self.leave(alarm)?;
        let _armed = alarm.arm(self.patience.whole, [&self.control]);
        self.restart(at)?;
        let data = self.ftp.put_with_stream(path)?;
        self.begin(alarm, path, data, said);
        Ok(())
    }

    /// Goes on writing at the end of a file.
    pub fn append(&mut self, alarm: &Alarm, path: &str, said: &Said) -> Answer<()> {
        self.leave(alarm)?;
        let _armed = alarm.arm(self.patience.whole, [&self.control]);
        let data = self.ftp.append_with_stream(path)?;
        self.begin(alarm, path, data, said);
        Ok(())
    }

    fn begin(&mut self, alarm: &Alarm, path: &str, data: Data, said: &Said) {
        let armed = self.guarded(alarm, &data);
        self.writing = Some(Writing { path: path.to_owned(), since: Instant::now(), said: said.clone(), data, armed });
    }

    pub fn write(&mut self, alarm: &Alarm, bytes: &[u8]) -> Answer<()> {
        let Some(Writing { data, armed, .. }) = &mut self.writing else { return Err(Failure::lost("nothing is being written")) };
        for piece in bytes.chunks(throttle::PIECE) {
            stop::pause(self.throttle.up(piece.len()));
            armed.within(self.patience.for_bytes(piece.len()));
            let written = data.write_all(piece);
            armed.rest();
            if let Err(e) = written {
                return self.why(alarm, e);
            }
        }
        Ok(())
    }

    /// Ends what is being written. What the server has then taken, it says.
    pub fn close(&mut self, alarm: &Alarm) -> Answer<()> {
        let Some(mut writing) = self.writing.take() else { return Ok(()) };
        writing.armed.within(self.patience.whole);
        // Of an empty file too the server wants to see TLS.
        let flushed = writing.data.flush();
        if flushed.is_ok() {
            take_tickets(writing.data.get_mut());
        }
        if let Err(e) = flushed {
            self.writing = Some(writing);
            return self.why(alarm, e);
        }
        self.end(alarm, writing.data, writing.armed)
    }

    /// Why writing failed: a server that does not want more closes the line, and says why in its reply.
    fn why(&mut self, alarm: &Alarm, error: io::Error) -> Answer<()> {
        let Some(Writing { data, armed, .. }) = self.writing.take() else { return Err(error.into()) };
        if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
            self.cut();
            return Err(error.into());
        }
        match self.end(alarm, data, armed) {
            Err(failure @ Failure::Said { .. }) => Err(failure),
            _ => {
                self.cut();
                Err(error.into())
            }
        }
    }

    fn guarded(&self, alarm: &Alarm, data: &Data) -> Armed {
        let armed = alarm.arm(self.patience.whole, [&self.control, data.get_ref().get_ref()]);
        armed.rest();
        armed
    }

    /// Closes the line of a file and hears how it went.
    fn end(&mut self, alarm: &Alarm, data: Data, armed: Armed) -> Answer<()> {
        Ok(self.end_as_it_is(alarm, data, armed)?)
    }

    fn end_as_it_is(&mut self, alarm: &Alarm, data: Data, armed: Armed) -> FtpResult<()> {
        // It would keep the line open.
        drop(armed);
        let _armed = alarm.arm(self.patience.whole, [&self.control]);
        data.finish()
    }

    /// Lets go of a file that is half read or written, so that something else can be asked. What is written then lies there as far as it was
    /// given to the line: its upload goes on where the server says that it ends.
    pub fn leave(&mut self, alarm: &Alarm) -> Answer<()> {
        if let Some(said) = self.writing.as_ref().map(|writing| writing.said.clone()) {
            match self.close(alarm) {
                Err(failure) if failure.ends_line() => return Err(failure),
                Err(failure) => said.put(failure),
                Ok(()) => {}
            }
        }
        let Some(reading) = self.reading.take() else { return Ok(()) };
        match self.end_as_it_is(alarm, reading.data, reading.armed) {
            Ok(()) => Ok(()),
            Err(FtpError::UnexpectedResponse(_)) => {
                // Some servers reply twice to what was broken off: then this is no answer to it.
                let _armed = alarm.arm(self.patience.whole, [&self.control]);
                let noop = self.ftp.custom_command("NOOP", &DONE);
                noop.map(drop).map_err(|_| Failure::lost("out of step"))
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Nothing more goes over this connection, and nobody waits for its last words.
    pub fn cut(&mut self) {
        let _ = self.control.shutdown(Shutdown::Both);
        let both = [self.reading.as_ref().map(|r| &r.data), self.writing.as_ref().map(|w| &w.data)];
        for data in both.into_iter().flatten() {
            let _ = data.get_ref().get_ref().shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Else what is under way would wait for a reply.
        self.cut();
    }
}

/// `213 1024`.
pub fn number(reply: &Response) -> Option<u64> {
    let text = std::str::from_utf8(&reply.body).ok()?;
    text.trim_end().rsplit(' ').next()?.parse().ok()
}

/// Over a line on which only we speak TLS still brings what its session can be gone on with: the next file's line needs that
/// where the server wants to see that both lines are the same client's. It comes at the latest when we have ended our side.
fn take_tickets(data: &mut DataStream<Tls>) {
    let DataStream::Ssl(tls) = data else { return };
    let stream = tls.mut_ref();
    stream.conn.send_close_notify();
    let told = stream.flush().and_then(|()| stream.sock.shutdown(Shutdown::Write));
    if told.is_err() {
        return;
    }
    while matches!(stream.conn.read_tls(&mut stream.sock), Ok(n) if n > 0) {
        if stream.conn.process_new_packets().is_err() {
            break;
        }
    }
    // Whoever goes on talking here is not listened to.
    let _ = stream.sock.shutdown(Shutdown::Both);
}
