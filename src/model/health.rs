//! How a destination was, whenever it was looked at; and what that tells.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::human;
use super::problem::{Code, Problem};
use super::sum;

mod days;
mod order;
mod patience;
mod trend;

pub use days::{HealthDay, days};
pub use order::{Remembered, healthiest_first};
pub use patience::Patience;
pub use trend::days_until_full;

/// Looks that it takes before a share of them says something.
const ENOUGH: u64 = 10;
/// Longest sentence that is kept of a failure, in characters: a server may answer anything.
const LONGEST: usize = 300;

/// A destination as it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub at: Timestamp,
    /// Looks that it stands for: what is long ago is told by hours, and what is longer ago by days.
    pub looks: u64,
    /// Why it could not be used; `None`: it could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Bytes free and in all, where that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Bytes of our plan folders, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// Until it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// Bytes a second, where it was written to for the sake of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<u64>,
    /// The same of reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_speed: Option<u64>,
}

/// How soon it answers: "answers in 8 ms".
pub fn latency_in_words(ms: u64) -> String {
    if ms == 0 { "answers at once".into() } else { format!("answers in {ms} ms") }
}

/// Why a destination could not be used, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub code: Code,
    /// What happened, one sentence.
    pub what: String,
}

impl Failure {
    pub fn of(problem: &Problem) -> Self {
        Self { code: problem.code, what: problem.what.chars().take(LONGEST).collect() }
    }

    /// What a problem says of the destination itself; `None` where it is about a backup that lies there, or about who asks. One that is full
    /// is there: its room tells that.
    pub fn of_destination(problem: &Problem) -> Option<Self> {
        use Code::{
            Busy, DestinationMissing, Io, MarkerMissing, NotWritable, NothingThere, ServerAnswer, ServerCertificate,
            ServerCertificateExpired, ServerCertificateInvalid, ServerChanged, ServerUnknown, StoragePassword,
            StoragePasswordNeeded, Usage,
        };
        let is_its_own = matches!(
            problem.code,
            DestinationMissing
                | MarkerMissing
                | NothingThere
                | NotWritable
                | ServerAnswer
                | ServerCertificate
                | ServerCertificateExpired
                | ServerCertificateInvalid
                | ServerChanged
                | ServerUnknown
                | StoragePassword
                | StoragePasswordNeeded
                | Busy
                | Io
                | Usage
        );
        is_its_own.then(|| Self::of(problem))
    }
}

impl Sample {
    /// One look, of which nothing more is known than how it ended.
    pub fn new(at: Timestamp, failure: Option<Failure>) -> Self {
        Self { at, looks: 1, failure, free: None, total: None, used: None, latency_ms: None, speed: None, read_speed: None }
    }
}

/// What the samples of a while tell of a destination.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Looks, and those at which it could be used.
    pub looks: u64,
    pub good: u64,
    /// When it was first found to be away, where it still is.
    pub away_since: Option<Timestamp>,
    /// The newest time at which it could not be used, and why.
    pub last_failure: Option<(Timestamp, Failure)>,
    /// See [`days_until_full`].
    pub full_in_days: Option<f64>,
}

impl Told {
    /// Of samples in the order of their times.
    pub fn of(samples: &[Sample], now: Timestamp) -> Self {
        let is_good = |sample: &&Sample| sample.failure.is_none();
        let since = samples.iter().rposition(|sample| sample.failure.is_none()).map_or(0, |last_good| last_good + 1);
        let last = samples.iter().rev().find_map(|sample| Some((sample.at, sample.failure.clone()?)));
        Self {
            looks: looks(samples.iter()),
            good: looks(samples.iter().filter(is_good)),
            away_since: samples.get(since).map(|sample| sample.at),
            last_failure: last,
            full_in_days: days_until_full(samples, now),
        }
    }

    /// Whole percent of the looks at which it could be used: neither all nor none where that is not so. `None` where it was hardly
    /// looked at.
    pub fn percent(&self) -> Option<u64> {
        if self.looks < 2 {
            return None;
        }
        let share = (u128::from(self.good) * 100 / u128::from(self.looks)) as u64;
        Some(if self.good > 0 { share.max(1) } else { 0 })
    }

    /// "usable at 98 % of 120 checks", once there were enough of them.
    pub fn share_in_words(&self) -> Option<String> {
        let percent = self.percent().filter(|_| self.looks >= ENOUGH)?;
        Some(format!("usable at {percent} % of {}", human::counted(self.looks, "check", "checks")))
    }

