//! The question whether something that is very large is wanted all the same.

use egui::Ui;

use crate::model::problem::{Code, Problem};
use crate::ui::theme::typography::{body, body_strong};
use crate::ui::theme::{Tone, icons, space, tokens};
use crate::ui::widgets::{Button, Card, wrapped};

/// Whether a problem is that question.
pub fn is_asked(problem: &Problem) -> bool {
    problem.code == Code::TooMuch
}

/// Whether it was answered by yes, which the button calls `answer`.
pub fn show(ui: &mut Ui, problem: &Problem, answer: &str) -> bool {
    let t = tokens(ui);
    let mut yes = false;
    Card::new().tone(Tone::Warn).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        wrapped(ui, body_strong(format!("{} {}", icons::WARNING, problem.what)).color(t.text));
        wrapped(ui, body(&problem.fix).color(t.text));
        ui.add_space(space::XS);
        yes = ui.add(Button::plain(answer)).clicked();
    });
    yes
}
