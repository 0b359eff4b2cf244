//! A run of an object's bytes on its way here. A line that breaks is taken up again at the byte it broke at.

use std::io::Read;

use ureq::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use ureq::http::{HeaderMap, Method, StatusCode};
use ureq::{Body, BodyReader};
use url::Url;

use super::client::{Ask, Client, discard};
use super::failure::Failure;
use super::pace::Tries;

/// Bytes that are read and thrown away where a server gives an object from its beginning only.
const SKIPPED: u64 = 1 << 30;
/// What must have come over a line for its end to be another failure than the last one.
const PROGRESS: u64 = 256 << 10;
/// Of the rest of an object that was not asked for, so that its connection can serve again.
const REST: u64 = 64 << 10;

pub struct Download<'a> {
    client: &'a Client,
    url: Url,
    /// Where the next byte lies in the object, and how many are to come.
    at: u64,
    left: u64,
    /// Read it from the medium, whatever lies between here and there.
    anew: bool,
    line: Option<Open>,
    /// Came over the line.
    came: u64,
    tries: Tries,
}

struct Open {
    body: BodyReader<'static>,
    /// Behind what was asked for; 0 where the server sends no more than that.
    beyond: u64,
}

impl<'a> Download<'a> {
    pub fn new(client: &'a Client, url: Url, from: u64, length: u64, anew: bool) -> Self {
        Self { client, url, at: from, left: length, anew, line: None, came: 0, tries: client.tries() }
    }

