//! What a server's answers and the line's failures mean for a storage.

use std::io;
use std::time::Duration;

use rustls::InvalidMessage;
use ureq::http::StatusCode;

use crate::storage::tls::Untaken;
use crate::storage::{Error, Kind};

/// Why a request has no result.
#[derive(Debug)]
pub enum Failure {
    /// The server's answer.
    Said(StatusCode),
    /// The same in its own words, which say nothing that is known.
    Told(String),
    /// An answer that asks for patience, and how much of it.
    Busy {
        status: StatusCode,
        wait: Option<Duration>,
    },
    /// The line broke, or could not be made.
    Cut(String),
    /// No sign of life within the time.
    Silent,
    /// The server's name leads nowhere.
    Unknown,
    Certificate(Untaken),
    /// It speaks http where https was wanted.
    NoHttps,
    /// What no server of this kind answers.
    Nonsense(String),
    /// The server sends us to another one.
    Elsewhere(String),
    NoPassword,
    Refused,
    TooShort(String),
    TooLong(String),
    /// What waits on this machine cannot be read.
    Here(io::Error),
}

/// Marks an error of what is sent, so that it is not taken for one of the line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OfSpool(pub io::Error);

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        match error {
            ureq::Error::Io(e) => e.into(),
            ureq::Error::Timeout(_) => Self::Silent,
            ureq::Error::HostNotFound => Self::Unknown,
            ureq::Error::ConnectionFailed | ureq::Error::ConnectProxyFailed(_) => Self::Cut(error.to_string()),
            ureq::Error::Rustls(e) => of_tls(&e),
            other => Self::Nonsense(other.to_string()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return of_tls(tls);
        }
        if error.get_ref().is_some_and(|inner| inner.is::<OfSpool>()) {
            return match error.downcast::<OfSpool>() {
                Ok(OfSpool(error)) | Err(error) => Self::Here(error),
            };
        }
        match error.downcast::<ureq::Error>() {
            Ok(inner) => inner.into(),
            Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => Self::Silent,
            Err(error) => Self::Cut(error.to_string()),
        }
    }
}

fn of_tls(error: &rustls::Error) -> Failure {
    // What http answers to a greeting of TLS.
    if matches!(error, rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) {
        return Failure::NoHttps;
    }
    let rustls::Error::InvalidCertificate(why) = error else {
        return Failure::Nonsense(format!("no TLS: {error}"));
    };
    Failure::Certificate(Untaken::of(why))
}

/// `refused`: what a permission that is missing is called here.
pub fn judged(context: &str, failure: Failure, refused: Kind) -> Error {
    let (kind, what) = match failure {
        Failure::Said(status) | Failure::Busy { status, .. } => (of_status(status, refused), status.to_string()),
        Failure::Told(words) => (Kind::Other, words),
        Failure::Cut(why) => (Kind::ServerAway, why),
        Failure::Silent => (Kind::ServerAway, "no answer within the time".into()),
        Failure::Unknown => (Kind::ServerAway, "no server of this name is known".into()),
        Failure::Certificate(why) => return Error { kind: why.kind(), context: context.into(), source: why.into_source() },
        Failure::NoHttps => (Kind::NoHttps, "it answers without TLS".into()),
        Failure::Nonsense(what) => (Kind::Nonsense, what),
        Failure::Elsewhere(to) => (Kind::Elsewhere, to),
        Failure::NoPassword => (Kind::NoPassword, "a password is asked for, and there is none".into()),
        Failure::Refused => (Kind::Refused, "the password is refused".into()),
        Failure::TooShort(what) => (Kind::TooShort, what),
        Failure::TooLong(what) => (Kind::TooLong, what),
        Failure::Here(source) => return Error::of_spool(context, source),
    };
    Error::new(kind, context, &what)
}

fn of_status(status: StatusCode, refused: Kind) -> Kind {
    match status.as_u16() {
        401 => Kind::Refused,
        403 => refused,
        404 | 410 => Kind::NotFound,
        412 => Kind::AlreadyExists,
        413 => Kind::FileTooLarge,
        414 => Kind::InvalidName,
        423 => Kind::Locked,
        507 => Kind::NoRoom,
        429 | 503 => Kind::ServerBusy,
        502 | 504 => Kind::ServerAway,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use rustls::CertificateError;

    use super::*;
    use crate::storage::mistrust::Mistrust;

    #[test]
    fn every_failure_has_its_kind() {
        let said = |code: u16| judged("a", Failure::Said(StatusCode::from_u16(code).unwrap()), Kind::NotWritable).kind;
        let kinds = [403, 404, 409, 412, 413, 423, 429, 500, 502, 503, 507].map(said);
        let wanted = [
            Kind::NotWritable,
            Kind::NotFound,
            Kind::Other,
            Kind::AlreadyExists,
            Kind::FileTooLarge,
            Kind::Locked,
            Kind::ServerBusy,
            Kind::Other,
            Kind::ServerAway,
            Kind::ServerBusy,
            Kind::NoRoom,
        ];
        assert_eq!(kinds, wanted);
        let tls = |error| judged("a", of_tls(&rustls::Error::InvalidCertificate(error)), Kind::NotReadable).kind;
        assert_eq!(tls(CertificateError::Expired), Kind::CertificateExpired);
        assert_eq!(tls(CertificateError::UnknownIssuer), Kind::Certificate);
        let presented = vec!["DnsName(\"box\")".into()];
        let of_another = CertificateError::NotValidForNameContext { expected: "nas".try_into().unwrap(), presented };
        let error = judged("a", of_tls(&rustls::Error::InvalidCertificate(of_another)), Kind::NotReadable);
        assert_eq!(Mistrust::within(&error), Some(&Mistrust::OtherName(vec!["box".into()])));
        let plain = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
        assert_eq!(judged("a", of_tls(&plain), Kind::NotReadable).kind, Kind::NoHttps);
        let full = io::Error::other(OfSpool(io::ErrorKind::StorageFull.into()));
        assert_eq!(judged("a", full.into(), Kind::NotWritable).kind, Kind::NoRoomHere);
        let cut: io::Error = io::ErrorKind::UnexpectedEof.into();
        let error = judged("a", cut.into(), Kind::NotReadable);
        assert_eq!(error.kind, Kind::ServerAway);
        assert_ne!(error.source.kind(), io::ErrorKind::UnexpectedEof, "that the line ended says nothing of the object");
    }
}
