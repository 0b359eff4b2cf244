//! A version: what a backup run leaves. Its manifest's presence at a destination *is* the version.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::plan::PlanId;

/// What a version may refer to: full nothing older, differential the last full, incremental the last version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupType {
    Full,
    Differential,
    Incremental,
}

impl BackupType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Differential => "diff",
            Self::Incremental => "incr",
        }
    }
}

/// What is asked for; `Auto` is incremental where a usable parent exists, else full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WantedType {
    #[default]
    Auto,
    Full,
    /// On the last full version.
    Differential,
    Incremental,
}

/// `20261121T200000Z-full-5f3a9c2e`: time of start in UTC, type, four random bytes. Also the name of the run's folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionId(Arc<str>);

impl VersionId {
    pub fn new(at: Timestamp, kind: BackupType, random: [u8; 4]) -> Self {
        let time = at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
        Self(format!("{time}-{}-{}", kind.as_str(), data_encoding::HEXLOWER.encode(&random)).into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When the run began, to the second; `None` where the digits are no date.
    pub fn time(&self) -> Option<Timestamp> {
        let at = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", self.0.split('-').next()?).ok()?;
        Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }

    pub fn backup_type(&self) -> BackupType {
        match self.0.split('-').nth(1) {
            Some("incr") => BackupType::Incremental,
            Some("diff") => BackupType::Differential,
            _ => BackupType::Full,
        }
    }
}

impl TryFrom<String> for VersionId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
        let parts: Vec<&str> = text.split('-').collect();
        let fits = match parts[..] {
            [time, kind, random] if time.len() == 16 && time.is_ascii() => {
                digits(&time[..8], 8)
                    && &time[8..9] == "T"
                    && digits(&time[9..15], 6)
                    && &time[15..] == "Z"
                    && matches!(kind, "full" | "diff" | "incr")
                    && random.len() == 8
                    && random.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            }
            _ => false,
        };
        if fits { Ok(Self(text.into())) } else { Err("a version id looks like 20261121T200000Z-full-5f3a9c2e".into()) }
    }
}

impl From<VersionId> for String {
    fn from(id: VersionId) -> Self {
        id.0.to_string()
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Counts and sizes of a version, in bytes where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Regular files, hard links included.
    pub files: u64,
    pub folders: u64,
    /// Symbolic links, devices, pipes.
    pub others: u64,
    /// Sum of the files' sizes.
    pub bytes: u64,
    /// Files that were read in this run.
    pub new_files: u64,
    /// Bytes that were read in this run.
    pub new_bytes: u64,
    /// Bytes that were read in this run and were stored already, under whatever name.
    #[serde(default)]
    pub dedup_bytes: u64,
    /// Bytes this run added to the destination: volumes and catalog.
    pub stored_bytes: u64,
    /// Files that are less than they should be: unreadable, torn, kept from an older version.
    pub warnings: u64,
}

impl Totals {
    /// Bytes of the version's files that take no room of their own: unchanged, stored already, or compressed away.
    pub fn saved_bytes(&self) -> u64 {
        self.bytes.saturating_sub(self.stored_bytes)
    }
}

impl Manifest {
    /// Complete, or with warnings on under one percent of the files.
    pub fn is_good(&self) -> bool {
        self.totals.warnings == 0 || self.totals.warnings.saturating_mul(100) < self.totals.files
    }
}

/// A version's public face, `versions/<id>.json`. Says nothing about names of files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// Always `"version"`.
    pub kind: String,
    pub plan: PlanId,
    pub id: VersionId,
    /// Order of versions is by this, not by clock.
    pub sequence: u64,
    #[serde(rename = "type")]
    pub backup_type: BackupType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<VersionId>,
    pub sealed: bool,
    /// Home that wrote it, 32 hex digits.
    pub home: String,
    pub started: Timestamp,
    pub finished: Timestamp,
    pub totals: Totals,
    /// SHA-256 of `data/<id>/objects.json`, hex.
    pub objects_sha256: String,
    pub catalog: CatalogRef,
    /// Every object of older runs that this version needs.
    #[serde(default)]
    pub needs: Vec<Need>,
}

/// Where the catalog's index lies within the catalog object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogRef {
    pub name: String,
    /// Size of the catalog object.
    pub size: u64,
    pub index_offset: u64,
    pub index_length: u64,
}

/// Objects of one older run: volume numbers as inclusive ranges, and whether segments of its catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    pub run: VersionId,
    pub volumes: Vec<(u32, u32)>,
    #[serde(default)]
    pub catalog: bool,
}

/// `data/<id>/objects.json`: what a run wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectList {
    pub format: u32,
    /// Always `"objects"`.
    pub kind: String,
    pub plan: PlanId,
    pub id: VersionId,
    pub objects: Vec<ObjectInfo>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectInfo {
    /// Within the run's folder: `v0001.tar.zst.sealed`.
    pub name: String,
    pub size: u64,
    /// Hex.
    pub sha256: String,
    /// CRC-64/NVME, 16 hex digits. Not in lists of before it was written, and nothing against forgery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc64nvme: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_are_checked() {
        let id = VersionId::new("2026-11-21T20:00:00Z".parse().unwrap(), BackupType::Full, [0x5f, 0x3a, 0x9c, 0x2e]);
        assert_eq!(id.as_str(), "20261121T200000Z-full-5f3a9c2e");
        assert_eq!(id.time(), Some("2026-11-21T20:00:00Z".parse().unwrap()));
        assert_eq!(VersionId::try_from("20261321T200000Z-full-5f3a9c2e".to_owned()).unwrap().time(), None);
        assert_eq!(VersionId::try_from(id.to_string()), Ok(id));
        for bad in
            ["", "../x", "20261121T200000Z-full-5f3a9c2", "20261121T200000Z-fool-5f3a9c2e", "20261121T20000äZ-full-5f3a9c2e"]
        {
            assert!(VersionId::try_from(bad.to_string()).is_err(), "{bad}");
        }
    }
}
