//! What is chosen: a bucket, how a backup is made, and the limits of all of them.

use strongroom::model::format::{Kind, Level};
use strongroom::model::health::Patience;
use strongroom::model::read_back::WantedReadBack;

use super::*;
use crate::servers::stores::{BUCKET, Kind as StoreKind, S3_KEY, S3_SECRET, Store};
use crate::support::walk;

#[test]
fn a_bucket_is_filled_in_tried_and_backed_up_to() {
    let root = world();
    let store = Store::start(StoreKind::S3s, &root.path().join("server"));
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    to_where(&root, &mut hands);
    hands.click(Role::ComboBox, "Kind of server");
    hands.click(Role::MenuItem, "Amazon S3 and alike");
    hands.type_into(Role::TextInput, "Bucket", BUCKET);
    hands.type_into(Role::TextInput, "Folder in it", "letters/{env:NONE}");
    hands.type_into(Role::TextInput, "Endpoint", &format!("http://127.0.0.1:{}", store.port));
    hands.see("none named NONE is set");
    hands.replace(Role::TextInput, "Folder in it", "letters/{machine}/{env:USER}");
    hands.see("letters/laptop/ada");
    hands.type_into(Role::TextInput, "Id of the access key", S3_KEY);
    hands.see("This connection is not protected");
    hands.button("Test connection");
    hands.see("Secret access key");
    hands.type_into(Role::PasswordInput, "Secret access key", "another");
    hands.button("Use it");
    hands.wait("the refusal", |hands| hands.sees("does not take this password or key"));
    hands.type_into(Role::PasswordInput, "Secret access key", S3_SECRET);
    hands.button("Use it");
    hands.see("Can be read and written");
    hands.button("Next: How");
    hands.type_into(Role::PasswordInput, "Password", PASSWORD);
    hands.type_into(Role::PasswordInput, "Password again", PASSWORD);
    hands.button("Back up now");
    hands.see("3 of 3 files copied");
    hands.see("Protected · 1 of 1");
    let there = walk(&root.path().join("server/data").join(BUCKET));
    assert!(there.iter().any(|path| path.starts_with("letters/laptop/ada") && path.ends_with("strongroom.json")), "{there:?}");
    // What is typed as an address is there in the form, and the other way round.
    hands.button("More for Letters");
    hands.click(Role::MenuItem, "Edit…");
    hands.button("Next: Where");
    hands.click(Role::ComboBox, "Kind of server");
    hands.click(Role::MenuItem, "Amazon S3 and alike");
    hands.wait("the address in its parts", |hands| hands.sees("letters/laptop/ada"));
}

#[test]
fn who_wants_to_chooses_format_and_level() {
    let root = world();
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    first_run_with(&root, &mut hands, |hands| {
        assert!(!hands.sees("Zstandard"), "only who asks is asked: {}", hands.screen());
        hands.button("Advanced");
        hands.click(Role::ComboBox, "Format");
        hands.click(Role::MenuItem, "Zip: opens on any computer");
        hands.click(Role::RadioButton, "Compression: Small");
    });
    let plan = engine.handle().overview().plans[0].plan.clone();
    assert_eq!((plan.format.kind, plan.format.level), (Kind::Zip, Level::Fixed(9)));
    let disk = root.path().join("disk");
    let names: Vec<_> = walk(&disk).into_iter().map(|path| path.to_string_lossy().into_owned()).collect();
    assert!(names.iter().any(|name| name.ends_with("v0001.zip.sealed")), "{names:?}");
}

#[test]
fn who_wants_to_chooses_what_is_read_back_and_the_report_says_so() {
    let root = world();
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    first_run_with(&root, &mut hands, |hands| {
        assert!(!hands.sees("Read back"), "only who asks is asked: {}", hands.screen());
        hands.button("Advanced");
        hands.see("Over a server it takes as long again");
        hands.click(Role::RadioButton, "Read back: Not from servers");
        hands.see("A server is trusted in what it confirms");
        hands.click(Role::RadioButton, "Read back: Nothing");
        hands.see("is known only when you verify it");
    });
    assert_eq!(engine.handle().overview().plans[0].plan.read_back, WantedReadBack::Never);
    let activity = hands.named(Role::Button, "Activity").remove(0);
    hands.button(&activity);
    hands.wait("the run", |hands| !hands.named(Role::Button, "Backup of Letters, ").is_empty());
    let run = hands.named(Role::Button, "Backup of Letters, ").remove(0);
    hands.button(&run);
    hands.see("no, as was chosen: verify it to be certain");
    assert!(!hands.sees("Reading back"), "nothing was: {}", hands.screen());
}

#[test]
fn limits_are_set_and_taken_away_in_the_settings() {
    let root = world();
    let engine = engine(&root, "home");
    let mut hands = Hands::on(engine.handle());
    let limits = || engine.handle().overview().settings.limits;
    hands.button("Settings");
    hands.click(Role::RadioButton, "To servers: At most");
    hands.wait("a limit", |_| limits().upload == Some(1_000_000));
    hands.replace(Role::TextInput, "To servers", "250");
    hands.wait("another one", |_| limits().upload == Some(250_000));
    hands.click(Role::RadioButton, "When: At these times");
    hands.replace(Role::TextInput, "From", "22:00");
    hands.replace(Role::TextInput, "To", "06:30");
    hands.wait("its times", |_| limits().between == "22:00-06:30".parse().ok());
    hands.click(Role::RadioButton, "To servers: As fast as it goes");
    hands.wait("none", |_| limits().is_unlimited());
    hands.replace(Role::TextInput, "Files at the same time to or from each server", "9");
    hands.wait("connections", |_| engine.handle().overview().settings.connections == 9);
    hands.replace(Role::TextInput, "Days until a server is missed", "5");
    let patience = || engine.handle().overview().settings.patience;
    hands.wait("patience", |_| patience() == Patience { servers: 5, drives: 7 });
}
