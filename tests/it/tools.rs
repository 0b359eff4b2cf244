//! `inspect`, `encrypt`, `decrypt`, `compress`, `decompress`: by the real binary, against the programs of each format.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Random, World, tool, walk};
use crate::tree;

fn world_with(name: &str, content: &[u8]) -> World {
    let world = World::new();
    // The world's folder is made by making something in it.
    fs::create_dir_all(world.source()).unwrap();
    fs::write(world.path(name), content).unwrap();
    world
}

/// Text and noise, of a length that fills no record and no frame.
fn content() -> Vec<u8> {
    let mut random = Random(91);
    let mut out = b"a line of text that comes again and again\n".repeat(150_000);
    out.extend(random.bytes(3_000_001));
    out
}

fn nothing_left(world: &World, names: &[&str]) {
    let mut found: Vec<String> = walk(&world.path("")).iter().map(|p| p.display().to_string()).collect();
    found.retain(|name| !name.starts_with("home"));
    found.retain(|name| name != "source");
    assert_eq!(found, names);
}

#[test]
fn a_file_is_sealed_and_opened_by_its_password_alone() {
    for (length, kdf) in [(0, "scrypt"), (5, "pbkdf2"), (4_000_000, "scrypt")] {
        let world = world_with("plain", &content()[..length]);
        let sealed = world.run(&format!("encrypt @plain --to @sealed --kdf {kdf} --json")).ok().last();
        assert_eq!(sealed["bytes"], length);
        assert_eq!(world.path("sealed").metadata().unwrap().mode() & 0o777, 0o600);
        world.run("decrypt @sealed --to @back").ok();
        assert!(fs::read(world.path("back")).unwrap() == fs::read(world.path("plain")).unwrap());
        // Whatever its name; with nothing of this machine's.
        fs::rename(world.path("sealed"), world.path("photo.jpg")).unwrap();
        let facts = world.run_with("inspect @photo.jpg --json", |c| _ = c.env_remove("STRONGROOM_PASSWORD")).ok().last();
        assert_eq!((&facts["what"], &facts["bytes"], &facts["whole"]), (&json!("sealed-file"), &json!(length), &json!(true)));
        let function = facts["slots"][0]["function"].as_str().unwrap();
        assert!(function.to_lowercase().starts_with(kdf), "{function}");
        let wrong = |c: &mut std::process::Command| _ = c.env("STRONGROOM_PASSWORD", "hunter2");
        let ran = world.run_with("decrypt @photo.jpg --to @no --json", wrong).code(12);
        assert_eq!(ran.problem(), "wrong-password");
        assert!(!ran.out.contains("hunter2") && !ran.err.contains("hunter2"));
        world.run_with("decrypt @photo.jpg --to @no", |c| _ = c.env_remove("STRONGROOM_PASSWORD")).code(12);
        nothing_left(&world, &["back", "photo.jpg", "plain"]);
    }
}

#[test]
fn a_file_is_sealed_by_the_cipher_that_is_chosen() {
    let world = world_with("plain", &content()[..3_000_000]);
    for (cipher, words) in [("", "AES-256-GCM"), ("--cipher aes-256-gcm", "AES-256-GCM"), ("--cipher aes-128-gcm", "AES-128-GCM")]
    {
        world.run(&format!("encrypt @plain --to @sealed --overwrite --kdf pbkdf2 {cipher}")).ok();
        assert_eq!(world.run("inspect @sealed --json").ok().last()["cipher"], words);
        world.run("decrypt @sealed --to @back --overwrite").ok();
        assert!(fs::read(world.path("back")).unwrap() == fs::read(world.path("plain")).unwrap());
    }
    world.run("encrypt @plain --to @new --cipher rot13").code(2);
    nothing_left(&world, &["back", "plain", "sealed"]);
}

#[test]
fn nothing_is_replaced_unasked_and_nothing_half_is_left() {
    let world = world_with("plain", b"content");
    fs::write(world.path("there"), "old").unwrap();
    for command in ["encrypt", "compress"] {
        assert_eq!(world.run(&format!("{command} @plain --to @there --json")).code(2).problem(), "usage");
        assert_eq!(fs::read(world.path("there")).unwrap(), b"old");
    }
    world.run("encrypt @plain --to @there --overwrite").ok();
    world.run("decrypt @there --to @there --overwrite").ok();
    assert_eq!(fs::read(world.path("there")).unwrap(), b"content");
    world.run("encrypt @plain --to @there").code(2);
    world.run("encrypt @nowhere --to @new").code(10);
    world.run("encrypt @source --to @new").code(2);
    world.run("encrypt @plain --to @source --overwrite").code(2);
    world.run("encrypt @plain --to @none/new").code(2);
    assert_eq!(world.run("decrypt @plain --to @new --json").code(1).problem(), "not-sealed");
    assert_eq!(world.run("decompress @plain --to @new --json").code(2).problem(), "usage");
    // What is no file is not replaced by one.
    tool("mkfifo", [world.path("pipe")]);
    world.run("encrypt @plain --to @pipe --overwrite").code(2);
    nothing_left(&world, &["pipe", "plain", "there"]);
}

