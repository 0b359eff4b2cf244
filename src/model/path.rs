//! File names as the bytes they are on Unix, which need not be text; as WTF-8 where they come from Windows.

mod native;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use native::{from_wide, to_wide};

/// A path as bytes. In JSON a string where it is UTF-8, else `{"base64": "…"}`.
///
/// Catalog paths are absolute original paths without the leading `/`; all others are as the system gives them.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct PathBytes(Vec<u8>);

impl PathBytes {
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn as_path(&self) -> Cow<'_, Path> {
        as_path(&self.0)
    }

    pub fn to_path_buf(&self) -> PathBuf {
        self.as_path().into_owned()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The path for people: bytes that are not UTF-8 become `�`.
    pub fn display(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The last component.
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|b| *b == b'/').next().unwrap_or(&[])
    }

    /// Everything before the last component; empty for a path of one component.
    pub fn parent(&self) -> &[u8] {
        match self.0.iter().rposition(|b| *b == b'/') {
            Some(at) => &self.0[..at],
            None => &[],
        }
    }

    pub fn join(&self, name: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + name.len());
        bytes.extend_from_slice(&self.0);
        if !bytes.is_empty() && bytes.last() != Some(&b'/') {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name);
        Self(bytes)
    }

    /// Whether this path is `folder` or lies below it. Every path lies below the empty one.
    pub fn is_within(&self, folder: &[u8]) -> bool {
        folder.is_empty() || (self.0.starts_with(folder) && (self.0.len() == folder.len() || self.0[folder.len()] == b'/'))
    }
}

/// The bytes as a path of the system.
pub fn as_path(bytes: &[u8]) -> Cow<'_, Path> {
    match native::to_os(bytes) {
        Cow::Borrowed(name) => Cow::Borrowed(Path::new(name)),
        Cow::Owned(name) => Cow::Owned(name.into()),
    }
}

/// Compares by components' bytes: `a/b` stands before `a-b`, as a walk in sorted order meets them.
pub fn compare_components(a: &[u8], b: &[u8]) -> Ordering {
    // Giving the separator the lowest rank makes a plain byte comparison one by components.
    let rank = |byte: &u8| if *byte == b'/' { 0u16 } else { u16::from(*byte) + 1 };
    let common = a.iter().zip(b).position(|(x, y)| x != y);
    match common {
        Some(at) => rank(&a[at]).cmp(&rank(&b[at])),
        None => a.len().cmp(&b.len()),
    }
}

impl PartialOrd for PathBytes {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PathBytes {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_components(&self.0, &other.0)
    }
}

impl fmt::Debug for PathBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.display())
    }
}

impl From<&Path> for PathBytes {
    fn from(path: &Path) -> Self {
        Self(native::from_os(path.into()))
    }
}

impl From<PathBuf> for PathBytes {
    fn from(path: PathBuf) -> Self {
        Self(native::from_os(path.into_os_string()))
    }
}

impl From<&str> for PathBytes {
    fn from(path: &str) -> Self {
        Self(native::of_text(path))
    }
}

#[derive(Serialize, Deserialize)]
struct Base64Form {
    base64: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Form<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Owned(String),
    Base64(Base64Form),
}

impl Serialize for PathBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => Base64Form { base64: BASE64.encode(&self.0) }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for PathBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Form::deserialize(deserializer)? {
            Form::Text(text) => Ok(Self(text.into_owned().into_bytes())),
            Form::Owned(text) => Ok(Self(text.into_bytes())),
            Form::Base64(form) => BASE64
                .decode(form.base64.as_bytes())
                .map(Self)
                .map_err(|e| serde::de::Error::custom(format!("path in base64: {e}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_by_components() {
        let mut paths: Vec<PathBytes> = ["a-b", "a/b", "a", "a/b/c", "a0", "a/b-", ""].map(PathBytes::from).to_vec();
        paths.sort();
        let shown: Vec<_> = paths.iter().map(|p| p.display().into_owned()).collect();
        assert_eq!(shown, ["", "a", "a/b", "a/b/c", "a/b-", "a-b", "a0"]);
    }

    #[test]
    fn any_bytes_survive_json() {
        for bytes in [&b"plain"[..], b"\xff\xfe/x", "ä/ö\n".as_bytes(), b"quote\"\\"] {
            let path = PathBytes::new(bytes);
            let json = serde_json::to_string(&path).unwrap();
            assert_eq!(serde_json::from_str::<PathBytes>(&json).unwrap(), path, "{json}");
        }
    }

    #[test]
    fn within_counts_whole_components() {
        assert!(PathBytes::from("a/b").is_within(b"a"));
        assert!(PathBytes::from("a").is_within(b"a"));
        assert!(!PathBytes::from("ab").is_within(b"a"));
        assert!(PathBytes::from("ab").is_within(b""));
    }
}
