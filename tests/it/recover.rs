//! `recover.py`, which lies in every plan's folder, restores any version without Strongroom: real backups, damaged ones, and lists
//! that somebody has [made up](made_up).

mod made_up;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};
use strongroom::model::format::Kind;

use crate::support::{PASSWORD, Ran, Random, World, allocated, assert_same, command, is_callers, tool, walk};
use crate::tree;

/// A Python that has what the script needs: the one on the path, else the system's, whose packages `tests/run` installs.
fn python() -> &'static str {
    static FOUND: OnceLock<&str> = OnceLock::new();
    FOUND.get_or_init(|| {
        let has_all = |python: &&str| {
            Command::new(python).args(["-c", "import cryptography, lz4, zstandard"]).output().is_ok_and(|it| it.status.success())
        };
        ["python3", "/usr/bin/python3"].into_iter().find(has_all).expect("Python with cryptography, lz4 and zstandard")
    })
}

/// Runs a script in a plan's folder.
fn run(script: &Path, folder: &Path, password: &str, args: &[&str]) -> Ran {
    run_with(script, folder, &[("STRONGROOM_PASSWORD", Path::new(password))], args)
}

/// Runs the one that lies in the folder, with these variables.
pub fn recover_with(folder: &Path, variables: &[(&str, &Path)], args: &[&str]) -> Ran {
    run_with(&folder.join("recover.py"), folder, variables, args)
}

fn run_with(script: &Path, folder: &Path, variables: &[(&str, &Path)], args: &[&str]) -> Ran {
    let mut command = Command::new(python());
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_callers(name)) {
        command.env_remove(name);
    }
    command.arg(script).args(args).current_dir(folder).envs(variables.iter().copied()).stdin(std::process::Stdio::null());
    let ran = Ran::of(&mut command, &format!("recover.py {}", args.join(" ")));
    assert!(!ran.err.contains("Traceback"), "{}", ran.err);
    ran
}

/// Runs the one that lies in the folder.
pub fn recover(folder: &Path, password: &str, args: &[&str]) -> Ran {
    run(&folder.join("recover.py"), folder, password, args)
}

/// Where something restored lies: its whole path below the target.
pub fn below(target: &Path, original: &Path) -> PathBuf {
    target.join(original.strip_prefix("/").unwrap())
}

fn copy(from: &Path, to: &Path) {
    tool("cp", ["-a".as_ref(), "--sparse=always".as_ref(), from.as_os_str(), to.as_os_str()]);
}

/// Backs up three versions of a tree with everything odd in it; returns their ids. `<n>` keeps the tree as it was.
fn three_versions(world: &World, options: &str) -> Vec<String> {
    let mut random = Random(71);
    tree::plain(&world.source(), 200, &mut random);
    tree::odd(&world.source(), &mut random);
    let mut ids = Vec::new();
    for n in 0..3 {
        if n > 0 {
            tree::change(&world.source(), &mut random);
            // In the midst of a file that is cut: most of its pieces stay in the older run.
            let mut big = fs::read(world.source().join("big random")).unwrap();
            big[4_500_000 + n] ^= 1;
            fs::write(world.source().join("big random"), big).unwrap();
        }
        copy(&world.source(), &world.path(&n.to_string()));
        let line = format!("backup --source @source --to @dest --volume-size 4M --json {options}");
        // The recovery key is made with the backup.
        let line = if n == 0 { line } else { line.replace("--recovery-key-file @paper", "") };
        ids.push(world.run(&line).ok().last()["version"].as_str().unwrap().to_string());
    }
    ids
}

fn every_version_comes_back(world: &World, ids: &[String], password: &str) {
    let folder = world.plan_folder();
    let listed = recover(&folder, password, &["--list"]).ok().out;
    assert!(ids.iter().all(|id| listed.contains(id.as_str())), "{listed}");
    for (n, id) in ids.iter().enumerate() {
        let out = world.path(&format!("out {id}"));
        recover(&folder, password, &["--version", id, "--to", out.to_str().unwrap()]).ok();
        assert_same(&world.path(&n.to_string()), &below(&out, &world.source()));
    }
    let sparse = below(&world.path(&format!("out {}", ids[2])), &world.source());
    for name in ["sparse", "all hole"] {
        assert!(allocated(&sparse.join(name)) <= allocated(&world.source().join(name)) + 65536, "{name} has lost its holes");
    }
}

