//! A schedule that is being made or changed: what was typed so far, and what it will be.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::conditions::ConditionsDraft;
use crate::model::schedule::{Schedule, Schedules, TimesOfDay, When, parse};
use crate::model::snapshot::WantedType;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Hourly,
    Hours,
    Daily,
    Days,
    Weekly,
    Monthly,
    Cron,
    Drive,
    Start,
    Change,
}

impl Kind {
    /// Those that are offered.
    pub const ALL: [Self; 10] = [
        Self::Daily,
        Self::Weekly,
        Self::Monthly,
        Self::Hourly,
        Self::Hours,
        Self::Days,
        Self::Cron,
        Self::Change,
        Self::Drive,
        Self::Start,
    ];

    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Hourly => "Every hour",
            Self::Hours => "Every few hours",
            Self::Daily => "Every day",
            Self::Days => "Every few days",
            Self::Weekly => "Every week",
            Self::Monthly => "Every month",
            Self::Cron => "By a cron expression",
            Self::Drive => "When a drive is plugged in",
            Self::Start => "When Strongroom starts",
            Self::Change => "When files change",
        }
    }
}

/// What the fields hold, as typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub kind: Kind,
    pub minute: i64,
    pub hours: i64,
    pub days: i64,
    /// As in "8:00, 20:00".
    pub times: String,
    /// Monday first.
    pub weekdays: [bool; 7],
    /// As in "1, last".
    pub month_days: String,
    pub cron: String,
    pub delay: i64,
    /// Empty: any that the backup uses.
    pub drive: String,
    pub at_most_hours: i64,
    /// Seconds without a change.
    pub settle: i64,
    pub at_most_minutes: i64,
    pub conditions: ConditionsDraft,
    pub wanted: WantedType,
    kept: Option<Schedule>,
}

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Default for Draft {
    fn default() -> Self {
        Self {
            kind: Kind::Daily,
            minute: 0,
            hours: 6,
            days: 2,
            times: "20:00".into(),
            weekdays: [true, false, false, false, false, false, false],
            month_days: "1".into(),
            cron: "0 20 * * 1-5".into(),
            delay: 5,
            drive: String::new(),
            at_most_hours: 12,
            settle: 60,
            at_most_minutes: 15,
            conditions: ConditionsDraft::default(),
            wanted: WantedType::Auto,
            kept: None,
        }
    }
}

impl Draft {
    pub fn of(schedule: &Schedule) -> Self {
        let conditions = ConditionsDraft::of(&schedule.conditions);
        let mut draft = Self { wanted: schedule.wanted, conditions, kept: Some(schedule.clone()), ..Self::default() };
        let typed = |at: &TimesOfDay| Vec::<String>::from(at.clone()).join(", ");
        match &schedule.when {
            When::Hourly { minute } => (draft.kind, draft.minute) = (Kind::Hourly, (*minute).into()),
            When::Hours { hours } => (draft.kind, draft.hours) = (Kind::Hours, (*hours).into()),
            When::Daily { at } => (draft.kind, draft.times) = (Kind::Daily, typed(at)),
            When::Days { days, at, .. } => (draft.kind, draft.days, draft.times) = (Kind::Days, (*days).into(), typed(at)),
            When::Weekly { on, at } => {
                let on: Vec<String> = (*on).into();
                draft.weekdays = WEEKDAYS.map(|day| on.iter().any(|known| known == day));
                (draft.kind, draft.times) = (Kind::Weekly, typed(at));
            }
            When::Monthly { on, at } => {
                draft.month_days = Vec::<String>::from(on.clone()).join(", ");
                (draft.kind, draft.times) = (Kind::Monthly, typed(at));
            }
            When::Cron { cron } => (draft.kind, draft.cron) = (Kind::Cron, cron.as_str().to_owned()),
            When::Start { delay_minutes } => (draft.kind, draft.delay) = (Kind::Start, (*delay_minutes).into()),
            When::Drive { drive, at_most_hours } => {
                draft.drive = drive.clone().unwrap_or_default();
                (draft.kind, draft.at_most_hours) = (Kind::Drive, (*at_most_hours).into());
            }
            When::Change { settle_seconds, at_most_minutes } => {
                (draft.kind, draft.settle) = (Kind::Change, (*settle_seconds).into());
                draft.at_most_minutes = (*at_most_minutes).into();
            }
        }
        draft
    }

    pub fn is_new(&self) -> bool {
        self.kept.is_none()
    }