#[test]
fn damage_anywhere_gives_no_file() {
    let world = world_with("plain", &content()[..2_500_000]);
    world.run("encrypt @plain --to @sealed").ok();
    world.run("compress @plain --to @packed.zst").ok();
    for (name, command) in [("sealed", "decrypt"), ("packed.zst", "decompress")] {
        let whole = fs::read(world.path(name)).unwrap();
        let length = whole.len();
        for at in [9, 40, length / 3, length / 2, length - 1] {
            let mut bad = whole.clone();
            bad[at] ^= 0x10;
            fs::write(world.path("bad"), &bad).unwrap();
            let ran = world.run(&format!("{command} @bad --to @new"));
            assert_ne!(ran.code, Some(0), "{command} at {at}");
            assert!(!world.path("new").exists());
        }
        for bad in [&whole[..length - 1], &whole[..length / 2], &[&whole[..], b"x"].concat()] {
            fs::write(world.path("bad"), bad).unwrap();
            assert_ne!(world.run(&format!("{command} @bad --to @new")).code, Some(0), "{command} {}", bad.len());
            assert!(!world.path("new").exists());
        }
    }
    world.run("inspect @sealed").ok();
    fs::write(world.path("bad"), &fs::read(world.path("sealed")).unwrap()[..100_000]).unwrap();
    assert_eq!(world.run("inspect @bad --json").code(3).last()["whole"], false);
}

#[test]
fn what_is_cut_short_or_not_read_is_called_that() {
    let world = world_with("plain", &content()[..3000]);
    world.run("encrypt @plain --to @sealed --kdf pbkdf2").ok();
    let whole = fs::read(world.path("sealed")).unwrap();
    // Within its magic it is nothing; then its beginning is cut short, wherever that is.
    for length in [8, 12, 30, 200, 420] {
        fs::write(world.path("cut"), &whole[..length]).unwrap();
        for command in ["inspect @cut", "decrypt @cut --to @new"] {
            let ran = world.run(&format!("{command} --json")).code(1);
            let problem = &ran.last()["error"];
            let (what, fix) = (problem["what"].as_str().unwrap(), problem["fix"].as_str().unwrap());
            assert_eq!(ran.problem(), "damaged", "{length}");
            assert!(what.ends_with("cut\u{201d} is damaged.") && !what.contains("backup"), "{length}: {what}");
            assert_eq!(fix.contains("Nothing was written"), command.starts_with("decrypt"), "{fix}");
            assert!(problem["detail"].as_str().unwrap().contains("cut short"), "{length}: {problem}");
        }
    }
    // A dictionary that lies elsewhere.
    let text = tool(
        "bash",
        [
            "-ec",
            &format!(
                "cd '{}'; mkdir words; for n in $(seq 400); do seq $n $((n + 90)) > words/$n; done; \
         zstd -q --train words/* -o dictionary --maxdict=4096; zstd -q -D dictionary plain -o by.zst; \
         tar -cf tar.tar words; zstd -q -D dictionary tar.tar -o tar.zst",
                world.path("").display()
            ),
        ],
    );
    assert_eq!(text, "");
    for name in ["by.zst", "tar.zst"] {
        for command in [format!("decompress @{name} --to @new"), format!("ls --from @{name}")] {
            let ran = world.run(&format!("{command} --json")).code(2);
            let what = ran.last()["error"]["what"].to_string();
            assert!(what.contains("with a dictionary") && what.contains("does not unpack"), "{command}: {what}");
        }
    }
}

