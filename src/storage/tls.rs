//! Whom a server proves to be over TLS, where we ask ourselves: judged by whom the system trusts, and by certificates of one's own.

use std::io::{self, Read};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::mistrust::{Mistrust, is_its_own_authority};
use super::{Error, Kind, certificates};
use crate::os::cause;

/// For a greeting that only tells what a server speaks.
const GREETING: Duration = Duration::from_secs(2);

/// How to speak with servers that the system, or the certificates in the file, vouch for.
pub fn client(ca_file: Option<&Path>) -> Result<ClientConfig, Error> {
    let own = ca_file.map(certificates::of_file).transpose()?.unwrap_or_default();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates::trusted(None)?);
    roots.add_parsable_certificates(own.iter().cloned());
    let provider = Arc::new(ring::default_provider());
    let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    let judge = judge.map_err(|_| Mistrust::NobodyAtAll.into_error("TLS"))?;
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|e| Mistrust::Unfit(e.to_string()).into_error("TLS"))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(Trust { judge, own })).with_no_client_auth())
}

/// Whether a server greets over TLS. For one that was not understood without it.
pub fn is_spoken(host: &str, port: u16) -> bool {
    let greeting = || {
        let name = ServerName::try_from(host.to_owned()).ok()?;
        let mut tls = ClientConnection::new(Arc::new(client(None).ok()?), name).ok()?;
        let mut line = TcpStream::connect_timeout(&(host, port).to_socket_addrs().ok()?.next()?, GREETING).ok()?;
        line.set_read_timeout(Some(GREETING)).and_then(|()| line.set_write_timeout(Some(GREETING))).ok()?;
        tls.write_tls(&mut line).ok()?;
        let mut first = [0];
        line.read_exact(&mut first).ok().map(|()| first)
    };
    // A handshake, or an alert; other protocols begin with letters or digits.
    matches!(greeting(), Some([0x15 | 0x16]))
}

/// Why there is no TLS with a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untaken {
    /// Its certificate has run out; what TLS says of that.
    Expired(String),
    Mistrusted(Mistrust),
}

/// Why a server is not trusted, where that is why the line failed.
pub fn fault(error: &(dyn std::error::Error + 'static)) -> Option<Untaken> {
    match cause::within(error)? {
        rustls::Error::InvalidCertificate(why) => Some(Untaken::of(why)),
        _ => None,
    }
}

impl Untaken {
    pub fn of(why: &CertificateError) -> Self {
        match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired(why.to_string()),
            why => Self::Mistrusted(Mistrust::of(why)),
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Self::Expired(_) => Kind::CertificateExpired,
            Self::Mistrusted(_) => Kind::Certificate,
        }
    }

    /// What an error of that kind comes from.
    pub fn into_source(self) -> io::Error {
        match self {
            Self::Expired(why) => io::Error::other(why),
            Self::Mistrusted(why) => io::Error::other(why),
        }
    }
}

/// One case more than usual: a certificate that is its own authority, as many boxes make one for themselves, and lies in the
/// file that was named, is its server's when it is valid and has its name.
#[derive(Debug)]
struct Trust {
    judge: Arc<WebPkiServerVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.judge.verify_server_cert(shown, between, name, ocsp, now) {
            // Only said of what is within its time.
            Err(rustls::Error::InvalidCertificate(why)) if is_its_own_authority(&why) && self.own.contains(shown) => {
                verify_server_name(&ParsedCertificate::try_from(shown)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, shown, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, shown, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}
