//! A file sealed by itself: key slots, and a seal of its content. Layout: `FORMAT.md`.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use zeroize::Zeroizing;

use super::bytes::SealedBytes;
use crate::archive::key::{self, KeyFile, KeyRing, NewSlot, PlanKey};
use crate::archive::seal::{self, Facts, Identity, MAX_HEADER, ObjectKind, Opener, Sealer};
use crate::archive::{Error, Result};
use crate::model::format::Cipher;
use crate::model::plan::PlanId;
use crate::model::run::Cancel;
use crate::os::at::FileExt;

/// What such a file begins with.
pub const MAGIC: &[u8; 8] = b"STRGFILE";
const FORMAT: u16 = 1;
/// Magic, format, length of the slots.
const PREFIX: usize = 8 + 2 + 4;
/// Longest key slots.
const MAX_SLOTS: usize = 64 << 10;
/// Content of a record; the last has what is left.
const RECORD: usize = 1 << 20;
/// Its slots are the first and only ones.
const N: u32 = 1;
const WORDS: &str = "the sealed file";
/// What errors call the file that is being written.
pub const NEW: &str = "the new file";

/// What stands before the sealed content.
pub struct Front {
    /// A key file (`FORMAT.md` §3).
    pub slots: Vec<u8>,
    pub facts: Facts,
    /// Where the seal begins in the file.
    pub base: u64,
    header: Vec<u8>,
}

/// Where content comes from and goes to, and how far that is. `each` is told of bytes.
pub struct Copying<'a> {
    pub from: &'a mut dyn Read,
    pub to: &'a mut dyn Write,
    pub each: &'a mut dyn FnMut(u64),
    pub cancel: &'a Cancel,
}

/// Seals content; returns how many bytes of it there were. Errors of reading and writing are those of `from` and `to`.
pub fn encrypt(copying: Copying<'_>, cipher: Cipher, slots: &[NewSlot<'_>], random: &mut dyn FnMut(&mut [u8])) -> Result<u64> {
    let (mut id, mut key_id, mut salt) = ([0; 16], [0; 16], [0; 32]);
    let mut bytes = Zeroizing::new([0; 32]);
    random(&mut id);
    random(&mut key_id);
    random(&mut bytes[..]);
    random(&mut salt);
    let plan = PlanId::from_random(id);
    let plan_key = PlanKey { id: key_id, bytes };
    let slots = key::encode(&plan, N, &KeyRing::new(plan_key.clone()), slots, random)?;
    let identity = Identity { plan: id, version: "", object: "", kind: ObjectKind::File };
    let sealer = Sealer::new(&plan_key, cipher, identity, salt);

    let Copying { from, to, each, cancel } = copying;
    let length = u32::try_from(slots.len()).map_err(|_| Error::Limit("the key slots are too long".into()))?;
    let front = [&MAGIC[..], &FORMAT.to_be_bytes(), &length.to_be_bytes(), &slots, sealer.header()].concat();
    to.write_all(&front).map_err(writing)?;
    let (mut total, mut at) = (0, sealer.header().len() as u64);
    let mut next = chunk(from)?;
    loop {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let mut record = next;
        total += record.len() as u64;
        each(record.len() as u64);
        // The last is known only when nothing follows.
        next = if record.len() < RECORD { Zeroizing::default() } else { chunk(from)? };
        let last = next.is_empty();
        sealer.seal(at, last, &mut record);
        to.write_all(&record).map_err(writing)?;
        at += record.len() as u64;
        if last {
            return Ok(total);
        }
    }
}

fn chunk(from: &mut dyn Read) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(RECORD + 32));
    from.take(RECORD as u64).read_to_end(&mut bytes).map_err(|e| Error::object("the file", e))?;
    Ok(bytes)
}

fn writing(error: std::io::Error) -> Error {
    Error::object(NEW, error)
}

/// Reads what stands before the content.
pub fn front(file: &File) -> Result<Front> {
    let read = |at: u64, most: usize| {
        let length = file.metadata().map_err(|e| Error::object(WORDS, e))?.len().saturating_sub(at);
        let mut bytes = vec![0; most.min(usize::try_from(length).unwrap_or(most))];
        file.read_exact_at(&mut bytes, at).map_err(|e| Error::reading(WORDS, e))?;
        Ok::<_, Error>(bytes)
    };
    let cut = || Error::damaged(WORDS, "its beginning is cut short");
    let prefix = read(0, PREFIX)?;
    let rest = prefix.strip_prefix(MAGIC).ok_or_else(|| Error::NotSealed { object: WORDS.into() })?;
    let (format, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
    let found = u16::from_be_bytes(*format);
    if found > FORMAT {
        return Err(Error::TooNew { object: WORDS.into(), found: found.into() });
    }
    let length = rest.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize).ok_or_else(cut)?;
    if found != FORMAT || length > MAX_SLOTS {
        return Err(Error::damaged(WORDS, "its beginning is wrong"));
    }
    let slots = read(PREFIX as u64, length)?;
    let base = (PREFIX + length) as u64;
    let header = read(base, MAX_HEADER)?;
    if slots.len() < length || header.len() < seal::MAGIC.len() {
        return Err(cut());
    }
    if !header.starts_with(seal::MAGIC) {
        return Err(Error::damaged(WORDS, "its beginning is wrong"));
    }
    let facts = Facts::read(&header, WORDS)?;
    if facts.kind != ObjectKind::File {
        return Err(Error::damaged(WORDS, "it belongs elsewhere"));
    }
    Ok(Front { slots, facts, base, header })
}

