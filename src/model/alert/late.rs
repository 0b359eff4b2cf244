//! The watchman that finds silence: it looks at the age of the last success, whatever failed or never began.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::plan::Plan;
use crate::model::schedule::Stamp;
use crate::model::status::overdue_since;

/// Since when a plan's next backup has been overdue; `None` where it is not. Also while its runs fail: nothing that failed is a backup.
pub fn since(plan: &Plan, last_success: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    overdue_since(&plan.schedules, last_success.map(Stamp::from), plan.created, now, zone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;
    use crate::model::plan::PlanId;
    use crate::model::schedule::{Schedule, ScheduleId, Schedules, parse};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn plan(schedules: Schedules) -> Plan {
        Plan {
            destinations: vec![Location::local("/mnt")],
            schedules,
            ..Plan::new(PlanId::from_random([1; 16]), "Documents", at("2026-11-01T00:00:00Z"))
        }
    }

    #[test]
    fn silence_is_found_a_day_after_a_backup_was_due() {
        let when = parse("daily", None, None, jiff::civil::date(2026, 11, 1)).unwrap();
        let daily = plan(Schedule::new(ScheduleId::first(), when, at("2026-11-01T00:00:00Z")).into());
        let since = |last: Option<&str>, now: &str| super::since(&daily, last.map(at), at(now), &TimeZone::UTC);
        let due = Some(at("2026-11-11T20:00:00Z"));
        assert_eq!(since(Some("2026-11-10T20:05:00Z"), "2026-11-12T20:00:00Z"), None);
        assert_eq!(since(Some("2026-11-10T20:05:00Z"), "2026-11-12T20:00:01Z"), due);
        assert_eq!(since(Some("2026-11-10T20:05:00Z"), "2026-12-24T00:00:00Z"), due);
        assert!(since(None, "2026-11-03T00:00:00Z").is_some(), "it never began");
        assert_eq!(super::since(&plan(Schedules::default()), None, at("2027-11-03T00:00:00Z"), &TimeZone::UTC), None);
    }
}
