//! TLS to a store's server, and why there is none.

use std::error::Error as _;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustls::InvalidMessage;

use super::fault::Fault;
use crate::os::cause;
use crate::storage::tls::{self, Untaken};
use crate::storage::{Error, Kind, certificates};

pub fn client(ca_file: Option<&Path>, connect: Duration) -> Result<reqwest::Client, Error> {
    let trusted = certificates::trusted(ca_file)?;
    // The first one stays; all of ours are the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Of the system's, some may be nothing that anybody could be known by.
    let usable = trusted.into_iter().filter(|one| rustls::RootCertStore::empty().add(one.clone()).is_ok());
    let trusted: Vec<_> = usable.filter_map(|one| reqwest::Certificate::from_der(&one).ok()).collect();
    reqwest::Client::builder()
        .connect_timeout(connect)
        // An answer that leads elsewhere is none: what is sent must not go there.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("strongroom/", env!("CARGO_PKG_VERSION")))
        .tls_certs_only(trusted)
        .build()
        .map_err(|e| Error { kind: Kind::Other, context: "TLS".into(), source: io::Error::other(e.to_string()) })
}

/// Why there is no answer. Never the address: it may hold a signature.
pub fn fault(error: &reqwest::Error) -> Fault {
    // What http answers to a greeting of TLS.
    if let Some(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) = cause::within(error) {
        return Fault::NoHttps;
    }
    match tls::fault(error) {
        Some(Untaken::Expired(_)) => Fault::Expired,
        Some(Untaken::Mistrusted(why)) => Fault::NotTrusted(why),
        None if error.is_builder() => Fault::Strange("no address".into()),
        None if cause::within(error).is_some_and(hyper::Error::is_parse_too_large) => {
            Fault::Strange("the beginning of its answer does not end".into())
        }
        None => Fault::Away(deepest(error).unwrap_or_else(|| "no connection".into())),
    }
}

/// The words of what it came from in the end.
fn deepest(error: &reqwest::Error) -> Option<String> {
    let mut at = error.source()?;
    while let Some(within) = at.source() {
        at = within;
    }
    Some(at.to_string())
}
