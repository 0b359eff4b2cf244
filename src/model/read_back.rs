//! What of a new version is read back when its backup is done, and compared with what was written.

use serde::{Deserialize, Serialize};

use super::location::Location;

/// What a plan wants. What a run did is a [`ReadBack`](super::run::ReadBack).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WantedReadBack {
    /// All that is new, wherever it lies: from a server it comes the whole way once more.
    #[default]
    Always,
    /// In folders and on drives alone. Of a server it counts that it confirms what it took: its size, and its checksum where it gives
    /// one.
    Local,
    /// Nothing: whoever wants to know verifies.
    Never,
}

impl WantedReadBack {
    pub const ALL: [Self; 3] = [Self::Always, Self::Local, Self::Never];

    /// Whether what was written there is read back.
    pub fn is_wanted_at(self, location: &Location) -> bool {
        match self {
            Self::Always => true,
            Self::Local => location.server().is_none(),
            Self::Never => false,
        }
    }

    /// "everything new".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Always => "everything new",
            Self::Local => "everything new, but not from servers",
            Self::Never => "nothing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_and_folders_are_told_apart() {
        let places = ["/media/blue", "sftp://ada@nas/b", "s3://my-bucket/a"].map(|text| Location::typed(text).unwrap());
        let wanted = |wish: WantedReadBack| places.each_ref().map(|place| wish.is_wanted_at(place));
        assert_eq!(WantedReadBack::ALL.map(wanted), [[true; 3], [true, false, false], [false; 3]]);
    }

    #[test]
    fn what_is_no_wish_is_refused() {
        for wish in WantedReadBack::ALL {
            let json = serde_json::to_string(&wish).unwrap();
            assert_eq!(serde_json::from_str::<WantedReadBack>(&json).unwrap(), wish, "{json}");
        }
        assert!(serde_json::from_str::<WantedReadBack>("\"sometimes\"").is_err());
    }
}
