//! `keys-<n>.json`: slots that wrap the newest plan key, which wraps the older ones.

#[cfg(test)]
mod tests;

use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::slot::{Bytes, Slot, unwrap, wrap};
use super::{KdfCost, KeyRing, MAX_KEYS, NewSlot, PlanKey, normalize_recovery_key, resembles_recovery_key};
use crate::archive::json_lines::{self, FORMAT, Trust};
use crate::archive::{Error, Result};
use crate::model::key::{KeySlot, SlotKind};
use crate::model::plan::PlanId;
use crate::model::secret::Secret;

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

#[derive(Serialize, Deserialize)]
struct Older {
    key_id: Bytes<16>,
    nonce: Bytes<12>,
    wrapped: Bytes<48>,
}

/// The bytes of a file of key slots, and where they lie: each is checked against it.
#[derive(Clone, Copy)]
pub struct KeyFile<'a> {
    /// Its name in errors.
    pub object: &'a str,
    pub plan: &'a PlanId,
    pub n: u32,
    pub bytes: &'a [u8],
}

/// What a file of key slots shows to whoever sees it.
pub struct Shown {
    pub slots: Vec<KeySlot>,
    /// Id of the newest plan key.
    pub newest: [u8; 16],
    /// How many older plan keys it wraps.
    pub older: usize,
}

