//! What a backup may take at its destination, set through the window on a real engine.

use eframe::egui::accesskit::Role;

use super::flow::{PASSWORD, engine, path, to_where, world};
use super::hands::Hands;

#[test]
fn it_is_set_where_a_backup_is_made_and_taken_away_on_the_storage_tab() {
    let root = world();
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    to_where(&root, &mut hands);
    hands.replace(Role::TextInput, "Path of the destination", &path(&root, "disk"));
    hands.click(Role::RadioButton, "It may take there: At most");
    hands.replace(Role::TextInput, "Gigabytes at most", "7");
    hands.button("Next: How");
    hands.type_into(Role::PasswordInput, "Password", PASSWORD);
    hands.type_into(Role::PasswordInput, "Password again", PASSWORD);
    hands.button("Back up now");
    hands.see("Protected · 1 of 1");
    let most = || {
        let plan = engine.handle().overview().plans[0].plan.clone();
        plan.max_sizes.at(&plan.destinations[0])
    };
    assert_eq!(most(), Some(7_000_000_000));

    // What is changed elsewhere leaves it as it is.
    hands.button("More for Letters");
    hands.click(Role::MenuItem, "Edit…");
    hands.button("Next: Where");
    hands.button("Next: How");
    hands.replace(Role::TextInput, "Name", "Post");
    hands.button("Save");
    hands.wait("its new name", |_| engine.handle().overview().plans[0].plan.name == "Post");
    assert_eq!(most(), Some(7_000_000_000));

    hands.click(Role::Tab, "Storage");
    hands.button("At most 7.0 GB: what Post may take at disk");
    hands.click(Role::RadioButton, "It may take: All there is room for");
    hands.button("Save");
    hands.wait("no limit any more", |_| most().is_none());
}
