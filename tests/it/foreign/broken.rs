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
fn zips_whose_sizes_stand_behind_the_data_are_read_without_their_directory() {
    let world = World::new();
    let mut random = Random(106);
    tree::plain(&world.source(), 30, &mut random);
    fs::write(world.source().join("noise"), random.bytes(900_000)).unwrap();
    fs::write(world.source().join("empty"), "").unwrap();
    fs::write(world.source().join("zeros"), vec![0; 70_000]).unwrap();
    let python = |method: &str, inner: &str, into: &str| {
        format!(
            r#"python3 -c '
import os, sys, zipfile
class Pipe:
    def write(self, b): return sys.stdout.buffer.write(b)
    def flush(self): pass
z = zipfile.ZipFile(Pipe(), "w", zipfile.ZIP_{method})
for d, _, files in os.walk("source"):
    for n in files:
        z.write(os.path.join(d, n), os.path.join("{inner}", os.path.relpath(os.path.join(d, n), "source")))
z.close()' > {into}"#
        )
    };
    // A zip of the same kind among the files, whose members are not taken for the outer one's.
    make(&world, &format!("{}; mv inner source/inner.zip", python("STORED", "wrong", "inner")), "inner");
    let files = walk(&world.source()).iter().filter(|path| world.source().join(path).is_file()).count();
    for script in [
        "bsdtar --format zip --options zip:compression=store -cf $OUT source".to_owned(),
        "bsdtar --format zip -cf $OUT source".to_owned(),
        "bsdtar --format zip -cf - source | cat > $OUT".to_owned(),
        "zip -qr - source | cat > $OUT".to_owned(),
        "zip -qr0 - source | cat > $OUT".to_owned(),
        "zip -qr -fz - source | cat > $OUT".to_owned(),
        python("STORED", "source", "$OUT"),
        python("DEFLATED", "source", "$OUT"),
        python("BZIP2", "source", "$OUT"),
    ] {
        let archive = make(&world, &script, "a.zip");
        let whole = fs::read(&archive).unwrap();
        let record = |magic: &[u8]| whole.windows(4).rposition(|window| window == magic);
        let directory = record(b"PK\x05\x06").unwrap();
        let number = |at: usize, width: usize| whole[at..at + width].iter().rev().fold(0, |n, byte| n << 8 | usize::from(*byte));
        let offset =
            record(b"PK\x06\x06").map_or_else(|| directory - number(directory + 12, 4), |wide| wide - number(wide + 40, 8));
        // Its end is cut off (bsdtar fills up what follows), then all of the directory, then of the last member's descriptor as well.
        for (cut, least) in [(directory - 8, files), (offset, files), (offset - 10, files - 1)] {
            let what = format!("{script}, cut at {cut} of {}", whole.len());
            fs::write(world.path("bad"), &whole[..cut]).unwrap();
            let last = world.run("restore --from @bad --to @restored --json").code(3).last();
            let told = last["warnings"][0]["detail"].as_str().unwrap();
            assert!(told.contains("directory") && told.contains("links and permissions"), "{what}: {last}");
            assert!(nothing_wrong(&world, &world.path("restored"), &what) >= least, "{what}: {last}");
            fs::remove_dir_all(world.path("restored")).unwrap();
            // A list tells the sizes without reading the contents.
            let listed = world.run("ls -R --from @bad --json").code(3).lines();
            let noise = listed.iter().find(|row| row["path"] == "source/noise").unwrap_or_else(|| panic!("{what}"));
            assert_eq!(noise["size"], 900_000, "{what}");
        }
    }
}

