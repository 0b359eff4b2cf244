//! Passwords and keys on their way through the program: zeroed when dropped, never printed.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A password, recovery key or the like. Serialised only over the local socket between our own processes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
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
    fn debug_shows_nothing() {
        assert!(!format!("{:?}", Secret::new("hunter2")).contains("hunter"));
    }
}