    /// "not usable since Sat 21 Nov 18:02 (3 days)": `None` while it can be used.
    pub fn away_in_words(&self, now: Timestamp, zone: &TimeZone) -> Option<String> {
        let since = self.away_since?;
        let away = now.duration_since(since);
        let span = if away.as_hours() < 24 { String::new() } else { format!(" ({})", human::duration(away)) };
        Some(format!("not usable since {}{span}", human::moment(since, now, zone)))
    }

    /// "at this rate full in about 40 days": `None` where that cannot be known, or is far off.
    pub fn trend_in_words(&self) -> Option<String> {
        Some(format!("at this rate full {}", trend::in_words(self.full_in_days?)))
    }

    /// All that can be said, a line each.
    pub fn in_words(&self, now: Timestamp, zone: &TimeZone) -> Vec<String> {
        [self.share_in_words(), self.away_in_words(now, zone), self.trend_in_words()].into_iter().flatten().collect()
    }
}

fn looks<'a>(samples: impl Iterator<Item = &'a Sample>) -> u64 {
    sum::saturating(samples.map(|sample| sample.looks))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(hour: i64) -> Timestamp {
        "2026-11-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour)
    }

    fn good(hour: i64) -> Sample {
        Sample::new(at(hour), None)
    }

    fn bad(hour: i64) -> Sample {
        let problem = Problem::new(Code::DestinationMissing, "The destination is not there.", "Plug the drive in.");
        Sample::new(at(hour), Failure::of_destination(&problem))
    }

    #[test]
    fn it_is_away_since_it_was_first_found_so() {
        let told = |samples: &[Sample]| Told::of(samples, at(100));
        assert_eq!(told(&[]), Told::default());
        let whole = told(&[good(1), good(2)]);
        assert_eq!((whole.away_since, whole.percent(), whole.last_failure), (None, Some(100), None));
        let back = told(&[bad(1), bad(2), good(3)]);
        assert_eq!((back.away_since, back.percent()), (None, Some(33)));
        assert_eq!(back.last_failure.unwrap().0, at(2));
        let away = told(&[bad(0), good(1), bad(2), bad(3)]);
        assert_eq!((away.away_since, away.percent()), (Some(at(2)), Some(25)));
        assert_eq!(told(&[bad(1), bad(2)]).away_since, Some(at(1)), "it was never there");
        assert_eq!(told(&[bad(1)]).percent(), None, "one look says nothing");
    }

    #[test]
    fn a_share_is_neither_all_nor_none_where_it_is_not() {
        let many = |good: u64, looks: u64| Told { good, looks, ..Told::default() }.percent();
        assert_eq!([many(999, 1000), many(1000, 1000), many(1, 1000), many(0, 1000)], [Some(99), Some(100), Some(1), Some(0)]);
        assert_eq!(many(u64::MAX, u64::MAX), Some(100));
        let of_days = [Sample { looks: 23, ..good(0) }, Sample { looks: 1, ..bad(5) }, Sample { looks: 24, ..good(24) }];
        assert_eq!(Told::of(&of_days, at(48)).percent(), Some(97), "what stands for many looks counts as many");
    }

    #[test]
    fn how_soon_it_answers_is_told_in_words() {
        assert_eq!([0, 8].map(latency_in_words), ["answers at once", "answers in 8 ms"]);
    }

    #[test]
    fn it_is_told_in_words() {
        let now = at(20 * 24);
        let told = Told::of(&[good(0), bad(16 * 24), bad(17 * 24)], now);
        let words = told.in_words(now, &TimeZone::UTC);
        assert_eq!(words, ["not usable since Tue 17 Nov 00:00 (4 days)"], "a share of three looks says nothing");
        let many = Told { looks: 120, good: 118, ..Told::default() };
        assert_eq!(many.in_words(now, &TimeZone::UTC), ["usable at 98 % of 120 checks"]);
        assert!(Told::default().in_words(now, &TimeZone::UTC).is_empty());
        let full = Told { full_in_days: Some(40.2), ..Told::default() };
        assert_eq!(full.trend_in_words().unwrap(), "at this rate full in about 40 days");
    }

    #[test]
    fn what_is_not_the_destinations_fault_is_none_of_its() {
        let of = |code| Failure::of_destination(&Problem::new(code, "x", "")).is_some();
        assert!(of(Code::DestinationMissing) && of(Code::NotWritable) && of(Code::StoragePassword) && of(Code::MarkerMissing));
        for code in [
            Code::PasswordNeeded,
            Code::OtherOwner,
            Code::ForeignHand,
            Code::Damaged,
            Code::Cancelled,
            Code::SourceMissing,
            Code::NoRoom,
        ] {
            assert!(!of(code), "{code:?}");
        }
        let long = Failure::of(&Problem::new(Code::ServerAnswer, "ä".repeat(9000), ""));
        assert_eq!(long.what.chars().count(), LONGEST);
    }
}
