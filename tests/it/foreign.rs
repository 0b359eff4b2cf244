//! Archives that other programs have made: restored by us, compared by rsync. Whole ones of every format, broken ones, hostile ones,
//! and our own volumes by themselves.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::support::{Random, World, allocated, tool, walk};
use crate::tree;

/// What a format can hold beside plain files.
#[derive(Clone, Copy, PartialEq)]
struct Holds {
    /// Names of more than 100 bytes, and such that are not text.
    names: bool,
    links: bool,
    pipes: bool,
    xattrs: bool,
}

const ALL: Holds = Holds { names: true, links: true, pipes: true, xattrs: false };

fn make_tree(root: &Path, holds: Holds) {
    let mut random = Random(101);
    tree::plain(root, 50, &mut random);
    let at = |name: &str| root.join(name);
    fs::create_dir(at("empty folder")).unwrap();
    fs::write(at("empty"), "").unwrap();
    fs::write(at("noise"), random.bytes(5_000_000)).unwrap();
    fs::write(at("text"), b"a line that comes again\n".repeat(300_000)).unwrap();
    fs::write(at("one block"), random.bytes(512)).unwrap();
    fs::set_permissions(at("noise"), Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(at("text"), Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(at("read only")).unwrap();
    fs::write(at("read only/inside"), "x").unwrap();
    if holds.names {
        fs::write(at("Grüße ✓ 日本"), "x").unwrap();
        fs::write(at(&"n".repeat(200)), "long").unwrap();
        let deep = at(&format!("{}/{}/{}", "d".repeat(120), "e".repeat(120), "f".repeat(120)));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("deep"), "deep").unwrap();
        fs::write(root.join(OsStr::from_bytes(b"latin1 \xe4\xf6\xff")), "x").unwrap();
    }
    if holds.links {
        symlink("text", at("link")).unwrap();
        symlink("/nowhere/at all", at("dangling")).unwrap();
        fs::hard_link(at("noise"), at("same as noise")).unwrap();
        if holds.names {
            symlink("t".repeat(300), at("long target")).unwrap();
        }
    }
    if holds.pipes {
        tool("mkfifo", [at("pipe")]);
    }
    if holds.xattrs {
        for (name, value) in [("user.colour", &b"blue"[..]), ("user.a=b%", b"\0\xff\n")] {
            rustix::fs::setxattr(at("text"), name, value, rustix::fs::XattrFlags::empty()).unwrap();
        }
    }
    let time = |name: &str, seconds, nanos| {
        let at = rustix::fs::Timespec { tv_sec: seconds, tv_nsec: nanos };
        let times = rustix::fs::Timestamps { last_access: at, last_modification: at };
        rustix::fs::utimensat(rustix::fs::CWD, root.join(name), &times, rustix::fs::AtFlags::empty()).unwrap();
    };
    time("text", 1_234_567_890, 123_456_789);
    time("empty folder", 1_111_111_110, 0);
    fs::set_permissions(at("read only"), Permissions::from_mode(0o555)).unwrap();
}

fn differing(options: &[&str], a: &Path, b: &Path) -> String {
    let slash = |path: &Path| format!("{}/", path.display()).into();
    let options = options.iter().map(|option| option.into());
    let fixed = ["-n", "-i", "--delete", "-c"].map(Into::into);
    let args: Vec<std::ffi::OsString> = fixed.into_iter().chain(options).chain([slash(a), slash(b)]).collect();
    tool("rsync", args)
}

/// Runs a script in the world's folder, where the tree is `source`; it makes `$OUT`.
#[track_caller]
fn make(world: &World, script: &str, out: &str) -> PathBuf {
    let out = world.path(out);
    let script = format!("set -o pipefail; cd '{}'; {script}", world.path("").display());
    let ran = Command::new("bash").args(["-ec", &script]).env("OUT", &out).env("LC_ALL", "C.UTF-8").output().unwrap();
    // bsdtar complains of names that are not UTF-8, and stores them.
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success() || said.contains("can't translate") || said.contains("onverted"), "{script}: {said}");
    out
}

