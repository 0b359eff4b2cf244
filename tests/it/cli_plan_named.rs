//! Plans that are read by their name alone: from the destination that seems best, and from another one where that fails.

use std::fs;

use crate::support::{Random, World, assert_same, walk};
use crate::tree;

/// A plan `Docs` with two destinations that have two versions each.
fn of_two() -> World {
    let world = World::new();
    tree::plain(&world.source(), 40, &mut Random(91));
    for name in ["dest", "blue"] {
        fs::create_dir_all(world.path(name)).unwrap();
    }
    world.run("plan add Docs --source @source --to @dest --to @blue").ok();
    world.run("backup Docs").ok();
    fs::write(world.source().join("later.txt"), "later").unwrap();
    world.run("backup Docs").ok();
    world
}

fn restores(world: &World, line: &str) {
    let said = world.run(&format!("{line} --to @out")).ok();
    assert!(said.out.contains("Restored from"), "{}", said.out);
    assert_same(&world.source(), &world.path("out/source"));
    fs::remove_dir_all(world.path("out")).unwrap();
}

#[test]
fn a_plan_is_read_by_its_name_wherever_it_can_be() {
    let world = of_two();
    let id = world.run("plan show Docs --json").ok().last()["plan"]["id"].as_str().unwrap().to_owned();
    for away in [None, Some("dest"), Some("blue")] {
        if let Some(away) = away {
            fs::rename(world.path(away), world.path("drawer")).unwrap();
        }
        restores(&world, "restore Docs");
        restores(&world, "restore --plan Docs");
        restores(&world, &format!("restore {id}"));
        assert_eq!(world.run("restore Docs --to @out --dry-run --json").ok().last()["dry_run"], true);
        let versions = world.run("versions Docs --json").ok();
        assert_eq!(versions.last()["count"], 2, "{away:?}");
        assert!(versions.last()["totals"]["stored_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{away:?}");
        let later = world.source().join("later.txt");
        let of = format!("versions Docs --of {} --json", later.display());
        assert_eq!(world.run(&of).ok().last()["count"], 1, "{away:?}");
        assert!(world.run(&format!("ls --plan Docs {}", world.source().display())).ok().out.contains("later.txt"));
        assert!(world.run("find later --plan Docs").ok().out.contains("later.txt"));
        let oldest = versions.lines()[0]["id"].as_str().unwrap().to_owned();
        let differs = world.run(&format!("diff --plan Docs {oldest}")).ok().out;
        assert!(differs.contains("+ ") && differs.contains("later.txt"), "{differs}");
        let said = world.run("download --plan Docs --to @rescue").ok();
        assert!(said.out.contains("Copied 1 version"), "{away:?}: {}", said.out);
        restores(&world, "restore --from @rescue");
        fs::remove_dir_all(world.path("rescue")).unwrap();
        if let Some(away) = away {
            fs::rename(world.path("drawer"), world.path(away)).unwrap();
        }
    }
    // With all of them away it is said of the first, and the password is none of it.
    for name in ["dest", "blue"] {
        fs::rename(world.path(name), world.path(&format!("away-{name}"))).unwrap();
    }
    for line in ["restore Docs --to @out", "versions Docs", "download --plan Docs --to @out"] {
        assert_eq!(world.run(&format!("{line} --json")).code(10).problem(), "destination-missing", "{line}");
    }
    assert!(!world.path("out").exists());
}

/// Changes a bit of each volume at a destination; once more, and they are whole again.
fn flip_volumes(world: &World, name: &str) {
    let mut volumes = walk(&world.path(name));
    volumes.retain(|path| path.to_string_lossy().contains("/v0001"));
    assert_eq!(volumes.len(), 2, "{volumes:?}");
    for volume in volumes {
        let path = world.path(name).join(volume);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn what_is_damaged_at_one_destination_is_downloaded_from_the_other() {
    let world = of_two();
    let mut passed_over = 0;
    // Whichever of them is asked first.
    for name in ["dest", "blue"] {
        flip_volumes(&world, name);
        let said = world.run("download --plan Docs --to @rescue").ok();
        assert!(said.out.contains("Copied 1 version"), "{name}: {}", said.out);
        passed_over += (said.out + &said.err).matches("Another destination is tried.").count();
        restores(&world, "restore --from @rescue");
        fs::remove_dir_all(world.path("rescue")).unwrap();
        flip_volumes(&world, name);
    }
    assert!(passed_over > 0);
    ["dest", "blue"].into_iter().for_each(|name| flip_volumes(&world, name));
    let none = world.run("download --plan Docs --to @rescue");
    assert_ne!(none.code, Some(0), "{}", none.out);
}

#[test]
fn a_plan_is_verified_at_each_destination_and_restored_where_it_is_whole() {
    let world = of_two();
    let whole = world.run("verify Docs --depth full").ok().out;
    for name in ["dest", "blue"] {
        assert!(whole.contains(&format!("At {}:", world.path(name).display())), "{whole}");
    }
    assert_eq!(whole.matches("All is well.").count(), 2, "{whole}");

    flip_volumes(&world, "dest");
    let damaged = world.run("verify Docs --json").code(1);
    assert_eq!((&damaged.last()["runs"], &damaged.last()["result"]), (&2.into(), &"failed".into()), "{}", damaged.out);
    let places: Vec<_> = damaged.lines().into_iter().filter_map(|line| Some(line.get("destination")?.clone())).collect();
    assert_eq!(places.len(), 2, "{}", damaged.out);
    restores(&world, "restore Docs");

    fs::rename(world.path("blue"), world.path("away")).unwrap();
    let said = world.run("verify Docs --depth quick").code(10);
    assert!(said.out.contains("All is well."), "the other one is verified all the same: {}", said.out);
    assert!(said.err.contains("strongroom: "), "{}", said.err);
}

#[test]
fn what_names_no_plan_is_said() {
    let world = of_two();
    let said = world.run("restore Dosc --to @out").code(10).err;
    assert!(said.contains("There is no plan \"Dosc\"") && said.contains("\"Docs\"") && said.contains("--from"), "{said}");
    for line in [
        "restore --to @out",
        "restore Docs --from @dest --to @out",
        "restore Docs --plan Docs --to @out",
        "versions",
        "verify",
        "ls",
        "find later",
        "diff 2026-11-20",
        "download --to @out",
        // What changes a backup names where.
        "delete --plan Docs --version 20261121T200000Z-full-5f3a9c2e",
        "key list --plan Docs",
        "replicate --plan Docs --to @red",
    ] {
        world.run(line).code(2);
    }
}
