//! A result that shows itself for a few seconds. Never the only record of it: Activity has all.

use egui::{Align2, Area, Frame, Margin, Order, Popup, Stroke, Ui};

use super::button::Button;
use crate::ui::theme::typography::body;
use crate::ui::theme::{Tone, icons, radius, size, space, tokens};

/// Seconds a toast stays; the pointer on it stops the clock,
const STAYS: f64 = 6.0;
/// but not for ever: whoever works below it must get there.
const AT_MOST: f64 = 20.0;
/// Most that are shown: more would cover the window.
const MOST: usize = 3;

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
    shown: Vec<Shown<A>>,
    /// How many there were: each is an area of its own.
    count: u64,
}

struct Shown<A> {
    toast: Toast<A>,
    number: u64,
    /// When it came, and from when its time counts; once it was drawn.
    since: Option<(f64, f64)>,
    /// As it was drawn last.
    height: f32,
}

impl<A> Default for Toasts<A> {
    fn default() -> Self {
        Self { shown: Vec::new(), count: 0 }
    }
}

impl<A: Clone> Toasts<A> {
    pub fn push(&mut self, toast: Toast<A>) {
        if self.shown.len() == MOST {
            self.shown.remove(0);
        }
        self.count += 1;
        self.shown.push(Shown { toast, number: self.count, since: None, height: size::CONTROL });
    }

    /// The action that was chosen.
    pub fn show(&mut self, ui: &Ui) -> Option<A> {
        // A menu that is open is what somebody works with; they wait for it.
        if self.shown.is_empty() || Popup::is_any_open(ui.ctx()) {
            return None;
        }
        let now = ui.input(|input| input.time);
        let mut chosen = None;
        // Above where pages have their buttons; the newest lowest.
        let mut up = size::FOOTER + space::S;
        self.shown.reverse();
        self.shown.retain_mut(|shown| {
            let end = shown.show(ui, up, now);
            up += shown.height + space::XS;
            chosen = end.chosen.or(chosen.take());
            !end.is_over
        });
        self.shown.reverse();
        let first = self.shown.iter().filter_map(|shown| Some(shown.since?.1)).reduce(f64::min);
        if let Some(first) = first {
            ui.ctx().request_repaint_after_secs((first + STAYS - now).max(0.05) as f32);
        }
        chosen
    }
}

/// What came of one that was shown.
struct End<A> {
    is_over: bool,
    chosen: Option<A>,
}

impl<A: Clone> Shown<A> {
    fn show(&mut self, ui: &Ui, up: f32, now: f64) -> End<A> {
        let mut end = End { is_over: false, chosen: None };
        // No larger than what it shows: whatever lies beside it can be reached.
        let area = Area::new(ui.scope_id().with(("toast", self.number)))
            // Also above a drawer or dialog, where what it tells of was done.
            .order(Order::Tooltip)
            .anchor(Align2::CENTER_BOTTOM, egui::vec2(0.0, -up))
            .role(egui::accesskit::Role::Status);
        let response = area.show(ui.ctx(), |ui| self.content(ui, &mut end)).response;
        self.height = response.rect.height();
        let (came, since) = self.since.get_or_insert((now, now));
        if response.contains_pointer() && now - *came < AT_MOST - STAYS {
            *since = now;
        }
        end.is_over |= now - *since >= STAYS;
        end
    }

    fn content(&self, ui: &mut Ui, end: &mut End<A>) {
        let (t, toast) = (tokens(ui), &self.toast);
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
                    end.chosen = Some(action.clone());
                    end.is_over = true;
                }
                end.is_over |= ui.add(Button::icon_only(icons::X, "Close this message")).clicked();
            });
        });
    }
}
