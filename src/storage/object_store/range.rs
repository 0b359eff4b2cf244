//! The part of an object that is asked for, and whether that is what came.

use http::{HeaderMap, header};

use super::fault::Fault;

/// Of a `Range` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub offset: u64,
    pub length: u64,
}

impl Wanted {
    /// `None` where a whole is asked for.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let range = headers.get(header::RANGE).or_else(|| headers.get("x-ms-range"))?.to_str().ok()?;
        let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        Some(Self { offset: first, length: last.checked_sub(first)?.checked_add(1)? })
    }

    /// Whether an answer is exactly the part that was asked for. One that is cut at the object's end is no success.
    pub fn fits(self, status: u16, headers: &HeaderMap, length: u64) -> Result<(), Fault> {
        let strange = |what: &str| Err(Fault::Strange(format!("{what} instead of {} bytes at {}", self.length, self.offset)));
        if status == 200 {
            // The whole, which may be what was wanted.
            return if self.offset == 0 && length == self.length { Ok(()) } else { strange("a whole object") };
        }
        let said = headers.get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let Some((first, last, whole)) = parts(said) else { return strange("a part of nobody knows where") };
        if first != self.offset || last.checked_sub(first).and_then(|n| n.checked_add(1)) != Some(length) {
            return strange("another part");
        }
        match whole {
            _ if length == self.length => Ok(()),
            Some(whole) if last.checked_add(1) == Some(whole) => Err(Fault::TooShort),
            _ => strange("less"),
        }
    }
}

/// `bytes 0-9/100`, `bytes 0-9/*`.
fn parts(text: &str) -> Option<(u64, u64, Option<u64>)> {
    let (range, whole) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, whole.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn only_what_was_asked_for_is_taken() {
        let wanted = Wanted::of(&headers(header::RANGE, "bytes=10-19")).unwrap();
        assert_eq!(wanted, Wanted { offset: 10, length: 10 });
        let fits = |status, range: &str, length| wanted.fits(status, &headers(header::CONTENT_RANGE, range), length);
        assert_eq!(fits(206, "bytes 10-19/100", 10), Ok(()));
        assert_eq!(fits(206, "bytes 10-19/*", 10), Ok(()));
        assert_eq!(fits(206, "bytes 10-14/15", 5), Err(Fault::TooShort));
        for (status, range, length) in [
            (206, "bytes 0-9/100", 10),
            (206, "bytes 10-19/100", 9),
            (206, "bytes 10-14/100", 5),
            (206, "bytes 19-10/100", 10),
            (206, "bytes 10-18446744073709551615/1", 10),
            (206, "", 10),
            (200, "", 10),
        ] {
            assert!(matches!(fits(status, range, length), Err(Fault::Strange(_))), "{range}");
        }
        let first = Wanted { offset: 0, length: 10 };
        assert_eq!(first.fits(200, &HeaderMap::new(), 10), Ok(()));
        assert_eq!(Wanted::of(&headers(header::RANGE, "bytes=-5")), None);
        assert_eq!(Wanted::of(&headers(header::RANGE, "bytes=9-5")), None);
    }
}
