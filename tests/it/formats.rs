//! Every format against the ordinary programs that read it, and against itself over time.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde_json::json;
use strongroom::archive::zip;
use strongroom::model::catalog::{Entry, EntryKind, FileTime};
use strongroom::model::format::Kind;

use crate::support::{Random, World, tool, walk};
use crate::{tree, unsealed};

/// What no format of plain volumes holds whole: a further name of a file that is cut.
const CATALOG_ONLY: &str = "big random";
/// Files with holes: joined from zip's parts they are without.
const HOLES: [&str; 2] = ["sparse", "all hole"];

fn odd_world(seed: u64) -> World {
    let world = World::new();
    let mut random = Random(seed);
    tree::plain(&world.source(), 60, &mut random);
    tree::odd(&world.source(), &mut random);
    world
}

fn back_up_plain(world: &World, kind: Kind) -> Vec<PathBuf> {
    let line = format!("backup --source @source --to @dest --no-encryption --volume-size 2M --format {}", kind.name());
    world.run(&line).ok();
    volumes(world, kind)
}

fn volumes(world: &World, kind: Kind) -> Vec<PathBuf> {
    let data = world.plan_folder().join("data");
    let ends = [format!(".{}", kind.extension()), format!(".{}.sealed", kind.extension())];
    let is_volume = |path: &Path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with('v') && ends.iter().any(|end| name.ends_with(end.as_str()))
    };
    walk(&data).into_iter().filter(|path| is_volume(path)).map(|path| data.join(path)).collect()
}

/// What differs in content, kind or target, by rsync; but for what the catalog alone holds.
#[track_caller]
fn assert_content(world: &World, kind: Kind, found: &Path, by: &str) {
    let found = found.join(world.source().strip_prefix("/").unwrap());
    let slash = |path: &Path| format!("{}/", path.display());
    let listed = tool("rsync", ["-rlcn", "--itemize-changes", "--delete", &slash(&world.source()), &slash(&found)]);
    let excused = |line: &str| {
        line.starts_with("skipping non-regular") || line.ends_with(&format!(" {CATALOG_ONLY}"))
            // Folders have other times, which rsync tells of though it is not asked.
            || line.starts_with(".d")
            || kind.is_zip() && HOLES.iter().any(|name| line.ends_with(&format!(" {name}")))
    };
    let wrong: Vec<&str> = listed.lines().filter(|line| !excused(line)).collect();
    assert!(wrong.is_empty(), "{} by {by}: {wrong:#?}", kind.name());
}

#[test]
fn the_codecs_own_programs_test_every_volume() {
    for kind in Kind::ALL {
        let world = odd_world(31);
        let volumes = back_up_plain(&world, kind);
        assert!(volumes.len() > 2, "{volumes:?}");
        for volume in &volumes {
            let volume = volume.as_os_str();
            let with = |program: &str, options: &[&str]| {
                let options = options.iter().map(OsStr::new).chain([volume]);
                tool("env", [OsStr::new("LC_ALL=C.UTF-8"), OsStr::new(program)].into_iter().chain(options))
            };
            match kind {
                Kind::Tar => drop(with("tar", &["-tf"])),
                Kind::TarGz => drop(with("gzip", &["-t"])),
                Kind::TarBz2 => drop(with("bzip2", &["-t"])),
                Kind::TarLz4 => drop(with("lz4", &["-tq"])),
                Kind::TarZst => drop(with("zstd", &["-tq"])),
                Kind::Zip => drop(with("unzip", &["-tq"])),
                Kind::ZipZstd => {}
            }
            if matches!(kind, Kind::Zip | Kind::ZipZstd | Kind::Tar | Kind::TarGz | Kind::TarBz2) {
                let said = with("7z", &["t"]);
                assert!(said.contains("Everything is Ok"), "{said}");
            }
        }
    }
}

#[test]
fn the_commands_of_the_readme_give_every_file() {
    for kind in Kind::ALL {
        let world = odd_world(32);
        back_up_plain(&world, kind);
        let out = world.path("out");
        fs::create_dir(&out).unwrap();
        let folder = world.plan_folder();
        let readme = folder.join("README.txt");
        let text = fs::read_to_string(&readme).unwrap();
        let from = text.find("    for v in THIS/data/RUN").expect("README.txt names the commands");
        let commands: String = text[from..].lines().take_while(|l| l.starts_with("    ")).map(|l| format!("{l}\n")).collect();
        let commands = commands.replace("THIS/data/RUN", &format!("'{}'/data/*-full-*", folder.display()));
        tool("bash", ["-ec", &format!("cd '{}'\n{commands}", out.display())]);
        unsealed::join_parts(&out, &readme);
        assert_content(&world, kind, &out, "the commands of README.txt");
        let meta = |path: &str| out.join(world.source().strip_prefix("/").unwrap()).join(path).metadata().unwrap();
        assert_eq!((meta("plain").mtime(), meta("all").mode() & 0o777), (1_234_567_890, 0o777), "{}", kind.name());
    }
}

