//! What the addresses of all object stores share: names of buckets, prefixes, options behind `?`.

use url::Url;

use super::placeholder::{Piece, pieces};
use super::text::{Address, encoded, unreadable};
use super::{NotALocation, Server};

/// The longest name of a bucket that any of the services takes.
const LONGEST_NAME: usize = 222;
/// The longest key that all of them take, less what lies below a prefix.
const LONGEST_PREFIX: usize = 700;

/// Options whose value would be a secret: somebody tries to give one here.
const SECRETS: [&str; 12] = [
    "secret",
    "secret_key",
    "secret_access_key",
    "session_token",
    "password",
    "key",
    "account_key",
    "sas",
    "sas_token",
    "sig",
    "token",
    "credential",
];

/// An address of a store: it has neither account nor port, and options instead.
pub fn parts(text: &str) -> Result<(Address, Options), NotALocation> {
    let mut address = Address::parse(text)?;
    if address.port.is_some() || !address.user.is_empty() {
        return Err(NotALocation::Form);
    }
    let options = Options::new(std::mem::take(&mut address.options))?;
    Ok((address, options))
}

/// A bucket's, container's or account's name, as far as all services agree on it.
pub fn name(text: &str) -> Result<String, NotALocation> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let good = (3..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(fits)
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
        && !text.contains("..");
    if good { Ok(text.to_owned()) } else { Err(NotALocation::Bucket) }
}

/// What all keys begin with: without a `/` at either end, empty for the whole bucket.
pub fn prefix(path: &str) -> Result<String, NotALocation> {
    let path = path.trim_matches('/');
    let fits = |part: &str| !part.is_empty() && part != "." && part != ".." && part.trim() == part;
    pieces(path)?;
    let good = path.is_empty() || path.len() <= LONGEST_PREFIX && path.split('/').all(fits);
    if good { Ok(path.to_owned()) } else { Err(NotALocation::Form) }
}

/// The address of a service of one's own. Without a scheme it is spoken to by TLS.
pub fn endpoint(text: &str) -> Result<String, NotALocation> {
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&text).map_err(|e| unreadable(e, NotALocation::Endpoint))?;
    if url.password().is_some() {
        return Err(NotALocation::Password);
    }
    if url.port() == Some(0) {
        return Err(NotALocation::Port);
    }
    let plain = url.username().is_empty() && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) || !plain {
        return Err(NotALocation::Endpoint);
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Host and port of an address.
pub fn server(endpoint: &str) -> Server {
    let url = Url::parse(endpoint).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    Server { host, port: url.as_ref().and_then(Url::port_or_known_default).unwrap_or(443) }
}

/// Path of an address, without a `/` at its end.
pub fn path(endpoint: &str) -> String {
    Url::parse(endpoint).map_or_else(|_| String::new(), |url| url.path().trim_end_matches('/').to_owned())
}

/// The last part of a prefix, and where that is.
pub fn short_name(prefix: &str, bucket: &str) -> String {
    match prefix.rsplit('/').next() {
        Some(last) if !last.is_empty() => format!("{last} in {bucket}"),
        _ => bucket.to_owned(),
    }
}

/// Options of an address, each of which is to be taken.
pub struct Options(Vec<(String, String)>);

impl Options {
    fn new(options: Vec<(String, String)>) -> Result<Self, NotALocation> {
        let is_secret = |(name, _): &(String, String)| SECRETS.contains(&name.to_ascii_lowercase().as_str());
        if options.iter().any(is_secret) { Err(NotALocation::Password) } else { Ok(Self(options)) }
    }

    /// Its value; empty where it is not given. Given twice, it is left for [`Options::end`] to refuse.
    pub fn take(&mut self, name: &str) -> String {
        match self.0.iter().position(|(given, _)| given == name) {
            Some(at) => self.0.remove(at).1,
            None => String::new(),
        }
    }

    /// A value that stands in headers and the like.
    pub fn word(&mut self, name: &str) -> Result<String, NotALocation> {
        let word = self.take(name);
        let fits = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\'';
        if word.len() <= 200 && word.bytes().all(fits) { Ok(word) } else { Err(NotALocation::Option) }
    }

    pub fn endpoint(&mut self) -> Result<String, NotALocation> {
        match self.take("endpoint") {
            none if none.is_empty() => Ok(none),
            given => endpoint(&given),
        }
    }

    pub fn yes_or_no(&mut self, name: &str) -> Result<Option<bool>, NotALocation> {
        match self.take(name).as_str() {
            "" => Ok(None),
            "yes" | "true" => Ok(Some(true)),
            "no" | "false" => Ok(Some(false)),
            _ => Err(NotALocation::Option),
        }
    }

    /// Nothing may be left: a misspelt option would be ignored.
    pub fn end(self) -> Result<(), NotALocation> {
        if self.0.is_empty() { Ok(()) } else { Err(NotALocation::Option) }
    }
}

/// `scheme://path?name=value&…` without the options that are empty.
pub fn shown(scheme: &str, path: &[&str], options: &[(&str, &str)]) -> String {
    let path: Vec<String> = path.iter().filter(|part| !part.is_empty()).map(|part| readable(part)).collect();
    let mut out = format!("{scheme}://{}", path.join("/"));
    for (n, (name, value)) in options.iter().filter(|(_, value)| !value.is_empty()).enumerate() {
        out.push(if n == 0 { '?' } else { '&' });
        out.push_str(&format!("{name}={}", option(value)));
    }
    out
}

pub fn said(choice: Option<bool>) -> &'static str {
    match choice {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    }
}

