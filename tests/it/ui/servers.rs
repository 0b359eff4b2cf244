//! A server's address part by part, and what a server asks for, on a pretended engine.

use std::sync::{Arc, Mutex};

use eframe::egui;
use egui::accesskit::Role;
use egui::{Event, Key};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use strongroom::engine::message::{Answer, Keep, Question, ServerTrust, TestResult, ToldAccess};
use strongroom::model::location::Location;
use strongroom::model::problem::{Code, Problem};
use strongroom::ui::theme::icons;

use super::fake::{Fake, empty_overview};
use super::hands::Hands;
use super::sample_setup;

/// What the pretended engine was asked of servers.
#[derive(Clone, Default)]
struct Asked {
    tested: Arc<Mutex<Vec<Location>>>,
    told: Arc<Mutex<Vec<ToldAccess>>>,
}

impl Asked {
    fn tested(&self) -> Vec<String> {
        self.tested.lock().unwrap().iter().map(Location::display).collect()
    }

    fn told(&self) -> Vec<ToldAccess> {
        self.told.lock().unwrap().clone()
    }
}

fn good() -> TestResult {
    TestResult {
        to_be_made: false,
        writable: Some(true),
        deletable: Some(true),
        free: None,
        total: None,
        latency_ms: None,
        write_speed: None,
        read_speed: None,
        on_system_disk: false,
        plans: 0,
        keeps: None,
    }
}

/// The page where a new backup goes, at a server that refuses until `problem` gives nothing for what it was told.
fn at_where(problem: impl Fn(&[ToldAccess]) -> Option<Problem> + Send + 'static) -> (Fake, Hands, Asked) {
    let asked = Asked::default();
    let heard = asked.clone();
    let fake = Fake::new(empty_overview(), move |question| match question {
        Question::TestDestination { location } | Question::PlansAt { location } => {
            let is_test = matches!(question, Question::TestDestination { .. });
            if is_test {
                heard.tested.lock().unwrap().push(location.clone());
            }
            Some(match problem(&heard.told()) {
                Some(problem) => Err(problem),
                None if is_test => Ok(Answer::Tested(good())),
                None => Ok(Answer::Plans(vec![])),
            })
        }
        Question::TellAccess { told, .. } => {
            heard.told.lock().unwrap().push(told.clone());
            Some(Ok(Answer::Done))
        }
        other => sample_setup::answer(other),
    });
    let mut hands = Hands::on_sample(fake.handle.clone());
    hands.button("Set up a backup");
    hands.button("Next: Where");
    hands.see("Blue disk");
    (fake, hands, asked)
}

fn choose_kind(hands: &mut Hands, kind: &str) {
    hands.click(Role::ComboBox, "Kind of server");
    hands.click(Role::MenuItem, kind);
}

fn is_off(hands: &Hands, button: &str) -> bool {
    hands.harness.get_by_role_and_label(Role::Button, button).accesskit_node().is_disabled()
}

fn field(hands: &Hands, name: &str) -> String {
    hands.harness.get_by_role_and_label(Role::TextInput, name).value().unwrap_or_default()
}

#[test]
fn nothing_goes_to_another_place_than_the_form_says() {
    let (_fake, mut hands, asked) = at_where(|_| None);
    assert!(!is_off(&hands, "Next: How"), "a drive is chosen");
    choose_kind(&mut hands, "Amazon S3 and alike");
    hands.see("Fill in: Bucket.");
    assert!(is_off(&hands, "Next: How") && is_off(&hands, "Test connection"), "{}", hands.screen());
    hands.type_into(Role::TextInput, "Bucket", "my-bucket");
    hands.button("Test connection");
    hands.see("Can be read and written");
    assert_eq!(asked.tested(), ["s3://my-bucket"]);
    assert!(!is_off(&hands, "Next: How"));
    hands.replace(Role::TextInput, "Bucket", "My Bucket");
    hands.see("Three letters or more");
    assert_eq!(field(&hands, "Path of the destination"), "");
    assert!(!hands.sees("Can be read and written"), "{}", hands.screen());
    assert!(is_off(&hands, "Next: How") && is_off(&hands, "Test connection"));
    hands.replace(Role::TextInput, "Bucket", "other-bucket");
    hands.see("Test the connection first.");
    assert_eq!(field(&hands, "Path of the destination"), "s3://other-bucket");
    choose_kind(&mut hands, "SFTP (SSH)");
    hands.type_into(Role::TextInput, "Server", "nas.example");
    hands.type_into(Role::TextInput, "Port", "many");
    hands.see("Port: Give a number from 1 to 65535.");
    assert!(is_off(&hands, "Next: How"));
}