#[test]
fn bsdtar_reads_every_format() {
    for kind in Kind::ALL {
        let world = odd_world(33);
        let out = world.path("out");
        fs::create_dir(&out).unwrap();
        for volume in back_up_plain(&world, kind) {
            // It gives names that are not UTF-8 as they are, and complains of them.
            let script = format!("LC_ALL=C.UTF-8 bsdtar -xpf '{}' -C '{}' 2>&1", volume.display(), out.display());
            let said = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            let known = ["Pathname can't be converted", "Error exit delayed", "Linkname can't be converted"];
            let wrong: Vec<&str> = said.lines().filter(|line| !known.iter().any(|known| line.contains(known))).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", kind.name());
        }
        unsealed::join_parts(&out, &world.plan_folder().join("README.txt"));
        assert_content(&world, kind, &out, "bsdtar");
    }
}

#[test]
fn python_reads_every_format() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/read_volumes.py");
    // Python has known zstd in zip since 3.14 only.
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::ZipZstd) {
        let world = odd_world(34);
        let volumes = back_up_plain(&world, kind);
        let source = world.source();
        let args = [script.as_os_str(), source.as_os_str()].into_iter().chain(volumes.iter().map(|v| v.as_os_str()));
        let said = tool("python3", args);
        let (wrong, last) = said.trim_end().rsplit_once('\n').unwrap_or(("", said.trim_end()));
        assert_eq!(wrong, "", "{}", kind.name());
        let same: usize = last.strip_prefix("same: ").unwrap().parse().unwrap();
        let held = |path: &PathBuf| {
            let meta = source.join(path).symlink_metadata().unwrap().file_type();
            let link = path.as_os_str() == CATALOG_ONLY;
            let hole = kind.is_zip() && path.as_os_str() == "all hole";
            !link && !hole && (meta.is_file() || meta.is_dir() || meta.is_symlink())
        };
        // And the source itself; in tar a further name of a pipe is a link too.
        let links = if kind.is_zip() { 0 } else { 1 };
        assert_eq!(same, walk(&source).iter().filter(|path| held(path)).count() + 1 + links, "{}", kind.name());
    }
}

/// A zip whose members lie past 4 GiB, most of which is a hole.
#[test]
fn a_zip_past_four_gib_is_read_too() {
    let at = FileTime { seconds: 1_234_567_890, nanos: 0 };
    let file =
        |name: &str| Entry { mode: 0o644, size: 4, mtime: at, ctime: at, inode: 1, ..Entry::bare(name.into(), EntryKind::File) };
    let world = World::new();
    fs::create_dir_all(world.source()).unwrap();
    let path = world.path("large.zip");
    let volume = fs::File::create(&path).unwrap();
    let mut directory = zip::Directory::default();
    let mut packer = zip::Packer::new(Kind::Zip, 6);
    let mut place = 0;
    for name in ["near", "far", "farther"] {
        let mut members = zip::Members::default();
        members.add(&file(name), name.as_bytes(), 4);
        let (mut record, mut central) = (Vec::new(), Vec::new());
        packer.pack(&members, &name.as_bytes()[..3].repeat(2)[..4], &mut record, &mut central);
        volume.write_all_at(&record, place).unwrap();
        directory.add(&central, place);
        place += 5 << 30;
    }
    let mut end = Vec::new();
    let part = |part: &[u8], _| {
        end.extend_from_slice(part);
        Ok(())
    };
    directory.finish(place, part).unwrap();
    volume.write_all_at(&end, place).unwrap();
    let out = world.path("out");
    for (program, words) in [("unzip", &["-oq"][..]), ("bsdtar", &["-xf"]), ("python3", &["-m", "zipfile", "-e"])] {
        fs::create_dir(&out).unwrap();
        let to = match program {
            "unzip" => vec!["-d".as_ref(), out.as_os_str()],
            "bsdtar" => vec!["-C".as_ref(), out.as_os_str()],
            _ => vec![out.as_os_str()],
        };
        tool(program, words.iter().map(OsStr::new).chain([path.as_os_str()]).chain(to));
        let found = ["near", "far", "farther"].map(|name| fs::read_to_string(out.join(name)).unwrap());
        assert_eq!(found, ["nean", "farf", "farf"], "{program}");
        fs::remove_dir_all(&out).unwrap();
    }
}