/// The bytes of a new `keys-<n>.json` (and of its copy). `random` fills salts and nonces. `Limit` where a secret is empty,
/// a recovery key's checksum does not fit or costs are out of bounds.
pub fn encode(
    plan: &PlanId,
    n: u32,
    ring: &KeyRing,
    slots: &[NewSlot<'_>],
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Vec<u8>> {
    build(plan, n, ring, Vec::new(), slots, random)
}

impl KeyFile<'_> {
    /// The bytes of `keys-<to>.json` after a change: slots that `keep` wants stay as they are, the new ones come after them. Where
    /// the plan key was rotated (`ring`'s newest is not the file's) all old ones lapse. An old file still opens everything with
    /// its old secrets.
    pub fn rewrite(
        &self,
        to: u32,
        ring: &KeyRing,
        keep: &dyn Fn(&KeySlot) -> bool,
        new: &[NewSlot<'_>],
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Vec<u8>> {
        let file = self.parse(Trust::Mac(ring))?;
        let mut kept = file.slots;
        kept.retain(|old| file.key_id.0 == ring.newest().id && keep(&old.describe()));
        build(self.plan, to, ring, kept, new, random)
    }

    /// Opens with a password, a recovery key or a key file's secret; tries each slot that fits. `WrongSecret`, `WrongKeyFile` or
    /// `WrongRecoveryKey` where none opens, `Damaged` where the checksum is wrong, bounded costs only.
    pub fn open(&self, secret: &str) -> Result<KeyRing> {
        self.open_slot(secret).map(|(ring, _)| ring)
    }

    /// The same, and which slot it was.
    pub fn open_slot(&self, secret: &str) -> Result<(KeyRing, KeySlot)> {
        let file = self.parse(Trust::Checksum)?;
        let recovery = normalize_recovery_key(secret);
        // Recovery keys and key files first: they cost nothing, and who gives one means it.
        let with_recovery = recovery.iter().flat_map(|key| file.of_kind(SlotKind::RecoveryKey, key.as_bytes()));
        let (newest, slot) = with_recovery
            .chain(file.of_kind(SlotKind::KeyFile, secret.as_bytes()))
            .chain(file.of_kind(SlotKind::Password, secret.as_bytes()))
            .find_map(|(slot, secret)| Some((slot.open(self.plan, &file.key_id.0, secret)?, slot.describe())))
            .ok_or_else(|| wrong(secret, recovery.is_some()))?;
        let newest = PlanKey { id: file.key_id.0, bytes: newest };
        json_lines::decode::<File>(self.object, self.bytes, Trust::Mac(&KeyRing::new(newest.clone())))?;
        let mut keys = vec![newest];
        for older in &file.older {
            let additional = older_additional(self.plan, &file.key_id.0, &older.key_id.0);
            let bytes = unwrap(&older_wrapping_key(&keys[0]), &older.nonce, &additional, &older.wrapped)
                .ok_or_else(|| Error::damaged(self.object, "an older key does not open"))?;
            keys.push(PlanKey { id: older.key_id.0, bytes });
        }
        Ok((KeyRing { keys }, slot))
    }

    /// The first of some slots that a secret opens. A secret that is given as a recovery key or key file is tried on slots of that kind
    /// only; a password on all, since any text can be one.
    pub fn opened_by(&self, kind: SlotKind, secret: &str, among: &dyn Fn(&KeySlot) -> bool) -> Result<Option<KeySlot>> {
        let file = self.parse(Trust::Checksum)?;
        let recovery = normalize_recovery_key(secret);
        let is_tried = |of: SlotKind| kind == SlotKind::Password || kind == of;
        let mut each = file.slots.iter().filter(|slot| is_tried(slot.kind) && among(&slot.describe()));
        let opens = |slot: &&Slot| {
            let exact = match slot.kind {
                SlotKind::RecoveryKey => recovery.as_ref().map(|key| key.as_bytes()),
                SlotKind::Password | SlotKind::KeyFile => Some(secret.as_bytes()),
            };
            exact.is_some_and(|exact| slot.open(self.plan, &file.key_id.0, exact).is_some())
        };
        Ok(each.find(opens).map(Slot::describe))
    }

    /// What its password slots cost, of those that are meant.
    pub fn costs(&self, among: &dyn Fn(&KeySlot) -> bool) -> Result<Vec<KdfCost>> {
        let file = self.parse(Trust::Checksum)?;
        Ok(file.slots.iter().filter(|slot| among(&slot.describe())).filter_map(|slot| slot.kdf.cost()).collect())
    }

    /// Whether the bytes are whole (checksum, syntax), and its MAC with a known ring.
    pub fn check(&self, ring: Option<&KeyRing>) -> Result<()> {
        self.parse(ring.map_or(Trust::Checksum, Trust::Mac)).map(drop)
    }

    /// What it shows without a secret.
    pub fn shown(&self) -> Result<Shown> {
        let file = self.parse(Trust::Checksum)?;
        let slots = file.slots.iter().map(Slot::describe).collect();
        Ok(Shown { slots, newest: file.key_id.0, older: file.older.len() })
    }

    /// Checks all that can be checked without a secret.
    fn parse(&self, trust: Trust<'_>) -> Result<File> {
        let damaged = |what: &str| Err(Error::damaged(self.object, what));
        let file: File = json_lines::decode(self.object, self.bytes, trust)?;
        if file.kind != KIND || file.plan != *self.plan || file.n != self.n || file.format != FORMAT {
            return damaged("it belongs elsewhere");
        }
        if file.slots.is_empty() || file.slots.len() > MAX_SLOTS || file.older.len() >= MAX_KEYS {
            return damaged("it has too few or too many slots");
        }
        if !file.slots.iter().all(|slot| slot.kdf.is_allowed(slot.kind)) {
            return damaged("a slot's costs are out of bounds");
        }
        Ok(file)
    }
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
            let nonce = Bytes::fresh(random);
            let wrapped = wrap(&wrapping, &nonce, &older_additional(plan, &newest.id, &key.id), &key.bytes);
            Older { key_id: Bytes(key.id), nonce, wrapped }
        })
        .collect();
    let file = File { format: FORMAT, kind: KIND.into(), plan: plan.clone(), n, key_id: Bytes(newest.id), slots, older };
    Ok(json_lines::encode(&file, Some(newest)))
}

impl File {
    /// The slots of a kind, each with the secret to try on it.
    fn of_kind<'a>(&'a self, kind: SlotKind, secret: &'a [u8]) -> impl Iterator<Item = (&'a Slot, &'a [u8])> {
        self.slots.iter().filter(move |slot| slot.kind == kind).map(move |slot| (slot, secret))
    }
}

/// What did not open anything, as what it was probably meant.
fn wrong(secret: &str, is_recovery_key: bool) -> Error {
    if Secret::new(secret).is_key_file() {
        Error::WrongKeyFile
    } else if is_recovery_key || resembles_recovery_key(secret) {
        Error::WrongRecoveryKey { mistyped: !is_recovery_key }
    } else {
        Error::WrongSecret
    }
}

fn older_additional(plan: &PlanId, newest: &[u8; 16], older: &[u8; 16]) -> Vec<u8> {
    [&b"strongroom older key"[..], &plan.bytes(), newest, older].concat()
}

fn older_wrapping_key(newest: &PlanKey) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, &newest.bytes[..])
        .expand(b"strongroom older keys", &mut key[..])
        .expect("HKDF gives up to 8160 bytes");
    key
}
