//! One archive file on the restore pages.

use eframe::egui;
use egui::Key;
use egui::accesskit::Role;
use strongroom::model::restore::{Origin, Target};

use super::fake::{Fake, empty_overview};
use super::hands::Hands;
use super::restore_pages::{assert_reading_order, begun};
use super::sample_files;
use super::wizard::answer;

#[test]
fn one_archive_is_restored_as_far_as_it_is_whole() {
    let fake = Fake::new(empty_overview(), |question| sample_files::answer(question).or_else(|| answer(question)));
    let mut hands = Hands::on_sample(fake.handle.clone());
    hands.button("Restore from an existing backup…");
    hands.click(Role::RadioButton, "From one archive file");
    hands.harness.run_steps(2);
    assert_eq!(hands.focused(), "Path of the archive file", "typing can begin at once");
    hands.type_into(Role::TextInput, "Path of the archive file", "/home/ada/letter.pdf");
    hands.button("Look");
    hands.see("is no archive.");
    hands.replace(Role::TextInput, "Path of the archive file", "/home/ada/download.tar.gz");
    hands.press(Key::Enter);
    hands.see("tar.gz archive · 1,204 files · 3.1 GB");
    assert_reading_order(&mut hands, "file", "Next: What");
    hands.button("Next: What");
    hands.see("2 parts of this archive cannot be read.");
    assert!(!hands.sees("Versions of this file"), "it has none: {}", hands.screen());
    hands.button("Show them");
    hands.see("IMG_0412.raw: its checksum does not fit");
    hands.button("Hide them");
    hands.click(Role::CheckBox, "~/Notes");
    hands.button("Next: Where");
    assert!(!hands.sees("To the original place"), "an archive does not know it: {}", hands.screen());
    hands.button("Next: Review");
    hands.see("What it has checksums for is checked as it is written.");
    let spec = begun(&fake, &mut hands);
    let Origin::Archive(file) = &spec.from else { panic!("{:?}", spec.from) };
    assert_eq!((file.path.clone(), &file.secret), ("/home/ada/download.tar.gz".into(), &None));
    assert_eq!(spec.paths, ["/home/u/Notes".into()]);
    assert!(matches!(spec.target, Target::Folder { .. }));
}

#[test]
fn a_sealed_archive_asks_for_its_password() {
    let fake = Fake::new(empty_overview(), |question| sample_files::answer(question).or_else(|| answer(question)));
    let mut hands = Hands::on_sample(fake.handle.clone());
    hands.button("Restore from an existing backup…");
    hands.click(Role::RadioButton, "From one archive file");
    hands.type_into(Role::TextInput, "Path of the archive file", "/home/ada/photos.tar.sealed");
    hands.button("Look");
    hands.see("It is encrypted: what it holds is seen once its password is given.");
    hands.button("Next: Password");
    hands.type_into(Role::PasswordInput, "Password or recovery key", "wrong");
    hands.press(Key::Enter);
    hands.see("This password does not open");
    hands.harness.run_steps(2);
    assert_eq!(hands.focused(), "Password or recovery key");
    hands.type_into(Role::PasswordInput, "Password or recovery key", "right");
    hands.press(Key::Enter);
    hands.see("Everything: 1,204 files");
    // Back leads to the file, not to the open lock.
    hands.button("Back");
    hands.see("From one archive file");
}

#[test]
fn a_very_large_archive_is_listed_and_unpacked_once_somebody_says_so() {
    let fake = Fake::new(empty_overview(), |question| sample_files::answer(question).or_else(|| answer(question)));
    let mut hands = Hands::on_sample(fake.handle.clone());
    hands.button("Restore from an existing backup…");
    hands.click(Role::RadioButton, "From one archive file");
    hands.type_into(Role::TextInput, "Path of the archive file", "/home/ada/huge.tar.zst");
    hands.button("Look");
    hands.see("it holds more than 1,000,000 entries");
    assert!(hands.sees("It is not listed yet."), "{}", hands.screen());
    hands.button("List it all the same");
    hands.see("tar.gz archive · 1,204 files · 3.1 GB");
    hands.button("Next: What");
    hands.click(Role::CheckBox, "~/Notes");
    hands.button("Next: Where");
    hands.button("Next: Review");
    hands.see("looks like a bomb");
    assert!(hands.sees("It is not unpacked unasked."), "{}", hands.screen());
    hands.button("Go on, however large it is");
    hands.see("What it has checksums for is checked as it is written.");
    let spec = begun(&fake, &mut hands);
    let Origin::Archive(file) = &spec.from else { panic!("{:?}", spec.from) };
    assert!(file.long_list && spec.any_size, "{spec:?}");
}

#[test]
fn a_very_long_list_is_asked_for_behind_a_password_too() {
    let fake = Fake::new(empty_overview(), |question| sample_files::answer(question).or_else(|| answer(question)));
    let mut hands = Hands::on_sample(fake.handle.clone());
    hands.button("Restore from an existing backup…");
    hands.click(Role::RadioButton, "From one archive file");
    hands.type_into(Role::TextInput, "Path of the archive file", "/home/ada/huge.tar.sealed");
    hands.button("Look");
    hands.button("Next: Password");
    hands.type_into(Role::PasswordInput, "Password or recovery key", "right");
    hands.press(Key::Enter);
    hands.see("it holds more than 1,000,000 entries");
    hands.button("List it all the same");
    hands.see("tar.gz archive · 1,204 files · 3.1 GB");
    hands.button("Next: What");
    hands.see("Everything: 1,204 files");
}
