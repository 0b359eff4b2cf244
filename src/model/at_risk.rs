//! What would be lost if the disk died now: the files that changed since the version that holds them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::human;
use super::plan::PlanId;
use super::sum;

/// Regular files that no version holds as they are, and their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtRisk {
    pub files: u64,
    pub bytes: u64,
    /// When it was looked; of several backups the time that is longest ago.
    pub as_of: Timestamp,
    /// There may be more: not everything could be looked at, or be told.
    pub at_least: bool,
}

/// Changed files of a plan that are remembered one by one; of more than these, sums over several plans say "at least".
pub const REMEMBERED: usize = 64 << 10;

/// Plans beside one that are told apart.
pub const BESIDE: usize = u32::BITS as usize;

/// A file that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Tells its path from others.
    pub key: u64,
    pub bytes: u64,
    /// When it changed, in nanoseconds since 1970.
    pub at: i64,
    /// In which of the plans of [`Exposed::beside`] it lies too, a bit each: a version of theirs that is newer holds it.
    pub beside: u32,
}

/// A plan's changed files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    sum: AtRisk,
    /// Plans that may hold the same files, at most [`BESIDE`]. Where there are none nothing needs to be remembered.
    beside: Vec<PlanId>,
    known: Vec<Changed>,
}

impl Exposed {
    pub fn new(as_of: Timestamp, mut beside: Vec<PlanId>) -> Self {
        beside.truncate(BESIDE);
        Self { sum: AtRisk { files: 0, bytes: 0, as_of, at_least: false }, beside, known: Vec::new() }
    }

    pub fn add(&mut self, changed: Changed) {
        self.sum.files += 1;
        self.sum.bytes = self.sum.bytes.saturating_add(changed.bytes);
        if !self.beside.is_empty() && self.known.len() < REMEMBERED {
            self.known.push(changed);
        }
    }

    /// There may be more.
    pub fn doubt(&mut self) {
        self.sum.at_least = true;
    }

    /// Nothing has changed since.
    pub fn holds_as_of(&mut self, at: Timestamp) {
        self.sum.as_of = at;
    }

    pub fn sum(&self) -> AtRisk {
        self.sum
    }

    fn is_whole(&self) -> bool {
        self.beside.is_empty() || self.known.len() as u64 == self.sum.files
    }
}

/// A plan, as a sum over all of them sees it.
pub struct Stand<'a> {
    pub plan: &'a PlanId,
    /// Since when what changes is not in its last good version any more; `None`: it has none, or that is not known.
    pub since: Option<Timestamp>,
    /// `None`: not measured.
    pub exposed: Option<&'a Exposed>,
}

