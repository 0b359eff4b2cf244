//! The list of versions says at which destinations of the backup each lies, and leads to those that lie elsewhere alone.

use eframe::egui;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use strongroom::engine::message::{Answer, Question, VersionList};
use strongroom::model::location::Location;
use strongroom::model::whereabouts::{Held, Whereabouts};

use super::fake::{Fake, empty_overview};
use super::hands::Hands;
use super::restore_pages::{Answered, at_versions};
use super::wizard::{answer, manifest};

/// A destination with the versions of these hours.
fn held(name: &str, hours: &[u8]) -> Held {
    Held {
        location: Location::local(name),
        versions: Some(hours.iter().map(|hour| manifest(*hour, 0).id).collect()),
        highest: hours.last().copied().unwrap_or(0).into(),
    }
}

/// One was away for the newest version, one has let the older go.
fn at_three(question: &Question) -> Answered {
    match question {
        Question::Versions { .. } => {
            let destinations = vec![held("/media/disk", &[9, 18]), held("/mnt/nas", &[9]), held("/mnt/attic", &[18])];
            let whereabouts = Whereabouts { destinations, elsewhere: Vec::new() };
            Some(Ok(Answer::Versions(VersionList { manifests: vec![manifest(9, 2), manifest(18, 6)], whereabouts })))
        }
        other => answer(other),
    }
}

#[test]
fn what_is_missing_is_said_in_the_row_and_where_it_lies_below() {
    let (_fake, mut hands) = at_versions(at_three);
    let newest = "18:00, Full, newest · 6 files · 600 B · 0 B added, not yet at nas";
    let older = "09:00, Full, 2 files · 200 B · 0 B added, not at attic";
    hands.see(newest);
    hands.see("Lies at: disk, attic · Not yet at: nas");
    hands.click(Role::RadioButton, older);
    hands.see("Lies at: disk, nas · Not at: attic");
    // Each by its whole name, on the row and on the line below.
    hands.harness.get_by_role_and_label(Role::RadioButton, newest).hover();
    hands.see("Lies at: /media/disk, /mnt/attic\nNot yet at: /mnt/nas");
}

#[test]
fn of_what_lies_everywhere_only_the_details_speak() {
    let (_fake, mut hands) = at_versions(|question| match question {
        Question::Versions { .. } => {
            let destinations = vec![held("/media/disk", &[9, 18]), held("/mnt/nas", &[9, 18])];
            let whereabouts = Whereabouts { destinations, elsewhere: Vec::new() };
            Some(Ok(Answer::Versions(VersionList { manifests: vec![manifest(9, 2), manifest(18, 6)], whereabouts })))
        }
        other => answer(other),
    });
    hands.see("Lies at: disk, nas");
    hands.click(Role::RadioButton, "09:00, Full, 2 files · 200 B · 0 B added");
    assert!(!hands.sees("not yet at") && !hands.sees("Not yet at"), "{}", hands.screen());
}

#[test]
fn with_one_destination_nothing_is_said() {
    let (_fake, mut hands) = at_versions(answer);
    hands.see("18:00, Full, newest · 6 files · 600 B · 0 B added");
    assert!(!hands.sees("Lies at"), "{}", hands.screen());
}

#[test]
fn versions_that_lie_elsewhere_alone_are_led_to() {
    let fake = Fake::new(empty_overview(), |question| match question {
        Question::Versions { place } => {
            let destinations = vec![held("/media/disk", &[9]), held("/mnt/nas", &[9, 18])];
            let list = if place.location == Location::local("/media/disk") {
                let whereabouts = Whereabouts { destinations, elsewhere: vec![manifest(18, 6).id] };
                VersionList { manifests: vec![manifest(9, 2)], whereabouts }
            } else {
                assert_eq!(place.location, Location::local("/mnt/nas"));
                let whereabouts = Whereabouts { destinations, elsewhere: Vec::new() };
                VersionList { manifests: vec![manifest(9, 2), manifest(18, 6)], whereabouts }
            };
            Some(Ok(Answer::Versions(list)))
        }
        other => answer(other),
    });
    let mut hands = Hands::on_sample(fake.handle.clone());
    hands.button("Restore from an existing backup…");
    hands.type_into(Role::TextInput, "Folder that holds the backup", "/media/disk");
    hands.button("Look");
    hands.see("Found");
    hands.button("Next");
    hands.see("newest · 2 files");
    hands.see("1 more version lies at nas.");
    hands.button("Show the versions at nas");
    hands.see("18:00, Full, newest · 6 files · 600 B · 0 B added, not yet at disk");
    assert!(!hands.sees("more version"), "{}", hands.screen());
}
