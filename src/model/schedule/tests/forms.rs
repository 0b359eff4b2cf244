//! What schedules look like: in settings, on the command line, in words.

use jiff::civil::date;
use serde::{Deserialize, Serialize};

use super::super::{Cron, Past, Schedule, ScheduleId, Schedules, Upcoming, When, adjust, parse};
use super::{at, schedule, when, zone};
use crate::model::snapshot::WantedType;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Plan {
    #[serde(default)]
    schedule: Schedules,
}

fn read(text: &str) -> Result<Schedules, String> {
    toml::from_str(text).map(|plan: Plan| plan.schedule).map_err(|error| error.message().to_owned())
}

/// As settings stood when a plan had one schedule.
#[test]
fn the_one_schedule_of_old_settings_is_read() {
    assert_eq!(read("").unwrap(), Schedules::default());
    assert_eq!(read("[schedule]\nevery = \"off\"\n").unwrap(), Schedules::default());
    let hours = read("[schedule]\nevery = \"hours\"\nhours = 48\n").unwrap();
    assert_eq!(hours.as_slice()[0].when, When::Hours { hours: 48 });
    let daily = read("[schedule]\nevery = \"daily\"\nhour = 20\nminute = 5\n").unwrap();
    let [only] = daily.as_slice() else { panic!("{daily:?}") };
    assert_eq!((only.when.in_words().as_str(), only.on, only.wanted), ("every day at 20:05", true, WantedType::Auto));
    assert_eq!((only.since, &only.id), (None, &ScheduleId::first()));
    assert!(read("[schedule]\nevery = \"daily\"\nhour = 24\nminute = 5\n").is_err());
    assert!(read("[schedule]\nevery = \"hours\"\nhours = 0\n").is_err());
    // JSON is how it comes over the socket.
    assert_eq!(serde_json::from_str::<Schedules>("{\"every\":\"hours\",\"hours\":48}").unwrap(), hours);
}

#[test]
fn settings_hold_a_list() {
    let text = r#"[[schedule]]
id = "00000001"
name = "Nightly"
on = true
type = "full"
since = "2026-11-26T12:00:00Z"

[schedule.when]
kind = "weekly"
on = ["mon", "thu"]
at = ["08:00", "20:00"]

[schedule.retention]
last = 4
daily = "7d"

[[schedule]]
id = "00000002"
on = false
type = "auto"

[schedule.when]
kind = "change"
settle-seconds = 30
at-most-minutes = 15
"#;
    let plan: Plan = toml::from_str(text).unwrap();
    assert_eq!(toml::to_string(&plan).unwrap(), text);
    assert_eq!(plan.schedule.in_words(), "every Monday and Thursday at 08:00 and 20:00, full");
    assert_eq!(plan.schedule.find("0000"), None);
    assert_eq!(plan.schedule.find("00000002"), plan.schedule.as_slice().get(1));
    assert_eq!(plan.schedule.find("Nightly"), plan.schedule.as_slice().first());
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
}

#[test]
fn what_cannot_be_is_refused_in_settings() {
    let one = |when: &str| read(&format!("[[schedule]]\nid = \"00000001\"\nwhen = {{ {when} }}\n"));
    assert!(one("kind = \"daily\", at = [\"20:00\"]").is_ok());
    for bad in [
        "kind = \"daily\", at = []",
        "kind = \"daily\", at = [\"24:00\"]",
        "kind = \"hourly\", minute = 60",
        "kind = \"hours\", hours = 0",
        "kind = \"days\", days = 0, from = \"2026-01-01\", at = [\"20:00\"]",
        "kind = \"weekly\", on = [], at = [\"20:00\"]",
        "kind = \"monthly\", on = [\"32\"], at = [\"20:00\"]",
        "kind = \"cron\", cron = \"* * * *\"",
        "kind = \"change\", settle-seconds = 30, at-most-minutes = 0",
        "kind = \"drive\", drive = \"\"",
        "kind = \"start\", delay-minutes = 2000",
    ] {
        assert!(one(bad).is_err(), "{bad}");
    }
    assert!(read("[[schedule]]\nid = \"0001\"\nwhen = { kind = \"start\" }\n").unwrap_err().contains("hex digits"));
    let twice = "[[schedule]]\nid = \"00000001\"\nwhen = { kind = \"start\" }\n".repeat(2);
    assert!(read(&twice).unwrap_err().contains("two schedules"));
    let many: String = (0..65).map(|n| format!("[[schedule]]\nid = \"{n:08x}\"\nwhen = {{ kind = \"start\" }}\n")).collect();
    assert!(read(&many).is_err());
    let room = "[[schedule]]\nid = \"00000001\"\nwhen = { kind = \"start\" }\nretention = { max_bytes = 2000000000 }\n";
    assert!(read(room).unwrap_err().contains("room"));
}