#[test]
fn sealed_versions_come_back_by_password_and_recovery_key() {
    let world = World::new();
    let ids = three_versions(&world, "--recovery-key-file @paper");
    every_version_comes_back(&world, &ids, PASSWORD);

    let folder = world.plan_folder();
    let paper = fs::read_to_string(world.path("paper")).unwrap().to_lowercase().replace('-', " ");
    let out = world.path("by paper");
    recover(&folder, &paper, &["--to", out.to_str().unwrap()]).ok();
    assert_same(&world.source(), &below(&out, &world.source()));
    assert_eq!(fs::read(folder.join("recover.py")).unwrap(), fs::read(shipped()).unwrap());

    let wrong = recover(&folder, "another", &["--to", world.path("wrong").to_str().unwrap()]).code(12);
    assert_eq!(wrong.err, "recover.py: this password or recovery key does not open the backup.\n");
    assert!(!world.path("wrong").exists());
    recover(&folder, PASSWORD, &["--version", "2099", "--to", world.path("none").to_str().unwrap()]).code(10);
    // Nothing is put where something is, or into the backup.
    recover(&folder, PASSWORD, &["--to", out.to_str().unwrap()]).code(2);
    recover(&folder, PASSWORD, &["--to", "restored"]).code(2);
    run(&shipped(), &world.dest(), PASSWORD, &["--list"]).code(10);

    // One damaged copy is named and does no harm; both are another thing than a wrong password.
    for name in ["keys-1.json", "keys-1.copy.json"] {
        flip(&folder.join(name), 300);
        let ran = recover(&folder, PASSWORD, &["--to", world.path(name).to_str().unwrap()]).code(1);
        assert!(ran.err.contains(&format!("{name}: it is damaged")), "{}", ran.err);
        assert_eq!(ran.err.contains("no file of key slots"), name == "keys-1.copy.json", "{}", ran.err);
    }
    assert_same(&world.source(), &below(&world.path("keys-1.json"), &world.source()));
}

#[test]
fn unsealed_versions_come_back() {
    let world = World::new();
    let ids = three_versions(&world, "--no-encryption");
    every_version_comes_back(&world, &ids, "");
}

/// Two versions of each kind, the second of which draws on the first.
#[test]
fn every_kind_of_volume_comes_back() {
    for options in ["--kdf pbkdf2", "--no-encryption"] {
        for kind in Kind::ALL {
            let world = World::new();
            let mut random = Random(77);
            tree::plain(&world.source(), 60, &mut random);
            tree::odd(&world.source(), &mut random);
            let mut ids = Vec::new();
            for n in 0..2 {
                copy(&world.source(), &world.path(&n.to_string()));
                let line =
                    format!("backup --source @source --to @dest --volume-size 4M --json {options} --format {}", kind.name());
                ids.push(world.run(&line).ok().last()["version"].as_str().unwrap().to_string());
                tree::change(&world.source(), &mut random);
            }
            for (n, id) in ids.iter().enumerate() {
                let out = world.path(&format!("out {n}"));
                recover(&world.plan_folder(), PASSWORD, &["--version", id, "--to", out.to_str().unwrap()]).ok();
                assert_same(&world.path(&n.to_string()), &below(&out, &world.source()));
            }
        }
    }
}

