//! Webhooks: one request, signed where there is a secret, asked again at once where that may help.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use ureq::Agent;
use ureq::http::header::LOCATION;
use ureq::http::{HeaderValue, Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use url::Url;

use super::{Error, Kind, LONGEST, Parcel, trust};
use crate::model::alert::request::{self, Request as Wanted};
use crate::model::alert::{Method, Webhook};
use crate::os::cause;
use crate::os::retry_after::retry_after;

/// The headers that a receiver checks: HMAC-SHA256 over the time, a dot and the body, and that time in seconds since 1970.
pub const SIGNATURE: &str = "X-Strongroom-Signature";
pub const TIMESTAMP: &str = "X-Strongroom-Timestamp";

const CONNECT: Duration = Duration::from_secs(10);
/// For one request with its answer.
const WHOLE: Duration = Duration::from_secs(15);
/// Tries at once, and the pause before the second; twice that before the third.
const TRIES: u32 = 3;
const FIRST: Duration = Duration::from_millis(500);
/// Longest beginning of an answer, in bytes. Its body is of no interest.
const LONGEST_HEAD: usize = 32 << 10;

pub fn send(hook: &Webhook, parcel: &Parcel<'_>) -> Result<(), Error> {
    let Parcel { keys, alert, machine, now, .. } = *parcel;
    let missing = || Error::new(Kind::Missing, "its address is not known on this machine");
    let address = keys.address.as_ref().filter(|address| !address.is_empty()).ok_or_else(missing)?;
    // The settings name the server: an address that leads elsewhere is not the one that was agreed to.
    if Webhook::server_of(address.expose()).as_deref() != Ok(hook.server.as_str()) {
        return Err(Error::new(Kind::Settings, "its address is none of the server that the settings name"));
    }
    let secret = keys.secret.as_ref().filter(|secret| !secret.is_empty()).map(|secret| secret.expose());
    let wanted = request::make(hook, address.expose().trim(), secret, alert, machine);
    let agent = agent(hook)?;
    let (begun, mut pause) = (Instant::now(), FIRST);
    for tries in 1.. {
        let error = match once(&agent, &wanted, secret, now) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if tries == TRIES || error.kind != Kind::Away || begun.elapsed() + WHOLE > LONGEST {
            return Err(error);
        }
        thread::sleep(pause);
        pause *= 2;
    }
    Ok(())
}

fn agent(hook: &Webhook) -> Result<Agent, Error> {
    let own = hook.ca_file.as_ref().map(|file| file.to_path_buf());
    let roots = trust::authorities(own.as_deref())?;
    let roots: Vec<_> = roots.iter().map(|one| Certificate::from_der(one).to_owned()).collect();
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // Wherever it would lead, a secret would go along.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .tls_config(TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(roots))).build())
        .user_agent(concat!("strongroom/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("identity")
        .max_response_header_size(LONGEST_HEAD)
        .timeout_global(Some(WHOLE))
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .build();
    Ok(Agent::new_with_config(config))
}

fn once(agent: &Agent, wanted: &Wanted, secret: Option<&str>, now: Timestamp) -> Result<(), Error> {
    let unusable = |_| Error::new(Kind::Settings, "its address or a header cannot be sent");
    let mut request = Request::builder().method(wanted.method.name()).uri(&wanted.url).body(()).map_err(unusable)?;
    let headers = request.headers_mut();
    for (name, value) in &wanted.headers {
        let name = ureq::http::HeaderName::from_bytes(name.as_bytes()).map_err(|e| unusable(e.into()))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|e| unusable(e.into()))?;
        headers.insert(name, value);
    }
    if let Some(secret) = secret.filter(|_| wanted.sign) {
        let at = now.as_second();
        let sign = HeaderValue::from_str(&format!("sha256={}", signature(secret, at, &wanted.body)));
        headers.insert(TIMESTAMP, HeaderValue::from(at));
        headers.insert(SIGNATURE, sign.map_err(|e| unusable(e.into()))?);
    }
    let answered = match wanted.method {
        Method::Get => agent.run(request),
        Method::Post | Method::Put => agent.run(request.map(|()| wanted.body.as_str())),
    };
    judge(&answered.map_err(failure)?)
}

/// HMAC-SHA256 in lower-case hex, over "<seconds>.<body>".
pub fn signature(secret: &str, at: i64, body: &str) -> String {
    // Any length is a key.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{at}.{body}").as_bytes());
    data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes())
}

fn judge<T>(response: &Response<T>) -> Result<(), Error> {
    let status = response.status().as_u16();
    let error = |kind, what: &str| Error::new(kind, format!("{what} ({status})"));
    Err(match status {
        200..=299 => return Ok(()),
        300..=399 => {
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).and_then(|to| Url::parse(to).ok());
            let shown = to.map_or_else(|| "elsewhere".into(), |to| format!("to {}", to.origin().ascii_serialization()));
            error(Kind::Elsewhere, &format!("the server sends us {shown}: nothing was sent there"))
        }
        401 | 403 => error(Kind::Password, "the server does not let us in"),
        408 | 425 | 429 => Error { wait: retry_after(response.headers()), ..error(Kind::Later, "the server asks for patience") },
        500..=599 => {
            let wait = retry_after(response.headers());
            let kind = if wait.is_some() { Kind::Later } else { Kind::Away };
            Error { wait, ..error(kind, "the server has trouble of its own") }
        }
        404 | 410 => error(Kind::Refused, "the server knows nothing at this address"),
        _ => error(Kind::Refused, "the server refuses the message"),
    })
}