#[test]
fn the_line_to_a_webdav_server_is_protected_or_not() {
    let (_fake, mut hands, asked) = at_where(|_| None);
    choose_kind(&mut hands, "WebDAV, Nextcloud");
    hands.type_into(Role::TextInput, "Server", "nas.example");
    hands.see("webdav://nas.example");
    hands.click(Role::CheckBox, "Protected (https)");
    hands.see("This connection is not protected");
    hands.button("Test connection");
    hands.see("Can be read and written");
    assert_eq!(asked.tested(), ["webdav+http://nas.example"]);
}

#[test]
fn what_few_need_is_folded_away_and_makes_the_address() {
    let (_fake, mut hands, asked) = at_where(|_| None);
    choose_kind(&mut hands, "Amazon S3 and alike");
    hands.type_into(Role::TextInput, "Bucket", "my-bucket");
    assert!(hands.named(Role::TextInput, "Storage class").is_empty(), "{}", hands.screen());
    hands.button("More options");
    hands.type_into(Role::TextInput, "Storage class", "two words");
    hands.see("Give one word, as the store calls it.");
    assert!(is_off(&hands, "Next: How") && is_off(&hands, "Test connection"), "{}", hands.screen());
    hands.replace(Role::TextInput, "Storage class", "STANDARD_IA");
    hands.click(Role::ComboBox, "Path style");
    hands.click(Role::MenuItem, "Yes: host/bucket");
    hands.button("Test connection");
    hands.see("Can be read and written");
    assert_eq!(asked.tested(), ["s3://my-bucket?storage_class=STANDARD_IA&path_style=yes"]);
    choose_kind(&mut hands, "Google Cloud Storage");
    hands.button("More options");
    hands.replace(Role::TextInput, "Bucket", "my-bucket");
    hands.type_into(Role::TextInput, "Storage class", "NEARLINE");
    hands.click(Role::CheckBox, "Without any key");
    let address = "gs://my-bucket?storage_class=NEARLINE&anonymous=yes";
    hands.wait(address, |hands| field(hands, "Path of the destination") == address);
}

#[test]
fn an_address_fills_what_few_need() {
    let (_fake, mut hands, _) = at_where(|_| None);
    choose_kind(&mut hands, "Amazon S3 and alike");
    hands.replace(Role::TextInput, "Path of the destination", "s3://my-bucket?profile=work&path_style=no");
    hands.wait("the profile", |hands| !hands.named(Role::TextInput, "Profile").is_empty());
    assert_eq!(field(&hands, "Profile"), "work");
    assert!(hands.sees("No: bucket.host") && !hands.sees("More options"), "{}", hands.screen());
    // What is half typed is not taken away, nor is its field.
    hands.replace(Role::TextInput, "Path of the destination", "s3://my-bucket?profile=");
    hands.wait("no profile", |hands| field(hands, "Profile").is_empty());
    assert_eq!(field(&hands, "Path of the destination"), "s3://my-bucket?profile=");
    hands.type_into(Role::TextInput, "Path of the destination", "home");
    hands.wait("the other profile", |hands| field(hands, "Profile") == "home");
    assert_eq!(field(&hands, "Path of the destination"), "s3://my-bucket?profile=home");
}