const EXACT: &[&str] = &["-aH", "--modify-window=-1"];
const SECONDS: &[&str] = &["-aH"];
const CONTENT: &[&str] = &["-rl"];

/// Restores everything into an empty folder, without a warning, and compares.
#[track_caller]
fn restores(world: &World, archive: &Path, format: &str, options: &[&str]) {
    let out = world.path("restored");
    let ran = world.run_with("restore --to @restored --json --from", |c| _ = c.arg(archive));
    assert_eq!(ran.code, Some(0), "{format}\n{}\n{}", ran.out, ran.err);
    let found = differing(options, &world.source(), &out.join("source"));
    assert_eq!(found, "", "{format}");
    tool("chmod", ["-R".as_ref(), "u+w".as_ref(), out.as_os_str()]);
    fs::remove_dir_all(&out).unwrap();
}

fn world_of(holds: Holds) -> World {
    let world = World::new();
    make_tree(&world.source(), holds);
    world
}

#[test]
fn gnu_tar_in_each_of_its_formats() {
    let short = Holds { names: false, ..ALL };
    for (format, holds, options) in [
        ("v7", Holds { pipes: false, ..short }, SECONDS),
        ("ustar", short, SECONDS),
        ("oldgnu", ALL, SECONDS),
        ("gnu", ALL, SECONDS),
        ("posix", ALL, EXACT),
        ("posix --xattrs", Holds { xattrs: true, ..ALL }, &["-aHX", "--modify-window=-1"]),
    ] {
        let world = world_of(holds);
        let archive = make(&world, &format!("tar --format={format} -cf $OUT source"), "a");
        restores(&world, &archive, format, options);
    }
    let world = world_of(ALL);
    for (codec, options) in
        [("-z", "gz"), ("-j", "bz2"), ("-I lz4", "lz4"), ("--zstd", "zst"), ("-I 'zstd -19 --long=27'", "zst")]
    {
        let archive = make(&world, &format!("tar {codec} --format=posix -cf $OUT source"), "a");
        restores(&world, &archive, codec, EXACT);
        let facts = world.run("inspect @a --json").ok().last();
        assert_eq!(facts["format"], format!("tar.{options}"));
    }
    // Appended to: the later member counts, and what was there before.
    fs::write(world.source().join("text"), "newer").unwrap();
    make(&world, "tar --format=posix -cf $OUT source; echo newest > source/text; tar --format=posix -rf $OUT source/text", "a");
    restores(&world, &world.path("a"), "appended", EXACT);
}

#[test]
fn files_with_holes_in_all_their_forms() {
    let world = World::new();
    tree::odd(&world.source(), &mut Random(102));
    for name in
        walk(&world.source()).into_iter().filter(|name| !["sparse", "all hole"].iter().any(|keep| name == Path::new(keep)))
    {
        let path = world.source().join(name);
        if !path.is_dir() || path.is_symlink() {
            let _ = fs::remove_file(path);
        }
    }
    // Many more runs than a header has room for.
    let file = fs::File::create(world.source().join("many holes")).unwrap();
    for n in 0..200u64 {
        std::os::unix::fs::FileExt::write_all_at(&file, &[n as u8 + 1; 4096], n * 65_536).unwrap();
    }
    file.set_len(20 << 20).unwrap();
    for format in ["gnu", "oldgnu", "posix --sparse-version=0.0", "posix --sparse-version=0.1", "posix --sparse-version=1.0"] {
        let archive = make(&world, &format!("tar -S --format={format} -cf $OUT source"), "a");
        assert!(allocated(&archive) < 4 << 20, "{format}");
        world.run("restore --from @a --to @restored --json").ok();
        for name in ["sparse", "all hole", "many holes"] {
            let (from, to) = (world.source().join(name), world.path("restored/source").join(name));
            assert!(fs::read(&from).unwrap() == fs::read(&to).unwrap(), "{format}: {name}");
            assert!(allocated(&to) <= allocated(&from) + 65_536, "{format}: {name} has lost its holes");
        }
        fs::remove_dir_all(world.path("restored")).unwrap();
    }
}

