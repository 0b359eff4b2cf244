//! Records of pax headers: `<length> <key>=<value>\n`.

use std::collections::HashMap;

use data_encoding::{BASE64, BASE64_NOPAD};

use super::xattr;
use crate::model::catalog::{FileTime, Xattr};

/// The last that is told of a key counts.
#[derive(Clone, Default)]
pub struct Pax {
    records: HashMap<Vec<u8>, Vec<u8>>,
    /// Pairs of the oldest form of sparse maps, whose keys come again and again.
    pub sparse: Vec<u64>,
}

/// More than this no program writes.
const MAX_RECORDS: usize = 65_536;
/// Numbers of a sparse map of that form.
const MAX_SPARSE: usize = 2 << 20;

impl Pax {
    pub fn read(&mut self, mut bytes: &[u8]) -> Result<(), &'static str> {
        const WRONG: &str = "a pax record is wrong";
        while !bytes.is_empty() && bytes[0] != 0 {
            let space = bytes.iter().take(20).position(|b| *b == b' ').ok_or(WRONG)?;
            let length: usize = bytes.get(..space).and_then(|d| std::str::from_utf8(d).ok()?.parse().ok()).ok_or(WRONG)?;
            let (record, rest) = bytes.split_at_checked(length).ok_or(WRONG)?;
            let record = record.get(space + 1..).and_then(|record| record.strip_suffix(b"\n")).ok_or(WRONG)?;
            let equals = record.iter().position(|b| *b == b'=').ok_or(WRONG)?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            bytes = rest;
            if matches!(key, b"GNU.sparse.offset" | b"GNU.sparse.numbytes") {
                let number = parse(value).ok_or(WRONG)?;
                if self.sparse.len() >= MAX_SPARSE {
                    return Err("a sparse map is longer than is allowed");
                }
                self.sparse.push(number);
                continue;
            }
            if self.records.len() >= MAX_RECORDS {
                return Err("a pax header has more records than is allowed");
            }
            self.records.insert(key.to_vec(), value.to_vec());
        }
        Ok(())
    }

    /// These records, and where they say nothing those of `global`.
    pub fn over(mut self, global: &Self) -> Self {
        for (key, value) in &global.records {
            self.records.entry(key.clone()).or_insert_with(|| value.clone());
        }
        self
    }

    /// A value that is there and says something.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.records.get(key).map(Vec::as_slice).filter(|value| !value.is_empty())
    }

    /// The whole name; a sparse file's own.
    pub fn path(&self) -> Option<&[u8]> {
        self.get(b"GNU.sparse.name").or(self.get(b"path"))
    }

    pub fn link(&self) -> Option<&[u8]> {
        self.get(b"linkpath")
    }

    pub fn size(&self) -> Result<Option<u64>, &'static str> {
        self.get(b"size").map(|value| parse(value).ok_or("a size is wrong")).transpose()
    }

    pub fn number<T: TryFrom<u64>>(&self, key: &[u8]) -> Option<T> {
        self.get(key).and_then(parse).and_then(|value| T::try_from(value).ok())
    }

    /// Decimal seconds with any number of digits behind the point.
    pub fn mtime(&self) -> Option<FileTime> {
        let text = std::str::from_utf8(self.get(b"mtime")?).ok()?;
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let seconds: i64 = whole.parse().ok()?;
        let digits: String = part.chars().chain(std::iter::repeat('0')).take(9).collect();
        let nanos: u32 = digits.parse().ok()?;
        Some(match (negative, nanos) {
            (false, nanos) => FileTime { seconds, nanos },
            (true, 0) => FileTime { seconds: -seconds, nanos: 0 },
            (true, nanos) => FileTime { seconds: -seconds - 1, nanos: 1_000_000_000 - nanos },
        })
    }

    /// As star and GNU tar write them, else as libarchive does.
    pub fn xattrs(&self) -> Vec<Xattr> {
        let mut found: Vec<Xattr> = Vec::new();
        for (key, value) in &self.records {
            if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                let name = replace(&replace(name, b"%3D", b'='), b"%25", b'%');
                found.extend(xattr(name, value.clone()));
            }
        }
        for (key, value) in &self.records {
            if let Some(name) = key.strip_prefix(b"LIBARCHIVE.xattr.") {
                let value = BASE64.decode(value).or_else(|_| BASE64_NOPAD.decode(value));
                let name = percent_decoded(name);
                if let Some(new) = value.ok().and_then(|value| xattr(name, value))
                    && !found.iter().any(|known| known.name == new.name)
                {
                    found.push(new);
                }
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    pub fn has_acl(&self) -> bool {
        self.records.keys().any(|key| key.starts_with(b"SCHILY.acl."))
    }
}

fn parse(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn replace(bytes: &[u8], what: &[u8; 3], with: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(what) {
            out.push(with);
            at += what.len();
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}

fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}