/// Opens the content with a password or a recovery key.
pub fn open(file: File, secret: &str, path: &Path) -> Result<SealedBytes> {
    let Front { slots, facts, base, header } = front(&file)?;
    let plan = PlanId::from_random(facts.plan);
    let ring = KeyFile { object: WORDS, plan: &plan, n: N, bytes: &slots }.open(secret)?;
    let opener = Opener::new(&ring, &header, facts.identity(), WORDS)?;
    SealedBytes::new(file, base, opener, path)
}

/// Gives out all content, or fails. Returns how many bytes there were.
pub fn copy_out(mut content: SealedBytes, copying: Copying<'_>) -> Result<u64> {
    let Copying { to, each, cancel, .. } = copying;
    if !content.is_whole() {
        return Err(Error::damaged(WORDS, "its end is missing, or something follows it"));
    }
    let mut buffer = Zeroizing::new(vec![0; 256 << 10]);
    let mut total = 0;
    loop {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let count = content.read(&mut buffer).map_err(|e| match e.kind() {
            std::io::ErrorKind::InvalidData => Error::damaged(WORDS, e.to_string()),
            _ => Error::reading(WORDS, e),
        })?;
        if count == 0 {
            // An empty file's record, too, must open.
            return if total > 0 || content.opens_at_all()? { Ok(total) } else { Err(Error::damaged(WORDS, "it is empty")) };
        }
        to.write_all(buffer.get(..count).unwrap_or_default()).map_err(writing)?;
        total += count as u64;
        each(count as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::key::{KdfCost, SlotKind};

    fn random() -> impl FnMut(&mut [u8]) {
        let mut n = 0u8;
        move |bytes: &mut [u8]| {
            for b in bytes {
                n = n.wrapping_mul(5).wrapping_add(13);
                *b = n;
            }
        }
    }

    fn sealed(content: &[u8]) -> Vec<u8> {
        let slot = NewSlot {
            kind: SlotKind::Password,
            secret: "pw",
            cost: KdfCost::Pbkdf2 { iterations: 2 },
            created: jiff::Timestamp::UNIX_EPOCH,
        };
        let mut out = Vec::new();
        let mut told = 0;
        let copying = Copying { from: &mut &content[..], to: &mut out, each: &mut |n| told += n, cancel: &Cancel::default() };
        assert_eq!(encrypt(copying, Cipher::Aes256Gcm, &[slot], &mut random()).unwrap(), content.len() as u64);
        assert_eq!(told, content.len() as u64);
        out
    }

    fn opened(bytes: &[u8], secret: &str) -> Result<Vec<u8>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let mut out = Vec::new();
        let content = open(file, secret, Path::new("x"))?;
        let copying = Copying { from: &mut std::io::empty(), to: &mut out, each: &mut |_| {}, cancel: &Cancel::default() };
        copy_out(content, copying).map(|_| out)
    }

    #[test]
    fn content_of_any_length_comes_back() {
        for length in [0, 1, RECORD - 1, RECORD, RECORD + 1, 2 * RECORD, 2 * RECORD + 7] {
            let content: Vec<u8> = (0..length).map(|n| (n * 7 + n / 251) as u8).collect();
            let bytes = sealed(&content);
            assert!(opened(&bytes, "pw").unwrap() == content, "{length}");
            assert!(matches!(opened(&bytes, "PW"), Err(Error::WrongSecret)));
        }
    }

    #[test]
    fn every_flip_and_every_cut_is_found() {
        for content in [&b"some content"[..], b""] {
            let bytes = sealed(content);
            for at in 0..bytes.len() {
                let mut bad = bytes.clone();
                bad[at] ^= 0x10;
                assert!(opened(&bad, "pw").is_err(), "byte {at} of {}", bytes.len());
                let cut = opened(&bytes[..at], "pw");
                // Too short to be anything, or cut short: never something that is not sealed.
                let told = matches!(cut, Err(Error::Damaged { .. })) || at < MAGIC.len();
                assert!(cut.is_err() && told, "cut at {at}: {cut:?}");
            }
            assert!(opened(&[&bytes[..], b"x"].concat(), "pw").is_err(), "something follows");
        }
    }

    #[test]
    fn slots_of_another_file_do_not_fit() {
        let (a, mut b) = (sealed(b"aaaa"), Vec::new());
        let slot = NewSlot {
            kind: SlotKind::Password,
            secret: "pw",
            cost: KdfCost::Pbkdf2 { iterations: 2 },
            created: jiff::Timestamp::UNIX_EPOCH,
        };
        let copying = Copying { from: &mut &b"bbbb"[..], to: &mut b, each: &mut |_| {}, cancel: &Cancel::default() };
        encrypt(copying, Cipher::Aes256Gcm, &[slot], &mut |bytes: &mut [u8]| bytes.fill(9)).unwrap();
        let begin = |bytes: &[u8]| bytes.windows(8).position(|w| w == b"STRGROOM").unwrap();
        let mixed = [&a[..begin(&a)], &b[begin(&b)..]].concat();
        assert!(matches!(opened(&mixed, "pw"), Err(Error::Damaged { .. } | Error::UnknownKey { .. })));
    }
}
