//! One file on the restore pages: found by its name in all versions, or its versions looked at from the tree.

use eframe::egui;
use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use strongroom::engine::message::{Answer, FoundEverywhere, Question};
use strongroom::model::catalog::{FileState, FileTime, FoundFile, RowKind};
use strongroom::model::restore::{Origin, RestoreSpec, VersionChoice};
use strongroom::model::snapshot::VersionId;

use super::hands::Hands;
use super::restore_pages::{Answered, assert_reading_order, at_tree, at_versions, begun};
use super::sample_files;
use super::wizard::{answer, manifest};

/// From which version it is to be restored.
fn version_of(spec: &RestoreSpec) -> VersionId {
    match &spec.from {
        Origin::Version { version: VersionChoice::Id(id), .. } => id.clone(),
        other => panic!("{other:?}"),
    }
}

/// A backup whose key is known, with one file that changed between its two versions and one that is only in the older.
fn searchable(question: &Question) -> Answered {
    let state = |hour: u8, size: u64, mtime: i64| FileState {
        version: manifest(hour, 0).id,
        versions: 1,
        kind: RowKind::File,
        size: Some(size),
        mtime: FileTime { seconds: mtime, nanos: 0 },
        kept: false,
        torn: false,
    };
    match question {
        Question::Unlock { .. } => Some(Ok(Answer::Done)),
        Question::FindEverywhere { text, .. } if text == "nothing" => {
            Some(Ok(Answer::FoundEverywhere(FoundEverywhere { versions: 2, ..FoundEverywhere::default() })))
        }
        Question::FindEverywhere { .. } => {
            let old = 1_795_000_000;
            let file = |path: &str, states| FoundFile { path: path.into(), states };
            let files = vec![
                file("home/u/Notes/letter.odt", vec![state(18, 300, old + 3600), state(9, 200, old)]),
                file("home/u/Notes/letter to Ada.odt", vec![state(9, 100, old)]),
            ];
            Some(Ok(Answer::FoundEverywhere(FoundEverywhere { files, versions: 2, ..FoundEverywhere::default() })))
        }
        other => answer(other),
    }
}

#[test]
fn a_file_is_found_by_its_name_in_all_versions_and_restored_in_few_clicks() {
    let (fake, mut hands) = at_versions(searchable);
    hands.harness.run_steps(2);
    assert_eq!(hands.focused(), "Find a file by its name in all versions", "typing can begin at once");
    hands.type_into(Role::TextInput, "Find a file by its name in all versions", "letter");
    hands.see("2 matches in 2 versions");
    // The best match is chosen: on with it, to another folder, as one file.
    hands.button("Next: Where");
    hands.click(Role::RadioButton, "To another folder");
    hands.button("Next: Review");
    let spec = begun(&fake, &mut hands);
    assert_eq!(spec.paths, ["/home/u/Notes/letter.odt".into()]);
    assert_eq!(version_of(&spec), manifest(18, 0).id);
}

#[test]
fn an_older_state_of_a_file_is_chosen_by_keyboard() {
    let (_fake, mut hands) = at_versions(searchable);
    hands.type_into(Role::TextInput, "Find a file by its name in all versions", "letter");
    hands.see("2 matches in 2 versions");
    hands.press(Key::ArrowDown);
    hands.wait("the list", |hands| hands.focused().starts_with("letter.odt, ~/Notes, 300 B"));
    hands.press(Key::ArrowDown);
    assert!(hands.focused().starts_with("as changed "), "{}", hands.focused());
    hands.press(Key::Enter);
    hands.see("If a file is there already");
    hands.see("200 B, 1 file chosen");
    hands.button("Back");
    hands.see("Everything: 2 files, 200 B");
}

#[test]
fn a_search_says_when_nothing_has_that_name() {
    let (_fake, mut hands) = at_versions(searchable);
    hands.type_into(Role::TextInput, "Find a file by its name in all versions", "nothing");
    hands.see("None of 2 versions has a file or folder with that in its name.");
    assert!(hands.harness.get_by_role_and_label(Role::Button, "Next: Where").accesskit_node().is_disabled());
    hands.press(Key::Escape);
    hands.see("newest · 6 files");
}

#[test]
fn a_search_waits_for_the_password() {
    let (_fake, mut hands) = at_versions(|question| match question {
        Question::Unlock { .. } => answer(question),
        other => searchable(other),
    });
    hands.type_into(Role::TextInput, "Find a file by its name in all versions", "letter");
    hands.see("The names of files are encrypted too");
    hands.button("Next: Password");
    hands.type_into(Role::PasswordInput, "Password or recovery key", "right");
    hands.press(Key::Enter);
    hands.see("2 matches in 2 versions");
}

#[test]
fn an_older_version_of_one_file_is_restored_from_the_tree() {
    let (fake, mut hands) = at_tree(|question| sample_files::answer(question).or_else(|| answer(question)));
    assert!(hands.sees("Click a file to see its other versions."), "{}", hands.screen());
    hands.click(Role::DisclosureTriangle, "Open ~/Notes");
    hands.see("a.jpg");
    let row = |hands: &Hands| {
        let node = hands
            .harness
            .query_all_by_role(Role::TreeItem)
            .find(|node| node.accesskit_node().label().is_some_and(|label| label.starts_with("a.jpg")));
        node.expect("the row").rect().center()
    };
    let at = row(&hands);
    hands.harness.drag_at(at);
    hands.harness.drop_at(at);
    hands.harness.run_steps(3);
    hands.button("Versions of this file");
    hands.see("In 24 of 29 versions · 7 different states · 1 version could not be looked into");
    assert!(hands.sees("Choose a version of the file."), "the tree's version has none: {}", hands.screen());
    hands.click(Role::CheckBox, "Only where it changed");
    assert!(!hands.sees("not changed"), "{}", hands.screen());
    let name = hands.screen();
    let line = name.lines().find(|line| line.contains("Yesterday 03:02, changed: content, time")).expect("a changed one");
    let line = line.trim_start_matches("RadioButton ").to_owned();
    hands.click(Role::RadioButton, &line);
    hands.see("Only this file is restored.");
    assert_reading_order(&mut hands, "history", "Next: Where");
    hands.button("Next: Where");
    hands.click(Role::RadioButton, "To another folder");
    hands.button("Next: Review");
    let spec = begun(&fake, &mut hands);
    assert_eq!(spec.paths, ["/home/u/Notes/a.jpg".into()]);
    assert!(version_of(&spec).as_str().starts_with("20261120T"), "{}", version_of(&spec));
}

#[test]
fn escape_leads_back_from_a_files_versions_to_the_tree() {
    let (_fake, mut hands) = at_tree(|question| sample_files::answer(question).or_else(|| answer(question)));
    hands.click(Role::CheckBox, "~/Notes");
    hands.type_into(Role::TextInput, "Find in this version", "letter");
    hands.see("letter.jpg");
    // By keyboard: Tab to the list, then to the button.
    let list = hands.harness.get_by_role_and_label(Role::Tree, "Found files");
    list.focus();
    hands.harness.run_steps(3);
    hands.button("Versions of this file");
    hands.see("Only where it changed");
    hands.press(Key::Escape);
    hands.see("letter.jpg");
    assert!(!hands.sees("Leave the restore?") && hands.sees("3 files"), "what was ticked stays: {}", hands.screen());
}
