//! Versions: an older one of a file comes back, and what is not wanted any more is deleted.

use super::*;

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