/// What would be lost of all plans together: a path that lies in several counts once, and not at all where one of them holds it as it is.
/// `None` where nothing is measured.
pub fn total(plans: &[Stand<'_>]) -> Option<AtRisk> {
    let measured = || plans.iter().filter_map(|stand| stand.exposed);
    let as_of = measured().map(|exposed| exposed.sum.as_of).min()?;
    let mut sum = AtRisk { files: 0, bytes: 0, as_of, at_least: false };
    sum.at_least = plans.iter().any(|stand| stand.exposed.is_none_or(|exposed| exposed.sum.at_least || !exposed.is_whole()));
    for alone in measured().filter(|exposed| exposed.beside.is_empty()) {
        sum.files += alone.sum.files;
        sum.bytes = sum.bytes.saturating_add(alone.sum.bytes);
    }
    let since = |id: &PlanId| plans.iter().find(|stand| stand.plan == id).and_then(|stand| stand.since);
    let mut lost: Vec<(u64, Timestamp, u64)> = Vec::new();
    for exposed in measured() {
        let held: Vec<Option<i128>> = exposed.beside.iter().map(|plan| since(plan).map(Timestamp::as_nanosecond)).collect();
        let is_held = |changed: &Changed| {
            held.iter().enumerate().any(|(bit, since)| {
                changed.beside & (1 << bit) != 0 && since.is_some_and(|since| i128::from(changed.at) <= since)
            })
        };
        let open = exposed.known.iter().filter(|changed| !is_held(changed));
        lost.extend(open.map(|changed| (changed.key, exposed.sum.as_of, changed.bytes)));
    }
    // As it was found last.
    lost.sort_unstable_by(|a, b| (a.0, b.1).cmp(&(b.0, a.1)));
    lost.dedup_by_key(|(key, ..)| *key);
    sum.files += lost.len() as u64;
    sum.bytes = sum::saturating(lost.iter().map(|(.., bytes)| *bytes).chain([sum.bytes]));
    Some(sum)
}

impl AtRisk {
    /// Whether nothing would be lost, and that is certain.
    pub fn is_nothing(&self) -> bool {
        self.files == 0 && !self.at_least
    }

    /// "12 files, 3.4 MB", "at least 1 file, 20 B", "nothing", "nothing that is known of".
    pub fn in_words(&self) -> String {
        let least = if self.at_least { "at least " } else { "" };
        match self.files {
            0 if self.at_least => "nothing that is known of".into(),
            0 => "nothing".into(),
            files => format!("{least}{}, {}", human::counted(files, "file", "files"), human::bytes(self.bytes)),
        }
    }

    /// "as of 20:14", "as of yesterday 18:02".
    pub fn when(&self, now: Timestamp, zone: &TimeZone) -> String {
        let moment = human::moment(self.as_of, now, zone);
        format!("as of {}", moment.strip_prefix("today ").unwrap_or(&moment))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_764_000_000 + seconds).unwrap()
    }

    fn nanos(seconds: i64) -> i64 {
        i64::try_from(at(seconds).as_nanosecond()).unwrap()
    }

    fn id(n: u8) -> PlanId {
        PlanId::from_random([n; 16])
    }

    fn exposed(as_of: i64, beside: &[u8], files: &[(u64, u64, i64, u32)]) -> Exposed {
        let mut exposed = Exposed::new(at(as_of), beside.iter().map(|n| id(*n)).collect());
        for (key, bytes, changed, beside) in files {
            exposed.add(Changed { key: *key, bytes: *bytes, at: nanos(*changed), beside: *beside });
        }
        exposed
    }

    fn sum_of(plans: &[(u8, Option<i64>, Option<&Exposed>)]) -> Option<(u64, u64, Timestamp, bool)> {
        let ids: Vec<PlanId> = plans.iter().map(|(n, ..)| id(*n)).collect();
        let stands: Vec<Stand<'_>> = plans
            .iter()
            .zip(&ids)
            .map(|((_, since, exposed), plan)| Stand { plan, since: since.map(at), exposed: *exposed })
            .collect();
        total(&stands).map(|sum| (sum.files, sum.bytes, sum.as_of, sum.at_least))
    }

    #[test]
    fn plans_that_have_nothing_in_common_are_added_up() {
        let (one, two) = (exposed(20, &[], &[(1, 10, 5, 0), (2, 5, 6, 0)]), exposed(10, &[], &[(1, 7, 5, 0)]));
        assert_eq!(sum_of(&[(1, Some(0), Some(&one)), (2, Some(0), Some(&two))]), Some((3, 22, at(10), false)));
        assert!(one.known.is_empty(), "nothing is remembered for nothing");
        assert_eq!(sum_of(&[]), None);
        assert_eq!(sum_of(&[(1, Some(0), None)]), None);
        assert_eq!(sum_of(&[(1, Some(0), Some(&one)), (2, None, None)]), Some((2, 15, at(20), true)), "one is not measured");
    }

    #[test]
    fn a_path_in_two_plans_counts_once_and_as_it_was_found_last() {
        let one = exposed(20, &[2], &[(1, 10, 15, 1), (2, 5, 15, 0)]);
        let two = exposed(30, &[1], &[(1, 12, 25, 1), (3, 1, 25, 1)]);
        let plans = [(1, Some(0), Some(&one)), (2, Some(0), Some(&two))];
        assert_eq!(sum_of(&plans), Some((3, 18, at(20), false)));
        let turned = [plans[1], plans[0]];
        assert_eq!(sum_of(&turned), Some((3, 18, at(20), false)));
    }

    #[test]
    fn what_another_plan_holds_is_not_lost() {
        // Plan 1 ran at 0, plan 2 after the first file had changed.
        let one = exposed(20, &[2], &[(1, 10, 5, 1), (2, 5, 15, 1), (3, 2, 5, 0)]);
        let two = exposed(10, &[1], &[]);
        let with = |since| sum_of(&[(1, Some(0), Some(&one)), (2, since, Some(&two))]).unwrap();
        assert_eq!(with(Some(10)), (2, 7, at(10), false), "what changed later, and what is not plan 2's, is");
        assert_eq!(with(Some(5)).0, 2, "in the same moment it is held");
        assert_eq!(with(Some(4)).0, 3);
        assert_eq!(with(None).0, 3);
        assert_eq!(sum_of(&[(1, Some(0), Some(&one))]).unwrap().0, 3, "a plan that is gone holds nothing");
    }

    #[test]
    fn past_what_is_remembered_a_sum_says_at_least() {
        let many: Vec<(u64, u64, i64, u32)> = (0..REMEMBERED as u64 + 1).map(|key| (key, 1, 5, 1)).collect();
        let (one, two) = (exposed(20, &[2], &many), exposed(20, &[1], &[(7, 1, 5, 1)]));
        assert_eq!((one.sum().files, one.sum().at_least), (REMEMBERED as u64 + 1, false), "by itself it is exact");
        assert_eq!(one.known.len(), REMEMBERED);
        let sum = sum_of(&[(1, Some(0), Some(&one)), (2, Some(0), Some(&two))]).unwrap();
        assert_eq!((sum.0, sum.3), (REMEMBERED as u64, true));
        let alone = exposed(20, &[], &many);
        let (files, .., at_least) = sum_of(&[(1, Some(0), Some(&alone))]).unwrap();
        assert_eq!((files, at_least), (REMEMBERED as u64 + 1, false));
    }

    #[test]
    fn doubt_is_handed_on() {
        let mut one = exposed(20, &[], &[]);
        assert!(one.sum().is_nothing());
        one.doubt();
        assert!(!one.sum().is_nothing());
        assert_eq!(sum_of(&[(1, Some(0), Some(&one))]), Some((0, 0, at(20), true)));
    }

    #[test]
    fn more_plans_beside_it_than_are_told_apart_hold_nothing() {
        let beside: Vec<u8> = (2..60).collect();
        let one = exposed(20, &beside, &[(1, 10, 5, u32::MAX)]);
        assert_eq!(one.beside.len(), BESIDE);
        assert_eq!(sum_of(&[(1, Some(0), Some(&one)), (40, Some(10), None)]).unwrap().0, 1);
        assert_eq!(sum_of(&[(1, Some(0), Some(&one)), (33, Some(10), None)]).unwrap().0, 0);
    }

    #[test]
    fn it_is_said_in_words() {
        let risk = |files, bytes, at_least| AtRisk { files, bytes, as_of: at(0), at_least }.in_words();
        assert_eq!(risk(12, 3_400_000, false), "12 files, 3.4 MB");
        assert_eq!(risk(1, 20, true), "at least 1 file, 20 B");
        assert_eq!((risk(0, 0, false).as_str(), risk(0, 0, true).as_str()), ("nothing", "nothing that is known of"));
        let risk = AtRisk { files: 0, bytes: 0, as_of: "2026-11-21T20:14:00Z".parse().unwrap(), at_least: false };
        let when = |now: &str| risk.when(now.parse().unwrap(), &TimeZone::UTC);
        assert_eq!(when("2026-11-21T20:59:00Z"), "as of 20:14");
        assert_eq!(when("2026-11-22T01:00:00Z"), "as of yesterday 20:14");
    }
}
