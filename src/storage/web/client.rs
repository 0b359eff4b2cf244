//! Requests to a server: repeated where that helps, answered where it asks who we are, followed where it has moved.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ureq::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, LOCATION};
use ureq::http::{HeaderMap, Method, Request, Response, StatusCode, request};
use ureq::{Agent, Body, SendBody};
use url::Url;

use super::agent::{WHOLE, agent};
use super::failure::{Failure, OfSpool};
use super::login::Login;
use super::pace::{Pace, Tries};
use crate::model::location::Location;
use crate::os::retry_after::retry_after;
use crate::storage::access::Access;
use crate::storage::spool::{self, Spool};
use crate::storage::stop::Stop;
use crate::storage::throttle::{PIECE, Throttle};
use crate::storage::{Error, certificates};

/// A request is sent so often in all, for passwords and servers that have moved.
const HOPS: usize = 6;
/// Bytes that are sent only when the server wants them: it may have said no long before.
const ASKED_FIRST: u64 = 1 << 20;
/// Of an answer that nobody reads, so that its connection can serve again.
const UNREAD: u64 = 64 << 10;
/// The slowest that a transfer may be on the whole, in bytes per second.
const SLOWEST: u64 = 8 << 10;

pub struct Client {
    agent: Agent,
    login: Login,
    pub throttle: Arc<Throttle>,
    pub pace: Pace,
    /// The server has answered, and still did when last asked: then a line that breaks is worth another try.
    reached: AtomicBool,
    /// The last large content was taken: the next is sent without asking first, which costs the way there and back.
    takes: AtomicBool,
}

/// What is asked of a server.
pub struct Ask<'a> {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(&'static str, String)>,
    pub content: Content<'a>,
    /// Bytes of the answer, where it may take long.
    pub answer: u64,
    /// Whether 502 is the answer, and no failure of a server between: so MOVE is answered where it leads to another server.
    final_502: bool,
}

