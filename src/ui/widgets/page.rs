//! The frames of pages: a tab's page that scrolls, and a page of steps with fixed Back and Next.

use egui::{Align, Key, Layout, Popup, Rect, ScrollArea, Stroke, Ui, UiBuilder, pos2, vec2};

use super::button::Button;
use super::ends::Ends;
use super::labels::weak;
use super::stepper::Stepper;
use crate::ui::theme::typography::title;
use crate::ui::theme::{icons, size, space, tokens};

/// A tab's page: margins, and a scroll bar where it is long. The content is kept within a readable width.
pub fn tab_page<R>(ui: &mut Ui, salt: &str, content: impl FnOnce(&mut Ui) -> R) -> R {
    let area = ui.available_rect_before_wrap();
    ScrollArea::vertical()
        .id_salt(salt)
        .auto_shrink([false, false])
        .show(ui, |ui| {
            let width = (area.width() - 2.0 * space::XL).clamp(0.0, size::PAGE_WIDTH);
            let left = area.left() + ((area.width() - width) / 2.0).max(space::XL).floor();
            let top = ui.cursor().top() + space::L;
            let rect = Rect::from_min_size(pos2(left, top), vec2(width, (area.height() - space::L - space::XL).max(0.0)));
            let inner = ui.scope_builder(UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min)), content);
            ui.add_space(space::XL);
            inner.inner
        })
        .inner
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowEvent {
    /// The arrow before the title, or Esc: leave these pages.
    Leave,
    Back,
    Next,
    /// A step that was visited was clicked.
    Step(usize),
}

pub struct FlowOutput<R> {
    pub inner: R,
    pub event: Option<FlowEvent>,
}

/// A page of a few steps: title and steps above, Back and Next below, the content scrolls between them.
#[must_use]
pub struct FlowPage<'a> {
    title: &'a str,
    steps: &'a [&'a str],
    current: usize,
    visited: usize,
    note: &'a str,
    back: Option<&'a str>,
    next: Option<(&'a str, bool, &'a str)>,
    leave: &'a str,
    scroll: bool,
}

impl<'a> FlowPage<'a> {
    pub fn new(title: &'a str, steps: &'a [&'a str], current: usize, visited: usize) -> Self {
        Self { title, steps, current, visited, note: "", back: None, next: None, leave: "Back to the overview", scroll: true }
    }

    /// At the left of the footer: "31.2 GB, 9,402 files selected".
    pub fn note(mut self, note: &'a str) -> Self {
        self.note = note;
        self
    }

    /// The Back button's label.
    pub fn back(mut self, label: &'a str) -> Self {
        self.back = Some(label);
        self
    }

    /// The Next button: its label ("Next: Where"), whether it works, and why not.
    pub fn next(mut self, label: &'a str, enabled: bool, why_off: &'a str) -> Self {
        self.next = Some((label, enabled, why_off));
        self
    }

    /// The content fills the page and scrolls by itself, as trees do.
    pub fn fixed(mut self) -> Self {
        self.scroll = false;
        self
    }

    pub fn show<R>(self, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> FlowOutput<R> {
        let t = tokens(ui);
        let page = ui.available_rect_before_wrap();
        let mut event = None;
        // Esc closes that first, and only that.
        let popup_was_open = Popup::is_any_open(ui.ctx());
        let width = (page.width() - 2.0 * space::XL).clamp(0.0, size::PAGE_WIDTH);
        let left = page.left() + ((page.width() - width) / 2.0).max(space::XL).floor();
        let column = |top: f32, bottom: f32| Rect::from_min_max(pos2(left, top), pos2(left + width, bottom));
        let (top, foot) = (page.top() + size::TOP_BAR, page.bottom() - size::FOOTER);

        let head = UiBuilder::new().max_rect(column(page.top(), top)).layout(Layout::left_to_right(Align::Center));
        ui.scope_builder(head, |ui| {
            if ui.add(Button::icon_only(icons::ARROW_LEFT, self.leave)).clicked() {
                event = Some(FlowEvent::Leave);
            }
            let room = ui.available_width();
            let line = Ends::new(ui, size::TOP_BAR).left(|ui| {
                ui.add(egui::Label::new(title(self.title).color(t.text)).truncate());
            });
            line.right(|ui| {
                if self.steps.len() > 1
                    && let Some(step) = Stepper::new(self.steps, self.current, self.visited).room(room).show(ui)
                {
                    event = Some(FlowEvent::Step(step));
                }
            });
        });

        let body = Rect::from_min_max(pos2(page.left(), top), pos2(page.right(), foot));
        let inner = if self.scroll {
            ui.scope_builder(UiBuilder::new().max_rect(body), |ui| {
                ui.set_clip_rect(body);
                ScrollArea::vertical()
                    .id_salt((self.title, self.current))
                    .auto_shrink([false, false])
                    .show(ui, |ui| {
                        let rect =
                            Rect::from_min_size(pos2(left, ui.cursor().top() + space::S), vec2(width, foot - top - space::L));
                        let out = ui.scope_builder(UiBuilder::new().max_rect(rect), content).inner;
                        ui.add_space(space::L);
                        out
                    })
                    .inner
            })
            .inner
        } else {
            let rect = column(top + space::S, foot - space::S);
            ui.scope_builder(UiBuilder::new().max_rect(rect), content).inner
        };

        ui.painter().hline(page.x_range(), foot, Stroke::new(1.0, t.card_border));
        let footer = UiBuilder::new().max_rect(column(foot, page.bottom())).layout(Layout::left_to_right(Align::Center));
        ui.scope_builder(footer, |ui| {
            let line = Ends::new(ui, size::FOOTER).left(|ui| _ = weak(ui, self.note));
            line.right(|ui| {
                if let Some(label) = self.back
                    && ui.add(Button::plain(label).tall().min_width(96.0)).clicked()
                {
                    event = Some(FlowEvent::Back);
                }
                if let Some((label, enabled, why)) = self.next
                    && ui.add(Button::primary(label).enabled(enabled).why_off(why).min_width(120.0)).clicked()
                {
                    event = Some(FlowEvent::Next);
                }
            });
        });
        ui.advance_cursor_after_rect(page);
        let free = !popup_was_open && ui.memory(|memory| memory.focused().is_none() && memory.top_modal_layer().is_none());
        if free && event.is_none() && ui.input(|input| input.key_pressed(Key::Escape)) {
            event = Some(FlowEvent::Leave);
        }
        FlowOutput { inner, event }
    }
}
