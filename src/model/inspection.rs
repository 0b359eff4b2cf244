//! What can be said of a single file without any password.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::foreign::Foreign;
use super::format::Codec;
use super::key::SlotKind;
use super::path::PathBytes;

/// A file that was looked through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileFacts {
    pub file: PathBytes,
    /// In bytes.
    pub size: u64,
    pub found: Inspection,
}

/// What it is, by its content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Inspection {
    Empty,
    /// A volume or catalog of a sealed backup.
    SealedObject {
        #[serde(flatten)]
        seal: Seal,
        plan: String,
        version: String,
        object: String,
        object_kind: SealedKind,
    },
    /// Sealed by itself.
    SealedFile {
        #[serde(flatten)]
        seal: Seal,
        slots: Vec<SlotFacts>,
    },
    Archive(ArchiveFacts),
    Compressed {
        codec: Codec,
        bytes: u64,
        /// Bytes that one byte of the file holds.
        ratio: Option<f64>,
        damage: Option<String>,
    },
    Catalog {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        damage: Option<String>,
        bytes: u64,
        /// Of entries, and of what stands between them.
        lines: u64,
    },
    SmallObject {
        kind: String,
        /// As its own last line says.
        intact: bool,
        /// It carries a proof by a key.
        sealed: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        slots: Vec<SlotFacts>,
        content: Value,
    },
    /// Packed by something that is known and not read.
    Foreign {
        format: Foreign,
    },
    Other,
}

/// An object of a backup by what it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SealedKind {
    Volume,
    Catalog,
    /// Only on a run's own machine.
    Journal,
    File,
}

