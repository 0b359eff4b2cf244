//! The key file that opens a backup for runs that nobody attends, where this computer does not keep its key.

use egui::Ui;

use super::editor::Editor;
use crate::engine::Handle;
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, SecretFile};
use crate::model::restore::{Place, PlanChoice};
use crate::model::secret::Secret;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::body;
use crate::ui::theme::{icons, size, tokens};
use crate::ui::widgets::{Button, Ends, TextField, problem_text, section_head, spinner, wrapped};

const PURPOSE: &str = "key file for unattended runs";

/// A file that is being chosen: read first, then tried on the backup, so that nothing is kept that would not open it.
#[derive(Default)]
pub struct SecretFileChoice {
    typed: Option<String>,
    path: PathBytes,
    reading: Load<Secret>,
    trying: Load<()>,
}

impl SecretFileChoice {
    pub fn is_waiting(&self) -> bool {
        self.reading.is_waiting() || self.trying.is_waiting()
    }

    fn read(&mut self, handle: &Handle, path: PathBytes) {
        self.reading = Load::Waiting(handle.read_key_file(path.clone()));
        (self.path, self.trying) = (path, Load::Idle);
    }

    /// The file, once it is known that it opens the backup.
    pub fn poll(&mut self, handle: &Handle, plan: &Plan) -> Option<SecretFile> {
        if self.reading.poll()
            && let (Some(secret), Some(location)) = (self.reading.ready(), plan.destinations.first())
        {
            let plan = PlanChoice::Id(plan.id.clone());
            let place = Place { location: location.clone(), plan, secret: Some(secret.clone()) };
            self.trying = Load::Waiting(handle.unlock(place));
            self.reading = Load::Idle;
        }
        if self.trying.poll() && self.trying.ready().is_some() {
            let path = std::mem::take(&mut self.path);
            *self = Self::default();
            return Some(SecretFile::Key(path));
        }
        None
    }
}

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor) {
    section_head(ui, "Runs that nobody attends");
    if let Some(path) = cx.pickers.picked(PURPOSE).and_then(|picked| picked.into_iter().next()) {
        editor.secret_file.read(cx.handle, path);
    }
    let t = tokens(ui);
    match editor.draft.secret_file.clone() {
        Some(file) => {
            let what = match file {
                SecretFile::Password(_) => "Password file",
                SecretFile::Key(_) => "Key file",
            };
            wrapped(ui, body("Where this computer does not keep the backup's key, it is opened with:").color(t.text2));
            let mut removed = false;
            Ends::new(ui, size::CONTROL)
                .left(|ui| {
                    ui.label(body(format!("{} {what}", icons::KEY)).color(t.text));
                    let path = file.path().display().into_owned();
                    ui.add(egui::Label::new(body(&path).color(t.text2)).truncate()).on_hover_text(path);
                })
                .right(|ui| {
                    let name = format!("Do without the {}", what.to_lowercase());
                    removed = ui.add(Button::icon_only(icons::X, &name)).clicked();
                });
            if removed {
                editor.draft.secret_file = None;
                editor.touch();
            }
        }
        None => choose(ui, cx, editor),
    }
}

fn choose(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor) {
    let text =
        "The backup's key is kept on this computer. Should it get lost here, a key file that opens the backup can stand in.";
    wrapped(ui, body(text).color(tokens(ui).text2));
    let choice = &mut editor.secret_file;
    if choice.is_waiting() {
        spinner(ui, "Trying it…");
        return;
    }
    match &mut choice.typed {
        Some(typed) => {
            let whole = names::is_absolute(typed);
            let mut asked = false;
            ui.horizontal(|ui| {
                let width = (ui.available_width() - 90.0).clamp(160.0, 420.0);
                let field = TextField::new(typed).name("Path of the key file").hint("/media/…/strongroom.key");
                ui.add(field.width(width));
                let button = Button::plain("Use it").enabled(whole).why_off("Type the whole path, from “/” on");
                asked = ui.add(button).clicked();
            });
            if asked {
                let path = PathBytes::from(typed.trim());
                choice.read(cx.handle, path);
            }
        }
        None => {
            if ui.add(Button::plain("Use a key file…").icon(icons::KEY).enabled(!cx.pickers.busy())).clicked() {
                if cx.pickers.available() {
                    cx.pickers.pick_file(PURPOSE, "The key file of the backup");
                } else {
                    choice.typed = Some(String::new());
                }
            }
        }
    }
    if let Some(problem) = choice.reading.problem().or(choice.trying.problem()) {
        problem_text(ui, problem);
        wrapped(ui, body("A key file is added to a backup in the Encryption tab.").color(tokens(ui).text2));
    }
}
