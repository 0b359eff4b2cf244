use super::*;
use crate::model::format::{Kind, Level};
use crate::model::plan::PlanId;
use crate::model::read_back::WantedReadBack;
use crate::model::retention::Retention;
use crate::model::schedule::{Schedules, parse};

fn daily(id: u8, hour: i8) -> Schedule {
    let when = parse("daily", Some(&format!("{hour:02}:00")), None, jiff::civil::date(2026, 11, 21)).unwrap();
    Schedule::new(crate::model::schedule::ScheduleId::from_random([id; 4]), when, jiff::Timestamp::UNIX_EPOCH)
}

fn plan() -> Plan {
    Plan {
        sources: SourceSpec { paths: vec!["/home/ada/Documents".into()], honour_tags: true, ..SourceSpec::default() },
        destinations: vec![Location::local("/mnt/blue"), Location::of_server("s3://box/a?access_key=ONE").unwrap().unwrap()],
        seal: Some(Default::default()),
        schedules: Schedules::new(vec![daily(1, 20), daily(2, 8)]).unwrap(),
        retention: Retention { days: Some(30), ..Retention::default() },
        ..Plan::new(PlanId::from_random([1; 16]), "Documents", jiff::Timestamp::UNIX_EPOCH)
    }
}

fn changed(change: impl FnOnce(&mut Plan)) -> Vec<String> {
    let mut after = plan();
    change(&mut after);
    of_plan(&plan(), &after)
}

#[test]
fn what_was_made_is_told_with_where_and_when() {
    let lines = created(&plan(), &[SlotKind::Password, SlotKind::RecoveryKey]);
    for line in [
        "Source added: /home/ada/Documents",
        "Destination: /mnt/blue",
        "Runs every day at 20:00 and every day at 08:00",
        "Versions are kept all of 30 days",
        "Encrypted with AES-256-GCM",
        "A password opens it",
        "A recovery key was made",
    ] {
        assert!(lines.iter().any(|told| told == line), "{line}: {lines:?}");
    }
}

#[test]
fn each_part_that_changed_is_told_and_nothing_else() {
    assert_eq!(changed(|_| {}), [""; 0]);
    assert_eq!(changed(|p| p.schedules = p.schedules.map(|s| s.since = None)), [""; 0], "when they began is no change");
    assert_eq!(changed(|p| p.name = "Papers".into()), ["Name: Papers (it was Documents)"]);
    let sources = changed(|p| p.sources.paths = vec!["/home/ada/Music".into()]);
    assert_eq!(sources, ["Source added: /home/ada/Music", "Source removed: /home/ada/Documents"]);
    assert_eq!(changed(|p| p.sources.excludes.push("*.iso".into())), ["Left out: *.iso"]);
    assert_eq!(changed(|p| p.sources.presets.push(Preset::Caches)), ["Left out: Caches and thumbnails"]);
    assert_eq!(changed(|p| p.sources.honour_tags = false), ["Folders that are marked as caches are backed up too"]);
    assert_eq!(changed(|p| p.sources.one_file_system = true), ["What is mounted in its sources is left out"]);
    assert_eq!(changed(|p| p.destinations.truncate(1)), ["Destination removed: s3://box/a"]);
    assert_eq!(changed(|p| p.destinations.reverse()).len(), 1);
    let other_key = Location::of_server("s3://box/a?access_key=TWO").unwrap().unwrap();
    assert_eq!(changed(|p| p.destinations[1] = other_key), ["Another way to a destination"]);
    assert_eq!(
        changed(|p| p.max_sizes.set(&Location::local("/mnt/blue"), Some(200_000_000_000))),
        ["May take at most 200 GB in /mnt/blue"]
    );
    assert_eq!(changed(|p| p.retention.days = Some(365)), ["Versions are kept all of a year (it was all of 30 days)"]);
    assert_eq!(changed(|p| (p.format.kind, p.format.level) = (Kind::Zip, Level::Fixed(6))).len(), 1);
    assert_eq!(
        changed(|p| p.secret_file = Some(SecretFile::Password("/home/ada/pw".into()))),
        ["Runs by itself with the password in /home/ada/pw"]
    );
    assert_eq!(changed(|p| p.read_back = WantedReadBack::Never), ["Read back after a backup: nothing (it was everything new)"]);
}

#[test]
fn schedules_are_told_apart_by_what_became_of_them() {
    let with = |schedules: Vec<Schedule>| changed(|p| p.schedules = Schedules::new(schedules).unwrap());
    assert_eq!(with(vec![daily(1, 20)]), ["Schedule removed: every day at 08:00"]);
    assert_eq!(with(vec![daily(1, 20), daily(2, 8), daily(3, 9)]), ["Schedule added: every day at 09:00"]);
    assert_eq!(with(vec![daily(1, 21), daily(2, 8)]), ["Schedule changed: every day at 21:00 (it was every day at 20:00)"]);
    let off = Schedule { on: false, ..daily(1, 20) };
    assert_eq!(with(vec![off, daily(2, 8)]), ["Schedule switched off: every day at 20:00"]);
    let own = Schedule { retention: Some(Retention { last: Some(3), ..Retention::default() }), ..daily(1, 20) };
    assert_eq!(with(vec![own, daily(2, 8)]), ["Versions of the schedule every day at 20:00 are kept the last 3"]);
    let named = Schedule { name: Some("Evening".into()), ..daily(1, 20) };
    assert_eq!(with(vec![named, daily(2, 8)]), ["Schedule changed: Evening, every day at 20:00 (it was every day at 20:00)"]);
}
