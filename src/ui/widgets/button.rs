//! Buttons: one filled one per screen, the others outlined or plain. A dangerous one names what goes.

use egui::{Color32, Response, Role as AccessRole, Sense, Stroke, StrokeKind, Ui, Widget, WidgetInfo, pos2, vec2};

use super::paint::{focus_ring, galley, icon_at};
use crate::ui::theme::typography::Role;
use crate::ui::theme::{Icon, radius, size, space, tokens};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Primary,
    Plain,
    Danger,
    Quiet,
}

/// `ui.add(Button::primary("Back up now").icon(icons::PLAY))`.
#[must_use]
pub struct Button<'a> {
    label: &'a str,
    kind: Kind,
    icon: Option<Icon>,
    enabled: bool,
    why: Option<&'a str>,
    name: Option<String>,
    min_width: f32,
    selected: Option<bool>,
    icon_only: bool,
    tall: bool,
    badge: u64,
}

impl<'a> Button<'a> {
    fn new(label: &'a str, kind: Kind) -> Self {
        Self {
            label,
            kind,
            icon: None,
            enabled: true,
            why: None,
            name: None,
            min_width: 0.0,
            selected: None,
            icon_only: false,
            tall: false,
            badge: 0,
        }
    }

    /// The one filled button of a screen.
    pub fn primary(label: &'a str) -> Self {
        Self::new(label, Kind::Primary)
    }

    /// Outlined.
    pub fn plain(label: &'a str) -> Self {
        Self::new(label, Kind::Plain)
    }

    /// Filled in the colour of danger; the label names what goes: "Delete 3 versions, 4.1 GB".
    pub fn danger(label: &'a str) -> Self {
        Self::new(label, Kind::Danger)
    }

    /// Without a border: for links and toolbars.
    pub fn quiet(label: &'a str) -> Self {
        Self::new(label, Kind::Quiet)
    }

    /// Shows the icon only; `name` is read out and shown on hover.
    pub fn icon_only(icon: Icon, name: &'a str) -> Self {
        Self { icon: Some(icon), icon_only: true, ..Self::new(name, Kind::Quiet) }
    }

    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Shown on hover while the button is off.
    pub fn why_off(mut self, why: &'a str) -> Self {
        self.why = Some(why);
        self
    }

    /// What a screen reader says where the label alone is not enough: "Back up Documents now".
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    pub fn min_width(mut self, width: f32) -> Self {
        self.min_width = width;
        self
    }

    /// As high as the filled one that it stands beside.
    pub fn tall(mut self) -> Self {
        self.tall = true;
        self
    }

    /// Makes it a toggle.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = Some(selected);
        self
    }

    /// A count after the label; 0 shows none.
    pub fn badge(mut self, count: u64) -> Self {
        self.badge = count;
        self
    }
}

impl Widget for Button<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let enabled = self.enabled && ui.is_enabled();
        let filled = matches!(self.kind, Kind::Primary | Kind::Danger);
        let role = if filled { Role::BodyStrong } else { Role::Body };
        let height = if self.tall || self.kind == Kind::Primary { size::PRIMARY } else { size::CONTROL };
        let icon_size = 18.0;
        let text = (!self.icon_only).then(|| galley(ui, self.label, role, Color32::PLACEHOLDER, f32::INFINITY));
        let text_width = text.as_ref().map_or(0.0, |g| g.size().x);
        let padding = match self.kind {
            _ if self.icon_only => 0.0,
            Kind::Quiet => space::S,
            _ if filled => space::L,
            _ => space::M,
        };
        let gap = if self.icon.is_some() && text.is_some() { 6.0 } else { 0.0 };
        let badge = (self.badge > 0).then(|| {
            let number = if self.badge > 99 { "99+".to_owned() } else { self.badge.to_string() };
            galley(ui, &number, Role::CaptionStrong, t.on_bad, f32::INFINITY)
        });
        let badge_width = badge.as_ref().map_or(0.0, |number| (number.size().x + 8.0).max(18.0) + 6.0);
        let content = text_width + gap + badge_width + if self.icon.is_some() { icon_size } else { 0.0 };
        let width = if self.icon_only { height } else { (content + 2.0 * padding).max(self.min_width) };
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let (rect, mut response) = ui.allocate_exact_size(vec2(width, height), sense);

        let on = self.selected == Some(true);
        let hovered = enabled && (response.hovered() || response.is_pointer_button_down_on());
        let (fill, border, color) = match self.kind {
            _ if !enabled => (if filled { t.sunken } else { Color32::TRANSPARENT }, t.card_border, t.text3),
            Kind::Primary => (if hovered { t.accent_hover } else { t.accent }, Color32::TRANSPARENT, t.on_accent),
            Kind::Danger => (if hovered { t.bad_hover } else { t.bad }, Color32::TRANSPARENT, t.on_bad),
            Kind::Plain if on => (t.accent_soft, t.accent, t.text),
            Kind::Plain => (if hovered { t.hover } else { t.surface }, t.input_border, t.text),
            Kind::Quiet if on => (t.accent_soft, Color32::TRANSPARENT, t.text),
            Kind::Quiet => (if hovered { t.hover } else { Color32::TRANSPARENT }, Color32::TRANSPARENT, t.text),
        };
        let border = if !enabled && self.kind == Kind::Quiet { Color32::TRANSPARENT } else { border };
        if ui.is_rect_visible(rect) {
            let stroke = Stroke::new(size::BORDER, border);
            ui.painter().rect(rect, f32::from(radius::CONTROL), fill, stroke, StrokeKind::Inside);
            let nudge = if enabled && response.is_pointer_button_down_on() { 0.5 } else { 0.0 };
            let mut x = rect.center().x - content / 2.0;
            let y = rect.center().y + nudge;
            if let Some(icon) = self.icon {
                icon_at(ui, egui::pos2(x + icon_size / 2.0, y), icon, icon_size, color, false);
                x += icon_size + gap;
            }
            if let Some(text) = text {
                let pos = egui::pos2(x, y - text.size().y / 2.0);
                ui.painter().galley_with_override_text_color(pos, text, color);
            }
            if let Some(number) = badge {
                let size = vec2(badge_width - 6.0, 18.0);
                let spot = egui::Rect::from_center_size(pos2(rect.right() - padding - size.x / 2.0, rect.center().y), size);
                ui.painter().rect_filled(spot, 9.0, t.bad);
                ui.painter().galley(spot.center() - number.size() / 2.0, number, t.on_bad);
            }
            focus_ring(ui, &response, radius::CONTROL);
        }
        let name = self.name.clone().unwrap_or_else(|| self.label.to_owned());
        response.widget_info(|| match self.selected {
            Some(on) => WidgetInfo::selected(AccessRole::Button, enabled, on, &name),
            None => WidgetInfo::labeled(AccessRole::Button, enabled, &name),
        });
        if self.icon_only {
            response = response.on_hover_text(self.label);
        }
        match self.why {
            Some(why) if !enabled => response.on_hover_text(why),
            _ => response,
        }
    }
}
