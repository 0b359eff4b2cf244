//! When a volume is closed and the next one begun.

use serde::{Deserialize, Serialize};

use super::human;

/// In settings and JSON a number of bytes, or `"whole"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub enum VolumeSize {
    /// At the first frame past this many bytes, from [`VolumeSize::MIN`] to [`VolumeSize::MAX`].
    Bytes(u64),
    /// With the run: one archive per version, however large. A run that is cut off then begins anew.
    Whole,
}

impl VolumeSize {
    pub const MIN: u64 = 1 << 20;
    pub const MAX: u64 = 64 << 30;

    /// `whole`, or a size within the bounds.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "whole" => Some(Self::Whole),
            _ => human::parse_bytes(text).filter(|size| (Self::MIN..=Self::MAX).contains(size)).map(Self::Bytes),
        }
    }

    /// The bytes past which a volume is closed.
    pub fn most(self) -> u64 {
        match self {
            Self::Bytes(size) => size.clamp(Self::MIN, Self::MAX),
            Self::Whole => u64::MAX,
        }
    }

    pub fn in_words(self) -> String {
        match self {
            Self::Bytes(size) => human::bytes(size),
            Self::Whole => "one file per version".into(),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Bytes(u64),
    Word(String),
}

impl TryFrom<Form> for VolumeSize {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        match form {
            Form::Bytes(size) => Ok(Self::Bytes(size)),
            Form::Word(word) if word == "whole" => Ok(Self::Whole),
            Form::Word(word) => {
                Err(format!("\u{201c}{word}\u{201d} is no size of volumes: expected bytes, or \u{201c}whole\u{201d}"))
            }
        }
    }
}

impl From<VolumeSize> for Form {
    fn from(size: VolumeSize) -> Self {
        match size {
            VolumeSize::Bytes(size) => Self::Bytes(size),
            VolumeSize::Whole => Self::Word("whole".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_the_word_are_read_and_nothing_else() {
        assert_eq!(VolumeSize::parse("64M"), Some(VolumeSize::Bytes(64 << 20)));
        assert_eq!(VolumeSize::parse("whole"), Some(VolumeSize::Whole));
        for wrong in ["10k", "1000T", "Whole", "", "all"] {
            assert_eq!(VolumeSize::parse(wrong), None, "{wrong}");
        }
        for size in [VolumeSize::Bytes(1 << 30), VolumeSize::Whole] {
            let json = serde_json::to_string(&size).unwrap();
            assert_eq!(serde_json::from_str::<VolumeSize>(&json).unwrap(), size, "{json}");
        }
        assert!(serde_json::from_str::<VolumeSize>("\"half\"").is_err());
    }
}
