//! The address of a folder that a server shows over SSH.

use serde::{Deserialize, Serialize};

use super::text::{Address, authority, encoded};
use super::{NotALocation, Server};

/// `sftp://user@host:port/path`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SftpFolder {
    /// A name, or an IPv4 or IPv6 address (without brackets).
    pub host: String,
    pub port: u16,
    /// Empty: that of whoever runs Strongroom.
    pub user: String,
    /// From the server's root; from where the account begins if it does not begin with `/`, empty for that place itself.
    pub path: String,
}

/// Ports, where an address says none.
const SSH: u16 = 22;

impl SftpFolder {
    pub(super) fn parse(text: &str) -> Result<Self, NotALocation> {
        let address = Address::parse(text)?;
        if !address.options.is_empty() {
            return Err(NotALocation::Form);
        }
        let path = match address.path.strip_prefix("/~") {
            Some("") => "",
            Some(rest) if rest.starts_with('/') => rest.trim_start_matches('/'),
            _ => &address.path,
        };
        let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        Ok(Self { path: path.to_owned(), host: address.host, port: address.port.unwrap_or(SSH), user: address.user })
    }

    pub(super) fn display(&self) -> String {
        let path = match self.path.as_str() {
            path if path.starts_with('/') => encoded(path),
            "" => "/~".into(),
            path => format!("/~/{}", encoded(path)),
        };
        format!("sftp://{}{path}", authority(&self.user, &self.host, self.port, SSH))
    }

    pub(super) fn server(&self) -> Server {
        Server { host: self.host.clone(), port: self.port }
    }
}
