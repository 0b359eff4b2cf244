//! What stands between us and a destination's server: a key or certificate that nobody has vouched for yet, a password.

use egui::Ui;
use zeroize::Zeroizing;

use super::context::Cx;
use super::load::Load;
use super::theme::space;
use super::theme::tokens;
use super::theme::typography::{body, mono};
use super::widgets::{Button, FormRow, PasswordField, TextField, problem_text, spinner, wrapped};
use crate::engine::message::{ServerTrust, ToldAccess};
use crate::model::location::Location;
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::secret::Secret;

/// Answers to what a server asked for, on their way to the engine.
pub struct ServerAccess {
    password: Zeroizing<String>,
    /// Path of a file of certificates.
    ca_file: String,
    telling: Load<()>,
}

impl Default for ServerAccess {
    fn default() -> Self {
        Self { password: PasswordField::buffer(), ca_file: String::new(), telling: Load::Idle }
    }
}

impl ServerAccess {
    /// Shows why a server could not be used and takes what would help; `true` once it was told, and is worth another try.
    pub fn show(&mut self, ui: &mut Ui, cx: &Cx<'_>, location: &Location, problem: &Problem) -> bool {
        if self.telling.poll() && self.telling.ready().is_some() {
            *self = Self::default();
            return true;
        }
        match (problem.code, shown_key(problem)) {
            (Code::ServerUnknown, Some(key)) => self.trust(ui, cx, location, key),
            (Code::StoragePassword, _) => self.password(ui, cx, location, problem),
            (Code::ServerCertificate, _) => self.certificate(ui, cx, location, problem),
            _ => {
                problem_text(ui, problem);
            }
        }
        if self.telling.is_waiting() {
            spinner(ui, "Trying it…");
        }
        if let Some(problem) = self.telling.problem() {
            problem_text(ui, problem);
        }
        false
    }

    fn trust(&mut self, ui: &mut Ui, cx: &Cx<'_>, location: &Location, key: &str) {
        let t = tokens(ui);
        wrapped(ui, body("This server is new here. Whoever runs it can tell whether this is its key:").color(t.text));
        ui.add(egui::Label::new(mono(key).color(t.text)).wrap());
        ui.add_space(space::XS);
        if ui.add(Button::plain("Trust this server").enabled(!self.telling.is_waiting())).clicked() {
            let trust = Some(ServerTrust::Key(key.to_owned()));
            self.tell(cx, location, ToldAccess { trust, ..ToldAccess::default() });
        }
    }

    fn password(&mut self, ui: &mut Ui, cx: &Cx<'_>, location: &Location, problem: &Problem) {
        wrapped(ui, body(&problem.what).color(tokens(ui).text));
        let name = location.secret_name();
        let row = FormRow::new(name).hint("It is kept on this computer, for the runs to come.");
        let field = row.show(ui, |ui| PasswordField::new(&mut self.password).name(name).show(ui));
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let ready = !self.password.is_empty() && !self.telling.is_waiting();
        let button = Button::plain("Use it").enabled(ready).why_off("Type the password first.");
        if (ui.add(button).clicked() || entered) && ready {
            let password = Some(Secret::new(self.password.as_str()));
            self.tell(cx, location, ToldAccess { password, keep: true, ..ToldAccess::default() });
        }
    }

    fn certificate(&mut self, ui: &mut Ui, cx: &Cx<'_>, location: &Location, problem: &Problem) {
        problem_text(ui, problem);
        let row = FormRow::new("File with its certificate, or its authority's");
        let field = TextField::new(&mut self.ca_file).hint("/home/…/ca.pem").name("File with the server's certificate");
        row.show(ui, |ui| ui.add(field));
        let path = self.ca_file.trim();
        let is_path = names::is_absolute(path);
        let button = Button::plain("Use it").enabled(is_path && !self.telling.is_waiting()).why_off("Give the whole path first.");
        if ui.add(button).clicked() {
            let ca_file = Some(PathBytes::from(path));
            self.tell(cx, location, ToldAccess { ca_file, keep: true, ..ToldAccess::default() });
        }
    }

    fn tell(&mut self, cx: &Cx<'_>, location: &Location, told: ToldAccess) {
        self.telling = Load::Waiting(cx.handle.tell_access(location.clone(), told));
    }
}

/// The fingerprint that the problem names.
fn shown_key(problem: &Problem) -> Option<&str> {
    let from = problem.what.find("SHA256:")?;
    let rest = &problem.what[from..];
    Some(rest.split_whitespace().next().unwrap_or(rest).trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage;

    #[test]
    fn the_key_that_is_shown_is_the_one_that_is_trusted() {
        let key = "SHA256:uNiVztksCsDhcc0u9e8BrrQHVKQpcwqgvy2HGPkKLVE";
        let source = std::io::Error::other(key);
        let error = storage::Error { kind: storage::Kind::ServerUnknown, context: "sftp://nas/~".into(), source };
        assert_eq!(shown_key(&Problem::from(error)), Some(key));
    }
}
