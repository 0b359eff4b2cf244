//! How volumes are packed and sealed.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::volume_size::VolumeSize;

/// Container and compression of a volume, by the name that the command line, settings and catalogs have for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Kind {
    #[serde(rename = "tar")]
    Tar,
    #[serde(rename = "tar.gz")]
    TarGz,
    #[serde(rename = "tar.bz2")]
    TarBz2,
    #[serde(rename = "tar.lz4")]
    TarLz4,
    #[default]
    #[serde(rename = "tar.zst")]
    TarZst,
    /// Deflated members.
    #[serde(rename = "zip")]
    Zip,
    /// Members by zstd, which fewer programs read.
    #[serde(rename = "zip-zstd")]
    ZipZstd,
}

impl Kind {
    pub const ALL: [Self; 7] = [Self::TarZst, Self::Tar, Self::TarGz, Self::TarBz2, Self::TarLz4, Self::Zip, Self::ZipZstd];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::TarGz => "tar.gz",
            Self::TarBz2 => "tar.bz2",
            Self::TarLz4 => "tar.lz4",
            Self::TarZst => "tar.zst",
            Self::Zip => "zip",
            Self::ZipZstd => "zip-zstd",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What a volume's file name ends in.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::ZipZstd => "zip",
            other => other.name(),
        }
    }

    pub const fn is_zip(self) -> bool {
        matches!(self, Self::Zip | Self::ZipZstd)
    }

    /// The levels there are, the last the smallest. For zip 0 stores; tar has nothing to choose.
    pub const fn levels(self) -> RangeInclusive<i32> {
        match self {
            Self::Tar => 0..=0,
            Self::TarGz | Self::TarBz2 => 1..=9,
            Self::TarLz4 => 1..=12,
            Self::TarZst | Self::ZipZstd => 1..=19,
            Self::Zip => 0..=9,
        }
    }

    /// The level that is quickest and yet compresses.
    pub const fn fast(self) -> i32 {
        self.usual()[0]
    }

    /// The level that is small without taking for ever.
    pub const fn strong(self) -> i32 {
        self.usual()[2]
    }

    /// Levels for runs that come often, now and then, and seldom.
    const fn usual(self) -> [i32; 3] {
        match self {
            Self::Tar => [0, 0, 0],
            Self::TarGz | Self::Zip => [1, 6, 9],
            Self::TarBz2 => [1, 9, 9],
            Self::TarLz4 => [1, 1, 9],
            Self::TarZst | Self::ZipZstd => [1, 3, 9],
        }
    }
}

/// What a single stream is compressed by, by what files end in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Codec {
    #[serde(rename = "gz")]
    Gzip,
    #[serde(rename = "bz2")]
    Bzip2,
    #[serde(rename = "lz4")]
    Lz4,
    #[serde(rename = "zst")]
    Zstd,
}

impl Codec {
    pub const ALL: [Self; 4] = [Self::Gzip, Self::Bzip2, Self::Lz4, Self::Zstd];

    /// What files end in.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Bzip2 => "bz2",
            Self::Lz4 => "lz4",
            Self::Zstd => "zst",
        }
    }

    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.extension() == extension)
    }

    /// As its makers write it.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Lz4 => "LZ4",
            Self::Zstd => "Zstandard",
        }
    }

    /// The kind of volumes that has it.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Gzip => Kind::TarGz,
            Self::Bzip2 => Kind::TarBz2,
            Self::Lz4 => Kind::TarLz4,
            Self::Zstd => Kind::TarZst,
        }
    }
}

/// How hard to compress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "LevelText", into = "LevelText")]
pub enum Level {
    /// As it suits how often the plan runs.
    #[default]
    Auto,
    /// As the codec counts.
    Fixed(i32),
}

/// `"auto"` or a number.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum LevelText {
    Number(i32),
    Word(String),
}

impl TryFrom<LevelText> for Level {
    type Error = &'static str;

    fn try_from(text: LevelText) -> Result<Self, Self::Error> {
        match text {
            LevelText::Number(level) => Ok(Self::Fixed(level)),
            LevelText::Word(word) if word == "auto" => Ok(Self::Auto),
            LevelText::Word(_) => Err("a level is a number or \"auto\""),
        }
    }
}

impl From<Level> for LevelText {
    fn from(level: Level) -> Self {
        match level {
            Level::Auto => Self::Word("auto".into()),
            Level::Fixed(level) => Self::Number(level),
        }
    }
}

/// Container and compression of a plan's volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Format {
    #[serde(default)]
    pub kind: Kind,
    #[serde(default)]
    pub level: Level,
    /// `None`: it grows with the plan (64 MiB, 256 MiB, 1 GiB).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_size: Option<VolumeSize>,
}

/// A plan that runs this often, in hours, is to be quick about it.
const OFTEN: u32 = 6;
/// One that runs this seldom may take its time: four weeks.
const SELDOM: u32 = 28 * 24;

impl Format {
    /// The size at which a volume is closed, for a plan whose sources hold about `source_bytes`.
    pub fn volume_size_for(&self, source_bytes: u64) -> u64 {
        self.volume_size.map_or_else(|| grown(source_bytes), VolumeSize::most)
    }

    /// The size beside which a volume is large or small: that at which one is closed, or where each version is one, would be if
    /// it grew with the plan.
    pub fn usual_volume(&self, source_bytes: u64) -> u64 {
        match self.volume_size {
            Some(VolumeSize::Whole) => grown(source_bytes),
            _ => self.volume_size_for(source_bytes),
        }
    }