#[test]
fn a_volume_comes_out_of_its_seal() {
    for kind in ["tar.zst", "zip"] {
        let world = World::new();
        tree::plain(&world.source(), 30, &mut Random(92));
        world.run(&format!("backup --source @source --to @dest --format {kind}")).ok();
        let folder = world.plan_folder();
        let data = folder.join("data");
        let objects: Vec<_> = walk(&data).into_iter().filter(|p| p.extension().is_some_and(|e| e == "sealed")).collect();
        assert_eq!(objects.len(), 2, "{objects:?}");
        for object in &objects {
            let path = data.join(object);
            let with = |line: &str| world.run_with(line, |c| _ = c.arg(&path));
            let facts = with("inspect --json").ok().last();
            assert_eq!((&facts["what"], &facts["whole"]), (&json!("sealed-object"), &json!(true)), "{facts}");
            assert_eq!(facts["object"], object.file_name().unwrap().to_str().unwrap());
            with("decrypt --to @out --overwrite").ok();
            let inner = world.run("inspect @out --json").ok().last();
            match facts["object_kind"].as_str().unwrap() {
                "volume" => {
                    assert_eq!((&inner["what"], &inner["format"], &inner["files"]), (&json!("archive"), &json!(kind), &json!(30)))
                }
                _ => assert_eq!(inner["what"], "catalog"),
            }
            // Away from its backup it takes the key slots beside it.
            fs::copy(&path, world.path("loose")).unwrap();
            world.run("decrypt @loose --to @no").code(10);
            fs::copy(folder.join("keys-1.json"), world.path("k")).unwrap();
            world.run("decrypt @loose --keys @k --to @out --overwrite").ok();
            let other = World::new();
            tree::plain(&other.source(), 1, &mut Random(93));
            other.back_up();
            fs::copy(other.plan_folder().join("keys-1.json"), world.path("k")).unwrap();
            assert_eq!(world.run("decrypt @loose --keys @k --to @no --json").code(12).problem(), "other-backups-key");
        }
        let what = |name: &str| world.run_with("inspect --json", |c| _ = c.arg(folder.join(name))).ok().last();
        let keys = what("keys-1.json");
        assert_eq!((&keys["kind"], &keys["intact"], &keys["sealed"]), (&json!("keys"), &json!(true), &json!(true)));
        assert!(keys["slots"][0]["function"].as_str().unwrap().contains("scrypt"), "{keys}");
        assert_eq!(what("strongroom.json")["kind"], "marker");
        assert_eq!(what("recover.py")["what"], "other");
        let manifest = walk(&folder.join("versions")).remove(0);
        assert_eq!(what(&format!("versions/{}", manifest.display()))["kind"], "version");
        let mut bytes = fs::read(folder.join("keys-1.json")).unwrap();
        bytes[60] ^= 1;
        fs::write(world.path("k"), bytes).unwrap();
        assert_eq!(world.run("inspect @k --json").code(3).last()["intact"], false);
    }
}

/// Format, program, options to compress and to unpack to standard output.
const PROGRAMS: [(&str, &str, &str, &str); 4] =
    [("gz", "gzip", "-c", "-dc"), ("bz2", "bzip2", "-c", "-dc"), ("lz4", "lz4", "-qc", "-dqc"), ("zst", "zstd", "-qc", "-dqc")];

fn shell(script: &str) {
    tool("bash", ["-ec", script]);
}

#[test]
fn every_codec_both_ways_with_its_own_program() {
    let world = world_with("plain", &content());
    fs::set_permissions(world.path("plain"), fs::Permissions::from_mode(0o640)).unwrap();
    let at = |name: &str| world.path(name).display().to_string();
    for (format, program, pack, unpack) in PROGRAMS {
        for level in ["auto", "1", "9"] {
            let told = world
                .run(&format!("compress @plain --to @ours --format {format} --level {level} --overwrite --json"))
                .ok()
                .last();
            assert_eq!(told["packed_bytes"], world.path("ours").metadata().unwrap().len());
            assert!(told["ratio"].as_f64().unwrap() > 1.5, "{told}");
            shell(&format!("{program} {unpack} < '{}' | cmp - '{}'", at("ours"), at("plain")));
            world.run("decompress @ours --to @back --overwrite").ok();
            shell(&format!("cmp '{}' '{}'", at("back"), at("plain")));
        }
        assert_eq!(world.path("back").metadata().unwrap().mode() & 0o777, 0o640);
        assert_eq!(world.path("back").metadata().unwrap().mtime(), world.path("plain").metadata().unwrap().mtime());
        // One stream, several, and one of nothing, by the program itself.
        let (plain, theirs) = (at("plain"), at("theirs"));
        for script in [
            format!("{program} {pack} < '{plain}' > '{theirs}'"),
            format!(
                "head -c 100 '{plain}' | {program} {pack} > '{theirs}'; tail -c +101 '{plain}' | {program} {pack} >> '{theirs}'"
            ),
        ] {
            shell(&script);
            world.run("decompress @theirs --to @back --overwrite").ok();
            shell(&format!("cmp '{}' '{plain}'", at("back")));
            let facts = world.run("inspect @theirs --json").ok().last();
            assert_eq!(
                (&facts["what"], &facts["codec"], &facts["bytes"]),
                (&json!("compressed"), &json!(format), &json!(content().len()))
            );
        }
        shell(&format!("{program} {pack} < /dev/null > '{theirs}'"));
        world.run("decompress @theirs --to @back --overwrite").ok();
        assert_eq!(fs::read(world.path("back")).unwrap(), b"");
        fs::write(world.path("nothing"), "").unwrap();
        world.run(&format!("compress @nothing --to @ours --format {format} --overwrite")).ok();
        shell(&format!("{program} {unpack} < '{}' | cmp - /dev/null", at("ours")));
    }
    // By the new file's name, and levels that a codec does not have.
    world.run("compress @plain --to @plain.bz2").ok();
    assert!(fs::read(world.path("plain.bz2")).unwrap().starts_with(b"BZh"));
    world.run("compress @plain --to @x.gz --level 19").code(2);
    let said = world.run("compress @plain --to @plain.lz4").ok().out;
    assert!(said.contains(" to 1; ") && said.contains("by lz4, level 1"), "{said}");
}

