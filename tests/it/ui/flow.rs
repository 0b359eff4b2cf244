//! The main job through the window, on a real engine: first run, Back up now, and the files back on a machine that has
//! never seen them, by name and role.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use eframe::egui::accesskit::Role;
use strongroom::engine::{Engine, Env, Mode};
use strongroom::model::format::{Kind, Level};
use strongroom::model::health::Patience;
use strongroom::model::plan::SecretFile;
use strongroom::model::read_back::WantedReadBack;
use strongroom::state::lock::HomeLock;
use strongroom::state::paths::Home;
use strongroom::state::secrets::MemoryStore;
use tempfile::TempDir;

use super::hands::Hands;
use crate::servers::stores::{BUCKET, Kind as StoreKind, S3_KEY, S3_SECRET, Store};
use crate::support::{tool, walk};

pub const PASSWORD: &str = "correct horse battery staple";

pub fn engine(root: &TempDir, home: &str) -> Engine {
    let home = Home::locate(Some(&root.path().join(home))).unwrap();
    let lock = HomeLock::try_take(&home).unwrap().expect("the home is free");
    let env = Env::system(Arc::new(MemoryStore::default()), Arc::new(|| {}));
    Engine::start(env, Mode::Owner { home, lock, autonomous: false }).unwrap()
}

/// A source with three files, and an empty destination.
pub fn world() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("Letters");
    fs::create_dir_all(source.join("2026")).unwrap();
    fs::create_dir(root.path().join("disk")).unwrap();
    fs::write(source.join("one.txt"), "first").unwrap();
    fs::write(source.join("2026/two.txt"), "second").unwrap();
    fs::write(source.join("2026/three.bin"), vec![7; 300_000]).unwrap();
    root
}

pub fn path(root: &TempDir, name: &str) -> String {
    root.path().join(name).to_str().unwrap().to_owned()
}

/// From the welcome to the first version.
pub fn first_run(root: &TempDir, hands: &mut Hands) {
    first_run_with(root, hands, |_| {});
}

/// `choose`: what else is set on the last page.
fn first_run_with(root: &TempDir, hands: &mut Hands, choose: impl FnOnce(&mut Hands)) {
    to_last_page(root, hands);
    assert!(hands.sees("Choose a password, or switch encryption off."), "{}", hands.screen());
    hands.type_into(Role::PasswordInput, "Password", PASSWORD);
    hands.type_into(Role::PasswordInput, "Password again", "another");
    assert!(hands.sees("The two passwords differ."), "{}", hands.screen());
    hands.replace(Role::PasswordInput, "Password again", PASSWORD);
    assert!(hands.sees("Letters, encrypted, to "), "{}", hands.screen());
    choose(hands);
    hands.button("Back up now");
    hands.see("3 of 3 files copied");
    hands.see("Protected · 1 of 1");
}

fn to_last_page(root: &TempDir, hands: &mut Hands) {
    to_where(root, hands);
    // Where a drive is plugged in it is suggested.
    hands.replace(Role::TextInput, "Path of the destination", &path(root, "disk"));
    hands.button("Test connection");
    hands.see("Can be read and written");
    hands.button("Next: How");
}

pub fn to_where(root: &TempDir, hands: &mut Hands) {
    hands.button("Set up a backup");
    hands.type_into(Role::TextInput, "Path of a folder to add", &path(root, "Letters"));
    hands.button("Add this path");
    hands.see("Letters");
    // What is suggested on this machine stays out of the test.
    for name in ["Documents", "Pictures", "Desktop", "Downloads", "Music", "Videos"] {
        if hands.sees(name) {
            hands.click(Role::CheckBox, name);
        }
    }
    hands.button("Next: Where");
}

