//! What a store's failures mean for a storage.

use std::io;

use opendal::ErrorKind;

use super::fault::{Fault, Refusal};
use crate::storage::{Error, Kind};

/// `context`: the object or folder it is about. Addresses of requests may hold a key's signature: they are never in it.
pub fn judged(context: &str, error: &opendal::Error) -> Error {
    let of_many = Refusal::of_many(error.message()).map(Fault::Refused);
    let (kind, why) = match Fault::of(error).or(of_many.as_ref()) {
        Some(Fault::NotTrusted(why)) => return why.clone().into_error(context),
        Some(fault) => (fault.kind(), fault.to_string()),
        None => (kind(error), said(error)),
    };
    let as_io = match kind {
        Kind::NotFound => io::ErrorKind::NotFound,
        Kind::TooShort => io::ErrorKind::UnexpectedEof,
        _ => io::ErrorKind::Other,
    };
    Error { kind, context: context.into(), source: io::Error::new(as_io, why) }
}

fn kind(error: &opendal::Error) -> Kind {
    match error.kind() {
        ErrorKind::NotFound => Kind::NotFound,
        ErrorKind::ConditionNotMatch | ErrorKind::Conflict | ErrorKind::AlreadyExists => Kind::AlreadyExists,
        ErrorKind::RangeNotSatisfied => Kind::TooShort,
        ErrorKind::PermissionDenied => Kind::Denied,
        ErrorKind::RateLimited => Kind::ServerBusy,
        _ if error.message().starts_with("signing") => Kind::NoKey,
        // An answer that is not written as this service writes it.
        _ if error.message().starts_with("deserialize") => Kind::Nonsense,
        _ => Kind::Other,
    }
}

/// Its words without its context, and those of what it came from.
fn said(error: &opendal::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{}: {source}", error.message()),
        None => error.message().to_owned(),
    }
}
