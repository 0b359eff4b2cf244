//! The seal: authenticated encryption of an object in records, each of which opens on its own. Layout: `FORMAT.md`.

mod facts;

use std::ops::Range;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::aes::cipher::consts::U12;
use aes_gcm::{Aes128Gcm, Aes256Gcm, Nonce, Tag};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::key::{KeyRing, PlanKey};
use super::{Error, Result};
use crate::model::format::Cipher;

pub use self::facts::Facts;

/// Longest header that is accepted.
pub const MAX_HEADER: usize = 512;
/// Bytes a record has beside its content: length and tag.
pub const RECORD_OVERHEAD: usize = PREFIX + TAG;
/// Longest record content that is accepted: a frame's 8 MiB, and room for what does not compress.
pub const MAX_RECORD: usize = 16 << 20;

/// What every sealed object begins with.
pub const MAGIC: &[u8; 8] = b"STRGROOM";
const FORMAT: u16 = 1;
const PREFIX: usize = 4;
const TAG: usize = 16;
/// In a record's length: it is the object's last.
const LAST: u32 = 1 << 31;
const COMMITMENT: usize = 32;
const CUT: &str = "its header is cut short";

/// What an object is, bound into its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ObjectKind {
    Volume = 1,
    Catalog = 2,
    /// A file sealed by itself.
    File = 3,
    /// Of a run, on its own machine: never at a destination.
    Journal = 4,
}

/// An object's place, bound into its header, so that none can stand in for another.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    pub plan: [u8; 16],
    /// Run id.
    pub version: &'a str,
    /// File name within the run's folder.
    pub object: &'a str,
    pub kind: ObjectKind,
}

impl Identity<'_> {
    /// Length of the header of this object in bytes.
    pub fn header_length(&self) -> usize {
        8 + 2 + 2 + 1 + 1 + 16 + 32 + 16 + 1 + self.version.len() + 1 + self.object.len() + COMMITMENT
    }

    /// The header up to the commitment.
    fn header(&self, cipher: u8, key_id: &[u8; 16], salt: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.header_length());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT.to_be_bytes());
        out.extend_from_slice(&(self.header_length() as u16).to_be_bytes());
        out.push(cipher);
        out.push(self.kind as u8);
        out.extend_from_slice(key_id);
        out.extend_from_slice(salt);
        out.extend_from_slice(&self.plan);
        for text in [self.version, self.object] {
            out.push(text.len() as u8);
            out.extend_from_slice(text.as_bytes());
        }
        out
    }
}

/// The file key and the key commitment, from the plan key, the salt and the header before the commitment.
fn derive(key: &PlanKey, salt: &[u8], header: &[u8]) -> (Zeroizing<[u8; 32]>, [u8; COMMITMENT]) {
    let mut okm = Zeroizing::new([0; 32 + COMMITMENT]);
    Hkdf::<Sha256>::new(Some(salt), &key.bytes[..]).expand(header, &mut okm[..]).expect("HKDF gives up to 8160 bytes");
    let mut file_key = Zeroizing::new([0; 32]);
    let mut commitment = [0; COMMITMENT];
    file_key.copy_from_slice(&okm[..32]);
    commitment.copy_from_slice(&okm[32..]);
    (file_key, commitment)
}

/// A cipher's number in a header.
fn number(cipher: Cipher) -> u8 {
    match cipher {
        Cipher::Aes256Gcm => 1,
        Cipher::Aes128Gcm => 2,
    }
}

/// AES-256-GCM with this key.
pub(super) fn cipher(key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(key.into())
}

/// An object's cipher with its file key.
#[derive(Clone)]
enum FileCipher {
    Aes256(Box<Aes256Gcm>),
    Aes128(Box<Aes128Gcm>),
}

impl FileCipher {
    /// AES-128 takes the first half of the file key.
    fn new(cipher: Cipher, file_key: &[u8; 32]) -> Self {
        match cipher {
            Cipher::Aes256Gcm => Self::Aes256(Box::new(Aes256Gcm::new(file_key.into()))),
            Cipher::Aes128Gcm => {
                let mut half = Zeroizing::new([0; 16]);
                half.copy_from_slice(&file_key[..16]);
                Self::Aes128(Box::new(Aes128Gcm::new((&*half).into())))
            }
        }
    }

    /// Encrypts in place; the tag.
    fn encrypt(&self, nonce: &Nonce<U12>, additional: &[u8], content: &mut [u8]) -> Tag {
        match self {
            Self::Aes256(cipher) => cipher.encrypt_inout_detached(nonce, additional, content.into()),
            Self::Aes128(cipher) => cipher.encrypt_inout_detached(nonce, additional, content.into()),
        }
        .expect("AES-GCM takes up to 64 GiB")
    }

