//! A backup is moved to another destination on the Storage tab, on a real engine.

use std::fs;

use eframe::egui::accesskit::Role;
use strongroom::model::location::Location;

use super::flow::{PASSWORD, engine, path, to_where, world};
use super::hands::Hands;

#[test]
fn it_goes_there_once_everything_lies_there() {
    let root = world();
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    to_where(&root, &mut hands);
    hands.replace(Role::TextInput, "Path of the destination", &path(&root, "disk"));
    hands.button("Next: How");
    hands.type_into(Role::PasswordInput, "Password", PASSWORD);
    hands.type_into(Role::PasswordInput, "Password again", PASSWORD);
    hands.button("Back up now");
    hands.see("Protected · 1 of 1");
    let destinations = || engine.handle().overview().plans[0].plan.destinations.clone();

    hands.click(Role::Tab, "Storage");
    hands.button("Move Letters from disk");
    // Where it lies already it does not go.
    hands.replace(Role::TextInput, "Where to move it", &path(&root, "disk"));
    hands.see("That is where it is.");
    hands.replace(Role::TextInput, "Where to move it", &path(&root, "other"));
    hands.button("Move");
    let other = Location::local(root.path().join("other").as_path());
    hands.wait("the move", |_| destinations() == [other.clone()]);
    hands.see("1 version");
    let versions = |place: &str| {
        let plan = fs::read_dir(root.path().join(place)).unwrap().next().unwrap().unwrap().path();
        fs::read_dir(plan.join("versions")).unwrap().count()
    };
    assert_eq!((versions("disk"), versions("other")), (1, 1), "what lay there stays");
}