#[test]
fn what_is_chosen_comes_back_alone() {
    let world = World::new();
    tree::odd(&world.source(), &mut Random(72));
    world.run("backup --source @source --to @dest --kdf pbkdf2").ok();
    let (folder, out) = (world.plan_folder(), world.path("out"));
    let chosen = ["a hard link to big", "deep/er", "link"];
    let paths: Vec<String> = chosen.iter().map(|name| world.source().join(name).display().to_string()).collect();
    let mut args = vec!["--to", out.to_str().unwrap()];
    paths.iter().for_each(|path| args.extend(["--path", path]));
    recover(&folder, PASSWORD, &args).ok();
    let there = below(&out, &world.source());
    // The first name of the pair is not chosen: the second is a file of its own.
    assert!(fs::read(there.join(chosen[0])).unwrap() == fs::read(world.source().join(chosen[0])).unwrap());
    assert_same(&world.source().join(chosen[1]), &there.join(chosen[1]));
    let mut found: Vec<_> = fs::read_dir(&there).unwrap().map(|e| e.unwrap().file_name()).collect();
    found.sort();
    assert_eq!(found, ["a hard link to big", "deep", "link"]);
    // The folder above it has its own time.
    let times = |root: &Path| fs::metadata(root.join("deep")).map(|m| (m.mtime(), m.mtime_nsec(), m.mode())).unwrap();
    assert_eq!(times(&there), times(&world.source()));

    let nothing = world.path("nothing");
    let ran = recover(&folder, PASSWORD, &["--to", nothing.to_str().unwrap(), "--path", "/no such thing"]).code(1);
    assert!(ran.err.contains("'/no such thing' is not in this version"), "{}", ran.err);
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

/// Flips bytes of every object: what is restored is right, and what is missing is not called a success.
#[test]
fn damage_is_named_and_the_rest_comes_back() {
    for options in ["--kdf pbkdf2", "--no-encryption"] {
        let world = World::new();
        let mut random = Random(73);
        tree::plain(&world.source(), 40, &mut random);
        fs::write(world.source().join("noise"), random.bytes(9 << 20)).unwrap();
        for n in 0..24 {
            fs::write(world.source().join(format!("noise {n}")), random.bytes(700_000)).unwrap();
        }
        world.run(&format!("backup --source @source --to @dest --volume-size 4M {options}")).ok();
        tree::change(&world.source(), &mut random);
        let last = world.run(&format!("backup --source @source --to @dest --volume-size 4M {options} --json")).ok().last();
        let last = last["version"].as_str().unwrap();
        let folder = world.plan_folder();
        let originals = walk(&world.source());
        for object in walk(&folder).into_iter().filter(|p| folder.join(p).is_file()) {
            let path = folder.join(&object);
            let whole = fs::read(&path).unwrap();
            for at in [random.below(whole.len() as u64) as usize, whole.len() / 2] {
                flip(&path, at);
                let out = world.path("out");
                // The script itself is damaged in its turn: the one that comes with the source is run.
                let ran = run(&shipped(), &folder, PASSWORD, &["--version", last, "--to", out.to_str().unwrap()]);
                let what = format!("{}, byte {at} of {}, {options}: {}", object.display(), whole.len(), ran.err);
                let there = below(&out, &world.source());
                let mut missing = 0;
                for name in &originals {
                    let (from, to) = (world.source().join(name), there.join(name));
                    missing += usize::from(!to.exists());
                    let lost = ran.err.contains(&format!("'{}' is not restored", from.display()));
                    let all = ran.err.contains("lost") || ran.err.contains("stops here") || !there.exists();
                    assert!(to.exists() || lost || all, "{name:?} is missing and not named: {what}");
                    assert!(!from.is_file() || !to.exists() || fs::read(&from).unwrap() == fs::read(&to).unwrap(), "{what}");
                }
                let stem = object.file_name().unwrap().to_string_lossy().into_owned();
                if stem.starts_with("v0001") {
                    // The header of a seal stands in the catalog too, and the last record is tar's end: without them nothing is lost.
                    let needless = at < 200 || at + 64 > whole.len();
                    let unhurt = missing == 0 && needless && options != "--no-encryption";
                    let named = ran.code == Some(1) && ran.err.contains(&*object.to_string_lossy());
                    assert!(named || unhurt, "{what}");
                    assert!(missing * 4 < originals.len() * 3, "{missing} of {}: {what}", originals.len());
                }
                assert!(missing == 0 || ran.code == Some(1), "{:?} {what}", ran.code);
                if out.exists() {
                    fs::remove_dir_all(&out).unwrap();
                }
                fs::write(&path, &whole).unwrap();
            }
        }
        recover(&folder, PASSWORD, &["--to", world.path("whole").to_str().unwrap()]).ok();
    }
}

/// A flip in a frame without a checksum of its own, tar's, is as little believed as in any other; what lies in other volumes, or by
/// hashes of pieces is whole, comes back.
#[test]
fn damage_is_named_in_every_kind_of_volume() {
    for kind in Kind::ALL {
        let world = World::new();
        let mut random = Random(78);
        for n in 0..24 {
            fs::create_dir_all(world.source()).unwrap();
            fs::write(world.source().join(format!("noise {n}")), random.bytes(700_000)).unwrap();
        }
        let line = format!("backup --source @source --to @dest --volume-size 4M --no-encryption --format {}", kind.name());
        world.run(&line).ok();
        let volume = walk(&world.plan_folder()).into_iter().find(|path| path.to_string_lossy().contains("/v0001.")).unwrap();
        // In the midst of content, and of what lies between.
        let length = fs::metadata(world.plan_folder().join(&volume)).unwrap().len() as usize;
        for at in [20, length / 5, length / 2] {
            flip(&world.plan_folder().join(&volume), at);
            let lost = |packages: &str| {
                let out = world.path("out");
                let mut command = Command::new(python());
                command.arg(shipped()).arg("--to").arg(&out).current_dir(world.plan_folder());
                command.env("PYTHONPATH", world.path(packages)).env("PYTHONDONTWRITEBYTECODE", "1");
                let ran = Ran::of(&mut command, kind.name()).code(1);
                assert!(ran.err.contains(&format!("{}: its SHA-256 does not fit", volume.display())), "{kind:?}: {}", ran.err);
                let there = below(&out, &world.source());
                let mut lost = 0;
                for name in walk(&world.source()) {
                    let (from, to) = (world.source().join(&name), there.join(&name));
                    let named = ran.err.contains(&format!("'{}' is not restored: ", from.display()));
                    assert_eq!(to.exists(), !named, "{kind:?}, byte {at}, {name:?}: {}", ran.err);
                    assert!(named || fs::read(&from).unwrap() == fs::read(&to).unwrap(), "{kind:?}, byte {at}: {name:?}");
                    lost += usize::from(named);
                }
                fs::remove_dir_all(&out).unwrap();
                lost
            };
            hashes(&world.path("hashes"), &world.source());
            fs::create_dir_all(world.path("none")).unwrap();
            fs::write(world.path("none/blake3.py"), "raise ImportError").unwrap();
            let (by_frames, by_pieces) = (lost("none"), lost("hashes"));
            // Of 24 files seven or so lie in a frame, and as many in a volume of 4 MiB.
            assert!(by_frames < 14, "{kind:?}, byte {at}: {by_frames} are lost");
            if kind == Kind::Tar {
                assert!(by_frames > 3 && by_pieces < 2, "byte {at}: {by_frames} and {by_pieces} are lost");
            } else {
                assert_eq!(by_frames, by_pieces, "{kind:?}, byte {at}");
            }
            flip(&world.plan_folder().join(&volume), at);
        }
    }
}

/// In place of Python's package blake3, which Debian does not have: knows the hashes of these files, each of one piece.
fn hashes(folder: &Path, files: &Path) {
    let line = |path: PathBuf| {
        let content = fs::read(files.join(path)).unwrap();
        format!("    '{}': '{}',\n", sha256(&content), blake3::hash(&content).to_hex())
    };
    let known: String = walk(files).into_iter().map(line).collect();
    let class = "class blake3:\n    def __init__(self, data):\n        self.sha256 = hashlib.sha256(data).hexdigest()\n";
    let digest = "    def digest(self):\n        return bytes.fromhex(KNOWN.get(self.sha256, ''))\n";
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("blake3.py"), format!("import hashlib\nKNOWN = {{\n{known}}}\n{class}{digest}")).unwrap();
}

