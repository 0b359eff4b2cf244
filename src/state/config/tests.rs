use super::*;
use crate::model::alert::{Channel, Email, Messages, Preset, Security, Way, Webhook};
use crate::model::format::Level;
use crate::model::health::Patience;
use crate::model::limits::Limits;
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::pause::Paused;
use crate::model::plan::SecretFile;
use crate::model::read_back::WantedReadBack;
use crate::model::schedule::{Schedule, ScheduleId, Schedules, When, parse};
use crate::model::settings::Appearance;
use crate::model::source_spec::SourceSpec;
use crate::model::volume_size::VolumeSize;

fn home() -> (tempfile::TempDir, Home) {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::locate(Some(dir.path())).unwrap();
    (dir, home)
}

fn plan(n: u8, name: &str) -> Plan {
    Plan {
        sources: SourceSpec { paths: vec!["/home/u".into()], excludes: vec!["*.o".into()], ..SourceSpec::default() },
        destinations: vec![Location::local("/mnt/drive")],
        seal: Some(Default::default()),
        schedules: every("daily"),
        ..Plan::new(PlanId::from_random([n; 16]), name, "2026-11-21T20:00:00Z".parse().unwrap())
    }
}

fn every(text: &str) -> Schedules {
    let when = parse(text, None, None, jiff::civil::date(2026, 11, 1)).unwrap();
    Schedule::new(ScheduleId::first(), when, jiff::Timestamp::UNIX_EPOCH).into()
}

fn write(home: &Home, text: &str) {
    fs::write(home.settings_file(), text).unwrap();
}

/// All kinds of channels, with all that they can have.
fn messages() -> Messages {
    let email = Email {
        to: vec!["ada@example.org".into()],
        from: "backup@example.org".into(),
        server: "smtp.example.org".into(),
        port: 465,
        security: Security::Tls,
        user: Some("ada".into()),
        ca_file: Some("/etc/own.pem".into()),
    };
    let mut hook = Webhook::new(Preset::Slack, "https://chat.example.org".into());
    hook.headers.insert("X-Token".into(), "{secret}".into());
    hook.body = Some("{subject}\n{body}".into());
    let channels = [Way::Desktop, Way::Email(email), Way::Webhook(hook)].map(|way| Channel::new(way, [1, 2])).to_vec();
    Messages { quiet: "22:00-07:00".parse().ok(), channels }
}

#[test]
fn what_is_saved_is_loaded() {
    let (_dir, home) = home();
    assert_eq!(load(&home).unwrap(), Loaded::default());
    let mut odd = plan(2, "Odd \"quoted\" ä\n");
    odd.sources.paths = vec![PathBytes::new(b"/home/\xff\xfe/x".to_vec()), "/plain".into()];
    odd.destinations = vec![Location::Local { path: PathBytes::new(b"/mnt/\xff".to_vec()) }];
    odd.schedules = every("6h");
    odd.retention.set("keep-hourly", "7d").unwrap();
    odd.max_sizes.set(&odd.destinations[0], Some(200_000_000_000));
    odd.seal = None;
    odd.secret_file = Some(SecretFile::Key(PathBytes::new(b"/media/\xff/key".to_vec())));
    odd.format.volume_size = Some(VolumeSize::Bytes(64 << 30));
    odd.read_back = WantedReadBack::Never;
    let limits = Limits { upload: Some(500_000), download: None, between: "22:00-06:00".parse().ok() };
    let paused = Paused { since: "2026-11-21T20:00:00Z".parse().unwrap(), until: None };
    let config = Config {
        settings: Settings {
            patience: Patience { servers: 2, drives: 30 },
            appearance: Appearance::Dark,
            scale: 125,
            keep_running: Some(true),
            limits,
            messages: messages(),
            runs_at_once: 3,
            connections: 7,
            paused: Some(paused),
        },
        plans: vec![plan(1, "Documents"), odd],
        ..Config::default()
    };
    config.save(&home).unwrap();
    let loaded = load(&home).unwrap();
    assert_eq!(loaded, Loaded { config, notices: vec![] });
    assert!(fs::read_to_string(home.settings_file()).unwrap().contains("base64"));
}

