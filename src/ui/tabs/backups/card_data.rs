//! What a card and the header say, as plain data: no drawing, no clock.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::engine::message::{Overview, PlanOverview};
use crate::model::at_risk::AtRisk;
use crate::model::conditions::Wait;
use crate::model::human;
use crate::model::location::Location;
use crate::model::problem::Problem;
use crate::model::run::{Outcome, RunDetail, RunKind, RunReport};
use crate::model::schedule::DueBecause;
use crate::model::status::{Status, Why};

pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Protected => "Protected",
        Status::ProtectedWithWarnings => "Protected, with warnings",
        Status::WaitingForFirst => "Waiting for first backup",
        Status::Paused => "Paused",
        Status::NeedsAttention => "Needs attention",
    }
}

/// The worst of all backups, and how many are protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub status: Status,
    pub protected: usize,
    pub of: usize,
    /// Of all backups together.
    pub at_risk: Option<AtRisk>,
}

impl Header {
    /// `None` where nothing is set up.
    pub fn of(overview: &Overview) -> Option<Self> {
        let status = overview.plans.iter().map(|plan| plan.status).max()?;
        let is_protected = |plan: &&PlanOverview| match plan.status {
            Status::Protected | Status::ProtectedWithWarnings => true,
            Status::Paused => plan.last_success.is_some(),
            Status::WaitingForFirst | Status::NeedsAttention => false,
        };
        let protected = overview.plans.iter().filter(is_protected).count();
        Some(Self { status, protected, of: overview.plans.len(), at_risk: overview.at_risk })
    }

    pub fn text(&self) -> String {
        format!("{} · {} of {}", status_word(self.status), self.protected, self.of)
    }

    /// "If this disk died now you would lose 214 files, 1.3 GB · as of 20:14": the number that matters.
    pub fn risk(&self, now: Timestamp, zone: &TimeZone) -> Option<String> {
        let risk = self.at_risk?;
        Some(format!("If this disk died now you would lose {} · {}", risk.in_words(), risk.when(now, zone)))
    }

    /// What the status means. Where all is well the number that matters stands in its place.
    pub fn explanation(&self) -> Option<&'static str> {
        if self.status == Status::Protected && self.at_risk.is_some() {
            return None;
        }
        Some(self.meaning())
    }

    fn meaning(&self) -> &'static str {
        match self.status {
            Status::Protected => "Every backup ran when it should, and no damage is known.",
            Status::ProtectedWithWarnings => "The newest version is there, but something is amiss: the card says what.",
            Status::WaitingForFirst => "A backup that has not run yet protects nothing.",
            Status::Paused => "Nothing runs by itself for now.",
            Status::NeedsAttention => "The card below says what happened and what to do.",
        }
    }
}

/// "2 h ago · next today 20:00"; while something needs attention, what it is.
pub fn sentence(plan: &PlanOverview, now: Timestamp, zone: &TimeZone) -> String {
    let last = match (plan.last_success, &plan.why) {
        (Some(at), _) => human::ago(at, now),
        (None, Why::Failed(_)) => "never completed".into(),
        (None, _) => "never run".into(),
    };
    let late = match &plan.why {
        Why::Overdue { since } => format!(" · overdue since {}", human::moment(*since, now, zone)),
        Why::Damaged if plan.status == Status::NeedsAttention => " · damage was found: the history says which files".into(),
        Why::Damaged => " · older versions are damaged".into(),
        Why::Away { destination, since } => {
            format!(" · {} cannot be used since {}", destination.short_name(), human::moment(*since, now, zone))
        }
        Why::Failed(problem) if problem.code.is_held() => " · held".into(),
        Why::LeftRunning => " · the last run was cut off and will be gone on with".into(),
        _ => String::new(),
    };
    let next = match plan.next {
        _ if plan.status == Status::Paused => " · paused".into(),
        _ if !plan.waits.is_empty() => {
            format!(" · due, but {}", plan.waits.iter().map(Wait::in_words).collect::<Vec<_>>().join(" and "))
        }
        _ if matches!(plan.why, Why::Overdue { .. }) => String::new(),
        _ if plan.plan.schedules.on().next().is_none() => " · no schedule".into(),
        Some(due) => {
            let when = if due.at <= now { "due now".into() } else { format!("next {}", human::moment(due.at, now, zone)) };
            let why = if due.because == DueBecause::Time { String::new() } else { format!(", {}", due.because.in_words()) };
            format!(" · {when}{why}")
        }
        None => format!(" · {}", plan.plan.schedules.in_words()),
    };
    format!("{last}{late}{next}")
}