#[test]
fn ftps_is_protected_from_the_first_byte_where_somebody_says_so() {
    let (_fake, mut hands, asked) = at_where(|_| None);
    choose_kind(&mut hands, "FTP over TLS");
    hands.type_into(Role::TextInput, "Server", "nas");
    hands.see("ftps://nas/~");
    hands.button("More options");
    hands.click(Role::ComboBox, "TLS");
    hands.click(Role::MenuItem, "Implicit: from the first byte");
    hands.button("Test connection");
    hands.see("Can be read and written");
    assert_eq!(asked.tested(), ["ftps://nas:990/~"]);
    hands.replace(Role::TextInput, "Path of the destination", "ftps://nas:2121/b?tls=implicit");
    hands.wait("the port", |hands| field(hands, "Port") == "2121");
    assert!(hands.sees("Implicit: from the first byte"), "{}", hands.screen());
    choose_kind(&mut hands, "FTP, not protected");
    hands.wait("the address", |hands| field(hands, "Path of the destination") == "ftp://nas:2121/b");
    assert!(!hands.sees("More options") && !hands.sees("Implicit: from the first byte"), "{}", hands.screen());
}

#[test]
fn a_field_keeps_the_focus_while_what_stands_above_it_goes() {
    let (_fake, mut hands, _) = at_where(|_| None);
    choose_kind(&mut hands, "SFTP (SSH)");
    hands.type_into(Role::TextInput, "Server", "nas");
    hands.button("Test connection");
    hands.see("Can be read and written");
    hands.focus(Role::TextInput, "Server");
    hands.press(Key::End);
    for letter in [".", "e", "x", "a", "m", "p", "l", "e"] {
        hands.harness.input_mut().events.push(Event::Text(letter.into()));
        hands.harness.run_steps(1);
    }
    hands.harness.run_steps(2);
    assert_eq!(field(&hands, "Server"), "nas.example");
    assert_eq!(hands.focused(), "Server");
}

#[test]
fn a_changed_key_is_trusted_once_both_are_compared() {
    let (old, new) = ("SHA256:oldoldoldold", "SHA256:newnewnewnew");
    let changed = Problem::new(Code::ServerChanged, "The server shows another key than before.", "Nothing was sent to it.")
        .with_detail(format!("sftp://nas/~: the key of nas was {old} and is now {new}"));
    let trusts = move |told: &ToldAccess| told.trust == Some(ServerTrust::Key(new.into()));
    let (_fake, mut hands, asked) = at_where(move |told| (!told.iter().any(trusts)).then(|| changed.clone()));
    choose_kind(&mut hands, "SFTP (SSH)");
    hands.type_into(Role::TextInput, "Server", "nas");
    hands.button("Test connection");
    hands.see("The server shows another key than before.");
    assert!(hands.sees(old) && hands.sees(new), "{}", hands.screen());
    hands.button("Trust the new key…");
    hands.see("Trust the new key of nas?");
    hands.button("Cancel");
    assert!(asked.told().is_empty());
    hands.button("Trust the new key…");
    hands.button("Trust the new key");
    hands.see("Can be read and written");
    assert_eq!(asked.told().len(), 1);
}

#[test]
fn a_refusal_says_what_to_do_and_its_field_has_the_focus() {
    let refused = Problem::new(Code::StoragePassword, "The server does not take this.", "Check the account's name.")
        .with_detail("webdav://nas: 401");
    let (_fake, mut hands, asked) = at_where(move |told| match told {
        [.., last] if last.password.as_ref().is_some_and(|password| password.expose() == "right") => None,
        _ => Some(refused.clone()),
    });
    choose_kind(&mut hands, "WebDAV, Nextcloud");
    hands.type_into(Role::TextInput, "Server", "nas");
    hands.button("Test connection");
    hands.see("The server does not take this.");
    assert!(hands.sees("Check the account's name.") && hands.sees("webdav://nas: 401"), "{}", hands.screen());
    for password in ["wrong", "right"] {
        hands.wait("the focus", |hands| hands.focused() == "Password of the account there");
        hands.harness.input_mut().events.push(Event::Text(password.into()));
        hands.harness.run_steps(2);
        hands.press(Key::Enter);
        hands
            .wait("the answer", |_| asked.told().last().is_some_and(|told| told.password.as_ref().unwrap().expose() == password));
    }
    hands.see("Can be read and written");
    assert!(asked.told().iter().all(|told| told.keep == Keep::Proven), "none is kept that no server took");
}

