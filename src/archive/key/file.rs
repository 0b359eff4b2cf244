//! `keys-<n>.json`: slots that wrap the newest plan key, which wraps the older ones.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Nonce, Tag};
use data_encoding::BASE64;
use hkdf::Hkdf;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::kdf::Kdf;
use super::{KeyRing, MAX_KEYS, NewSlot, PlanKey, SlotKind, normalize_recovery_key};
use crate::archive::json_lines::{self, FORMAT, Trust};
use crate::archive::{Error, Result, seal};
use crate::model::plan::PlanId;

/// More slots than this are refused: each costs time to try.
const MAX_SLOTS: usize = 16;
const KIND: &str = "keys";

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    kind: String,
    plan: PlanId,
    n: u32,
    /// Of the newest plan key, which the slots wrap.
    key_id: Bytes<16>,
    slots: Vec<Slot>,
    older: Vec<Older>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Slot {
    kind: SlotKind,
    kdf: Kdf,
    salt: Bytes<32>,
    nonce: Bytes<12>,
    wrapped: Bytes<48>,
}

#[derive(Serialize, Deserialize)]
struct Older {
    key_id: Bytes<16>,
    nonce: Bytes<12>,
    wrapped: Bytes<48>,
}

/// Bytes in base64.
#[derive(Clone, Copy)]
struct Bytes<const N: usize>([u8; N]);

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        bytes.try_into().map(Self).map_err(|_| serde::de::Error::custom(format_args!("not {N} bytes")))
    }
}

/// A file of key slots.
pub struct KeyFile;