pub enum Content<'a> {
    None,
    Xml(&'static str),
    Spool(&'a Spool),
    /// As the one file of a form.
    Form(&'a Spool),
}

/// An answer, and the address that gave it.
pub struct Answered {
    pub response: Response<Body>,
    pub url: Url,
}

impl<'a> Ask<'a> {
    pub fn new(method: &Method, url: Url) -> Self {
        Self { method: method.clone(), url, headers: Vec::new(), content: Content::None, answer: 0, final_502: false }
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn content(mut self, content: Content<'a>) -> Self {
        self.content = content;
        self
    }

    pub fn answer(mut self, bytes: u64) -> Self {
        self.answer = bytes;
        self
    }

    pub fn final_502(mut self) -> Self {
        self.final_502 = true;
        self
    }
}

impl Client {
    /// `location`: whose certificates are taken. `only_tls`: nothing goes over an open line.
    pub fn new(location: &Location, login: Login, only_tls: bool, access: &dyn Access, pace: Pace) -> Result<Self, Error> {
        // A server that may send us from http to https is judged by the same.
        let authorities = certificates::trusted(access.ca_file(location).as_deref())?;
        Ok(Self {
            agent: agent(authorities, only_tls, pace.stall),
            login,
            throttle: access.throttle(),
            pace,
            reached: AtomicBool::new(false),
            takes: AtomicBool::new(false),
        })
    }

    pub fn tries(&self) -> Tries {
        Tries::new(self.pace)
    }

    /// The answer, whatever it is, unless it asks for patience longer than there is.
    pub fn ask(&self, ask: &mut Ask<'_>, tries: &mut Tries) -> Result<Answered, Failure> {
        loop {
            let failure = match self.once(ask) {
                Ok(answered) => {
                    self.reached.store(true, Ordering::Relaxed);
                    let status = answered.response.status();
                    if !asks_for_patience(status) || (ask.final_502 && status == StatusCode::BAD_GATEWAY) {
                        return Ok(answered);
                    }
                    let wait = retry_after(answered.response.headers());
                    discard(answered.response);
                    Failure::Busy { status, wait }
                }
                Err(failure @ (Failure::Cut(_) | Failure::Silent)) if !self.reached.load(Ordering::Relaxed) => {
                    return Err(failure);
                }
                Err(failure) => failure,
            };
            let is_away = matches!(failure, Failure::Cut(_) | Failure::Silent);
            if let Err(failure) = tries.again(failure) {
                if is_away {
                    self.reached.store(false, Ordering::Relaxed);
                }
                return Err(failure);
            }
        }
    }

    /// Asks once, as far as it takes to be let in and to be where the server wants us.
    fn once(&self, ask: &mut Ask<'_>) -> Result<Answered, Failure> {
        let mut url = ask.url.clone();
        let mut asked = 0;
        for _ in 0..HOPS {
            let (response, answered) = self.send(ask, &url)?;
            let status = response.status();
            if self.login.is_asked_by(status) {
                asked += 1;
                let let_in = self.login.asked(response.headers(), answered, asked == 1);
                discard(response);
                let_in?;
            } else if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                url = moved(&url, response.headers())?;
                discard(response);
            } else {
                return Ok(Answered { response, url });
            }
        }
        Err(Failure::Nonsense("it sends us in circles".into()))
    }

    /// Sends the request; also whether it told who we are.
    fn send(&self, ask: &mut Ask<'_>, url: &Url) -> Result<(Response<Body>, bool), Failure> {
        let is_large = matches!(ask.content, Content::Spool(spool) | Content::Form(spool) if spool.length() > ASKED_FIRST);
        let sent = self.send_once(ask, url, is_large && !self.takes.load(Ordering::Relaxed));
        if is_large {
            let is_taken = sent.as_ref().is_ok_and(|(response, _)| response.status().is_success());
            self.takes.store(is_taken, Ordering::Relaxed);
        }
        sent
    }

    /// `asks_first`: content is sent only when the server says that it wants it.
    fn send_once(&self, ask: &mut Ask<'_>, url: &Url, asks_first: bool) -> Result<(Response<Body>, bool), Failure> {
        let mut request = Request::builder().method(&ask.method).uri(url.as_str());
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        let answer = self.login.answer(&ask.method, url)?;
        let answered = answer.is_some();
        if let Some(answer) = answer {
            request = request.header(AUTHORIZATION, answer);
        }
        let response = match &mut ask.content {
            // Else it would be said to come in chunks, none of which a server that answers at once waits for.
            Content::None if ask.method == Method::POST => {
                self.run(request.header(CONTENT_LENGTH, 0), SendBody::from_reader(&mut io::empty()), ask.answer)
            }
            Content::None => self.run(request, SendBody::none(), ask.answer),
            Content::Xml(text) => {
                let request = request.header(CONTENT_TYPE, "application/xml; charset=utf-8").header(CONTENT_LENGTH, text.len());
                self.run(request, SendBody::from_reader(&mut text.as_bytes()), ask.answer)
            }
            Content::Spool(spool) => {
                let length = spool.length();
                request = request.header(CONTENT_TYPE, "application/octet-stream").header(CONTENT_LENGTH, length);
                if asks_first {
                    request = request.header(EXPECT, "100-continue");
                }
                self.run(request, SendBody::from_reader(&mut self.sending(spool)), length)
            }
            Content::Form(spool) => {
                let Form { boundary, head, tail } = Form::new()?;
                let whole = (head.len() + tail.len()) as u64 + spool.length();
                request = request
                    .header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
                    .header(CONTENT_LENGTH, whole);
                if asks_first {
                    request = request.header(EXPECT, "100-continue");
                }
                let mut body = head.as_bytes().chain(self.sending(spool)).chain(tail.as_bytes());
                self.run(request, SendBody::from_reader(&mut body), whole)
            }
        };
        Ok((response?, answered))
    }

    fn sending<'a>(&'a self, spool: &'a Spool) -> Sending<'a> {
        Sending { waits: spool.reader(), throttle: &self.throttle, stop: Stop::current() }
    }

    /// `bytes`: what it moves.
    fn run(&self, request: request::Builder, body: SendBody<'_>, bytes: u64) -> Result<Response<Body>, Failure> {
        let request = request.body(body).map_err(|e| Failure::Nonsense(e.to_string()))?;
        if bytes < WHOLE.as_secs() * SLOWEST / 2 {
            return Ok(self.agent.run(request)?);
        }
        let whole = WHOLE + Duration::from_secs(bytes / SLOWEST);
        Ok(self.agent.run(self.agent.configure_request(request).timeout_global(Some(whole)).build())?)
    }
}

/// What stands before and behind the file in a form (RFC 7578).
struct Form {
    boundary: String,
    head: String,
    tail: String,
}

impl Form {
    /// By chance, so that no file holds it.
    fn new() -> Result<Self, Failure> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|e| Failure::Here(io::Error::other(e)))?;
        let boundary = data_encoding::HEXLOWER.encode(&random);
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"object\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        Ok(Self { boundary, head, tail })
    }
}

