//! What opens a backup, or a file: a password that was made, a key file, a password of its own.

use std::os::unix::fs::PermissionsExt;

use strongroom::model::plan::SecretFile;

use super::*;

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
    to_password(&root, &mut hands);
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
