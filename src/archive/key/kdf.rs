//! From a secret to the key that wraps the plan key, and what it may cost.

use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::KdfCost;
use crate::model::human;
use crate::model::key::SlotKind;

/// A slot's function and costs, as they stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Kdf {
    Scrypt {
        log_n: u8,
        r: u32,
        p: u32,
    },
    #[serde(rename = "pbkdf2-hmac-sha256")]
    Pbkdf2 {
        iterations: u32,
    },
    /// For recovery keys and key files: random bits cannot be guessed, so that stretching them gains nothing.
    HkdfSha256,
}

impl Kdf {
    pub fn new(kind: SlotKind, cost: KdfCost) -> Self {
        match (kind, cost) {
            (SlotKind::RecoveryKey | SlotKind::KeyFile, _) => Self::HkdfSha256,
            (SlotKind::Password, KdfCost::Scrypt { log_n, r, p }) => Self::Scrypt { log_n, r, p },
            (SlotKind::Password, KdfCost::Pbkdf2 { iterations }) => Self::Pbkdf2 { iterations },
        }
    }

    /// What it costs, where it costs anything.
    pub fn cost(&self) -> Option<KdfCost> {
        match *self {
            Self::Scrypt { log_n, r, p } => Some(KdfCost::Scrypt { log_n, r, p }),
            Self::Pbkdf2 { iterations } => Some(KdfCost::Pbkdf2 { iterations }),
            Self::HkdfSha256 => None,
        }
    }

    /// Whether these costs are paid at all: a file from outside must not take all memory or hours. And whether the function
    /// fits the slot: a password behind HKDF would be guessed at once.
    pub fn is_allowed(&self, kind: SlotKind) -> bool {
        match *self {
            Self::Scrypt { log_n, r, p } => {
                kind == SlotKind::Password
                    && (1..=23).contains(&log_n)
                    && (1..=16).contains(&p)
                    && (1..=1 << 10).contains(&r)
                    // Memory: 128 · N · r bytes.
                    && (128 * u64::from(r)) << log_n <= 1 << 30
            }
            Self::Pbkdf2 { iterations } => kind == SlotKind::Password && (1..=20_000_000).contains(&iterations),
            Self::HkdfSha256 => kind != SlotKind::Password,
        }
    }

    /// The wrapping key of a slot of this kind. `None` where the costs are not possible.
    pub fn derive(&self, kind: SlotKind, secret: &[u8], salt: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let mut key = Zeroizing::new([0; 32]);
        match *self {
            Self::Scrypt { log_n, r, p } => {
                let params = scrypt::Params::new(log_n, r, p).ok()?;
                scrypt::scrypt(secret, salt, &params, &mut key[..]).ok()?;
            }
            Self::Pbkdf2 { iterations } => pbkdf2::pbkdf2_hmac::<Sha256>(secret, salt, iterations, &mut key[..]),
            Self::HkdfSha256 => {
                let info: &[u8] = match kind {
                    SlotKind::KeyFile => b"strongroom key file slot",
                    SlotKind::RecoveryKey | SlotKind::Password => b"strongroom recovery slot",
                };
                Hkdf::<Sha256>::new(Some(salt), secret).expand(info, &mut key[..]).ok()?;
            }
        }
        Some(key)
    }

    /// "scrypt 2^15/8/3", "PBKDF2-HMAC-SHA256 600,000", "HKDF-SHA256".
    pub fn in_words(&self) -> String {
        match self {
            Self::Scrypt { log_n, r, p } => format!("scrypt 2^{log_n}/{r}/{p}"),
            Self::Pbkdf2 { iterations } => format!("PBKDF2-HMAC-SHA256 {}", human::count(u64::from(*iterations))),
            Self::HkdfSha256 => "HKDF-SHA256".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_bounded() {
        let password = |kdf: Kdf| kdf.is_allowed(SlotKind::Password);
        assert!(password(Kdf::Scrypt { log_n: 15, r: 8, p: 3 }));
        assert!(password(Kdf::Scrypt { log_n: 20, r: 8, p: 16 }), "exactly 1 GiB");
        assert!(!password(Kdf::Scrypt { log_n: 20, r: 9, p: 1 }));
        assert!(!password(Kdf::Scrypt { log_n: 15, r: 8, p: 17 }));
        assert!(!password(Kdf::Scrypt { log_n: 255, r: 1, p: 1 }));
        assert!(!password(Kdf::Scrypt { log_n: 1, r: u32::MAX, p: 1 }));
        assert!(!password(Kdf::Scrypt { log_n: 15, r: 0, p: 1 }));
        assert!(password(Kdf::Pbkdf2 { iterations: 20_000_000 }));
        assert!(!password(Kdf::Pbkdf2 { iterations: 20_000_001 }));
        assert!(!password(Kdf::Pbkdf2 { iterations: 0 }));
        assert!(!password(Kdf::HkdfSha256));
        assert!(Kdf::HkdfSha256.is_allowed(SlotKind::RecoveryKey) && Kdf::HkdfSha256.is_allowed(SlotKind::KeyFile));
        assert!(!Kdf::Pbkdf2 { iterations: 1000 }.is_allowed(SlotKind::KeyFile));
    }

    #[test]
    fn known_answers() {
        // RFC 7914 §12, the first 32 bytes.
        let key = Kdf::Scrypt { log_n: 10, r: 8, p: 16 }.derive(SlotKind::Password, b"password", b"NaCl").unwrap();
        assert_eq!(data_encoding::HEXLOWER.encode(&key[..4]), "fdbabe1c");
        // RFC 7914 §11: PBKDF2-HMAC-SHA256, 1 iteration.
        let key = Kdf::Pbkdf2 { iterations: 1 }.derive(SlotKind::Password, b"passwd", b"salt").unwrap();
        assert_eq!(data_encoding::HEXLOWER.encode(&key[..4]), "55ac046e");
    }
}
