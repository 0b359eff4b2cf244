//! A part of a file, as HTTP gives it (RFC 9110, section 14).

use std::io::Read;

use ureq::Body;
use ureq::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderName};
use ureq::http::{HeaderMap, Method, Response, StatusCode};
use url::Url;

use super::client::{Ask, Client, discard};
use super::download::{Open, Source, into_reader, skip_bytes};
use super::failure::Failure;
use super::pace::Tries;
use crate::storage::stop;

/// Bytes that are read and thrown away where a server gives an object from its beginning only.
const SKIPPED: u64 = 1 << 30;

/// Any part of what lies under an address.
pub struct Range<'a> {
    pub client: &'a Client,
    pub url: Url,
    /// Read it from the medium, whatever lies between here and there.
    pub anew: bool,
    /// What is read is the object to its end. From its beginning it is then asked for as it is: some servers give parts much more slowly.
    pub all: bool,
}

impl Source for Range<'_> {
    fn open(&self, at: u64, left: u64, tries: &mut Tries) -> Result<Open, Failure> {
        let last = at.checked_add(left - 1).ok_or_else(|| Failure::TooShort("no object is that long".into()))?;
        let mut response = self.ask((at > 0 || !self.all).then_some((at, last)), left, tries)?;
        if self.all && at == 0 && response.status() == StatusCode::OK && is_page(response.headers()) {
            // A page for people, or what the server takes for one; a part is told by its numbers.
            discard(response);
            response = self.ask(Some((at, last)), left, tries)?;
        }
        let status = response.status();
        let begun = match status {
            StatusCode::PARTIAL_CONTENT => self.part(response.headers(), at, last),
            StatusCode::OK => self.whole(response.headers(), at, last),
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

    fn ended(&self, _: u64, _: u64) -> Failure {
        Failure::Cut("the answer ended before its end".into())
    }
}

impl Range<'_> {
    /// `part`: the first byte and the last.
    fn ask(&self, part: Option<(u64, u64)>, bytes: u64, tries: &mut Tries) -> Result<Response<Body>, Failure> {
        let mut ask = Ask::new(&Method::GET, self.url.clone()).answer(bytes);
        if let Some((first, last)) = part {
            ask = ask.header("range", format!("bytes={first}-{last}"));
        }
        if self.anew {
            ask = ask.header("cache-control", "no-cache");
        }
        Ok(self.client.ask(&mut ask, tries)?.response)
    }

    /// Checks that the answer is the part that was asked for. Gives what comes before it and behind it.
    fn part(&self, headers: &HeaderMap, at: u64, last: u64) -> Result<(u64, u64), Failure> {
        // What names the very bytes that were asked for is no page for people, whatever it is taken for on its way.
        check_plain(headers)?;
        let range = headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok()).and_then(parse_range);
        let Some((from, to)) = range.filter(|(from, to)| *from == at && *to <= last && from <= to) else {
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
    fn whole(&self, headers: &HeaderMap, at: u64, last: u64) -> Result<(u64, u64), Failure> {
        check_data(headers, &self.url)?;
        let all = length(headers)?;
        if let Some(all) = all.filter(|all| *all <= last) {
            return Err(Failure::TooShort(format!("it has {all} bytes")));
        }
        if at > SKIPPED {
            return Err(Failure::Nonsense("it gives no parts of large files".into()));
        }
        Ok((at, all.map_or(u64::MAX, |all| all - last - 1)))
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
            Ok(_) => {
                stop::pause(client.throttle.down(bytes.len()));
                return Ok(bytes);
            }
            Err(e) => tries.again(e.into())?,
        }
    }
}

/// Whether what comes are an object's bytes as they lie there: not packed,
fn check_plain(headers: &HeaderMap) -> Result<(), Failure> {
    let encoding = value(headers, CONTENT_ENCODING);
    if encoding.is_empty() || encoding.eq_ignore_ascii_case("identity") {
        return Ok(());
    }
    Err(Failure::Nonsense("it sends a file packed in a way that was not asked for".into()))
}

/// nor a page for people.
fn check_data(headers: &HeaderMap, url: &Url) -> Result<(), Failure> {
    check_plain(headers)?;
    if is_page(headers) && !url.path().ends_with(".html") {
        return Err(Failure::Nonsense("a web page instead of a file".into()));
    }
    Ok(())
}

pub fn is_page(headers: &HeaderMap) -> bool {
    value(headers, CONTENT_TYPE).trim_start().to_ascii_lowercase().starts_with("text/html")
}

fn value(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
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
