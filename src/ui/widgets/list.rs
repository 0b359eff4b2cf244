//! A list of up to millions of rows of equal height, of which only the visible ones are drawn.
//!
//! Where it stands is a row and a few points within it. A scroll offset in points would not do: beyond sixteen million
//! points an `f32` steps by two, and the rows tremble.

use egui::{EventFilter, Id, Key, Rect, Response, Role as AccessRole, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint::ring;
use crate::ui::theme::{radius, size, tokens};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Spot {
    /// The row at the upper edge.
    row: usize,
    /// How far it is pushed above the edge, points: 0 to the row's height.
    inset: f32,
}

impl Spot {
    /// Moves down by `points` (up where negative), at most so far that the last row stands at the bottom.
    fn moved(self, points: f32, rows: usize, row_height: f32, view: f32) -> Self {
        let whole = (f64::from(self.inset) + f64::from(points)) / f64::from(row_height);
        let steps = whole.floor();
        let row = self.row as f64 + steps;
        if row < 0.0 {
            return Self::default();
        }
        let spot = Self { row: row as usize, inset: ((whole - steps) * f64::from(row_height)) as f32 };
        let last = Self::last(rows, row_height, view);
        if (spot.row, spot.inset) > (last.row, last.inset) { last } else { spot }
    }

    /// Where the last row stands at the bottom.
    fn last(rows: usize, row_height: f32, view: f32) -> Self {
        let fitting = f64::from(view) / f64::from(row_height);
        let first = rows as f64 - fitting;
        if first <= 0.0 {
            return Self::default();
        }
        Self { row: first.floor() as usize, inset: ((first - first.floor()) * f64::from(row_height)) as f32 }
    }

    /// 0 at the top, 1 at the end.
    fn share(self, rows: usize, row_height: f32, view: f32) -> f32 {
        let last = Self::last(rows, row_height, view);
        let at = |spot: Self| spot.row as f64 + f64::from(spot.inset) / f64::from(row_height);
        if at(last) <= 0.0 { 0.0 } else { (at(self) / at(last)).clamp(0.0, 1.0) as f32 }
    }

    fn at_share(share: f32, rows: usize, row_height: f32, view: f32) -> Self {
        let last = Self::last(rows, row_height, view);
        let at = (last.row as f64 + f64::from(last.inset) / f64::from(row_height)) * f64::from(share.clamp(0.0, 1.0));
        Self { row: at.floor() as usize, inset: ((at - at.floor()) * f64::from(row_height)) as f32 }
    }
}

/// What happened to the list by keyboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListOutput {
    /// The row that the cursor stands on.
    pub cursor: Option<usize>,
    /// A key has moved the cursor.
    pub moved: bool,
    /// Space.
    pub toggle: bool,
    /// Enter.
    pub activate: bool,
    /// Arrow to the left: close, or go to the parent.
    pub left: bool,
    /// Arrow to the right: open.
    pub right: bool,
    /// First visible row, and the one after the last.
    pub visible: (usize, usize),
}

/// Where rows put the id of the one that the cursor stands on, for screen readers.
fn at_cursor() -> Id {
    Id::unique("the row that a list's cursor stands on")
}

/// Tells a screen reader that the cursor stands on this row, which has told its own name and role.
pub(super) fn tell_cursor(ui: &Ui, row: Id) {
    ui.data_mut(|data| data.insert_temp(at_cursor(), Some(row)));
}

/// `RowList::new("files", "Files", rows).show(ui, height, |ui, row, rect, cursor| …)`. One stop of the Tab key; arrows, Page
/// and Home keys move its cursor, and so does a click on a row.
#[must_use]
pub struct RowList<'a> {
    salt: &'a str,
    name: &'a str,
    rows: usize,
    row_height: f32,
    scroll_to: Option<usize>,
    start: Option<usize>,
    focus: bool,
    stops: Option<&'a dyn Fn(usize) -> bool>,
}

impl<'a> RowList<'a> {
    pub fn new(salt: &'a str, name: &'a str, rows: usize) -> Self {
        Self { salt, name, rows, row_height: size::ROW, scroll_to: None, start: None, focus: false, stops: None }
    }

    pub fn row_height(mut self, points: f32) -> Self {
        self.row_height = points;
        self
    }

    /// Puts the cursor onto a row and brings it into view.
    pub fn scroll_to(mut self, row: Option<usize>) -> Self {
        self.scroll_to = row;
        self
    }

    /// Where the cursor stands as long as nobody has moved it.
    pub fn start(mut self, row: Option<usize>) -> Self {
        self.start = row;
        self
    }

    /// Gives it the keyboard's focus.
    pub fn focus(mut self) -> Self {
        self.focus = true;
        self
    }

    /// On which rows the cursor may stand: not on headings.
    pub fn stops(mut self, stops: &'a dyn Fn(usize) -> bool) -> Self {
        self.stops = Some(stops);
        self
    }