/// What is sent, no faster than it may and as long as somebody wants it, its failures marked as its own.
struct Sending<'a> {
    waits: spool::Reader<'a>,
    throttle: &'a Throttle,
    stop: Stop,
}

impl Read for Sending<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(PIECE);
        let of_spool = |e| io::Error::other(OfSpool(e));
        let read = self.waits.read(buffer.get_mut(..length).unwrap_or_default()).map_err(of_spool)?;
        if self.stop.pause(self.throttle.up(read)) { Ok(read) } else { Err(of_spool(io::Error::other("cancelled"))) }
    }
}

/// Reads what is left of a short answer, so that its connection can serve again; what is longer goes with its connection.
pub fn discard(response: Response<Body>) {
    let _ = io::copy(&mut response.into_body().into_reader().take(UNREAD), &mut io::sink());
}

fn asks_for_patience(status: StatusCode) -> bool {
    matches!(status.as_u16(), 423 | 429 | 502 | 503 | 504)
}

/// Where the server wants us instead. Only to itself, and never from a protected line to an open one: the password goes along.
fn moved(from: &Url, headers: &HeaderMap) -> Result<Url, Failure> {
    let to = headers.get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|value| from.join(value).ok());
    let Some(mut to) = to else { return Err(Failure::Nonsense("it sends us elsewhere without saying where".into())) };
    to.set_fragment(None);
    let same_host = to.host() == from.host() && to.username().is_empty() && to.password().is_none();
    let same_port = to.scheme() == from.scheme() && to.port_or_known_default() == from.port_or_known_default();
    let upwards = from.scheme() == "http" && to.scheme() == "https";
    if same_host && (same_port || upwards) {
        return Ok(to);
    }
    let _ = (to.set_username(""), to.set_password(None));
    to.set_query(None);
    Err(Failure::Elsewhere(to.as_str().chars().take(200).collect()))
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderValue;

    use super::*;

    fn moved_to(from: &str, to: &'static str) -> Result<String, Failure> {
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static(to))]);
        moved(&Url::parse(from).unwrap(), &headers).map(String::from)
    }

    #[test]
    fn a_password_follows_to_the_same_server_only() {
        for (from, to, followed) in [
            ("https://nas/a", "/b/", "https://nas/b/"),
            ("https://nas/a", "https://NAS:443/b", "https://nas/b"),
            ("http://nas/a", "https://nas/a", "https://nas/a"),
            ("http://nas:8080/a", "https://nas:8443/a", "https://nas:8443/a"),
        ] {
            assert_eq!(moved_to(from, to).unwrap(), followed);
        }
        for (from, to) in [
            ("https://nas/a", "https://other/a"),
            ("https://nas/a", "http://nas/a"),
            ("https://nas/a", "https://nas:444/a"),
            ("http://nas/a", "http://nas:81/a"),
            ("https://nas/a", "https://nas@other/a"),
            ("https://nas/a", "//other/a"),
            ("https://nas/a", "ftp://nas/a"),
            ("https://nas/a", "file:///etc/passwd"),
        ] {
            assert!(matches!(moved_to(from, to), Err(Failure::Elsewhere(_))), "{to}");
        }
        match moved_to("https://nas/a", "https://u:p@other/x?token=1") {
            Err(Failure::Elsewhere(shown)) => assert_eq!(shown, "https://other/x"),
            other => panic!("{other:?}"),
        }
    }
}
