//! Plan keys and the slots that hold them: `keys-<n>.json`.

use zeroize::Zeroizing;

use super::Result;
use crate::model::format::KdfKind;
use crate::model::plan::PlanId;

/// The key that seals a plan's objects, with its public name.
#[derive(Clone)]
pub struct PlanKey {
    /// Random; stands in every sealed header.
    pub id: [u8; 16],
    pub bytes: Zeroizing<[u8; 32]>,
}

/// All keys of a plan, the newest first. Never empty.
#[derive(Clone)]
pub struct KeyRing {
    keys: Vec<PlanKey>,
}

/// What a slot is opened with, as it stands in `keys-<n>.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    Password,
    RecoveryKey,
}

/// Costs of a new password slot. Defaults: scrypt 2^15/8/3, PBKDF2 600,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KdfCost {
    Scrypt { log_n: u8, r: u32, p: u32 },
    Pbkdf2 { iterations: u32 },
}

impl KdfCost {
    pub fn default_for(kind: KdfKind) -> Self {
        match kind {
            KdfKind::Scrypt => Self::Scrypt { log_n: 15, r: 8, p: 3 },
            KdfKind::Pbkdf2 => Self::Pbkdf2 { iterations: 600_000 },
        }
    }
}

/// A secret a new slot is made for.
pub struct NewSlot<'a> {
    pub kind: SlotKind,
    pub secret: &'a str,
    pub cost: KdfCost,
}

impl KeyRing {
    pub fn new(newest: PlanKey) -> Self {
        Self { keys: vec![newest] }
    }

    pub fn newest(&self) -> &PlanKey {
        &self.keys[0]
    }

    pub fn find(&self, id: &[u8; 16]) -> Option<&PlanKey> {
        self.keys.iter().find(|k| k.id == *id)
    }

    /// Newest first.
    pub fn keys(&self) -> &[PlanKey] {
        &self.keys
    }

    /// For the keyring of this machine: text without white space.
    pub fn to_text(&self) -> Zeroizing<String> {
        todo!()
    }

    pub fn from_text(_text: &str) -> Option<Self> {
        todo!()
    }
}

/// A file of key slots.
pub struct KeyFile;

impl KeyFile {
    /// The bytes of a new `keys-<n>.json` (and of its copy). `random` fills salts and nonces.
    pub fn encode(
        _plan: &PlanId,
        _n: u32,
        _ring: &KeyRing,
        _slots: &[NewSlot<'_>],
        _random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Vec<u8>> {
        todo!()
    }

    /// Opens with a password or a recovery key; tries each slot that fits. `WrongSecret` where none opens,
    /// `Damaged` where the checksum is wrong, bounded costs only.
    pub fn open(_object: &str, _plan: &PlanId, _n: u32, _bytes: &[u8], _secret: &str) -> Result<KeyRing> {
        todo!()
    }

    /// Whether the bytes are whole (checksum, syntax), and its MAC with a known ring.
    pub fn check(_object: &str, _plan: &PlanId, _n: u32, _bytes: &[u8], _ring: Option<&KeyRing>) -> Result<()> {
        todo!()
    }
}

/// A new recovery key from 20 random bytes: groups of characters that are hard to confuse, with a checksum.
pub fn recovery_key(_random: &[u8; 20]) -> Zeroizing<String> {
    todo!()
}

/// Brings a typed recovery key into its one form (case, spaces, look-alikes); `None` where the checksum does not fit.
pub fn normalize_recovery_key(_typed: &str) -> Option<Zeroizing<String>> {
    todo!()
}

impl KeyFile {
    /// Kind of each slot and its costs in words: "scrypt 2^15/8/3", "PBKDF2-HMAC-SHA256 600,000".
    pub fn describe(_object: &str, _bytes: &[u8]) -> Result<Vec<(SlotKind, String)>> {
        todo!()
    }

    /// The bytes of `keys-<n+1>.json` after a password change: `slots` replace those of their kinds, all others stay.
    pub fn rewrite(
        _object: &str,
        _plan: &PlanId,
        _n: u32,
        _bytes: &[u8],
        _ring: &KeyRing,
        _slots: &[NewSlot<'_>],
        _random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Vec<u8>> {
        todo!()
    }
}
