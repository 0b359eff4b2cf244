//! One file through all versions, and versions against each other, by the real binary.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::{Random, World};
use crate::tree;

/// Four versions: a file that changes, is gone, and comes back as it was.
fn world() -> (World, Vec<String>) {
    let world = World::new();
    tree::plain(&world.source(), 30, &mut Random(81));
    let file = world.source().join("thesis.odt");
    let mut versions = Vec::new();
    let mut back_up = || versions.push(world.back_up()["version"].as_str().unwrap().to_string());
    fs::write(&file, "first").unwrap();
    back_up();
    fs::write(&file, "second, longer").unwrap();
    back_up();
    fs::remove_file(&file).unwrap();
    back_up();
    fs::write(&file, "first").unwrap();
    back_up();
    (world, versions)
}

#[test]
fn a_file_is_followed_through_its_versions() {
    let (world, versions) = world();
    let ran = world.run("versions --from @dest --of @source/thesis.odt --json").ok();
    let mut lines = ran.lines();
    let last = lines.pop().unwrap();
    let told: Vec<(&Value, &Value)> = lines.iter().map(|line| (&line["version"], &line["size"])).collect();
    let expected = [(json!(versions[3]), json!(5)), (json!(versions[1]), json!(14)), (json!(versions[0]), json!(5))];
    assert_eq!(told, expected.iter().map(|(a, b)| (a, b)).collect::<Vec<_>>());
    assert_eq!(lines[0]["content"], lines[2]["content"]);
    assert_ne!(lines[0]["content"], lines[1]["content"]);
    assert_eq!((&lines[0]["changed"], &lines[1]["changed"]), (&Value::Null, &json!(["content", "time"])));
    assert_eq!(lines[0]["path"], world.source().join("thesis.odt").to_str().unwrap());
    assert_eq!((&last["count"], &last["versions"], &last["contents"]), (&json!(3), &json!(4), &json!(2)));

    let people = world.run("versions --from @dest --of @source/thesis.odt").ok().out;
    assert!(people.contains("In 3 versions, not in 1; 2 different contents"), "{people}");
    // A folder, and a file that nobody touched.
    let folder = world.run("versions --from @dest --of @source --json").ok();
    assert_eq!((folder.lines().len(), &folder.lines()[0]["kind"]), (5, &json!("folder")));
    let file =
        world.run_with("versions --from @dest --json --of", |c| _ = c.arg(world.source().join("folder 3/file 3.txt"))).ok();
    assert_eq!((file.last()["contents"].clone(), &file.lines()[0]["changed"]), (json!(1), &json!([])));

    assert_eq!(world.run("versions --from @dest --of /not/there --json").code(10).problem(), "nothing-there");
    let locked = |c: &mut std::process::Command| _ = c.env("STRONGROOM_PASSWORD", "wrong");
    world.run_with("versions --from @dest --of @source/thesis.odt", locked).code(12);
}

#[test]
fn a_version_that_cannot_be_read_is_told() {
    let (world, versions) = world();
    let catalog = world.plan_folder().join("data").join(&versions[1]).join("catalog.jsonl.zst.sealed");
    let mut bytes = fs::read(&catalog).unwrap();
    let at = bytes.len() - 40;
    bytes[at] ^= 1;
    fs::write(&catalog, bytes).unwrap();
    let last = world.run("versions --from @dest --of @source/thesis.odt --json").code(3).last();
    assert_eq!((&last["count"], &last["unreadable"]), (&json!(2), &json!(1)));
    let found = world.run(&format!("diff --from @dest {} {} --json", versions[0], versions[1])).code(1);
    assert_eq!(found.problem(), "damaged");
}

/// Change, path within the source, from where.
fn told(world: &World, line: &str) -> (Vec<String>, Value) {
    let mut lines = world.run(line).ok().lines();
    let last = lines.pop().unwrap();
    let source = format!("{}/", world.source().display());
    let short = |path: &Value| path.as_str().map(|path| path.replace(&source, "")).unwrap_or_default();
    let line = |l: &Value| format!("{} {} {}", l["change"].as_str().unwrap(), short(&l["path"]), short(&l["from"]));
    (lines.iter().map(line).map(|line| line.trim_end().to_string()).collect(), last)
}

#[test]
fn two_versions_are_compared() {
    let world = World::new();
    tree::plain(&world.source(), 100, &mut Random(82));
    let at = |name: &str| world.source().join(name);
    let first = world.back_up()["version"].as_str().unwrap().to_string();
    fs::rename(at("folder 3/file 3.txt"), at("moved.txt")).unwrap();
    fs::write(at("folder 4/file 4.txt"), "other content").unwrap();
    fs::remove_file(at("folder 5/file 5.txt")).unwrap();
    fs::write(at("new.txt"), "new").unwrap();
    fs::set_permissions(at("folder 6/file 6.txt"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::remove_file(at("folder 7/file 7.txt")).unwrap();
    fs::create_dir(at("folder 7/file 7.txt")).unwrap();
    let second = world.back_up()["version"].as_str().unwrap().to_string();

    let (list, last) = told(&world, &format!("diff --from @dest {first} {second} --json"));
    let expected = [
        "changed folder 4/file 4.txt",
        "removed folder 5/file 5.txt",
        "changed folder 6/file 6.txt",
        "changed folder 7/file 7.txt",
        "moved moved.txt folder 3/file 3.txt",
        "added new.txt",
    ];
    assert_eq!(list, expected);
    let count = |of: &str| last[of]["count"].as_u64().unwrap();
    assert_eq!([count("added"), count("removed"), count("changed"), count("moved")], [1, 1, 3, 1]);
    assert_eq!((&last["before"], &last["after"], &last["added"]["bytes"]), (&json!(first), &json!(second), &json!(3)));
    // The other way round, and against itself. The second is the latest where none is named.
    let (back, _) = told(&world, &format!("diff --from @dest latest {first} --json"));
    assert!(back.contains(&"moved folder 3/file 3.txt moved.txt".to_string()), "{back:?}");
    assert_eq!(told(&world, &format!("diff --from @dest {second} --json")).0.len(), 0);
    let people = world.run(&format!("diff --from @dest {first}")).ok().out;
    for part in ["(content, time)", "(mode)", "(kind)", "1 added (3 B), 1 removed", "1 moved", "> "] {
        assert!(people.contains(part), "{part}: {people}");
    }
    // A full version stores everything anew, and yet nothing differs.
    world.run("backup --source @source --to @dest --type full").ok();
    assert_eq!(told(&world, &format!("diff --from @dest {second} --json")).0.len(), 0);
    world.run("diff --from @dest 2020-01-01 --json").code(10);
}

#[test]
fn more_differences_than_one_answer_holds() {
    let world = World::new();
    for n in 0..11_000 {
        let folder = world.source().join(format!("{:02}", n % 20));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{n}")), if n % 2 == 0 { "" } else { "x" }).unwrap();
    }
    let first = world.back_up()["version"].as_str().unwrap().to_string();
    fs::rename(world.source(), world.path("away")).unwrap();
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("only"), "y").unwrap();
    world.run("backup --source @source --to @dest --accept-shrunk").ok();
    let (list, last) = told(&world, &format!("diff --from @dest {first} --json"));
    assert_eq!(list.len(), 11_000 + 20 + 1);
    assert_eq!((&last["removed"]["count"], &last["removed"]["bytes"]), (&json!(11_020), &json!(5_500)));
}
