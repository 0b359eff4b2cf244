mod rules;
mod slow;
mod years;

use jiff::Timestamp;

use super::{Buckets, Judged, Retention, Rules, Version, VersionState, judge, own_bytes};
use crate::model::schedule::ScheduleId;
use crate::model::snapshot::{BackupType, VersionId};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn buckets(text: &str) -> Option<Buckets> {
    Some(Buckets::parse(text).unwrap())
}

/// A good version of 100 bytes of its own.
fn version(sequence: u64, time: Timestamp) -> Version {
    Version {
        id: VersionId::new(time, BackupType::Incremental, (sequence as u32).to_be_bytes()),
        sequence,
        time,
        state: VersionState::Good,
        pinned: false,
        schedules: Vec::new(),
        own_bytes: 100,
    }
}

/// Good versions, oldest first.
fn versions(times: &[&str]) -> Vec<Version> {
    times.iter().zip(1..).map(|(time, sequence)| version(sequence, at(time))).collect()
}

fn judged(rule: &Retention, versions: &[Version], now: &str) -> Judged {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    judge(Rules { plan: rule, schedules: &[] }, versions, &own_bytes, at(now), &zone)
}

/// Sequences of those that stay, oldest first.
fn staying(judged: &Judged, versions: &[Version]) -> Vec<u64> {
    let stays = |version: &&Version| judged.verdicts.iter().any(|verdict| verdict.id == version.id && verdict.stays);
    let mut sequences: Vec<u64> = versions.iter().filter(stays).map(|version| version.sequence).collect();
    sequences.sort_unstable();
    sequences
}

fn id(n: u8) -> ScheduleId {
    ScheduleId::from_random([n; 4])
}
