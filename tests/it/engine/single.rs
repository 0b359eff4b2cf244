//! Single files through the handle: what one is, and sealing, opening, packing, unpacking; browsing and restoring from one archive.

use std::fs;
use std::os::unix::fs::MetadataExt;

use strongroom::engine::message::Command;
use strongroom::model::catalog::RowKind;
use strongroom::model::format::{Cipher, Codec, KdfKind, Level};
use strongroom::model::history::HistoryFilter;
use strongroom::model::inspection::Inspection;
use strongroom::model::path::PathBytes;
use strongroom::model::problem::{Cause, Code};
use strongroom::model::restore::ArchiveFile;
use strongroom::model::run::{Outcome, RunKind};
use strongroom::model::tool::{Tool, ToolDone, ToolSpec};

use super::*;
use crate::foreign::hostile::{bomb, crowd};
use crate::support::{tool, walk};

impl World {
    fn use_tool(&self, file: &str, to: &str, tool: Tool) -> RunReport {
        let (file, to) = (self.path(file).into(), self.path(to).into());
        let spec = ToolSpec { file, to, overwrite: false, tool };
        self.run(|run| Command::UseTool { run, spec: Box::new(spec) })
    }

    fn archive(&self, name: &str) -> ArchiveFile {
        ArchiveFile { path: self.path(name).into(), secret: None, keys: None, long_list: false }
    }

    fn restore_from(&self, file: ArchiveFile, paths: &[&str], except: &[&str], to: &str) -> RunReport {
        let spec = self.spec_from(file, paths, except, to);
        self.run(|run| Command::Restore { run, spec: Box::new(spec) })
    }

    fn spec_from(&self, file: ArchiveFile, paths: &[&str], except: &[&str], to: &str) -> RestoreSpec {
        let list = |list: &[&str]| list.iter().map(|path| PathBytes::from(*path)).collect();
        RestoreSpec {
            from: Origin::Archive(file),
            paths: list(paths),
            except: list(except),
            target: Target::Folder { path: self.path(to).into(), full_paths: false },
            conflict: Conflict::Skip,
            dry_run: false,
            metadata: true,
            any_size: false,
        }
    }
}

fn encrypt(password: &str) -> Tool {
    Tool::Encrypt { password: Secret::new(password), cipher: Cipher::Aes256Gcm, kdf: KdfKind::Pbkdf2 }
}

fn decrypt(password: Option<&str>) -> Tool {
    Tool::Decrypt { secret: password.map(Secret::new), keys: None }
}

fn done(report: &RunReport) -> ToolDone {
    match (&report.outcome, &report.detail) {
        (Outcome::Completed, RunDetail::Tool(done)) => done.clone(),
        other => panic!("{other:?}"),
    }
}

fn code(report: &RunReport) -> Code {
    match &report.outcome {
        Outcome::Failed(problem) => problem.code,
        other => panic!("{other:?}"),
    }
}

fn text() -> Vec<u8> {
    b"a line of text that comes again and again\n".repeat(60_000)
}

#[test]
fn a_file_goes_through_all_tools_and_comes_back() {
    let world = World::new();
    fs::write(world.path("text"), text()).unwrap();
    let packed = world.use_tool("text", "text.gz", Tool::Compress { codec: Codec::Gzip, level: Level::Fixed(9) });
    assert_eq!((packed.kind, packed.plan_name.as_str()), (RunKind::Compress, "text"));
    let facts = done(&packed);
    assert_eq!((facts.before, facts.after), (text().len() as u64, world.path("text.gz").metadata().unwrap().len()));
    assert!(facts.ratio().unwrap() > 50.0, "{facts:?}");
    tool("gzip", ["-t".into(), world.path("text.gz")]);
    done(&world.use_tool("text.gz", "text.gz.sealed", encrypt("pw")));
    assert_eq!(world.path("text.gz.sealed").metadata().unwrap().mode() & 0o777, 0o600);
    let found = world.handle().inspect(world.path("text.gz.sealed").into()).wait().unwrap();
    assert!(matches!(&found.found, Inspection::SealedFile { slots, .. } if slots.len() == 1), "{found:?}");
    done(&world.use_tool("text.gz.sealed", "again.gz", decrypt(Some("pw"))));
    let found = world.handle().inspect(world.path("again.gz").into()).wait().unwrap().found;
    let Inspection::Compressed { codec: Codec::Gzip, bytes, .. } = found else { panic!("{found:?}") };
    assert_eq!(bytes, text().len() as u64);
    assert_eq!(done(&world.use_tool("again.gz", "again", Tool::Decompress)).after, bytes);
    assert!(fs::read(world.path("again")).unwrap() == text());
    let runs = world.handle().history(HistoryFilter { limit: 10, ..HistoryFilter::default() }).wait().unwrap().runs;
    let kinds: Vec<RunKind> = runs.iter().rev().map(|run| run.kind).collect();
    assert_eq!(kinds, [RunKind::Compress, RunKind::Encrypt, RunKind::Decrypt, RunKind::Decompress]);
    let only = HistoryFilter { kind: Some(RunKind::Encrypt), limit: 10, ..HistoryFilter::default() };
    assert_eq!(world.handle().history(only).wait().unwrap().total, 1);
}

