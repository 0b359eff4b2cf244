//! The top bar, and where banners stand.

use egui::{Rect, Response, Role as AccessRole, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::context::{Action, Cx, Tab};
use super::theme::typography::Role;
use super::theme::{Tone, icons, radius, size, space, tokens};
use super::widgets::{Banner, BannerEvent, Button, Ends, focus_ring, galley};
use crate::engine::message::Command;

/// The four tabs at the left; Activity and Settings at the right.
pub fn top_bar(ui: &mut Ui, current: Tab, cx: &mut Cx<'_>) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::TOP_BAR), Sense::hover());
    ui.painter().rect_filled(rect, 0.0, t.surface);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.card_border));
    let inner = rect.shrink2(vec2(space::L, 0.0));
    ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let line = Ends::new(ui, size::TOP_BAR).left(|ui| {
            for tab in Tab::ALL {
                if tab_button(ui, tab, tab == current, rect).clicked() {
                    cx.act(Action::Tab(tab));
                }
            }
        });
        line.right(|ui| {
            // Large type on a small screen leaves no room for words.
            let narrow = rect.width() < size::NARROW;
            let unseen = cx.overview.unseen;
            let name = if unseen > 0 { format!("Activity, {unseen} unread") } else { "Activity".into() };
            let activity = if narrow {
                Button::icon_only(icons::BELL, "Activity")
            } else {
                Button::quiet("Activity").icon(icons::BELL).badge(unseen)
            };
            if ui.add(activity.name(name)).clicked() {
                cx.act(Action::Activity(None));
            }
            let settings = if narrow {
                Button::icon_only(icons::GEAR_SIX, "Settings")
            } else {
                Button::quiet("Settings").icon(icons::GEAR_SIX)
            };
            if ui.add(settings).clicked() {
                cx.act(Action::Settings);
            }
        });
    });
}

fn tab_button(ui: &mut Ui, tab: Tab, on: bool, bar: Rect) -> Response {
    let t = tokens(ui);
    let role = if on { Role::BodyStrong } else { Role::Body };
    let text = galley(ui, tab.label(), role, t.text, f32::INFINITY);
    // As wide as in bold, so that nothing moves when another tab is chosen.
    let width = galley(ui, tab.label(), Role::BodyStrong, t.text, f32::INFINITY).size().x + 2.0 * space::M;
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::click());
    if response.hovered() {
        ui.painter().rect_filled(rect, f32::from(radius::CONTROL), t.hover);
    }
    let color = if on { t.text } else { t.text2 };
    ui.painter().galley_with_override_text_color(rect.center() - text.size() / 2.0, text, color);
    if on {
        let line =
            Rect::from_min_max(pos2(rect.left() + space::M, bar.bottom() - 3.0), pos2(rect.right() - space::M, bar.bottom()));
        ui.painter().rect_filled(line, 1.5, t.accent);
    }
    focus_ring(ui, &response, radius::CONTROL);
    response.widget_info(|| WidgetInfo::selected(AccessRole::Tab, true, on, tab.label()));
    response
}

/// That nothing runs by itself, and the way out of it.
pub fn paused(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(paused) = &cx.overview.paused else { return };
    let text = format!("Schedules are {}. What is missed is made up for.", paused.in_words(cx.now, cx.zone));
    banner(ui, |ui| {
        if Banner::new(Tone::Neutral, &text).action("Resume").show(ui) == Some(BannerEvent::Action) {
            cx.send(Command::ResumeSchedules);
        }
    });
}

/// Room for a banner between the top bar and the page.
pub fn banner(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let margin = egui::Margin { left: space::XL as i8, right: space::XL as i8, top: space::M as i8, bottom: 0 };
    egui::Frame::new().inner_margin(margin).show(ui, content);
}
