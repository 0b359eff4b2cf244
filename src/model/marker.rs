//! What lies in a plan's folder at a destination besides the archive itself: names and shapes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::plan::PlanId;
use super::snapshot::VersionId;

/// The only format there is so far.
pub const FORMAT: u32 = 1;

/// Marks a plan's folder; written once.
pub const MARKER: &str = "strongroom.json";
pub const README: &str = "README.txt";
/// Folder of the manifests.
pub const VERSIONS: &str = "versions";
/// Folder of the runs' folders.
pub const DATA: &str = "data";
/// Folder of the tombstones.
pub const DELETED: &str = "deleted";

/// `strongroom.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    pub format: u32,
    /// Always `"marker"`.
    pub kind: String,
    pub plan: PlanId,
    pub name: String,
    pub machine: String,
    pub sealed: bool,
    pub created: Timestamp,
}

/// `owner-<n>-<home>.json`: who writes here. The highest n counts, then the greater home id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub format: u32,
    /// Always `"owner"`.
    pub kind: String,
    pub plan: PlanId,
    pub n: u32,
    /// 32 hex digits.
    pub home: String,
    pub machine: String,
    pub since: Timestamp,
}

impl Marker {
    pub const KIND: &str = "marker";
}

impl Owner {
    pub const KIND: &str = "owner";
}

pub fn owner_name(n: u32, home: &str) -> String {
    format!("owner-{n}-{home}.json")
}

/// Number and home id of an owner file's name; `None` for all other names.
pub fn parse_owner_name(name: &str) -> Option<(u32, &str)> {
    let (n, home) = name.strip_prefix("owner-")?.strip_suffix(".json")?.split_once('-')?;
    let hex = home.len() == 32 && home.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    hex.then_some((plain_number(n)?, home))
}

pub fn keys_name(n: u32) -> String {
    format!("keys-{n}.json")
}

/// The same bytes a second time.
pub fn keys_copy_name(n: u32) -> String {
    format!("keys-{n}.copy.json")
}

/// Number of a keys file (or its copy), and whether it is the copy.
pub fn parse_keys_name(name: &str) -> Option<(u32, bool)> {
    let rest = name.strip_prefix("keys-")?.strip_suffix(".json")?;
    match rest.strip_suffix(".copy") {
        Some(n) => Some((plain_number(n)?, true)),
        None => Some((plain_number(rest)?, false)),
    }
}

pub fn manifest_name(id: &VersionId) -> String {
    format!("{VERSIONS}/{id}.json")
}

/// The version of a name within `versions/`.
pub fn parse_manifest_name(name: &str) -> Option<VersionId> {
    VersionId::try_from(name.strip_suffix(".json")?.to_string()).ok()
}

pub fn tombstone_name(id: &VersionId) -> String {
    format!("{DELETED}/{id}")
}

/// A number as we write it: no sign, no leading zero, so that no two names mean the same.
fn plain_number(text: &str) -> Option<u32> {
    let n: u32 = text.parse().ok()?;
    (n.to_string() == text).then_some(n)
}

/// `README.txt` of a plan's folder: how to get everything back without Strongroom, as far as that goes today.
pub fn readme(name: &str, sealed: bool) -> String {
    let _ = (name, sealed);
    todo!()
}
