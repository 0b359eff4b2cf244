//! The look: the only place with colours, sizes and fonts. Screens are made of widgets, widgets of these tokens.

mod contrast;
mod fonts;
pub mod icons;
mod tokens;
pub mod typography;
mod visuals;

pub use contrast::contrast;
pub use fonts::definitions as fonts;
pub use icons::Icon;
pub use tokens::{DARK, LIGHT, Tokens, Tone, radius, size, space};

use crate::model::settings::Appearance;

/// Registers fonts and both styles. Once per window.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts::definitions());
    ctx.set_style_of(egui::Theme::Light, visuals::style(&LIGHT));
    ctx.set_style_of(egui::Theme::Dark, visuals::style(&DARK));
    // One for an action that changes the page, one for the page to find its widths, one to draw it.
    ctx.options_mut(|options| options.max_passes = std::num::NonZeroUsize::MIN.saturating_add(2));
}

/// Light or dark, as the person wants it; `system_dark` is what the desktop says, where it says anything.
pub fn set_appearance(ctx: &egui::Context, wanted: Appearance, system_dark: Option<bool>) {
    let dark = match wanted {
        Appearance::Light => false,
        Appearance::Dark => true,
        Appearance::System => system_dark.unwrap_or_else(|| ctx.system_theme() == Some(egui::Theme::Dark)),
    };
    let preference = if dark { egui::ThemePreference::Dark } else { egui::ThemePreference::Light };
    if ctx.options(|options| options.theme_preference) != preference {
        ctx.set_theme(preference);
    }
}

/// The tokens of the theme this `ui` is drawn with.
pub fn tokens(ui: &egui::Ui) -> &'static Tokens {
    of(ui.visuals())
}

/// See [`tokens`].
pub fn of(visuals: &egui::Visuals) -> &'static Tokens {
    if visuals.dark_mode { &DARK } else { &LIGHT }
}
