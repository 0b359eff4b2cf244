//! Requests to a store: over TLS, never to where a server sends us, bounded in time and length, repeated where that helps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header, request};
use opendal::{Buffer, HttpBody, HttpTransport};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::asked;
use super::body::{Content, Sent};
use super::claims::Claims;
use super::coming::Coming;
use super::fault::{self, Fault, Refusal};
use super::range::Wanted;
use super::service;
use super::sums;
use super::trust;
use crate::model::location::{Location, Server, bucket};
use crate::os::retry_after::retry_after;
use crate::storage::access::Access;
use crate::storage::throttle::{Throttle, pause};
use crate::storage::{Error, Kind};

/// Until a server takes the call.
const CONNECT: Duration = Duration::from_secs(20);
/// Without a byte in either direction.
const SILENCE: Duration = Duration::from_secs(60);
/// How often a request is repeated,
pub const REPEATS: u32 = 6;
/// and for how many times that silence at most.
const SILENCES: u32 = 3;
/// Before the first repetition; then twice as long each time.
pub const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest that a server may ask us to wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Room that is made for an answer before it comes, in bytes.
const MOST_AT_ONCE: u64 = 8 << 20;
/// For the cloud's own service that tells a machine its credentials, where there is one.
const METADATA: Duration = Duration::from_secs(2);

pub struct Wire {
    client: reqwest::Client,
    /// The store's own.
    server: Option<Server>,
    /// Whether this may be a machine of the cloud's, that is told its credentials there.
    in_cloud: bool,
    /// Who tells it them, where that is none of the cloud's own addresses.
    metadata: Option<Server>,
    throttle: Arc<Throttle>,
    /// How long nothing may come or go.
    silence: Duration,
    /// Somebody has answered: then what does not is worth another try.
    reached: AtomicBool,
    /// One for each request that may be on its way.
    lines: Arc<Semaphore>,
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: BytesMut,
    /// What comes behind that, where it is taken while it comes.
    rest: Option<Box<Coming>>,
}

/// Brings requests on their way that others make: OpenDAL, and what asks for credentials.
pub struct Carrier {
    pub wire: Arc<Wire>,
    /// What the store compares what it gets with.
    pub claims: Claims,
}

/// What to do with what came of a request.
enum Verdict {
    Done(Answer),
    /// It may pass by itself; perhaps the server says how long that takes.
    Again(Fault, Option<Duration>),
    Never(Fault),
}

impl Wire {
    pub fn new(location: &Location, access: &dyn Access, in_cloud: bool) -> Result<Self, Error> {
        let client = trust::client(access.ca_file(location).as_deref(), CONNECT)?;
        let lines = Arc::new(Semaphore::new(access.connections().max(1)));
        let (server, throttle, reached) = (location.server(), access.throttle(), AtomicBool::new(false));
        let silence = access.patience().unwrap_or(SILENCE);
        let metadata = service::metadata().filter(|it| matches!(location, Location::S3(_)) && server.as_ref() != Some(it));
        Ok(Self { client, server, in_cloud, metadata, throttle, silence, reached, lines })
    }

    /// Sends a request that is signed already, again where that helps.
    pub async fn send(&self, parts: &request::Parts, content: &Content) -> Result<Answer, Fault> {
        let begun = Instant::now();
        let wanted = Wanted::of(&parts.headers);
        let is_metadata = self.is_metadata(&parts.uri);
        if is_metadata && !self.in_cloud {
            return Err(Fault::Away("not asked: the store is not this cloud's".into()));
        }
        // Where an upload goes on, the server says: that must be itself. Credentials are asked for elsewhere by GET and POST.
        let is_storing = matches!(parts.method, Method::PUT | Method::DELETE) && !is_metadata;
        if is_storing && self.server.as_ref().is_some_and(|server| *server != bucket::server(&parts.uri.to_string())) {
            return Err(Fault::Strange("it wants the upload elsewhere".into()));
        }
        let mut next = FIRST_PAUSE;
        for repeats in 0.. {
            let tried = if is_metadata {
                match tokio::time::timeout(METADATA, self.once(parts, content, wanted)).await {
                    Ok(tried) => tried,
                    Err(_) => Err(Fault::Away("no answer".into())),
                }
            } else {
                self.once(parts, content, wanted).await
            };
            if tried.is_ok() && !is_metadata {
                self.reached.store(true, Ordering::Relaxed);
            }
            let tried = tried.and_then(|answer| {
                if answer.status.is_success() {
                    sums::check_block(parts, content, &answer.headers)?;
                }
                Ok(answer)
            });
            let (fault, after) = match judge(tried, parts, wanted) {
                Verdict::Done(answer) => return Ok(answer),
                Verdict::Never(fault) => return Err(fault),
                // Nobody need be there: whoever waits to hear of it is told at once.
                Verdict::Again(fault @ Fault::Away(_), _) if !self.reached.load(Ordering::Relaxed) => return Err(fault),
                Verdict::Again(fault, after) => (fault, after),
            };
            let wait = wait(after, next);
            if is_metadata || repeats >= REPEATS || wait > LONGEST_PAUSE || begun.elapsed() + wait > self.silence * SILENCES {
                return Err(fault);
            }
            tracing::debug!(%fault, repeats, "a store is asked again");
            tokio::time::sleep(wait).await;
            next *= 2;
        }
        Err(Fault::Away("no answer".into()))
    }

