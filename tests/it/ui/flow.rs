//! The main job through the window, on a real engine: first run, Back up now, and the files back on a machine that has
//! never seen them, by name and role.

mod chosen;
mod encryption;
mod versions;

use std::fs;
use std::sync::Arc;

use eframe::egui::accesskit::Role;
use strongroom::engine::{Engine, Env, Mode};
use strongroom::state::lock::HomeLock;
use strongroom::state::paths::Home;
use strongroom::state::secrets::MemoryStore;
use tempfile::TempDir;

use super::hands::Hands;
use crate::support::tool;

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

/// From the welcome to the backup that lies there, as far as its password.
fn to_password(root: &TempDir, hands: &mut Hands) {
    hands.button("Restore from an existing backup…");
    hands.type_into(Role::TextInput, "Folder that holds the backup", &path(root, "disk"));
    hands.button("Look");
    hands.see("Letters");
    hands.button("Next");
    // The versions are listed before any password.
    hands.see("newest · 3 files");
    hands.button("Next: Password");
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
    to_password(&root, &mut hands);
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
