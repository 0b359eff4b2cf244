//! How clearly one colour stands on another.

use egui::Color32;

/// Contrast of two opaque colours, 1 to 21 (WCAG 2.2, "contrast ratio" and "relative luminance").
pub fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |color: Color32| {
        let linear = |byte: u8| {
            let c = f32::from(byte) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::super::tokens::{DARK, LIGHT, Tokens};
    use super::*;

    #[test]
    fn known_ratios() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
        assert!((contrast(Color32::WHITE, Color32::WHITE) - 1.0).abs() < 0.01);
    }

    /// The lowest contrast of a colour over all grounds it may stand on.
    fn lowest(colour: Color32, grounds: &[Color32]) -> f32 {
        grounds.iter().map(|ground| contrast(colour, *ground)).fold(f32::MAX, f32::min)
    }

    fn check(tokens: &Tokens, least: [f32; 12]) {
        let grounds = [tokens.bg, tokens.surface, tokens.sunken, tokens.hover, tokens.accent_soft];
        let plain = [tokens.bg, tokens.surface, tokens.sunken, tokens.hover];
        let found = [
            ("text", lowest(tokens.text, &grounds)),
            ("text2", lowest(tokens.text2, &grounds)),
            ("text3", lowest(tokens.text3, &plain)),
            ("accent", lowest(tokens.accent, &plain)),
            ("on accent", contrast(tokens.on_accent, tokens.accent)),
            ("on accent, hovered", contrast(tokens.on_accent, tokens.accent_hover)),
            ("ok", contrast(tokens.ok, tokens.ok_soft)),
            ("warn", contrast(tokens.warn, tokens.warn_soft)),
            ("bad", contrast(tokens.bad, tokens.bad_soft)),
            ("on bad", contrast(tokens.on_bad, tokens.bad)),
            ("on bad, hovered", contrast(tokens.on_bad, tokens.bad_hover)),
            ("input border", lowest(tokens.input_border, &[tokens.bg, tokens.surface, tokens.sunken])),
        ];
        for ((name, ratio), least) in found.into_iter().zip(least) {
            assert!(ratio >= least - 0.05, "{name}: {ratio:.2} where {least} is promised (dark: {})", tokens.dark);
        }
    }

    #[test]
    fn light_is_readable() {
        check(&LIGHT, [13.7, 6.5, 4.7, 5.2, 6.1, 6.1, 5.4, 5.7, 5.5, 6.5, 6.5, 3.2]);
    }

    #[test]
    fn dark_is_readable() {
        check(&DARK, [11.1, 6.9, 5.1, 6.2, 8.0, 8.0, 7.1, 7.4, 6.7, 8.0, 8.0, 4.0]);
    }
}
