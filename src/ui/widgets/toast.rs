//! A result that shows itself for a few seconds. Never the only record of it: Activity has all.

use egui::{Align2, Area, Frame, Margin, Order, Stroke, Ui};

use super::button::Button;
use crate::ui::theme::typography::body;
use crate::ui::theme::{Tone, icons, radius, size, space, tokens};

/// Seconds a toast stays; the pointer on it stops the clock.
const STAYS: f64 = 6.0;

#[derive(Clone, Debug)]
pub struct Toast<A> {
    pub tone: Tone,
    pub text: String,
    /// Label and what it asks for.
    pub action: Option<(String, A)>,
}

impl<A> Toast<A> {
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), action: None }
    }

    pub fn action(mut self, label: impl Into<String>, action: A) -> Self {
        self.action = Some((label.into(), action));
        self
    }
}

/// Those that are shown, oldest first.
pub struct Toasts<A> {
    shown: Vec<(Toast<A>, Option<f64>)>,
}

impl<A> Default for Toasts<A> {
    fn default() -> Self {
        Self { shown: Vec::new() }
    }
}

impl<A: Clone> Toasts<A> {
    pub fn push(&mut self, toast: Toast<A>) {
        // More than three would cover the window.
        if self.shown.len() == 3 {
            self.shown.remove(0);
        }
        self.shown.push((toast, None));
    }

    /// The action that was chosen.
    pub fn show(&mut self, ui: &Ui) -> Option<A> {
        if self.shown.is_empty() {
            return None;
        }
        let t = tokens(ui);
        let now = ui.input(|input| input.time);
        let mut chosen = None;
        let mut gone = None;
        // Above where pages have their buttons.
        let offset = egui::vec2(0.0, -(size::FOOTER + space::S));
        let area = Area::new(ui.scope_id().with("toasts"))
            // Also above a drawer or dialog, where what it tells of was done.
            .order(Order::Tooltip)
            .anchor(Align2::CENTER_BOTTOM, offset)
            .role(egui::accesskit::Role::Status);
        let response = area.show(ui.ctx(), |ui| {
            for (index, (toast, _)) in self.shown.iter().enumerate() {
                let frame = Frame::new()
                    .fill(t.surface)
                    .stroke(Stroke::new(1.0, t.strong(toast.tone)))
                    .corner_radius(radius::CARD)
                    .shadow(ui.visuals().popup_shadow)
                    .inner_margin(Margin::symmetric(space::L as i8, space::S as i8));
                frame.show(ui, |ui| {
                    ui.horizontal(|ui| {
                        let icon = match toast.tone {
                            Tone::Ok => icons::CHECK_CIRCLE,
                            Tone::Warn => icons::WARNING,
                            Tone::Bad => icons::X_CIRCLE,
                            Tone::Neutral | Tone::Accent => icons::INFO,
                        };
                        ui.label(body(icon.to_string()).color(t.strong(toast.tone)));
                        ui.label(body(&toast.text).color(t.text));
                        if let Some((label, action)) = &toast.action
                            && ui.add(Button::quiet(label)).clicked()
                        {
                            chosen = Some(action.clone());
                            gone = Some(index);
                        }
                        if ui.add(Button::icon_only(icons::X, "Close this message")).clicked() {
                            gone = Some(index);
                        }
                    });
                });
            }
        });
        let held = response.response.contains_pointer();
        for (_, since) in &mut self.shown {
            let since = since.get_or_insert(now);
            if held {
                *since = now;
            }
        }
        if let Some(index) = gone {
            self.shown.remove(index);
        }
        self.shown.retain(|(_, since)| since.is_none_or(|since| now - since < STAYS));
        if let Some(first) = self.shown.iter().filter_map(|(_, since)| *since).reduce(f64::min) {
            ui.ctx().request_repaint_after_secs((first + STAYS - now).max(0.05) as f32);
        }
        chosen
    }
}
