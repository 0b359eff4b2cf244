//! The address of a folder that a server shows over FTP, in the open or over TLS.

use serde::{Deserialize, Serialize};

use super::text::{Address, authority, encoded};
use super::{NotALocation, Server};

/// `ftp://user@host:port/path`, or `ftps://user@host:port/path?tls=implicit`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FtpFolder {
    /// A name, or an IPv4 or IPv6 address (without brackets).
    pub host: String,
    pub port: u16,
    /// Empty: anonymous.
    pub user: String,
    /// From the server's root; from where the account begins if it does not begin with `/`, empty for that place itself.
    pub path: String,
    pub tls: FtpTls,
}

/// How the line to an FTP server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FtpTls {
    /// Not at all: password and data travel as they are.
    None,
    /// Asked for by `AUTH TLS` (RFC 4217).
    Explicit,
    /// From the first byte.
    Implicit,
}

/// Ports, where an address says none.
const FTP: u16 = 21;
const IMPLICIT: u16 = 990;
/// No port is left out.
const NONE: u16 = 0;
/// Says in an address which of the two kinds of TLS.
const OPTION: &str = "tls";

impl FtpFolder {
    pub(super) fn parse(text: &str, encrypted: bool) -> Result<Self, NotALocation> {
        let address = Address::parse(text)?;
        let said = match &address.options[..] {
            [] => None,
            [(name, value)] if encrypted && name == OPTION => match value.as_str() {
                "explicit" => Some(FtpTls::Explicit),
                "implicit" => Some(FtpTls::Implicit),
                _ => return Err(NotALocation::Option),
            },
            _ => return Err(NotALocation::Option),
        };
        let tls = match (encrypted, said, address.port) {
            (false, ..) => FtpTls::None,
            (true, Some(said), _) => said,
            (true, None, Some(IMPLICIT)) => FtpTls::Implicit,
            (true, None, _) => FtpTls::Explicit,
        };
        let usual = if tls == FtpTls::Implicit { IMPLICIT } else { FTP };
        let path = match address.path.as_str() {
            // An address always has a `/` behind the host: alone it leads nowhere.
            "" | "/" => "",
            path => match path.strip_prefix("/~") {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => rest.trim_matches('/'),
                _ if path.bytes().all(|b| b == b'/') => "/",
                _ => path.trim_end_matches('/'),
            },
        };
        Ok(Self { host: address.host, port: address.port.unwrap_or(usual), user: address.user, path: path.to_owned(), tls })
    }

    pub(super) fn display(&self) -> String {
        let path = match self.path.as_str() {
            "" => "/~".into(),
            "/" => "//".into(),
            path if path.starts_with('/') => encoded(path),
            path => format!("/~/{}", encoded(path)),
        };
        let (scheme, usual, option) = match (self.tls, self.port) {
            (FtpTls::None, _) => ("ftp", FTP, ""),
            (FtpTls::Explicit, IMPLICIT) => ("ftps", NONE, "?tls=explicit"),
            (FtpTls::Explicit, _) => ("ftps", FTP, ""),
            (FtpTls::Implicit, IMPLICIT) => ("ftps", NONE, ""),
            (FtpTls::Implicit, _) => ("ftps", NONE, "?tls=implicit"),
        };
        format!("{scheme}://{}{path}{option}", authority(&self.user, &self.host, self.port, usual))
    }

    pub(super) fn server(&self) -> Server {
        Server { host: self.host.clone(), port: self.port }
    }