    /// The level for a plan that runs every so many hours; `None`: only when asked.
    ///
    /// `auto` is fast up to every six hours, strong from every four weeks on, and between them what the codec's own makers
    /// take for granted.
    pub fn level_for(&self, period: Option<u32>) -> i32 {
        let [fast, usual, strong] = self.kind.usual();
        match (self.level, period) {
            (Level::Fixed(level), _) => level.clamp(*self.kind.levels().start(), *self.kind.levels().end()),
            (Level::Auto, Some(..=OFTEN)) => fast,
            (Level::Auto, Some(SELDOM..)) => strong,
            (Level::Auto, _) => usual,
        }
    }

    /// What is wrong with it, if anything is.
    pub fn check(&self) -> Result<(), String> {
        let levels = self.kind.levels();
        match self.level {
            Level::Fixed(level) if !levels.contains(&level) => Err(match self.kind {
                Kind::Tar => "tar has no compression level: leave it out".into(),
                kind => format!("the compression level of {} is from {} to {}", kind.name(), levels.start(), levels.end()),
            }),
            _ => Ok(()),
        }
    }

    /// In words: "zip, level 6", "tar.zst, level 3 (auto)".
    pub fn in_words(&self, period: Option<u32>) -> String {
        match (self.kind, self.level) {
            (Kind::Tar, _) => "tar, not compressed".into(),
            (kind, Level::Fixed(level)) => format!("{}, level {level}", kind.name()),
            (kind, Level::Auto) => format!("{}, level {} (auto)", kind.name(), self.level_for(period)),
        }
    }
}

/// The size of volumes that grows with the plan.
fn grown(source_bytes: u64) -> u64 {
    match source_bytes {
        bytes if bytes < 64 << 30 => 64 << 20,
        bytes if bytes < 1 << 40 => 256 << 20,
        _ => 1 << 30,
    }
}

/// How a run's content was packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packing {
    pub format: Kind,
    pub level: i32,
    /// Bytes of files' content that went into the run's volumes.
    pub content: u64,
    /// Size of these volumes.
    pub volumes: u64,
}

/// Bytes of content.
const LITTLE: u64 = 64 << 10;

impl Packing {
    /// How many bytes of content one byte of volumes holds; `None` where there is no content.
    pub fn ratio(&self) -> Option<f64> {
        (self.content > 0 && self.volumes > 0).then(|| self.content as f64 / self.volumes as f64)
    }

    /// "tar.zst, level 3: 2.41 to 1"; without the ratio where there is so little that the archive's own headers decide it.
    pub fn in_words(&self) -> String {
        let level = if self.format == Kind::Tar { String::new() } else { format!(", level {}", self.level) };
        let ratio = self.ratio().filter(|_| self.content >= LITTLE).map(|ratio| format!(": {ratio:.2} to 1")).unwrap_or_default();
        format!("{}{level}{ratio}", self.format.name())
    }
}

/// What seals a plan's volumes and catalogs. Each object says which it is sealed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Cipher {
    #[default]
    #[serde(rename = "aes-256-gcm")]
    Aes256Gcm,
    #[serde(rename = "aes-128-gcm")]
    Aes128Gcm,
}

impl Cipher {
    pub const ALL: [Self; 2] = [Self::Aes256Gcm, Self::Aes128Gcm];

    /// As people know it: "AES-256-GCM".
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "AES-256-GCM",
            Self::Aes128Gcm => "AES-128-GCM",
        }
    }
}

/// Which function turns a password into a key; the costs stand with each slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KdfKind {
    Scrypt,
    #[serde(rename = "pbkdf2-hmac-sha256")]
    Pbkdf2,
}

/// Whether and how a plan is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealSpec {
    pub cipher: Cipher,
    pub kdf: KdfKind,
}

impl Default for SealSpec {
    fn default() -> Self {
        Self { cipher: Cipher::Aes256Gcm, kdf: KdfKind::Scrypt }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_before_there_was_a_choice_are_read() {
        let old: Format = toml::from_str("level = 7").unwrap();
        assert_eq!(old, Format { level: Level::Fixed(7), ..Format::default() });
        assert_eq!(old.kind, Kind::TarZst);
        let whole = Format { volume_size: Some(VolumeSize::Whole), ..old };
        for format in
            [old, whole, Format { kind: Kind::ZipZstd, level: Level::Auto, volume_size: Some(VolumeSize::Bytes(1 << 30)) }]
        {
            assert_eq!(toml::from_str::<Format>(&toml::to_string(&format).unwrap()).unwrap(), format);
        }
        assert!(toml::from_str::<Format>("level = \"high\"").is_err());
        assert!(toml::from_str::<Format>("kind = \"rar\"").is_err());
    }

    #[test]
    fn names_are_the_same_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(Kind::of_name(kind.name()), Some(kind));
            assert!(kind.name().starts_with(kind.extension()));
        }
    }

    #[test]
    fn auto_is_fast_where_it_runs_often_and_strong_where_seldom() {
        let level = |kind, period| Format { kind, ..Format::default() }.level_for(period);
        let zstd = [Some(1), Some(6), Some(7), Some(24), None, Some(168), Some(28 * 24)].map(|p| level(Kind::TarZst, p));
        assert_eq!(zstd, [1, 1, 3, 3, 3, 3, 9]);
        for kind in Kind::ALL {
            assert!(kind.usual().is_sorted());
            for level in kind.usual() {
                assert_eq!(Format { kind, level: Level::Fixed(level), volume_size: None }.check(), Ok(()));
            }
        }
        let gzip = Format { kind: Kind::TarGz, level: Level::Fixed(19), volume_size: None };
        assert!(gzip.check().unwrap_err().contains("from 1 to 9"));
    }
}
