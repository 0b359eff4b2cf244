//! What is done with a single file: sealing, opening, packing, unpacking.

use serde::{Deserialize, Serialize};

use super::format::{Cipher, Codec, KdfKind, Level};
use super::location::Location;
use super::path::PathBytes;
use super::run::RunKind;
use super::secret::Secret;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    pub file: PathBytes,
    /// A new file; it appears whole or not at all.
    pub to: PathBytes,
    /// Replace what is there already.
    pub overwrite: bool,
    pub tool: Tool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Tool {
    Encrypt {
        /// Or a key file's secret.
        password: Secret,
        cipher: Cipher,
        kdf: KdfKind,
    },
    Decrypt {
        /// Password, recovery key or key file's secret; `None`: what this machine knows.
        secret: Option<Secret>,
        /// Key slots of the backup that a volume is of, where they do not lie in the folders above it.
        keys: Option<PathBytes>,
    },
    Compress {
        codec: Codec,
        level: Level,
    },
    /// By what it is compressed its content tells.
    Decompress,
    /// The file is the name of an object at a destination.
    Download {
        at: Location,
    },
}

impl Tool {
    pub const fn kind(&self) -> RunKind {
        match self {
            Self::Encrypt { .. } => RunKind::Encrypt,
            Self::Decrypt { .. } => RunKind::Decrypt,
            Self::Compress { .. } => RunKind::Compress,
            Self::Decompress => RunKind::Decompress,
            Self::Download { .. } => RunKind::Download,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolDone {
    pub from: PathBytes,
    pub to: PathBytes,
    /// Size of the file that was read, and of the one that was written, in bytes.
    pub before: u64,
    pub after: u64,
    pub codec: Option<Codec>,
    /// Where something was compressed.
    pub level: Option<i32>,
    pub milliseconds: u64,
}

impl ToolDone {
    /// Sizes of what was compressed or came out, and of what it is packed into, in bytes.
    pub fn content_and_packed(&self) -> (u64, u64) {
        if self.level.is_some() { (self.before, self.after) } else { (self.after, self.before) }
    }

    /// How many bytes of content one compressed byte holds; `None` where nothing was compressed or unpacked.
    pub fn ratio(&self) -> Option<f64> {
        self.codec?;
        let (content, packed) = self.content_and_packed();
        (content > 0 && packed > 0).then(|| content as f64 / packed as f64)
    }

    /// Bytes of content a second.
    pub fn speed(&self) -> Option<u64> {
        let content = if self.codec.is_some() { self.content_and_packed().0 } else { self.before };
        (self.milliseconds > 0).then(|| content.saturating_mul(1000) / self.milliseconds)
    }

    /// "Zstandard, level 3: 2.41 to 1".
    pub fn packing(&self) -> Option<String> {
        let codec = self.codec?;
        let level = self.level.map(|level| format!(", level {level}")).unwrap_or_default();
        let ratio = self.ratio().map(|ratio| format!(": {ratio:.2} to 1")).unwrap_or_default();
        Some(format!("{}{level}{ratio}", codec.in_words()))
    }
}

/// What a sealed file's name ends in.
pub const SEALED: &str = "sealed";

/// Short names of compressed tars.
const SHORT: [(Codec, &str); 4] = [(Codec::Gzip, "tgz"), (Codec::Bzip2, "tbz2"), (Codec::Lz4, "tlz4"), (Codec::Zstd, "tzst")];

/// Endings of what is not written by compressing one file.
const OTHERS: [&str; 28] = [
    "xz", "txz", "lzma", "tlz", "lz", "lzo", "z", "taz", "br", "lrz", "rz", "sz", "7z", "rar", "zip", "zipx", "jar", "cab",
    "arj", "lha", "lzh", "ace", "tar", "cpio", "iso", "gpg", "age", SEALED,
];

/// What a name says that a file is packed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    Codec(Codec),
    /// A tar in it.
    Tar(Codec),
    /// In no way that a single file is compressed here.
    Otherwise,
}

impl Named {
    /// What compresses it.
    pub fn codec(self) -> Option<Codec> {
        match self {
            Self::Codec(codec) | Self::Tar(codec) => Some(codec),
            Self::Otherwise => None,
        }
    }
}

/// By how it ends, whatever its case; `None` where that says nothing.
pub fn named(file: &PathBytes) -> Option<Named> {
    let name = file.file_name();
    let at = name.iter().rposition(|b| *b == b'.').filter(|at| *at > 0)?;
    let ending = std::str::from_utf8(name.get(at + 1..)?).ok()?.to_ascii_lowercase();
    let short = SHORT.iter().find(|(_, short)| *short == ending).map(|(codec, _)| Named::Tar(*codec));
    let other = || OTHERS.contains(&ending.as_str()).then_some(Named::Otherwise);
    Codec::of_extension(&ending).map(Named::Codec).or(short).or_else(other)
}

/// The name of the new file beside the one it is made of; `None` where that one's name does not end as it should. `codec`: by which it is
/// compressed.
pub fn new_name(kind: RunKind, file: &PathBytes, codec: Codec) -> Option<PathBytes> {
    let added = |ending: &str| PathBytes::new([file.as_bytes(), b".", ending.as_bytes()].concat());
    let bare = |put: &[u8]| {
        let name = file.file_name();
        let length = name.len() - name.iter().rposition(|b| *b == b'.').filter(|at| *at > 0)?;
        let new = [file.as_bytes().get(..file.as_bytes().len() - length)?, put].concat();
        Some(PathBytes::new(new))
    };
    match kind {
        RunKind::Encrypt => Some(added(SEALED)),
        RunKind::Decrypt if file.file_name().ends_with(b".sealed") => bare(b""),
        RunKind::Compress => Some(added(codec.extension())),
        RunKind::Decompress => match named(file) {
            Some(Named::Codec(found)) if found == codec => bare(b""),
            Some(Named::Tar(found)) if found == codec => bare(b".tar"),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_a_file_is_packed_by() {
        for (name, said) in [
            ("/a/b.gz", Some(Named::Codec(Codec::Gzip))),
            ("b.tar.ZST", Some(Named::Codec(Codec::Zstd))),
            ("b.tgz", Some(Named::Tar(Codec::Gzip))),
            ("c.xz", Some(Named::Otherwise)),
            ("c.Z", Some(Named::Otherwise)),
            ("c.sealed", Some(Named::Otherwise)),
            ("c.sql", None),
            ("c", None),
            (".gz", None),
            ("/a.gz/b", None),
        ] {
            assert_eq!(named(&name.into()), said, "{name}");
        }
    }

    #[test]
    fn the_new_file_stands_beside_the_old_one() {
        let name = |kind, file: &str, codec| new_name(kind, &file.into(), codec).map(|name| name.display().into_owned());
        let zstd = Codec::Zstd;
        assert_eq!(name(RunKind::Encrypt, "a/b.pdf", zstd).as_deref(), Some("a/b.pdf.sealed"));
        assert_eq!(name(RunKind::Decrypt, "a/b.pdf.sealed", zstd).as_deref(), Some("a/b.pdf"));
        assert_eq!(name(RunKind::Compress, "a/b", Codec::Lz4).as_deref(), Some("a/b.lz4"));
        for (codec, file, wanted) in [
            (Codec::Gzip, "/a/b.tar.gz", Some("/a/b.tar")),
            (Codec::Gzip, "/a/b.tgz", Some("/a/b.tar")),
            (Codec::Gzip, "/a.gz/b", None),
            (zstd, "/a/.zst", None),
            (zstd, "/a/b.gz", None),
        ] {
            assert_eq!(name(RunKind::Decompress, file, codec).as_deref(), wanted, "{file}");
        }
        for file in ["photo.jpg", ".sealed", "a/.sealed", "sealed", ""] {
            assert_eq!(name(RunKind::Decrypt, file, zstd), None, "{file}");
        }
        let odd = PathBytes::new(b"\xff.zst".to_vec());
        assert_eq!(new_name(RunKind::Decompress, &odd, zstd), Some(PathBytes::new(b"\xff".to_vec())));
    }

    #[test]
    fn the_ratio_is_of_content_to_what_is_packed() {
        let done = |before, after, codec, level| ToolDone {
            from: "a".into(),
            to: "b".into(),
            before,
            after,
            codec,
            level,
            milliseconds: 500,
        };
        let packed = done(900, 300, Some(Codec::Gzip), Some(6));
        assert_eq!((packed.ratio(), packed.speed()), (Some(3.0), Some(1800)));
        assert_eq!(packed.packing().unwrap(), "gzip, level 6: 3.00 to 1");
        let unpacked = done(300, 900, Some(Codec::Gzip), None);
        assert_eq!((unpacked.ratio(), unpacked.speed()), (Some(3.0), Some(1800)));
        assert_eq!(done(300, 310, None, None).ratio(), None);
        assert_eq!(done(0, 20, Some(Codec::Zstd), Some(3)).ratio(), None);
    }
}