/// The script of today, which lies in no plan's folder.
fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/recover.py")
}

#[test]
fn old_backups_come_back() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let formats: Vec<PathBuf> = fs::read_dir(&golden).unwrap().map(|e| e.unwrap().path()).filter(|path| path.is_dir()).collect();
    assert!(formats.len() >= 10, "{formats:?}");
    for format in formats {
        let destination = format.join("destination");
        let folder = fs::read_dir(&destination).unwrap().next().unwrap().unwrap().path();
        let world = World::new();
        run(&shipped(), &folder, PASSWORD, &["--to", world.path("out").to_str().unwrap()]).ok();
        let expected = format.join("expected");
        let files = |root: &Path| -> Vec<PathBuf> { walk(root).into_iter().filter(|p| root.join(p).is_file()).collect() };
        // Wherever the source lay then.
        let mut root = world.path("out");
        while !root.join("one.txt").exists() {
            root = fs::read_dir(&root).unwrap().next().unwrap().unwrap().path();
        }
        assert_eq!(files(&expected), files(&root), "{}", format.display());
        for file in files(&expected) {
            assert!(fs::read(expected.join(&file)).unwrap() == fs::read(root.join(&file)).unwrap(), "{}", file.display());
        }
    }
}

/// A folder that was made before there was a `recover.py` gets one by the next run; and verification watches it everywhere.
#[test]
fn the_script_is_put_there_and_watched() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(74));
    world.run("backup --source @source --to @dest --no-encryption").ok();
    let script = world.plan_folder().join("recover.py");
    let verify = || world.run("verify --from @dest --depth full --json");
    let marker = world.plan_folder().join("strongroom.json");
    let text = fs::read_to_string(&script).unwrap();
    verify().ok();

    fs::remove_file(&script).unwrap();
    assert!(verify().code(1).out.contains("recover.py"));
    // As an older Strongroom has made it: nothing is missing.
    let mut old: Value = serde_json::from_str(fs::read_to_string(&marker).unwrap().lines().next().unwrap()).unwrap();
    let named = old.as_object_mut().unwrap().remove("recover_sha256").unwrap();
    assert_eq!(named, sha256(text.as_bytes()));
    fs::write(&marker, small(&old)).unwrap();
    verify().ok();
    world.run("backup --source @source --to @dest --no-encryption").ok();
    assert_eq!(fs::read_to_string(&script).unwrap(), text);
    verify().ok();

    // What somebody has changed is named, and the next run puts the right one there.
    fs::write(&script, text.replace("getpass.getpass(", "steal(")).unwrap();
    assert!(verify().code(1).out.contains("do not run it"));
    world.run("backup --source @source --to @dest --no-encryption").ok();
    assert_eq!(fs::read_to_string(&script).unwrap(), text);

    // A newer Strongroom's, which the folder's marker names, stays.
    let newer = format!("{text}# newer\n");
    old["recover_sha256"] = sha256(newer.as_bytes()).into();
    fs::write(&marker, small(&old)).unwrap();
    fs::write(&script, &newer).unwrap();
    verify().ok();
    world.run("backup --source @source --to @dest --no-encryption").ok();
    assert_eq!(fs::read_to_string(&script).unwrap(), newer);
}

