//! What is done with single files: `inspect`, `encrypt`, `decrypt`, `compress`, `decompress`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{CipherName, Kdf, Unlock};
use crate::cli::parse;
use crate::model::format::{Codec, Level};

const INSPECT_EXAMPLES: &str = "\
Examples:
  strongroom inspect download.tar.gz
  strongroom inspect Documents-3f7d7323/data/*/v0001.tar.zst.sealed --json

No password is needed. What it is is told by its content, whatever its name. Archives are walked through: \
what cannot be read of them is named, and the exit code is 3 then.";

#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub struct Inspect {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Where something new is written.
#[derive(Debug, Args)]
pub struct NewFile {
    /// The file to write, whole or not at all [default: beside FILE, with the ending added or taken off]
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// Replace it where it is there already
    #[arg(long)]
    pub overwrite: bool,
}

const ENCRYPT_EXAMPLES: &str = "\
Examples:
  strongroom encrypt letter.pdf
  strongroom encrypt taxes.zip --to taxes.sealed --key-file ~/strongroom.key

Without --to it writes FILE.sealed. The file carries its own key slot: the password or key file alone opens it, on any \
machine. FORMAT.md describes it.";

#[derive(Debug, Args)]
#[command(after_help = ENCRYPT_EXAMPLES)]
pub struct Encrypt {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub new: NewFile,
    /// Read the password from this file; one newline at its end does not count
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Seal it for this key file, not for a password; `key new` makes one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["password_file", "kdf"])]
    pub key_file: Option<PathBuf>,
    /// What encrypts
    #[arg(long, value_name = "CIPHER", default_value = "aes-256-gcm")]
    pub cipher: CipherName,
    /// What turns the password into a key
    #[arg(long, value_name = "KDF", default_value = "scrypt")]
    pub kdf: Kdf,
}

const DECRYPT_EXAMPLES: &str = "\
Examples:
  strongroom decrypt letter.pdf.sealed
  strongroom decrypt v0001.tar.zst.sealed --to v0001.tar.zst --keys keys-1.json

Without --to it takes .sealed off the name. A volume or catalog of a backup takes the password of the backup, and its \
key slots (keys-1.json), which are \
looked for in the backup's folder above it. What is damaged anywhere is not written at all.";

#[derive(Debug, Args)]
#[command(after_help = DECRYPT_EXAMPLES)]
pub struct Decrypt {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub new: NewFile,
    #[command(flatten)]
    pub opens: Unlock,
    /// Key slots of the backup that a volume is of, where they do not lie above it
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
}

const COMPRESS_EXAMPLES: &str = "\
Examples:
  strongroom compress dump.sql
  strongroom compress dump.sql --to dump.sql.gz --level 9 --json

Without --to it adds the format's ending: .gz, .bz2, .lz4 or .zst. On all processors. Any program of the format \
unpacks it: gzip, bzip2, lz4, zstd.";

#[derive(Debug, Args)]
#[command(after_help = COMPRESS_EXAMPLES)]
pub struct Compress {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub new: NewFile,
    /// gz, bz2, lz4 or zst [default: as the new file's name ends, else zst]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<CodecName>,
    /// How hard to compress: auto, or a number from 1 (fast) up to 19 (zst), 12 (lz4) or 9 (gz, bz2)
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = parse::level)]
    pub level: Level,
}

const DECOMPRESS_EXAMPLES: &str = "\
Examples:
  strongroom decompress dump.sql.zst
  strongroom decompress download --to dump.sql

Without --to it takes .gz, .bz2, .lz4 or .zst off the name; .tgz and the like become .tar. What it is compressed by is \
told by its content: gzip, bzip2, LZ4 or Zstandard, of any program's making. What is \
damaged anywhere is not written at all.";

#[derive(Debug, Args)]
#[command(after_help = DECOMPRESS_EXAMPLES)]
pub struct Decompress {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub new: NewFile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CodecName {
    #[value(name = "gz")]
    Gzip,
    #[value(name = "bz2")]
    Bzip2,
    #[value(name = "lz4")]
    Lz4,
    #[value(name = "zst")]
    Zstd,
}

impl From<CodecName> for Codec {
    fn from(name: CodecName) -> Self {
        match name {
            CodecName::Gzip => Self::Gzip,
            CodecName::Bzip2 => Self::Bzip2,
            CodecName::Lz4 => Self::Lz4,
            CodecName::Zstd => Self::Zstd,
        }
    }
}
