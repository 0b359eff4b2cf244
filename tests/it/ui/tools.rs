//! The tools for single files in the Encryption tab, on a pretended engine.

use egui_kittest::kittest::{NodeT, Queryable};
use strongroom::engine::message::{Command, Event, Question};
use strongroom::model::format::{Cipher, Codec, KdfKind, Level};
use strongroom::model::problem::{Code, Problem};
use strongroom::model::run::{Outcome, RunId};
use strongroom::model::tool::{Tool, ToolSpec};

use super::desk::{Desk, desk};
use super::fake::empty_overview;
use super::sample;
use super::sample_files::tool_report;

fn tools() -> Desk {
    let mut desk = desk(empty_overview(), [1100.0, 1100.0]);
    desk.click("Encryption");
    desk.wait_for("Path of the file");
    desk
}

fn looked_into(file: &str) -> Desk {
    let mut desk = tools();
    desk.type_into("Path of the file", file);
    desk.click("Look");
    desk.until("the size", |desk| desk.reads("1.3 MB"));
    desk
}

/// The works that were asked for.
fn asked(desk: &Desk) -> Vec<(RunId, ToolSpec)> {
    let works = desk.told().into_iter().filter_map(|command| match command {
        Command::UseTool { run, spec } => Some((run, *spec)),
        _ => None,
    });
    works.collect()
}

fn is_off(desk: &Desk, name: &str) -> bool {
    desk.harness.get_by_label(name).accesskit_node().is_disabled()
}

fn end(desk: &mut Desk, outcome: Outcome) {
    desk.until("the command", |desk| !asked(desk).is_empty());
    let (run, spec) = asked(desk).pop().unwrap();
    desk.fake.events.send(Event::RunEnded(Box::new(tool_report(run, &spec, outcome)))).unwrap();
}

#[test]
fn a_file_is_encrypted_with_a_password_that_was_typed_twice() {
    let mut desk = looked_into("/home/ada/letter.pdf");
    desk.click("Encrypt…");
    assert_eq!(desk.focused().as_deref(), Some("Password for the file"), "typing can begin at once");
    assert!(is_off(&desk, "Encrypt"));
    desk.type_into("Password for the file", "correct horse battery staple violin");
    desk.until("strength", |desk| desk.reads("Strong: out of reach"));
    desk.type_into("Password for the file again", "correct horse");
    assert!(is_off(&desk, "Encrypt"), "the two differ");
    assert!(desk.reads("The two are not the same."));
    desk.type_into("Password for the file again", " battery staple violin");
    desk.click("Cipher: AES-128-GCM");
    desk.click("Encrypt");
    desk.wait_for("Cancel: Encrypting");
    desk.until("the command", |desk| !asked(desk).is_empty());
    let [(_, spec)] = &asked(&desk)[..] else { panic!("{:?}", asked(&desk)) };
    assert_eq!(spec.to, "/home/ada/letter.pdf.sealed".into());
    assert!(!spec.overwrite, "nothing is replaced unasked");
    let Tool::Encrypt { password, cipher: Cipher::Aes128Gcm, kdf: KdfKind::Scrypt } = &spec.tool else { panic!("{spec:?}") };
    assert_eq!(password.expose(), "correct horse battery staple violin");
    end(&mut desk, Outcome::Completed);
    desk.until("the result", |desk| desk.reads("/home/ada/letter.pdf.sealed"));
    assert!(desk.reads("still there, not encrypted") && desk.reads("0.4 s, 3.1 MB/s"), "{:?}", desk.names());
    desk.click("Open folder");
    assert_eq!(*desk.opened.lock().unwrap(), ["/home/ada".into()]);
    desk.click("Look into the new file");
    desk.wait_for("Decrypt…");
}

#[test]
fn what_goes_wrong_is_told_in_place_and_nothing_typed_is_lost() {
    let mut desk = looked_into("/home/ada/letter.pdf.sealed");
    assert!(desk.reads("File sealed by itself") && desk.reads("password (scrypt 2^15/8/3)"), "{:?}", desk.names());
    assert!(!desk.is_shown("Encrypt…"), "it is encrypted already");
    desk.click("Decrypt…");
    desk.type_into("Password of the file", "wrong");
    desk.harness.key_press(egui::Key::Enter);
    desk.harness.run_steps(2);
    desk.wait_for("Cancel: Decrypting");
    let wrong = Problem::new(Code::WrongPassword, "This password does not open “letter.pdf.sealed”.", "Check it.");
    end(&mut desk, Outcome::Failed(wrong));
    desk.until("the refusal", |desk| desk.reads("This password does not open"));
    assert_eq!(desk.focused().as_deref(), Some("Password of the file"), "what was refused can be typed over");
    desk.harness.get_by_label("Password of the file").type_text("right");
    desk.harness.run_steps(2);
    desk.click("Replace it if it is there already");
    desk.click("Decrypt");
    desk.until("the second try", |desk| asked(desk).len() == 2);
    let (_, spec) = asked(&desk).pop().unwrap();
    assert_eq!((spec.to.clone(), spec.overwrite), ("/home/ada/letter.pdf".into(), true));
    let Tool::Decrypt { secret: Some(secret), keys: None } = spec.tool else { panic!("{spec:?}") };
    assert_eq!(secret.expose(), "right");
    let there = Problem::new(Code::Usage, "“/home/ada/letter.pdf” is there already.", "Give another name.");
    end(&mut desk, Outcome::Failed(there));
    desk.until("the problem", |desk| desk.reads("is there already."));
    desk.click("Cancel");
    desk.wait_for("Decrypt…");
}

