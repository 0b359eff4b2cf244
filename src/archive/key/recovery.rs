//! Recovery keys: 160 random bits as text that a person can copy from paper.
//!
//! Seven groups of five characters: 32 for the 20 bytes (five bits each, highest first) and three for the first 15 bits of
//! the SHA-256 of `strongroom recovery key` and the 20 bytes. The characters are Crockford's base32, without I, L, O and U.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DATA: usize = 32;
const CHECK: usize = 3;
const GROUP: usize = 5;

/// A new recovery key from 20 random bytes: groups of characters that are hard to confuse, with a checksum.
pub fn recovery_key(random: &[u8; 20]) -> Zeroizing<String> {
    let mut values = Zeroizing::new([0; DATA + CHECK]);
    // 20 bytes are exactly four times five bytes, each of which are eight characters.
    for (chunk, out) in random.chunks_exact(5).zip(values.chunks_exact_mut(8)) {
        let bits = chunk.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        for (i, value) in out.iter_mut().enumerate() {
            *value = (bits >> (35 - 5 * i)) as u8 & 31;
        }
    }
    values[DATA..].copy_from_slice(&check(random));
    written(&values)
}

/// Brings a typed recovery key into its one form (case, spaces, look-alikes); `None` where the checksum does not fit.
pub fn normalize_recovery_key(typed: &str) -> Option<Zeroizing<String>> {
    let mut values = Zeroizing::new([0u8; DATA + CHECK]);
    let mut count = 0;
    for c in typed.chars() {
        if is_between(c) {
            continue;
        }
        let c = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        *values.get_mut(count)? = ALPHABET.iter().position(|a| char::from(*a) == c)? as u8;
        count += 1;
    }
    if count != values.len() {
        return None;
    }
    let mut bytes = Zeroizing::new([0; 20]);
    for (chunk, out) in values[..DATA].chunks_exact(8).zip(bytes.chunks_exact_mut(5)) {
        let bits = chunk.iter().fold(0u64, |bits, value| bits << 5 | u64::from(*value));
        out.copy_from_slice(&bits.to_be_bytes()[3..]);
    }
    (values[DATA..] == check(&bytes)).then(|| written(&values))
}

/// Whether this can have been meant as a recovery key, however it was mistyped: so that whoever typed it is told what to look for.
pub fn resembles_recovery_key(typed: &str) -> bool {
    let groups = || typed.split(is_between).filter(|group| !group.is_empty());
    let (count, fives) = (groups().count(), groups().filter(|group| group.len() == GROUP).count());
    let length: usize = groups().map(str::len).sum();
    let letters = || groups().flat_map(str::bytes);
    // Without digits it is rather words.
    if !letters().all(|b| b.is_ascii_alphanumeric()) || !letters().any(|b| b.is_ascii_digit()) {
        return false;
    }
    let off = length.abs_diff(DATA + CHECK);
    match count {
        1 => off <= 2 && !(letters().any(|b| b.is_ascii_lowercase()) && letters().any(|b| b.is_ascii_uppercase())),
        _ => off <= 2 * GROUP && fives >= 4 && fives + 2 >= count,
    }
}

/// What stands between groups.
fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '_' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn check(bytes: &[u8; 20]) -> [u8; CHECK] {
    let hash = Sha256::new().chain_update(b"strongroom recovery key").chain_update(bytes).finalize();
    let bits = u16::from_be_bytes([hash[0], hash[1]]) >> 1;
    [(bits >> 10) as u8 & 31, (bits >> 5) as u8 & 31, bits as u8 & 31]
}

fn written(values: &[u8; DATA + CHECK]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(values.len() + values.len() / GROUP));
    for (i, value) in values.iter().enumerate() {
        if i > 0 && i % GROUP == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET[usize::from(*value) & 31]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_careless_typing() {
        let random: [u8; 20] = std::array::from_fn(|i| (i * 37 + 11) as u8);
        let key = recovery_key(&random);
        assert_eq!(key.len(), 41);
        assert_eq!(key.split('-').count(), 7);
        let careless = key.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(normalize_recovery_key(&careless).unwrap(), key);
        assert_eq!(normalize_recovery_key(&format!("  {}\n", key.replace('-', ""))).unwrap(), key);
    }

    #[test]
    fn what_was_meant_as_a_recovery_key_is_told_from_passwords() {
        let key = recovery_key(&std::array::from_fn(|i| (i * 91 + 3) as u8));
        let bare = key.replace('-', "");
        let meant: [&str; 8] =
            [&key, &key[..35], &key[6..], &key[1..], &format!("{}7", *key), &bare, &bare[1..], &bare.to_lowercase()];
        for typed in meant.map(String::from).into_iter().chain([key.replacen('-', " ", 3), key.replace('0', "u")]) {
            assert!(resembles_recovery_key(&typed), "{typed}");
        }
        for password in [
            "",
            "hunter2",
            "correct horse battery staple",
            "horse apple table chair grape stone river",
            "x7k2mfqa-x7k2mfqb-x7k2mfqc-x7k2mfqd",
            "2026-11-21",
            "Tr0ub4dor&3",
            "dGhpcyBpcyBhIHBhc3N3b3JkIGluIGI2NDE",
        ] {
            assert!(!resembles_recovery_key(password), "{password}");
        }
    }

    #[test]
    fn every_wrong_character_and_most_swaps_are_found() {
        let key = recovery_key(&std::array::from_fn(|i| (i * 91 + 3) as u8));
        for at in 0..key.len() {
            if &key[at..=at] == "-" {
                continue;
            }
            for c in ALPHABET {
                let c = char::from(*c).to_string();
                if c != key[at..=at] {
                    let wrong = format!("{}{c}{}", &key[..at], &key[at + 1..]);
                    assert!(normalize_recovery_key(&wrong).is_none(), "{wrong}");
                }
            }
        }
        for bad in ["", "hello", &key[1..], &format!("{}A", *key), &key.replace(&key[..1], "U")] {
            assert!(normalize_recovery_key(bad).is_none(), "{bad}");
        }
    }
}