/// What of a backup would be lost with the disk, now: "Would be lost now: 12 files, 3.4 MB (as of 20:14)".
pub fn risk(plan: &PlanOverview, now: Timestamp, zone: &TimeZone) -> String {
    match plan.at_risk {
        Some(risk) if risk.is_nothing() => format!("Nothing would be lost now ({})", risk.when(now, zone)),
        Some(risk) => format!("Would be lost now: {} ({})", risk.in_words(), risk.when(now, zone)),
        None if plan.last_success.is_none() => "Never backed up: all of it would be lost".into(),
        None => "What would be lost now is not measured yet".into(),
    }
}

/// "12.4 GB · 41 versions in 9.8 GB"; and what that saves against whole copies.
pub fn size_line(plan: &PlanOverview) -> Option<String> {
    let versions = plan.versions.filter(|n| *n > 0)?;
    let counted = human::counted(versions, "version", "versions");
    Some(match (plan.source_bytes, plan.stored_bytes) {
        (Some(source), Some(stored)) => {
            let whole = u128::from(source) * u128::from(versions);
            let saved = match whole.saturating_sub(u128::from(stored)) * 100 / whole.max(1) {
                0 => String::new(),
                percent => format!(" · {percent} % saved"),
            };
            format!("{} · {counted} in {}{saved}", human::bytes(source), human::bytes(stored))
        }
        (Some(source), None) => format!("{} · {counted}", human::bytes(source)),
        _ => counted,
    })
}

/// The line that stays after a run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunResult {
    Good(String),
    /// What was done; how many things were left out.
    Warnings(String, u64),
    Failed(Problem),
    /// A verification found damage: what, and what to do.
    Damaged(Problem),
    Neutral(String),
}

/// "94 s", "under 1 s".
pub fn took(report: &RunReport) -> String {
    let span = report.took();
    let took = if span.as_secs() == 0 { "under 1 s".into() } else { human::duration(span) };
    took + &report.paused_in_words()
}

/// Where a backup goes: "/media/blue", "/media/blue and 2 other places".
pub fn places(destinations: &[Location]) -> Option<String> {
    let (first, others) = destinations.split_first()?;
    Some(match others {
        [] => first.display(),
        [other] => format!("{} and {}", first.display(), other.display()),
        _ => format!("{} and {} other places", first.display(), others.len()),
    })
}

