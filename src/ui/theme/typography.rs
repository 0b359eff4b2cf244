//! Type roles: size, line height and weight. `ui.label(typography::section("Where"))`.

use egui::{FontFamily, FontId, RichText};

use super::fonts;

/// A role of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Caption,
    CaptionStrong,
    Body,
    BodyStrong,
    Section,
    Title,
    Hero,
    Mono,
}

impl Role {
    pub fn font(self) -> FontId {
        let (size, family) = match self {
            Self::Caption => (13.0, FontFamily::Proportional),
            Self::CaptionStrong => (13.0, fonts::strong()),
            Self::Body => (15.0, FontFamily::Proportional),
            Self::BodyStrong => (15.0, fonts::strong()),
            Self::Section => (17.0, fonts::strong()),
            Self::Title => (22.0, fonts::strong()),
            Self::Hero => (28.0, fonts::strong()),
            Self::Mono => (13.0, FontFamily::Monospace),
        };
        FontId::new(size, family)
    }

    /// Points from one line to the next.
    pub fn line_height(self) -> f32 {
        match self {
            Self::Caption | Self::CaptionStrong => 18.0,
            Self::Body | Self::BodyStrong => 22.0,
            Self::Section => 24.0,
            Self::Title => 30.0,
            Self::Hero => 36.0,
            Self::Mono => 20.0,
        }
    }

    pub fn text(self, text: impl Into<String>) -> RichText {
        RichText::new(text).font(self.font()).line_height(Some(self.line_height()))
    }
}

pub fn caption(text: impl Into<String>) -> RichText {
    Role::Caption.text(text)
}

pub fn caption_strong(text: impl Into<String>) -> RichText {
    Role::CaptionStrong.text(text)
}

pub fn body(text: impl Into<String>) -> RichText {
    Role::Body.text(text)
}

pub fn body_strong(text: impl Into<String>) -> RichText {
    Role::BodyStrong.text(text)
}

pub fn section(text: impl Into<String>) -> RichText {
    Role::Section.text(text)
}

pub fn title(text: impl Into<String>) -> RichText {
    Role::Title.text(text)
}

pub fn hero(text: impl Into<String>) -> RichText {
    Role::Hero.text(text)
}

pub fn mono(text: impl Into<String>) -> RichText {
    Role::Mono.text(text)
}

/// Outlined icons alone.
pub fn icon_font(size: f32) -> FontId {
    FontId::new(size, fonts::icons())
}

/// Filled icons alone.
pub fn filled_icon_font(size: f32) -> FontId {
    FontId::new(size, fonts::filled_icons())
}