    /// Decrypts in place; `None` where the tag does not fit.
    fn decrypt(&self, nonce: &Nonce<U12>, additional: &[u8], content: &mut [u8], tag: &Tag) -> Option<()> {
        match self {
            Self::Aes256(cipher) => cipher.decrypt_inout_detached(nonce, additional, content.into(), tag),
            Self::Aes128(cipher) => cipher.decrypt_inout_detached(nonce, additional, content.into(), tag),
        }
        .ok()
    }
}

/// A record's nonce: its offset in the object, three zeros, the last-flag.
fn nonce(offset: u64, last: bool) -> Nonce<U12> {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&offset.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce.into()
}

/// Whether two byte strings are equal, in a time that does not tell where they differ.
fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |d, (x, y)| d | (x ^ y)) == 0
}

/// Seals one object.
pub struct Sealer {
    header: Vec<u8>,
    cipher: FileCipher,
}

impl Sealer {
    /// `salt` must be fresh for every object that is begun. The names in `identity` are our own and short: at most 150 bytes each.
    pub fn new(key: &PlanKey, cipher: Cipher, identity: Identity<'_>, salt: [u8; 32]) -> Self {
        assert!(identity.version.len() <= 150 && identity.object.len() <= 150, "names that we give are short");
        let mut header = identity.header(number(cipher), &key.id, &salt);
        let (file_key, commitment) = derive(key, &salt, &header);
        header.extend_from_slice(&commitment);
        Self { header, cipher: FileCipher::new(cipher, &file_key) }
    }

    /// What stands at the object's beginning.
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// Turns `content` into the record that stands at `offset` of the object, in place: length, ciphertext, tag.
    pub fn seal(&self, offset: u64, last: bool, content: &mut Vec<u8>) {
        content.splice(..0, [0; PREFIX]);
        self.seal_prefixed(offset, last, content);
    }

    /// The same without moving the content: `record` has four bytes of any value before it. At most [`MAX_RECORD`] bytes.
    pub fn seal_prefixed(&self, offset: u64, last: bool, record: &mut Vec<u8>) {
        let length = record.len() - PREFIX;
        assert!(length <= MAX_RECORD, "a record holds one frame");
        let prefix = (length as u32 | if last { LAST } else { 0 }).to_be_bytes();
        record[..PREFIX].copy_from_slice(&prefix);
        let tag = self.cipher.encrypt(&nonce(offset, last), &prefix, &mut record[PREFIX..]);
        record.extend_from_slice(&tag);
    }
}

/// Opens one object's records.
#[derive(Clone)]
pub struct Opener {
    name: String,
    header_length: usize,
    cipher: FileCipher,
}

impl Opener {
    /// Reads a header, which `bytes` begins with. `UnknownKey`, `NotSealed`, `TooNew`, `Damaged` (also where the identity differs).
    /// `name` is the object's in errors.
    pub fn new(ring: &KeyRing, bytes: &[u8], identity: Identity<'_>, name: &str) -> Result<Self> {
        let damaged = |what: &str| Error::damaged(name, what);
        let (format, mut fields) = Fields::read(bytes, name)?;
        let length = usize::from(u16::from_be_bytes(array(fields.take(2)?)));
        if format != FORMAT || !(COMMITMENT..=MAX_HEADER).contains(&length) {
            return Err(damaged("its header is wrong"));
        }
        let header = bytes.get(..length).ok_or_else(|| damaged(CUT))?;
        let (before, commitment) = header.split_at(length - COMMITMENT);
        let [used, _kind] = array(fields.take(2)?);
        let key_id: [u8; 16] = array(fields.take(16)?);
        let salt: [u8; 32] = array(fields.take(32)?);
        let key = ring.find(&key_id).ok_or_else(|| Error::UnknownKey { object: name.into() })?;
        let (file_key, expected) = derive(key, &salt, before);
        if !equal(commitment, &expected) {
            return Err(damaged("its header is wrong"));
        }
        // The key vouches for the header; now it must be this object's and no other's.
        let known = Cipher::ALL.into_iter().find(|cipher| number(*cipher) == used);
        let cipher = known.ok_or_else(|| Error::TooNew { object: name.into(), found: used.into() })?;
        if before != identity.header(used, &key_id, &salt) {
            return Err(damaged("it belongs elsewhere"));
        }
        Ok(Self { name: name.into(), header_length: length, cipher: FileCipher::new(cipher, &file_key) })
    }

    pub fn header_length(&self) -> usize {
        self.header_length
    }

    /// Opens the record (length, ciphertext, tag) that stands at `offset`, in place: `record` becomes its content.
    /// Returns whether it is the object's last.
    pub fn open(&self, offset: u64, record: &mut Vec<u8>) -> Result<bool> {
        let (last, content) = self.open_within(offset, record)?;
        record.truncate(content.end);
        record.drain(..content.start);
        Ok(last)
    }

