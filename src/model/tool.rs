//! What is done with a single file: sealing, opening, packing, unpacking.

use serde::{Deserialize, Serialize};

use super::format::{Cipher, Codec, KdfKind, Level};
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
}

impl Tool {
    pub const fn kind(&self) -> RunKind {
        match self {
            Self::Encrypt { .. } => RunKind::Encrypt,
            Self::Decrypt { .. } => RunKind::Decrypt,
            Self::Compress { .. } => RunKind::Compress,
            Self::Decompress => RunKind::Decompress,
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

#[cfg(test)]
mod tests {
    use super::*;

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
