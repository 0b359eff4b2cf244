//! How many versions a rule leaves over the next year: a bar for each month.

use egui::{Align2, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::super::note;
use crate::model::human;
use crate::model::retention::Simulation;
use crate::ui::theme::typography::Role as TextRole;
use crate::ui::theme::{radius, space, tokens};
use crate::ui::widgets::galley;

const HEIGHT: f32 = 72.0;
/// Below the bars: the month's name.
const FOOT: f32 = 18.0;
const WIDEST: f32 = 640.0;

pub fn show(ui: &mut Ui, simulation: &Simulation) {
    let months = &simulation.months;
    let Some(last) = months.last() else { return };
    let (kept, bytes) = (human::counted(last.kept.into(), "version", "versions"), human::bytes(last.bytes));
    let said = format!("In a year there are {kept}, about {bytes}, if every run goes well.");
    ui.add_space(space::XS);
    let t = tokens(ui);
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width().min(WIDEST), HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    let most = months.iter().map(|month| month.kept).max().unwrap_or(1).max(1);
    let width = area.width() / months.len() as f32;
    for (index, month) in months.iter().enumerate() {
        let left = area.left() + index as f32 * width;
        let room = area.height() - FOOT - space::L;
        let height = (room * month.kept as f32 / most as f32).max(2.0);
        let bottom = area.bottom() - FOOT;
        let bar = egui::Rect::from_min_max(pos2(left + 3.0, bottom - height), pos2(left + width - 3.0, bottom));
        ui.painter().rect_filled(bar, radius::CHECK, t.accent);
        let count = galley(ui, &human::count(month.kept.into()), TextRole::Caption, t.text2, width);
        let spot = Align2::CENTER_BOTTOM.anchor_size(pos2(bar.center().x, bar.top() - 2.0), count.size());
        ui.painter().galley(spot.min, count, t.text2);
        let name = galley(ui, &month.until.strftime("%b").to_string(), TextRole::Caption, t.text3, width);
        let spot = Align2::CENTER_TOP.anchor_size(pos2(bar.center().x, bottom + 2.0), name.size());
        ui.painter().galley(spot.min, name, t.text3);
    }
    note(ui, said);
    if simulation.cut {
        note(ui, "There are too many runs to look a whole year ahead.");
    }
}
