//! Several destinations on the command line: `--to` more than once, `replicate`, and what comes of one that is not there.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use strongroom::model::health::{Failure, Sample};
use strongroom::model::location::Location;
use strongroom::model::problem::Code;
use strongroom::state::history::History;
use strongroom::state::paths::Home;

use crate::support::{Random, World, assert_same};
use crate::tree;

#[test]
fn each_of_several_destinations_restores_alike() {
    let world = World::new();
    tree::plain(&world.source(), 40, &mut Random(5));
    for name in ["dest", "blue", "red"] {
        fs::create_dir_all(world.path(name)).unwrap();
    }
    let all = "--source @source --to @dest --to @blue --to @red --json";
    let first = world.run(&format!("backup {all}")).ok().last();
    assert_eq!(first["copies"].as_array().unwrap().len(), 2, "{first}");
    fs::rename(world.path("red"), world.path("away")).unwrap();
    fs::write(world.source().join("new"), "new").unwrap();
    let second = world.run(&format!("backup {all}")).code(3).last();
    assert_eq!(second["warnings"][0]["cause"], "destination", "{second}");
    fs::rename(world.path("away"), world.path("red")).unwrap();
    let copied = world.run("replicate --from @blue --to @red --json").ok().last();
    assert_eq!(copied["versions"], serde_json::json!([second["version"]]), "{copied}");
    assert!(copied["bytes"].as_u64().unwrap() > 0);
    for name in ["dest", "blue", "red"] {
        world.run(&format!("restore --from @{name} --to @out-{name}")).ok();
        assert_same(&world.source(), &world.path(&format!("out-{name}/source")));
        world.run(&format!("verify --from @{name} --depth full")).ok();
    }
    let said = world.run("replicate --from @blue --to @red").ok();
    assert!(said.out.contains("Copied 0 versions"), "{}", said.out);
    world.run("replicate --from @blue --to @blue").code(2);
    world.run("backup --source @source --to @dest --to @dest").code(2);
}

#[test]
fn versions_say_where_they_are_missing() {
    let world = World::new();
    tree::plain(&world.source(), 10, &mut Random(11));
    for name in ["dest", "blue", "red"] {
        fs::create_dir_all(world.path(name)).unwrap();
    }
    let at = |names: &[&str]| names.iter().map(|name| world.path(name).display().to_string()).collect::<Vec<_>>();
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("backup Docs").ok();
    let listed = world.run("versions --from @dest").ok().out;
    assert!(!listed.contains("LACKING AT"), "{listed}");
    let only = world.versions().remove(0);
    assert_eq!((&only["at"], &only["missing_at"]), (&at(&["dest"]).into(), &at(&[]).into()));

    world.run("plan edit Docs --to @dest --to @blue --to @red").ok();
    let unseen = world.run("versions --from @dest").ok().out;
    assert!(unseen.contains(&format!("{} (not seen yet)", at(&["blue"])[0])), "{unseen}");
    assert_eq!(world.versions().remove(0)["unknown_at"], serde_json::json!(at(&["blue", "red"])));
    fs::write(world.source().join("second"), "second").unwrap();
    world.run("backup Docs").ok();
    fs::rename(world.path("red"), world.path("away")).unwrap();
    fs::write(world.source().join("third"), "third").unwrap();
    let third = world.run("backup Docs --json").code(3).last()["version"].as_str().unwrap().to_owned();
    fs::rename(world.path("away"), world.path("red")).unwrap();
    let text = world.run("versions --from @dest").ok().out;
    let row =
        |text: &str, id: &str| text.lines().find(|line| line.starts_with(id)).unwrap_or_else(|| panic!("{text}")).to_owned();
    assert!(text.lines().next().unwrap().ends_with("  LACKING AT"), "{text}");
    assert!(row(&text, &third).contains(&format!("  {}", at(&["red"])[0])), "{text}");
    assert!(row(&text, only["id"].as_str().unwrap()).contains("  -"), "{text}");
    let newest = world.versions().pop().unwrap();
    assert_eq!((&newest["at"], &newest["missing_at"]), (&at(&["dest", "blue"]).into(), &at(&["red"]).into()));

    // Where it is missing it is named all the same.
    let text = world.run("versions --from @red").ok().out;
    assert!(row(&text, &third).ends_with(&format!("not here, but at {}", at(&["dest", "blue"]).join(", "))), "{text}");
    let lines = world.run("versions --from @red --json").ok().lines();
    let last = &lines[lines.len() - 1];
    assert_eq!((&last["count"], &last["elsewhere"]), (&2.into(), &1.into()), "{last}");
    assert!(lines.iter().any(|line| line["id"] == third.as_str() && line["only_at"] == serde_json::json!(at(&["dest", "blue"]))));
    world.run("replicate --from @dest --to @red").ok();
    assert_eq!(world.versions().pop().unwrap()["missing_at"], serde_json::json!([]));
}

