//! What a card tells of how its destination was until now.

use egui::Ui;

use crate::model::health::{Sample, Told, days};
use crate::model::human;
use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::ui::context::Cx;
use crate::ui::theme::typography::{body, caption};
use crate::ui::theme::{Tone, icons, space, tokens};
use crate::ui::widgets::{RoomChart, icon_label, wrapped};

/// Days that are shown; as many as a season has.
pub const DAYS: u16 = 90;

/// Days of which something must be known before a chart of them says something.
const ENOUGH: usize = 3;

/// The chart, and what can be said of it.
pub fn show(ui: &mut Ui, cx: &Cx<'_>, location: &Location, samples: &[Sample]) {
    let days = days(samples, DAYS, cx.now, cx.zone);
    let is_told = days.iter().filter(|day| day.room.is_some() || day.was_away()).count() >= ENOUGH;
    let told = Told::of(samples, cx.now);
    let t = tokens(ui);
    if is_told {
        ui.add_space(space::XS);
        wrapped(ui, caption(format!("Room in use, day by day, over {DAYS} days")).color(t.text2));
        ui.add(RoomChart::new(&location.short_name(), &days));
        let parts: Vec<String> = [told.share_in_words(), told.trend_in_words()].into_iter().flatten().collect();
        if !parts.is_empty() {
            wrapped(ui, caption(human::capital(&parts.join(" · "))).color(t.text3));
        }
    }
    match (&told.away_in_words(cx.now, cx.zone), &told.last_failure) {
        (Some(away), _) => {
            icon_label(ui, Tone::Bad, icons::WARNING, &human::capital(away));
            if is_missed(cx, location, &told) {
                wrapped(ui, body("It has been away for too long: what is backed up meanwhile does not lie here.").color(t.text));
            }
        }
        (None, Some((at, failure))) => {
            let text = format!("Last error, {}: {}", human::ago(*at, cx.now), failure.what);
            wrapped(ui, caption(text).color(t.text3)).on_hover_text(human::exact(*at, cx.zone));
        }
        (None, None) => {}
    }
}

/// Whether a backup that runs by itself has waited for it longer than is borne.
fn is_missed(cx: &Cx<'_>, location: &Location, told: &Told) -> bool {
    let waits = |plan: &Plan| plan.runs_by_itself() && plan.destinations.contains(location);
    told.away_since.is_some_and(|since| cx.overview.settings.patience.is_over(location, since, cx.now))
        && cx.overview.plans.iter().any(|plan| waits(&plan.plan))
}
