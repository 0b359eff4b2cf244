//! The restore pages by role and name, by mouse and by keyboard, on a pretended engine.

use eframe::egui;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use strongroom::engine::message::{Answer, Command, FoundEverywhere, Question, Rows};
use strongroom::model::catalog::{FileState, FileTime, FoundFile, RowKind};
use strongroom::model::problem::{Code, Problem};
use strongroom::model::restore::{Origin, RestoreSpec, Target, VersionChoice};
use strongroom::model::snapshot::VersionId;

use super::fake::{Fake, empty_overview};
use super::hands::Hands;
use super::sample_files;
use super::wizard::{answer, manifest, row, unreadable};

type Answered = Option<Result<Answer, Problem>>;

/// The window at the versions of the one backup in a folder.
fn at_versions(answer: impl Fn(&Question) -> Answered + Send + 'static) -> (Fake, Hands) {
    let fake = Fake::new(empty_overview(), answer);
    let mut hands = Hands::on_sample(fake.handle.clone());
    hands.button("Restore from an existing backup…");
    hands.type_into(Role::TextInput, "Folder that holds the backup", "/media/disk");
    hands.button("Look");
    hands.see("Found");
    hands.button("Next");
    hands.see("newest · 6 files");
    (fake, hands)
}

/// The window at the tree of the newest version.
fn at_tree(answer: impl Fn(&Question) -> Answered + Send + 'static) -> (Fake, Hands) {
    let (fake, mut hands) = at_versions(answer);
    hands.button("Next: Password");
    hands.type_into(Role::PasswordInput, "Password or recovery key", "right");
    hands.harness.key_press(Key::Enter);
    hands.see("~/Notes");
    (fake, hands)
}

impl Hands {
    fn focused(&self) -> String {
        let focused = self.harness.query_all_by(|node| node.is_focused()).next();
        focused.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
    }

    fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.run_steps(2);
    }

    /// How a box is ticked: `None` is "mixed".
    fn ticked(&self, name: &str) -> Option<bool> {
        use egui::accesskit::Toggled;
        let node = self.harness.query_all_by_role_and_label(Role::CheckBox, name).next().expect("the box is there");
        match node.accesskit_node().toggled() {
            Some(Toggled::True) => Some(true),
            Some(Toggled::False) => Some(false),
            Some(Toggled::Mixed) | None => None,
        }
    }
}

#[test]
fn versions_are_chosen_before_the_password_is_asked_for() {
    let (_fake, mut hands) = at_versions(answer);
    hands.see("Today");
    assert!(!hands.sees("Password or recovery key"), "{}", hands.screen());
    hands.click(Role::RadioButton, "09:00, Full, 2 files · 200 B · 0 B added");
    hands.button("Next: Password");
    hands.see("this computer does not know its password");
    hands.type_into(Role::PasswordInput, "Password or recovery key", "right");
    hands.button("Open");
    hands.see("Everything: 2 files");
}

#[test]
fn each_way_not_to_get_in_has_its_own_sentence_and_keeps_the_focus() {
    let (_fake, mut hands) = at_versions(|question| match question {
        Question::Unlock { place } => match place.secret.as_ref().map(|secret| secret.expose()) {
            Some("other") => Some(Err(Problem::new(Code::OtherBackupsKey, "This was encrypted for another backup.", "Fix one."))),
            Some("damaged") => Some(Err(Problem::new(Code::Damaged, "The file with the keys is damaged.", "Fix two."))),
            _ => answer(question),
        },
        _ => answer(question),
    });
    hands.button("Next: Password");
    for (typed, sentence) in [
        ("wrong", "This is not the password of this backup."),
        ("other", "This was encrypted for another backup."),
        ("damaged", "The file with the keys is damaged."),
    ] {
        // What was refused is marked: typing replaces it.
        hands.type_into(Role::PasswordInput, "Password or recovery key", typed);
        hands.press(Key::Enter);
        hands.see(sentence);
        hands.harness.run_steps(2);
        assert_eq!(hands.focused(), "Password or recovery key", "after {sentence}");
    }
}

#[test]
fn versions_that_cannot_be_read_say_why_and_cannot_be_chosen() {
    let (_fake, mut hands) = at_versions(|question| match question {
        Question::UnreadableVersions { .. } => Some(Ok(Answer::Unreadable(vec![unreadable(12)]))),
        other => answer(other),
    });
    hands.see("1 version cannot be read. Verify the backup.");
    let name = "12:00, Full, A file of the backup is damaged: versions/x.json. Verify the backup., cannot be read";
    let node = hands.harness.get_by_role_and_label(Role::RadioButton, name);
    assert!(node.accesskit_node().is_disabled());
    node.click();
    hands.harness.run_steps(2);
    hands.button("Next: Password");
    hands.type_into(Role::PasswordInput, "Password or recovery key", "right");
    hands.button("Open");
    hands.see("Everything: 6 files");
}