    /// Draws what is visible. `draw` gets the row, the rectangle it has, and whether the cursor stands on it.
    pub fn show(self, ui: &mut Ui, height: f32, mut draw: impl FnMut(&mut Ui, usize, Rect, bool)) -> ListOutput {
        let t = tokens(ui);
        let id = ui.make_persistent_id(self.salt);
        let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        let response = ui.interact(area, id, Sense::click());
        let name = self.name.to_owned();
        response.widget_info(|| WidgetInfo::labeled(AccessRole::Tree, true, &name));
        let (mut spot, mut cursor): (Spot, Option<usize>) = ui.data(|data| data.get_temp(id)).unwrap_or_default();
        let mut out = ListOutput::default();
        cursor = cursor.filter(|row| *row < self.rows);
        let bar = if Spot::last(self.rows, self.row_height, height) == Spot::default() { 0.0 } else { 12.0 };
        if let Some(row) = self.clicked(ui, area.with_max_x(area.right() - bar), spot) {
            cursor = Some(row);
            response.request_focus();
        }
        if self.focus {
            response.request_focus();
        }

        if ui.rect_contains_pointer(area) {
            let delta = ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta.y));
            spot = spot.moved(-delta, self.rows, self.row_height, height);
        }
        if let Some(row) = self.scroll_to.filter(|row| *row < self.rows) {
            cursor = Some(row);
            spot = self.reveal(spot, row, height);
        }
        let focused = ui.memory(|memory| memory.has_focus(id));
        if focused && self.rows > 0 {
            // The focus is always somewhere: what the keys act on can be seen before the first of them is pressed.
            let at = cursor.or(self.start).unwrap_or(spot.row).min(self.rows - 1);
            let at = *cursor.insert(self.stop(at, true).unwrap_or(at));
            // The key that brought the focus here has done its work.
            if !self.focus {
                self.keys(ui, &response, height, &mut cursor, &mut out);
            }
            out.moved = cursor != Some(at);
            if let (true, Some(row)) = (out.moved || response.gained_focus(), cursor) {
                spot = self.reveal(spot, row, height);
            }
        }
        spot = spot.moved(0.0, self.rows, self.row_height, height);
        spot = self.scroll_bar(ui, area, id, spot, height);

        let painter_clip = ui.clip_rect().intersect(area);
        let last = self.rows.min(spot.row + (height / self.row_height).ceil() as usize + 1);
        // Not a scope: rows that are cut off by the lower edge must not push it down.
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(area).id_salt(self.salt));
        inner.set_clip_rect(painter_clip);
        ui.data_mut(|data| data.remove_temp::<Option<Id>>(at_cursor()));
        for row in spot.row..last {
            let y = area.top() - spot.inset + (row - spot.row) as f32 * self.row_height;
            let rect = Rect::from_min_size(pos2(area.left(), y), vec2(area.width() - bar, self.row_height));
            draw(&mut inner, row, rect, cursor == Some(row) && focused);
        }
        if let Some(row) = ui.data_mut(|data| data.remove_temp::<Option<Id>>(at_cursor())).flatten() {
            ui.ctx().accesskit_node_builder(id, |node| node.set_active_descendant(row.accesskit_id()));
        }
        // The row shows where the focus is, unless it was scrolled out of view.
        if focused && !cursor.is_some_and(|row| (spot.row..last).contains(&row)) {
            ring(ui, area, radius::CONTROL);
        }
        if bar > 0.0 {
            let (track, handle) = self.bar(area, spot, height);
            let held = ui.ctx().is_being_dragged(id.with("bar"));
            let color = if held || ui.rect_contains_pointer(track) { t.text3 } else { t.input_border };
            ui.painter().rect_filled(handle, 4.0, color);
        }
        ui.data_mut(|data| data.insert_temp(id, (spot, cursor)));
        ListOutput { cursor, visible: (spot.row, last), ..out }
    }

    fn reveal(&self, spot: Spot, row: usize, height: f32) -> Spot {
        let fits = ((height / self.row_height).floor() as usize).max(1);
        if row < spot.row || (row == spot.row && spot.inset > 0.0) {
            Spot { row, inset: 0.0 }
        } else if row >= spot.row + fits {
            let under = Spot { row: row + 1 - fits, inset: 0.0 };
            let spare = height - fits as f32 * self.row_height;
            under.moved(-spare, self.rows, self.row_height, height)
        } else {
            spot
        }
    }

    /// The row that is clicked in this frame.
    fn clicked(&self, ui: &Ui, area: Rect, spot: Spot) -> Option<usize> {
        let at = ui.input(|input| input.pointer.primary_clicked().then(|| input.pointer.interact_pos()).flatten())?;
        if !area.contains(at) || !ui.rect_contains_pointer(area) {
            return None;
        }
        let row = spot.row + ((at.y - area.top() + spot.inset) / self.row_height).floor().max(0.0) as usize;
        (row < self.rows && self.stops.is_none_or(|stops| stops(row))).then_some(row)
    }

    /// The nearest row from here on that the cursor may stand on.
    fn stop(&self, row: usize, down: bool) -> Option<usize> {
        let Some(stops) = self.stops else { return Some(row) };
        if down { (row..self.rows).find(|row| stops(*row)) } else { (0..=row).rev().find(|row| stops(*row)) }
    }

    fn keys(&self, ui: &Ui, response: &Response, height: f32, cursor: &mut Option<usize>, out: &mut ListOutput) {
        let filter = EventFilter { vertical_arrows: true, horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let page = ((height / self.row_height) as usize).max(2) - 1;
        let end = self.rows - 1;
        let at = cursor.unwrap_or(0);
        ui.input(|input| {
            for key in [Key::ArrowUp, Key::ArrowDown, Key::PageUp, Key::PageDown, Key::Home, Key::End] {
                if !input.key_pressed(key) {
                    continue;
                }
                let (row, down) = match key {
                    Key::ArrowUp => (at.checked_sub(1), false),
                    Key::ArrowDown => ((at < end).then_some(at + 1), true),
                    Key::PageUp => (Some(at.saturating_sub(page)), false),
                    Key::PageDown => (Some((at + page).min(end)), true),
                    Key::Home => (Some(0), true),
                    _ => (Some(end), false),
                };
                let stop = row.and_then(|row| self.stop(row, down).or_else(|| self.stop(row, !down)));
                if stop.is_some() {
                    *cursor = stop;
                }
            }
            out.toggle = input.key_pressed(Key::Space);
            out.activate = input.key_pressed(Key::Enter);
            out.left = input.key_pressed(Key::ArrowLeft);
            out.right = input.key_pressed(Key::ArrowRight);
        });
    }

    /// The track and its handle.
    fn bar(&self, area: Rect, spot: Spot, height: f32) -> (Rect, Rect) {
        let track =
            Rect::from_min_max(pos2(area.right() - 10.0, area.top() + 2.0), pos2(area.right() - 2.0, area.bottom() - 2.0));
        let shown = (f64::from(height) / (self.rows as f64 * f64::from(self.row_height))).min(1.0) as f32;
        let length = (track.height() * shown).max(24.0).min(track.height());
        let top = track.top() + (track.height() - length) * spot.share(self.rows, self.row_height, height);
        (track, Rect::from_min_size(pos2(track.left(), top), vec2(track.width(), length)))
    }

    fn scroll_bar(&self, ui: &Ui, area: Rect, id: egui::Id, spot: Spot, height: f32) -> Spot {
        if Spot::last(self.rows, self.row_height, height) == Spot::default() {
            return spot;
        }
        let (track, handle) = self.bar(area, spot, height);
        let response = ui.interact(track, id.with("bar"), Sense::DRAG | Sense::CLICK);
        match response.interact_pointer_pos() {
            Some(pointer) => {
                let room = (track.height() - handle.height()).max(1.0);
                let grip: f32 = if response.drag_started() || response.is_pointer_button_down_on() && !response.dragged() {
                    let grip = if handle.contains(pointer) { pointer.y - handle.top() } else { handle.height() / 2.0 };
                    ui.data_mut(|data| data.insert_temp(id.with("grip"), grip));
                    grip
                } else {
                    ui.data(|data| data.get_temp(id.with("grip"))).unwrap_or(handle.height() / 2.0)
                };
                Spot::at_share((pointer.y - grip - track.top()) / room, self.rows, self.row_height, height)
            }
            None => spot,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrolling_is_exact_at_ten_million_rows() {
        let rows = 10_000_000;
        let deep = Spot { row: 9_000_000, inset: 0.0 };
        let next = deep.moved(1.0, rows, 28.0, 280.0);
        assert_eq!(next, Spot { row: 9_000_000, inset: 1.0 });
        assert_eq!(next.moved(27.0, rows, 28.0, 280.0), Spot { row: 9_000_001, inset: 0.0 });
        assert_eq!(next.moved(-29.0, rows, 28.0, 280.0), Spot { row: 8_999_999, inset: 0.0 });
    }

    #[test]
    fn it_stops_at_both_ends() {
        assert_eq!(Spot::default().moved(-5.0, 100, 28.0, 280.0), Spot::default());
        assert_eq!(Spot::default().moved(1e9, 100, 28.0, 280.0), Spot { row: 90, inset: 0.0 });
        assert_eq!(Spot::default().moved(50.0, 3, 28.0, 280.0), Spot::default());
        assert_eq!(Spot { row: 50, inset: 3.0 }.moved(0.0, 0, 28.0, 280.0), Spot::default());
    }

    #[test]
    fn shares_round_trip() {
        for share in [0.0f32, 0.25, 0.5, 1.0] {
            let spot = Spot::at_share(share, 1_000_000, 28.0, 300.0);
            assert!((spot.share(1_000_000, 28.0, 300.0) - share).abs() < 1e-5);
        }
    }
}
