//! Broken archives of other programs, and our own volumes by themselves: what is readable comes out, and the rest is named.

use super::*;

/// Everything that stands in the target is right; how many files there are.
#[track_caller]
fn nothing_wrong(world: &World, out: &Path, what: &str) -> usize {
    let mut count = 0;
    for path in walk(out).into_iter().filter(|path| out.join(path).is_file()) {
        let name = path.strip_prefix("source").unwrap_or_else(|_| panic!("{what}: {}", path.display()));
        assert!(fs::read(out.join(&path)).unwrap() == fs::read(world.source().join(name)).unwrap(), "{what}: {}", path.display());
        count += 1;
    }
    count
}

#[test]
fn what_is_readable_of_a_broken_archive_comes_out() {
    let world = World::new();
    let mut random = Random(103);
    tree::plain(&world.source(), 200, &mut random);
    for n in 0..20 {
        fs::write(world.source().join(format!("noise {n:02}")), random.bytes(700_000)).unwrap();
    }
    let files = walk(&world.source()).iter().filter(|path| world.source().join(path).is_file()).count();
    for (name, script) in [
        ("tar", "tar -cf $OUT source"),
        ("gz", "tar -czf $OUT source"),
        ("bz2", "tar -cjf $OUT source"),
        ("lz4", "tar -I lz4 -cf $OUT source"),
        ("zst", "tar --zstd -cf $OUT source"),
        ("zip", "zip -qr $OUT.zip source; mv $OUT.zip $OUT"),
    ] {
        let archive = make(&world, script, name);
        let whole = fs::read(&archive).unwrap();
        let length = whole.len();
        let restore = |bad: &[u8], what: &str| {
            fs::write(world.path("bad"), bad).unwrap();
            let ran = world.run("restore --from @bad --to @restored --json").code(3);
            let last = ran.last();
            assert!(!last["warnings"].as_array().unwrap().is_empty(), "{what}");
            // What nothing proves is named, and not looked at here.
            for warning in last["warnings"].as_array().unwrap() {
                if warning["detail"].as_str().unwrap().contains("nothing proves it") {
                    let _ = fs::remove_file(world.path("restored").join(warning["path"].as_str().unwrap()));
                }
            }
            let count = nothing_wrong(&world, &world.path("restored"), what);
            fs::remove_dir_all(world.path("restored")).unwrap();
            (count, last)
        };
        // Cut short: what stands before is there.
        for part in [3, 2] {
            let (count, _) = restore(&whole[..length - length / part], &format!("{name} cut by 1/{part}"));
            assert!(count > 5, "{name}: {count} of {files}");
        }
        // Some bytes in the middle are others.
        let mut bad = whole.clone();
        bad[length / 2..length / 2 + 700].fill(0xa5);
        if name != "tar" {
            let (count, _) = restore(&bad, &format!("{name} overwritten"));
            // One stream cannot be gone on with; members of a zip stand alone.
            assert!(name != "zip" || count >= files - 2, "{name}: {count} of {files}");
        }
        // The beginning is missing.
        if matches!(name, "tar" | "zip") {
            let (count, _) = restore(&whole[length / 3..], &format!("{name} without its beginning"));
            assert!(count > 10, "{name}: {count} of {files}");
        }
    }
    // Plain tar: a header in the middle.
    let mut bad = fs::read(world.path("tar")).unwrap();
    let at = bad.windows(14).position(|w| w == b"source/noise 0").unwrap();
    bad[at + 3] ^= 1;
    fs::write(world.path("bad"), &bad).unwrap();
    world.run("restore --from @bad --to @restored").code(3);
    assert_eq!(nothing_wrong(&world, &world.path("restored"), "a header"), files - 1);
}

#[test]
fn volumes_by_themselves_also_broken_ones() {
    for kind in ["tar", "tar.gz", "tar.bz2", "tar.lz4", "tar.zst", "zip", "zip-zstd"] {
        for sealed in [true, false] {
            let world = World::new();
            let mut random = Random(104);
            tree::plain(&world.source(), 60, &mut random);
            // Frames of about 4 MiB: a dozen of them.
            for n in 0..24 {
                fs::write(world.source().join(format!("noise {n:02}")), random.bytes(2_000_000)).unwrap();
            }
            let seal = if sealed { "" } else { "--no-encryption" };
            world.run(&format!("backup --source @source --to @dest {seal} --format {kind}")).ok();
            let data = world.plan_folder().join("data");
            let volume =
                walk(&data).into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with("v0001")).unwrap();
            let volume = data.join(volume);
            let what = format!("{kind} sealed {sealed}");
            let files = 84;
            let inside = format!("restored{}", world.source().parent().unwrap().display());
            let with = |line: &str, from: &Path| world.run_with(&format!("{line} --from"), |c| _ = c.arg(from));
            let listed = with("ls -R --json", &volume).ok();
            assert!(listed.lines().len() > files, "{what}");
            with("restore --to @restored", &volume).ok();
            assert_eq!(nothing_wrong(&world, &world.path(&inside), &what), files, "{what}");
            fs::remove_dir_all(world.path("restored")).unwrap();
            if sealed {
                let wrong = |c: &mut Command| _ = c.env("STRONGROOM_PASSWORD", "wrong").arg(&volume);
                world.run_with("ls --from", wrong).code(12);
            }
            // A hole in the middle: what lies in its frame is lost, before and behind it nothing.
            let mut bad = fs::read(&volume).unwrap();
            let length = bad.len();
            // Plain tar has no checksums: there it is a header that is hit.
            let at =
                if kind == "tar" && !sealed { bad.windows(14).position(|w| w == b"source/noise 1").unwrap() } else { length / 2 };
            bad[at..at + 20].fill(0xa5);
            let folder = volume.parent().unwrap();
            let broken = folder.join("broken");
            fs::write(&broken, &bad).unwrap();
            let last = with("restore --to @restored --json", &broken).code(3).last();
            for warning in last["warnings"].as_array().unwrap() {
                if warning["detail"].as_str().unwrap().contains("nothing proves it") {
                    let _ = fs::remove_file(world.path("restored").join(warning["path"].as_str().unwrap()));
                }
            }
            let count = nothing_wrong(&world, &world.path(&inside), &what);
            assert!((files - 8..files).contains(&count), "{what}: {count} of {files}");
            fs::remove_dir_all(world.path("restored")).unwrap();
            // And cut short.
            fs::write(&broken, &bad[..at.min(length / 2)]).unwrap();
            with("restore --to @restored --json", &broken).code(3);
            assert!(nothing_wrong(&world, &world.path(&inside), &what) > 10, "{what}");
        }
    }
}