#[test]
fn arrows_choose_a_version_and_pass_headings_by() {
    let (_fake, mut hands) = at_versions(answer);
    hands.see("Next: Password");
    let newest = "18:00, Full, newest · 6 files · 600 B · 0 B added";
    hands.click(Role::RadioButton, newest);
    assert_eq!(hands.focused(), newest);
    hands.press(Key::ArrowUp);
    assert_eq!(hands.focused(), newest, "above is only the day's heading");
    hands.press(Key::ArrowDown);
    assert_eq!(hands.focused(), "09:00, Full, 2 files · 200 B · 0 B added");
    hands.press(Key::Enter);
    hands.see("this computer does not know its password");
}

#[test]
fn a_click_sets_the_cursor_and_keys_go_on_from_there() {
    let (_fake, mut hands) = at_tree(answer);
    let click = |hands: &mut Hands, start: &str| {
        let node = hands
            .harness
            .query_all_by_role(Role::TreeItem)
            .find(|node| node.accesskit_node().label().is_some_and(|label| label.starts_with(start)));
        node.expect("the row is there").click();
        hands.harness.run_steps(2);
    };
    click(&mut hands, "~/Notes");
    assert!(hands.focused().starts_with("~/Notes"), "{}", hands.focused());
    hands.press(Key::ArrowUp);
    assert!(hands.focused().starts_with("~/Pictures"), "{}", hands.focused());
    // A click on a row ticks nothing; Space does.
    assert_eq!(hands.ticked("~/Pictures"), Some(false));
    hands.press(Key::Space);
    assert_eq!(hands.ticked("~/Pictures"), Some(true));
    hands.press(Key::ArrowRight);
    hands.see("a.jpg");
    hands.press(Key::ArrowRight);
    assert!(hands.focused().starts_with("a.jpg"), "{}", hands.focused());
    hands.press(Key::Space);
    assert_eq!(hands.ticked("a.jpg"), Some(false));
    hands.press(Key::ArrowLeft);
    assert!(hands.focused().starts_with("~/Pictures"), "{}", hands.focused());
    hands.press(Key::ArrowLeft);
    assert!(!hands.sees("a.jpg"), "closed");
    hands.press(Key::Enter);
    hands.see("a.jpg");
    hands.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    hands.harness.run_steps(2);
    assert_eq!(hands.focused(), "Find in this version");
}

#[test]
fn a_hundred_thousand_children_are_asked_for_by_the_page() {
    const CHILDREN: usize = 120_000;
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = asked.clone();
    let (_fake, mut hands) = at_tree(move |question| match question {
        Question::Children { folder, skip, limit, .. } if !folder.is_empty() => {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let name = |n: usize| format!("{}/IMG_{n:06}.jpg", folder.display());
            let rows = (*skip..CHILDREN.min(skip + limit)).map(|n| row(&name(n), RowKind::File)).collect();
            Some(Ok(Answer::Rows(Rows { rows, total: CHILDREN })))
        }
        other => answer(other),
    });
    hands.click(Role::DisclosureTriangle, "Open ~/Pictures");
    hands.see("IMG_000000.jpg");
    let rows = hands.harness.query_all_by_role(Role::TreeItem).count();
    assert!(rows < 30, "{rows} rows are drawn");
    hands.press(Key::End);
    hands.see("~/Notes");
    hands.press(Key::ArrowUp);
    hands.see("IMG_119999.jpg");
    hands.wait("the cursor", |hands| hands.focused().starts_with("IMG_119999.jpg"));
    hands.press(Key::Space);
    assert_eq!(hands.ticked("IMG_119999.jpg"), Some(true));
    // To its folder, across all of them.
    hands.press(Key::ArrowLeft);
    assert!(hands.focused().starts_with("~/Pictures"), "{}", hands.focused());
    for _ in 0..40 {
        hands.press(Key::PageDown);
    }
    hands.wait("what is passed by", |hands| !hands.sees("…"));
    let asked = asked.load(std::sync::atomic::Ordering::Relaxed);
    assert!(asked <= 8, "{asked} pages were asked for");
}

/// Names and places of what the Tab key reaches, from one round.
fn tab_stops(hands: &mut Hands) -> Vec<(String, egui::Rect)> {
    let mut stops: Vec<(String, egui::Rect)> = Vec::new();
    for _ in 0..40 {
        hands.press(Key::Tab);
        let Some(node) = hands.harness.query_all_by(|node| node.is_focused()).next() else { continue };
        let stop = (node.accesskit_node().label().unwrap_or_default(), node.rect());
        if stops.first() == Some(&stop) {
            return stops;
        }
        stops.push(stop);
    }
    panic!("the Tab key comes to no end: {stops:?}");
}

