//! What a new backup is made of: for `backup --source` and for plans.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Unlock;
use crate::cli::parse;
use crate::model::format::{Cipher, KdfKind, Kind, Level};
use crate::model::read_back::WantedReadBack;
use crate::model::source_spec::Preset;
use crate::model::volume_size::VolumeSize;

#[derive(Debug, Args)]
pub struct Sources {
    /// Files and folders to back up
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub source: Vec<PathBuf>,
    /// Leave out what matches, in gitignore syntax; `!` brings back
    #[arg(long, value_name = "GLOB", allow_hyphen_values = true)]
    pub exclude: Vec<String>,
    /// Leave out a known group of things that nobody misses
    #[arg(long, value_name = "GROUP")]
    pub preset: Vec<PresetName>,
    /// Also take folders marked by CACHEDIR.TAG or .nobackup
    #[arg(long)]
    pub no_tags: bool,
    /// Do not descend into other mounted file systems
    #[arg(long)]
    pub one_file_system: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PresetName {
    /// Caches and thumbnails
    Caches,
    /// The trash
    Trash,
    /// Build results: node_modules, target, …
    DeveloperBuilds,
}

impl From<PresetName> for Preset {
    fn from(name: PresetName) -> Self {
        match name {
            PresetName::Caches => Self::Caches,
            PresetName::Trash => Self::Trash,
            PresetName::DeveloperBuilds => Self::DeveloperBuilds,
        }
    }
}

#[derive(Debug, Args)]
pub struct FormatOptions {
    /// What the volumes are [default: tar.zst]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FormatName>,
    /// How hard to compress: auto, or a number from 1 (fast) up to 19 (zstd), 12 (lz4) or 9 (gzip, bzip2, zip; zip also 0: store).
    /// auto suits how often the plan runs: fast up to every six hours, strong from every four weeks on [default: auto]
    #[arg(long, value_name = "N|auto", value_parser = parse::level)]
    pub level: Option<Level>,
    /// Close each volume at about this size, as 64M or 1G; whole: one archive file per version, however large (a run that is cut
    /// off then begins anew) [default: grows with the backup from 64M]
    #[arg(long, value_name = "SIZE|whole", value_parser = parse::volume_size)]
    pub volume_size: Option<VolumeSize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// Not compressed
    #[value(name = "tar")]
    Tar,
    /// gzip: opens everywhere
    #[value(name = "tar.gz")]
    TarGz,
    /// bzip2: small and slow
    #[value(name = "tar.bz2")]
    TarBz2,
    /// lz4: the fastest
    #[value(name = "tar.lz4")]
    TarLz4,
    /// Zstandard: fast and small
    #[value(name = "tar.zst")]
    TarZst,
    /// zip with deflate: opens on any computer
    #[value(name = "zip")]
    Zip,
    /// zip with Zstandard: for bsdtar and 7-Zip
    #[value(name = "zip-zstd")]
    ZipZstd,
}

impl From<FormatName> for Kind {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Tar => Self::Tar,
            FormatName::TarGz => Self::TarGz,
            FormatName::TarBz2 => Self::TarBz2,
            FormatName::TarLz4 => Self::TarLz4,
            FormatName::TarZst => Self::TarZst,
            FormatName::Zip => Self::Zip,
            FormatName::ZipZstd => Self::ZipZstd,
        }
    }
}

/// What is read back after a backup and compared with what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReadBack {
    /// Everything new: safest; over a server it takes as long again
    Always,
    /// Everything new in folders and on drives; servers are trusted in what they confirm
    Local,
    /// Nothing: `strongroom verify` does it when you ask
    Never,
}

impl From<ReadBack> for WantedReadBack {
    fn from(name: ReadBack) -> Self {
        match name {
            ReadBack::Always => Self::Always,
            ReadBack::Local => Self::Local,
            ReadBack::Never => Self::Never,
        }
    }
}

#[derive(Debug, Args)]
pub struct SealOptions {
    #[command(flatten)]
    pub opens: Unlock,
    /// Store everything readable for anybody who has the destination
    #[arg(long, conflicts_with_all = ["password_file", "key_file", "make_password", "cipher", "kdf", "recovery_key_file"])]
    pub no_encryption: bool,
    /// For a new backup: make the password and write it to this new file, which only you can read. A plan reads it from there when
    /// nobody is asked and this machine keeps no key
    #[arg(long, value_name = "FILE", conflicts_with_all = ["password_file", "key_file"])]
    pub make_password: Option<PathBuf>,
    /// What encrypts [default: aes-256-gcm]
    #[arg(long, value_name = "CIPHER")]
    pub cipher: Option<CipherName>,
    /// What turns the password of a new backup into a key [default: scrypt]
    #[arg(long, value_name = "KDF")]
    pub kdf: Option<Kdf>,
    /// For a new backup: make a recovery key too and write it to this new file
    #[arg(long, value_name = "FILE")]
    pub recovery_key_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CipherName {
    #[value(name = "aes-256-gcm")]
    Aes256Gcm,
    /// A little faster
    #[value(name = "aes-128-gcm")]
    Aes128Gcm,
}

impl From<CipherName> for Cipher {
    fn from(name: CipherName) -> Self {
        match name {
            CipherName::Aes256Gcm => Self::Aes256Gcm,
            CipherName::Aes128Gcm => Self::Aes128Gcm,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kdf {
    Scrypt,
    Pbkdf2,
}

impl From<Kdf> for KdfKind {
    fn from(kdf: Kdf) -> Self {
        match kdf {
            Kdf::Scrypt => Self::Scrypt,
            Kdf::Pbkdf2 => Self::Pbkdf2,
        }
    }
}