#[test]
fn a_copy_on_a_new_drive_opens_on_another_machine() {
    let world = World::new();
    tree::plain(&world.source(), 40, &mut Random(6));
    world.back_up();
    fs::create_dir(world.path("copy")).unwrap();
    world.run("replicate --from @dest --to @copy").ok();
    fs::remove_dir_all(world.dest()).unwrap();
    fs::remove_dir_all(world.home()).unwrap();
    world.run("restore --from @copy --to @out").ok();
    assert_same(&world.source(), &world.path("out/source"));
}

#[test]
fn a_plan_moves_to_another_destination_with_all_it_has() {
    let world = World::new();
    tree::plain(&world.source(), 40, &mut Random(8));
    for name in ["old", "red", "new"] {
        fs::create_dir_all(world.path(name)).unwrap();
    }
    world.run("plan add Docs --source @source --to @old").ok();
    world.run("storage add @red --plan Docs").ok();
    world.run("backup Docs").ok();
    fs::write(world.source().join("more"), "more").unwrap();
    world.run("backup Docs").ok();
    world.run("storage move @new --to @red --plan Docs").code(10);
    world.run("storage move @old --to @old --plan Docs").code(2);
    world.run("storage move @old --to @nowhere/at/all --plan Docs").code(10);
    let moved = world.run("storage move @old --to @new --plan Docs --json").ok().last();
    let at = |name: &str| world.path(name).display().to_string();
    assert_eq!(moved["destinations"], serde_json::json!([at("new"), at("red")]), "in the old one's place");
    world.run("verify --from @new --depth full").ok();
    assert_eq!(world.run("versions --from @new --json").ok().last()["count"], 2);
    fs::remove_dir_all(world.path("old")).unwrap();
    world.run("backup Docs").ok();
    assert_eq!(world.run("versions --from @new --json").ok().last()["count"], 3);

    // A plan without a version, and one whose old destination cannot be read.
    world.run("plan add Fresh --source @source --to @red").ok();
    world.run("storage move @red --to @new --plan Fresh").ok();
    world.run("backup Fresh").ok();
    fs::rename(world.path("new"), world.path("away")).unwrap();
    world.run("storage move @new --to @red --plan Fresh").code(10);
}

#[test]
fn a_plan_gets_a_further_destination() {
    let world = World::new();
    tree::plain(&world.source(), 40, &mut Random(7));
    for name in ["dest", "blue"] {
        fs::create_dir_all(world.path(name)).unwrap();
    }
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("backup Docs").ok();
    world.run("plan edit Docs --to @dest --to @blue").ok();
    let ran = world.run("backup Docs --json").ok().last();
    assert_eq!(ran["copies"][0]["versions"].as_array().unwrap().len(), 2, "also what was there before: {ran}");
    world.run("restore --from @blue --to @out").ok();
    assert_same(&world.source(), &world.path("out/source"));
}

#[test]
fn another_machine_goes_on_with_a_backup_openly() {
    let world = World::new();
    tree::plain(&world.source(), 40, &mut Random(8));
    let first = world.back_up()["version"].as_str().unwrap().to_owned();
    fs::rename(world.home(), world.path("old-home")).unwrap();
    assert_eq!(world.run("adopt @dest --json").code(1).problem(), "other-owner", "nobody is asked");
    let said = world.run("adopt @dest --yes --json").ok().last();
    assert_eq!(said["sources"], serde_json::json!([world.source()]), "{said}");
    fs::write(world.source().join("new"), "new").unwrap();
    let next = world.run("backup source --json").ok().last();
    assert_eq!(next["type"], "incremental", "{next}");
    assert_eq!(world.versions().len(), 2);
    world.restore_and_compare(next["version"].as_str().unwrap(), &world.source());
    assert_eq!(world.run("adopt @dest --yes --json").code(2).problem(), "usage", "it is a plan here already");
    world.run(&format!("delete --from @dest --version {first}")).code(1);
    // The old home notices.
    fs::rename(world.home(), world.path("new-home")).unwrap();
    fs::rename(world.path("old-home"), world.home()).unwrap();
    let ran = world.run("backup --source @source --to @dest --json");
    assert_eq!((ran.code, ran.problem().as_str()), (Some(1), "other-owner"), "{}", ran.err);
}

