//! The fonts that come with the program. Foreign file names fall back to the system's.

use std::sync::Arc;

use egui::epaint::text::{FontTweak, VariationCoords};
use egui::{FontData, FontDefinitions, FontFamily};

const SOURCE_SANS: &[u8] = include_bytes!("../../../assets/fonts/SourceSans3VF-Upright.ttf");
const JETBRAINS_MONO: &[u8] = include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf");
const PHOSPHOR: &[u8] = include_bytes!("../../../assets/fonts/Phosphor.ttf");
const PHOSPHOR_FILL: &[u8] = include_bytes!("../../../assets/fonts/Phosphor-Fill.ttf");

/// Semibold text.
pub fn strong() -> FontFamily {
    FontFamily::Name("strong".into())
}

/// Outlined icons alone, for painting one in the middle of something.
pub fn icons() -> FontFamily {
    FontFamily::Name("icons".into())
}

pub fn filled_icons() -> FontFamily {
    FontFamily::Name("icons-fill".into())
}

pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let mut add = |name: &str, bytes: &'static [u8], tweak: FontTweak| {
        fonts.font_data.insert(name.into(), Arc::new(FontData::from_static(bytes).tweak(tweak)));
    };
    // The axis' default is the thinnest weight.
    let weight = |value: f32| FontTweak { coords: VariationCoords::new([(b"wght", value)]), ..FontTweak::default() };
    // Phosphor's glyphs fill the em above the baseline: lowered a little, they sit in the middle of a line of text.
    let icon = FontTweak { y_offset_factor: 0.02, ..FontTweak::default() };
    add("ui", SOURCE_SANS, weight(400.0));
    add("strong", SOURCE_SANS, weight(600.0));
    add("mono", JETBRAINS_MONO, FontTweak::default());
    add("icons", PHOSPHOR, icon.clone());
    add("icons-fill", PHOSPHOR_FILL, icon);
    let mut family = |family: FontFamily, first: &[&str]| {
        let names = first.iter().map(|name| (*name).to_owned()).chain(fallback.iter().cloned()).collect();
        fonts.families.insert(family, names);
    };
    family(FontFamily::Proportional, &["ui", "icons"]);
    family(FontFamily::Monospace, &["mono", "icons"]);
    family(strong(), &["strong", "icons"]);
    family(icons(), &["icons"]);
    family(filled_icons(), &["icons-fill"]);
    fonts
}