impl SealedKind {
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Catalog => "catalog",
            Self::Journal => "journal",
            Self::File => "file",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seal {
    pub cipher: String,
    pub key_id: String,
    pub records: u64,
    /// Of content.
    pub bytes: u64,
    /// Ends as it should; whether it opens takes the password.
    pub whole: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotFacts {
    pub kind: SlotKind,
    /// "scrypt 2^15/8/3".
    pub function: String,
}

/// What an archive holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ArchiveFacts {
    /// "tar.gz".
    pub format: String,
    pub members: u64,
    pub files: u64,
    pub folders: u64,
    /// Links, pipes, devices.
    pub others: u64,
    /// Of files' content.
    pub bytes: u64,
    pub ratio: Option<f64>,
    /// Holds what only Strongroom writes: it may be a volume of a backup.
    pub is_volume: bool,
    pub damage_count: u64,
    /// The first of it.
    pub damage: Vec<DamageFacts>,
    pub unsupported: u64,
}

impl ArchiveFacts {
    /// What cannot be had of it, listed or not.
    pub fn lost(&self) -> u64 {
        self.damage_count + self.unsupported
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DamageFacts {
    pub path: Option<PathBytes>,
    /// About where in the file.
    pub at: u64,
    pub what: String,
    /// It can be read, and nothing proves that it is whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubtful: bool,
}

impl DamageFacts {
    /// "Letters/1.odt: its checksum does not fit (at 4,096)".
    pub fn in_words(&self) -> String {
        let path = self.path.as_ref().map(|path| format!("{}: ", path.display())).unwrap_or_default();
        format!("{path}{} (at {})", self.what, super::human::count(self.at))
    }
}

impl Inspection {
    /// Whether nothing was seen to be wrong with it.
    pub fn is_sound(&self) -> bool {
        match self {
            Self::SealedObject { seal, .. } | Self::SealedFile { seal, .. } => seal.whole,
            Self::Archive(archive) => archive.damage.is_empty(),
            Self::Compressed { damage, .. } | Self::Catalog { damage, .. } => damage.is_none(),
            Self::SmallObject { intact, .. } => *intact,
            Self::Empty | Self::Foreign { .. } | Self::Other => true,
        }
    }

    /// "tar.gz archive", "file sealed by itself".
    pub fn headline(&self) -> String {
        match self {
            Self::Empty => "empty".into(),
            Self::Other => "nothing that Strongroom knows".into(),
            Self::Foreign { format } => format!("{}, which Strongroom does not unpack", format.in_words()),
            Self::SealedObject { object_kind, .. } => format!("sealed {} of a backup", object_kind.in_words()),
            Self::SealedFile { .. } => "file sealed by itself".into(),
            Self::Archive(archive) => {
                let volume = if archive.is_volume { ", a volume of a backup" } else { "" };
                format!("{} archive{volume}", archive.format)
            }
            Self::Compressed { codec, .. } => format!("compressed by {}", codec.in_words()),
            Self::Catalog { .. } => "catalog of a backup, not sealed".into(),
            Self::SmallObject { kind, .. } => match kind.as_str() {
                "marker" => "marker of a backup's folder".into(),
                "owner" => "who writes into a backup".into(),
                "keys" => "key slots of a backup".into(),
                "version" => "manifest of a version".into(),
                "deleted" => "mark of a deleted version".into(),
                "objects" => "list of what a run wrote".into(),
                other => format!("small object of a backup, {other}"),
            },
        }
    }

    pub fn is_sealed(&self) -> bool {
        matches!(self, Self::SealedObject { .. } | Self::SealedFile { .. })
    }

    /// What it can be unpacked from.
    pub fn codec(&self) -> Option<Codec> {
        match self {
            Self::Compressed { codec, .. } => Some(*codec),
            Self::Catalog { .. } => Some(Codec::Zstd),
            Self::Archive(archive) => archive.format.strip_prefix("tar.").and_then(Codec::of_extension),
            _ => None,
        }
    }

    /// Whether compressing it is worth anybody's while: what is sealed is noise, what is compressed is compressed.
    pub fn may_shrink(&self) -> bool {
        match self {
            Self::Archive(archive) => archive.format == "tar",
            Self::Other | Self::SmallObject { .. } => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_whole_is_not_sound() {
        let seal = |whole| Seal { cipher: String::new(), key_id: String::new(), records: 1, bytes: 2, whole };
        let file = |whole| Inspection::SealedFile { seal: seal(whole), slots: Vec::new() };
        assert!(file(true).is_sound() && !file(false).is_sound());
        let other = Inspection::Compressed { codec: Codec::Zstd, bytes: 1, ratio: None, damage: Some("x".into()) };
        assert!(!other.is_sound());
    }

    #[test]
    fn each_kind_crosses_the_socket() {
        let seal = Seal { cipher: "AES-256-GCM".into(), key_id: "00".into(), records: 1, bytes: u64::MAX, whole: true };
        let slots = vec![SlotFacts { kind: SlotKind::Password, function: "scrypt 2^15/8/3".into() }];
        let damage =
            vec![DamageFacts { path: Some(PathBytes::new(b"a\xff".to_vec())), at: 512, what: "x".into(), doubtful: true }];
        let archive = ArchiveFacts { format: "tar.gz".into(), ratio: Some(2.5), damage, ..ArchiveFacts::default() };
        let all = [
            Inspection::Empty,
            Inspection::Other,
            Inspection::Foreign { format: Foreign::SevenZip },
            Inspection::SealedFile { seal: seal.clone(), slots: slots.clone() },
            Inspection::SealedObject {
                seal,
                plan: "p".into(),
                version: "v".into(),
                object: "o".into(),
                object_kind: SealedKind::Volume,
            },
            Inspection::Archive(archive),
            Inspection::Compressed { codec: Codec::Lz4, bytes: 3, ratio: None, damage: None },
            Inspection::Catalog { damage: None, bytes: 1, lines: 1 },
            Inspection::SmallObject { kind: "keys".into(), intact: true, sealed: true, slots, content: Value::Null },
        ];
        for found in all {
            let text = serde_json::to_string(&found).unwrap();
            assert_eq!(serde_json::from_str::<Inspection>(&text).unwrap(), found, "{text}");
        }
    }
}
