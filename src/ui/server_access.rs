//! What stands between us and a destination's server: a key or certificate that nobody has vouched for yet, a password.

use egui::{Align, Id, Response, Ui};
use zeroize::Zeroizing;

use super::context::Cx;
use super::load::Load;
use super::theme::space;
use super::theme::tokens;
use super::theme::typography::{body, caption_strong, mono};
use super::widgets::{
    Button, ConfirmDialog, ConfirmEvent, Ends, FormRow, PasswordField, TextField, problem_or_question, problem_text, spinner,
    wrapped,
};
use crate::engine::message::{Keep, ServerTrust, ToldAccess};
use crate::model::location::Location;
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::secret::Secret;
use crate::ui::theme::size;

/// For the file that is picked.
const PURPOSE: &str = "certificates of a server";

/// Answers to what a server asked for, on their way to the engine.
///
/// Whatever shows why a test or another question to a server failed shows it by this, and asks again where it answers `true`.
pub struct ServerAccess {
    password: Zeroizing<String>,
    /// Path of a file of certificates.
    ca_file: String,
    telling: Load<()>,
    /// The new key of a server is about to be trusted.
    confirming: bool,
    /// When it was last drawn: what is new takes the focus,
    seen: Option<u64>,
    /// unless it stands among other things that somebody looks at.
    is_aside: bool,
}

impl Default for ServerAccess {
    fn default() -> Self {
        Self {
            password: PasswordField::buffer(),
            ca_file: String::new(),
            telling: Load::Idle,
            confirming: false,
            seen: None,
            is_aside: false,
        }
    }
}

impl ServerAccess {
    /// One that waits until somebody turns to it: the page stays where it is.
    pub fn aside() -> Self {
        Self { is_aside: true, ..Self::default() }
    }

    /// Shows why a server could not be used and takes what would help; `true` once it was told, and is worth another try.
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, location: &Location, problem: &Problem) -> bool {
        if self.telling.poll() && self.telling.ready().is_some() {
            *self = Self { is_aside: self.is_aside, ..Self::default() };
            return true;
        }
        let pass = ui.ctx().cumulative_pass_nr();
        let is_new = self.seen.replace(pass).is_none_or(|seen| seen + 1 < pass) && !self.is_aside;
        let shown = ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            match (problem.code, Keys::of(problem)) {
                (Code::ServerUnknown, Some(keys)) => self.trust(ui, cx, location, &keys.now),
                (Code::ServerChanged, Some(keys)) => self.changed(ui, cx, location, problem, &keys),
                (code, _) if code.wants_storage_password() => self.password(ui, cx, location, problem, is_new),
                (Code::ServerCertificate, _) => self.certificate(ui, cx, location, problem, is_new),
                _ => _ = problem_or_question(ui, problem),
            }
            if self.telling.is_waiting() {
                spinner(ui, "Trying it…");
            }
            if let Some(problem) = self.telling.problem() {
                problem_text(ui, problem);
            }
        });
        if is_new {
            shown.response.scroll_to_me(Some(Align::Center));
        }
        false
    }

    fn trust(&mut self, ui: &mut Ui, cx: &Cx<'_>, location: &Location, key: &str) {
        let t = tokens(ui);
        wrapped(ui, body("This server is new here. Whoever runs it can tell whether this is its key:").color(t.text));
        ui.add(egui::Label::new(mono(key).color(t.text)).wrap());
        ui.add_space(space::XS);
        if ui.add(Button::plain("Trust this server").enabled(!self.telling.is_waiting())).clicked() {
            self.tell_key(cx, location, key);
        }
    }

    fn changed(&mut self, ui: &mut Ui, cx: &Cx<'_>, location: &Location, problem: &Problem, keys: &Keys) {
        problem_text(ui, &Problem { detail: String::new(), ..problem.clone() });
        let t = tokens(ui);
        for (label, key) in [("Its key before", keys.before.as_deref()), ("The key it shows now", Some(keys.now.as_str()))] {
            let Some(key) = key else { continue };
            ui.label(caption_strong(label).color(t.text2));
            ui.add(egui::Label::new(mono(key).color(t.text)).wrap());
        }
        ui.add_space(space::XS);
        if ui.add(Button::plain("Trust the new key…").enabled(!self.telling.is_waiting())).clicked() {
            self.confirming = true;
        }
        if !self.confirming {
            return;
        }
        let host = location.server().map_or_else(|| location.short_name(), |server| server.host);
        let title = format!("Trust the new key of {host}?");
        let text = format!(
            "Only if whoever runs {host} says that its key was changed, and that it is {} now. If somebody else is in its place, they get \
             the password and what is sent there.",
            keys.now
        );
        match ConfirmDialog::new(&title, &text, "Trust the new key").danger().show(ui) {
            ConfirmEvent::Open => {}
            ConfirmEvent::Confirmed => {
                self.confirming = false;
                self.tell_key(cx, location, &keys.now);
            }
            ConfirmEvent::Alternative | ConfirmEvent::Cancelled => self.confirming = false,
        }
    }

    fn password(&mut self, ui: &mut Ui, cx: &Cx<'_>, location: &Location, problem: &Problem, is_new: bool) {
        problem_or_question(ui, problem);
        if location.lacks_key_id() {
            let text = "The secret is of no use alone: fill in the id of the access key in the address first, then try again.";
            wrapped(ui, body(text).color(tokens(ui).text));
            return;
        }
        let name = location.secret_name();
        let row = FormRow::new(name).hint("Once it was taken it is kept on this computer, for the runs to come.");
        let id = Id::unique("a server's password");
        let field = row.show(ui, |ui| PasswordField::new(&mut self.password).name(name).id(id).show(ui));
        focus_first(&field, is_new);
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let ready = !self.password.is_empty() && !self.telling.is_waiting();
        let button = Button::plain("Use it").enabled(ready).why_off("Type the password first.");
        if (ui.add(button).clicked() || entered) && ready {
            let password = Some(Secret::new(self.password.as_str()));
            self.tell(cx, location, ToldAccess { password, keep: Keep::Proven, ..ToldAccess::default() });
        }
    }

    fn certificate(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, location: &Location, problem: &Problem, is_new: bool) {
        problem_text(ui, problem);
        if let Some(path) = cx.pickers.picked(PURPOSE).and_then(|picked| picked.into_iter().next()) {
            self.ca_file = path.display().into_owned();
        }
        FormRow::new("File with its certificate, or its authority's").show(ui, |ui| {
            let line = Ends::new(ui, size::CONTROL).left(|ui| {
                let field = TextField::new(&mut self.ca_file).hint("/home/…/ca.pem").name("File with the server's certificate");
                focus_first(&ui.add(field.id(Id::unique("a server's certificates"))), is_new);
            });
            line.right(|ui| {
                if cx.pickers.available() && ui.add(Button::plain("Choose…").enabled(!cx.pickers.busy())).clicked() {
                    cx.pickers.pick_file(PURPOSE, "The server's certificate");
                }
            });
        });
        let path = self.ca_file.trim();
        let is_path = names::is_absolute(path);
        let button = Button::plain("Use it").enabled(is_path && !self.telling.is_waiting()).why_off("Give the whole path first.");
        if ui.add(button).clicked() {
            let ca_file = Some(PathBytes::from(path));
            self.tell(cx, location, ToldAccess { ca_file, ..ToldAccess::default() });
        }
    }

    fn tell_key(&mut self, cx: &Cx<'_>, location: &Location, key: &str) {
        let trust = Some(ServerTrust::Key(key.to_owned()));
        self.tell(cx, location, ToldAccess { trust, ..ToldAccess::default() });
    }

    fn tell(&mut self, cx: &Cx<'_>, location: &Location, told: ToldAccess) {
        self.telling = Load::Waiting(cx.handle.tell_access(location.clone(), told));
    }
}