/// What the newest run of a card did, in words: a result counts what was done.
pub fn result(report: &RunReport) -> RunResult {
    match &report.outcome {
        Outcome::Failed(problem) => {
            let damaged = matches!(&report.detail, RunDetail::Verify { report } if !report.damaged.is_empty());
            return if damaged { RunResult::Damaged(problem.clone()) } else { RunResult::Failed(problem.clone()) };
        }
        Outcome::Cancelled if report.kind == RunKind::Delete => {
            return RunResult::Neutral("Cancelled: versions that are gone stay gone, all others are whole.".into());
        }
        Outcome::Cancelled if report.kind == RunKind::Backup => {
            return RunResult::Neutral("Cancelled: no new version. The next run goes on from what was finished.".into());
        }
        Outcome::Cancelled => {
            return RunResult::Neutral("Cancelled.".into());
        }
        Outcome::LeftRunning => {
            return RunResult::Neutral("Cut off: Strongroom ended in the middle. It will be gone on with.".into());
        }
        Outcome::Completed | Outcome::CompletedWithWarnings => {}
    }
    let took = took(report);
    let text = match &report.detail {
        RunDetail::Backup { totals, .. } if totals.new_files == 0 && report.warning_count == 0 => {
            format!("Nothing new or changed: {} checked in {took}.", human::counted(totals.files, "file", "files"))
        }
        RunDetail::Backup { totals, .. } => format!(
            "{} of {} copied ({}), {} stored in {took}.",
            human::count(totals.new_files),
            human::counted(totals.files, "file", "files"),
            human::bytes(totals.new_bytes),
            human::bytes(totals.stored_bytes),
        ),
        RunDetail::Verify { report: verify } => format!(
            "Verified: {} in {}, {} read in {took}. All is well.",
            human::counted(verify.versions, "version", "versions"),
            human::counted(verify.objects, "object", "objects"),
            human::bytes(verify.bytes)
        ),
        RunDetail::Delete { versions, bytes, .. } => format!(
            "{} deleted, {} freed in {took}.",
            human::counted(versions.len() as u64, "version", "versions"),
            human::bytes(*bytes)
        ),
        RunDetail::Replicate { replicated, .. } => format!(
            "{} copied to {}, {} sent in {took}.",
            human::counted(replicated.versions.len() as u64, "version", "versions"),
            replicated.destination,
            human::bytes(replicated.bytes)
        ),
        RunDetail::Restore { .. } | RunDetail::Tool(_) | RunDetail::Event(_) | RunDetail::None => {
            format!("{} in {took}.", report.outcome.in_words())
        }
    };
    match report.warning_count {
        0 => RunResult::Good(text),
        n => RunResult::Warnings(text, n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::{Plan, PlanId};
    use crate::model::problem::Code;
    use crate::model::restore::{DamagedObject, VerifyReport};
    use crate::model::run::{ReadBack, RunId, RunKind, Trigger};
    use crate::model::schedule::{self, Due, Schedule, ScheduleId, Schedules};
    use crate::model::snapshot::{BackupType, Totals, VersionId};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn every(text: &str) -> Schedules {
        let when = schedule::parse(text, None, None, jiff::civil::date(2026, 11, 21)).unwrap();
        Schedule::new(ScheduleId::first(), when, at("2026-11-01T00:00:00Z")).into()
    }

    fn due(text: &str) -> Due {
        Due { at: at(text), because: DueBecause::Time }
    }

    fn plan(status: Status) -> PlanOverview {
        let plan = Plan {
            schedules: every("daily"),
            ..Plan::new(PlanId::from_random([1; 16]), "Documents", at("2026-11-01T00:00:00Z"))
        };
        PlanOverview {
            plan,
            status,
            why: Why::Nothing,
            last_success: Some(at("2026-11-21T10:00:00Z")),
            last_run: None,
            next: Some(due("2026-11-21T20:00:00Z")),
            pasts: vec![],
            waits: vec![],
            strip: vec![],
            versions: Some(41),
            stored_bytes: Some(9_800_000_000),
            behind: Vec::new(),
            append_only: Vec::new(),
            source_bytes: Some(12_400_000_000),
            at_risk: None,
        }
    }

    fn overview(plans: Vec<PlanOverview>) -> Overview {
        Overview {
            plans,
            keeps_schedules: true,
            knows_machine: true,
            zone: "UTC".into(),
            home_folder: "/home/u".into(),
            machine: "m".into(),
            ..Overview::default()
        }
    }

    fn report(outcome: Outcome, detail: RunDetail, warning_count: u64) -> RunReport {
        RunReport {
            run: RunId(1),
            kind: RunKind::Backup,
            trigger: Trigger::ByHand,
            schedules: Vec::new(),
            utc_offset: None,
            plan: None,
            plan_name: "Documents".into(),
            started: at("2026-11-21T10:00:00Z"),
            finished: at("2026-11-21T10:00:04Z"),
            paused_ms: 0,
            outcome,
            detail,
            warnings: vec![],
            warning_count,
            stages: vec![],
        }
    }

    fn backup(new_files: u64) -> RunDetail {
        let totals = Totals { files: 1200, new_files, new_bytes: 5_000_000, stored_bytes: 2_000_000, ..Totals::default() };
        let version = VersionId::new(at("2026-11-21T10:00:00Z"), BackupType::Incremental, [0; 4]);
        RunDetail::Backup {
            version,
            backup_type: BackupType::Incremental,
            totals,
            destination: "/x".into(),
            read_back: ReadBack::Medium,
            versions: 1,
            plan_bytes: 1,
            packed: None,
            resumed_bytes: 0,
            copies: Vec::new(),
        }
    }

    #[test]
    fn the_worst_backup_is_the_header() {
        assert_eq!(Header::of(&overview(vec![])), None);
        let mixed = overview(vec![plan(Status::Protected), plan(Status::NeedsAttention), plan(Status::WaitingForFirst)]);
        assert_eq!(Header::of(&mixed).unwrap().text(), "Needs attention · 1 of 3");
        let good = overview(vec![plan(Status::Protected), plan(Status::ProtectedWithWarnings)]);
        assert_eq!(Header::of(&good).unwrap().text(), "Protected, with warnings · 2 of 2");
    }

    #[test]
    fn a_card_says_when_it_ran_and_when_it_will() {
        let now = at("2026-11-21T12:00:00Z");
        let say = |p: &PlanOverview| sentence(p, now, &TimeZone::UTC);
        let mut p = plan(Status::Protected);
        assert_eq!(say(&p), "2 h ago · next today 20:00");
        p.plan.schedules = Schedules::default();
        assert_eq!(say(&p), "2 h ago · no schedule");
        p.plan.schedules = every("1h");
        p.next = Some(due("2026-11-21T11:59:00Z"));
        p.last_success = None;
        assert_eq!(say(&p), "never run · due now");
        p.why = Why::Overdue { since: at("2026-11-20T11:59:00Z") };
        assert_eq!(say(&p), "never run · overdue since yesterday 11:59");
        p.why = Why::Away { destination: Location::local("/media/blue"), since: at("2026-11-12T11:59:00Z") };
        assert_eq!(say(&p), "never run · blue cannot be used since Thu 12 Nov 11:59 · due now");
    }

    #[test]
    fn a_backup_whose_source_is_gone_is_held() {
        let mut p = plan(Status::NeedsAttention);
        p.why = Why::Failed(Problem::new(Code::SourceShrank, "No version was made.", ""));
        assert_eq!(sentence(&p, at("2026-11-21T12:00:00Z"), &TimeZone::UTC), "2 h ago · held · next today 20:00");
    }

    #[test]
    fn what_would_be_lost_is_said() {
        let now = at("2026-11-21T20:20:00Z");
        let say = |p: &PlanOverview| risk(p, now, &TimeZone::UTC);
        let measured = |files, at_least| AtRisk { files, bytes: files * 1_000_000, as_of: at("2026-11-21T20:14:00Z"), at_least };
        let mut p = plan(Status::Protected);
        assert_eq!(say(&p), "What would be lost now is not measured yet");
        p.at_risk = Some(measured(12, false));
        assert_eq!(say(&p), "Would be lost now: 12 files, 12.0 MB (as of 20:14)");
        p.at_risk = Some(measured(1, true));
        assert_eq!(say(&p), "Would be lost now: at least 1 file, 1.0 MB (as of 20:14)");
        p.at_risk = Some(measured(0, false));
        assert_eq!(say(&p), "Nothing would be lost now (as of 20:14)");
        p.at_risk = Some(measured(0, true));
        assert_eq!(say(&p), "Would be lost now: nothing that is known of (as of 20:14)", "it is not certain");
        (p.at_risk, p.last_success) = (None, None);
        assert_eq!(say(&p), "Never backed up: all of it would be lost");
    }

    #[test]
    fn the_header_says_the_number_that_matters() {
        let now = at("2026-11-22T07:00:00Z");
        let mut all = overview(vec![plan(Status::Protected)]);
        let header = |all: &Overview| {
            let header = Header::of(all).unwrap();
            (header.risk(now, &TimeZone::UTC), header.explanation().is_some())
        };
        assert_eq!(header(&all), (None, true));
        all.at_risk = Some(AtRisk { files: 214, bytes: 1_300_000_000, as_of: at("2026-11-21T20:14:00Z"), at_least: true });
        let said = "If this disk died now you would lose at least 214 files, 1.3 GB · as of yesterday 20:14";
        assert_eq!(header(&all), (Some(said.into()), false));
        all.plans[0].status = Status::NeedsAttention;
        assert_eq!(header(&all), (Some(said.into()), true), "what is wrong is said all the same");
    }

    #[test]
    fn size_and_saving() {
        assert_eq!(size_line(&plan(Status::Protected)).unwrap(), "12.4 GB · 41 versions in 9.8 GB · 98 % saved");
        let mut p = plan(Status::Protected);
        p.versions = Some(0);
        assert_eq!(size_line(&p), None);
        (p.versions, p.stored_bytes) = (Some(1), Some(20_000_000_000));
        assert_eq!(size_line(&p).unwrap(), "12.4 GB · 1 version in 20.0 GB");
    }

    #[test]
    fn a_result_counts_what_was_done() {
        let good = |n| match result(&report(Outcome::Completed, backup(n), 0)) {
            RunResult::Good(text) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(good(3), "3 of 1,200 files copied (5.0 MB), 2.0 MB stored in 4 s.");
        assert_eq!(good(0), "Nothing new or changed: 1,200 files checked in 4 s.");
        let warned = result(&report(Outcome::CompletedWithWarnings, backup(0), 2));
        assert!(matches!(&warned, RunResult::Warnings(text, 2) if text.starts_with("0 of 1,200")), "{warned:?}");
        let problem = Problem::new(Code::NoRoom, "Full.", "Free some.");
        assert_eq!(result(&report(Outcome::Failed(problem.clone()), RunDetail::None, 0)), RunResult::Failed(problem));
        let damaged = DamagedObject { object: "v1".into(), what: "x".into(), hits: vec![], hit_count: 3, files_hit: 3 };
        let verify = VerifyReport { versions: 2, damaged: vec![damaged], files_hit: 3, ..VerifyReport::default() };
        let problem = Problem::new(Code::Damaged, "1 file is damaged.", "Back up now.");
        let found = result(&report(Outcome::Failed(problem.clone()), RunDetail::Verify { report: verify }, 0));
        assert_eq!(found, RunResult::Damaged(problem));
    }
}
