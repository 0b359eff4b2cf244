//! What "Test connection" says.

use egui::Ui;

use super::labels::{line, problem_text, spinner};
use crate::engine::message::TestResult;
use crate::model::human;
use crate::model::problem::Problem;
use crate::ui::theme::typography::body;
use crate::ui::theme::{Icon, Tone, icons, space, tokens};

/// How far a test is.
#[derive(Clone, Copy)]
pub enum TestState<'a> {
    Running,
    Done(&'a TestResult),
    Failed(&'a Problem),
}

#[must_use]
pub struct TestView<'a> {
    state: TestState<'a>,
    is_own: bool,
}

impl<'a> TestView<'a> {
    pub fn new(state: TestState<'a>) -> Self {
        Self { state, is_own: false }
    }

    /// Of a destination that is in use: that backups lie there is no news.
    pub fn own(mut self) -> Self {
        self.is_own = true;
        self
    }

    pub fn show(self, ui: &mut Ui) {
        match self.state {
            TestState::Running => {
                spinner(ui, "Testing…");
            }
            TestState::Failed(problem) => {
                problem_text(ui, problem);
            }
            TestState::Done(result) => {
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = space::XS / 2.0;
                    for (tone, icon, text) in lines(result, self.is_own) {
                        let color = tokens(ui).strong(tone);
                        line(ui, |ui| {
                            ui.label(body(icon.to_string()).color(color));
                            ui.label(body(text).color(tokens(ui).text));
                        });
                    }
                });
            }
        }
    }
}

/// A test's result in lines, the most important first.
fn lines(result: &TestResult, is_own: bool) -> Vec<(Tone, Icon, String)> {
    let mut lines = Vec::new();
    lines.push(if result.to_be_made {
        (Tone::Ok, icons::CHECK_CIRCLE, "Is not there yet: the first backup makes it".to_owned())
    } else if result.writable {
        (Tone::Ok, icons::CHECK_CIRCLE, "Can be read and written".to_owned())
    } else {
        (Tone::Bad, icons::X_CIRCLE, "Cannot be written".to_owned())
    });
    if result.writable && !result.deletable {
        let text = "Nothing can be deleted there: backups work, but old versions and unfinished ones stay for ever".to_owned();
        lines.push((Tone::Warn, icons::WARNING, text));
    }
    if let Some(keeps) = result.keeps {
        lines.push((Tone::Warn, icons::INFO, keeps.in_words()));
    }
    match (result.free, result.total) {
        (Some(free), Some(total)) => {
            lines.push((Tone::Ok, icons::CHECK_CIRCLE, format!("{} free of {}", human::bytes(free), human::bytes(total))));
        }
        (Some(free), None) => lines.push((Tone::Ok, icons::CHECK_CIRCLE, format!("{} free", human::bytes(free)))),
        _ => {}
    }
    if let Some(speed) = result.write_speed.filter(|speed| speed.is_finite() && *speed > 0.0) {
        lines.push((Tone::Ok, icons::CHECK_CIRCLE, format!("Writes {} a second", human::bytes(speed as u64))));
    }
    if result.on_system_disk {
        let text = "On the same disk as your files: if that disk dies, so does this backup".to_owned();
        lines.push((Tone::Warn, icons::WARNING, text));
    }
    if result.plans > 0 && !is_own {
        let text = format!("Holds {} already", human::counted(result.plans as u64, "backup", "backups"));
        lines.push((Tone::Neutral, icons::INFO, text));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::keeping::Keeping;

    #[test]
    fn a_result_says_what_matters() {
        let good = TestResult {
            deletable: true,
            writable: true,
            free: Some(1_300_000_000),
            total: Some(2_000_000_000),
            write_speed: Some(140e6),
            on_system_disk: true,
            plans: 2,
            to_be_made: false,
            keeps: None,
        };
        let said: Vec<String> = lines(&good, false).into_iter().map(|(_, _, text)| text).collect();
        assert_eq!(said[1], "1.3 GB free of 2.0 GB");
        assert_eq!(said[2], "Writes 140 MB a second");
        assert!(said[3].starts_with("On the same disk"));
        assert_eq!(said[4], "Holds 2 backups already");
        assert_eq!(lines(&good, true).len(), 4, "one's own are no news");
        let bad = TestResult {
            writable: false,
            deletable: true,
            free: None,
            total: None,
            write_speed: Some(f64::NAN),
            on_system_disk: false,
            plans: 0,
            to_be_made: false,
            keeps: None,
        };
        assert_eq!(lines(&bad, false).len(), 1);
        let keeps = Some(Keeping::Locked { days: Some(30) });
        let said: Vec<String> = lines(&TestResult { keeps, ..good.clone() }, true).into_iter().map(|(_, _, text)| text).collect();
        assert!(said[1].contains("keeps deleted files for 30 days"), "{said:?}");
        let missing = TestResult { to_be_made: true, write_speed: None, plans: 0, ..good };
        let said: Vec<String> = lines(&missing, false).into_iter().map(|(_, _, text)| text).collect();
        assert_eq!(said[0], "Is not there yet: the first backup makes it");
        assert!(!said.iter().any(|line| line.contains("read and written")), "{said:?}");
    }
}
