//! What a name is called in an address, and what an address in a server's answer stands for.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::storage::web::failure::Failure;

/// All but what RFC 3986 leaves as it is everywhere.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The destination's folder at the server; its path ends with `/`.
#[derive(Clone, Debug)]
pub struct Root(Url);

/// What an address in a list of a folder stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The folder itself.
    Itself,
    Child(String),
    /// Deeper than was asked for, or of a name that is no text.
    Other,
}

impl Root {
    /// `server`: its root. `path`: from there, as people write it.
    pub fn new(server: &Url, path: &str) -> Self {
        Self(below(server, path.trim_matches('/'), true))
    }

    /// Where the server says that the folder is.
    pub fn moved(url: &Url) -> Self {
        Self(below(url, "", true))
    }

    pub fn object(&self, name: &str) -> Url {
        below(&self.0, name, false)
    }

    /// The empty name is the root.
    pub fn folder(&self, name: &str) -> Url {
        below(&self.0, name, true)
    }

    /// The folder above; `None` where this is the server's root.
    pub fn above(&self) -> Option<Url> {
        let path = self.0.path().trim_end_matches('/');
        let (above, _) = path.rsplit_once('/')?;
        let mut url = self.0.clone();
        url.set_path(&format!("{above}/"));
        Some(url)
    }
}

fn below(folder: &Url, name: &str, is_folder: bool) -> Url {
    let mut path = folder.path().trim_end_matches('/').to_owned();
    for part in name.split('/').filter(|part| !part.is_empty()) {
        path.push('/');
        path.extend(utf8_percent_encode(part, ENCODED));
    }
    if is_folder {
        path.push('/');
    }
    let mut url = folder.clone();
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// What an address that a server gives in the list of a folder stands for. Whose server it names does not matter: behind another
/// one it may know itself by another name. One that is not within the folder is refused.
pub fn place(folder: &Url, href: &str) -> Result<Place, Failure> {
    let outside = || Failure::Nonsense("it lists what does not lie in the folder that was asked for".into());
    let url = folder.join(href.trim()).map_err(|_| outside())?;
    let (ours, theirs) = (parts(folder), parts(&url));
    let rest = theirs.strip_prefix(ours.as_slice()).ok_or_else(outside)?;
    match rest {
        [] => Ok(Place::Itself),
        [name] => match String::from_utf8(name.clone()) {
            Ok(name) if name.contains('/') || name == "." || name == ".." => Err(outside()),
            Ok(name) => Ok(Place::Child(name)),
            Err(_) => Ok(Place::Other),
        },
        _ => Ok(Place::Other),
    }
}

fn parts(url: &Url) -> Vec<Vec<u8>> {
    url.path().split('/').filter(|part| !part.is_empty()).map(|part| percent_decode_str(part).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> Root {
        Root::new(&Url::parse("https://nas:8443/").unwrap(), "/dav/ä b")
    }

    #[test]
    fn names_become_addresses() {
        assert_eq!(root().object("f/100% #1?").as_str(), "https://nas:8443/dav/%C3%A4%20b/f/100%25%20%231%3F");
        assert_eq!(root().folder("").as_str(), "https://nas:8443/dav/%C3%A4%20b/");
        assert_eq!(root().folder("f").path(), "/dav/%C3%A4%20b/f/");
        assert_eq!(root().object("%2e%2e").path(), "/dav/%C3%A4%20b/%252e%252e");
        assert_eq!(root().above().unwrap().path(), "/dav/");
        let top = Root::new(&Url::parse("http://nas/").unwrap(), "/");
        assert_eq!((top.folder("").path(), top.object("x").path()), ("/", "/x"));
        assert!(top.above().is_none());
        assert_eq!(Root::moved(&Url::parse("https://nas/new?x=1").unwrap()).folder("").as_str(), "https://nas/new/");
    }

    #[test]
    fn addresses_become_names_of_children_only() {
        let folder = root().folder("f");
        let child = |name: &str| Place::Child(name.into());
        for (href, place) in [
            ("/dav/%C3%A4%20b/f/", Place::Itself),
            ("/dav/ä b/f", Place::Itself),
            ("https://nas:8443/dav/%c3%a4%20b/f/x", child("x")),
            ("http://inside.example/dav/%C3%A4%20b/f/y/", child("y")),
            ("\n  /dav/%C3%A4%20b/f/100%25%20%231%3F\n", child("100% #1?")),
            ("x", child("x")),
            ("./", Place::Itself),
            ("/dav/%C3%A4%20b/f/x/deep", Place::Other),
            ("/dav/%C3%A4%20b/f/%FF", Place::Other),
        ] {
            assert_eq!(super::place(&folder, href).unwrap(), place, "{href}");
        }
        for href in [
            "/",
            "..",
            "../g",
            "/dav/%C3%A4%20b/f/../../x",
            "/dav/%C3%A4%20b/f/%2e%2e/x",
            "/dav/%C3%A4%20b/f/..%2fx",
            "/dav/%C3%A4%20b/f/x%2Fy",
            "/dav/%C3%A4%20b/ff",
            "/etc/passwd",
            "mailto:x",
            "https://",
        ] {
            assert!(super::place(&folder, href).is_err(), "{href}");
        }
    }
}