#[test]
fn destinations_are_listed_tried_added_and_taken_away() {
    let world = World::new();
    tree::plain(&world.source(), 10, &mut Random(9));
    for name in ["dest", "blue"] {
        fs::create_dir_all(world.path(name)).unwrap();
    }
    world.run("plan add Docs --source @source --to @dest").ok();
    let added = world.run("storage add @blue --plan Docs --max-size 200GB --json").ok().last();
    assert_eq!(added["max_size"], 200_000_000_000_u64, "{added}");
    world.run("storage add @blue --plan Docs").code(2);
    let limits = |lines: Vec<serde_json::Value>| lines.iter().any(|line| line["max_sizes"]["Docs"] == 200_000_000_000_u64);
    assert!(limits(world.run("storage list --json").ok().lines()));
    assert!(world.run("storage list").ok().out.contains("Docs (at most 200 GB)"));
    world.run("storage edit @blue --plan Docs --max-size 10kB").code(2);
    world.run("storage edit @source --plan Docs --max-size 10GB").code(10);
    let edited = world.run("storage edit @blue --plan Docs --max-size none").ok().out;
    assert!(edited.contains("\"Docs\" may take all there is room for at"), "{edited}");
    assert!(!limits(world.run("storage list --json").ok().lines()));
    let listed = world.run("storage list --json").ok().lines();
    assert_eq!(listed.iter().filter(|line| line["plans"] == serde_json::json!(["Docs"])).count(), 2, "{listed:?}");
    world.run("backup Docs").ok();
    let tried = world.run("storage test @blue --json").ok().last();
    assert!(tried["writable"] == true && tried["write_speed"].as_f64().unwrap() > 0.0, "{tried}");
    let health = world.run("storage health --json").ok().lines();
    assert_eq!(health.iter().filter(|line| line["plans"][0]["versions"] == 1).count(), 2, "{health:?}");
    fs::rename(world.path("blue"), world.path("away")).unwrap();
    assert!(world.run("storage health").code(10).out.contains("blue"));
    world.run("storage remove @blue --plan Docs").ok();
    world.run("storage health").ok();
    world.run("storage remove @dest --plan Docs").code(2);
}

#[test]
fn how_a_destination_was_is_told() {
    let world = World::new();
    tree::plain(&world.source(), 10, &mut Random(10));
    fs::create_dir_all(world.dest()).unwrap();
    world.run("plan add Docs --source @source --to @dest --schedule 300d").ok();
    let none = world.run("storage health --history --json").ok().lines();
    assert!(none.len() == 2 && none[0]["looks"] == 0 && none[0]["away_since"].is_null(), "{none:?}");
    let now = Timestamp::now();
    let ago = |days: i64| now - SignedDuration::from_hours(24 * days);
    let failure = || Failure { code: Code::DestinationMissing, what: "The destination is not there.".into() };
    {
        let history = History::open_as_guest(&Home::locate(Some(&world.home())).unwrap()).unwrap();
        let note = |sample: &Sample| history.note_health(&Location::local(world.dest()), sample).unwrap();
        // A drive that loses 20 GB a day, until somebody takes it along.
        for day in (9..29).rev() {
            let gb = 1_000_000_000;
            note(&Sample { free: Some((400 + 20 * day) as u64 * gb), total: Some(4000 * gb), ..Sample::new(ago(day), None) });
        }
        note(&Sample::new(ago(6), Some(failure())));
        note(&Sample::new(ago(1), Some(failure())));
    }
    let stands = || world.run("plan list --json").ok().lines()[0]["status"].clone();
    assert_eq!(stands(), "waiting-for-first", "six days");
    {
        let history = History::open_as_guest(&Home::locate(Some(&world.home())).unwrap()).unwrap();
        history.note_health(&Location::local(world.dest()), &Sample::new(ago(8), Some(failure()))).unwrap();
    }
    assert_eq!(stands(), "needs-attention", "eight days");
    fs::rename(world.dest(), world.path("away")).unwrap();
    let lines = world.run("storage health --history --json").code(1).lines();
    let sum = &lines[lines.len() - 2];
    assert_eq!((sum["looks"].as_u64(), sum["good_looks"].as_u64(), &sum["needs_attention"]), (Some(23), Some(20), &true.into()));
    assert_eq!(sum["full_in_days"], serde_json::Value::Null, "nobody has seen it for more than a week");
    let newest = world.run("storage health --history --days 7 --json").code(1).lines();
    assert_eq!(newest.iter().filter(|line| line.get("at").is_some()).count(), 2, "{newest:?}");
    let said = world.run("storage health").code(10).out;
    assert!(said.contains("not usable since") && said.contains("8 days") && said.contains("away for too long"), "{said}");
    fs::rename(world.path("away"), world.dest()).unwrap();
    let said = world.run("storage health").ok().out;
    assert!(!said.contains("not usable"), "{said}");
    assert_eq!(stands(), "waiting-for-first");
    let told = world.run("storage health --history").ok().out;
    assert!(told.contains("usable at 84 % of 25 checks") && told.contains("The destination is not there."), "{told}");
    world.run("storage health --days 3").code(2);
}

#[test]
fn one_place_in_two_spellings_is_refused() {
    let world = World::new();
    tree::plain(&world.source(), 3, &mut Random(9));
    let (one, other) =
        ("s3://bucket/pp?endpoint=http://127.0.0.1:9&access_key=A", "s3://bucket/pp/?endpoint=http://localhost:9&region=x");
    for line in ["backup --source @source --json", "plan add Docs --source @source --json"] {
        let refused = world.run(&format!("{line} --to {one} --to {other}")).code(2);
        assert_eq!(refused.problem(), "usage");
        assert!(refused.out.contains("is the same place as s3://bucket/pp?endpoint=http://127.0.0.1:9"), "{}", refused.out);
    }
    fs::create_dir(world.dest()).unwrap();
    assert!(world.run("storage list").ok().out.starts_with("No destinations yet."));
    world.run("plan add Docs --source @source --to @dest").ok();
    let known = world.run("storage add @dest --plan Docs --json").code(2);
    assert!(known.out.contains("already"), "{}", known.out);
}