#[test]
fn the_command_line_says_it_shortly() {
    for (text, words) in [
        ("hourly", "every hour"),
        ("hourly at :15", "every hour at 15 minutes past"),
        ("daily", "every day at 20:00"),
        ("daily at 20:00,8:00", "every day at 08:00 and 20:00"),
        ("weekly", "every Monday at 20:00"),
        ("weekly on mon-fri at 12:00", "every Monday to Friday at 12:00"),
        ("weekly on fri-mon at 12:00", "every Monday, Friday, Saturday and Sunday at 12:00"),
        ("weekly on mon-sun at 12:00", "every day at 12:00"),
        ("monthly", "the 1st of every month at 20:00"),
        (
            "monthly on 2,23,last,first-mon at 6:00",
            "the 2nd, the 23rd, the last day and the first Monday of every month at 06:00",
        ),
        ("1h", "every hour"),
        ("6h", "every 6 hours"),
        ("2d", "every 2 days"),
        ("2d at 9:00", "every 2 days at 09:00"),
        ("cron: 0 20 * * *", "every day at 20:00"),
        ("CRON:0 8,20 * * mon-fri", "at 08:00 and 20:00 on Monday to Friday"),
        ("cron: */15 * * * *", "every 15 minutes"),
        ("cron: * * * * *", "every minute"),
        // Not evenly.
        ("cron: 0,20 * * * *", "at minute 0 and 20 past every hour"),
        ("cron: 5 * * * sat,sun", "every hour at 5 minutes past on Saturday and Sunday"),
        ("cron: @hourly", "every hour"),
        ("cron: 0 1-7 * * *", "at minute 0, of hour 1-7"),
        ("cron: 0 1-6 * * *", "every day at 01:00, 02:00, 03:00, 04:00, 05:00 and 06:00"),
        ("cron: 0 3 L jan *", "at 03:00, on the last day of the month, in January"),
        ("cron: 0 3 * * mon#1", "at 03:00, on the 1st Monday of the month"),
        ("cron: 7,19 1-23/2 * * 7", "at minute 7 and 19, of hour 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, and 23, on Sunday"),
    ] {
        assert_eq!(when(text).in_words(), words, "{text}");
    }
}

#[test]
fn times_and_days_change_alone() {
    let to = |text: &str, at, on| adjust(&when(text), at, on).map(|when| when.in_words());
    assert_eq!(to("hourly at :15", Some(":30"), None).unwrap(), "every hour at 30 minutes past");
    assert_eq!(to("daily at 8:00", Some("9:30,21:00"), None).unwrap(), "every day at 09:30 and 21:00");
    assert_eq!(to("weekly on thu at 8:00", Some("9:30"), None).unwrap(), "every Thursday at 09:30");
    assert_eq!(to("weekly on thu at 8:00", None, Some("mon")).unwrap(), "every Monday at 08:00");
    assert_eq!(adjust(&when("monthly on last at 8:00"), Some("9:30"), None).unwrap(), when("monthly on last at 9:30"));
    assert_eq!(adjust(&when("monthly on last at 8:00"), None, Some("1")).unwrap(), when("monthly on 1 at 8:00"));
    assert_eq!(adjust(&when("2d at 8:00"), Some("9:30"), None).unwrap(), when("2d at 9:30"));
    assert_eq!(adjust(&when("6h"), None, None).unwrap(), when("6h"));
    for wrong in ["6h", "cron: 0 9 * * *"] {
        assert!(to(wrong, Some("9:30"), None).is_err(), "{wrong}");
    }
    assert!(to("daily at 8:00", None, Some("mon")).is_err());
    assert!(to("daily at 8:00", Some("25:00"), None).is_err());
}

#[test]
fn what_the_command_line_cannot_mean_is_refused() {
    let say = |every, at, on| parse(every, at, on, date(2026, 1, 1)).unwrap_err();
    assert!(say("yearly", None, None).contains("expected hourly"));
    assert!(say("daily", Some("20"), None).contains("time of day"));
    assert!(say("daily", Some("20:60"), None).contains("time of day"));
    assert!(say("daily", Some(""), None).contains("time of day"));
    assert!(say("daily", None, Some("mon")).contains("weekly"));
    assert!(say("weekly", None, Some("1")).contains("weekday"));
    assert!(say("monthly", None, Some("mon")).contains("day of a month"));
    for day in ["0", "32", "45", "+5", "-5"] {
        assert!(say("monthly", None, Some(day)).contains("day of a month"), "{day}");
    }
    assert!(say("monthly", None, Some("fifth-mon")).contains("day of a month"));
    assert!(say("hourly", Some("20:00"), None).contains(":15"));
    assert!(say("6h", Some("20:00"), None).contains("--at"));
    assert!(say("cron: 0 0 * * *", Some("20:00"), None).contains("--at"));
    for every in ["0h", "0d", "9999h", "400d", "-1h", "+1h", "h", "", "ééé", "cron:", "cron: 0 0 30 2 *", "cron: 60 * * * *"] {
        assert!(parse(every, None, None, date(2026, 1, 1)).is_err(), "{every}");
    }
    assert!(parse("400d", Some("8:00"), None, date(2026, 1, 1)).is_err());
}

