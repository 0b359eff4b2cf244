//! Small JSON objects at a destination: one line of JSON and a last line with its SHA-256, and an HMAC where sealed.

use data_encoding::HEXLOWER;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::key::{KeyRing, PlanKey};
use super::{Error, Result, seal};

/// Longest small object that is read.
pub const MAX_LENGTH: u64 = 64 << 20;

/// Newest format of small objects that is understood: their field `format`.
pub const FORMAT: u32 = 1;

const SHA256: &[u8] = b"sha256:";
const HMAC: &[u8] = b" hmac:";

/// Exact bytes of the object. `key`: that of the plan where it is sealed.
pub fn encode<T: Serialize>(value: &T, key: Option<&PlanKey>) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(value).expect("plain data with text as keys can be written as JSON");
    bytes.push(b'\n');
    let sha256 = HEXLOWER.encode(&Sha256::digest(&bytes));
    let hmac = key.map(|key| HEXLOWER.encode(&seal::mac(key, &bytes)));
    bytes.extend_from_slice(SHA256);
    bytes.extend_from_slice(sha256.as_bytes());
    if let Some(hmac) = hmac {
        bytes.extend_from_slice(HMAC);
        bytes.extend_from_slice(hmac.as_bytes());
    }
    bytes.push(b'\n');
    bytes
}

/// How far an object is to be trusted.
#[derive(Clone, Copy)]
pub enum Trust<'a> {
    /// Only the checksum: a plan that is not sealed, or before the key is known.
    Checksum,
    /// A valid MAC of one of these keys.
    Mac(&'a KeyRing),
}

/// Checks and parses. `object` names it in errors.
///
/// `Damaged` where the bytes are not exactly as written or the MAC fits none of the keys, `NotSealed` where a MAC is wanted and
/// there is none, `TooNew` where its field `format` is above [`FORMAT`].
pub fn decode<T: DeserializeOwned>(object: &str, bytes: &[u8], trust: Trust<'_>) -> Result<T> {
    let damaged = |what: &str| Error::damaged(object, what);
    if bytes.len() as u64 > MAX_LENGTH {
        return Err(damaged("it is longer than such an object can be"));
    }
    let end = bytes.iter().position(|b| *b == b'\n').ok_or_else(|| damaged("it is cut short"))?;
    let (line, last) = bytes.split_at(end + 1);
    let (sha256, hmac) = parse_last(last).ok_or_else(|| damaged("its last line is not as it should be"))?;
    if Sha256::digest(line)[..] != sha256 {
        return Err(damaged("its checksum does not fit"));
    }
    if let Trust::Mac(ring) = trust {
        let hmac = hmac.ok_or_else(|| Error::NotSealed { object: object.into() })?;
        if !ring.keys().iter().any(|key| seal::mac_fits(key, line, &hmac)) {
            return Err(damaged("its seal fits none of this backup's keys"));
        }
    }
    let not_json = |e: serde_json::Error| Error::damaged(object, format!("its JSON is wrong: {e}"));
    match serde_json::from_slice::<Head>(line).map_err(not_json)?.format {
        Some(found) if found > FORMAT => Err(Error::TooNew { object: object.into(), found }),
        _ => serde_json::from_slice(line).map_err(not_json),
    }
}

/// The field that every format of a small object has.
#[derive(Deserialize)]
struct Head {
    format: Option<u32>,
}

/// `sha256:<hex>\n` or `sha256:<hex> hmac:<hex>\n`, nothing else.
fn parse_last(last: &[u8]) -> Option<([u8; 32], Option<[u8; 32]>)> {
    let rest = last.strip_prefix(SHA256)?.strip_suffix(b"\n")?;
    let (sha256, rest) = rest.split_at_checked(64)?;
    let hmac = if rest.is_empty() { None } else { Some(parse_hex(rest.strip_prefix(HMAC)?)?) };
    Some((parse_hex(sha256)?, hmac))
}

fn parse_hex(hex: &[u8]) -> Option<[u8; 32]> {
    HEXLOWER.decode(hex).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Thing {
        format: u32,
        name: String,
    }

    fn thing() -> Thing {
        Thing { format: 1, name: "ä \"quoted\"\nnewline".into() }
    }

    fn key(n: u8) -> PlanKey {
        PlanKey { id: [n; 16], bytes: Zeroizing::new([n; 32]) }
    }

    #[test]
    fn round_trip() {
        let plain = encode(&thing(), None);
        assert_eq!(decode::<Thing>("o", &plain, Trust::Checksum).unwrap(), thing());
        let sealed = encode(&thing(), Some(&key(1)));
        let ring = KeyRing::new(key(1));
        assert_eq!(decode::<Thing>("o", &sealed, Trust::Mac(&ring)).unwrap(), thing());
        assert_eq!(decode::<Thing>("o", &sealed, Trust::Checksum).unwrap(), thing());
    }

    #[test]
    fn every_flip_is_found() {
        let ring = KeyRing::new(key(1));
        let cases = [(encode(&thing(), None), Trust::Checksum), (encode(&thing(), Some(&key(1))), Trust::Mac(&ring))];
        for (whole, trust) in cases {
            for at in 0..whole.len() {
                for bit in 0..8 {
                    let mut bad = whole.clone();
                    bad[at] ^= 1 << bit;
                    assert!(decode::<Thing>("o", &bad, trust).is_err(), "byte {at} bit {bit}");
                }
            }
            for end in 0..whole.len() {
                assert!(decode::<Thing>("o", &whole[..end], trust).is_err(), "cut at {end}");
            }
            assert!(decode::<Thing>("o", &[&whole[..], b"\n"].concat(), trust).is_err());
        }
    }

    #[test]
    fn failures_differ() {
        let ring = KeyRing::new(key(1));
        let plain = encode(&thing(), None);
        assert!(matches!(decode::<Thing>("o", &plain, Trust::Mac(&ring)), Err(Error::NotSealed { .. })));
        let foreign = encode(&thing(), Some(&key(2)));
        assert!(matches!(decode::<Thing>("o", &foreign, Trust::Mac(&ring)), Err(Error::Damaged { .. })));
        // A newer format may have other fields: it is told before they are missed.
        let newer = encode(&serde_json::json!({"format": 2, "title": "x"}), None);
        assert!(matches!(decode::<Thing>("o", &newer, Trust::Checksum), Err(Error::TooNew { found: 2, .. })));
    }
}