#[test]
fn bsdtar_in_each_of_its_formats() {
    let short = Holds { names: false, ..ALL };
    for (format, holds, options) in [
        ("v7", Holds { pipes: false, ..short }, SECONDS),
        ("ustar", short, SECONDS),
        ("gnutar", ALL, SECONDS),
        ("pax", Holds { xattrs: true, ..ALL }, &["-aHX", "--modify-window=-1"]),
        ("pax --gzip", ALL, EXACT),
        ("pax --bzip2", ALL, EXACT),
        ("pax --lz4", ALL, EXACT),
        ("pax --zstd", ALL, EXACT),
        ("zip", Holds { names: true, links: false, pipes: false, xattrs: false }, SECONDS),
        ("zip --options zip:compression=store", Holds { names: false, links: false, pipes: false, xattrs: false }, SECONDS),
    ] {
        let world = world_of(holds);
        let archive = make(&world, &format!("bsdtar --format={format} -cf $OUT source"), "a");
        restores(&world, &archive, format, options);
    }
}

#[test]
fn zip_and_7z() {
    let none = Holds { names: false, links: false, pipes: false, xattrs: false };
    let names = Holds { names: true, ..none };
    for (script, holds, options) in [
        ("zip -qry $OUT source", names, SECONDS),
        ("zip -qr0 $OUT source", none, SECONDS),
        ("zip -qr -Z bzip2 $OUT source", none, SECONDS),
        ("zip -qry -fz $OUT source", names, SECONDS),
        // Sizes stand behind the data, as where a zip cannot be gone back in.
        ("zip -qr - source | cat > $OUT", none, SECONDS),
        // A program in front, as archives have that unpack themselves.
        ("zip -qr x.zip source; (echo '#!/bin/sh'; cat x.zip) > $OUT", none, SECONDS),
        ("7z a -bd -tzip $OUT source > /dev/null", none, CONTENT),
        ("7z a -bd -tzip -mm=BZip2 $OUT source > /dev/null", none, CONTENT),
        ("7z a -bd -ttar $OUT source > /dev/null", none, CONTENT),
        ("7z a -bd -ttar x.tar source > /dev/null; 7z a -bd -tgzip $OUT x.tar > /dev/null", none, CONTENT),
    ] {
        let world = world_of(holds);
        let archive = make(&world, script, "a.zip");
        restores(&world, &archive, script, options);
    }
    // Links survive where zip keeps them.
    let world = world_of(Holds { links: true, ..none });
    let archive = make(&world, "zip -qry $OUT source", "a.zip");
    world.run_with("restore --to @restored --from", |c| _ = c.arg(&archive)).ok();
    assert_eq!(fs::read_link(world.path("restored/source/dangling")).unwrap(), Path::new("/nowhere/at all"));
    // What cannot be read is named, and the rest restored.
    for script in ["7z a -bd -tzip -mm=LZMA $OUT source > /dev/null", "zip -qr -P secret $OUT source"] {
        let world = world_of(none);
        let archive = make(&world, script, "a.zip");
        let ran = world.run_with("restore --to @restored --json --from", |c| _ = c.arg(&archive)).code(3);
        let last = ran.last();
        assert_eq!(last["warnings"][0]["cause"], "unsupported-kind", "{last}");
        assert!(last["counts"]["failed"].as_u64().unwrap() > 40 && last["counts"]["folders"].as_u64().unwrap() > 10, "{last}");
    }
}

