//! After how many days a destination that is away is missed.

use egui::Ui;

use crate::model::health::Patience;
use crate::ui::theme::typography::{body, body_strong, caption};
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{NumberField, wrapped};

pub fn show(ui: &mut Ui, patience: &mut Patience) {
    let t = tokens(ui);
    ui.add_space(space::S);
    ui.label(body_strong("Destinations that are away").color(t.text));
    days(ui, "Days until a server is missed", "for a server", &mut patience.servers);
    days(ui, "Days until a drive or folder is missed", "for a drive or folder of this computer", &mut patience.drives);
    let text = "After so long the backups that go there by themselves need attention, and that is told once.";
    wrapped(ui, caption(text).color(t.text3));
}

fn days(ui: &mut Ui, name: &str, of_what: &str, days: &mut u8) {
    let t = tokens(ui);
    ui.horizontal(|ui| {
        let mut shown = i64::from(*days);
        if NumberField::new(name, &mut shown, 1, Patience::MOST.into()).show(ui).changed() {
            *days = u8::try_from(shown).unwrap_or(Patience::MOST);
        }
        let unit = if shown == 1 { "day" } else { "days" };
        ui.label(body(format!("{unit} {of_what}")).color(t.text));
    });
}
