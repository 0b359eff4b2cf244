//! How long a server of HTTP asks to be left alone (RFC 9110, 10.2.3).

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// In seconds or until a date; that by the server's own clock, where it tells what that says now, since ours may be wrong. As long as it
/// likes: whoever heeds it has a limit.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let asked = text(RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = text(DATE).and_then(date).unwrap_or_else(SystemTime::now);
    // Over already: at once.
    Some(date(asked)?.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(asked: &str, date: &str) -> Option<Duration> {
        let mut headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(asked).unwrap())]);
        if !date.is_empty() {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        retry_after(&headers)
    }

    #[test]
    fn seconds_and_dates_are_read() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!((of(" 7 ", ""), of("18446744073709551615", "")), (seconds(7), seconds(u64::MAX)));
        let now = "Sun, 06 Nov 1994 08:49:37 GMT";
        for asked in ["Sun, 06 Nov 1994 08:50:07 GMT", "Sunday, 06-Nov-94 08:50:07 GMT", "Sun Nov  6 08:50:07 1994"] {
            assert_eq!(of(asked, now), seconds(30), "{asked}");
        }
        assert_eq!(of("Sun, 06 Nov 1994 08:49:36 GMT", now), seconds(0), "it is over");
        for neither in ["", "-1", "7.5", "soon", "Sun, 06 Nov 1994", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(of(neither, now), None, "{neither}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn where_a_server_tells_no_time_it_is_by_our_clock() {
        let in_an_hour = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
        for date in ["", "now"] {
            let wait = of(&in_an_hour, date).unwrap();
            // Whole seconds are sent.
            assert!(wait > Duration::from_secs(3000) && wait <= Duration::from_secs(3600), "{wait:?}");
        }
    }
}
