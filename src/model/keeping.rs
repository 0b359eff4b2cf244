//! Stores that keep what is deleted, or let nothing be deleted yet: room there is not free at once.

use serde::{Deserialize, Serialize};

use super::human;

const DAYS_OF_YEAR: u32 = 365;

/// What a store keeps of objects that are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Keeping {
    /// All of it (versioning), until a rule of the store's own takes it away.
    Versions,
    /// The same, and some of it may not go before its time (object lock).
    Locked {
        /// Days for which all that is written is locked; `None`: nothing is by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<u32>,
    },
    /// Nothing may be deleted yet (retention policy, immutability, hold).
    Held {
        /// Days for which all that is written may not be; `None`: the store does not tell how long.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<u32>,
    },
    /// What is deleted stays for so many days and takes room (soft delete).
    Soft { days: u32 },
}

/// A destination that keeps what is deleted, by its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeper {
    pub destination: String,
    pub keeping: Keeping,
}

impl Keeping {
    /// What it is, and what it means for cleaning up.
    pub fn in_words(self) -> String {
        match self {
            Self::Versions => {
                "The bucket keeps older versions of files, and what is deleted: cleaning up frees room only once a lifecycle rule of \
                 the bucket takes old versions away"
                    .into()
            }
            Self::Locked { days: Some(days) } => format!(
                "The bucket keeps deleted files for {} (object lock): cleaning up frees room only later, once a lifecycle rule of the \
                 bucket takes old versions away",
                span(days)
            ),
            Self::Locked { days: None } => {
                "The bucket keeps what is deleted and can lock it (object lock): cleaning up frees room only once a lifecycle rule of \
                 the bucket takes old versions away"
                    .into()
            }
            Self::Held { days: Some(days) } => format!(
                "The bucket lets no file be deleted for {} after it was written (retention policy): cleaning up frees what is older alone",
                span(days)
            ),
            Self::Held { days: None } => {
                "The bucket lets no file be deleted as long as a policy or a hold of its own says so (immutability): cleaning up may \
                 free nothing"
                    .into()
            }
            Self::Soft { days } => {
                format!("The bucket keeps deleted files for {} (soft delete): cleaning up frees room only then", span(days))
            }
        }
    }
}

impl Keeper {
    pub fn in_words(&self) -> String {
        format!("{}: {}", self.destination, self.keeping.in_words())
    }
}

/// "30 days", "7 years".
fn span(days: u32) -> String {
    match days {
        0 => "a while".into(),
        days if days.is_multiple_of(DAYS_OF_YEAR) => human::counted(u64::from(days / DAYS_OF_YEAR), "year", "years"),
        days => human::counted(u64::from(days), "day", "days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_said_with_what_it_means() {
        let said = Keeping::Locked { days: Some(30) }.in_words();
        assert!(
            said.starts_with("The bucket keeps deleted files for 30 days (object lock): cleaning up frees room only later"),
            "{said}"
        );
        assert!(Keeping::Locked { days: Some(730) }.in_words().contains("for 2 years"));
        let held = Keeping::Held { days: Some(30) }.in_words();
        assert!(held.starts_with("The bucket lets no file be deleted for 30 days after it was written"), "{held}");
        let soft = Keeping::Soft { days: 7 }.in_words();
        assert!(soft.starts_with("The bucket keeps deleted files for 7 days (soft delete)"), "{soft}");
        for (keeping, says) in [
            (Keeping::Versions, "lifecycle rule"),
            (Keeping::Locked { days: None }, "lifecycle rule"),
            (Keeping::Locked { days: Some(1) }, "lifecycle rule"),
            (Keeping::Held { days: None }, "may free nothing"),
            (Keeping::Held { days: Some(1) }, "for 1 day after"),
            (Keeping::Soft { days: 1 }, "only then"),
        ] {
            assert!(keeping.in_words().contains(says), "{keeping:?}");
            let json = serde_json::to_string(&keeping).unwrap();
            assert_eq!(serde_json::from_str::<Keeping>(&json).unwrap(), keeping, "{json}");
        }
    }
}
