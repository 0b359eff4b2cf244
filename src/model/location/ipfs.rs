//! The address of a folder among the files of an IPFS node.

use serde::{Deserialize, Serialize};
use url::Url;

use super::text::{Address, authority, encoded, http_root};
use super::{NotALocation, Server};

/// `ipfs+http://user@host:port/folder?gateway=http://host:port`: where the node takes orders (its RPC API), and a folder of its own
/// file system (MFS).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IpfsFolder {
    /// A name, or an IPv4 or IPv6 address (without brackets).
    pub host: String,
    pub port: u16,
    /// Empty: nobody by name.
    #[serde(default)]
    pub user: String,
    /// From the root of the node's file system; begins with `/`, and ends with it only where it is the root.
    pub path: String,
    pub tls: bool,
    /// Where bytes are read from, in the place of the node: its address without `/` at the end. Empty: none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub gateway: String,
}

/// Ports, where an address says none: of a node itself, and of a server before it.
const RPC: u16 = 5001;
const HTTPS: u16 = 443;
/// What begins with these is no folder of the node's own, but anybody's content.
const FOREIGN: [&str; 3] = ["ipfs", "ipns", "ipld"];
const GATEWAY: &str = "gateway";

impl IpfsFolder {
    pub(super) fn parse(text: &str, tls: bool) -> Result<Self, NotALocation> {
        let address = Address::parse(text)?;
        let gateway = match &address.options[..] {
            [] => String::new(),
            [(name, value)] if name == GATEWAY => read_gateway(value)?,
            _ => return Err(NotALocation::Option),
        };
        let parts: Vec<_> = address.path.split('/').filter(|part| !part.is_empty()).collect();
        if parts.iter().any(|part| !is_plain(part)) || parts.first().is_some_and(|first| FOREIGN.contains(first)) {
            return Err(NotALocation::Form);
        }
        let path = format!("/{}", parts.join("/"));
        let port = address.port.unwrap_or(usual(tls));
        let folder = Self { host: address.host, port, user: address.user, path, tls, gateway };
        // Only what can be asked for.
        folder.url().map(|_| folder)
    }

    pub(super) fn display(&self) -> String {
        let path = if self.path == "/" { String::new() } else { encoded(&self.path) };
        let gateway = match self.gateway.as_str() {
            "" => String::new(),
            // Nothing in it has a meaning in an option.
            gateway => format!("?{GATEWAY}={gateway}"),
        };
        format!("{}://{}{path}{gateway}", self.scheme(), authority(&self.user, &self.host, self.port, usual(self.tls)))
    }

    pub(super) fn server(&self) -> Server {
        Server { host: self.host.clone(), port: self.port }
    }

    pub(super) fn account(&self) -> String {
        format!("{} {} {} {}", self.scheme(), self.user, self.host, self.port)
    }

    /// Whether others on the network can read what goes to the node or comes from its gateway; not within this machine.
    pub(super) fn is_open(&self) -> bool {
        let gateway = Url::parse(&self.gateway).ok().filter(|url| url.scheme() == "http");
        let through = gateway.is_some_and(|url| url.host_str().is_some_and(|host| !is_here(host)));
        (!self.tls && !is_here(&self.host)) || through
    }

    fn scheme(&self) -> &'static str {
        if self.tls { "ipfs+https" } else { "ipfs+http" }
    }

    /// The node's root as HTTP has it.
    pub fn url(&self) -> Result<Url, NotALocation> {
        http_root(&self.host, self.port, self.tls)
    }
}

/// An address of HTTP, without anything secret in it.
fn read_gateway(text: &str) -> Result<String, NotALocation> {
    let url = Url::parse(text).map_err(|_| NotALocation::Option)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(NotALocation::Password);
    }
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.port() != Some(0)
        && url.query().is_none()
        && url.fragment().is_none()
        && url.path().bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~".contains(&b));
    if is_plain { Ok(url.as_str().trim_end_matches('/').to_owned()) } else { Err(NotALocation::Option) }
}

/// Nodes differ in what they make of other names.
fn is_plain(part: &str) -> bool {
    part != "." && part != ".." && !part.contains('\\') && part.trim() == part
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.")
}

fn usual(tls: bool) -> u16 {
    if tls { HTTPS } else { RPC }
}

#[cfg(test)]
mod tests {
    use super::super::Location;
    use super::*;

    fn read(text: &str) -> Result<IpfsFolder, NotALocation> {
        match Location::of_server(text).expect("an address") {
            Ok(Location::Ipfs(folder)) => Ok(*folder),
            Ok(other) => panic!("{other:?}"),
            Err(why) => Err(why),
        }
    }