#[test]
fn a_plan_of_before_the_choice_has_everything_read_back() {
    let (_dir, home) = home();
    Config { plans: vec![plan(1, "Documents")], ..Config::default() }.save(&home).unwrap();
    let text = fs::read_to_string(home.settings_file()).unwrap();
    let older: String = text.lines().filter(|line| !line.starts_with("read_back")).flat_map(|line| [line, "\n"]).collect();
    assert!(older.len() < text.len(), "{text}");
    write(&home, &older);
    let loaded = load(&home).unwrap();
    assert_eq!((loaded.config.plans, loaded.notices), (vec![plan(1, "Documents")], vec![]));
    // A wish that is not known is not taken for another one: the plan is kept as it stands and does not run.
    write(&home, &text.replace("always", "sometimes"));
    let loaded = load(&home).unwrap();
    assert_eq!((loaded.config.plans.len(), loaded.notices.len()), (0, 1), "{:?}", loaded.notices);
}

#[test]
fn the_previous_file_is_kept() {
    let (_dir, home) = home();
    Config::default().save(&home).unwrap();
    let before = fs::read(home.settings_file()).unwrap();
    Config { plans: vec![plan(1, "New")], ..Config::default() }.save(&home).unwrap();
    assert_eq!(fs::read(home.config.join("settings.toml.bak")).unwrap(), before);
}

#[test]
fn a_file_that_was_cut_anywhere_is_not_taken_for_fewer_backups() {
    let (_dir, home) = home();
    Config { plans: vec![plan(1, "One"), plan(2, "Two"), plan(3, "Three")], ..Config::default() }.save(&home).unwrap();
    let text = fs::read_to_string(home.settings_file()).unwrap();
    let from = HEAD.len();
    for end in (from..text.trim_end().len()).filter(|end| text.is_char_boundary(*end)) {
        write(&home, &text[..end]);
        assert!(matches!(load(&home), Err(Error::Settings { .. })), "cut at {end}");
    }
    // By hand the announcement may go, and the end with it.
    write(&home, &text[from..].replace(END, ""));
    assert_eq!(load(&home).unwrap().config.plans.len(), 3);
}

#[test]
fn unknown_keys_are_named_and_kept() {
    let (_dir, home) = home();
    Config { plans: vec![plan(1, "Documents")], ..Config::default() }.save(&home).unwrap();
    let text = fs::read_to_string(home.settings_file()).unwrap();
    let text =
        text.replace("[settings]", "[settings]\nsparkle = true").replace("[plan.format]", "[plan.format]\nspeed = \"high\"");
    write(&home, &format!("surprise = 7\n{text}"));
    let mut loaded = load(&home).unwrap();
    let all = loaded.notices.join("\n");
    assert_eq!(loaded.notices.len(), 3, "{all}");
    for name in ["surprise", "settings.sparkle", "format.speed of the backup \"Documents\""] {
        assert!(all.contains(name), "{name} in {all}");
    }
    loaded.config.settings.scale = 150;
    loaded.config.save(&home).unwrap();
    assert_eq!(load(&home).unwrap(), loaded, "still there after a change of something else");
}

#[test]
fn a_plan_that_cannot_be_read_is_reported_and_kept() {
    let (_dir, home) = home();
    Config { plans: vec![plan(1, "Good"), plan(2, "Bad"), plan(3, "Late")], ..Config::default() }.save(&home).unwrap();
    let text = fs::read_to_string(home.settings_file()).unwrap();
    let bad = text.find("\"Bad\"").unwrap();
    let wrong = bad + text[bad..].find("kind = \"daily\"").unwrap();
    let text = format!("{}kind = \"late\" #{}", &text[..wrong], &text[wrong..]);
    write(&home, &text);
    let loaded = load(&home).unwrap();
    let names: Vec<_> = loaded.config.plans.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["Good", "Late"]);
    assert_eq!(loaded.notices.len(), 1);
    let line = text[..text[..bad].rfind("[[plan]]").unwrap()].lines().count() + 1;
    assert!(
        loaded.notices[0].contains("\"Bad\"") && loaded.notices[0].contains(&format!("line {line}:")),
        "{:?}",
        loaded.notices
    );
    loaded.config.save(&home).unwrap();
    assert!(fs::read_to_string(home.settings_file()).unwrap().contains("late"), "kept for whoever mends it");
    assert_eq!(load(&home).unwrap().config.plans.len(), 2);
}

