//! Dialogs, which only confirm. What was typed into one is never dropped by Esc or a click beside it.

use egui::{Frame, Id, Margin, Modal, Stroke, Ui};

use super::button::Button;
use super::ends::at_right;
use super::labels::wrapped;
use super::text_field::TextField;
use crate::ui::theme::typography::{body, title};
use crate::ui::theme::{radius, size, space, tokens};

pub struct DialogOutput<R> {
    pub inner: R,
    /// Esc or a click beside it, where nothing would be lost by it.
    pub close: bool,
    /// It was not there in the frame before: the moment to choose the focus.
    pub just_opened: bool,
}

/// The bare dialog: `Dialog::new("Change password").dirty(typed).show(ui, |ui, just_opened| …)`.
#[must_use]
pub struct Dialog<'a> {
    title: &'a str,
    dirty: bool,
    width: f32,
}

impl<'a> Dialog<'a> {
    pub fn new(title: &'a str) -> Self {
        Self { title, dirty: false, width: size::DIALOG_WIDTH }
    }

    /// Something was typed: only a button closes it.
    pub fn dirty(mut self, dirty: bool) -> Self {
        self.dirty = dirty;
        self
    }

    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    pub fn show<R>(self, ui: &Ui, content: impl FnOnce(&mut Ui, bool) -> R) -> DialogOutput<R> {
        let t = tokens(ui);
        let id = Id::unique(("dialog", self.title));
        let pass = ui.ctx().cumulative_pass_nr();
        let seen = ui.data_mut(|data| data.get_temp_mut_or_default::<Option<u64>>(id).replace(pass));
        let just_opened = seen.is_none_or(|seen| seen + 1 < pass);
        let frame = Frame::new()
            .fill(t.surface)
            .stroke(Stroke::new(1.0, t.card_border))
            .corner_radius(radius::DIALOG)
            .shadow(ui.visuals().window_shadow)
            .inner_margin(Margin::same(space::XL as i8));
        let window = ui.ctx().content_rect();
        let area = Modal::default_area(id).accessible_name(self.title).role(egui::accesskit::Role::Dialog);
        let response = Modal::new(id).area(area).frame(frame).backdrop_color(t.backdrop).show(ui.ctx(), |ui| {
            ui.set_width(self.width.min(window.width() - 2.0 * space::HUGE));
            ui.spacing_mut().item_spacing.y = space::S;
            ui.label(title(self.title).color(t.text));
            ui.add_space(space::XS);
            content(ui, just_opened)
        });
        let close = response.should_close() && !self.dirty;
        DialogOutput { inner: response.inner, close, just_opened }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfirmEvent {
    /// Still open.
    Open,
    Confirmed,
    /// The second way was chosen.
    Alternative,
    Cancelled,
}

/// Asks before something is done; the button says what: "Delete all 41 versions, 212 GB".
#[must_use]
pub struct ConfirmDialog<'a> {
    title: &'a str,
    text: &'a str,
    confirm: &'a str,
    danger: bool,
    alternative: Option<&'a str>,
    cancel: &'a str,
    typed: Option<(&'a mut String, &'a str)>,
}

impl<'a> ConfirmDialog<'a> {
    pub fn new(title: &'a str, text: &'a str, confirm: &'a str) -> Self {
        Self { title, text, confirm, danger: false, alternative: None, cancel: "Cancel", typed: None }
    }

    pub fn danger(mut self) -> Self {
        self.danger = true;
        self
    }

    /// A second way out.
    pub fn alternative(mut self, label: &'a str) -> Self {
        self.alternative = Some(label);
        self
    }

    pub fn cancel(mut self, label: &'a str) -> Self {
        self.cancel = label;
        self
    }

    /// The word must be typed before the button works.
    pub fn typed(mut self, buffer: &'a mut String, word: &'a str) -> Self {
        self.typed = Some((buffer, word));
        self
    }

    pub fn show(mut self, ui: &Ui) -> ConfirmEvent {
        let mut event = ConfirmEvent::Open;
        let dirty = self.typed.as_ref().is_some_and(|(buffer, _)| !buffer.is_empty());
        let title = self.title;
        let out = Dialog::new(title).dirty(dirty).show(ui, |ui, just_opened| {
            wrapped(ui, body(self.text).color(tokens(ui).text));
            let mut allowed = true;
            if let Some((buffer, word)) = &mut self.typed {
                let label = format!("Type “{word}” to confirm");
                ui.add_space(space::XS);
                let response = ui.add(TextField::new(*buffer).name(&label).hint(&label));
                if just_opened {
                    response.request_focus();
                }
                allowed = buffer.trim() == *word;
            }
            ui.add_space(space::M);
            at_right(ui, size::PRIMARY, |ui| {
                let cancel = ui.add(Button::plain(self.cancel));
                if cancel.clicked() {
                    event = ConfirmEvent::Cancelled;
                }
                if let Some(label) = self.alternative
                    && ui.add(Button::plain(label)).clicked()
                {
                    event = ConfirmEvent::Alternative;
                }
                let button = if self.danger { Button::danger(self.confirm) } else { Button::primary(self.confirm) };
                let confirm = ui.add(button.enabled(allowed));
                if confirm.clicked() {
                    event = ConfirmEvent::Confirmed;
                }
                if just_opened && self.typed.is_none() {
                    // What Enter does at once should not destroy anything.
                    if self.danger { cancel.request_focus() } else { confirm.request_focus() }
                }
            });
        });
        if out.close { ConfirmEvent::Cancelled } else { event }
    }
}