impl KeyFile {
    /// The bytes of a new `keys-<n>.json` (and of its copy). `random` fills salts and nonces. `Limit` where a secret is empty,
    /// a recovery key's checksum does not fit or costs are out of bounds.
    pub fn encode(
        plan: &PlanId,
        n: u32,
        ring: &KeyRing,
        slots: &[NewSlot<'_>],
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Vec<u8>> {
        Self::build(plan, n, ring, Vec::new(), slots, random)
    }

    /// The bytes of `keys-<n+1>.json` after a change of secrets: new password slots replace all password slots, a new recovery
    /// key all recovery keys; slots of a kind that is not given stay as they are. Where the plan key was rotated (`ring`'s newest
    /// is not the file's) they lapse. An old file still opens everything with its old secrets.
    pub fn rewrite(
        object: &str,
        plan: &PlanId,
        n: u32,
        bytes: &[u8],
        ring: &KeyRing,
        slots: &[NewSlot<'_>],
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Vec<u8>> {
        let file = File::parse(object, plan, n, bytes, Trust::Mac(ring))?;
        let mut kept = file.slots;
        kept.retain(|old| file.key_id.0 == ring.newest().id && !slots.iter().any(|new| new.kind == old.kind));
        let n = n.checked_add(1).ok_or_else(|| Error::Limit("no further key file can be numbered".into()))?;
        Self::build(plan, n, ring, kept, slots, random)
    }

    /// Opens with a password or a recovery key; tries each slot that fits. `WrongSecret` where none opens,
    /// `Damaged` where the checksum is wrong, bounded costs only.
    pub fn open(object: &str, plan: &PlanId, n: u32, bytes: &[u8], secret: &str) -> Result<KeyRing> {
        let file = File::parse(object, plan, n, bytes, Trust::Checksum)?;
        let recovery = normalize_recovery_key(secret);
        // Recovery slots first: they cost nothing, and who types one means it.
        let with_recovery = recovery.iter().flat_map(|key| file.of_kind(SlotKind::RecoveryKey, key.as_bytes()));
        let newest = with_recovery
            .chain(file.of_kind(SlotKind::Password, secret.as_bytes()))
            .find_map(|(slot, secret)| slot.open(plan, &file.key_id.0, secret))
            .ok_or(Error::WrongSecret)?;
        let newest = PlanKey { id: file.key_id.0, bytes: newest };
        json_lines::decode::<File>(object, bytes, Trust::Mac(&KeyRing::new(newest.clone())))?;
        let mut keys = vec![newest];
        for older in &file.older {
            let aad = older_aad(plan, &file.key_id.0, &older.key_id.0);
            let bytes = unwrap(&older_wrapping_key(&keys[0]), &older.nonce, &aad, &older.wrapped)
                .ok_or_else(|| Error::damaged(object, "an older key does not open"))?;
            keys.push(PlanKey { id: older.key_id.0, bytes });
        }
        Ok(KeyRing { keys })
    }

    /// Whether the bytes are whole (checksum, syntax), and its MAC with a known ring.
    pub fn check(object: &str, plan: &PlanId, n: u32, bytes: &[u8], ring: Option<&KeyRing>) -> Result<()> {
        File::parse(object, plan, n, bytes, ring.map_or(Trust::Checksum, Trust::Mac)).map(drop)
    }

    /// What slots there are and what each costs, in words: "scrypt 2^15/8/3", "PBKDF2-HMAC-SHA256 600,000".
    pub fn describe(object: &str, bytes: &[u8]) -> Result<Vec<(SlotKind, String)>> {
        let file: File = json_lines::decode(object, bytes, Trust::Checksum)?;
        Ok(file.slots.iter().map(|slot| (slot.kind, slot.kdf.in_words())).collect())
    }

    fn build(
        plan: &PlanId,
        n: u32,
        ring: &KeyRing,
        mut slots: Vec<Slot>,
        new: &[NewSlot<'_>],
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Vec<u8>> {
        let newest = ring.newest();
        for slot in new {
            slots.push(Slot::new(plan, newest, slot, random)?);
        }
        if slots.is_empty() || slots.len() > MAX_SLOTS || ring.keys.len() > MAX_KEYS {
            return Err(Error::Limit(format!("a key file has from 1 to {MAX_SLOTS} slots and at most {MAX_KEYS} keys")));
        }
        let wrapping = older_wrapping_key(newest);
        let older = ring.keys[1..]
            .iter()
            .map(|key| {
                let nonce = Bytes(fresh(random));
                let wrapped = wrap(&wrapping, &nonce, &older_aad(plan, &newest.id, &key.id), &key.bytes);
                Older { key_id: Bytes(key.id), nonce, wrapped }
            })
            .collect();
        let file = File { format: FORMAT, kind: KIND.into(), plan: plan.clone(), n, key_id: Bytes(newest.id), slots, older };
        Ok(json_lines::encode(&file, Some(newest)))
    }
}

impl File {
    /// Checks all that can be checked without a secret.
    fn parse(object: &str, plan: &PlanId, n: u32, bytes: &[u8], trust: Trust<'_>) -> Result<Self> {
        let file: Self = json_lines::decode(object, bytes, trust)?;
        if file.kind != KIND || file.plan != *plan || file.n != n || file.format != FORMAT {
            return Err(Error::damaged(object, "it belongs elsewhere"));
        }
        if file.slots.is_empty() || file.slots.len() > MAX_SLOTS || file.older.len() >= MAX_KEYS {
            return Err(Error::damaged(object, "it has too few or too many slots"));
        }
        if !file.slots.iter().all(|slot| slot.kdf.is_allowed(slot.kind)) {
            return Err(Error::damaged(object, "a slot's costs are out of bounds"));
        }
        Ok(file)
    }

    /// The slots of a kind, each with the secret to try on it.
    fn of_kind<'a>(&'a self, kind: SlotKind, secret: &'a [u8]) -> impl Iterator<Item = (&'a Slot, &'a [u8])> {
        self.slots.iter().filter(move |slot| slot.kind == kind).map(move |slot| (slot, secret))
    }
}

impl Slot {
    fn new(plan: &PlanId, key: &PlanKey, new: &NewSlot<'_>, random: &mut dyn FnMut(&mut [u8])) -> Result<Self> {
        let secret = match new.kind {
            SlotKind::Password => Zeroizing::new(new.secret.to_owned()),
            SlotKind::RecoveryKey => normalize_recovery_key(new.secret)
                .ok_or_else(|| Error::Limit("this is not a recovery key: its checksum does not fit".into()))?,
        };
        let kdf = Kdf::new(new.kind, new.cost);
        if secret.is_empty() || !kdf.is_allowed(new.kind) {
            return Err(Error::Limit("a key slot needs a secret, and costs within bounds".into()));
        }
        let (salt, nonce) = (Bytes(fresh(random)), Bytes(fresh(random)));
        let wrapping =
            kdf.derive(secret.as_bytes(), &salt.0).ok_or_else(|| Error::Limit("these costs are not possible".into()))?;
        let wrapped = wrap(&wrapping, &nonce, &slot_aad(plan, &key.id, new.kind), &key.bytes);
        Ok(Self { kind: new.kind, kdf, salt, nonce, wrapped })
    }

    fn open(&self, plan: &PlanId, key_id: &[u8; 16], secret: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let wrapping = self.kdf.derive(secret, &self.salt.0)?;
        unwrap(&wrapping, &self.nonce, &slot_aad(plan, key_id, self.kind), &self.wrapped)
    }
}

fn fresh<const N: usize>(random: &mut dyn FnMut(&mut [u8])) -> [u8; N] {
    let mut bytes = [0; N];
    random(&mut bytes);
    bytes
}

/// Not the file's `n`: a rewrite copies slots whose secret it does not know.
fn slot_aad(plan: &PlanId, key_id: &[u8; 16], kind: SlotKind) -> Vec<u8> {
    let kind: &[u8] = match kind {
        SlotKind::Password => b"password",
        SlotKind::RecoveryKey => b"recovery-key",
    };
    [&b"strongroom slot"[..], &plan.bytes(), key_id, kind].concat()
}

fn older_aad(plan: &PlanId, newest: &[u8; 16], older: &[u8; 16]) -> Vec<u8> {
    [&b"strongroom older key"[..], &plan.bytes(), newest, older].concat()
}

fn older_wrapping_key(newest: &PlanKey) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, &newest.bytes[..])
        .expand(b"strongroom older keys", &mut key[..])
        .expect("HKDF gives up to 8160 bytes");
    key
}

/// AES-256-GCM: ciphertext, tag.
fn wrap(key: &[u8; 32], nonce: &Bytes<12>, aad: &[u8], content: &[u8; 32]) -> Bytes<48> {
    let mut out = [0; 48];
    out[..32].copy_from_slice(content);
    let tag = seal::cipher(key)
        .encrypt_inout_detached(&Nonce::from(nonce.0), aad, (&mut out[..32]).into())
        .expect("AES-GCM takes up to 64 GiB");
    out[32..].copy_from_slice(&tag);
    Bytes(out)
}

fn unwrap(key: &[u8; 32], nonce: &Bytes<12>, aad: &[u8], wrapped: &Bytes<48>) -> Option<Zeroizing<[u8; 32]>> {
    let mut content = Zeroizing::new([0; 32]);
    let mut tag = [0; 16];
    content.copy_from_slice(&wrapped.0[..32]);
    tag.copy_from_slice(&wrapped.0[32..]);
    seal::cipher(key)
        .decrypt_inout_detached(&Nonce::from(nonce.0), aad, (&mut content[..]).into(), &Tag::from(tag))
        .ok()
        .map(|()| content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::key::{KdfCost, recovery_key};

    const CHEAP: KdfCost = KdfCost::Pbkdf2 { iterations: 2 };

    fn plan() -> PlanId {
        PlanId::from_random([7; 16])
    }

    fn key(n: u8) -> PlanKey {
        PlanKey { id: [n; 16], bytes: Zeroizing::new([n ^ 0x5a; 32]) }
    }

    fn random() -> impl FnMut(&mut [u8]) {
        let mut n = 0u8;
        move |bytes: &mut [u8]| {
            for b in bytes {
                n = n.wrapping_mul(5).wrapping_add(13);
                *b = n;
            }
        }
    }

    fn password(secret: &str) -> NewSlot<'_> {
        NewSlot { kind: SlotKind::Password, secret, cost: CHEAP }
    }

    fn recovery(secret: &str) -> NewSlot<'_> {
        NewSlot { kind: SlotKind::RecoveryKey, secret, cost: CHEAP }
    }

    fn open(n: u32, bytes: &[u8], secret: &str) -> Result<KeyRing> {
        KeyFile::open("keys", &plan(), n, bytes, secret)
    }

    #[test]
    fn opens_with_each_secret_and_gives_older_keys() {
        let ring = KeyRing::new(key(1)).with_newest(key(2));
        let paper = recovery_key(&[3; 20]);
        let scrypt = NewSlot { cost: KdfCost::Scrypt { log_n: 4, r: 8, p: 1 }, ..password("zwölf") };
        let bytes = KeyFile::encode(&plan(), 1, &ring, &[password("eins"), scrypt, recovery(&paper)], &mut random()).unwrap();
        for secret in ["eins", "zwölf", &paper, &paper.to_lowercase().replace('-', "")] {
            let opened = open(1, &bytes, secret).unwrap();
            assert_eq!(opened.to_text(), ring.to_text());
        }
        assert!(matches!(open(1, &bytes, "Eins"), Err(Error::WrongSecret)));
        assert!(matches!(open(1, &bytes, &recovery_key(&[4; 20])), Err(Error::WrongSecret)));
        // A recovery key is no password, even where somebody took one for it.
        let bytes = KeyFile::encode(&plan(), 1, &ring, &[password(&paper)], &mut random()).unwrap();
        assert!(open(1, &bytes, &paper).is_ok());
        let words: Vec<_> = KeyFile::describe("keys", &bytes).unwrap();
        assert_eq!(words, [(SlotKind::Password, "PBKDF2-HMAC-SHA256 2".to_string())]);
    }

    #[test]
    fn every_flip_is_found() {
        let ring = KeyRing::new(key(1));
        let bytes = KeyFile::encode(&plan(), 1, &ring, &[password("x")], &mut random()).unwrap();
        KeyFile::check("keys", &plan(), 1, &bytes, Some(&ring)).unwrap();
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            let found = open(1, &bad, "x").err();
            assert!(matches!(found, Some(Error::Damaged { .. } | Error::NotSealed { .. })), "byte {at}: {found:?}");
            assert!(KeyFile::check("keys", &plan(), 1, &bad, Some(&ring)).is_err());
        }
        assert!(open(2, &bytes, "x").is_err(), "another number");
        assert!(KeyFile::open("keys", &PlanId::from_random([8; 16]), 1, &bytes, "x").is_err(), "another plan");
    }

    #[test]
    fn slots_cannot_be_taken_to_another_plan() {
        let ring = KeyRing::new(key(1));
        let bytes = KeyFile::encode(&plan(), 1, &ring, &[password("x")], &mut random()).unwrap();
        let mut file: serde_json::Value = json_lines::decode("keys", &bytes, Trust::Checksum).unwrap();
        let other = PlanId::from_random([8; 16]);
        file["plan"] = other.as_str().into();
        let forged = json_lines::encode(&file, Some(&key(9)));
        assert!(matches!(KeyFile::open("keys", &other, 1, &forged, "x"), Err(Error::WrongSecret)));
    }

    #[test]
    fn hostile_files_are_refused() {
        let ring = KeyRing::new(key(1));
        let bytes = KeyFile::encode(&plan(), 1, &ring, &[password("x")], &mut random()).unwrap();
        let file: serde_json::Value = json_lines::decode("keys", &bytes, Trust::Checksum).unwrap();
        let refused = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut bad = file.clone();
            change(&mut bad);
            open(1, &json_lines::encode(&bad, Some(&key(1))), "x").err()
        };
        let damaged = |found: Option<Error>| assert!(matches!(found, Some(Error::Damaged { .. })), "{found:?}");
        damaged(refused(&|f| f["slots"][0]["kdf"] = serde_json::json!({"name": "scrypt", "log_n": 24, "r": 8, "p": 1})));
        damaged(refused(&|f| f["slots"][0]["kdf"] = serde_json::json!({"name": "hkdf-sha256"})));
        damaged(refused(&|f| f["slots"] = serde_json::json!([])));
        damaged(refused(&|f| f["slots"] = vec![f["slots"][0].clone(); 17].into()));
        damaged(refused(&|f| f["slots"][0]["salt"] = "AAAA".into()));
        damaged(refused(&|f| f["kind"] = "version".into()));
        assert!(matches!(refused(&|f| f["format"] = 2.into()), Some(Error::TooNew { found: 2, .. })));
    }

