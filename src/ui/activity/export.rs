//! Writes the runs that are filtered to a file.

use egui::Ui;

use crate::model::history::HistoryFilter;
use crate::model::history::export::ExportFormat;
use crate::model::human;
use crate::model::names;
use crate::model::path::PathBytes;
use crate::ui::context::{Action, Cx};
use crate::ui::load::Load;
use crate::ui::theme::{Tone, size, space};
use crate::ui::widgets::{Button, Check, Dialog, Ends, FormRow, Segmented, TextField, Toast, at_right, problem_text};

const FOLDER: &str = "folder for the exported history";

pub struct ExportDialog {
    filter: HistoryFilter,
    total: usize,
    format: ExportFormat,
    path: String,
    /// The path was proposed.
    proposed: bool,
    overwrite: bool,
    answer: Load<u64>,
}

impl ExportDialog {
    pub fn new(filter: HistoryFilter, total: usize) -> Self {
        Self {
            filter,
            total,
            format: ExportFormat::Csv,
            path: String::new(),
            proposed: false,
            overwrite: false,
            answer: Load::Idle,
        }
    }

    /// Draws it; `false` once it is closed or done.
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
        self.fill_in(cx);
        if self.answer.poll()
            && let Some(runs) = self.answer.ready()
        {
            let text = format!("{} written to {}.", human::counted(*runs, "entry", "entries"), names::one_line(&self.path));
            let folder = PathBytes::new(PathBytes::from(self.path.trim()).parent());
            cx.toast(Toast::new(Tone::Ok, text).action("Open folder", Box::new(Action::OpenFolder(folder))));
            return false;
        }
        let mut stays = true;
        let title = format!("Export {}", human::counted(self.total as u64, "entry", "entries"));
        let out = Dialog::new(&title).dirty(self.answer.is_waiting()).show(ui, |ui, _| {
            let before = self.format;
            FormRow::new("As").hint("All that is filtered, not only this page.").show(ui, |ui| {
                Segmented::new("Format").show(ui, &mut self.format, &ExportFormat::ALL.map(|format| (format, format.label())));
            });
            if self.format != before
                && let Some(stem) = self.path.strip_suffix(before.extension())
            {
                self.path = format!("{stem}{}", self.format.extension());
            }
            self.place(ui, cx);
            if ui.add(Check::new(self.overwrite, "Replace the file where it is there already")).clicked() {
                self.overwrite = !self.overwrite;
            }
            if let Some(problem) = self.answer.problem() {
                problem_text(ui, problem);
            }
            ui.add_space(space::M);
            at_right(ui, size::PRIMARY, |ui| {
                if ui.add(Button::plain("Cancel")).clicked() {
                    stays = false;
                }
                let ready = names::is_absolute(self.path.trim()) && !self.answer.is_waiting();
                let label = if self.answer.is_waiting() { "Exporting…" } else { "Export" };
                let export = Button::primary(label).enabled(ready);
                if ui.add(export.why_off(&format!("Type the whole path, from “{}” on", names::BEGINS))).clicked() {
                    let to = PathBytes::from(self.path.trim());
                    self.answer = Load::Waiting(cx.handle.export_history(self.filter.clone(), self.format, to, self.overwrite));
                }
            });
        });
        stays && !out.close
    }

    fn place(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        FormRow::new("File").show(ui, |ui| {
            let line = Ends::new(ui, size::CONTROL).left(|ui| {
                let width = ui.available_width();
                ui.add(TextField::new(&mut self.path).name("Path of the new file").hint("/home/…").width(width));
            });
            line.right(|ui| {
                if cx.pickers.available() && ui.add(Button::plain("Folder…").enabled(!cx.pickers.busy())).clicked() {
                    cx.pickers.pick_folders(FOLDER, "The folder for the exported history", false);
                }
            });
        });
    }

    /// The folder that was chosen in the dialog; at first the home folder.
    fn fill_in(&mut self, cx: &mut Cx<'_>) {
        let picked = cx.pickers.picked(FOLDER).and_then(|picked| picked.into_iter().next());
        let folder = picked.or_else(|| (!self.proposed).then(|| cx.overview.home_folder.clone()));
        self.proposed = true;
        let Some(folder) = folder.filter(|folder| !folder.is_empty()) else { return };
        let day = cx.now.to_zoned(cx.zone.clone()).strftime("%Y-%m-%d").to_string();
        let own = PathBytes::from(self.path.trim());
        let name = match own.file_name() {
            b"" => format!("strongroom-history-{day}.{}", self.format.extension()).into_bytes(),
            name => name.to_vec(),
        };
        self.path = folder.join(&name).display().into_owned();
    }
}