fn failure(error: ureq::Error) -> Error {
    if let Some(why) = cause::within(&error).and_then(trust::fault) {
        return Error::new(Kind::Certificate, format!("the server cannot be trusted: {why}"));
    }
    match error {
        ureq::Error::Rustls(error) => match trust::fault(&error) {
            Some(why) => Error::new(Kind::Certificate, format!("the server cannot be trusted: {why}")),
            None => Error::new(Kind::Away, "the line to the server cannot be protected"),
        },
        ureq::Error::HostNotFound => Error::new(Kind::Away, "no server of this name is known"),
        ureq::Error::Timeout(_) => Error::new(Kind::Silent, "the server does not answer"),
        ureq::Error::Io(error) => Error::new(Kind::Away, format!("the line to the server: {}", error.kind())),
        ureq::Error::ConnectionFailed => Error::new(Kind::Away, "the server cannot be reached"),
        // Others may carry the address.
        _ => Error::new(Kind::Away, "the server does not answer as it should"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_signed_as_anybody_can_check() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac hush
        let wanted = "7cfd1df542c33ab7251748ffdc6e7fed278c63b83d4ece95a4534b0ad465571b";
        assert_eq!(signature("hush", 1_700_000_000, r#"{"a":1}"#), wanted);
        assert_ne!(signature("hush", 1_700_000_001, r#"{"a":1}"#), wanted);
    }

    #[test]
    fn every_answer_has_its_meaning() {
        let of = |status: u16, headers: &[(&str, &str)]| {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            judge(&response.body(()).unwrap())
        };
        assert!(of(204, &[]).is_ok());
        let kind = |status| of(status, &[]).unwrap_err().kind;
        assert_eq!([401, 404, 400, 429, 503].map(kind), [Kind::Password, Kind::Refused, Kind::Refused, Kind::Later, Kind::Away]);
        let busy = of(503, &[("Retry-After", "7")]).unwrap_err();
        assert_eq!((busy.kind, busy.wait), (Kind::Later, Some(Duration::from_secs(7))));
        let until = [("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT")];
        assert_eq!(of(429, &until).unwrap_err().wait, Some(Duration::from_secs(30)));
        let moved = of(302, &[("Location", "https://evil.example/hook?token=1")]).unwrap_err();
        assert!(moved.kind == Kind::Elsewhere && !moved.passes() && !moved.what.contains("token"), "{moved}");
        assert!(moved.what.contains("https://evil.example"), "{moved}");
    }
}
