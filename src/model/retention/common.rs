//! Rules that are offered by name.

use super::buckets::Buckets;
use super::rule::Retention;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommonRule {
    ForEver,
    Year,
    /// The nearer the past, the closer together.
    Thinned,
}

impl CommonRule {
    pub const ALL: [Self; 3] = [Self::Thinned, Self::Year, Self::ForEver];

    /// On a button.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForEver => "For ever",
            Self::Year => "A year",
            Self::Thinned => "Thinned out",
        }
    }

    /// After "versions are".
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::ForEver => "kept for ever",
            Self::Year => "kept for a year",
            Self::Thinned => "thinned out as they age",
        }
    }

    /// A line below the buttons.
    pub const fn explained(self) -> &'static str {
        match self {
            Self::ForEver => "All versions stay until you delete them.",
            Self::Year => "All versions of the last year stay.",
            Self::Thinned => "Many of the last days stay, fewer of the months before.",
        }
    }

    pub fn rule(self) -> Retention {
        match self {
            Self::ForEver => Retention::default(),
            Self::Year => Retention { days: Some(365), ..Retention::default() },
            // Also what was made in short order by hand stays for a while.
            Self::Thinned => Retention {
                last: Some(10),
                hourly: Some(Buckets::Count(24)),
                daily: Some(Buckets::Count(30)),
                weekly: Some(Buckets::Count(52)),
                monthly: Some(Buckets::Count(0)),
                ..Retention::default()
            },
        }
    }

    /// The one that a rule is, apart from how many stay at least and what room they may take.
    pub fn of(rule: &Retention) -> Option<Self> {
        let plain = Retention { min: None, max_bytes: None, ..rule.clone() };
        Self::ALL.into_iter().find(|common| common.rule() == plain)
    }
}
