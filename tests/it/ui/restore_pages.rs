//! The restore pages by role and name, by mouse and by keyboard, on a pretended engine.

use eframe::egui;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use strongroom::engine::message::{Answer, Command, Question, Rows};
use strongroom::model::catalog::RowKind;
use strongroom::model::problem::{Code, Problem};
use strongroom::model::restore::RestoreSpec;

use super::fake::{Fake, empty_overview};
use super::hands::Hands;
use super::wizard::{answer, row, unreadable};

pub(super) type Answered = Option<Result<Answer, Problem>>;

/// The window at the versions of the one backup in a folder.
pub(super) fn at_versions(answer: impl Fn(&Question) -> Answered + Send + 'static) -> (Fake, Hands) {
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
pub(super) fn at_tree(answer: impl Fn(&Question) -> Answered + Send + 'static) -> (Fake, Hands) {
    let (fake, mut hands) = at_versions(answer);
    hands.button("Next: Password");
    hands.type_into(Role::PasswordInput, "Password or recovery key", "right");
    hands.harness.key_press(Key::Enter);
    hands.see("~/Notes");
    (fake, hands)
}

impl Hands {
    pub(super) fn focused(&self) -> String {
        let focused = self.harness.query_all_by(|node| node.is_focused()).next();
        focused.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
    }

    pub(super) fn press(&mut self, key: Key) {
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
pub(super) fn assert_reading_order(hands: &mut Hands, page: &str, onward: &str) {
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

/// Begins the restore of three files; what was asked for.
pub(super) fn begun(fake: &Fake, hands: &mut Hands) -> RestoreSpec {
    hands.button("Restore 3 files");
    hands.wait("the command", |_| !fake.told.lock().unwrap().is_empty());
    let told = fake.told.lock().unwrap();
    let Some(Command::Restore { spec, .. }) = told.first() else { panic!("{told:?}") };
    RestoreSpec::clone(spec)
}
