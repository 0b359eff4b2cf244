//! Room is made at one destination on the Storage tab, on a real engine.

use std::fs;

use eframe::egui::accesskit::Role;
use strongroom::engine::message::{Command, NewSecrets};
use strongroom::model::location::Location;
use strongroom::model::replicate::ReplicateSpec;
use strongroom::model::restore::Place;
use strongroom::model::run::RunId;

use super::flow::{engine, first_run, world};
use super::hands::Hands;

#[test]
fn versions_go_at_that_destination_alone() {
    let root = world();
    fs::create_dir(root.path().join("other")).unwrap();
    let engine = engine(&root, "home");
    let handle = engine.handle();
    let mut hands = Hands::on(handle.clone());
    first_run(&root, &mut hands);
    let [disk, other] = ["disk", "other"].map(|name| Location::local(root.path().join(name).as_path()));
    let mut plan = handle.overview().plans[0].plan.clone();
    let id = plan.id.clone();
    plan.destinations.push(other.clone());
    handle.save_plan(plan, NewSecrets::default()).wait().unwrap();
    let spec = ReplicateSpec::all(Place::of(&id, &disk), other.clone());
    handle.send(Command::Replicate { run: RunId(77), spec: Box::new(spec) }).unwrap();
    let versions = |at: &Location| handle.versions(Place::of(&id, at)).wait().map_or(0, |versions| versions.len());
    hands.wait("the copy", |_| versions(&other) == 1 && handle.overview().runs.is_empty());
    fs::write(root.path().join("Letters/new"), vec![8; 200_000]).unwrap();
    hands.button("Back up Letters now");
    hands.wait("the second version", |_| versions(&other) == 2 && versions(&disk) == 2 && handle.overview().runs.is_empty());

    hands.click(Role::Tab, "Storage");
    hands.button("Free space: delete versions of Letters at other");
    hands.see("Other destinations keep theirs.");
    hands.wait("both versions", |hands| hands.named(Role::CheckBox, " added").len() == 2);
    let oldest = hands.named(Role::CheckBox, " · full · ").remove(0);
    hands.click(Role::CheckBox, &oldest);
    let delete = |hands: &Hands| hands.named(Role::Button, "Delete 1 version, ").pop();
    hands.wait("what would go", |hands| delete(hands).is_some());
    let name = delete(&hands).unwrap();
    hands.button(&name);
    hands.wait("the deletion", |_| versions(&other) == 1);
    assert_eq!(versions(&disk), 2, "what lies elsewhere stays");
    hands.button("Free space: delete versions of Letters at disk");
    hands.wait("what is not at the other", |hands| hands.named(Role::CheckBox, " added · not at other").len() == 1);
    assert_eq!(hands.named(Role::CheckBox, " added").len(), 2);
}