/// Who can write to the destination cannot have their own code run by a script that is proved to be ours.
#[test]
fn what_lies_beside_the_script_is_not_run() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(79));
    world.back_up();
    for module in ["argparse", "json", "hashlib", "getpass", "blake3", "cryptography", "zstandard"] {
        fs::write(world.plan_folder().join(format!("{module}.py")), "raise SystemExit('planted')").unwrap();
    }
    recover(&world.plan_folder(), PASSWORD, &["--to", world.path("out").to_str().unwrap()]).ok();
    assert_same(&world.source(), &below(&world.path("out"), &world.source()));
}

#[test]
fn it_reads_the_test_vectors() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    tool(python(), [tests.join("vectors.py"), shipped(), tests.join("vectors.json")]);
}

#[test]
fn it_says_which_package_is_missing() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(75));
    world.run("backup --source @source --to @dest --kdf pbkdf2 --format tar.lz4").ok();
    for package in ["cryptography", "zstandard", "lz4"] {
        // A package of that name that cannot be had.
        fs::create_dir_all(world.path(package)).unwrap();
        fs::write(world.path(package).join(format!("{package}.py")), "raise ImportError").unwrap();
        let mut command = Command::new(python());
        command.arg("recover.py").arg("--to").arg(world.path("out")).current_dir(world.plan_folder());
        command.env("STRONGROOM_PASSWORD", PASSWORD).env("PYTHONPATH", world.path(package)).env("PYTHONDONTWRITEBYTECODE", "1");
        let ran = Ran::of(&mut command, package).code(1);
        assert!(ran.err.contains(&format!("apt install python3-{package}")) && ran.err.lines().count() == 1, "{}", ran.err);
    }
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

fn small(value: &Value) -> Vec<u8> {
    let line = format!("{value}\n");
    format!("{line}sha256:{}\n", sha256(line.as_bytes())).into_bytes()
}

/// The command line is there for whoever has Strongroom: both give the same.
#[test]
fn it_gives_what_strongroom_gives() {
    let world = World::new();
    tree::plain(&world.source(), 100, &mut Random(76));
    for n in 0..300 {
        fs::create_dir_all(world.source().join(format!("{}/{n}/{}", n % 7, n % 3))).unwrap();
    }
    world.back_up();
    // However many folders there are, few are open.
    let mut script = Command::new("sh");
    script.args(["-c", "ulimit -n 30; exec \"$@\"", "sh", python(), "recover.py", "--to"]).arg(world.path("script"));
    script.current_dir(world.plan_folder()).env("STRONGROOM_PASSWORD", PASSWORD);
    Ran::of(&mut script, "recover.py").ok();
    let mut restore = command(&world.path("another home"));
    restore.args(["restore", "--from"]).arg(world.dest()).arg("--to").arg(world.path("program"));
    Ran::of(&mut restore, "restore").ok();
    assert_same(&world.path("program/source"), &below(&world.path("script"), &world.source()));
}