    #[test]
    fn a_password_change_keeps_the_recovery_key() {
        let paper = recovery_key(&[3; 20]);
        let ring = KeyRing::new(key(1));
        let old = KeyFile::encode(&plan(), 1, &ring, &[password("old"), recovery(&paper)], &mut random()).unwrap();
        let new = KeyFile::rewrite("keys", &plan(), 1, &old, &ring, &[password("new")], &mut random()).unwrap();
        assert!(matches!(open(2, &new, "old"), Err(Error::WrongSecret)));
        for secret in ["new", &paper] {
            assert_eq!(open(2, &new, secret).unwrap().to_text(), ring.to_text());
        }
        let other_paper = recovery_key(&[4; 20]);
        let newer = KeyFile::rewrite("keys", &plan(), 2, &new, &ring, &[recovery(&other_paper)], &mut random()).unwrap();
        assert!(open(3, &newer, "new").is_ok() && open(3, &newer, &other_paper).is_ok());
        assert!(matches!(open(3, &newer, &paper), Err(Error::WrongSecret)));
        // After a rotation the slots whose secret is not given lapse.
        let rotated = ring.with_newest(key(2));
        let last = KeyFile::rewrite("keys", &plan(), 3, &newer, &rotated, &[password("new")], &mut random()).unwrap();
        assert_eq!(open(4, &last, "new").unwrap().to_text(), rotated.to_text());
        assert!(open(4, &last, &other_paper).is_err());
    }

    #[test]
    fn empty_secrets_and_wild_costs_are_not_written() {
        let ring = KeyRing::new(key(1));
        for slot in
            [password(""), recovery("not a key"), NewSlot { cost: KdfCost::Scrypt { log_n: 30, r: 8, p: 1 }, ..password("x") }]
        {
            assert!(matches!(KeyFile::encode(&plan(), 1, &ring, &[slot], &mut random()), Err(Error::Limit(_))));
        }
        assert!(KeyFile::encode(&plan(), 1, &ring, &[], &mut random()).is_err());
    }
}
