//! What can be done about a backup that failed: look again, or, where it is held since a source vanished or shrank, back up anyway.

use egui::Ui;

use super::context::Cx;
use super::theme::icons;
use super::widgets::Button;
use crate::model::plan::PlanId;
use crate::model::problem::{Code, Problem};
use crate::model::snapshot::WantedType;

/// `name`: the plan's. Drawn in a line, from left to right.
pub fn buttons(ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanId, name: &str, problem: &Problem) {
    let label = if problem.code.is_held() { "Look again" } else { "Retry" };
    let again = Button::plain(label).icon(icons::ARROW_CLOCKWISE);
    if ui.add(again.name(format!("{label}: {name}"))).clicked() {
        cx.back_up(plan, WantedType::Auto);
    }
    if problem.code == Code::SourceShrank {
        let anyway = Button::plain("Back up anyway").icon(icons::PLAY);
        if ui.add(anyway.name(format!("Back up {name} anyway"))).clicked() {
            cx.back_up_anyway(plan);
        }
    }
}
