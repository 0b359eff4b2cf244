//! What a node answers, read within bounds.

use std::io::Read;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, SeqAccess, Visitor};
use ureq::Body;
use ureq::http::{Response, StatusCode};

use crate::storage::web::download::into_reader;
use crate::storage::web::failure::Failure;
use crate::storage::web::range::is_page;

/// Bytes of an answer that tells of one thing.
const LONGEST: u64 = 64 << 10;
/// What is more is no list of ours, and could go on for ever.
const LIST: Limits = Limits { entries: 1_000_000, bytes: 256 << 20 };
/// Of a node's own words.
const WORDS: usize = 200;

#[derive(Clone, Copy)]
struct Limits {
    entries: usize,
    bytes: u64,
}

/// `files/stat`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Stat {
    pub hash: String,
    #[serde(deserialize_with = "number")]
    pub size: u64,
    #[serde(rename = "Type")]
    kind: String,
}

/// Of `files/ls`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Entry {
    pub name: String,
    #[serde(rename = "Type")]
    kind: u8,
    #[serde(default, deserialize_with = "number")]
    pub size: u64,
    #[serde(default)]
    pub hash: String,
}

/// Of `add`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Added {
    #[serde(default)]
    pub hash: String,
}

/// A failure in a node's own words.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Words {
    message: String,
}

impl Stat {
    pub fn is_folder(&self) -> bool {
        self.kind == "directory"
    }
}

impl Entry {
    pub fn is_folder(&self) -> bool {
        self.kind == 1
    }
}

/// Whether it is the answer to a call that worked; else what went wrong.
pub fn check(response: Response<Body>) -> Result<Response<Body>, Failure> {
    let (status, is_page) = (response.status(), is_page(response.headers()));
    if status == StatusCode::OK && !is_page {
        return Ok(response);
    }
    let words = whole(response).ok().and_then(|bytes| serde_json::from_slice::<Words>(&bytes).ok());
    Err(match (words, status.as_u16()) {
        // A node that has no such call says so in the same form.
        (Some(_), 404 | 405) => Failure::Nonsense(format!("no node that takes orders: {status}")),
        (Some(words), _) => meant(&words.message),
        (None, 200) if is_page => Failure::Nonsense("a web page instead of a node's answer".into()),
        (None, 200..=299 | 400 | 404 | 405 | 415 | 501) => Failure::Nonsense(format!("no IPFS node there: {status}")),
        (None, _) => Failure::Said(status),
    })
}

/// What a node's words mean; they are all that tells one failure from another.
fn meant(words: &str) -> Failure {
    let said = Failure::Said;
    let has = |any: &[&str]| any.iter().any(|part| words.contains(part));
    if has(&["already has entry", "already exists"]) {
        said(StatusCode::PRECONDITION_FAILED)
    } else if has(&["does not exist", "no link named", "no such file", "not found", "was not a file", "not a directory"]) {
        said(StatusCode::NOT_FOUND)
    } else if has(&["past end of file", "less than the file size"]) {
        Failure::TooShort("it ends before".into())
    } else if has(&["no space left", "ENOSPC", "quota exceeded"]) {
        said(StatusCode::INSUFFICIENT_STORAGE)
    } else {
        let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS).collect();
        Failure::Told(words)
    }
}

/// Reads one thing.
pub fn one<T: DeserializeOwned>(response: Response<Body>) -> Result<T, Failure> {
    let bytes = whole(response)?;
    serde_json::from_slice(&bytes).map_err(|_| nonsense())
}

/// The last of things that are told line by line.
pub fn last<T: DeserializeOwned>(response: Response<Body>) -> Result<T, Failure> {
    let bytes = whole(response)?;
    let mut lines = bytes.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.next_back().and_then(|line| serde_json::from_slice(line).ok()).ok_or_else(nonsense)
}

/// Reads to the end what nobody needs: the call has come to its end then.
pub fn nothing(response: Response<Body>) -> Result<(), Failure> {
    whole(response).map(drop)
}

fn whole(response: Response<Body>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    into_reader(response.into_body()).take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::Nonsense("its answer does not end".into()));
    }
    Ok(bytes)
}

fn nonsense() -> Failure {
    Failure::Nonsense("it says nothing that can be understood".into())
}

/// Reads a list as it comes.
pub fn list(response: Response<Body>) -> Result<Vec<Entry>, Failure> {
    list_within(LIST, into_reader(response.into_body()))
}

