//! egui's own style, made of the tokens, for what is not painted by our widgets: text fields, scroll bars, popups.

use std::collections::BTreeMap;

use egui::epaint::Shadow;
use egui::style::{ScrollStyle, Selection, WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, Margin, Stroke, Style, TextStyle, Visuals, vec2};

use super::tokens::{Tokens, radius, size, space};
use super::typography::Role;

pub fn style(tokens: &Tokens) -> Style {
    let mut style = Style {
        visuals: visuals(tokens),
        animation_time: size::MOTION,
        text_styles: BTreeMap::from([
            (TextStyle::Small, Role::Caption.font()),
            (TextStyle::Body, Role::Body.font()),
            (TextStyle::Button, Role::Body.font()),
            (TextStyle::Heading, Role::Title.font()),
            (TextStyle::Monospace, Role::Mono.font()),
        ]),
        ..Style::default()
    };
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(space::S, space::S);
    spacing.button_padding = vec2(space::M, 5.0);
    spacing.interact_size = vec2(size::CONTROL, size::CONTROL);
    spacing.icon_width = size::CHECK;
    spacing.icon_spacing = space::S;
    spacing.menu_margin = Margin::same(6);
    spacing.tooltip_width = 360.0;
    spacing.scroll = ScrollStyle {
        bar_width: 8.0,
        floating_allocated_width: 0.0,
        active_handle_opacity: 0.35,
        interact_handle_opacity: 0.5,
        interact_background_opacity: 0.1,
        active_background_opacity: 0.0,
        ..ScrollStyle::floating()
    };
    style.interaction.tooltip_delay = 0.3;
    // Text in cards is for reading; a drag over it should scroll or do nothing.
    style.interaction.selectable_labels = false;
    style.url_in_tooltip = true;
    style
}

fn visuals(tokens: &Tokens) -> Visuals {
    let base = if tokens.dark { Visuals::dark() } else { Visuals::light() };
    let corner = CornerRadius::same(radius::CONTROL);
    let shadow = Shadow { offset: [0, 4], blur: 16, spread: 0, color: tokens.shadow };
    let state = |fill: Color32, border: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(size::BORDER, border),
        corner_radius: corner,
        fg_stroke: Stroke::new(1.5, text),
        expansion: 0.0,
    };
    Visuals {
        dark_mode: tokens.dark,
        override_text_color: None,
        weak_text_color: Some(tokens.text2),
        widgets: Widgets {
            noninteractive: state(tokens.surface, tokens.card_border, tokens.text),
            inactive: state(tokens.surface, tokens.input_border, tokens.text),
            hovered: state(tokens.hover, tokens.input_border, tokens.text),
            active: state(tokens.hover, tokens.accent, tokens.text),
            open: state(tokens.hover, tokens.accent, tokens.text),
        },
        selection: Selection { bg_fill: tokens.accent_soft, stroke: Stroke::new(size::FOCUS, tokens.accent) },
        hyperlink_color: tokens.accent,
        faint_bg_color: tokens.sunken,
        extreme_bg_color: tokens.sunken,
        text_edit_bg_color: Some(tokens.surface),
        code_bg_color: tokens.sunken,
        warn_fg_color: tokens.warn,
        error_fg_color: tokens.bad,
        window_corner_radius: CornerRadius::same(radius::DIALOG),
        window_shadow: shadow,
        window_fill: tokens.surface,
        window_stroke: Stroke::new(size::BORDER, tokens.card_border),
        menu_corner_radius: CornerRadius::same(radius::CARD),
        panel_fill: tokens.bg,
        popup_shadow: shadow,
        text_cursor: egui::style::TextCursorStyle { stroke: Stroke::new(2.0, tokens.accent), ..base.text_cursor.clone() },
        ..base
    }
}
