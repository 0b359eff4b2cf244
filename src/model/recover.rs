//! `recover.py`: restores any version with Python alone. It lies in every plan's folder, and reads the format, not this program.

/// Its name in a plan's folder.
pub const NAME: &str = "recover.py";

/// Its text as it is written today.
pub const TEXT: &str = include_str!("../../assets/recover.py");

/// SHA-256, hex, of every text that was ever written to a destination, the newest last. A marker is written once and the script
/// is not: what lies in a plan's folder must be one of these, or the one that its marker names.
pub const KNOWN: [&str; 2] = [
    "60b1aee535c75140a20c325bd8cfd9b1f5156c965530f5feac9788151655da67",
    "a1d71505d8684e0fff016fd76ab8e0aa6093c2c1b94d7c0dd50ac55ea778eb20",
];

/// Whether a text with this SHA-256 is one of ours. `named`: what the marker of its folder says.
pub fn is_ours(sha256: &str, named: Option<&str>) -> bool {
    KNOWN.contains(&sha256) || named == Some(sha256)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_text_is_known() {
        let sha256 = HEXLOWER.encode(&Sha256::digest(TEXT));
        assert_eq!(KNOWN.last(), Some(&sha256.as_str()), "add it at the end; replace only what was never released");
        assert!(is_ours(&sha256, None) && is_ours("of a newer Strongroom", Some("of a newer Strongroom")));
        assert!(!is_ours("another", Some(&sha256)) && !is_ours("another", None));
    }

    /// It is to be read by whoever needs it, on a bad day.
    #[test]
    fn it_stays_short() {
        assert!(TEXT.lines().count() <= 400 && TEXT.lines().all(|line| line.chars().count() <= 130), "{NAME} has grown");
    }
}
