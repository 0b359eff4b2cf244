//! What opens a backup, one to a line.

use egui::Ui;

use crate::engine::message::KeyStatus;
use crate::model::human;
use crate::model::key::{KeySlot, SlotKind};
use crate::ui::context::Cx;
use crate::ui::theme::typography::{body, caption};
use crate::ui::theme::{Icon, icons, size, tokens};
use crate::ui::widgets::{Button, Ends, wrapped};

const LAST: &str = "The last way into a backup is never removed";

/// The slot that is to be removed, if one is.
pub fn show(ui: &mut Ui, cx: &Cx<'_>, plan: &str, status: &KeyStatus) -> Option<KeySlot> {
    let mut removed = None;
    for slot in &status.slots {
        Ends::new(ui, size::CONTROL)
            .left(|ui| {
                let t = tokens(ui);
                ui.label(body(format!("{} {}", icon(slot.kind), slot.kind.in_words())).color(t.text));
                // Where there are several of a kind, what tells them apart.
                let several = status.slots.iter().filter(|other| other.kind == slot.kind).count() > 1;
                let id = if several { format!(" ({})", slot.id) } else { String::new() };
                ui.add(egui::Label::new(caption(said(slot, cx) + &id).color(t.text2)).truncate());
            })
            .right(|ui| {
                let name = format!("Remove {} {} of {plan}", slot.kind.in_words().to_lowercase(), slot.id);
                let button = Button::icon_only(icons::TRASH, &name).enabled(status.slots.len() > 1).why_off(LAST);
                if ui.add(button).clicked() {
                    removed = Some(slot.clone());
                }
            });
    }
    if !status.slots.iter().any(|slot| slot.kind == SlotKind::RecoveryKey) {
        let text = "There is no recovery key: if the rest is lost or forgotten, nobody can restore.";
        wrapped(ui, caption(text).color(tokens(ui).text2));
    }
    removed
}

fn icon(kind: SlotKind) -> Icon {
    match kind {
        SlotKind::Password => icons::LOCK,
        SlotKind::RecoveryKey => icons::KEY,
        SlotKind::KeyFile => icons::FILE,
    }
}

/// "stretched with scrypt 2^16/8/3, made 4 days ago".
fn said(slot: &KeySlot, cx: &Cx<'_>) -> String {
    let made = slot.created.map(|at| format!("made {}", human::ago(at, cx.now)));
    let stretched = (slot.kind == SlotKind::Password).then(|| format!("stretched with {}", slot.function));
    [stretched, made].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