#[test]
fn a_part_of_a_split_zip_says_what_it_is() {
    let world = World::new();
    let mut random = Random(107);
    tree::plain(&world.source(), 10, &mut random);
    for n in 0..4 {
        fs::write(world.source().join(format!("noise {n}")), random.bytes(90_000)).unwrap();
    }
    let files = 14;
    make(&world, "zip -qr -s 64k $OUT source", "split.zip");
    for name in ["split.zip", "split.z01"] {
        for command in ["restore --to @restored --from", "ls --from", "inspect"] {
            let ran = world.run(&format!("{command} @{name} --json")).code(2);
            assert_eq!(ran.problem(), "usage");
            let problem = &ran.last()["error"];
            assert!(problem["what"].as_str().unwrap().contains("made in several parts"), "{problem}");
            assert!(problem["fix"].as_str().unwrap().starts_with("Join all parts first"), "{problem}");
        }
        assert!(!world.path("restored").exists(), "nothing is left at the target");
    }
    // Into a folder that is there already.
    fs::create_dir(world.path("there")).unwrap();
    world.run("restore --to @there --from @split.zip").code(2);
    assert_eq!(fs::read_dir(world.path("there")).unwrap().count(), 0);
    // Joined its directory does not fit, but the members are there.
    make(&world, "cat split.z?? split.zip > $OUT", "joined");
    world.run("restore --to @restored --from @joined").code(3);
    assert_eq!(nothing_wrong(&world, &world.path("restored"), "joined"), files);
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

/// Restores, and removes what is named as perhaps not whole: everything else has to be right. How many files these are, and how many were
/// named.
#[track_caller]
fn vouched(world: &World, what: &str) -> (usize, usize) {
    let last = world.run("restore --from @bad --to @restored --json").code(3).last();
    let mut named = 0;
    for warning in last["warnings"].as_array().unwrap() {
        if warning["cause"] == "unproven" {
            fs::remove_file(world.path("restored").join(warning["path"].as_str().unwrap())).unwrap();
            named += 1;
        }
    }
    let count = nothing_wrong(world, &world.path("restored"), what);
    fs::remove_dir_all(world.path("restored")).unwrap();
    (count, named)
}

#[test]
fn what_lost_or_gained_bytes_is_named() {
    let world = World::new();
    let mut random = Random(106);
    fs::create_dir_all(world.source()).unwrap();
    for n in 0..30usize {
        fs::write(world.source().join(format!("small {n:02}")), random.bytes(1 + 10 * n)).unwrap();
    }
    for n in 0..10 {
        fs::write(world.source().join(format!("large {n:02}")), random.bytes(60_000)).unwrap();
    }
    let whole = fs::read(make(&world, "tar --sort=name -cf $OUT source", "a")).unwrap();
    let bad = |with: &dyn Fn(&[u8]) -> Vec<u8>| {
        fs::write(world.path("bad"), whole.chunks(4096).flat_map(with).collect::<Vec<u8>>()).unwrap();
    };
    for (what, with) in [
        ("added", &(|chunk: &[u8]| [chunk, b"ten bytes!"].concat()) as &dyn Fn(&[u8]) -> Vec<u8>),
        ("missing", &|chunk: &[u8]| chunk[..chunk.len() - 10].to_vec()),
    ] {
        bad(with);
        let (count, named) = vouched(&world, what);
        assert!(count > 5 && named > 10, "{what}: {count}, {named}");
        let facts = world.run("inspect @bad --json").code(3).last();
        assert!(facts["damage"].as_array().unwrap().iter().any(|damage| damage["doubtful"] == true), "{facts}");
        let listed = world.run("ls --from @bad -R").code(3);
        assert!(listed.err.contains("Perhaps not whole: source/large"), "{}", listed.err);
    }
    // Sectors of zeros, headers among them.
    let mut zeros = whole.clone();
    let at = whole.windows(15).position(|w| w == b"source/large 05").unwrap();
    zeros[at - 4096..at + 4096].fill(0);
    fs::write(world.path("bad"), zeros).unwrap();
    world.run("restore --from @bad --to @restored --json").code(3);
    assert!(walk(&world.path("restored")).len() >= 38);
}

#[test]
fn what_other_programs_pack_is_known_and_not_searched() {
    let world = World::new();
    let mut random = Random(107);
    fs::create_dir_all(world.source()).unwrap();
    for n in 1..5 {
        fs::write(world.source().join(format!("r{n}")), random.bytes(500_000)).unwrap();
    }
    for (name, script) in [
        ("xz", "tar -cJf $OUT source"),
        ("lzma", "tar -cf - source | xz --format=lzma > $OUT"),
        ("seven-zip", "tar -cf x.tar source; 7z a -bd -t7z $OUT.7z x.tar > /dev/null; mv $OUT.7z $OUT"),
        ("seven-zip", "tar -cf x.tar source; 7z a -bd -t7z -m0=copy $OUT.7z x.tar > /dev/null; mv $OUT.7z $OUT"),
        ("ar", "rm -f $OUT; tar -cf x.tar source; ar rc $OUT x.tar"),
        ("cpio", "tar -cf x.tar source; bsdtar --format=newc -cf $OUT x.tar"),
        ("skippable", "printf '\\x50\\x2a\\x4d\\x18\\x04\\0\\0\\0data' > $OUT"),
    ] {
        make(&world, script, "packed");
        for line in
            ["restore --from @packed --to @out", "ls --from @packed", "decompress @packed --to @out", "decompress @packed"]
        {
            let ran = world.run(&format!("{line} --json")).code(2);
            assert_eq!(ran.problem(), "usage", "{name}: {line}");
            assert!(ran.out.contains("does not unpack"), "{name}: {line}: {}", ran.out);
        }
        assert!(!world.path("out").exists());
        let facts = world.run("inspect @packed --json").ok().last();
        assert_eq!((&facts["what"], &facts["format"]), (&json!("foreign"), &json!(name)));
        fs::remove_file(world.path("packed")).unwrap();
    }
    assert!(world.run_with("inspect", |c| _ = c.arg(make(&world, "tar -cJf $OUT source", "a"))).ok().out.contains("an xz file"));
    // Where an xz file's own beginning is lost, headers are found in its stored blocks: all that comes out is named.
    let mut xz = fs::read(world.path("a")).unwrap();
    xz[..6].fill(0);
    fs::write(world.path("bad"), xz).unwrap();
    let (_, named) = vouched(&world, "xz");
    assert!(named > 0);
    // Frames that hold nothing stand before content too.
    let script = "(printf '\\x50\\x2a\\x4d\\x18\\x04\\0\\0\\0data'; tar --zstd -cf - source) > $OUT";
    restores(&world, &make(&world, script, "b"), "skippable", SECONDS);
}

#[test]
fn a_file_that_a_backup_has_cut_is_named() {
    let world = World::new();
    fs::create_dir_all(world.source()).unwrap();
    fs::write(world.source().join("disk.img"), Random(108).bytes(9_000_000)).unwrap();
    fs::write(world.source().join("small"), "whole").unwrap();
    world.run("backup --source @source --to @dest --no-encryption --format tar").ok();
    let data = world.plan_folder().join("data");
    let volume = walk(&data).into_iter().find(|path| path.extension().is_some_and(|e| e == "tar")).unwrap();
    let last = world.run_with("restore --to @restored --json --from", |c| _ = c.arg(data.join(volume))).code(3).last();
    let image = &world.source().join("disk.img").display().to_string()[1..];
    let warnings = last["warnings"].as_array().unwrap();
    assert_eq!((warnings.len(), &warnings[0]["path"], &warnings[0]["cause"]), (1, &json!(image), &json!("unproven")));
    assert!(warnings[0]["detail"].as_str().unwrap().contains(&format!(".strongroom-parts/{image}")), "{last}");
    assert!(world.path("restored/.strongroom-parts").join(image).join("00000001").exists());
}
