//! Archives that are made to do harm, and what is chosen of one.

use std::io::Write;

use super::*;

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
            // Something lies below them, so that they are folders now.
            for (link, cause) in [("link", "skipped"), ("dir/in", "skipped"), ("null", "foreign-kind")] {
                let told = |warning: &serde_json::Value| warning["path"] == link && warning["cause"] == cause;
                assert!(last["warnings"].as_array().unwrap().iter().any(told), "{link}: {last}");
            }
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
fn no_name_makes_a_line_of_a_report() {
    let world = World::new();
    let script = r#"
import tarfile
t = tarfile.open("a.tar", "w")
for name in ["x\n\nRestored from backup to /home: all well", "y\x1b[2Jz"]:
    i = tarfile.TarInfo(name); i.type = tarfile.CHRTYPE; t.addfile(i)
i = tarfile.TarInfo("hard"); i.type = tarfile.LNKTYPE; i.linkname = "gone\nAll is well"; t.addfile(i)
t.close()
"#;
    fs::create_dir_all(world.source()).unwrap();
    fs::write(world.path("make.py"), script).unwrap();
    make(&world, "python3 make.py", "a.tar");
    let ran = world.run("restore --from @a.tar --to @restored").code(3);
    for text in [&ran.out, &ran.err] {
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("Restored from backup") || line.starts_with("All is")), "{text}");
    }
    assert!(ran.err.contains("x\u{fffd}\u{fffd}Restored from backup"), "{}", ran.err);
    assert!(ran.err.contains("gone\u{fffd}All is well"), "{}", ran.err);
}

#[test]
fn what_a_zip_cannot_tell_is_named() {
    let world = World::new();
    let script = r#"
import zipfile
z = zipfile.ZipFile("a.zip", "w")
for name, mode in [("device", 0o020644), ("disk", 0o060644), ("socket", 0o140755), ("pipe", 0o010644), ("file", 0o100644)]:
    i = zipfile.ZipInfo(name); i.create_system = 3; i.external_attr = mode << 16; z.writestr(i, "text" * 500 if name == "file" else "")
z.close()
whole = open("a.zip", "rb").read()
at, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
# The last member, again and again.
last = whole[whole.rindex(b"PK\x01\x02"):end]
tail = bytearray(whole[end:]); tail[8:12] = bytes([25, 0, 25, 0]); tail[12:16] = (end - at + 20 * len(last)).to_bytes(4, "little")
open("overlap.zip", "wb").write(whole[:end] + last * 20 + tail)
"#;
    fs::create_dir_all(world.source()).unwrap();
    fs::write(world.path("make.py"), script).unwrap();
    make(&world, "python3 make.py", "a.zip");
    let last = world.run("restore --from @a.zip --to @restored --json").code(3).last();
    let told: Vec<(&str, &str)> = last["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| (warning["path"].as_str().unwrap(), warning["cause"].as_str().unwrap()))
        .collect();
    assert_eq!(told, ["device", "disk", "socket"].map(|path| (path, "foreign-kind")));
    assert_eq!((&last["counts"]["failed"], &last["counts"]["created"]), (&json!(3), &json!(2)));
    let kind = |name: &str| fs::symlink_metadata(world.path("restored").join(name)).unwrap().mode() & 0o170_000;
    assert_eq!((kind("pipe"), kind("file"), walk(&world.path("restored")).len()), (0o010_000, 0o100_000, 2));
    // Members in each other are asked about, and gone on with.
    let refused = world.run("restore --from @overlap.zip --to @out --json").code(1);
    assert_eq!(refused.problem(), "too-much");
    assert!(refused.last()["error"]["fix"].as_str().unwrap().contains("--any-size"), "{}", refused.out);
    world.run("ls --from @overlap.zip").code(3);
    world.run("restore --from @overlap.zip --to @out --any-size").code(3);
    let left: Vec<String> = walk(&world.path("out")).iter().map(|path| path.display().to_string()).collect();
    assert_eq!(left, ["file", "pipe"]);
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

/// What stands in a tar before a member of this length and kind.
fn header(length: u64, kind: u8) -> [u8; 512] {
    let mut header = [0u8; 512];
    header[..5].copy_from_slice(b"zeros");
    header[100..107].copy_from_slice(b"0000644");
    // In binary: octal digits end at 8 GiB.
    header[124] = 0x80;
    header[128..136].copy_from_slice(&length.to_be_bytes());
    header[148..156].fill(b' ');
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar  \0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header
}

/// A tar of so many empty files, with names of 4,000 bytes.
pub fn crowd(path: &Path, count: usize) {
    let mut member = header(4001, b'L').to_vec();
    member.extend([b'x'; 4000]);
    member.resize(512 + 4096, 0);
    member.extend(header(0, b'0'));
    let mut out = zstd::Encoder::new(fs::File::create(path).unwrap(), 1).unwrap();
    for _ in 0..count {
        out.write_all(&member).unwrap();
    }
    out.write_all(&[0; 1024]).unwrap();
    out.finish().unwrap();
}

/// A tar of one file of zeros, `length` bytes, in Zstandard's runs of one byte: a few bytes for each 128 KiB.
pub fn bomb(path: &Path, length: u64) {
    const BLOCK: u64 = 128 << 10;
    assert_eq!(length % BLOCK, 0);
    let header = header(length, b'0');
    let block = |last: u32, kind: u32, length: u64| (last | kind << 1 | (length as u32) << 3).to_le_bytes()[..3].to_vec();
    // Magic; neither content size nor checksum; a window of 128 KiB.
    let mut out = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
    out.extend(block(0, 0, 512));
    out.extend(header);
    for _ in 0..length / BLOCK {
        out.extend(block(0, 1, BLOCK));
        out.push(0);
    }
    out.extend(block(1, 1, 1024));
    out.push(0);
    fs::write(path, out).unwrap();
}

#[test]
fn what_unpacks_to_absurdly_much_is_asked_about() {
    let world = World::new();
    let length = 18 << 30;
    bomb(&world.path("a.tar.zst"), length);
    let refused = world.run("restore --from @a.tar.zst --to @out --dry-run --json").code(1);
    assert_eq!(refused.problem(), "too-much");
    assert!(refused.last()["error"]["fix"].as_str().unwrap().contains("--any-size"), "{}", refused.out);
    let told = world.run("restore --from @a.tar.zst --to @out --dry-run --any-size --json").ok().last();
    assert_eq!(told["counts"]["bytes"], json!(length));
    assert!(!world.path("out").exists());
}