    /// The same without moving the content: returns whether it is the last, and where in `record` the content now stands.
    pub fn open_within(&self, offset: u64, record: &mut [u8]) -> Result<(bool, Range<usize>)> {
        let damaged = |what: &str| Error::damaged(&self.name, format!("the record at {offset} {what}"));
        let Some((prefix, rest)) = record.split_first_chunk_mut::<PREFIX>() else {
            return Err(damaged("is cut short"));
        };
        if record_length(*prefix) != Some(PREFIX + rest.len()) {
            return Err(damaged("has a wrong length"));
        }
        let last = u32::from_be_bytes(*prefix) & LAST != 0;
        let Some((content, tag)) = rest.split_last_chunk_mut::<TAG>() else {
            return Err(damaged("is cut short"));
        };
        let end = PREFIX + content.len();
        let tag: Tag = (*tag).into();
        self.cipher.decrypt(&nonce(offset, last), prefix, content, &tag).ok_or_else(|| damaged("does not open"))?;
        Ok((last, PREFIX..end))
    }
}

/// A header's fields, one after the other.
struct Fields<'a> {
    rest: &'a [u8],
    /// The object's in errors.
    name: &'a str,
}

impl<'a> Fields<'a> {
    /// Of the header that `bytes` begins with: its format, and what follows it. `NotSealed`, `TooNew`, `Damaged`.
    fn read(bytes: &'a [u8], name: &'a str) -> Result<(u16, Self)> {
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| Error::NotSealed { object: name.into() })?;
        let mut fields = Self { rest, name };
        let format = u16::from_be_bytes(array(fields.take(2)?));
        if format > FORMAT {
            return Err(Error::TooNew { object: name.into(), found: format.into() });
        }
        Ok((format, fields))
    }

    /// The next so many bytes.
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (field, left) = self.rest.split_at_checked(n).ok_or_else(|| Error::damaged(self.name, CUT))?;
        self.rest = left;
        Ok(field)
    }
}

/// Copies a field whose length was just taken.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(bytes);
    out
}

/// The whole length of the record whose first four bytes are given; `None` where it is out of bounds.
pub fn record_length(prefix: [u8; 4]) -> Option<usize> {
    let content = (u32::from_be_bytes(prefix) & !LAST) as usize;
    (content <= MAX_RECORD).then_some(content + RECORD_OVERHEAD)
}

/// HMAC-SHA256 over small objects (manifests and the like), by a key derived from the plan key.
pub fn mac(key: &PlanKey, bytes: &[u8]) -> [u8; 32] {
    start_mac(key, bytes).finalize().into_bytes().into()
}

/// Whether `tag` is the [`mac`] of the bytes, compared in constant time.
pub fn mac_fits(key: &PlanKey, bytes: &[u8], tag: &[u8; 32]) -> bool {
    start_mac(key, bytes).verify_slice(tag).is_ok()
}

