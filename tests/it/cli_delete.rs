//! `strongroom delete`, and what `versions` says of what was saved.

use std::fs;

use crate::recover::{below, recover};
use crate::support::{PASSWORD, Random, World, assert_same};
use crate::tree;

/// A full, a differential and an incremental version.
fn three_versions() -> (World, Vec<String>) {
    let world = World::new();
    let mut random = Random(8);
    tree::plain(&world.source(), 60, &mut random);
    world.back_up();
    for (n, kind) in ["differential", "incremental"].into_iter().enumerate() {
        fs::write(world.source().join(format!("new {n}")), random.bytes(50_000)).unwrap();
        fs::rename(world.source().join(format!("folder {n}")), world.source().join(format!("renamed {n}"))).unwrap();
        let line = world.run(&format!("backup --source @source --to @dest --type {kind} --json")).ok().last();
        assert_eq!(line["type"], kind);
        assert!(line["totals"]["dedup_bytes"].as_u64().unwrap() > 0, "{line}");
    }
    let ids = world.versions().iter().map(|v| v["id"].as_str().unwrap().to_string()).collect();
    (world, ids)
}

#[test]
fn versions_go_and_the_others_stay() {
    let (world, ids) = three_versions();
    let dry = world.run(&format!("delete --from @dest --version {} {} --dry-run --json", ids[0], ids[1])).ok().last();
    assert_eq!(
        (dry["dry_run"].as_bool(), dry["left"].as_u64(), dry["versions"].as_array().unwrap().len()),
        (Some(true), Some(1), 2)
    );
    assert!(dry["bytes"].as_u64().unwrap() > 0 && dry["kept_bytes"].as_u64().unwrap() > 0);
    let said = world.run(&format!("delete --from @dest --version {} --dry-run", ids[0])).ok();
    assert!(said.out.starts_with("Would delete 1 version, "), "{}", said.out);
    assert!(said.out.contains("other versions need it"), "{}", said.out);
    assert_eq!(world.versions().len(), 3, "nothing was deleted");

    let done = world.run(&format!("delete --from @dest --version {} {} --json", ids[0], ids[1])).ok().last();
    assert_eq!((&done["result"], &done["kind"], &done["bytes"]), (&"completed".into(), &"delete".into(), &dry["bytes"]));
    assert_eq!(world.versions().len(), 1);
    world.run("verify --from @dest --depth full").ok();
    world.restore_and_compare(&ids[2], &world.source());
    // Without Strongroom too, though it lies in volumes of versions that are gone; and what is marked is not listed.
    let folder = world.plan_folder();
    let manifest = |id: &str| folder.join(format!("versions/{id}.json"));
    fs::copy(manifest(&ids[2]), manifest(&ids[0])).unwrap();
    let listed = recover(&folder, PASSWORD, &["--list"]).ok().out;
    assert!(listed.contains(&ids[2]) && !listed.contains(&ids[0]), "{listed}");
    fs::remove_file(manifest(&ids[0])).unwrap();
    let out = world.path("recovered");
    recover(&folder, PASSWORD, &["--to", out.to_str().unwrap()]).ok();
    assert_same(&world.source(), &below(&out, &world.source()));
    let listed = world.run("history --kind delete").ok();
    assert!(listed.out.contains("2 versions"), "{}", listed.out);

    assert_eq!(world.run(&format!("delete --from @dest --version {} --json", ids[2])).code(2).problem(), "usage");
    assert_eq!(world.run(&format!("delete --from @dest --version {} --json", ids[0])).code(10).problem(), "nothing-there");
    world.run("backup --source @source --to @dest --type full").ok();
    let text = world.run(&format!("delete --from @dest --version {}", ids[2])).ok();
    assert!(text.out.starts_with("Deleted 1 version in "), "{}", text.out);
    let newest = world.versions()[0]["id"].as_str().unwrap().to_string();
    world.restore_and_compare(&newest, &world.source());
}

#[test]
fn what_was_saved_is_said() {
    let (world, ids) = three_versions();
    let ran = world.run("versions --from @dest --json").ok();
    let number = |line: &serde_json::Value, name: &str| line[name].as_u64().unwrap_or_else(|| panic!("{name} in {line}"));
    let (mut bytes, mut stored) = (0, 0);
    for line in ran.lines().iter().filter(|line| line.get("id").is_some()) {
        assert_eq!(number(line, "saved_bytes"), number(line, "bytes").saturating_sub(number(line, "stored_bytes")));
        bytes += number(line, "bytes");
        stored += number(line, "stored_bytes");
    }
    let totals = &ran.last()["totals"];
    assert_eq!((number(totals, "bytes"), number(totals, "stored_bytes")), (bytes, stored));
    assert!(number(totals, "saved_bytes") > bytes / 2);
    let text = world.run("versions --from @dest").ok().out;
    assert!(text.lines().next().unwrap().contains("SAVED") && text.contains("3 versions of "), "{text}");

    // A base of one's own choice, and one that cannot be.
    let line = world.run(&format!("backup --source @source --to @dest --base {} --json", ids[0])).ok().last();
    assert_eq!(line["type"], "incremental");
    assert_eq!(world.versions().last().unwrap()["parent"], ids[0].as_str());
    let wrong = world.run(&format!("backup --source @source --to @dest --type full --base {} --json", ids[0]));
    assert_eq!(wrong.code(2).problem(), "usage");
}