#[test]
fn a_volume_asks_for_key_slots_only_where_they_are_missing() {
    let mut desk = looked_into("/home/ada/v0001.tar.zst.sealed");
    desk.click("Decrypt…");
    assert!(!is_off(&desk, "Decrypt"), "this computer may know the key");
    assert!(!desk.is_shown("Key slots of its backup"));
    desk.click("Decrypt");
    let missing = Problem::new(Code::NothingThere, "The key slots of the backup are not there.", "Give a copy.");
    end(&mut desk, Outcome::Failed(missing));
    desk.until("the field", |desk| {
        desk.harness.query_all_by_role_and_label(egui::accesskit::Role::TextInput, "Key slots of its backup").next().is_some()
    });
    let field = desk.harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Key slots of its backup");
    field.focus();
    field.type_text("/home/ada/keys-1.json");
    desk.harness.run_steps(3);
    desk.click("Decrypt");
    desk.until("the second try", |desk| asked(desk).len() == 2);
    let (_, spec) = asked(&desk).pop().unwrap();
    let Tool::Decrypt { secret: None, keys: Some(keys) } = spec.tool else { panic!("{spec:?}") };
    assert_eq!(keys, "/home/ada/keys-1.json".into());
}

#[test]
fn compression_has_format_and_level_and_tells_what_it_saved() {
    let mut desk = looked_into("/home/ada/dump.sql");
    desk.click("Compress…");
    desk.click("Format: gzip");
    desk.click("Compression: Small");
    desk.click("Compress");
    desk.until("the command", |desk| !asked(desk).is_empty());
    let (_, spec) = asked(&desk).pop().unwrap();
    assert_eq!(spec.to, "/home/ada/dump.sql.gz".into());
    assert_eq!(spec.tool, Tool::Compress { codec: Codec::Gzip, level: Level::Fixed(9) });
    end(&mut desk, Outcome::Completed);
    desk.until("the result", |desk| desk.reads("Compressed: 76 % smaller"));
    assert!(desk.reads("gzip, level 3: 4.19 to 1") && desk.reads("310 kB"), "{:?}", desk.names());
    desk.click("Another file");
    assert!(!desk.reads("smaller"));
}

#[test]
fn what_makes_sense_is_offered_and_what_is_broken_is_named() {
    let mut desk = looked_into("/home/ada/dump.sql.zst");
    assert!(desk.is_shown("Decompress…") && desk.is_shown("Encrypt…") && !desk.is_shown("Compress…"));
    assert!(!desk.is_shown("Restore from it…"), "it is no archive");
    desk.click("Decompress…");
    desk.click("Cancel");
    let mut desk = looked_into("/home/ada/download.tar.gz");
    assert!(desk.reads("1,204 files, 96 folders") && desk.reads("2 parts of it cannot be read"), "{:?}", desk.names());
    assert!(desk.reads("IMG_0412.raw: its checksum does not fit"));
    desk.click("Restore from it…");
    desk.until("the wizard", |desk| desk.reads("Restore download.tar.gz"));
    desk.until("what it holds", |desk| desk.reads("tar.gz archive · 1,204 files · 3.1 GB"));
    assert!(!is_off(&desk, "Next: What"));
}

#[test]
fn a_file_that_cannot_be_read_says_so_where_it_was_named() {
    let mut desk = tools();
    assert!(is_off(&desk, "Look"), "nothing is named yet");
    desk.type_into("Path of the file", "/home/ada/missing");
    desk.harness.key_press(egui::Key::Enter);
    desk.until("the problem", |desk| desk.reads("cannot be read."));
    // Typing on takes it away.
    desk.type_into("Path of the file", "x");
    desk.until("nothing", |desk| !desk.reads("cannot be read."));
}

#[test]
fn a_dropped_file_is_looked_into() {
    let mut desk = tools();
    desk.drop_file("/home/ada/letter.pdf.sealed");
    desk.wait_for("Decrypt…");
    let asked = desk.asked.lock().unwrap();
    assert!(asked.iter().any(|it| matches!(it, Question::Inspect { file } if *file == "/home/ada/letter.pdf.sealed".into())));
}

#[test]
fn it_can_be_stopped_and_ends_without_a_result() {
    let mut desk = looked_into("/home/ada/dump.sql");
    desk.click("Compress…");
    desk.click("Compress");
    desk.wait_for("Pause: Compressing");
    desk.click("Cancel: Compressing");
    desk.until("cancel", |desk| desk.told().iter().any(|command| matches!(command, Command::Cancel { .. })));
    end(&mut desk, Outcome::Cancelled);
    // Back to the form with what was chosen.
    desk.wait_for("Format: gzip");
}

#[test]
fn the_tools_stand_below_the_backups_too() {
    let mut desk = desk(sample::overview(), [1100.0, 1400.0]);
    desk.click("Encryption");
    desk.wait_for("Change the password of Documents");
    assert!(desk.is_shown("Path of the file"));
}
