//! Passwords and keys on their way through the program: zeroed when dropped, never printed.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What the secret of a key file begins with.
pub const KEY_FILE: &str = "strongroom-key-file:";
/// Shorter key files could be guessed, in bytes.
pub const SHORTEST_KEY_FILE: usize = 32;

/// A password, recovery key or the like. Serialised only over the local socket between our own processes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What a key file with this content is as a secret, to be given wherever a password is: the SHA-256 of all of it. `None` where it
    /// is too short, or has so few different bytes that it could be guessed.
    pub fn of_key_file(content: &[u8]) -> Option<Self> {
        let mut seen = [false; 256];
        content.iter().for_each(|byte| seen[usize::from(*byte)] = true);
        let different = seen.into_iter().filter(|it| *it).count();
        if content.len() < SHORTEST_KEY_FILE || different < 16 {
            return None;
        }
        let hash: Zeroizing<[u8; 32]> = Zeroizing::new(Sha256::digest(content).into());
        let mut text = String::with_capacity(KEY_FILE.len() + 64);
        text.push_str(KEY_FILE);
        data_encoding::HEXLOWER.encode_append(&hash[..], &mut text);
        Some(Self(text))
    }

    /// Whether it is that of a key file.
    pub fn is_key_file(&self) -> bool {
        let hash = self.0.strip_prefix(KEY_FILE);
        hash.is_some_and(|hash| hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
    }

    /// The secret itself. Keep what is made of it in `Zeroizing`.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How good a password is, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Strength {
    Empty,
    Weak,
    Fair,
    Good,
    Strong,
}

impl Strength {
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Empty => "No password yet",
            Self::Weak => "Weak: guessed in minutes",
            Self::Fair => "Fair: guessed in days",
            Self::Good => "Good: guessed in years",
            Self::Strong => "Strong: out of reach",
        }
    }
}

/// Estimates a password's strength by what a guesser would try first (zxcvbn).
pub fn strength(password: &str) -> Strength {
    if password.is_empty() {
        return Strength::Empty;
    }
    // zxcvbn's time grows with length; what a person types is judged well by its first hundred characters.
    let head: Zeroizing<String> = Zeroizing::new(password.chars().take(100).collect());
    match u8::from(zxcvbn::zxcvbn(&head, &[]).score()) {
        0 | 1 => Strength::Weak,
        2 => Strength::Fair,
        3 => Strength::Good,
        _ => Strength::Strong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strength_orders_passwords() {
        assert_eq!(strength(""), Strength::Empty);
        assert_eq!(strength("password1"), Strength::Weak);
        assert_eq!(strength("correct horse battery staple violin"), Strength::Strong);
    }

    #[test]
    fn a_key_file_is_its_hash() {
        let content: Vec<u8> = (0..32).collect();
        let secret = Secret::of_key_file(&content).unwrap();
        assert!(secret.is_key_file());
        assert_eq!(secret.expose().len(), KEY_FILE.len() + 64);
        assert_ne!(Secret::of_key_file(&[&content[..], b"\n"].concat()).unwrap(), secret);
        assert_eq!(Secret::of_key_file(&content[..31]), None);
        assert_eq!(Secret::of_key_file(&[7; 4096]), None, "a file of zeros is no secret");
        assert!(!Secret::new(KEY_FILE).is_key_file() && !Secret::new("password").is_key_file());
    }

    #[test]
    fn debug_shows_nothing() {
        assert!(!format!("{:?}", Secret::new("hunter2")).contains("hunter"));
    }
}