#[test]
fn what_a_server_asks_for_first_is_a_question_and_a_refusal_a_failure() {
    let asks = Problem::new(Code::StoragePasswordNeeded, "The server asks for a password.", "Give it.");
    let refuses = Problem::new(Code::StoragePassword, "The server does not take this.", "Check it.");
    let (_fake, mut hands, asked) = at_where(move |told| Some(if told.is_empty() { asks.clone() } else { refuses.clone() }));
    let is_question = |hands: &Hands, what: &str| hands.sees(&format!("{} {what}", icons::INFO));
    choose_kind(&mut hands, "SFTP (SSH)");
    hands.type_into(Role::TextInput, "Server", "nas");
    hands.button("Test connection");
    hands.see("The server asks for a password.");
    assert!(is_question(&hands, "The server asks for a password."), "{}", hands.screen());
    hands.type_into(Role::PasswordInput, "Password of the account there", "wrong");
    hands.button("Use it");
    hands.see("The server does not take this.");
    assert!(!is_question(&hands, "The server does not take this."), "{}", hands.screen());
    assert_eq!(asked.told().len(), 1);
}

#[test]
fn a_secret_is_asked_for_once_its_id_is_known() {
    let none = Problem::new(Code::StoragePasswordNeeded, "No key for this store is known.", "Give the secret access key.");
    let (_fake, mut hands, asked) = at_where(move |told| told.is_empty().then(|| none.clone()));
    hands.replace(Role::TextInput, "Path of the destination", "s3://my-bucket");
    hands.button("Test connection");
    hands.see("fill in the id of the access key");
    hands.see("This is needed too.");
    assert!(!hands.sees("Secret access key"), "{}", hands.screen());
    hands.wait("the focus", |hands| hands.focused() == "Id of the access key");
    hands.type_into(Role::TextInput, "Id of the access key", "AK1");
    hands.see("s3://my-bucket?access_key=AK1");
    assert!(!hands.sees("This is needed too."));
    hands.button("Test connection");
    hands.type_into(Role::PasswordInput, "Secret access key", "secret");
    hands.button("Use it");
    hands.see("Can be read and written");
    assert_eq!(asked.told().len(), 1);
}

#[test]
fn a_certificate_is_asked_for_only_where_one_can_help() {
    for (code, helps) in [
        (Code::ServerCertificate, true),
        (Code::ServerCertificateInvalid, false),
        (Code::ServerCertificateExpired, false),
        (Code::ServerAnswer, false),
    ] {
        let (_fake, mut hands, _) = at_where(move |_| Some(Problem::new(code, "It cannot be trusted.", "Look at it.")));
        hands.replace(Role::TextInput, "Path of the destination", "webdav://nas/b");
        hands.button("Test connection");
        hands.see("It cannot be trusted.");
        assert_eq!(hands.sees("File with the server's certificate"), helps, "{code:?}");
    }
}

#[test]
fn esc_in_an_open_list_closes_that_list_only() {
    let (_fake, mut hands, _) = at_where(|_| None);
    hands.replace(Role::TextInput, "Path of the destination", "/media/ada/other");
    hands.click(Role::ComboBox, "Kind of server");
    hands.see("Azure Blob Storage");
    hands.press(Key::Escape);
    hands.harness.run_steps(2);
    assert!(!hands.sees("Azure Blob Storage") && !hands.sees("Leave without saving?"), "{}", hands.screen());
    hands.press(Key::Escape);
    hands.see("Leave without saving?");
}

#[test]
fn where_a_backup_is_restored_from_is_filled_in_too() {
    let asked = Asked::default();
    let heard = asked.clone();
    let fake = Fake::new(empty_overview(), move |question| match question {
        Question::PlansAt { location } => {
            heard.tested.lock().unwrap().push(location.clone());
            Some(Ok(Answer::Plans(vec![])))
        }
        other => sample_setup::answer(other),
    });
    let mut hands = Hands::on_sample(fake.handle.clone());
    hands.button("Restore from an existing backup…");
    choose_kind(&mut hands, "Google Cloud Storage");
    hands.type_into(Role::TextInput, "Bucket", "b");
    hands.see("Three letters or more");
    assert!(is_off(&hands, "Look"));
    hands.type_into(Role::TextInput, "Bucket", "ackups");
    hands.type_into(Role::TextInput, "Endpoint", "https://store.example");
    hands.button("Look");
    hands.see("No backup lies in this folder.");
    assert_eq!(asked.tested(), ["gs://backups?endpoint=https://store.example"]);
}