#[test]
fn python_in_each_of_its_formats() {
    let short = Holds { names: false, ..ALL };
    for (format, mode, holds, options) in [
        ("USTAR", "w", short, SECONDS),
        ("GNU", "w", ALL, SECONDS),
        ("PAX", "w", ALL, SECONDS),
        ("PAX", "w:gz", ALL, SECONDS),
        ("GNU", "w:bz2", ALL, SECONDS),
        ("PAX", "w|gz", ALL, SECONDS),
    ] {
        let world = world_of(holds);
        let script = format!(
            "python3 -c 'import tarfile; t = tarfile.open(\"a\", \"{mode}\", format=tarfile.{format}_FORMAT, errors=\"surrogateescape\"); t.add(\"source\"); t.close()'"
        );
        let archive = make(&world, &script, "a");
        restores(&world, &archive, &format!("{format} {mode}"), options);
    }
    let none = Holds { names: false, links: false, pipes: false, xattrs: false };
    for method in ["STORED", "DEFLATED", "BZIP2"] {
        let world = world_of(none);
        let script = format!(
            "python3 -c 'import zipfile, os; z = zipfile.ZipFile(\"a\", \"w\", zipfile.ZIP_{method}); [z.write(os.path.join(d, n)) for d, _, f in os.walk(\"source\") for n in f + [\".\"]]; z.close()'"
        );
        let archive = make(&world, &script, "a");
        restores(&world, &archive, method, CONTENT);
    }
}

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

