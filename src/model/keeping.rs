//! Stores that keep what is deleted: room there is not free at once.

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
        for keeping in [Keeping::Versions, Keeping::Locked { days: None }, Keeping::Locked { days: Some(1) }] {
            assert!(keeping.in_words().contains("lifecycle rule"), "{keeping:?}");
            let json = serde_json::to_string(&keeping).unwrap();
            assert_eq!(serde_json::from_str::<Keeping>(&json).unwrap(), keeping, "{json}");
        }
    }
}