#[test]
fn archives_of_other_programs_are_inspected() {
    let world = World::new();
    tree::plain(&world.source(), 40, &mut Random(94));
    let (from, at) = (world.path("").display().to_string(), |name: &str| world.path(name).display().to_string());
    let bytes: u64 = walk(&world.source())
        .iter()
        .map(|p| world.source().join(p))
        .filter(|p| p.is_file())
        .map(|p| p.metadata().unwrap().len())
        .sum();
    for (name, format, script) in [
        ("a", "tar", "tar -C '@' -cf"),
        ("b", "tar.gz", "tar -C '@' -czf"),
        ("c", "tar.zst", "tar -C '@' --zstd -cf"),
        ("d", "zip", "cd '@'; zip -qr"),
        ("e", "zip", "cd '@'; 7z a -tzip -bd"),
    ] {
        // Programs add endings of their own.
        let file = format!("{name}.{}", if format == "zip" { "zip" } else { "x" });
        shell(&format!("{} '{}' source >/dev/null", script.replace('@', &from), at(&file)));
        let facts: Value = world.run(&format!("inspect @{file} --json")).ok().last();
        assert_eq!((&facts["what"], &facts["format"]), (&json!("archive"), &json!(format)));
        assert_eq!((&facts["files"], &facts["bytes"], &facts["folders"]), (&json!(40), &json!(bytes), &json!(18)), "{facts}");
        assert!(world.run(&format!("inspect @{file}")).ok().out.contains("40 files, 18 folders"));
    }
    let cut = fs::read(world.path("b.x")).unwrap();
    fs::write(world.path("cut"), &cut[..cut.len() * 2 / 3]).unwrap();
    let facts = world.run("inspect @cut --json").code(3).last();
    assert!(facts["damage"][0]["what"].as_str().unwrap().contains("cut"), "{facts}");
    fs::write(world.path("empty"), "").unwrap();
    assert_eq!(world.run("inspect @empty --json").ok().last()["what"], "empty");
    assert_eq!(world.run("inspect @source --json").code(2).problem(), "usage");
    assert!(Path::new(&at("a.x")).exists());
}

#[test]
fn the_new_file_stands_beside_the_old_one_under_its_name() {
    let world = world_with("plain", &content()[..300_000]);
    let plain = fs::read(world.path("plain")).unwrap();
    for (pack, packed, unpack) in [
        ("encrypt @plain --kdf pbkdf2", "plain.sealed", "decrypt @plain.sealed"),
        ("compress @plain", "plain.zst", "decompress @plain.zst"),
        ("compress @plain --format gz", "plain.gz", "decompress @plain.gz"),
    ] {
        let told = world.run(&format!("{pack} --json")).ok().last();
        assert_eq!(told["to"], world.path(packed).display().to_string());
        // Neither way replaces anything unasked.
        fs::write(world.path("plain"), "newer").unwrap();
        let before = fs::read(world.path(packed)).unwrap();
        for line in [pack, unpack] {
            let ran = world.run(&format!("{line} --json")).code(2);
            assert!(ran.problem() == "usage" && ran.out.contains("is there already"), "{line}: {}", ran.out);
        }
        assert_eq!(fs::read(world.path("plain")).unwrap(), b"newer");
        assert!(fs::read(world.path(packed)).unwrap() == before);
        world.run(&format!("{unpack} --overwrite")).ok();
        assert!(fs::read(world.path("plain")).unwrap() == plain, "{unpack}");
        fs::remove_file(world.path(packed)).unwrap();
    }
    // Names that say nothing.
    world.run("encrypt @plain --to @photo.jpg --kdf pbkdf2").ok();
    world.run("compress @plain --to @noise").ok();
    for line in ["decrypt @photo.jpg", "decompress @noise"] {
        let ran = world.run(&format!("{line} --json")).code(2);
        assert!(ran.problem() == "usage" && ran.out.contains("--to"), "{line}: {}", ran.out);
    }
    nothing_left(&world, &["noise", "photo.jpg", "plain"]);
}