#[test]
fn nothing_is_replaced_unasked_and_a_mistyped_password_is_nobodys_news() {
    let world = World::new();
    fs::write(world.path("text"), text()).unwrap();
    fs::write(world.path("there"), "theirs").unwrap();
    assert_eq!(code(&world.use_tool("text", "there", encrypt("pw"))), Code::Usage);
    assert_eq!(fs::read(world.path("there")).unwrap(), b"theirs");
    done(&world.use_tool("text", "sealed", encrypt("pw")));
    assert_eq!(code(&world.use_tool("sealed", "new", decrypt(Some("PW")))), Code::WrongPassword);
    assert_eq!(code(&world.use_tool("sealed", "new", decrypt(None))), Code::PasswordNeeded);
    assert_eq!(code(&world.use_tool("text", "new", decrypt(Some("pw")))), Code::NotSealed);
    assert_eq!(code(&world.use_tool("text", "new", Tool::Decompress)), Code::Usage);
    assert_eq!(code(&world.use_tool("nowhere", "new", Tool::Decompress)), Code::NothingThere);
    assert_eq!(code(&world.use_tool("source", "new", encrypt("pw"))), Code::Usage);
    assert_eq!(code(&world.use_tool("text", "no folder/new", encrypt("pw"))), Code::Usage);
    // A pipe would make it wait for ever.
    tool("mkfifo", [world.path("pipe")]);
    assert_eq!(code(&world.use_tool("pipe", "new", encrypt("pw"))), Code::Usage);
    assert_eq!(world.handle().inspect(world.path("pipe").into()).wait().unwrap_err().code, Code::Usage);
    // What is damaged is news.
    let mut bytes = fs::read(world.path("sealed")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(world.path("sealed"), bytes).unwrap();
    assert_eq!(code(&world.use_tool("sealed", "new", decrypt(Some("pw")))), Code::Damaged);
    assert!(!world.path("new").exists());
    let runs = world.handle().history(HistoryFilter { limit: 20, ..HistoryFilter::default() }).wait().unwrap().runs;
    assert_eq!(runs.len(), 2, "the encryption, and the damage: {runs:?}");
    let end = Instant::now() + Duration::from_secs(20);
    while world.handle().overview().unseen != 1 {
        assert!(Instant::now() < end, "{}", world.handle().overview().unseen);
        std::thread::sleep(Duration::from_millis(5));
    }
    let left: Vec<_> = walk(world.root.path()).into_iter().filter(|path| path.to_string_lossy().contains("tmp-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_work_that_is_cancelled_leaves_nothing() {
    let world = World::new();
    fs::write(world.path("text"), vec![7; 40_000_000]).unwrap();
    let (handle, run) = (world.handle(), RunId(4711));
    let mut events = handle.events();
    let tool = Tool::Compress { codec: Codec::Bzip2, level: Level::Fixed(9) };
    let spec = ToolSpec { file: world.path("text").into(), to: world.path("new").into(), overwrite: false, tool };
    handle.send(Command::UseTool { run, spec: Box::new(spec) }).unwrap();
    handle.send(Command::Cancel { run }).unwrap();
    assert_eq!(report_of(&mut events, run).outcome, Outcome::Cancelled);
    assert!(!world.path("new").exists());
}

/// A plan with one version, and its only volume.
fn volume(world: &World) -> (Plan, PathBuf) {
    write(&world.source().join("letter"), text());
    write(&world.source().join("folder/small"), "small");
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    assert!(world.back_up(&plan, WantedType::Auto).outcome.is_success());
    let names = walk(&world.destination());
    let volume = names.iter().find(|name| name.to_string_lossy().ends_with("v0001.tar.zst.sealed")).expect("a volume");
    (plan, world.destination().join(volume))
}

#[test]
fn what_this_machine_knows_opens_a_volume_and_else_its_password() {
    let world = World::new();
    let (plan, volume) = volume(&world);
    fs::copy(&volume, world.path("v0001")).unwrap();
    let found = world.handle().inspect(world.path("v0001").into()).wait().unwrap().found;
    assert!(matches!(&found, Inspection::SealedObject { seal, .. } if seal.whole), "{found:?}");
    done(&world.use_tool("v0001", "known.tar.zst", decrypt(None)));
    tool("zstd", ["-tq".into(), world.path("known.tar.zst")]);
    // Its slots do not lie above the copy.
    assert_eq!(code(&world.use_tool("v0001", "new", decrypt(Some(PASSWORD)))), Code::NothingThere);
    let folder = volume.ancestors().nth(3).unwrap();
    let keys = Some(folder.join("keys-1.json").into());
    let with_keys = Tool::Decrypt { secret: Some(Secret::new(PASSWORD)), keys };
    done(&world.use_tool("v0001", "opened.tar.zst", with_keys));
    assert!(fs::read(world.path("opened.tar.zst")).unwrap() == fs::read(world.path("known.tar.zst")).unwrap());
    // The same volume, browsed and restored from as it stands.
    let archive = ArchiveFile { path: volume.as_path().into(), secret: None, keys: None, long_list: false };
    let facts = world.handle().open_archive(archive.clone()).wait().unwrap();
    assert_eq!((facts.files, facts.damage_count), (2, 0), "{facts:?}");
    let report = world.restore_from(archive, &[], &[], "out");
    assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
    let names = walk(&world.path("out"));
    let letter = names.iter().find(|name| name.ends_with("letter")).expect("the letter");
    assert!(fs::read(world.path("out").join(letter)).unwrap() == text());
    assert_eq!(report.plan_name, "v0001.tar.zst.sealed");
    assert!(matches!(report.detail, RunDetail::Restore { version: None, .. }));
    drop(plan);
}

#[test]
fn an_archive_of_another_program_is_browsed_and_restored_by_choice() {
    let world = World::new();
    write(&world.source().join("a/one.txt"), "one");
    write(&world.source().join("a/b/two.txt"), "second");
    write(&world.source().join("c.bin"), vec![7; 200_000]);
    tool("tar", ["-C".into(), world.source(), "-czf".into(), world.path("other.tgz"), "a".into(), "c.bin".into()]);
    let (handle, file) = (world.handle(), world.archive("other.tgz"));
    let origin = Origin::Archive(file.clone());
    let facts = handle.open_archive(file.clone()).wait().unwrap();
    assert_eq!((facts.format.as_str(), facts.files, facts.bytes), ("tar.gz", 3, 200_009));
    let top = handle.children(origin.clone(), PathBytes::default(), 0, 10).wait().unwrap();
    let told: Vec<_> = top.rows.iter().map(|row| (row.path.display().into_owned(), row.kind, row.files, row.size)).collect();
    assert_eq!(told, [("a".into(), RowKind::Folder, Some(2), Some(9)), ("c.bin".into(), RowKind::File, None, Some(200_000))]);
    let inside = handle.children(origin.clone(), "/a".into(), 0, 10).wait().unwrap();
    assert_eq!(inside.total, 2);
    assert_eq!(handle.find(origin.clone(), "TWO".into(), 10).wait().unwrap()[0].path, "a/b/two.txt".into());
    assert_eq!(handle.sum(origin, vec!["/a".into()], vec!["/a/b".into()]).wait().unwrap(), (1, 3));
    let counts = handle.plan_restore(world.spec_from(file.clone(), &["/a"], &["/a/b"], "out")).wait().unwrap();
    assert_eq!((counts.created, world.path("out").exists()), (1, false), "nothing has been touched");
    let report = world.restore_from(file.clone(), &["/a"], &["/a/b"], "out");
    assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
    let files: Vec<PathBuf> = walk(&world.path("out")).into_iter().filter(|path| path.extension().is_some()).collect();
    assert_eq!(files, [PathBuf::from("a/one.txt")]);
    // An archive does not say where its files were.
    let mut in_place = world.spec_from(file.clone(), &[], &[], "out");
    in_place.target = Target::InPlace;
    assert_eq!(handle.plan_restore(in_place).wait().unwrap_err().code, Code::Usage);
    // Another file of the same name is not taken for it.
    tool("tar", ["-C".into(), world.source(), "-czf".into(), world.path("other.tgz"), "c.bin".into()]);
    assert_eq!(handle.open_archive(file).wait().unwrap().files, 1);
}

#[test]
fn what_is_readable_of_a_broken_archive_comes_back_and_the_rest_is_named() {
    let world = World::new();
    for n in 0..40 {
        write(&world.source().join(format!("file {n:02}")), vec![n; 100_000]);
    }
    tool("tar", ["-C".into(), world.source(), "-cf".into(), world.path("broken.tar"), ".".into()]);
    let mut bytes = fs::read(world.path("broken.tar")).unwrap();
    // In a header in the middle.
    let at = bytes.windows(7).position(|w| w == b"file 20").unwrap();
    bytes[at..at + 300].fill(0xee);
    fs::write(world.path("broken.tar"), bytes).unwrap();
    let file = world.archive("broken.tar");
    let facts = world.handle().open_archive(file.clone()).wait().unwrap();
    assert!(facts.files >= 38 && facts.damage_count >= 1, "{facts:?}");
    let report = world.restore_from(file, &[], &[], "out");
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{report:?}");
    assert!(report.warnings.iter().any(|warning| warning.cause == Cause::Damaged), "{report:?}");
    assert_eq!(fs::read(world.path("out/file 39")).unwrap(), vec![39; 100_000]);
    // What is no archive says what it is instead.
    fs::write(world.path("plain"), "text").unwrap();
    let problem = world.handle().open_archive(world.archive("plain")).wait().unwrap_err();
    assert_eq!(problem.code, Code::Usage);
    tool("gzip", ["-k".into(), world.path("plain")]);
    let problem = world.handle().open_archive(world.archive("plain.gz")).wait().unwrap_err();
    assert!(problem.fix.contains("decompress"), "{problem}");
}

#[test]
fn what_unpacks_to_absurdly_much_is_gone_on_with_only_where_that_is_said() {
    let world = World::new();
    let length = 18 << 30;
    bomb(&world.path("a.tar.zst"), length);
    let spec = RestoreSpec { dry_run: true, ..world.spec_from(world.archive("a.tar.zst"), &[], &[], "out") };
    let refused = world.handle().plan_restore(spec.clone()).wait().unwrap_err();
    assert_eq!(refused.code, Code::TooMuch, "{refused}");
    assert!(!refused.fix.contains("stays"), "nothing was unpacked: {refused}");
    let counts = world.handle().plan_restore(RestoreSpec { any_size: true, ..spec }).wait().unwrap();
    assert_eq!((counts.created, counts.bytes), (1, length));
}

#[test]
fn a_very_long_list_is_made_only_where_that_is_said() {
    let world = World::new();
    // Their names take more than 256 MiB.
    crowd(&world.path("a.tar.zst"), 68_000);
    let refused = world.handle().open_archive(world.archive("a.tar.zst")).wait().unwrap_err();
    assert_eq!(refused.code, Code::TooMuch, "{refused}");
    assert!(refused.what.contains("it holds more than 67,108 entries"), "{refused}");
    let facts = world.handle().open_archive(ArchiveFile { long_list: true, ..world.archive("a.tar.zst") }).wait().unwrap();
    assert_eq!((facts.members, facts.files), (68_000, 1), "all have the same name");
}