    /// Whether this asks who tells a machine of the cloud's its credentials.
    fn is_metadata(&self, uri: &Uri) -> bool {
        let host = uri.host().unwrap_or_default();
        let is_clouds = host.starts_with("169.254.") || host == "metadata.google.internal" || host == "[fd00:ec2::254]";
        is_clouds || self.metadata.as_ref().is_some_and(|server| *server == bucket::server(&uri.to_string()))
    }

    /// One request, to the end of its answer; where that is streamed, to its beginning.
    async fn once(&self, parts: &request::Parts, content: &Content, wanted: Option<Wanted>) -> Result<Answer, Fault> {
        let line = self.lines.clone().acquire_owned().await.map_err(|_| Fault::Away("closed".into()))?;
        let moved = Arc::new(AtomicU64::new(0));
        let sent = Sent::new(content.clone(), moved.clone(), self.throttle.clone());
        let mut request = self.client.request(parts.method.clone(), parts.uri.to_string()).headers(parts.headers.clone());
        if !content.is_empty() {
            request = request.body(reqwest::Body::wrap(sent));
        }
        let longest = wanted.map_or_else(asked::longest, |wanted| usize::try_from(wanted.length).unwrap_or(usize::MAX));
        let whole = async {
            let mut response = request.send().await.map_err(|e| trust::fault(&e))?;
            let (status, headers) = (response.status(), response.headers().clone());
            // What a server says of itself when it refuses need not fit into what was wanted.
            let longest = if status.is_success() { longest } else { longest.max(asked::LONGEST_REFUSAL) };
            if let Some(wanted) = wanted.filter(|_| status.is_success() && asked::is_streamed()) {
                let begin = response.chunk().await.map_err(|e| trust::fault(&e))?.unwrap_or_default();
                let Some(left) = wanted.length.checked_sub(begin.len() as u64) else {
                    return Err(Fault::Strange("more than was asked for".into()));
                };
                let rest = Coming { response, left, throttle: self.throttle.clone(), silence: self.silence, _line: line };
                return Ok(Answer { status, headers, body: BytesMut::from(begin), rest: Some(Box::new(rest)) });
            }
            // A part is taken as it is asked for, in one piece.
            let part = wanted.filter(|_| status.is_success()).map_or(0, |wanted| wanted.length.min(MOST_AT_ONCE));
            let mut body = BytesMut::with_capacity(usize::try_from(part).unwrap_or_default());
            while let Some(chunk) = response.chunk().await.map_err(|e| trust::fault(&e))? {
                moved.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                pause(self.throttle.down(chunk.len())).await;
                if body.len() + chunk.len() > longest {
                    return Err(Fault::TooLong(format!("more than {longest} bytes")));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Answer { status, headers, body, rest: None })
        };
        tokio::select! {
            answer = whole => answer,
            () = silence(&moved, self.silence) => Err(Fault::Away("it fell silent".into())),
        }
    }
}

impl Answer {
    /// Bytes of its body, as far as that is known.
    fn length(&self, wanted: Wanted) -> u64 {
        let told = || self.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
        match &self.rest {
            Some(_) => told().unwrap_or(wanted.length),
            None => self.body.len() as u64,
        }
    }
}

impl HttpTransport for Carrier {
    async fn fetch(&self, request: Request<Buffer>) -> opendal::Result<Response<HttpBody>> {
        asked::count()?;
        let (mut parts, body) = request.into_parts();
        self.claims.add(&mut parts, &body).await.map_err(Fault::into_error)?;
        let answer = self.wire.send(&parts, &Content::Memory(body)).await.map_err(Fault::into_error)?;
        if answer.status == StatusCode::RANGE_NOT_SATISFIABLE {
            return Err(opendal::Error::new(opendal::ErrorKind::RangeNotSatisfied, "it is shorter"));
        }
        let body = match answer.rest {
            Some(rest) => rest.after(answer.body.freeze()),
            None => {
                let length = answer.body.len() as u64;
                HttpBody::new(futures_util::stream::iter([Ok(Buffer::from(answer.body.freeze()))]), Some(length))
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        response.extensions_mut().insert(parts.uri);
        Ok(response)
    }
}

/// Ends when nothing has moved for too long.
async fn silence(moved: &AtomicU64, longest: Duration) {
    let mut last = u64::MAX;
    loop {
        let now = moved.load(Ordering::Relaxed);
        if now == last {
            return;
        }
        last = now;
        tokio::time::sleep(longest).await;
    }
}

fn judge(tried: Result<Answer, Fault>, parts: &request::Parts, wanted: Option<Wanted>) -> Verdict {
    let answer = match tried {
        Ok(answer) => answer,
        // A block that is sent again replaces what is there of it.
        Err(fault @ (Fault::Away(_) | Fault::Damaged(_))) => return Verdict::Again(fault, None),
        Err(fault) => return Verdict::Never(fault),
    };
    let status = answer.status.as_u16();
    let refusal = || Refusal::read(status, &answer.headers, &answer.body);
    let again = |refusal| Verdict::Again(Fault::Refused(refusal), retry_after(&answer.headers));
    match status {
        200..=299 if is_page(&answer.headers, &answer.body) && parts.method != Method::HEAD => {
            Verdict::Never(Fault::Strange("a web page came where data should".into()))
        }
        206 | 200 => match wanted.map_or(Ok(()), |wanted| wanted.fits(status, &answer.headers, answer.length(wanted))) {
            Ok(()) => Verdict::Done(answer),
            Err(fault) => Verdict::Never(fault),
        },
        // A resumable upload goes on.
        200..=299 | 308 => Verdict::Done(answer),
        408 | 429 | 500 | 502 | 503 | 504 => again(refusal()),
        // Damaged on the way, or too slow.
        400 if matches!(
            &*refusal().code,
            "BadDigest" | "XAmzContentChecksumMismatch" | "Md5Mismatch" | "RequestTimeout" | "IncompleteBody"
        ) =>
        {
            again(refusal())
        }
        // The service's own code makes of it what it means there.
        409 if parts.method == Method::DELETE && refusal().kind() == Kind::Held => Verdict::Never(Fault::Refused(refusal())),
        404 | 409 | 412 | 416 if !matches!(refusal().kind(), Kind::NoBucket) => Verdict::Done(answer),
        300..=399 if refusal().kind() != Kind::WrongRegion => {
            let to = answer.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("nobody knows where");
            // What followed our own address comes back in it: that may be what opens the store.
            Verdict::Never(Fault::Elsewhere(fault::words(to.split(['?', '#']).next().unwrap_or_default())))
        }
        _ => Verdict::Never(Fault::Refused(refusal())),
    }
}

/// Whether it is a proxy's or a provider's own page. A store may call its lists the same.
fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let begins = |with: &str| body.trim_ascii_start().get(..with.len()).is_some_and(|b| b.eq_ignore_ascii_case(with.as_bytes()));
    kind.to_ascii_lowercase().starts_with("text/html") && (begins("<!doctype html") || begins("<html"))
}

/// How long the next try waits, where the server may say so (`after`). A crowd that waits for the same server must not come back all at once.
fn wait(after: Option<Duration>, next: Duration) -> Duration {
    after.unwrap_or_default().max(next).saturating_add(jitter(next))
}

/// Up to as long again.
fn jitter(pause: Duration) -> Duration {
    let mut random = [0; 2];
    // Without chance it is only less polite.
    let _ = getrandom::fill(&mut random);
    pause.mul_f64(f64::from(u16::from_le_bytes(random)) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn where_a_server_sends_us_is_told_without_what_opens_it() {
        let address = "http://nas/container?restype=container&sv=2024&sig=c2VjcmV0";
        let (parts, ()) = Request::get(address).body(()).unwrap().into_parts();
        let headers =
            HeaderMap::from_iter([(header::LOCATION, HeaderValue::from_static("https://nas/container?sv=2024&sig=c2VjcmV0"))]);
        let answer = Answer { status: StatusCode::MOVED_PERMANENTLY, headers, body: BytesMut::new(), rest: None };
        let Verdict::Never(Fault::Elsewhere(to)) = judge(Ok(answer), &parts, None) else { panic!("it does not lead elsewhere") };
        assert_eq!(to, "https://nas/container");
    }

    #[test]
    fn whatever_a_server_asks_for_can_be_reckoned_with() {
        let seconds = Duration::from_secs;
        let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static("18446744073709551615"))]);
        assert_eq!(retry_after(&headers), Some(seconds(u64::MAX)));
        // By chance between none and as long again.
        for _ in 0..100 {
            assert!(wait(retry_after(&headers), seconds(100)) >= seconds(u64::MAX));
        }
        assert!((seconds(7)..=seconds(9)).contains(&wait(Some(seconds(7)), seconds(2))));
    }
}
