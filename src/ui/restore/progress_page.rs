//! While it restores.

use egui::Ui;

use super::wizard::Wizard;
use crate::engine::message::Command;
use crate::model::run::ProgressView;
use crate::ui::context::Cx;
use crate::ui::theme::typography::{body, section};
use crate::ui::theme::{icons, space, tokens};
use crate::ui::widgets::{Button, Card, ProgressRow, wrapped};

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard) {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::S;
    let pace = wizard.run.and_then(|run| cx.progress(run));
    Card::new().show(ui, |ui| {
        ui.label(section("Restoring").color(t.text));
        let (view, speed, left) = match pace {
            Some(pace) => (pace.view, pace.speed, pace.left),
            None => (ProgressView::default(), None, None),
        };
        let paused = view.paused;
        let name = format!("Restoring {}", wizard.name);
        ProgressRow::new(&name, &view).pace(speed, left).home(cx.overview.home_folder.as_bytes()).show(ui);
        ui.add_space(space::S);
        ui.horizontal(|ui| {
            let label = if wizard.cancel_asked { "Cancelling…" } else { "Cancel" };
            if ui.add(Button::plain(label).enabled(!wizard.cancel_asked).name("Cancel the restore")).clicked() {
                wizard.cancel(cx.handle);
            }
            let (label, icon) = if paused { ("Resume", icons::PLAY) } else { ("Pause", icons::PAUSE) };
            let pause = Button::plain(label).icon(icon).enabled(!wizard.cancel_asked).min_width(104.0);
            if ui.add(pause.name(format!("{label} the restore"))).clicked()
                && let Some(run) = wizard.run
            {
                cx.send(Command::Pause { run, paused: !paused });
            }
            ui.label(body("Safe to cancel: what is finished stays, nothing half-written is left.").color(t.text2));
        });
    });
    wrapped(ui, body("You can leave this page: it goes on, and Activity has the result.").color(t.text2));
    ui.ctx().request_repaint_after_secs(0.25);
}
