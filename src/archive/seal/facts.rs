//! What a header says to anybody, without a key: believed only when a key vouches for it.

use super::{COMMITMENT, FORMAT, Fields, Identity, MAX_HEADER, ObjectKind, array};
use crate::archive::{Error, Result};
use crate::model::format::Cipher;

/// A header's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Of the header in bytes.
    pub length: usize,
    /// Number of the cipher.
    pub cipher: u8,
    pub kind: ObjectKind,
    pub key_id: [u8; 16],
    pub plan: [u8; 16],
    pub version: String,
    pub object: String,
}

impl Facts {
    /// Reads the header that `bytes` begins with; `name` is the object's in errors.
    pub fn read(bytes: &[u8], name: &str) -> Result<Self> {
        let wrong = || Error::damaged(name, "its header is wrong");
        let (format, mut fields) = Fields::read(bytes, name)?;
        let length = usize::from(u16::from_be_bytes(array(fields.take(2)?)));
        let [cipher, kind] = array(fields.take(2)?);
        let key_id = array(fields.take(16)?);
        fields.take(32)?;
        let plan = array(fields.take(16)?);
        let mut text = || {
            let [n] = array(fields.take(1)?);
            let text = fields.take(n.into())?;
            if text.iter().all(u8::is_ascii_graphic) {
                String::from_utf8(text.to_vec()).map_err(|_| wrong())
            } else {
                Err(wrong())
            }
        };
        let (version, object) = (text()?, text()?);
        fields.take(COMMITMENT)?;
        let kinds = [ObjectKind::Volume, ObjectKind::Catalog, ObjectKind::Journal, ObjectKind::File];
        let kind = kinds.into_iter().find(|k| *k as u8 == kind);
        let facts = Self { length, cipher, kind: kind.ok_or_else(wrong)?, key_id, plan, version, object };
        let fits = format == FORMAT && length <= MAX_HEADER && length == facts.identity().header_length();
        if fits { Ok(facts) } else { Err(wrong()) }
    }

    /// What the object says that it is.
    pub fn identity(&self) -> Identity<'_> {
        Identity { plan: self.plan, version: &self.version, object: &self.object, kind: self.kind }
    }

    pub fn cipher_name(&self) -> String {
        let known = Cipher::ALL.into_iter().find(|cipher| super::number(*cipher) == self.cipher);
        known.map_or_else(|| format!("cipher {}", self.cipher), |cipher| cipher.in_words().into())
    }
}