/// Placeholders stay what they are for whoever reads them.
fn readable(path: &str) -> String {
    let readable = |piece: Piece<'_>| match piece {
        Piece::Text(text) => encoded(text),
        other => other.written(),
    };
    pieces(path).map_or_else(|_| encoded(path), |pieces| pieces.into_iter().map(readable).collect())
}

/// A value that holds none of the signs that end it.
fn option(value: &str) -> String {
    let mut out = String::new();
    for c in value.chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && !"/-._~:@[]".contains(c) {
            out.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_spoken_to_by_tls_unless_somebody_says_otherwise() {
        assert_eq!(endpoint("minio.example:9000/").as_deref(), Ok("https://minio.example:9000"));
        assert_eq!(endpoint("http://[::1]:9000").as_deref(), Ok("http://[::1]:9000"));
        assert_eq!(server("http://[::1]:9000"), Server { host: "::1".into(), port: 9000 });
        assert_eq!(server("https://s3.example"), Server { host: "s3.example".into(), port: 443 });
        assert_eq!(endpoint("https://u:p@host"), Err(NotALocation::Password));
        for bad in ["ftp://host", "https://", "https://u@host", "https://h?x", "https://h#x"] {
            assert_eq!(endpoint(bad), Err(NotALocation::Endpoint), "{bad}");
        }
        for bad in ["http://h:0", "https://h:99999"] {
            assert_eq!(endpoint(bad), Err(NotALocation::Port), "{bad}");
        }
    }

    #[test]
    fn names_and_prefixes_cannot_lead_elsewhere() {
        for good in ["abc", "my-bucket", "a.b.c", "A_1"] {
            assert!(name(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "-ab", "a..b", "a b", "a/b", "{machine}", &"x".repeat(223)] {
            assert!(name(bad).is_err(), "{bad}");
        }
        assert_eq!(prefix("/a/b c/").as_deref(), Ok("a/b c"));
        assert_eq!(prefix("/x/{machine}/{env:USER}").as_deref(), Ok("x/{machine}/{env:USER}"));
        for bad in ["a//b", "a/../b", "./a", "a/ b", "{user}", "{machine", &"x".repeat(701)] {
            assert!(prefix(bad).is_err(), "{bad}");
        }
    }
}