fn start_mac(key: &PlanKey, bytes: &[u8]) -> Hmac<Sha256> {
    let mut mac_key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, &key.bytes[..])
        .expand(b"strongroom small objects", &mut mac_key[..])
        .expect("HKDF gives up to 8160 bytes");
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&mac_key[..]).expect("HMAC takes keys of any length");
    mac.update(bytes);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "20261121T200000Z-full-5f3a9c2e";

    fn key(n: u8) -> PlanKey {
        PlanKey { id: [n; 16], bytes: Zeroizing::new([n; 32]) }
    }

    fn identity<'a>() -> Identity<'a> {
        Identity { plan: [9; 16], version: RUN, object: "v0001.tar.zst.sealed", kind: ObjectKind::Volume }
    }

    fn sealed(contents: &[&[u8]]) -> Vec<u8> {
        sealed_with(Cipher::Aes256Gcm, contents)
    }

    fn sealed_with(cipher: Cipher, contents: &[&[u8]]) -> Vec<u8> {
        let sealer = Sealer::new(&key(1), cipher, identity(), [5; 32]);
        let mut object = sealer.header().to_vec();
        for (i, content) in contents.iter().enumerate() {
            let mut record = content.to_vec();
            sealer.seal(object.len() as u64, i + 1 == contents.len(), &mut record);
            object.extend_from_slice(&record);
        }
        object
    }

    /// Walks a loose object; what stands after the last record is damage too.
    fn walk(object: &[u8], ring: &KeyRing, identity: Identity<'_>) -> Result<Vec<Vec<u8>>> {
        let opener = Opener::new(ring, object, identity, "o")?;
        let mut at = opener.header_length();
        let mut contents = Vec::new();
        let damaged = || Error::damaged("o", "cut");
        loop {
            let prefix = object.get(at..at + 4).ok_or_else(damaged)?;
            let length = record_length(array(prefix)).ok_or_else(damaged)?;
            let mut record = object.get(at..at + length).ok_or_else(damaged)?.to_vec();
            let last = opener.open(at as u64, &mut record)?;
            contents.push(record);
            at += length;
            if last {
                return if at == object.len() { Ok(contents) } else { Err(damaged()) };
            }
        }
    }

    #[test]
    fn round_trip() {
        let contents: [&[u8]; 3] = [b"first", b"", &[7; 100_000]];
        for cipher in Cipher::ALL {
            let object = sealed_with(cipher, &contents);
            assert_eq!(walk(&object, &KeyRing::new(key(1)), identity()).unwrap(), contents);
        }
        assert_eq!(Sealer::new(&key(1), Cipher::Aes256Gcm, identity(), [5; 32]).header().len(), identity().header_length());
    }

    #[test]
    fn every_flip_and_every_cut_is_found() {
        let object = sealed(&[b"first", b"second"]);
        let ring = KeyRing::new(key(1));
        for at in 0..object.len() {
            for bit in 0..8 {
                let mut bad = object.clone();
                bad[at] ^= 1 << bit;
                assert!(walk(&bad, &ring, identity()).is_err(), "byte {at} bit {bit}");
            }
            assert!(walk(&object[..at], &ring, identity()).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_header_tells_its_cipher_and_no_other_is_taken_for_it() {
        let ring = KeyRing::new(key(1));
        let mut object = sealed_with(Cipher::Aes128Gcm, &[b"content"]);
        assert_eq!(object[12], 2);
        assert_ne!(object[identity().header_length()..], sealed(&[b"content"])[identity().header_length()..]);
        for at in 0..object.len() {
            object[at] ^= 1;
            assert!(walk(&object, &ring, identity()).is_err(), "byte {at}");
            object[at] ^= 1;
        }
        // One that is sealed rightly, by a cipher that comes later.
        let mut header = identity().header(9, &[1; 16], &[5; 32]);
        let (_, commitment) = derive(&key(1), &[5; 32], &header);
        header.extend_from_slice(&commitment);
        assert!(matches!(Opener::new(&ring, &header, identity(), "o"), Err(Error::TooNew { found: 9, .. })));
    }

    #[test]
    fn records_cannot_be_moved_dropped_or_taken_from_elsewhere() {
        let ring = KeyRing::new(key(1));
        let object = sealed(&[b"aaaa", b"bbbb", b"cccc"]);
        let header = identity().header_length();
        let one = 4 + RECORD_OVERHEAD;
        let (a, b, c) = (&object[header..header + one], &object[header + one..header + 2 * one], &object[header + 2 * one..]);
        for records in [[b, a, c].concat(), [a, c].concat(), [a, b].concat(), [a, a, c].concat(), [a, b, c, c].concat()] {
            assert!(walk(&[&object[..header], &records].concat(), &ring, identity()).is_err());
        }
        for other in [
            Identity { object: "v0002.tar.zst.sealed", ..identity() },
            Identity { version: "20261121T200000Z-full-00000000", ..identity() },
            Identity { plan: [8; 16], ..identity() },
            Identity { kind: ObjectKind::Catalog, ..identity() },
        ] {
            assert!(matches!(walk(&object, &ring, other), Err(Error::Damaged { .. })));
        }
    }

    #[test]
    fn failures_differ() {
        let object = sealed(&[b"x"]);
        let open = |bytes: &[u8], ring: &KeyRing| Opener::new(ring, bytes, identity(), "o").err();
        assert!(matches!(open(&object, &KeyRing::new(key(2))), Some(Error::UnknownKey { .. })));
        assert!(matches!(open(b"\x28\xb5\x2f\xfd", &KeyRing::new(key(1))), Some(Error::NotSealed { .. })));
        let mut newer = object.clone();
        newer[9] = 2;
        assert!(matches!(open(&newer, &KeyRing::new(key(1))), Some(Error::TooNew { found: 2, .. })));
        // Same id, other key: the commitment tells.
        let impostor = PlanKey { id: [1; 16], ..key(3) };
        assert!(matches!(open(&object, &KeyRing::new(impostor)), Some(Error::Damaged { .. })));
    }

    #[test]
    fn small_objects_are_told_apart_by_key_and_content() {
        assert!(mac_fits(&key(1), b"x", &mac(&key(1), b"x")));
        assert!(!mac_fits(&key(2), b"x", &mac(&key(1), b"x")));
        assert!(!mac_fits(&key(1), b"y", &mac(&key(1), b"x")));
    }
}