#[test]
fn nothing_is_written_outside_and_nothing_dangerous_is_made() {
    let world = World::new();
    fs::create_dir_all(world.path("outside")).unwrap();
    fs::write(world.path("outside/secret"), "secret").unwrap();
    let outside = world.path("outside").display().to_string();
    let script = format!(
        r#"
import tarfile, io, zipfile
def add(t, name, data=b"evil", **more):
    i = tarfile.TarInfo(name); i.size = len(data) if more.get("type", b"0") == b"0" else 0
    for k, v in more.items(): setattr(i, k, v)
    t.addfile(i, io.BytesIO(data))
t = tarfile.open("a.tar", "w", format=tarfile.PAX_FORMAT)
add(t, "../up"); add(t, "a/../../up"); add(t, "{outside}/absolute")
add(t, "link", type=tarfile.SYMTYPE, linkname="{outside}")
add(t, "link/through")
add(t, "dir", type=tarfile.DIRTYPE); add(t, "dir/in", type=tarfile.SYMTYPE, linkname="..")
add(t, "dir/in/through2")
add(t, "hard", type=tarfile.LNKTYPE, linkname="{outside}/secret")
add(t, "hard2", type=tarfile.LNKTYPE, linkname="../outside/secret")
add(t, "setuid", mode=0o6755)
add(t, "null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
add(t, "good", b"good"); add(t, "good2", type=tarfile.LNKTYPE, linkname="good")
add(t, "attr", pax_headers={{"SCHILY.xattr.security.capability": "x", "SCHILY.xattr.user.fine": "y"}})
t.close()
z = zipfile.ZipFile("a.zip", "w")
z.writestr("../up", "evil"); z.writestr("{outside}/absolute", "evil"); z.writestr("good", "good")
i = zipfile.ZipInfo("link"); i.create_system = 3; i.external_attr = 0o120777 << 16; z.writestr(i, "{outside}")
z.writestr("link/through", "evil"); z.close()
"#
    );
    fs::write(world.path("make.py"), script).unwrap();
    make(&world, "python3 make.py", "a.tar");
    for name in ["a.tar", "a.zip"] {
        let last = world.run(&format!("restore --from @{name} --to @restored --json")).code(3).last();
        let found: Vec<String> = walk(&world.path("outside")).iter().map(|path| path.display().to_string()).collect();
        assert_eq!(
            (found, fs::read(world.path("outside/secret")).unwrap()),
            (vec!["secret".to_string()], b"secret".to_vec()),
            "{name}"
        );
        assert!(!world.path("up").exists());
        assert_eq!(fs::read(world.path("restored/good")).unwrap(), b"good");
        assert!(last["warnings"].to_string().contains("leads upwards"), "{last}");
        // What is absolute lies beneath the target.
        assert!(world.path("restored").join(&outside[1..]).join("absolute").exists(), "{name}");
        if name == "a.tar" {
            assert_eq!(fs::metadata(world.path("restored/setuid")).unwrap().mode() & 0o7777, 0o755);
            assert_eq!(fs::metadata(world.path("restored/good2")).unwrap().nlink(), 2);
            for gone in ["null", "hard", "hard2"] {
                assert!(world.path("restored").join(gone).symlink_metadata().is_err(), "{gone}");
            }
            let attributes = tool("getfattr", ["-m-".as_ref(), world.path("restored/attr").as_os_str()]);
            assert!(attributes.contains("user.fine") && !attributes.contains("security.capability"), "{attributes}");
        }
        fs::remove_dir_all(world.path("restored")).unwrap();
    }
    // What lies at the target already: links there are not followed either.
    fs::create_dir_all(world.path("restored")).unwrap();
    symlink(&outside, world.path("restored/dir")).unwrap();
    make(&world, "mkdir -p dir; echo x > dir/through; tar -cf $OUT dir", "b.tar");
    world.run("restore --from @b.tar --to @restored").code(3);
    world.run("restore --from @b.tar --to @restored --conflict overwrite").ok();
    assert!(!world.path("outside/through").exists() && world.path("restored/dir/through").exists());
}

#[test]
fn rules_paths_and_listings_of_a_single_archive() {
    let world = World::new();
    tree::plain(&world.source(), 34, &mut Random(105));
    make(&world, "tar -czf $OUT source", "a");
    let told = world.run("restore --from @a --to @restored --dry-run --json").ok().last();
    assert_eq!((&told["counts"]["created"], &told["dry_run"]), (&json!(34), &json!(true)));
    assert!(!world.path("restored").exists());
    let path = world.source().join("folder 3/file 3.txt");
    let chosen = |c: &mut Command| _ = c.args(["--path", "source/folder 3"]);
    world.run_with("restore --from @a --to @restored", chosen).ok();
    assert_eq!(walk(&world.path("restored")).len(), 4);
    let restored = world.path("restored/source/folder 3/file 3.txt");
    fs::write(&restored, "mine").unwrap();
    let counts = |line: &str| world.run(&format!("restore --from @a --to @restored --json {line}")).ok().last()["counts"].clone();
    assert_eq!((&counts("")["skipped"], fs::read(&restored).unwrap()), (&json!(2), b"mine".to_vec()));
    assert_eq!(counts("--conflict newer --dry-run")["skipped"], 34);
    assert_eq!(counts("--conflict keep-both")["beside"], 34);
    assert_eq!(fs::read(&restored).unwrap(), b"mine");
    assert_eq!(counts("--conflict overwrite")["replaced"], 34);
    assert_eq!(fs::read(&restored).unwrap(), fs::read(&path).unwrap());

    let top = world.run("ls --from @a --json").ok().lines();
    assert_eq!((top.len(), &top[0]["path"], &top[0]["files"]), (2, &json!("source"), &json!(34)));
    let inner = world.run("ls --from @a --json source/").ok().lines();
    assert_eq!((inner.len(), &inner[0]["path"], &inner[0]["files"]), (18, &json!("source/folder 0"), &json!(2)));
    assert_eq!(world.run("ls --from @a -R --json").ok().last()["count"], 34 + 17 + 1);
    let one = world.run_with("ls --from @a --json", |c| _ = c.arg("source/folder 3/file 3.txt")).ok().lines();
    assert_eq!((one.len(), &one[0]["size"]), (2, &json!(path.metadata().unwrap().len())));
    assert!(world.run("ls --from @a source").ok().out.contains("source/folder 12"));
    world.run("ls --from @a source/nowhere").code(10);

    for line in ["--in-place", "--to @x --version 2020-01-01", "--to @x --plan p"] {
        assert_eq!(world.run(&format!("restore --from @a {line} --json")).code(2).problem(), "usage", "{line}");
    }
    world.run("restore --from @source --to @x --any-size").code(2);
    fs::write(world.path("text"), "no archive").unwrap();
    assert_eq!(world.run("ls --from @text --json").code(2).problem(), "usage");
    // Sealed by itself.
    world.run("encrypt @a --to @sealed").ok();
    assert_eq!(world.run("ls --from @sealed -R --json").ok().last()["count"], 52);
    world.run_with("ls --from @sealed", |c| _ = c.env("STRONGROOM_PASSWORD", "wrong")).code(12);
}
