//! Colours, spaces and sizes. Lengths are logical points.

use egui::Color32;

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// Colours of one theme. What stands on what, and how clearly, is asserted by the tests of `contrast`.
#[derive(Debug, PartialEq, Eq)]
pub struct Tokens {
    pub dark: bool,
    /// The window.
    pub bg: Color32,
    /// Cards, fields, popups.
    pub surface: Color32,
    /// Wells: progress tracks, code, disabled fields.
    pub sunken: Color32,
    pub hover: Color32,
    pub text: Color32,
    /// Beside the main thing.
    pub text2: Color32,
    /// Hints and placeholders.
    pub text3: Color32,
    pub accent: Color32,
    pub accent_hover: Color32,
    pub on_accent: Color32,
    /// Selection.
    pub accent_soft: Color32,
    pub ok: Color32,
    pub ok_soft: Color32,
    pub warn: Color32,
    pub warn_soft: Color32,
    pub bad: Color32,
    pub bad_hover: Color32,
    pub bad_soft: Color32,
    pub on_bad: Color32,
    pub input_border: Color32,
    /// Decorative: around cards and between rows.
    pub card_border: Color32,
    /// Behind a dialog.
    pub backdrop: Color32,
    /// Below popups.
    pub shadow: Color32,
}

pub const LIGHT: Tokens = Tokens {
    dark: false,
    bg: rgb(0xF5F6F8),
    surface: rgb(0xFFFFFF),
    sunken: rgb(0xECEEF2),
    hover: rgb(0xE9EDF3),
    text: rgb(0x1B2128),
    text2: rgb(0x4A5461),
    text3: rgb(0x5F6977),
    accent: rgb(0x1F5FBF),
    accent_hover: rgb(0x1A52A6),
    on_accent: rgb(0xFFFFFF),
    accent_soft: rgb(0xE3EDFB),
    ok: rgb(0x1B6E3C),
    ok_soft: rgb(0xE2F3E8),
    warn: rgb(0x8A5200),
    warn_soft: rgb(0xFCF0DB),
    bad: rgb(0xB3261E),
    bad_hover: rgb(0x9A1F18),
    bad_soft: rgb(0xFBE6E4),
    on_bad: rgb(0xFFFFFF),
    input_border: rgb(0x7C8694),
    card_border: rgb(0xD5DAE1),
    backdrop: Color32::from_rgba_premultiplied(6, 8, 10, 92),
    shadow: Color32::from_rgba_premultiplied(0, 0, 0, 38),
};

pub const DARK: Tokens = Tokens {
    dark: true,
    bg: rgb(0x15181C),
    surface: rgb(0x1E2227),
    sunken: rgb(0x111417),
    hover: rgb(0x2A3037),
    text: rgb(0xE8EBEF),
    text2: rgb(0xB4BCC7),
    text3: rgb(0x98A2AF),
    accent: rgb(0x7FB2FF),
    accent_hover: rgb(0x9CC4FF),
    on_accent: rgb(0x0B1B33),
    accent_soft: rgb(0x1B2F4D),
    ok: rgb(0x6CCB8D),
    ok_soft: rgb(0x17301F),
    warn: rgb(0xE9B252),
    warn_soft: rgb(0x36290F),
    bad: rgb(0xFF8A80),
    bad_hover: rgb(0xFFA69E),
    bad_soft: rgb(0x3E1B19),
    on_bad: rgb(0x2B0907),
    input_border: rgb(0x76818F),
    card_border: rgb(0x343B44),
    backdrop: Color32::from_rgba_premultiplied(0, 0, 0, 140),
    shadow: Color32::from_rgba_premultiplied(0, 0, 0, 120),
};

/// What a colour means; never the only carrier of that meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Neutral,
    Accent,
    Ok,
    Warn,
    Bad,
}

impl Tokens {
    /// Text and icon colour of a tone, on its [`soft`](Self::soft) ground or on a surface.
    pub fn strong(&self, tone: Tone) -> Color32 {
        match tone {
            Tone::Neutral => self.text2,
            Tone::Accent => self.accent,
            Tone::Ok => self.ok,
            Tone::Warn => self.warn,
            Tone::Bad => self.bad,
        }
    }

    pub fn soft(&self, tone: Tone) -> Color32 {
        match tone {
            Tone::Neutral => self.sunken,
            Tone::Accent => self.accent_soft,
            Tone::Ok => self.ok_soft,
            Tone::Warn => self.warn_soft,
            Tone::Bad => self.bad_soft,
        }
    }
}

/// Distances.
pub mod space {
    /// Inside components.
    pub const XS: f32 = 4.0;
    pub const S: f32 = 8.0;
    pub const M: f32 = 12.0;
    pub const L: f32 = 16.0;
    /// Page margin.
    pub const XL: f32 = 24.0;
    pub const XXL: f32 = 32.0;
    pub const HUGE: f32 = 48.0;
}

pub mod radius {
    pub const CHECK: u8 = 4;
    pub const CONTROL: u8 = 6;
    pub const CARD: u8 = 10;
    pub const DIALOG: u8 = 12;
}

/// Heights, widths and strokes.
pub mod size {
    pub const CONTROL: f32 = 32.0;
    pub const PRIMARY: f32 = 36.0;
    pub const ROW: f32 = 28.0;
    pub const CHECK: f32 = 18.0;
    /// Smallest window, width and height.
    pub const WINDOW_LEAST: [f32; 2] = [900.0, 600.0];
    /// Below this width words give way to icons.
    pub const NARROW: f32 = 680.0;
    pub const TOP_BAR: f32 = 56.0;
    pub const FOOTER: f32 = 64.0;
    /// Widest running text.
    pub const TEXT_WIDTH: f32 = 640.0;
    /// Widest page content, so that lines stay readable on a large screen.
    pub const PAGE_WIDTH: f32 = 1040.0;
    pub const DIALOG_WIDTH: f32 = 460.0;
    pub const DRAWER_WIDTH: f32 = 480.0;
    pub const BORDER: f32 = 1.0;
    pub const FOCUS: f32 = 2.0;
    pub const FOCUS_OFFSET: f32 = 2.0;
    pub const TRACK: f32 = 8.0;
    /// Seconds an animation takes.
    pub const MOTION: f32 = 0.12;
}
