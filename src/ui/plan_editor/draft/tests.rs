//! What was typed becomes a plan, and a plan what is shown.

use crate::model::format::{Kind, Level};

use super::*;

fn draft() -> Draft {
    let mut draft = Draft::new(PlanId::from_random([7; 16]), "2026-11-21T12:00:00Z".parse().unwrap(), "/home/u".into());
    let suggestion =
        |name: &str, chosen| Suggestion { name: name.into(), path: format!("/home/u/{name}").as_str().into(), chosen };
    draft.suggest(&[suggestion("Documents", true), suggestion("Pictures", true), suggestion("Downloads", false)]);
    draft
}

#[test]
fn a_backup_may_go_to_several_places() {
    let mut draft = draft();
    draft.destination = "/media/blue".into();
    draft.keep_destination();
    assert_eq!((draft.destination.as_str(), draft.where_blocked()), ("", None));
    draft.destination = "/media/blue".into();
    assert_eq!(draft.where_blocked().as_deref(), Some("This place is chosen already."));
    draft.destination = "/media/./blue".into();
    assert_eq!(draft.where_blocked().as_deref(), Some("This is the same place as /media/blue."));
    assert_eq!(draft.destinations().len(), 1);
    draft.destination = "sftp://ada@nas/b".into();
    assert_eq!(draft.where_blocked(), None);
    let shown: Vec<String> = draft.destinations().iter().map(Location::display).collect();
    assert_eq!(shown, ["/media/blue", "sftp://ada@nas/b"]);
    draft.encrypt = false;
    assert!(draft.summary(&[]).contains("to /media/blue and sftp://ada@nas/b;"), "{}", draft.summary(&[]));
    let (plan, _) = draft.finish().unwrap();
    let again = Draft::of(&plan).finish().unwrap().0;
    assert_eq!(again.destinations, plan.destinations, "an edit of something else keeps them all");
}

#[test]
fn placeholders_are_filled_in_what_was_typed() {
    let mut draft = draft();
    draft.placeholders.machine = "laptop".into();
    draft.destination = "s3://my-bucket/{machine}?region=x".into();
    assert_eq!((draft.where_blocked(), draft.filled(), draft.location()), (None, draft.location(), draft.filled()));
    assert_eq!(draft.filled().map(|filled| filled.display()), Some("s3://my-bucket/laptop?region=x".into()));
    draft.encrypt = false;
    assert_eq!(draft.finish().unwrap().0.destinations, [Location::typed("s3://my-bucket/laptop?region=x").unwrap()]);
    draft.destination = "s3://my-bucket/{env:WHOSE}".into();
    assert!(draft.where_blocked().is_some_and(|why| why.contains("none named WHOSE")));
    draft.destination = "s3://my-bucket/plain".into();
    assert_eq!(draft.filled(), None);
}

fn drive(name: &str, mount: &str, is_system: bool) -> Drive {
    Drive {
        name: name.into(),
        mount_point: mount.into(),
        device: String::new(),
        file_system: "ext4".into(),
        free: 1,
        total: 2,
        is_system,
        is_network: false,
    }
}

fn drives() -> Vec<Drive> {
    vec![drive("System", "/", true), drive("Blue disk", "/media/u/blue", false)]
}

#[test]
fn the_summary_says_what_was_set_up() {
    let mut d = draft();
    d.destination = "/media/u/blue".into();
    assert_eq!(
        d.summary(&drives()),
        "Every day at 20:00, Documents and Pictures, encrypted, to Blue disk; versions are thinned out as they age."
    );
    d.destination = "/media/u/blue/Backups/".into();
    d.encrypt = false;
    d.when = When::Off;
    d.keeps = Some(CommonRule::ForEver);
    d.add("/srv/a").unwrap();
    d.add("/srv/b/").unwrap();
    assert_eq!(
        d.summary(&drives()),
        "Only when you ask, Documents, Pictures and 2 more, not encrypted, to Backups on Blue disk; versions are kept for ever."
    );
    d.destination = "/srv/backups".into();
    assert!(d.summary(&drives()).contains("to /srv/backups;"));
}

