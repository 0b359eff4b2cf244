//! What a rule leaves over the next year.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::judge::{Rules, Version, VersionState, judge, own_bytes};
use crate::model::schedule::{ScheduleId, Upcoming};
use crate::model::snapshot::{BackupType, VersionId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Month {
    /// Its last day, as far as it is looked at.
    pub until: Date,
    /// Versions made in it.
    pub made: u32,
    /// Versions that are there at its end.
    pub kept: u32,
    /// Bytes of these, if each new one is like those of today.
    pub bytes: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simulation {
    /// Thirteen: the rest of this one, and what there is of the same a year later.
    pub months: Vec<Month>,
    /// It ended early: there are too many runs.
    pub cut: bool,
}

/// Runs that are looked at: one each quarter of an hour.
const MOST: usize = 4 * 24 * 366;

/// From `now` for a year, if every run goes well: of the versions that are there and those that the clock's schedules will make.
/// Whether the rule is carried out daily or once a month comes to the same: what it keeps at a time, it kept before.
///
/// `new_bytes`: what a new version adds.
pub fn simulate(
    rules: Rules<'_>,
    upcoming: Upcoming<'_>,
    versions: &[Version],
    new_bytes: u64,
    now: Timestamp,
    zone: &TimeZone,
) -> Simulation {
    let mut upcoming = upcoming.take(MOST + 1).peekable();
    let mut versions = versions.to_vec();
    let mut sequence = versions.iter().map(|version| version.sequence).max().unwrap_or(0);
    let mut simulation = Simulation::default();
    let today = zone.to_datetime(now).date();
    let Ok(end) = today.checked_add(1.year()) else { return simulation };
    let (mut day, mut seen) = (today, 0);
    while day <= end {
        let until = day.last_of_month().min(end);
        let (Ok(next), mut made) = (until.tomorrow(), 0) else { break };
        let Ok(closes) = next.to_zoned(zone.clone()).map(|zoned| zoned.timestamp()) else { break };
        while let Some((at, schedules)) = upcoming.next_if(|(at, _)| *at < closes) {
            // A version that nothing proves may have the last number there is; the time tells those apart that have the same.
            (seen, sequence) = (seen + 1, sequence.saturating_add(1));
            if seen > MOST {
                simulation.cut = true;
                return simulation;
            }
            made += 1;
            versions.push(imagined(at, sequence, schedules, new_bytes));
        }
        let moment = closes.max(now);
        let judged = judge(rules, &versions, &own_bytes, moment, zone);
        let going: std::collections::HashSet<&VersionId> = judged.going.iter().collect();
        versions.retain(|version| !going.contains(&version.id));
        let bytes = own_bytes(&versions.iter().collect::<Vec<_>>());
        simulation.months.push(Month { until, made, kept: versions.len() as u32, bytes });
        day = next;
    }
    simulation
}

fn imagined(at: Timestamp, sequence: u64, schedules: Vec<ScheduleId>, own_bytes: u64) -> Version {
    let id = VersionId::new(at, BackupType::Incremental, (sequence as u32).to_be_bytes());
    Version { id, sequence, time: at, state: VersionState::Good, pinned: false, schedules, own_bytes }
}