#[test]
fn a_name_of_another_format_is_refused() {
    let world = world_with("plain", b"content");
    for line in ["--to @c.xz", "--to @c.ZIP", "--to @c.xz --format gz", "--to @c.gz --format zst", "--to @c.tgz --format bz2"] {
        let ran = world.run(&format!("compress @plain {line} --json")).code(2);
        assert_eq!(ran.problem(), "usage", "{line}");
        for ending in [".gz", ".bz2", ".lz4", ".zst"] {
            assert!(ran.last()["error"]["fix"].as_str().unwrap().contains(ending), "{line}: {}", ran.out);
        }
    }
    nothing_left(&world, &["plain"]);
    for (name, magic) in [("c.GZ", &b"\x1f\x8b"[..]), ("c.tgz", b"\x1f\x8b"), ("c.sql", b"\x28\xb5\x2f\xfd")] {
        world.run(&format!("compress @plain --to @{name}")).ok();
        assert!(fs::read(world.path(name)).unwrap().starts_with(magic), "{name}");
    }
}

#[test]
fn a_file_is_sealed_for_a_key_file() {
    let world = world_with("plain", &content()[..1_500_000]);
    for key in ["stick", "other"] {
        world.run(&format!("key new @{key}")).ok();
    }
    let bare = |line: &str, file: Option<&str>| {
        world.run_with(line, |command| {
            command.env_remove("STRONGROOM_PASSWORD");
            if let Some(file) = file {
                command.env("STRONGROOM_KEY_FILE", world.path(file));
            }
        })
    };
    bare("encrypt @plain --to @sealed", None).code(12);
    bare("encrypt @plain --to @sealed --key-file @stick --kdf pbkdf2", None).code(2);
    let by_option = bare("encrypt @plain --to @sealed --key-file @stick --json", None).ok().last();
    assert_eq!((&by_option["bytes"], &by_option["ratio"]), (&json!(1_500_000), &json!(1.0)));
    assert_eq!(by_option["sealed_bytes"], json!(world.path("sealed").metadata().unwrap().len()));
    assert!(by_option["seconds"].is_number() && by_option.get("bytes_per_second").is_some(), "{by_option}");
    bare("encrypt @plain --to @by-environment", Some("stick")).ok();
    for sealed in ["sealed", "by-environment"] {
        let facts = world.run(&format!("inspect @{sealed} --json")).ok().last();
        assert_eq!((&facts["slots"][0]["kind"], facts["slots"].as_array().unwrap().len()), (&json!("key-file"), 1));
        let wrong = bare(&format!("decrypt @{sealed} --to @no --key-file @other --json"), None).code(12).last();
        assert!(wrong["error"]["what"].as_str().unwrap().starts_with("This key file does not open"), "{wrong}");
        let opened = bare(&format!("decrypt @{sealed} --to @back --overwrite --key-file @stick --json"), None).ok().last();
        assert_eq!((&opened["bytes"], &opened["ratio"]), (&json!(1_500_000), &json!(1.0)));
        assert!(fs::read(world.path("back")).unwrap() == fs::read(world.path("plain")).unwrap());
    }
    let said = world.run("encrypt @plain --to @spoken").ok();
    assert!(said.out.contains(" s, ") && said.out.contains("/s"), "{}", said.out);
    assert!(said.err.contains("The password is strong: out of reach."), "{}", said.err);
    let weak = world.run_with("encrypt @plain --to @weak", |c| _ = c.env("STRONGROOM_PASSWORD", "password1")).ok().err;
    assert_eq!(weak.matches("weak").count(), 1, "{weak}");
}