#[test]
fn versions_of_all_formats_stay_readable_beside_each_other() {
    for sealed in [true, false] {
        let world = odd_world(35);
        let mut random = Random(36);
        let mut versions = Vec::new();
        let seal = if sealed { "" } else { "--no-encryption" };
        for (n, kind) in Kind::ALL.into_iter().enumerate() {
            tree::change(&world.source(), &mut random);
            // One of them anew: a full version of a format that is not the first.
            let of = if n == 4 { "full" } else { "auto" };
            let line = format!("backup --source @source --to @dest {seal} --type {of} --format {} --json", kind.name());
            let made = world.run(&line).ok().last();
            assert_eq!(made["packed"]["format"], json!(kind.name()));
            assert!(!volumes(&world, kind).is_empty());
            let copy = world.path(&format!("copy {n}"));
            tool("cp", ["-a".as_ref(), world.source().as_os_str(), copy.as_os_str()]);
            versions.push((made["version"].as_str().unwrap().to_string(), copy));
        }
        world.run("verify --from @dest --all --depth full").ok();
        for (version, copy) in &versions {
            world.restore_and_compare(version, copy);
        }
    }
}

#[test]
fn a_flip_is_found_in_every_format() {
    for kind in Kind::ALL {
        for sealed in [false, true] {
            let world = World::new();
            tree::plain(&world.source(), 40, &mut Random(37));
            fs::write(world.source().join("noise"), Random(38).bytes(50_000)).unwrap();
            let seal = if sealed { "" } else { "--no-encryption" };
            world.run(&format!("backup --source @source --to @dest {seal} --format {}", kind.name())).ok();
            let volume = volumes(&world, kind).pop().unwrap();
            let name = volume.file_name().unwrap().to_str().unwrap();
            let length = volume.metadata().unwrap().len();
            let file = fs::File::options().read(true).write(true).open(&volume).unwrap();
            for at in [0, length / 3, length / 2, length - 1] {
                let mut byte = [0];
                file.read_exact_at(&mut byte, at).unwrap();
                file.write_all_at(&[byte[0] ^ 0x40], at).unwrap();
                let found = world.run("verify --from @dest --depth full --json").code(1).last();
                assert!(found["report"]["damaged"][0]["object"].as_str().unwrap().ends_with(name), "{kind:?} at {at}: {found}");
                file.write_all_at(&byte, at).unwrap();
            }
            // What a flip hits is left out, and the rest is right.
            let mut bytes = vec![0; 4096];
            file.read_exact_at(&mut bytes, length / 2).unwrap();
            file.write_all_at(&vec![0xa5; bytes.len()], length / 2).unwrap();
            world.run("restore --from @dest --to @out").code(3);
            let out = world.path("out/source");
            for path in walk(&out).into_iter().filter(|path| out.join(path).is_file()) {
                assert!(
                    fs::read(out.join(&path)).unwrap() == fs::read(world.source().join(&path)).unwrap(),
                    "{kind:?}: {path:?}"
                );
            }
        }
    }
}

#[test]
fn a_plan_keeps_its_format() {
    let world = World::new();
    tree::plain(&world.source(), 10, &mut Random(39));
    world.run("plan add Docs --source @source --to @dest --no-encryption --format zip --level 9").ok();
    assert!(world.run("plan show Docs").ok().out.contains("zip, level 9"));
    let made = world.run("backup Docs --json").ok().last();
    assert_eq!((&made["packed"]["format"], &made["packed"]["level"]), (&json!("zip"), &json!(9)));
    assert!(made["packed"]["ratio"].as_f64().unwrap() > 2.0, "{made}");
    // A level that the new format does not have is none any more; one that is asked for is refused.
    world.run("plan edit Docs --format tar").ok();
    assert!(world.run("plan show Docs").ok().out.contains("tar, not compressed"));
    for (line, word) in [("--format tar.gz --level 12", "from 1 to 9"), ("--format tar --level 3", "no compression level")] {
        let ran = world.run(&format!("plan edit Docs {line}")).code(2);
        assert!(ran.err.contains(word), "{}", ran.err);
    }
    fs::write(world.source().join("new"), b"new").unwrap();
    assert!(world.run("backup Docs").ok().out.contains("  as tar\n"));
    world.run("verify --from @dest --all --depth full").ok();
}
