//! The address of a folder that a server shows over SSH.

use std::path::is_separator;

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
            return Err(NotALocation::Option);
        }
        let path = match address.path.strip_prefix("/~") {
            Some("") => "",
            Some(rest) if rest.starts_with('/') => rest.trim_start_matches('/'),
            _ => &address.path,
        };
        let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        Ok(Self { path: path.to_owned(), host: address.host, port: address.port.unwrap_or(SSH), user: address.user })
    }

    /// What `scp` understands by `user@host:path`; `None` where it is not written so.
    pub fn of_scp(text: &str) -> Option<Self> {
        let (account, path) = text.split_once(':')?;
        let (user, host) = account.split_once('@')?;
        let is_account = !user.is_empty() && !host.is_empty() && !account.contains(is_separator) && !host.contains('@');
        let path = path.strip_prefix("~/").unwrap_or(path);
        is_account.then(|| Self { host: host.into(), port: SSH, user: user.into(), path: path.into() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scp_takes_is_known() {
        for (text, shown) in [
            ("ada@nas:/srv/b", "sftp://ada@nas/srv/b"),
            ("ada@nas:b", "sftp://ada@nas/~/b"),
            ("ada@nas:~/b c", "sftp://ada@nas/~/b%20c"),
            ("ada@nas:", "sftp://ada@nas/~"),
        ] {
            assert_eq!(SftpFolder::of_scp(text).map(|folder| folder.display()).as_deref(), Some(shown), "{text}");
        }
        for text in ["ada@nas", "./ada@nas:b", "nas:b", "@nas:b", "ada@:b", "a/b@c:d", "a@b@c:d", "ada:x@nas:b"] {
            assert_eq!(SftpFolder::of_scp(text), None, "{text}");
        }
    }
}
