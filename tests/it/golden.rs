//! Backups of every format that was ever written stay readable: `tests/golden/<format>/destination`, made by the Strongroom of
//! its day (`tests/make_golden`), gives back `tests/golden/<format>/expected`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use strongroom::model::format::Kind;

use crate::support::{World, tool, walk};

/// Formats that were written so far: none may be taken away.
const FORMATS: [&str; 19] = [
    "format-1-plain",
    "format-1-plain-tar",
    "format-1-plain-tar.bz2",
    "format-1-plain-tar.gz",
    "format-1-plain-tar.lz4",
    "format-1-plain-zip",
    "format-1-plain-zip-zstd",
    "format-1-sealed",
    "format-1-sealed-aes-128",
    "format-1-sealed-crc",
    "format-1-sealed-parts",
    "format-1-sealed-pbkdf2-recovery",
    "format-1-sealed-rotated",
    "format-1-sealed-tar",
    "format-1-sealed-tar.bz2",
    "format-1-sealed-tar.gz",
    "format-1-sealed-tar.lz4",
    "format-1-sealed-zip",
    "format-1-sealed-zip-zstd",
];

#[test]
fn no_kind_of_volume_is_forgotten() {
    for (kind, (seal, ending)) in Kind::ALL.into_iter().flat_map(|kind| [(kind, ("plain", "")), (kind, ("sealed", ".sealed"))]) {
        // What was there first has no name of its own.
        let of_kind = if kind == Kind::TarZst { String::new() } else { format!("-{}", kind.name()) };
        let name = format!("format-1-{seal}{of_kind}");
        assert!(FORMATS.contains(&&*name), "{name}");
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        let is_volume = |path: &Path| path.to_string_lossy().ends_with(&format!("/v0001.{}{ending}", kind.extension()));
        assert!(walk(&golden).iter().any(|path| is_volume(path)), "{golden:?}");
    }
}

#[test]
fn old_backups_stay_readable() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut there: Vec<String> = fs::read_dir(&golden)
        .unwrap()
        .map(|e| e.unwrap())
        .filter(|e| e.file_type().unwrap().is_dir())
        .map(|e| e.file_name().into_string().unwrap())
        .collect();
    there.sort();
    assert_eq!(there, FORMATS);
    for format in FORMATS {
        let from = golden.join(format).join("destination");
        let world = World::new();
        std::os::unix::fs::symlink(&from, world.path("golden")).unwrap();
        let versions = world.run("versions --from @golden --json").ok().last();
        assert_eq!(versions["count"], 2, "{format}");
        world.run("verify --from @golden --all --depth full").ok();
        world.run("restore --from @golden --to @out").ok();
        if golden.join(format).join("key").exists() {
            let key = golden.join(format).join("key");
            let opened = world.run_with("verify --from @golden --all --depth full --key-file", |c| {
                c.arg(&key).env_remove("STRONGROOM_PASSWORD");
            });
            opened.ok();
        }
        let recovery = golden.join(format).join("recovery");
        if recovery.exists() {
            let opened = world.run_with("verify --from @golden --all --depth full --password-file", |c| {
                c.arg(&recovery).env_remove("STRONGROOM_PASSWORD");
            });
            opened.ok();
        }
        let (expected, found) = (golden.join(format).join("expected"), world.path("out/notes"));
        let files = |root: &Path| walk(root).into_iter().filter(|p| root.join(p).is_file()).collect::<Vec<_>>();
        assert_eq!(files(&expected), files(&found), "{format}");
        for file in files(&expected) {
            assert!(fs::read(expected.join(&file)).unwrap() == fs::read(found.join(&file)).unwrap(), "{format}: {file:?}");
        }
        // As `make_golden` sets it; a checkout of the repository does not keep it. The first two are older than that.
        let one = fs::metadata(found.join("one.txt")).unwrap();
        let made = match format {
            "format-1-plain" | "format-1-sealed" => (1_795_272_355, 942_706_473, 0o644),
            _ => (981_173_106, 123_456_789, 0o640),
        };
        assert_eq!((one.mtime(), one.mtime_nsec(), one.mode() & 0o7777), made, "{format}");
        assert_eq!(fs::metadata(found.join("same-as-one.txt")).unwrap().ino(), one.ino(), "{format}: a hard link");
        assert_eq!(fs::read_link(found.join("link")).unwrap(), Path::new("one.txt"), "{format}");
    }
}

/// By the SHA-256 alone where a list is older than the CRC beside it.
#[test]
fn what_is_damaged_is_not_copied_whatever_its_list_tells_of_it() {
    for format in ["format-1-plain", "format-1-sealed", "format-1-sealed-crc"] {
        let world = World::new();
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format).join("destination");
        let from = world.path("from");
        tool("cp", ["-r".as_ref(), golden.as_os_str(), from.as_os_str()]);
        let lists = walk(&from).into_iter().filter(|file| file.ends_with("objects.json"));
        let tell_crc: Vec<bool> = lists.map(|list| fs::read_to_string(from.join(list)).unwrap().contains("crc64nvme")).collect();
        assert_eq!(tell_crc, [format.ends_with("-crc"); 2], "{format}");
        let copied = world.run("replicate --from @from --to @copy --json").ok().last();
        assert_eq!(copied["versions"].as_array().unwrap().len(), 2, "{format}: {copied}");
        world.run("verify --from @copy --all --depth full").ok();

        let is_volume = |file: &&std::path::PathBuf| file.to_string_lossy().contains("/v0001");
        let volume = from.join(walk(&from).iter().find(is_volume).unwrap());
        let mut bytes = fs::read(&volume).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&volume, bytes).unwrap();
        let copied = world.run("replicate --from @from --to @another --json").code(3).last();
        assert!(copied["warnings"].to_string().contains("A file of the backup is damaged"), "{format}: {copied}");
        let versions = world.run("versions --from @another --json").ok().last();
        assert!(versions["count"].as_u64().unwrap() < 2, "{format}: {versions}");
    }
}
