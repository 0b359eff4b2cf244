//! Settings ▸ Messages: channels are added, tried, changed and removed, and quiet hours kept.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use strongroom::engine::message::{Answer, ChannelKeys, Command, Question};
use strongroom::model::alert::{Channel, Method, Topic, Way};
use strongroom::model::problem::{Code, Problem};
use strongroom::model::secret::Secret;

use super::desk::{Desk, desk};
use super::fake::Fake;
use super::sample;

/// A desk whose tests of channels go, or do not, and that keeps what it was asked.
fn at_messages(goes: bool) -> Desk {
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = asked.clone();
    let fake = Fake::new(sample::overview(), move |question| {
        heard.lock().unwrap().push(question.clone());
        match question {
            Question::TestChannel { .. } if !goes => {
                Some(Err(Problem::new(Code::NotSent, "Nothing was sent: the mail server does not answer.", "Check its name.")))
            }
            Question::TestChannel { .. } | Question::SaveChannel { .. } | Question::RemoveChannel { .. } => {
                Some(Ok(Answer::Done))
            }
            other => sample::answer(other),
        }
    });
    let window = sample::window(&fake);
    let mut desk = Desk { asked, ..Desk::of(fake, window, [1100.0, 1600.0]) };
    desk.click("Settings");
    desk.wait_for("Messages");
    desk
}

fn saved(desk: &Desk) -> Option<(Channel, ChannelKeys)> {
    desk.asked.lock().unwrap().iter().rev().find_map(|question| match question {
        Question::SaveChannel { channel, keys } => Some(((**channel).clone(), keys.clone())),
        _ => None,
    })
}

/// Into a field whose row says its name too.
fn type_into(desk: &mut Desk, field: &str, text: &str) {
    desk.harness.get_by_role_and_label(Role::TextInput, field).focus();
    desk.harness.run_steps(2);
    desk.harness.get_by_role_and_label(Role::TextInput, field).type_text(text);
    desk.harness.run_steps(2);
}

#[test]
fn a_test_says_below_its_button_whether_it_went() {
    for (goes, said) in [(true, "The test has gone. Look whether it arrived."), (false, "the mail server does not answer.")] {
        let mut desk = at_messages(goes);
        desk.click("Send a test: This desktop");
        desk.until(said, |desk| desk.reads(said));
        let button = desk.harness.get_by_label("Send a test: This desktop").rect();
        let result = desk.harness.query_all_by_label_contains(said).next().unwrap().rect();
        assert!(result.top() >= button.bottom() && result.top() - button.bottom() < 24.0, "{button:?} {result:?}");
    }
}

#[test]
fn mail_is_set_up_with_its_password_and_kept() {
    let mut desk = at_messages(true);
    desk.click("Add e-mail");
    assert!(desk.harness.get_by_label("Save").accesskit_node().is_disabled(), "nothing is typed yet");
    for (field, text) in [("To", "ada@example.org"), ("Mail server", "smtp.example.org"), ("Account", "ada")] {
        type_into(&mut desk, field, text);
    }
    desk.until("why not", |desk| desk.reads("Not yet: the account's password is missing."));
    desk.type_into("Password of the account", "hush");
    desk.click("A backup was made");
    desk.click("Send a test");
    desk.until("test", |desk| desk.reads("The test has gone."));
    assert!(saved(&desk).is_none(), "a test saves nothing");
    desk.click("Save");
    desk.wait_for("Add e-mail");
    let (channel, keys) = saved(&desk).expect("it was saved");
    assert!(matches!(&channel.way, Way::Email(email) if email.server == "smtp.example.org" && email.port == 587));
    assert!(channel.on.contains(&Topic::Success) && channel.on.contains(&Topic::Overdue));
    assert_eq!(keys.secret, Some(Secret::new("hush")));
}

#[test]
fn a_webhook_follows_its_kind() {
    let mut desk = at_messages(true);
    desk.click("Add webhook");
    desk.type_into("Address", "https://ping.example.org/4f1c-hush");
    desk.click("Kind of receiver");
    desk.click("Healthchecks");
    desk.click("Save");
    desk.wait_for("Add webhook");
    let (channel, keys) = saved(&desk).expect("it was saved");
    assert!(matches!(&channel.way, Way::Webhook(hook) if hook.server == "https://ping.example.org"));
    assert!(channel.on.contains(&Topic::Success) && !channel.quiet);
    assert_eq!(keys.address, Some(Secret::new("https://ping.example.org/4f1c-hush")));
}

#[test]
fn a_webhook_is_sent_as_its_receiver_wants_it() {
    let mut desk = at_messages(true);
    desk.click("Add webhook");
    desk.type_into("Address", "https://example.org/hook");
    desk.type_into("Secret", "hush");
    desk.click("Send it in another way…");
    desk.click("Method: PUT");
    for (field, text) in [("Headers", "X-Token: {secret}\nX-Where: here"), ("Content", "{subject}\n{body}")] {
        desk.harness.get_by_role_and_label(Role::MultilineTextInput, field).focus();
        desk.harness.run_steps(2);
        desk.harness.get_by_role_and_label(Role::MultilineTextInput, field).type_text(text);
        desk.harness.run_steps(2);
    }
    desk.click("Save");
    desk.wait_for("Add webhook");
    let (channel, _) = saved(&desk).expect("it was saved");
    let Way::Webhook(hook) = &channel.way else { panic!("{channel:?}") };
    assert_eq!((hook.method, hook.body.as_deref()), (Method::Put, Some("{subject}\n{body}")));
    assert_eq!(hook.headers.get("X-Token").map(String::as_str), Some("{secret}"));
    assert_eq!(hook.headers.len(), 2);
}

#[test]
fn a_way_is_removed_only_when_asked_for_twice() {
    let mut desk = at_messages(true);
    desk.click("Remove: This desktop");
    desk.wait_for("Remove this way?");
    let removed = |desk: &Desk| desk.asked.lock().unwrap().iter().any(|asked| matches!(asked, Question::RemoveChannel { .. }));
    assert!(!removed(&desk));
    desk.click("Remove");
    desk.until("removed", removed);
}

#[test]
fn quiet_hours_are_kept_with_the_other_settings() {
    let mut desk = at_messages(true);
    desk.click("Quiet hours: At night");
    desk.until("sent", |desk| {
        let quiet = |command: &Command| matches!(command, Command::SetSettings(settings) if settings.messages.quiet.is_some());
        desk.told().iter().any(quiet)
    });
    desk.wait_for("Quiet from");
}

#[test]
fn the_settings_hold_it_all_in_the_smallest_window() {
    let mut desk = desk(sample::overview(), [643.0, 429.0]);
    desk.click("Settings");
    desk.wait_for("Messages");
    desk.harness.get_by_label("Add webhook").scroll_to_me();
    desk.harness.run_steps(4);
    desk.click("Add webhook");
    desk.wait_for("Kind of receiver");
}
