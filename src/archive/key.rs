//! Plan keys and the slots that hold them: `keys-<n>.json`.

mod file;
mod kdf;
mod recovery;
mod slot;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::model::format::KdfKind;
pub use crate::model::key::SlotKind;

pub use file::{KeyFile, Shown, encode};
pub use recovery::{normalize_recovery_key, recovery_key, resembles_recovery_key};

/// More keys than this no plan has: each is a rotation.
const MAX_KEYS: usize = 64;

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

/// Costs of a new password slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KdfCost {
    Scrypt { log_n: u8, r: u32, p: u32 },
    Pbkdf2 { iterations: u32 },
}

impl KdfCost {
    /// Derives a key with these costs, for whoever wants to know how long that takes here. Whether they are possible at all.
    pub fn try_out(self) -> bool {
        let kdf = kdf::Kdf::new(SlotKind::Password, self);
        kdf.is_allowed(SlotKind::Password) && kdf.derive(SlotKind::Password, b"measured", &[0; 32]).is_some()
    }

    /// At least what `other` costs of each: memory and, all in all, work. Of functions that differ neither is more than the other.
    pub fn at_least(self, other: Self) -> Self {
        match (self, other) {
            (Self::Scrypt { log_n, r, p }, Self::Scrypt { log_n: their_log_n, r: their_r, p: their_p }) => {
                // In blocks; what a file may ask for is bounded, what is asked for here too.
                let memory = |log_n: u8, r: u32| u64::from(r) << log_n.min(32);
                let (own, theirs) = (memory(log_n, r), memory(their_log_n, their_r));
                let work = (own.saturating_mul(p.into())).max(theirs.saturating_mul(their_p.into()));
                let (log_n, r, most) = if theirs > own { (their_log_n, their_r, theirs) } else { (log_n, r, own) };
                Self::Scrypt { log_n, r, p: u32::try_from(work.div_ceil(most.max(1))).unwrap_or(u32::MAX) }
            }
            (Self::Pbkdf2 { iterations }, Self::Pbkdf2 { iterations: theirs }) => {
                Self::Pbkdf2 { iterations: iterations.max(theirs) }
            }
            _ => self,
        }
    }

    /// The least that a new slot costs: scrypt 2^15/8/3, PBKDF2 600,000.
    pub fn least(kind: KdfKind) -> Self {
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
    /// For a password. Recovery keys and key files cannot be guessed and take none.
    pub cost: KdfCost,
    pub created: Timestamp,
}

impl KeyRing {
    pub fn new(newest: PlanKey) -> Self {
        Self { keys: vec![newest] }
    }

    /// A ring whose newest key is `newest`, with those of `self` as older ones: after a rotation.
    pub fn with_newest(&self, newest: PlanKey) -> Self {
        let mut keys = vec![newest];
        keys.extend(self.keys.iter().cloned());
        Self { keys }
    }

    /// The same with all keys of `other` that it has not, as older ones, as far as there is room for them.
    pub fn with_older_of(&self, other: &Self) -> Self {
        let mut keys = self.keys.clone();
        keys.extend(other.keys.iter().filter(|key| self.find(&key.id).is_none()).cloned());
        keys.truncate(MAX_KEYS);
        Self { keys }
    }

    /// The same keys with this one as the newest; `None` where it is not among them.
    pub fn with_first(&self, id: &[u8; 16]) -> Option<Self> {
        let mut keys = self.keys.clone();
        let at = keys.iter().position(|key| key.id == *id)?;
        keys[..=at].rotate_right(1);
        Some(Self { keys })
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
        let mut text = Zeroizing::new(String::with_capacity(self.keys.len() * 66));
        for (i, key) in self.keys.iter().enumerate() {
            if i > 0 {
                text.push(',');
            }
            BASE64URL_NOPAD.encode_append(&key.id, &mut text);
            text.push('.');
            BASE64URL_NOPAD.encode_append(&key.bytes[..], &mut text);
        }
        text
    }

    pub fn from_text(text: &str) -> Option<Self> {
        let keys: Vec<PlanKey> = text
            .trim()
            .split(',')
            .take(MAX_KEYS + 1)
            .map(|part| {
                let (id, bytes) = part.split_once('.')?;
                let decoded = Zeroizing::new(BASE64URL_NOPAD.decode(bytes.as_bytes()).ok()?);
                let mut key = Zeroizing::new([0; 32]);
                if decoded.len() != key.len() {
                    return None;
                }
                key.copy_from_slice(&decoded);
                Some(PlanKey { id: BASE64URL_NOPAD.decode(id.as_bytes()).ok()?.try_into().ok()?, bytes: key })
            })
            .collect::<Option<_>>()?;
        (keys.len() <= MAX_KEYS).then_some(Self { keys })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_raised_to_another_and_never_lowered() {
        let scrypt = |log_n, p| KdfCost::Scrypt { log_n, r: 8, p };
        for (own, theirs, both) in [
            // As much work in less memory, and less work in more of it.
            (scrypt(15, 3), scrypt(16, 3), scrypt(16, 3)),
            (scrypt(15, 8), scrypt(16, 3), scrypt(16, 4)),
            (scrypt(15, 7), scrypt(16, 3), scrypt(16, 4)),
            (scrypt(16, 1), scrypt(15, 5), scrypt(16, 3)),
            (scrypt(16, 4), scrypt(15, 5), scrypt(16, 4)),
            (scrypt(15, 3), KdfCost::Scrypt { log_n: 15, r: 16, p: 1 }, KdfCost::Scrypt { log_n: 15, r: 16, p: 2 }),
            (scrypt(15, 3), KdfCost::Pbkdf2 { iterations: 20_000_000 }, scrypt(15, 3)),
            (
                KdfCost::Pbkdf2 { iterations: 600_000 },
                KdfCost::Pbkdf2 { iterations: 700_000 },
                KdfCost::Pbkdf2 { iterations: 700_000 },
            ),
        ] {
            assert_eq!(own.at_least(theirs), both, "{own:?} {theirs:?}");
            assert_eq!(both.at_least(theirs).at_least(own), both);
        }
    }

    #[test]
    fn a_ring_is_text_and_back() {
        let key = |n: u8| PlanKey { id: [n; 16], bytes: Zeroizing::new([n ^ 0xff; 32]) };
        let ring = KeyRing::new(key(1)).with_newest(key(2));
        let text = ring.to_text();
        assert!(!text.contains(char::is_whitespace));
        let back = KeyRing::from_text(&text).unwrap();
        assert_eq!(back.newest().id, [2; 16]);
        assert_eq!(back.find(&[1; 16]).unwrap().bytes, key(1).bytes);
        let merged = KeyRing::new(key(3)).with_older_of(&ring).with_older_of(&ring);
        let ids = |ring: &KeyRing| ring.keys().iter().map(|k| k.id[0]).collect::<Vec<_>>();
        assert_eq!(ids(&merged), [3, 2, 1]);
        assert_eq!(merged.with_first(&[1; 16]).map(|it| ids(&it)), Some(vec![1, 3, 2]));
        assert_eq!(merged.with_first(&[3; 16]).map(|it| ids(&it)), Some(vec![3, 2, 1]));
        assert!(merged.with_first(&[9; 16]).is_none());
        for bad in ["", "x", "a.b", &text[1..], &text[..text.len() - 1]] {
            assert!(KeyRing::from_text(bad).is_none(), "{bad}");
        }
    }
}