    /// When it will run, or what is wrong with what was typed.
    fn when(&self, today: Date) -> Result<When, String> {
        let times = Some(self.times.as_str());
        match self.kind {
            Kind::Hourly => parse("hourly", Some(&format!(":{:02}", self.minute)), None, today),
            Kind::Hours => parse(&format!("{}h", self.hours), None, None, today),
            Kind::Daily => parse("daily", times, None, today),
            Kind::Days => match self.kept.as_ref().map(|kept| &kept.when) {
                // From which day they are counted stays.
                Some(When::Days { from, .. }) => parse(&format!("{}d", self.days), times, None, *from),
                _ => parse(&format!("{}d", self.days), times, None, today),
            },
            Kind::Weekly => {
                let chosen: Vec<&str> = WEEKDAYS.iter().zip(self.weekdays).filter_map(|(day, on)| on.then_some(*day)).collect();
                if chosen.is_empty() {
                    return Err("Choose a day of the week.".into());
                }
                parse("weekly", times, Some(&chosen.join(",")), today)
            }
            Kind::Monthly => parse("monthly", times, Some(&self.month_days), today),
            Kind::Cron => parse(&format!("cron:{}", self.cron), None, None, today),
            Kind::Start => Ok(When::Start { delay_minutes: u16::try_from(self.delay).unwrap_or(0) }),
            Kind::Drive => {
                let drive = Some(self.drive.trim().to_owned()).filter(|drive| !drive.is_empty());
                Ok(When::Drive { drive, at_most_hours: u16::try_from(self.at_most_hours).unwrap_or(0) })
            }
            Kind::Change => Ok(When::Change {
                settle_seconds: u32::try_from(self.settle).unwrap_or(0),
                at_most_minutes: u16::try_from(self.at_most_minutes).unwrap_or(1),
            }),
        }
    }

    /// The schedule as it will be saved, among the others of its plan.
    pub fn schedule(&self, others: &Schedules, now: Timestamp, zone: &TimeZone) -> Result<Schedule, String> {
        let when = self.when(now.to_zoned(zone.clone()).date())?;
        when.check()?;
        let conditions = self.conditions.conditions()?;
        let wanted = self.wanted;
        Ok(match &self.kept {
            Some(kept) => Schedule { when, wanted, conditions, ..kept.clone() },
            None => Schedule { wanted, conditions, ..Schedule::new(others.new_id(now), when, now) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn schedule(every: &str, at: Option<&str>, on: Option<&str>) -> Schedule {
        let when = parse(every, at, on, jiff::civil::date(2026, 11, 1)).unwrap();
        Schedule::new(Schedules::default().new_id(now()), when, now())
    }

    #[test]
    fn what_is_shown_is_what_it_was() {
        for (every, at, on) in [
            ("hourly", Some(":15"), None),
            ("6h", None, None),
            ("daily", Some("08:00,20:00"), None),
            ("3d", Some("20:00"), None),
            ("weekly", Some("03:00"), Some("mon,thu")),
            ("monthly", Some("03:00"), Some("1,last,first-mon")),
            ("cron: 0 20 * * 1-5", None, None),
        ] {
            let before = schedule(every, at, on);
            let draft = Draft::of(&before);
            assert_eq!(draft.schedule(&Schedules::default(), now(), &TimeZone::UTC).as_ref(), Ok(&before), "{every}");
        }
        let start = Schedule { when: When::Start { delay_minutes: 7 }, ..schedule("6h", None, None) };
        assert_eq!(Draft::of(&start).schedule(&Schedules::default(), now(), &TimeZone::UTC), Ok(start));
        for when in [
            When::Drive { drive: None, at_most_hours: 3 },
            When::Drive { drive: Some("Blue".into()), at_most_hours: 0 },
            When::Change { settle_seconds: 30, at_most_minutes: 15 },
        ] {
            let follows = Schedule { when, ..schedule("6h", None, None) };
            assert_eq!(Draft::of(&follows).schedule(&Schedules::default(), now(), &TimeZone::UTC), Ok(follows));
        }
    }

    #[test]
    fn what_cannot_be_is_said() {
        let said = |draft: Draft| draft.schedule(&Schedules::default(), now(), &TimeZone::UTC).unwrap_err();
        assert!(said(Draft { times: "25:00".into(), ..Draft::default() }).contains("no time of day"));
        assert!(said(Draft { kind: Kind::Weekly, weekdays: [false; 7], ..Draft::default() }).contains("Choose a day"));
        assert!(said(Draft { kind: Kind::Monthly, month_days: "32".into(), ..Draft::default() }).contains("no day of a month"));
        assert!(!said(Draft { kind: Kind::Cron, cron: "x".into(), ..Draft::default() }).is_empty());
    }
}