    /// An account that a password is known for over TLS is another one than the same in the open.
    pub(super) fn account(&self) -> String {
        let scheme = if self.tls == FtpTls::None { "ftp" } else { "ftps" };
        format!("{scheme} {} {} {}", self.user, self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Location;
    use super::*;

    fn read(text: &str) -> Result<FtpFolder, NotALocation> {
        match Location::of_server(text).expect("an address") {
            Ok(Location::Ftp(folder)) => Ok(folder),
            Ok(other) => panic!("{other:?}"),
            Err(why) => Err(why),
        }
    }

    #[test]
    fn an_address_is_read_and_shown() {
        use FtpTls::{Explicit, Implicit, None};

        for (text, host, port, user, path, tls, shown) in [
            ("ftp://nas/srv/b/", "nas", 21, "", "/srv/b", None, "ftp://nas/srv/b"),
            ("FTP://ada@nas:2121/a%20b", "nas", 2121, "ada", "/a b", None, "ftp://ada@nas:2121/a%20b"),
            ("ftp://nas", "nas", 21, "", "", None, "ftp://nas/~"),
            ("ftp://nas/", "nas", 21, "", "", None, "ftp://nas/~"),
            ("ftp://nas/~/b/c/", "nas", 21, "", "b/c", None, "ftp://nas/~/b/c"),
            ("ftp://nas//", "nas", 21, "", "/", None, "ftp://nas//"),
            ("ftp://nas/~b", "nas", 21, "", "/~b", None, "ftp://nas/~b"),
            ("ftp://nas/a%2Fb%3F", "nas", 21, "", "/a/b?", None, "ftp://nas/a/b%3F"),
            ("ftps://a%40b@nas/%C3%A4", "nas", 21, "a@b", "/ä", Explicit, "ftps://a%40b@nas/ä"),
            ("ftps://nas:21/x?tls=explicit", "nas", 21, "", "/x", Explicit, "ftps://nas/x"),
            ("ftps://nas:990/x", "nas", 990, "", "/x", Implicit, "ftps://nas:990/x"),
            ("ftps://nas/x?tls=implicit", "nas", 990, "", "/x", Implicit, "ftps://nas:990/x"),
            ("ftps://nas:21/x?tls=implicit", "nas", 21, "", "/x", Implicit, "ftps://nas:21/x?tls=implicit"),
            ("ftps://nas:990/x?tls=explicit", "nas", 990, "", "/x", Explicit, "ftps://nas:990/x?tls=explicit"),
            ("ftps://[::1]:5/x", "::1", 5, "", "/x", Explicit, "ftps://[::1]:5/x"),
        ] {
            let folder = read(text).unwrap();
            let got = (&*folder.host, folder.port, &*folder.user, &*folder.path, folder.tls);
            assert_eq!(got, (host, port, user, path, tls), "{text}");
            let location = Location::Ftp(folder);
            assert_eq!(location.display(), shown);
            assert_eq!(Location::of_server(shown), Some(Ok(location)), "{shown}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, why) in [
            ("ftp://u:secret@host/x", NotALocation::Password),
            ("ftps:///x", NotALocation::Form),
            ("ftp://host/x?tls=explicit", NotALocation::Option),
            ("ftps://host/x?tls=none", NotALocation::Option),
            ("ftps://host/x?tls=explicit&tls=implicit", NotALocation::Option),
            ("ftps://host/x?other", NotALocation::Option),
            ("ftp://host/x%0D%0ADELE%20y", NotALocation::Form),
            ("ftp://us%0Aer@host/x", NotALocation::Form),
            ("ftp://host:0/x", NotALocation::Port),
        ] {
            assert_eq!(read(text), Err(why), "{text}");
        }
    }

    #[test]
    fn what_is_known_of_an_encrypted_account_is_not_told_in_the_open() {
        let at = |text: &str| Location::of_server(text).unwrap().unwrap();
        assert_ne!(at("ftp://ada@nas/").account(), at("ftps://ada@nas/").account());
        assert_eq!(at("ftps://ada@nas/a").account(), at("ftps://ada@nas/b").account());
        assert!(at("ftp://ada@nas/").unprotected().is_some() && at("ftps://ada@nas/").unprotected().is_none());
        assert_eq!((at("ftp://nas/a/b").short_name(), at("ftp://nas").short_name()), ("b on nas".into(), "nas".into()));
    }

    #[test]
    fn it_is_kept_as_it_was() {
        let location = Location::of_server("ftps://ada@nas/srv/b").unwrap().unwrap();
        let text = serde_json::to_string(&location).unwrap();
        assert_eq!(text, r#"{"kind":"ftp","host":"nas","port":21,"user":"ada","path":"/srv/b","tls":"explicit"}"#);
        assert_eq!(serde_json::from_str::<Location>(&text).unwrap(), location);
    }
}