    /// Reads some bytes; 0 only where all have been read, or the buffer is empty.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        loop {
            let line = match &mut self.line {
                Some(line) => line,
                None => {
                    let opened = self.open()?;
                    self.came = 0;
                    self.line.insert(opened)
                }
            };
            let failure = match line.body.read(&mut buffer[..most]) {
                Ok(0) => Failure::Cut("the answer ended before its end".into()),
                Ok(length) => {
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

    fn open(&mut self) -> Result<Open, Failure> {
        let last = self.at.checked_add(self.left - 1).ok_or_else(|| Failure::TooShort("no object is that long".into()))?;
        let mut ask =
            Ask::new(&Method::GET, self.url.clone()).header("range", format!("bytes={}-{last}", self.at)).answer(self.left);
        if self.anew {
            ask = ask.header("cache-control", "no-cache");
        }
        let response = self.client.ask(&mut ask, &mut self.tries)?.response;
        let status = response.status();
        let begun = match status {
            StatusCode::PARTIAL_CONTENT => self.part(response.headers(), last),
            StatusCode::OK => self.whole(response.headers(), last),
            StatusCode::RANGE_NOT_SATISFIABLE => Err(Failure::TooShort("it ends before".into())),
            other => Err(Failure::Said(other)),
        };
        match begun {
            Ok((skip, beyond)) => {
                let mut body = into_reader(response.into_body());
                skip_bytes(&mut body, skip)?;
                Ok(Open { body, beyond })
            }
            Err(failure) => {
                discard(response);
                Err(failure)
            }
        }
    }

    /// Checks that the answer is the part that was asked for. Gives what comes before it and behind it.
    fn part(&self, headers: &HeaderMap, last: u64) -> Result<(u64, u64), Failure> {
        check_data(headers, &self.url)?;
        let range = headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok()).and_then(parse_range);
        let Some((from, to)) = range.filter(|(from, to)| *from == self.at && *to <= last && from <= to) else {
            return Err(Failure::Nonsense("it sends another part than was asked for".into()));
        };
        if length(headers)?.is_some_and(|length| length != to - from + 1) {
            return Err(Failure::Nonsense("it sends a part of another length than it says".into()));
        }
        if to < last {
            return Err(Failure::TooShort(format!("it has {} bytes", to + 1)));
        }
        Ok((0, 0))
    }

    /// The same of an answer that is the object from its beginning.
    fn whole(&self, headers: &HeaderMap, last: u64) -> Result<(u64, u64), Failure> {
        check_data(headers, &self.url)?;
        let all = length(headers)?;
        if let Some(all) = all.filter(|all| *all <= last) {
            return Err(Failure::TooShort(format!("it has {all} bytes")));
        }
        if self.at > SKIPPED {
            return Err(Failure::Nonsense("it gives no parts of large files".into()));
        }
        Ok((self.at, all.map_or(u64::MAX, |all| all - last - 1)))
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

/// Reads a small object whole.
pub fn whole(client: &Client, url: &Url, limit: u64) -> Result<Vec<u8>, Failure> {
    let mut tries = client.tries();
    loop {
        let response = client.ask(&mut Ask::new(&Method::GET, url.clone()).answer(limit), &mut tries)?.response;
        let too_long = |length| Failure::TooLong(format!("{length} bytes, expected at most {limit}"));
        let said = match response.status() {
            StatusCode::OK => check_data(response.headers(), url).and_then(|()| length(response.headers())),
            other => Err(Failure::Said(other)),
        };
        let said = match said {
            Ok(Some(length)) if length > limit => return Err(too_long(length)),
            Ok(said) => said,
            Err(failure) => {
                discard(response);
                return Err(failure);
            }
        };
        // A length within the limit fits into memory; none that is merely said is believed.
        let mut bytes = Vec::new();
        let read = into_reader(response.into_body()).take(limit.saturating_add(1)).read_to_end(&mut bytes);
        match read {
            Ok(_) if bytes.len() as u64 > limit => return Err(too_long(bytes.len() as u64)),
            Ok(_) if said.is_some_and(|said| said != bytes.len() as u64) => {
                tries.again(Failure::Cut("the answer ended before its end".into()))?;
            }
            Ok(_) => return Ok(bytes),
            Err(e) => tries.again(e.into())?,
        }
    }
}

/// Whether what comes are an object's bytes as they lie there: not a page for people, nor packed.
fn check_data(headers: &HeaderMap, url: &Url) -> Result<(), Failure> {
    let value = |name| headers.get(name).and_then(|value: &ureq::http::HeaderValue| value.to_str().ok()).unwrap_or_default();
    let encoding = value(CONTENT_ENCODING);
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return Err(Failure::Nonsense("it sends a file packed in a way that was not asked for".into()));
    }
    let is_page = value(CONTENT_TYPE).trim_start().to_ascii_lowercase().starts_with("text/html");
    if is_page && !url.path().ends_with(".html") {
        return Err(Failure::Nonsense("a web page instead of a file".into()));
    }
    Ok(())
}

fn length(headers: &HeaderMap) -> Result<Option<u64>, Failure> {
    let Some(value) = headers.get(CONTENT_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    length.map(Some).ok_or_else(|| Failure::Nonsense("a length that is no number".into()))
}

/// `bytes 3-9/20`.
fn parse_range(text: &str) -> Option<(u64, u64)> {
    let (range, _) = text.trim().strip_prefix("bytes")?.trim_start().split_once('/')?;
    let (from, to) = range.split_once('-')?;
    Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
}

fn into_reader(body: Body) -> BodyReader<'static> {
    // Bounded by whoever reads it.
    body.into_with_config().limit(u64::MAX).reader()
}

fn skip_bytes(body: &mut BodyReader<'static>, bytes: u64) -> Result<(), Failure> {
    match std::io::copy(&mut body.take(bytes), &mut std::io::sink())? {
        skipped if skipped == bytes => Ok(()),
        _ => Err(Failure::TooShort("it ends before".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_servers_write_it() {
        assert_eq!(parse_range("bytes 3-9/20"), Some((3, 9)));
        assert_eq!(parse_range("bytes 0-0/*"), Some((0, 0)));
        for bad in ["", "bytes */20", "bytes 3-9", "items 3-9/20", "bytes -3-9/20", "bytes 3-99999999999999999999/1"] {
            assert_eq!(parse_range(bad), None, "{bad}");
        }
    }
}
