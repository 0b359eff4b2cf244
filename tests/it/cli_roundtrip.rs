//! Folders to a sealed destination and back, by the real binary.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::support::{Random, World, allocated, assert_same, tool, walk};
use crate::tree;

/// Files written a moment ago count as unsettled and are read again; this is longer than that.
const SETTLE: Duration = Duration::from_millis(3200);

fn copy(from: &Path, to: &Path) {
    tool("cp", ["-a".as_ref(), "--sparse=always".as_ref(), from.as_os_str(), to.as_os_str()]);
}

#[test]
fn everything_odd_survives_two_versions() {
    let world = World::new();
    let mut random = Random(1);
    tree::plain(&world.source(), 400, &mut random);
    tree::odd(&world.source(), &mut random);
    copy(&world.source(), &world.path("first"));
    assert_same(&world.source(), &world.path("first"));
    std::thread::sleep(SETTLE);
    let first = world.back_up();
    assert_eq!((&first["result"], &first["type"]), (&json!("completed"), &json!("full")));

    tree::change(&world.source(), &mut random);
    let second = world.back_up();
    assert_eq!((&second["result"], &second["type"]), (&json!("completed"), &json!("incremental")));
    assert!(second["totals"]["new_files"].as_u64().unwrap() < 150, "{second}");
    assert!(second["totals"]["stored_bytes"].as_u64().unwrap() < 1 << 20, "{second}");

    let versions = world.versions();
    let ids: Vec<&str> = versions.iter().map(|v| v["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [first["version"].as_str().unwrap(), second["version"].as_str().unwrap()]);
    for version in &versions {
        for field in ["type", "created", "files", "bytes", "stored_bytes"] {
            assert!(!version[field].is_null(), "{field}: {version}");
        }
    }
    let files = walk(&world.source()).iter().filter(|p| world.source().join(p).symlink_metadata().unwrap().is_file()).count();
    assert_eq!(versions[1]["files"], files);

    for depth in ["quick", "checksums", "full"] {
        world.run(&format!("verify --from @dest --depth {depth}")).ok();
    }
    world.restore_and_compare(ids[0], &world.path("first"));
    world.restore_and_compare("latest", &world.source());

    world.run("restore --from @dest --to @sparse").ok();
    for name in ["sparse", "all hole"] {
        let restored = world.path("sparse/source").join(name);
        assert!(allocated(&restored) <= allocated(&world.source().join(name)) + 65536, "{name} has lost its holes");
    }
}

#[test]
fn an_unchanged_tree_is_not_read_again() {
    let world = World::new();
    tree::plain(&world.source(), 300, &mut Random(2));
    std::thread::sleep(SETTLE);
    world.back_up();
    let again = world.back_up();
    assert_eq!((&again["type"], &again["totals"]["new_files"]), (&json!("incremental"), &json!(0)));
    assert_eq!(again["totals"]["files"], 300);
    let full = world.run("backup --source @source --to @dest --type full --json").ok().last();
    assert_eq!((&full["type"], &full["totals"]["new_files"]), (&json!("full"), &json!(300)));
    world.restore_and_compare("latest", &world.source());
}

#[test]
fn a_machine_that_has_never_seen_it_restores_with_the_password_alone() {
    let world = World::new();
    tree::plain(&world.source(), 50, &mut Random(3));
    world.back_up();
    fs::remove_dir_all(world.home()).unwrap();
    world.restore_and_compare("latest", &world.source());
    // And it can be read where no home can be made.
    world.run_with("versions --from @dest", |c| _ = c.env("STRONGROOM_HOME", "/proc/nowhere")).ok();
}

#[test]
fn chosen_paths_and_targets() {
    let world = World::new();
    tree::plain(&world.source(), 60, &mut Random(4));
    world.back_up();
    let source = world.source();
    let below =
        |target: &str| walk(&world.path(target)).into_iter().filter(|p| world.path(target).join(p).is_file()).collect::<Vec<_>>();

    let chosen = source.join("folder 3");
    world.run_with("restore --from @dest --to @one --path", |c| _ = c.arg(&chosen)).ok();
    assert_eq!(below("one").len(), 4);
    assert_same(&chosen, &world.path("one/source/folder 3"));

    world.run("restore --from @dest --to @whole --full-paths").ok();
    let whole = world.path("whole").join(source.strip_prefix("/").unwrap());
    assert_same(&source, &whole);

    let dry = world.run("restore --from @dest --to @dry --dry-run --json").ok().last();
    assert_eq!(dry["counts"]["created"], 60, "{dry}");
    assert!(!world.path("dry").exists());
}

#[test]
fn in_place_with_each_conflict_rule() {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    let file = world.source().join("file.txt");
    let read = || fs::read_to_string(&file).unwrap();
    fs::write(&file, "in the backup").unwrap();
    world.back_up();

    fs::write(&file, "written later").unwrap();
    world.run("restore --from @dest --in-place").ok();
    assert_eq!(read(), "written later");
    world.run("restore --from @dest --in-place --conflict newer").ok();
    assert_eq!(read(), "written later");
    world.run("restore --from @dest --in-place --conflict keep-both").ok();
    assert_eq!(read(), "written later");
    let both: Vec<_> = walk(&world.source())
        .into_iter()
        .filter(|p| p.starts_with("file.txt") || p.to_string_lossy().starts_with("file"))
        .collect();
    assert_eq!(both.len(), 2, "{both:?}");
    let overwritten = world.run("restore --from @dest --in-place --conflict overwrite --json").ok().last();
    assert_eq!(read(), "in the backup");
    assert!(overwritten["undo"].is_string(), "{overwritten}");
    fs::remove_file(&file).unwrap();
    world.run("restore --from @dest --in-place").ok();
    assert_eq!(read(), "in the backup");
}

#[test]
fn ls_shows_what_is_there() {
    let world = World::new();
    let mut random = Random(5);
    tree::plain(&world.source(), 40, &mut random);
    tree::odd(&world.source(), &mut random);
    world.back_up();
    let top = world.run("ls --from @dest --json").ok().lines();
    assert_eq!(top[0]["path"], world.source().to_str().unwrap());
    assert_eq!(top[0]["kind"], "folder");

    let all = world.run("ls -R --from @dest --json").ok();
    let entries = all.lines().len() - 1;
    assert_eq!(entries, walk(&world.source()).len() + 1);

    let file = world.run("ls --from @dest --json @source/plain").ok().lines();
    assert_eq!((file.len(), &file[0]["mode"], &file[0]["kind"]), (2, &json!("0644"), &json!("file")));
    world.run("ls --from @dest @source/nowhere").code(10);
    // Names cannot disturb a terminal.
    assert!(!world.run("ls -R --from @dest").ok().out.contains('\x01'));
}

#[test]
fn excludes_and_tags_leave_out() {
    let world = World::new();
    for (path, content) in [
        ("a.o", "x"),
        ("keep.o", "x"),
        ("sub/b.o", "x"),
        ("sub/c.txt", "x"),
        ("cache/big", "x"),
        ("no/.nobackup", ""),
        ("no/x", "x"),
    ] {
        let path = world.source().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    fs::write(world.source().join("cache/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n").unwrap();
    let line = "backup --source @source --to @dest --exclude *.o --exclude !keep.o --json";
    world.run(line).ok();
    world.run("restore --from @dest --to @out").ok();
    let found = walk(&world.path("out/source"));
    let has = |p: &str| found.iter().any(|f| f == Path::new(p));
    assert!(has("keep.o") && has("sub/c.txt") && has("cache/CACHEDIR.TAG"), "{found:?}");
    assert!(!has("a.o") && !has("sub/b.o") && !has("cache/big") && !has("no/x"), "{found:?}");
}

#[test]
fn the_tour_ends_well() {
    let world = World::new();
    fs::create_dir(world.path("tmp")).unwrap();
    for line in ["", "tour"] {
        let ran = world.run_with(line, |c| _ = c.env("TMPDIR", world.path("tmp"))).ok();
        assert_eq!(ran.out.matches("all equal").count(), 2, "{}", ran.out);
        assert_eq!(ran.out.contains("no display"), line.is_empty(), "{}", ran.out);
    }
}

#[test]
fn a_file_is_found_by_its_name_in_every_state_it_had() {
    let world = World::new();
    fs::create_dir_all(world.source().join("deep/er")).unwrap();
    fs::write(world.source().join("deep/er/Letter to Ada.txt"), "one").unwrap();
    fs::write(world.source().join("gone letter"), "x").unwrap();
    world.back_up();
    fs::write(world.source().join("deep/er/Letter to Ada.txt"), "longer now").unwrap();
    fs::remove_file(world.source().join("gone letter")).unwrap();
    world.back_up();
    world.back_up();
    let ids: Vec<String> = world.versions().iter().map(|v| v["id"].as_str().unwrap().into()).collect();

    let ran = world.run("find letter --from @dest --json").ok();
    let found: Vec<_> = ran.lines().into_iter().filter(|line| line.get("path").is_some()).collect();
    let path = |name: &str| world.source().join(name).display().to_string();
    assert_eq!((ran.last()["count"].as_u64(), found.len()), (Some(2), 2), "{}", ran.out);
    let (ada, gone) = (&found[0], &found[1]);
    assert_eq!((&ada["path"], &gone["path"]), (&json!(path("deep/er/Letter to Ada.txt")), &json!(path("gone letter"))));
    let states = |file: &serde_json::Value| -> Vec<_> {
        let states = file["states"].as_array().unwrap().iter();
        states.map(|s| (s["version"].clone(), s["versions"].as_u64().unwrap(), s["size"].as_u64().unwrap())).collect()
    };
    assert_eq!(states(ada), [(json!(ids[2]), 2, 10), (json!(ids[0]), 1, 3)]);
    assert_eq!(states(gone), [(json!(ids[0]), 1, 1)]);

    assert!(world.run("find *ADA.txt --from @dest").ok().out.contains(&format!("{} and 1 older", ids[2])));
    let limited = world.run("find letter --from @dest --limit 1 --json").ok().last();
    assert_eq!((&limited["count"], &limited["more"]), (&json!(1), &json!(true)));
    assert_eq!(world.run("find nowhere --from @dest --json").code(10).problem(), "nothing-there");
    world.run("find letter").code(2);
}