#[test]
fn each_page_says_what_is_missing() {
    let mut d = draft();
    assert_eq!(d.what_blocked(), None);
    for source in &mut d.sources {
        source.ticked = false;
    }
    assert!(d.what_blocked().is_some());
    d.add("/home/u/Documents").unwrap();
    assert_eq!(d.sources.len(), 3, "a folder that is there is ticked, not doubled");
    assert_eq!(d.what_blocked(), None);

    assert!(d.where_blocked().unwrap().contains("drive"));
    d.destination = "backups".into();
    assert!(d.where_blocked().unwrap().contains("whole path"));
    d.destination = "/home/u/Documents".into();
    assert!(d.where_blocked().unwrap().contains("Documents"));
    d.destination = "/media/u/blue".into();
    assert_eq!(d.where_blocked(), None);

    for (password, repeat, word) in [("", "", "Choose"), ("a", "", "second"), ("a", "b", "differ")] {
        *d.password.typed = password.into();
        *d.password.repeat = repeat.into();
        assert!(d.how_blocked().unwrap().contains(word), "{password} {repeat}");
        assert!(d.finish().is_none());
    }
    *d.password.repeat = "a".into();
    assert_eq!(d.how_blocked(), None);
    d.recovery_key = Some(Secret::new("ABCD"));
    assert!(d.how_blocked().unwrap().contains("written down"));
    d.written_down = true;
    d.time_is_valid = false;
    assert!(d.how_blocked().unwrap().contains("time"));
    (d.hour, d.minute, d.time_is_valid) = (8, 30, true);
    let (plan, secrets) = d.finish().unwrap();
    assert_eq!(plan.schedules.in_words(), "every day at 08:30");
    assert_eq!(secrets.password, Some(Secret::new("a")));
    assert_eq!(secrets.recovery_key, Some(Secret::new("ABCD")));
    assert!(plan.seal.is_some());
}

#[test]
fn unencrypted_is_deliberate_and_brings_no_secret() {
    let mut d = draft();
    d.destination = "/x/".into();
    *d.password.typed = "left over".into();
    d.encrypt = false;
    let (plan, secrets) = d.finish().unwrap();
    assert_eq!((plan.seal, secrets), (None, NewSecrets::default()));
    assert_eq!(plan.destinations, [Location::local("/x")]);
}

#[test]
fn the_name_follows_the_sources_until_it_is_typed() {
    let mut d = draft();
    assert_eq!(d.name(), "Documents and Pictures");
    d.sources[0].ticked = false;
    assert_eq!(d.name(), "Pictures");
    d.set_name(String::new());
    assert_eq!(d.name(), "");
    assert!(d.how_blocked().unwrap().contains("name"));
}

#[test]
fn editing_keeps_what_the_pages_do_not_show() {
    let mut d = draft();
    d.destination = "/x".into();
    d.encrypt = false;
    let (mut plan, _) = d.finish().unwrap();
    plan.seal = Some(SealSpec::default());
    plan.format = Format { kind: Kind::Zip, level: Level::Fixed(9), volume_size: None };
    plan.read_back = WantedReadBack::Local;
    plan.sources.excludes = vec!["*.iso".into(), "!keep.iso".into()];
    plan.sources.presets = vec![Preset::Trash];
    let mut edit = Draft::of(&plan);
    assert_eq!(edit.finish(), Some((plan.clone(), NewSecrets::default())));
    // Suggestions stand below, unticked.
    edit.suggest(&[Suggestion { name: "Music".into(), path: "/home/u/Music".into(), chosen: true }]);
    assert_eq!(edit.sources.last().map(|s| (s.name.as_str(), s.ticked)), Some(("Music", false)));
    assert_eq!(edit.finish().map(|(p, _)| p), Some(plan));
}

#[test]
fn presets_keep_their_order() {
    let mut d = draft();
    d.set_preset(Preset::Trash, false);
    d.set_preset(Preset::Caches, false);
    d.set_preset(Preset::Caches, true);
    assert_eq!(d.presets, [Preset::Caches, Preset::DeveloperBuilds]);
}
