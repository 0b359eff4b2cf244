//! The address of a folder on a WebDAV server.

use serde::{Deserialize, Serialize};
use url::Url;

use super::text::{Address, authority, encoded, http_root};
use super::{NotALocation, Server};

/// `webdav://user@host:port/path` over TLS, `webdav+http://…` without.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WebdavFolder {
    /// A name, or an IPv4 or IPv6 address (without brackets).
    pub host: String,
    pub port: u16,
    /// Empty: nobody by name.
    pub user: String,
    /// From the server's root, as people write it; begins with `/`, and ends with it only where it is the root.
    pub path: String,
    pub tls: bool,
}

/// Ports, where an address says none.
const HTTPS: u16 = 443;
const HTTP: u16 = 80;
/// Where a Nextcloud or ownCloud keeps an account's files: by this its addresses are known as ones of WebDAV.
const CLOUD: &str = "/remote.php/";
/// In addresses of such a one, before the account's name.
const CLOUD_FILES: &str = "/remote.php/dav/files/";

impl WebdavFolder {
    pub(super) fn parse(text: &str, tls: bool) -> Result<Self, NotALocation> {
        let address = Address::parse(text)?;
        if !address.options.is_empty() {
            return Err(NotALocation::Option);
        }
        let path = address.path.trim_end_matches('/');
        let path = if path.is_empty() { "/" } else { path };
        let port = address.port.unwrap_or(usual(tls));
        let folder = Self { path: path.to_owned(), host: address.host, port, user: address.user, tls };
        // Only what can be asked for.
        folder.url().map(|_| folder)
    }

    /// An address as a browser or the settings of a Nextcloud show it.
    pub(super) fn pasted(text: &str, tls: bool) -> Result<Self, NotALocation> {
        let mut folder = Self::parse(text, tls)?;
        if !folder.path.contains(CLOUD) {
            return Err(NotALocation::Scheme);
        }
        if folder.user.is_empty()
            && let Some((_, account)) = folder.path.split_once(CLOUD_FILES)
        {
            folder.user = account.split('/').next().unwrap_or_default().to_owned();
        }
        Ok(folder)
    }

    pub(super) fn display(&self) -> String {
        let path = if self.path == "/" { String::new() } else { encoded(&self.path) };
        format!("{}://{}{path}", self.scheme(), authority(&self.user, &self.host, self.port, usual(self.tls)))
    }

    pub(super) fn server(&self) -> Server {
        Server { host: self.host.clone(), port: self.port }
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.tls { "webdav" } else { "webdav+http" }
    }

    /// The server's root as HTTP has it.
    pub fn url(&self) -> Result<Url, NotALocation> {
        http_root(&self.host, self.port, self.tls)
    }
}

fn usual(tls: bool) -> u16 {
    if tls { HTTPS } else { HTTP }
}

#[cfg(test)]
mod tests {
    use crate::model::location::{Location, NotALocation};

    use super::*;

    fn read(text: &str) -> Result<WebdavFolder, NotALocation> {
        match Location::of_server(text).expect("an address") {
            Ok(Location::Webdav(folder)) => Ok(folder),
            Ok(other) => panic!("{other:?}"),
            Err(why) => Err(why),
        }
    }

    #[test]
    fn an_address_is_read_and_shown() {
        for (text, host, port, user, path, shown) in [
            ("webdav://nas/srv/backup", "nas", 443, "", "/srv/backup", "webdav://nas/srv/backup"),
            ("davs://ada@nas:8443/b/", "nas", 8443, "ada", "/b", "webdav://ada@nas:8443/b"),
            ("webdav+http://nas", "nas", 80, "", "/", "webdav+http://nas"),
            ("DAV://nas:80/a%20b", "nas", 80, "", "/a b", "webdav+http://nas/a%20b"),
            ("webdav://nas/%C3%A4%25", "nas", 443, "", "/ä%", "webdav://nas/ä%25"),
            ("webdav://a%40b@[::1]:5/x", "::1", 5, "a@b", "/x", "webdav://a%40b@[::1]:5/x"),
            (
                "https://cloud.example/remote.php/dav/files/Ada%20L/Backups/",
                "cloud.example",
                443,
                "Ada L",
                "/remote.php/dav/files/Ada L/Backups",
                "webdav://Ada%20L@cloud.example/remote.php/dav/files/Ada%20L/Backups",
            ),
            (
                "http://cloud.example/nc/remote.php/webdav",
                "cloud.example",
                80,
                "",
                "/nc/remote.php/webdav",
                "webdav+http://cloud.example/nc/remote.php/webdav",
            ),
        ] {
            let folder = read(text).unwrap();
            assert_eq!((&*folder.host, folder.port, &*folder.user, &*folder.path), (host, port, user, path), "{text}");
            let location = Location::Webdav(folder);
            assert_eq!(location.display(), shown);
            assert_eq!(Location::of_server(shown), Some(Ok(location)), "{shown}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, why) in [
            ("webdav://u:secret@host/x", NotALocation::Password),
            ("https://u:secret@host/remote.php/webdav", NotALocation::Password),
            ("webdav:///x", NotALocation::Form),
            ("webdav://host/x?y=z", NotALocation::Option),
            ("webdav://host/x%00", NotALocation::Form),
            ("webdav://a%20b/x", NotALocation::Form),
            ("webdav://a%2Fb/x", NotALocation::Form),
            ("webdav://a%40b/x", NotALocation::Form),
            ("webdav://host:0/x", NotALocation::Port),
            ("https://cloud.example/remote.php/", NotALocation::Scheme),
            ("https://example.com/", NotALocation::Scheme),
        ] {
            assert_eq!(read(text), Err(why), "{text}");
        }
    }

    #[test]
    fn it_is_kept_as_it_was_and_tells_who_is_meant() {
        let location = Location::of_server("webdav://ada@nas/b/c").unwrap().unwrap();
        let text = serde_json::to_string(&location).unwrap();
        assert_eq!(text, r#"{"kind":"webdav","host":"nas","port":443,"user":"ada","path":"/b/c","tls":true}"#);
        assert_eq!(serde_json::from_str::<Location>(&text).unwrap(), location);
        assert_eq!(location.short_name(), "c on nas");
        assert_eq!(location.account().as_deref(), Some("webdav ada nas 443"));
        assert!(location.unprotected().is_none());
        let plain = Location::of_server("webdav+http://ada@nas:443/b").unwrap().unwrap();
        assert_ne!(plain.account(), location.account(), "a password for TLS is none for the open network");
        assert!(plain.unprotected().is_some());
    }
}