fn list_within(limits: Limits, answer: impl Read) -> Result<Vec<Entry>, Failure> {
    let mut bounded = answer.take(limits.bytes);
    let mut reader = serde_json::Deserializer::from_reader(std::io::BufReader::new(&mut bounded));
    let mut left = limits.entries;
    let mut read = reader.deserialize_map(Listing { left: &mut left });
    if let Err(e) = reader.end() {
        read = read.and(Err(e));
    }
    drop(reader);
    let too_long = || Failure::TooLong("a list that does not end".into());
    match read {
        Ok(all) => Ok(all),
        Err(_) if left == 0 || bounded.limit() == 0 => Err(too_long()),
        Err(e) if e.is_io() => Err(std::io::Error::from(e).into()),
        Err(_) => Err(nonsense()),
    }
}

/// `{"Entries": [ … ]}`, `null` for none.
struct Listing<'a> {
    left: &'a mut usize,
}

impl<'de> Visitor<'de> for Listing<'_> {
    type Value = Vec<Entry>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut all = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == "Entries" {
                all = Some(map.next_value_seed(Entries { left: self.left })?);
            } else {
                map.next_value::<serde::de::IgnoredAny>()?;
            }
        }
        all.ok_or_else(|| A::Error::custom("no list"))
    }
}

struct Entries<'a> {
    left: &'a mut usize,
}

impl<'de> serde::de::DeserializeSeed<'de> for Entries<'_> {
    type Value = Vec<Entry>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Vec<Entry>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("entries")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = seq.next_element()? {
            *self.left = self.left.saturating_sub(1);
            if *self.left == 0 {
                return Err(A::Error::custom("too many"));
            }
            all.push(entry);
        }
        Ok(all)
    }
}

/// Nodes write numbers as such or as text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Plain(u64),
        Text(String),
    }
    match Number::deserialize(deserializer)? {
        Number::Plain(value) => Ok(value),
        Number::Text(text) => text.parse().map_err(D::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> Result<Vec<(String, bool, u64)>, Failure> {
        let all = list_within(Limits { entries: 4, bytes: 1000 }, text.as_bytes())?;
        Ok(all.into_iter().map(|e| (e.name.clone(), e.is_folder(), e.size)).collect())
    }

    #[test]
    fn a_list_is_read_as_nodes_write_it() {
        let text = r#"{"Entries":[{"Name":"a","Type":0,"Size":3,"Hash":"bafk"},{"Name":"b","Type":1,"Size":"0","Hash":"bafy","Mode":"0755"}],"X":{}}"#;
        assert_eq!(listed(text).unwrap(), [("a".into(), false, 3), ("b".into(), true, 0)]);
        assert_eq!(listed("{\"Entries\":null}\n").unwrap(), []);
        for bad in
            ["", "{}", "[]", "<html>", "{\"Entries\":3}", "{\"Entries\":[{\"Name\":3}]}", "{\"Entries\":[]", "{\"Entries\":[]}{}"]
        {
            assert!(matches!(listed(bad), Err(Failure::Nonsense(_))), "{bad}");
        }
        assert!(matches!(listed(r#"{"Entries":[{"Name":"a","Type":0,"Size":-3}]}"#), Err(Failure::Nonsense(_))));
    }

    #[test]
    fn a_list_without_end_ends() {
        let entry = r#"{"Name":"a","Type":0,"Size":3},"#;
        assert!(matches!(listed(&format!("{{\"Entries\":[{}", entry.repeat(4))), Err(Failure::TooLong(_))));
        let long = format!("{{\"Entries\":[{{\"Name\":\"{}", "x".repeat(2000));
        assert!(matches!(listed(&long), Err(Failure::TooLong(_))));
    }

    #[test]
    fn a_nodes_words_have_their_meaning() {
        for (words, status) in [
            ("file does not exist", 404),
            ("/d/none does not exist", 404),
            ("/d/f was not a file or raw bytes", 404),
            ("cp: cannot put node in path /a: directory already has entry by that name", 412),
            ("file already exists", 412),
            ("write /data: no space left on device", 507),
        ] {
            assert!(matches!(meant(words), Failure::Said(said) if said.as_u16() == status), "{words}");
        }
        assert!(matches!(meant("offset was past end of file (5 > 3)"), Failure::TooShort(_)));
        assert!(matches!(meant("merkledag:\n broken"), Failure::Told(words) if words == "merkledag:  broken"));
    }
}
