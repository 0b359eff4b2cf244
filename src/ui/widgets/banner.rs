//! Something that stays until it is dealt with, across the page.

use egui::{Frame, Margin, Ui};

use super::button::Button;
use super::ends::Ends;
use super::labels::wrapped;
use crate::ui::theme::typography::body;
use crate::ui::theme::{Tone, icons, radius, size, space, tokens};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BannerEvent {
    Action,
    Dismissed,
}

#[must_use]
pub struct Banner<'a> {
    tone: Tone,
    text: &'a str,
    action: Option<&'a str>,
    dismissible: bool,
}

impl<'a> Banner<'a> {
    pub fn new(tone: Tone, text: &'a str) -> Self {
        Self { tone, text, action: None, dismissible: false }
    }

    pub fn action(mut self, label: &'a str) -> Self {
        self.action = Some(label);
        self
    }

    pub fn dismissible(mut self) -> Self {
        self.dismissible = true;
        self
    }

    pub fn show(self, ui: &mut Ui) -> Option<BannerEvent> {
        let t = tokens(ui);
        let mut event = None;
        let margin = Margin::symmetric(space::L as i8, space::S as i8);
        Frame::new().fill(t.soft(self.tone)).corner_radius(radius::CARD).inner_margin(margin).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let line = Ends::new(ui, size::CONTROL).left(|ui| {
                let icon = match self.tone {
                    Tone::Ok => icons::CHECK_CIRCLE,
                    Tone::Warn => icons::WARNING,
                    Tone::Bad => icons::WARNING_CIRCLE,
                    Tone::Neutral | Tone::Accent => icons::INFO,
                };
                ui.label(body(icon.to_string()).color(t.strong(self.tone)));
                wrapped(ui, body(self.text).color(t.text));
            });
            line.right(|ui| {
                if let Some(label) = self.action
                    && ui.add(Button::plain(label)).clicked()
                {
                    event = Some(BannerEvent::Action);
                }
                if self.dismissible && ui.add(Button::icon_only(icons::X, "Dismiss")).clicked() {
                    event = Some(BannerEvent::Dismissed);
                }
            });
        });
        event
    }
}