#[test]
fn what_types_do_not_say_is_checked() {
    type Spoil = fn(&mut Plan);
    let cases: [(&str, Spoil); 4] = [
        ("hours", |p| p.schedules = Schedule::new(ScheduleId::first(), When::Hours { hours: 0 }, p.created).into()),
        ("room", |p| p.retention.max_bytes = Some(1)),
        ("destination", |p| p.destinations.clear()),
        ("level", |p| p.format.level = Level::Fixed(77)),
    ];
    for (word, spoil) in cases {
        let (_dir, home) = home();
        let mut bad = plan(1, "Bad");
        spoil(&mut bad);
        Config { plans: vec![bad], ..Config::default() }.save(&home).unwrap();
        let loaded = load(&home).unwrap();
        assert!(loaded.config.plans.is_empty() && loaded.notices[0].contains(word), "{:?}", loaded.notices);
    }
    let (_dir, home) = home();
    Config { plans: vec![plan(1, "A"), plan(1, "B")], ..Config::default() }.save(&home).unwrap();
    let loaded = load(&home).unwrap();
    assert_eq!((loaded.config.plans.len(), loaded.notices.len()), (1, 1));
}

#[test]
fn a_wrong_setting_gives_way_to_its_default() {
    let (_dir, home) = home();
    write(&home, "version = 1\n[settings]\nappearance = \"purple\"\nscale = 125\n");
    let loaded = load(&home).unwrap();
    assert_eq!(loaded.config.settings, Settings { scale: 125, ..Settings::default() });
    assert!(loaded.notices[0].contains("appearance"), "{:?}", loaded.notices);
}

#[test]
fn a_broken_file_is_never_written_over() {
    for (text, at) in [
        ("version = 1\n[settings\n", Some(2)),
        ("version = 1\nplan = 3\n", None),
        ("version = \"new\"\n", None),
        ("version = 1\nsettings = 3\n", None),
    ] {
        let (_dir, home) = home();
        write(&home, text);
        match load(&home) {
            Err(Error::Settings { line, .. }) => assert_eq!(line, at, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
        assert!(Config::default().save(&home).is_err());
        assert_eq!(fs::read_to_string(home.settings_file()).unwrap(), text);
    }
    let (_dir, home) = home();
    fs::write(home.settings_file(), b"version = 1\n# \xff").unwrap();
    assert!(matches!(load(&home), Err(Error::Settings { line: Some(2), .. })));
}

#[test]
fn a_newer_file_is_left_alone() {
    let (_dir, home) = home();
    write(&home, "version = 2\n");
    assert!(matches!(load(&home), Err(Error::TooNew { found: 2, .. })));
    assert!(matches!(Config::default().save(&home), Err(Error::TooNew { .. })));
}

#[test]
fn what_a_power_cut_left_is_not_taken_for_nothing() {
    let (_dir, home) = home();
    let one = Config { plans: vec![plan(1, "Documents")], ..Config::default() };
    one.save(&home).unwrap();
    let two = Config { plans: vec![plan(1, "Documents"), plan(2, "Music")], ..Config::default() };
    two.save(&home).unwrap();
    for left in ["", "\n", "\0\0\0\0"] {
        write(&home, left);
        assert!(matches!(load(&home), Err(Error::Settings { .. })), "{left:?}");
        assert!(Config::default().save(&home).is_err(), "{left:?} is not replaced");
    }
    // Half a temporary file of a process that died is nobody's settings.
    fs::copy(home.config.join("settings.toml.bak"), home.settings_file()).unwrap();
    fs::write(home.config.join("settings.toml.new-1-1"), "version = 1\n[[pla").unwrap();
    assert_eq!(load(&home).unwrap(), Loaded { config: one, notices: vec![] });
}
