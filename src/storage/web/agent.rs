//! Connections to a server: made, kept for the next request, and given up when nothing comes over them.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector};

use super::socket::Sockets;

/// Until a server takes the call, and for its name to be found.
const CONNECT: Duration = Duration::from_secs(20);
/// Until a server says whether it wants what is to be sent; then it is sent unasked.
const LEAVE: Duration = Duration::from_secs(2);
/// For a request as a whole, besides the time that its bytes may take.
pub const WHOLE: Duration = Duration::from_secs(20 * 60);
/// Longest beginning of an answer, in bytes.
const LONGEST_HEAD: usize = 64 << 10;
/// Connections that are kept for later requests.
const KEPT: usize = 8;

/// `authorities`: who may vouch for the server. `only_tls`: nothing goes over an open line.
pub fn agent(authorities: Vec<CertificateDer<'static>>, only_tls: bool, stall: Duration) -> Agent {
    let roots: Vec<_> = authorities.iter().map(|one| Certificate::from_der(one).to_owned()).collect();
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        // Judged and followed by the client: a password must not go along.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .https_only(only_tls)
        .tls_config(TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(roots))).build())
        .user_agent(concat!("strongroom/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("identity")
        .max_response_header_size(LONGEST_HEAD)
        .max_idle_connections(KEPT)
        .max_idle_connections_per_host(KEPT)
        .timeout_global(Some(WHOLE))
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_await_100(Some(LEAVE))
        // Not the whole of an answer: a large object over a slow line takes as long as it takes.
        .timeout_per_read(Some(stall))
        .timeout_per_write(Some(stall))
        .build();
    let connector = ().chain(ConnectProxyConnector::default()).chain(Sockets).chain(RustlsConnector::default());
    Agent::with_parts(config, connector, DefaultResolver::default())
}