#[test]
fn first_run_then_back_up_then_restore_on_another_machine() {
    let root = world();
    {
        let engine = engine(&root, "home");
        let mut hands = Hands::on(engine.handle());
        first_run(&root, &mut hands);
        // Files that were written a moment ago are read once more: only then can they be trusted as unchanged.
        for _ in 0..20 {
            hands.button("Back up Letters now");
            hands.wait("the run's end", |hands| hands.sees("copied (") || hands.sees("Nothing new or changed"));
            if hands.sees("Nothing new or changed") {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        hands.see("Nothing new or changed");
    }
    // Another home, another keyring: only the destination and the password are left.
    let engine = engine(&root, "other home");
    let mut hands = Hands::on(engine.handle());
    hands.button("Restore from an existing backup…");
    hands.type_into(Role::TextInput, "Folder that holds the backup", &path(&root, "disk"));
    hands.button("Look");
    hands.see("Letters");
    hands.button("Next");
    // The versions are listed before any password.
    hands.see("newest · 3 files");
    hands.button("Next: Password");
    hands.type_into(Role::PasswordInput, "Password or recovery key", "wrong");
    hands.button("Open");
    hands.see("password");
    hands.wait("the refusal", |hands| hands.sees("capital letters"));
    hands.type_into(Role::PasswordInput, "Password or recovery key", PASSWORD);
    hands.button("Open");
    hands.see("Everything: 3 files");
    assert!(hands.sees("Nothing is chosen yet"), "{}", hands.screen());
    hands.wait("the source", |hands| hands.sees("/Letters"));
    hands.click(Role::CheckBox, "Everything: 3 files, 300 kB");
    hands.button("Next: Where");
    hands.click(Role::RadioButton, "To another folder");
    hands.harness.run_steps(2);
    hands.replace(Role::TextInput, "Folder to restore to", &path(&root, "back"));
    hands.button("Next: Review");
    hands.see("Nothing has been touched yet");
    assert!(!root.path().join("back").exists(), "a review writes nothing");
    hands.button("Restore 3 files");
    hands.see("3 files restored and verified");
    assert_eq!(fs::read(root.path().join("back/Letters/2026/two.txt")).unwrap(), b"second");
    assert_eq!(fs::read(root.path().join("back/Letters/2026/three.bin")).unwrap(), vec![7; 300_000]);
    hands.button("Done");
    hands.see("Welcome to Strongroom");
}

#[test]
fn a_bucket_is_filled_in_tried_and_backed_up_to() {
    let root = world();
    let store = Store::start(StoreKind::S3s, &root.path().join("server"));
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    to_where(&root, &mut hands);
    hands.click(Role::ComboBox, "Kind of server");
    hands.click(Role::MenuItem, "Amazon S3 and alike");
    hands.type_into(Role::TextInput, "Bucket", BUCKET);
    hands.type_into(Role::TextInput, "Folder in it", "letters/{env:NONE}");
    hands.type_into(Role::TextInput, "Endpoint", &format!("http://127.0.0.1:{}", store.port));
    hands.see("none named NONE is set");
    hands.replace(Role::TextInput, "Folder in it", "letters/{machine}/{env:USER}");
    hands.see("letters/laptop/ada");
    hands.type_into(Role::TextInput, "Id of the access key", S3_KEY);
    hands.see("This connection is not protected");
    hands.button("Test connection");
    hands.see("Secret access key");
    hands.type_into(Role::PasswordInput, "Secret access key", "another");
    hands.button("Use it");
    hands.wait("the refusal", |hands| hands.sees("does not take this password or key"));
    hands.type_into(Role::PasswordInput, "Secret access key", S3_SECRET);
    hands.button("Use it");
    hands.see("Can be read and written");
    hands.button("Next: How");
    hands.type_into(Role::PasswordInput, "Password", PASSWORD);
    hands.type_into(Role::PasswordInput, "Password again", PASSWORD);
    hands.button("Back up now");
    hands.see("3 of 3 files copied");
    hands.see("Protected · 1 of 1");
    let there = walk(&root.path().join("server/data").join(BUCKET));
    assert!(there.iter().any(|path| path.starts_with("letters/laptop/ada") && path.ends_with("strongroom.json")), "{there:?}");
    // What is typed as an address is there in the form, and the other way round.
    hands.button("More for Letters");
    hands.click(Role::MenuItem, "Edit…");
    hands.button("Next: Where");
    hands.click(Role::ComboBox, "Kind of server");
    hands.click(Role::MenuItem, "Amazon S3 and alike");
    hands.wait("the address in its parts", |hands| hands.sees("letters/laptop/ada"));
}

#[test]
fn a_backup_of_another_computer_is_gone_on_with() {
    let root = world();
    {
        let engine = engine(&root, "home");
        first_run(&root, &mut Hands::on(engine.handle()));
    }
    let engine = engine(&root, "other home");
    let mut hands = Hands::on(engine.handle());
    to_where(&root, &mut hands);
    hands.click(Role::ComboBox, "Kind of server");
    hands.click(Role::MenuItem, "SFTP (SSH)");
    hands.type_into(Role::TextInput, "Server", "nas.example");
    hands.see("sftp://nas.example/~");
    hands.replace(Role::TextInput, "Path of the destination", &path(&root, "disk"));
    // A folder has no form.
    hands.see("Fill in a server…");
    hands.button("Go on with Letters here");
    hands.type_into(Role::PasswordInput, "Its password or recovery key", "another");
    hands.button("Go on with it");
    hands.wait("the refusal", |hands| hands.sees("capital letters"));
    hands.replace(Role::PasswordInput, "Its password or recovery key", PASSWORD);
    hands.button("Go on with it");
    hands.see("It goes on here now");
    fs::write(root.path().join("Letters/four.txt"), "fourth").unwrap();
    hands.button("Back up Letters now");
    hands.wait("the second version", |_| engine.handle().overview().plans[0].versions == Some(2));
}

#[test]
fn limits_are_set_and_taken_away_in_the_settings() {
    let root = world();
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    let limits = || engine.handle().overview().settings.limits;
    hands.button("Settings");
    hands.click(Role::RadioButton, "To servers: At most");
    hands.wait("a limit", |_| limits().upload == Some(1_000_000));
    hands.replace(Role::TextInput, "To servers", "250");
    hands.wait("another one", |_| limits().upload == Some(250_000));
    hands.click(Role::RadioButton, "When: At these times");
    hands.replace(Role::TextInput, "From", "22:00");
    hands.replace(Role::TextInput, "To", "06:30");
    hands.wait("its times", |_| limits().between == "22:00-06:30".parse().ok());
    hands.click(Role::RadioButton, "To servers: As fast as it goes");
    hands.wait("none", |_| limits().is_unlimited());
    hands.replace(Role::TextInput, "Files at the same time to or from each server", "9");
    hands.wait("connections", |_| engine.handle().overview().settings.connections == 9);
    hands.replace(Role::TextInput, "Days until a server is missed", "5");
    let patience = || engine.handle().overview().settings.patience;
    hands.wait("patience", |_| patience() == Patience { servers: 5, drives: 7 });
}

#[test]
fn a_password_is_made_and_runs_read_it_from_its_file() {
    let root = world();
    let password_file = root.path().join("made.password");
    fs::write(root.path().join("taken"), "something else").unwrap();
    {
        let engine = engine(&root, "home");
        let mut hands = Hands::on(engine.handle());
        to_last_page(&root, &mut hands);
        hands.click(Role::RadioButton, "Encryption: Password file");
        hands.see("strongroom Letters.password");
        hands.replace(Role::TextInput, "Password file", &path(&root, "disk/password"));
        hands.see("The password would lie with the backup");
        hands.replace(Role::TextInput, "Password file", &path(&root, "taken"));
        hands.button("Back up now");
        hands.see("could not be made.");
        assert!(engine.handle().overview().plans.is_empty(), "nothing is saved without its password");
        assert_eq!(fs::read(root.path().join("taken")).unwrap(), b"something else");
        hands.replace(Role::TextInput, "Password file", &path(&root, "made.password"));
        hands.button("Back up now");
        hands.see("3 of 3 files copied");
        hands.see("Protected · 1 of 1");
        let plan = engine.handle().overview().plans[0].plan.clone();
        assert_eq!(plan.secret_file, Some(SecretFile::Password(password_file.as_path().into())));
    }
    let mode = fs::metadata(&password_file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // This computer has lost its keyring: the file stands in.
    let engine = engine(&root, "home");
    fs::write(root.path().join("Letters/one.txt"), "changed").unwrap();
    let mut hands = Hands::on(engine.handle());
    hands.button("Back up Letters now");
    hands.wait("the second version", |_| engine.handle().overview().plans[0].versions == Some(2));
}

#[test]
fn a_backup_is_stopped_or_deleted_with_its_versions_once_its_name_is_typed() {
    let root = world();
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    first_run(&root, &mut hands);
    hands.button("More for Letters");
    hands.click(Role::MenuItem, "Delete backup…");
    hands.see("Stop, keep 1 version");
    let delete =
        |hands: &Hands| hands.screen().lines().find(|line| line.starts_with("Button Delete 1 version")).map(str::to_owned);
    assert!(delete(&hands).is_some(), "{}", hands.screen());
    hands.type_into(Role::TextInput, "Type “Letters” to confirm", "Letters");
    let name = delete(&hands).unwrap().trim_start_matches("Button ").to_owned();
    hands.button(&name);
    hands.see("Welcome to Strongroom");
    let left: Vec<_> = fs::read_dir(root.path().join("disk")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn versions_are_deleted_and_the_button_says_how_many() {
    let root = world();
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    first_run(&root, &mut hands);
    fs::write(root.path().join("Letters/new"), vec![8; 200_000]).unwrap();
    hands.button("Back up Letters now");
    hands.wait("the second version", |_| engine.handle().overview().plans[0].versions == Some(2));
    hands.button("More for Letters");
    hands.click(Role::MenuItem, "Delete versions…");
    hands.wait("both versions", |hands| hands.named(Role::CheckBox, " added").len() == 2);
    let full = hands.named(Role::CheckBox, " · full · ").remove(0);
    let delete = |hands: &Hands| hands.named(Role::Button, "Delete 1 version, ").pop();
    hands.click(Role::CheckBox, &full);
    hands.wait("what would go", |hands| delete(hands).is_some());
    // Both of them cannot go: the last good version stays.
    let newest = hands.named(Role::CheckBox, " · incremental · ").remove(0);
    hands.click(Role::CheckBox, &newest);
    hands.see("This would delete the last good version.");
    hands.click(Role::CheckBox, &newest);
    hands.wait("what would go", |hands| delete(hands).is_some());
    let name = delete(&hands).unwrap();
    hands.button(&name);
    hands.see("1 version deleted");
    assert_eq!(engine.handle().overview().plans[0].versions, Some(1));
}

#[test]
fn who_wants_to_chooses_format_and_level() {
    let root = world();
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    first_run_with(&root, &mut hands, |hands| {
        assert!(!hands.sees("Zstandard"), "only who asks is asked: {}", hands.screen());
        hands.button("Advanced");
        hands.click(Role::ComboBox, "Format");
        hands.click(Role::MenuItem, "Zip: opens on any computer");
        hands.click(Role::RadioButton, "Compression: Small");
    });
    let plan = engine.handle().overview().plans[0].plan.clone();
    assert_eq!((plan.format.kind, plan.format.level), (Kind::Zip, Level::Fixed(9)));
    let disk = root.path().join("disk");
    let names: Vec<_> = walk(&disk).into_iter().map(|path| path.to_string_lossy().into_owned()).collect();
    assert!(names.iter().any(|name| name.ends_with("v0001.zip.sealed")), "{names:?}");
}

#[test]
fn who_wants_to_chooses_what_is_read_back_and_the_report_says_so() {
    let root = world();
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    first_run_with(&root, &mut hands, |hands| {
        assert!(!hands.sees("Read back"), "only who asks is asked: {}", hands.screen());
        hands.button("Advanced");
        hands.see("Over a server it takes as long again");
        hands.click(Role::RadioButton, "Read back: Not from servers");
        hands.see("A server is trusted in what it confirms");
        hands.click(Role::RadioButton, "Read back: Nothing");
        hands.see("is known only when you verify it");
    });
    assert_eq!(engine.handle().overview().plans[0].plan.read_back, WantedReadBack::Never);
    let activity = hands.named(Role::Button, "Activity").remove(0);
    hands.button(&activity);
    hands.wait("the run", |hands| !hands.named(Role::Button, "Backup of Letters, ").is_empty());
    let run = hands.named(Role::Button, "Backup of Letters, ").remove(0);
    hands.button(&run);
    hands.see("no, as was chosen: verify it to be certain");
    assert!(!hands.sees("Reading back"), "nothing was: {}", hands.screen());
}

#[test]
fn a_key_file_that_was_added_opens_the_backup_on_another_machine() {
    let root = world();
    let key = root.path().join("strongroom.key");
    {
        let engine = engine(&root, "home");
        let mut hands = Hands::on(engine.handle());
        first_run_with(&root, &mut hands, |hands| {
            hands.button("Advanced");
            hands.click(Role::RadioButton, "Cipher: AES-128-GCM");
        });
        hands.click(Role::Tab, "Encryption");
        hands.see("AES-128-GCM");
        hands.button("Add a way into Letters");
        hands.click(Role::RadioButton, "What is added: Key file");
        hands.button("Make a key file…");
        hands.replace(Role::TextInput, "Path of the key file", key.to_str().unwrap());
        hands.button("Make it");
        hands.see("The key file is chosen.");
        assert_eq!(fs::read(&key).unwrap().len(), 64);
        hands.button("Add");
        hands.see("Letters can be opened with it.");
        hands.see("Key file");
    }
    let engine = engine(&root, "other home");
    let mut hands = Hands::on(engine.handle());
    hands.button("Restore from an existing backup…");
    hands.type_into(Role::TextInput, "Folder that holds the backup", &path(&root, "disk"));
    hands.button("Look");
    hands.see("Letters");
    hands.button("Next");
    hands.see("newest · 3 files");
    hands.button("Next: Password");
    hands.button("Use a key file…");
    hands.type_into(Role::TextInput, "Path of the key file", key.to_str().unwrap());
    hands.button("Use it");
    hands.see("Everything: 3 files");
}

#[test]
fn a_file_is_encrypted_and_decrypted_in_the_encryption_tab() {
    let root = world();
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    hands.click(Role::Tab, "Encryption");
    let letter = path(&root, "Letters/one.txt");
    hands.type_into(Role::TextInput, "Path of the file", &letter);
    hands.button("Look");
    hands.see("Not encrypted");
    hands.button("Encrypt…");
    hands.type_into(Role::PasswordInput, "Password for the file", PASSWORD);
    hands.type_into(Role::PasswordInput, "Password for the file again", PASSWORD);
    hands.button("Encrypt");
    hands.see("still there, not encrypted");
    let sealed = format!("{letter}.sealed");
    assert!(fs::read(&sealed).unwrap().starts_with(b"STRGFILE"));
    // The same once more: what is there stays.
    hands.button("Another file");
    hands.replace(Role::TextInput, "Path of the file", &sealed);
    hands.button("Look");
    hands.see("File sealed by itself");
    hands.button("Decrypt…");
    hands.type_into(Role::PasswordInput, "Password of the file", "wrong");
    hands.button("Decrypt");
    hands.see("is there already.");
    fs::write(&letter, "changed meanwhile").unwrap();
    hands.click(Role::CheckBox, "Replace it if it is there already");
    hands.button("Decrypt");
    hands.see("This password does not open");
    assert_eq!(fs::read(&letter).unwrap(), b"changed meanwhile");
    hands.replace(Role::PasswordInput, "Password of the file", PASSWORD);
    hands.button("Decrypt");
    hands.see("Decrypted, every byte proven");
    assert_eq!(fs::read(&letter).unwrap(), b"first");
}

#[test]
fn files_come_back_out_of_an_archive_of_another_program() {
    let root = world();
    let archive = path(&root, "letters.tar.gz");
    tool("tar", ["-C", &path(&root, "Letters"), "-czf", &archive, "one.txt", "2026"]);
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    hands.button("Restore from an existing backup…");
    hands.click(Role::RadioButton, "From one archive file");
    hands.type_into(Role::TextInput, "Path of the archive file", &archive);
    hands.button("Look");
    hands.see("tar.gz archive · 3 files");
    hands.button("Next: What");
    hands.see("Everything: 3 files, 300 kB");
    hands.wait("the top", |hands| hands.sees("/2026"));
    hands.click(Role::CheckBox, "/2026");
    hands.button("Next: Where");
    hands.replace(Role::TextInput, "Folder to restore to", &path(&root, "back"));
    hands.button("Next: Review");
    hands.see("Nothing has been touched yet");
    hands.button("Restore 2 files");
    hands.see("2 files restored");
    assert_eq!(fs::read(root.path().join("back/2026/two.txt")).unwrap(), b"second");
    assert!(!root.path().join("back/one.txt").exists(), "it was not chosen");
}

#[test]
fn an_older_version_of_a_file_comes_back_from_the_tree() {
    let root = world();
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    first_run(&root, &mut hands);
    fs::write(root.path().join("Letters/one.txt"), "second draft").unwrap();
    hands.button("Back up Letters now");
    hands.wait("the second version", |_| engine.handle().overview().plans[0].versions == Some(2));
    hands.button("Restore Letters…");
    hands.see("newest · 3 files");
    hands.button("Next: What");
    hands.wait("the source", |hands| hands.sees("/Letters"));
    hands.type_into(Role::TextInput, "Find in this version", "one.txt");
    hands.see("1 match");
    hands.focus(Role::Tree, "Found files");
    hands.button("Versions of this file");
    hands.see("In 2 of 2 versions · 2 different states");
    let older = |hands: &Hands| {
        let screen = hands.screen();
        let row = screen.lines().find(|line| line.starts_with("RadioButton ") && line.contains("not in the version before"));
        row.map(|line| line["RadioButton ".len()..].to_owned())
    };
    let row = older(&hands).expect("the first version");
    hands.click(Role::RadioButton, &row);
    hands.button("Next: Where");
    hands.click(Role::RadioButton, "To another folder");
    hands.harness.run_steps(2);
    hands.replace(Role::TextInput, "Folder to restore to", &path(&root, "back"));
    hands.button("Next: Review");
    hands.button("Restore 1 file");
    hands.see("1 file restored and verified");
    assert_eq!(fs::read(root.path().join("back/Letters/one.txt")).unwrap(), b"first");
}
