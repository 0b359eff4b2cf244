//! Archives that other programs have made, in each of their formats: restored by us, compared by rsync.

mod broken;
pub mod hostile;

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
        ("zip -qr -fz - source | cat > $OUT", none, SECONDS),
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
        assert_eq!(last["warnings"][0]["cause"], "foreign-kind", "{last}");
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
