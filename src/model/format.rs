//! How volumes are packed and sealed.

use serde::{Deserialize, Serialize};

/// Container and compression of a plan's volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// zstd level, 1 to 19.
    pub level: i32,
    /// Volumes are closed at the first frame past this many bytes; `None`: it grows with the plan (64 MiB, 256 MiB, 1 GiB).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_size: Option<u64>,
}

impl Default for Format {
    fn default() -> Self {
        Self { level: 3, volume_size: None }
    }
}

impl Format {
    pub const MIN_VOLUME: u64 = 1 << 20;
    pub const MAX_VOLUME: u64 = 64 << 30;

    /// The size at which a volume is closed, for a plan whose sources hold about `source_bytes`.
    pub fn volume_size_for(&self, source_bytes: u64) -> u64 {
        match self.volume_size {
            Some(size) => size.clamp(Self::MIN_VOLUME, Self::MAX_VOLUME),
            None if source_bytes < 64 << 30 => 64 << 20,
            None if source_bytes < 1 << 40 => 256 << 20,
            None => 1 << 30,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cipher {
    #[serde(rename = "aes-256-gcm")]
    Aes256Gcm,
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