    #[test]
    fn an_address_is_read_and_shown() {
        for (text, host, port, user, path, gateway, shown) in [
            ("ipfs+http://nas/b/c/", "nas", 5001, "", "/b/c", "", "ipfs+http://nas/b/c"),
            ("IPFS+HTTP://127.0.0.1:5001", "127.0.0.1", 5001, "", "/", "", "ipfs+http://127.0.0.1"),
            (
                "ipfs+https://ada@node.example/ä%20b",
                "node.example",
                443,
                "ada",
                "/ä b",
                "",
                "ipfs+https://ada@node.example/ä%20b",
            ),
            ("ipfs+http://[::1]:5/x//y", "::1", 5, "", "/x/y", "", "ipfs+http://[::1]:5/x/y"),
            (
                "ipfs+http://nas/x?gateway=http://nas:8080/",
                "nas",
                5001,
                "",
                "/x",
                "http://nas:8080",
                "ipfs+http://nas/x?gateway=http://nas:8080",
            ),
            (
                "ipfs+http://nas?gateway=https%3A%2F%2FG.example%3A443%2Fdeep%2F",
                "nas",
                5001,
                "",
                "/",
                "https://g.example/deep",
                "ipfs+http://nas?gateway=https://g.example/deep",
            ),
        ] {
            let folder = read(text).unwrap();
            let got = (&*folder.host, folder.port, &*folder.user, &*folder.path, &*folder.gateway);
            assert_eq!(got, (host, port, user, path, gateway), "{text}");
            let location = Location::Ipfs(folder.into());
            assert_eq!(location.display(), shown);
            assert_eq!(Location::of_server(shown), Some(Ok(location)), "{shown}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, why) in [
            ("ipfs+http://u:secret@host/x", NotALocation::Password),
            ("ipfs+http://host/x?gateway=http://u:p@g", NotALocation::Password),
            ("ipfs+http://host/x?gateway=http://u@g", NotALocation::Password),
            ("ipfs+http://host/x?gateway=ftp://g", NotALocation::Option),
            ("ipfs+http://host/x?gateway=g", NotALocation::Option),
            ("ipfs+http://host/x?gateway=http://g/%3Fx", NotALocation::Option),
            ("ipfs+http://host/x?gateway=http://g?token=x", NotALocation::Option),
            ("ipfs+http://host/x?gateway=http://g&gateway=http://h", NotALocation::Option),
            ("ipfs+http://host/x?other=y", NotALocation::Option),
            ("ipfs+http:///x", NotALocation::Form),
            ("ipfs+http://host/ipfs/bafy", NotALocation::Form),
            ("ipfs+http://host/ipns", NotALocation::Form),
            ("ipfs+http://host/a%5Cb", NotALocation::Form),
            ("ipfs+http://host/a/%20", NotALocation::Form),
            ("ipfs+http://host/x%00", NotALocation::Form),
            ("ipfs+http://host:0/x", NotALocation::Port),
            ("ipfs+http://a%40b/x", NotALocation::Form),
            ("ipfs://bafy/x", NotALocation::Scheme),
        ] {
            assert_eq!(read(text), Err(why), "{text}");
        }
    }

    #[test]
    fn it_is_kept_as_it_was_and_tells_who_can_listen() {
        let at = |text: &str| Location::of_server(text).unwrap().unwrap();
        let location = at("ipfs+http://ada@nas/b/c");
        let text = serde_json::to_string(&location).unwrap();
        assert_eq!(text, r#"{"kind":"ipfs","host":"nas","port":5001,"user":"ada","path":"/b/c","tls":false}"#);
        assert_eq!(serde_json::from_str::<Location>(&text).unwrap(), location);
        assert_eq!(location.short_name(), "c on nas");
        assert_eq!(location.account().as_deref(), Some("ipfs+http ada nas 5001"));
        assert_ne!(location.account(), at("ipfs+https://ada@nas:5001/b").account());
        assert_eq!(at("ipfs+http://nas/b?gateway=http://g").place(), at("ipfs+http://nas/b"), "however it is read");
        for open in ["ipfs+http://nas/b", "ipfs+https://nas/b?gateway=http://nas:8080"] {
            assert!(at(open).unprotected().is_some(), "{open}");
        }
        for safe in ["ipfs+http://127.0.0.1/b", "ipfs+http://[::1]/b?gateway=http://localhost:8080", "ipfs+https://nas/b"] {
            assert!(at(safe).unprotected().is_none(), "{safe}");
        }
    }
}
