//! A line with two ends, drawn and so reached by Tab and read out from left to right.

use egui::{Align, Id, Layout, Rect, Ui, UiBuilder, pos2, vec2};

/// `Ends::new(ui, height).left(|ui| …).right(|ui| …)`: the right end is as wide as what is in it, the left one has the rest.
///
/// What stands at the right is drawn last, so that its width is known only from before: where it has changed the frame is
/// drawn once more. A layout from right to left would need no memory, but runs through its widgets backwards.
#[must_use]
pub struct Ends<'a> {
    ui: &'a mut Ui,
    /// The line, as high as was asked for.
    line: Rect,
    align: Align,
    id: Id,
    right_width: f32,
    /// What has been drawn so far.
    used: Rect,
}

impl<'a> Ends<'a> {
    /// A line as wide as the room, of at least this height.
    pub fn new(ui: &'a mut Ui, height: f32) -> Self {
        let line = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
        let id = ui.next_auto_id().with("right end");
        let right_width = ui.data(|data| data.get_temp(id)).unwrap_or(0.0);
        Self { ui, line, align: Align::Center, id, right_width, used: line }
    }

    /// The left end begins at the top of the line; for texts of several lines.
    pub fn top(mut self) -> Self {
        self.align = Align::Min;
        self
    }

    pub fn left(mut self, content: impl FnOnce(&mut Ui)) -> Self {
        let gap = if self.right_width > 0.0 { self.ui.spacing().item_spacing.x } else { 0.0 };
        let right = (self.line.right() - self.right_width - gap).max(self.line.left());
        let room = Rect::from_min_max(self.line.min, pos2(right, self.line.bottom()));
        let align = self.align;
        self.part(room, Layout::left_to_right(align), content);
        self
    }

    pub fn right(mut self, content: impl FnOnce(&mut Ui)) {
        let left = (self.line.right() - self.right_width).max(self.line.left());
        // All of the line's width: what was narrow before must be able to grow.
        let room = Rect::from_min_size(pos2(left, self.line.top()), self.line.size());
        let drawn = self.part(room, Layout::left_to_right(Align::Center), content);
        if (drawn - self.right_width).abs() > 0.5 {
            let id = self.id;
            self.ui.data_mut(|data| data.insert_temp(id, drawn));
            self.ui.ctx().request_discard("the right end of a line is of another width");
            self.ui.ctx().request_repaint();
        }
        // What stuck out in a frame that is drawn again must not widen the page.
        let used = self.used.intersect(Rect::everything_left_of(self.line.right()));
        self.ui.advance_cursor_after_rect(used);
    }

    /// Its width.
    fn part(&mut self, room: Rect, layout: Layout, content: impl FnOnce(&mut Ui)) -> f32 {
        let mut child = self.ui.new_child(UiBuilder::new().max_rect(room).layout(layout));
        content(&mut child);
        self.used |= child.min_rect();
        child.min_rect().width()
    }
}

/// Buttons at the right end of a line; the last one stands outermost.
pub fn at_right(ui: &mut Ui, height: f32, content: impl FnOnce(&mut Ui)) {
    Ends::new(ui, height).right(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_end_stands_at_the_edge_in_the_order_it_is_drawn_in() {
        let ctx = egui::Context::default();
        let mut seen = Vec::new();
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, vec2(300.0, 100.0))),
            ..egui::RawInput::default()
        };
        let mut drawn = ctx.run_ui(input, |ui| {
            seen.clear();
            let mut put = |ui: &mut Ui, width: f32| seen.push(ui.allocate_space(vec2(width, 20.0)).1);
            let line = ui.available_rect_before_wrap();
            let widths = std::cell::RefCell::new(&mut put);
            Ends::new(ui, 32.0).left(|ui| (widths.borrow_mut())(ui, 40.0)).right(|ui| {
                (widths.borrow_mut())(ui, 50.0);
                (widths.borrow_mut())(ui, 60.0);
            });
            assert_eq!(ui.cursor().top(), line.top() + 32.0 + ui.spacing().item_spacing.y);
            seen.push(line);
        });
        drawn.textures_delta.clear();
        let [left, first, second, line] = seen[..] else { panic!("{seen:?}") };
        assert_eq!(left.left(), line.left());
        assert_eq!(second.right(), line.right());
        assert!(first.right() < second.left());
        assert_eq!(left.center().y, second.center().y);
    }
}