/// What is asked for can be typed at once.
fn focus_first(field: &Response, is_new: bool) {
    if is_new {
        field.request_focus();
    }
}

/// The fingerprints that a problem names.
#[derive(Debug, PartialEq, Eq)]
struct Keys {
    before: Option<String>,
    now: String,
}

impl Keys {
    fn of(problem: &Problem) -> Option<Self> {
        if problem.code == Code::ServerChanged {
            let (before, now) = problem.detail.rsplit_once(" and is now ")?;
            let before = before.rsplit_once(" was ").map(|(_, before)| before.to_owned());
            return Some(Self { before, now: fingerprint(now)?.to_owned() });
        }
        Some(Self { before: None, now: fingerprint(&problem.what)?.to_owned() })
    }
}

fn fingerprint(text: &str) -> Option<&str> {
    let rest = &text[text.find("SHA256:")?..];
    Some(rest.split_whitespace().next().unwrap_or(rest).trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage;

    fn problem(kind: storage::Kind, source: &str) -> Problem {
        storage::Error { kind, context: "sftp://nas/~".into(), source: std::io::Error::other(source) }.into()
    }

    #[test]
    fn the_key_that_is_shown_is_the_one_that_is_trusted() {
        let (old, key) =
            ("SHA256:uNiVztksCsDhcc0u9e8BrrQHVKQpcwqgvy2HGPkKLVE", "SHA256:eQrGTIBjmjMbYQKsN4qPq1FbcDnAXAUFkJ4tqEl6M0c");
        let new = problem(storage::Kind::ServerUnknown, key);
        assert_eq!(Keys::of(&new), Some(Keys { before: None, now: key.into() }));
        let changed = problem(storage::Kind::ServerChanged, &format!("the key of nas was {old} and is now {key}"));
        assert_eq!(Keys::of(&changed), Some(Keys { before: Some(old.into()), now: key.into() }));
        // What is noted of an earlier look has no keys in it.
        assert_eq!(Keys::of(&Problem { detail: String::new(), ..changed }), None);
    }
}
