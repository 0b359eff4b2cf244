//! A slot: a plan key, wrapped by what a function makes of a secret.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Nonce, Tag};
use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::kdf::Kdf;
use super::{NewSlot, PlanKey, normalize_recovery_key};
use crate::archive::{Error, Result, seal};
use crate::model::key::{KeySlot, SlotKind};
use crate::model::plan::PlanId;
use crate::model::secret::Secret;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Slot {
    pub kind: SlotKind,
    pub kdf: Kdf,
    /// Slots of before this was written down have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
    salt: Bytes<32>,
    nonce: Bytes<12>,
    wrapped: Bytes<48>,
}

/// Bytes in base64.
#[derive(Clone, Copy)]
pub(super) struct Bytes<const N: usize>(pub [u8; N]);

impl<const N: usize> Bytes<N> {
    pub fn fresh(random: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut bytes = [0; N];
        random(&mut bytes);
        Self(bytes)
    }
}

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

impl Slot {
    pub fn new(plan: &PlanId, key: &PlanKey, new: &NewSlot<'_>, random: &mut dyn FnMut(&mut [u8])) -> Result<Self> {
        let secret = exact(new.kind, new.secret)?;
        let kdf = Kdf::new(new.kind, new.cost);
        if secret.is_empty() || !kdf.is_allowed(new.kind) {
            return Err(Error::Limit("a key slot needs a secret, and costs within bounds".into()));
        }
        let (salt, nonce) = (Bytes::fresh(random), Bytes::fresh(random));
        let wrapping = kdf.derive(new.kind, secret.as_bytes(), &salt.0);
        let wrapping = wrapping.ok_or_else(|| Error::Limit("these costs are not possible".into()))?;
        let wrapped = wrap(&wrapping, &nonce, &additional(plan, &key.id, new.kind), &key.bytes);
        Ok(Self { kind: new.kind, kdf, created: Some(new.created), salt, nonce, wrapped })
    }

    /// The plan key, where this is the secret.
    pub fn open(&self, plan: &PlanId, key_id: &[u8; 16], secret: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let wrapping = self.kdf.derive(self.kind, secret, &self.salt.0)?;
        unwrap(&wrapping, &self.nonce, &additional(plan, key_id, self.kind), &self.wrapped)
    }

    pub fn describe(&self) -> KeySlot {
        let id = HEXLOWER.encode(&self.salt.0[..4]);
        KeySlot { id, kind: self.kind, function: self.kdf.in_words(), created: self.created }
    }
}

/// The secret in the one form that goes into a slot's function.
fn exact(kind: SlotKind, secret: &str) -> Result<Zeroizing<String>> {
    let exact = match kind {
        SlotKind::Password => Some(Zeroizing::new(secret.to_owned())),
        SlotKind::RecoveryKey => normalize_recovery_key(secret),
        SlotKind::KeyFile => Secret::new(secret).is_key_file().then(|| Zeroizing::new(secret.to_owned())),
    };
    exact.ok_or_else(|| Error::Limit("this is no recovery key, or no key file's hash: its form does not fit".into()))
}

/// Not the file's `n`: a rewrite copies slots whose secret it does not know.
fn additional(plan: &PlanId, key_id: &[u8; 16], kind: SlotKind) -> Vec<u8> {
    let kind: &[u8] = match kind {
        SlotKind::Password => b"password",
        SlotKind::RecoveryKey => b"recovery-key",
        SlotKind::KeyFile => b"key-file",
    };
    [&b"strongroom slot"[..], &plan.bytes(), key_id, kind].concat()
}

/// AES-256-GCM: ciphertext, tag.
pub(super) fn wrap(key: &[u8; 32], nonce: &Bytes<12>, additional: &[u8], content: &[u8; 32]) -> Bytes<48> {
    let mut out = [0; 48];
    out[..32].copy_from_slice(content);
    let tag = seal::cipher(key)
        .encrypt_inout_detached(&Nonce::from(nonce.0), additional, (&mut out[..32]).into())
        .expect("AES-GCM takes up to 64 GiB");
    out[32..].copy_from_slice(&tag);
    Bytes(out)
}

pub(super) fn unwrap(key: &[u8; 32], nonce: &Bytes<12>, additional: &[u8], wrapped: &Bytes<48>) -> Option<Zeroizing<[u8; 32]>> {
    let mut content = Zeroizing::new([0; 32]);
    let mut tag = [0; 16];
    content.copy_from_slice(&wrapped.0[..32]);
    tag.copy_from_slice(&wrapped.0[32..]);
    seal::cipher(key)
        .decrypt_inout_detached(&Nonce::from(nonce.0), additional, (&mut content[..]).into(), &Tag::from(tag))
        .ok()
        .map(|()| content)
}