#[test]
fn hostile_cron_is_refused_soon() {
    let long = format!("{} * * * *", "0,".repeat(10_000));
    for bad in [
        long.as_str(),
        "* * * * * *",
        "@reboot",
        "@",
        "@daily * * * *",
        "1-0 * * * *",
        "*/0 * * * *",
        "0 0 ä * *",
        "0 0 31 4,6 *",
        "a b c d e",
    ] {
        assert!(Cron::parse(bad).is_err(), "{}", &bad[..bad.len().min(20)]);
    }
    assert!(Cron::parse("0 0 29 feb mon#5").is_ok(), "either will do");
    let cron = |text| Cron::parse(text).unwrap();
    assert!(cron("0 3 * * *") == cron("0 3 * * *") && cron("0 3 * * *") != cron("0 4 * * *"));
}

/// Whatever is put together of what cron knows: read or refused, never a panic; what is read comes.
#[test]
fn random_cron_does_no_harm() {
    let parts = [
        "*",
        "0",
        "5",
        "31",
        "59",
        "99",
        "-",
        ",",
        "/",
        "#",
        "L",
        "W",
        "?",
        "MON",
        "fri",
        "jan",
        "7",
        "/2",
        "*/7",
        "1-5",
        "99999999999",
    ];
    let (mut state, mut read) = (1u64, 0);
    let mut next = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    for _ in 0..4000 {
        let mut field = || match next(4) {
            0 => (0..=next(3)).map(|_| parts[next(parts.len() as u64) as usize]).collect::<String>(),
            _ => ["*", "5", "*/7", "1-5,7"][next(4) as usize].to_owned(),
        };
        let text = [field(), field(), field(), field(), field()].join(" ");
        let Ok(cron) = Cron::parse(&text) else { continue };
        read += 1;
        let now = at("2026-11-26T13:00:00Z");
        assert!(
            When::Cron { cron: cron.clone() }.next(now.into(), &zone("America/Havana")).is_some_and(|next| next > now),
            "{text}"
        );
        assert!(!cron.in_words().is_empty());
    }
    assert!((400..3600).contains(&read), "{read}");
}

#[test]
fn the_next_times_are_listed_and_fall_together() {
    let hourly = schedule(1, "6h", "2026-01-01T00:00:00Z");
    let full = schedule(2, "weekly on thu at 20:00", "2026-01-01T00:00:00Z");
    let off = Schedule { on: false, ..schedule(3, "hourly", "2026-01-01T00:00:00Z") };
    let ran = Past { last: Some(at("2026-11-26T08:00:00Z").into()), ..Past::default() };
    let (now, zone) = (at("2026-11-26T13:00:00Z"), zone("UTC"));
    let all = [(&hourly, ran), (&full, ran), (&off, ran)];
    let next: Vec<_> = Upcoming::new(&all, now, now, &zone).take(3).map(|(at, which)| (at.to_string(), which.len())).collect();
    assert_eq!(
        next,
        [("2026-11-26T14:00:00Z".into(), 1), ("2026-11-26T20:00:00Z".into(), 2), ("2026-11-27T02:00:00Z".into(), 1)]
    );
    // What was missed comes now.
    let missed = Past { last: Some(at("2026-11-20T08:00:00Z").into()), ..Past::default() };
    assert_eq!(Upcoming::new(&[(&hourly, missed)], now, now, &zone).next().map(|(at, _)| at), Some(now));
    assert_eq!(Upcoming::new(&[(&off, ran)], now, now, &zone).next(), None);
}

#[test]
fn rhythms_are_told() {
    let period = |text: &str| when(text).period_hours();
    for (text, hours) in
        [("hourly", 1), ("48h", 48), ("daily at 8:00,20:00", 12), ("weekly", 168), ("3d at 8:00", 72), ("monthly", 730)]
    {
        assert_eq!(period(text), Some(hours), "{text}");
    }
    assert_eq!(period("cron: */5 * * * *"), Some(1));
    assert_eq!(period("cron: 0 20 * * *"), Some(24));
    assert_eq!(period("cron: 0 20 * * 1"), Some(168));
    assert_eq!(When::Start { delay_minutes: 0 }.period_hours(), None);
    let both = Schedules::new(vec![
        schedule(1, "daily at 20:00", "2026-01-01T00:00:00Z"),
        schedule(2, "weekly on sun at 3:00", "2026-01-01T00:00:00Z"),
    ])
    .unwrap();
    assert_eq!(both.period_hours(), Some(24));
    let (created, utc) = (at("2026-01-01T00:00:00Z"), zone("UTC"));
    assert_eq!(both.first_after(Some(at("2026-11-26T20:00:03Z").into()), created, &utc), Some(at("2026-11-27T20:00:00Z")));
    assert_eq!(both.first_after(None, created, &utc), Some(at("2026-01-01T20:00:00Z")));
}
