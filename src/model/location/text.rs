//! Parts of an address as text: what stands in it for signs that it cannot have.

use url::{ParseError, Url};

use super::NotALocation;

/// `scheme://user@host:port/path?option=value`, every part decoded.
pub struct Address {
    /// A name, or an IPv4 or IPv6 address (without brackets); never empty.
    pub host: String,
    pub port: Option<u16>,
    /// Empty where there is none.
    pub user: String,
    /// Begins with `/`, or is empty.
    pub path: String,
    /// What stands behind `?`, in its order.
    pub options: Vec<(String, String)>,
}

impl Address {
    pub fn parse(text: &str) -> Result<Self, NotALocation> {
        let url = Url::parse(text).map_err(|e| unreadable(e, NotALocation::Form))?;
        if url.password().is_some() {
            return Err(NotALocation::Password);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(NotALocation::Form)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if url.fragment().is_some() {
            return Err(NotALocation::Form);
        }
        if url.port() == Some(0) {
            return Err(NotALocation::Port);
        }
        let options: Vec<_> = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        if options.iter().any(|(name, value)| name.chars().chain(value.chars()).any(char::is_control)) {
            return Err(NotALocation::Option);
        }
        Ok(Self { host: decoded(host)?, port: url.port(), user: decoded(url.username())?, path: decoded(url.path())?, options })
    }
}

/// Why an address cannot be read; `other` where that is not its port.
pub fn unreadable(error: ParseError, other: NotALocation) -> NotALocation {
    if error == ParseError::InvalidPort { NotALocation::Port } else { other }
}

/// Account, host and port as in an address; the port only where it is not the usual one.
pub fn authority(user: &str, host: &str, port: u16, usual: u16) -> String {
    let user = if user.is_empty() { String::new() } else { format!("{}@", account(user)) };
    let host = bracketed(host);
    if port == usual { format!("{user}{host}") } else { format!("{user}{host}:{port}") }
}

/// An account's name as it stands before a host: a `/` in it would end the host.
pub fn account(user: &str) -> String {
    encoded(user).replace('/', "%2F")
}

/// A server's root as HTTP has it.
pub fn http_root(host: &str, port: u16, tls: bool) -> Result<Url, NotALocation> {
    let scheme = if tls { "https" } else { "http" };
    let url = Url::parse(&format!("{scheme}://{}:{port}/", bracketed(host))).map_err(|_| NotALocation::Form)?;
    // A host's name with signs in it that mean something.
    let is_root = url.path() == "/" && url.username().is_empty() && url.query().is_none() && url.fragment().is_none();
    if is_root { Ok(url) } else { Err(NotALocation::Form) }
}

/// As an IPv6 address stands in a URL.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// What `%41` and the like stand for; nothing that ends a text or cannot be shown.
pub fn decoded(text: &str) -> Result<String, NotALocation> {
    let bytes = percent_encoding::percent_decode_str(text).decode_utf8().map_err(|_| NotALocation::Form)?;
    if bytes.chars().any(char::is_control) { Err(NotALocation::Form) } else { Ok(bytes.into_owned()) }
}

/// So that [`decoded`] gives it back, and people can read it.
pub fn encoded(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && !"/-._~!$&'()*+,;=".contains(c) {
            out.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}
