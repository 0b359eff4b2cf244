//! A server's line over TCP, of which each piece is acknowledged at once.
//!
//! Some servers send the beginning of an answer and its content by two writes, and wait with the second until the first is acknowledged
//! (Nagle's algorithm); our system waits 40 ms with that, in the hope of something to send along. Each small file would take so long.
//!
//! Others say no in the middle of what is sent to them, as when their disk is full, and hang up: that answer is heard.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport};

use crate::storage::call::call;

/// Calls servers, unless the line there was opened before, as through a proxy.
#[derive(Debug)]
pub struct Sockets;

impl<In: Transport> Connector<In> for Sockets {
    type Out = Either<In, Socket>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        if let Some(open) = chained {
            return Ok(Some(Either::A(open)));
        }
        let until = left(details.timeout)?.map(|left| Instant::now() + left);
        let stream = call(&details.addrs, until).map_err(|error| judged(error, details.timeout))?;
        stream.set_nodelay(true)?;
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Either::B(Socket { stream, buffers, reads: None, writes: None, is_deaf: false })))
    }
}

pub struct Socket {
    stream: TcpStream,
    buffers: LazyBuffers,
    /// The system's limits as they are set.
    reads: Option<Duration>,
    writes: Option<Duration>,
    /// The other side takes nothing more, but has said something before: that alone is still wanted.
    is_deaf: bool,
}

impl Socket {
    /// Whether anything is there to be read, now that nothing more can be written.
    fn has_answered(&self) -> bool {
        let looked = self.stream.set_nonblocking(true).and_then(|()| self.stream.peek(&mut [0]));
        self.stream.set_nonblocking(false).is_ok() && looked.is_ok_and(|length| length > 0)
    }
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.is_deaf {
            return Ok(());
        }
        let timeout = timeout.for_write();
        let left = left(timeout)?;
        if left != self.writes {
            self.stream.set_write_timeout(left)?;
            self.writes = left;
        }
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        match (&self.stream).write_all(output) {
            Err(error) if is_hung_up(&error) && self.has_answered() => {
                self.is_deaf = true;
                Ok(())
            }
            written => written.map_err(|error| judged(error, timeout)),
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = timeout.for_read();
        let left = left(timeout)?;
        if left != self.reads {
            self.stream.set_read_timeout(left)?;
            self.reads = left;
        }
        acknowledge_at_once(&self.stream);
        let begun = Instant::now();
        let length = loop {
            match (&self.stream).read(self.buffers.input_append_buf()) {
                // A signal came, and the time that is left begins anew.
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    if left.is_some_and(|left| begun.elapsed() >= left) {
                        return Err(Error::Timeout(timeout.reason));
                    }
                }
                read => break read.map_err(|error| judged(error, timeout))?,
            }
        };
        self.buffers.input_appended(length);
        Ok(length > 0)
    }

    fn is_open(&mut self) -> bool {
        if self.is_deaf {
            return false;
        }
        // Between two requests there is nothing to be read; not even an end.
        let looked = self.stream.set_nonblocking(true).and_then(|()| self.stream.peek(&mut [0]));
        looked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock) && self.stream.set_nonblocking(false).is_ok()
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("to", &self.stream.peer_addr().ok()).finish_non_exhaustive()
    }
}

/// How long it may take; `None`: for ever.
fn left(timeout: NextTimeout) -> Result<Option<Duration>, Error> {
    if timeout.after.is_zero() { Err(Error::Timeout(timeout.reason)) } else { Ok(timeout.not_zero().map(|left| *left)) }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

fn is_hung_up(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}

fn judged(error: io::Error, timeout: NextTimeout) -> Error {
    if is_timeout(&error) { Error::Timeout(timeout.reason) } else { error.into() }
}

/// Linux forgets it after some pieces: it is said before each.
#[cfg(target_os = "linux")]
fn acknowledge_at_once(stream: &TcpStream) {
    // Without it answers only come later.
    let _ = rustix::net::sockopt::set_tcp_quickack(stream, true);
}

#[cfg(not(target_os = "linux"))]
fn acknowledge_at_once(_: &TcpStream) {}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener};
    use std::thread;

    use super::*;
    use crate::storage::web::agent::agent;

    /// Answers so many requests over one line, each by two writes, as a server without a thought for that.
    fn thoughtless(answers: usize) -> (SocketAddr, thread::JoinHandle<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let work = move || {
            let (mut line, _) = listener.accept().unwrap();
            let mut answered = 0;
            let mut request = Vec::new();
            while answered < answers {
                let mut piece = [0; 1024];
                match line.read(&mut piece).unwrap() {
                    0 => break,
                    length => request.extend_from_slice(&piece[..length]),
                }
                if request.ends_with(b"\r\n\r\n") {
                    line.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").unwrap();
                    line.write_all(b"small").unwrap();
                    request.clear();
                    answered += 1;
                }
            }
            answered
        };
        (address, thread::spawn(work))
    }

    #[test]
    fn one_line_serves_many_requests() {
        let (address, server) = thoughtless(100);
        let agent = agent(Vec::new(), false, Duration::from_secs(20));
        for _ in 0..100 {
            let mut response = agent.get(format!("http://{address}/x")).call().unwrap();
            assert_eq!(response.body_mut().read_to_string().unwrap(), "small");
        }
        assert_eq!(server.join().unwrap(), 100);
    }

    #[test]
    fn what_is_said_in_the_middle_of_an_upload_is_heard() {
        const LENGTH: u64 = 64 << 20;
        let agent = agent(Vec::new(), false, Duration::from_secs(20));
        for (said, heard) in [("HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 4\r\n\r\nfull", Some(507)), ("", None)] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let server = thread::spawn(move || {
                let (mut line, _) = listener.accept().unwrap();
                line.read_exact(&mut [0; 100_000]).unwrap();
                line.write_all(said.as_bytes()).unwrap();
                // With bytes unread, that is a reset.
            });
            let mut body = io::repeat(7).take(LENGTH);
            let put = agent.put(format!("http://{address}/x")).header("content-length", LENGTH);
            let mut answered = put.send(ureq::SendBody::from_reader(&mut body));
            server.join().unwrap();
            assert_eq!(answered.as_ref().ok().map(|answer| answer.status().as_u16()), heard, "{answered:?}");
            if let Ok(answer) = &mut answered {
                assert_eq!(answer.body_mut().read_to_string().unwrap(), "full");
            }
        }
    }

    #[test]
    fn what_does_not_answer_is_told_apart() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let agent = agent(Vec::new(), false, Duration::from_millis(200));
        let asked = agent.get(format!("http://{}/x", silent.local_addr().unwrap())).call();
        assert!(matches!(asked, Err(Error::Timeout(_))), "{asked:?}");
        let gone = silent.local_addr().unwrap();
        drop(silent);
        let asked = agent.get(format!("http://{gone}/x")).call();
        assert!(matches!(&asked, Err(Error::Io(error)) if error.kind() == ErrorKind::ConnectionRefused), "{asked:?}");
    }
}