/// Each stop stands below the one before, or beside it to the right; one round begins at the top.
/// `onward`: how the button begins that leads on, and is reached only once all is there that it needs.
fn assert_reading_order(hands: &mut Hands, page: &str, onward: &str) {
    hands.wait(onward, |hands| {
        let mut nodes = hands.harness.query_all_by_role(Role::Button).map(|node| node.accesskit_node());
        nodes.any(|node| !node.is_disabled() && node.label().is_some_and(|label| label.starts_with(onward)))
    });
    let mut stops = tab_stops(hands);
    let first = stops.iter().position(|(name, _)| name == "Back to the overview").expect("the arrow before the title");
    stops.rotate_left(first);
    for pair in stops.windows(2) {
        let [(before, a), (after, b)] = pair else { unreachable!("windows of two") };
        let beside = b.left() > a.left() && b.right() >= a.right() && b.top() < a.bottom();
        let below = b.center().y > a.center().y && b.top() >= a.top() + 4.0;
        assert!(beside || below, "{page}: {after:?} at {b:?} comes after {before:?} at {a:?}; all: {stops:?}");
    }
    let last: Vec<&str> = stops.iter().rev().take(2).map(|(name, _)| name.as_str()).collect();
    assert!(last.iter().any(|name| *name == "Back" || *name == "Cancel"), "{page}: {last:?}");
    assert!(!matches!(last[0], "Back"), "{page}: Next comes last, not {last:?}");
}

#[test]
fn the_tab_key_goes_in_reading_order_through_every_page() {
    let (_fake, mut hands) = at_versions(answer);
    assert_reading_order(&mut hands, "version", "Next: Password");
    hands.button("Next: Password");
    hands.type_into(Role::PasswordInput, "Password or recovery key", "right");
    assert_reading_order(&mut hands, "password", "Open");
    hands.button("Open");
    hands.see("~/Notes");
    hands.click(Role::CheckBox, "~/Notes");
    assert_reading_order(&mut hands, "what", "Next: Where");
    hands.button("Next: Where");
    hands.click(Role::RadioButton, "To another folder");
    assert_reading_order(&mut hands, "where", "Next: Review");
    hands.button("Next: Review");
    hands.see("This will happen");
    assert_reading_order(&mut hands, "review", "Restore");
}

#[test]
fn the_top_bar_and_dialogs_are_in_reading_order_too() {
    let (_fake, mut hands) = at_tree(answer);
    hands.click(Role::CheckBox, "~/Notes");
    hands.button("Back to the overview");
    hands.see("Leave the restore?");
    let names: Vec<String> = tab_stops(&mut hands).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Go on here", "Leave"]);
    hands.button("Leave");
    hands.see("Welcome to Strongroom");
    let names: Vec<String> = tab_stops(&mut hands).into_iter().map(|(name, _)| name).collect();
    let at = |name: &str| names.iter().position(|stop| stop == name).unwrap_or_else(|| panic!("{name} is not in {names:?}"));
    assert!(at("Storage") < at("Activity") && at("Activity") < at("Settings"), "{names:?}");
    assert!(at("Set up a backup") < at("Restore from an existing backup…"), "{names:?}");
}

#[test]
fn the_welcome_has_two_buttons_side_by_side() {
    let fake = Fake::new(empty_overview(), answer);
    let mut hands = Hands::on_sample(fake.handle.clone());
    hands.see("Welcome to Strongroom");
    hands.harness.run_steps(2);
    let rect = |name: &str| hands.harness.get_by_role_and_label(Role::Button, name).rect();
    let (set_up, restore) = (rect("Set up a backup"), rect("Restore from an existing backup…"));
    assert!((set_up.center().y - restore.center().y).abs() < 1.0 && set_up.right() < restore.left(), "{set_up:?} {restore:?}");
    assert_eq!(set_up.height(), restore.height());
    let middle = (set_up.left() + restore.right()) / 2.0;
    assert!((middle - 450.0).abs() < 2.0, "they stand in the middle: {set_up:?} {restore:?}");
}

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
    hands.button("Restore 3 files");
    hands.wait("the command", |_| !fake.told.lock().unwrap().is_empty());
    let told = fake.told.lock().unwrap();
    let Some(Command::Restore { spec, .. }) = told.first() else { panic!("{told:?}") };
    assert_eq!(spec.paths, ["/home/u/Notes/letter.odt".into()]);
    assert_eq!(version_of(spec), manifest(18, 0).id);
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
    hands.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    hands.type_into(Role::TextInput, "Path of the archive file", "");
    hands.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    hands.type_into(Role::TextInput, "Path of the archive file", "/home/ada/download.tar.gz");
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
    hands.button("Restore 3 files");
    hands.wait("the command", |_| !fake.told.lock().unwrap().is_empty());
    let told = fake.told.lock().unwrap();
    let Some(Command::Restore { spec, .. }) = told.first() else { panic!("{told:?}") };
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
    hands.button("Restore 3 files");
    hands.wait("the command", |_| !fake.told.lock().unwrap().is_empty());
    let told = fake.told.lock().unwrap();
    let Some(Command::Restore { spec, .. }) = told.first() else { panic!("{told:?}") };
    assert_eq!(spec.paths, ["/home/u/Notes/a.jpg".into()]);
    assert!(version_of(spec).as_str().starts_with("20261120T"), "{}", version_of(spec));
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
