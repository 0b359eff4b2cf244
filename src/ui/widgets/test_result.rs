//! What "Test connection" says.

use egui::Ui;

use super::labels::{line, problem_text, spinner};
use crate::engine::message::TestResult;
use crate::model::health::latency_in_words;
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
    is_append_only_said: bool,
}

impl<'a> TestView<'a> {
    pub fn new(state: TestState<'a>) -> Self {
        Self { state, is_own: false, is_append_only_said: false }
    }

    /// Of a destination that is in use: that backups lie there is no news.
    pub fn own(mut self) -> Self {
        self.is_own = true;
        self
    }

    /// It stands elsewhere that nothing can be deleted there.
    pub fn without_append_only(mut self, is_said: bool) -> Self {
        self.is_append_only_said = is_said;
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
                    for (tone, icon, text) in lines(result, self.is_own, self.is_append_only_said) {
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
fn lines(result: &TestResult, is_own: bool, is_append_only_said: bool) -> Vec<(Tone, Icon, String)> {
    let mut lines = Vec::new();
    let (tone, icon, text) = match (result.writable, result.to_be_made) {
        (Some(false), _) => (Tone::Bad, icons::X_CIRCLE, "Cannot be written"),
        (Some(true), true) => (Tone::Ok, icons::CHECK_CIRCLE, "Is not there yet: the first backup makes it"),
        (Some(true), false) => (Tone::Ok, icons::CHECK_CIRCLE, "Can be read and written"),
        (None, _) => (Tone::Neutral, icons::INFO, "Is not there yet: the first backup makes it, which was not tried"),
    };
    lines.push((tone, icon, text.to_owned()));
    if result.writable == Some(true) && result.deletable == Some(false) && !is_append_only_said {
        let text = "Nothing can be deleted there: backups work, but old versions and unfinished ones stay until somebody with the \
                    right to delete removes them";
        lines.push((Tone::Warn, icons::WARNING, text.to_owned()));
    }
    if let Some(keeps) = result.keeps {
        lines.push((Tone::Warn, icons::INFO, keeps.in_words()));
    }
    match (result.free, result.total) {
        (Some(free), Some(total)) => {
            lines.push((Tone::Ok, icons::CHECK_CIRCLE, format!("{} free of {}", human::bytes(free), human::bytes(total))));
        }
        (Some(free), None) => lines.push((Tone::Ok, icons::CHECK_CIRCLE, format!("{} free", human::bytes(free)))),
        (None, _) => {
            lines.push((Tone::Neutral, icons::INFO, "The server does not say how much room there is".to_owned()));
        }
    }
    let [written, read] = [result.write_speed, result.read_speed].map(|speed| Some(human::bytes(speed.filter(is_speed)? as u64)));
    let speeds = [written.map(|speed| format!("writes {speed} a second")), read.map(|speed| format!("reads {speed} a second"))];
    let answers = result.latency_ms.map(latency_in_words);
    let fast: Vec<String> = answers.into_iter().chain(speeds.into_iter().flatten()).collect();
    if !fast.is_empty() {
        lines.push((Tone::Ok, icons::CHECK_CIRCLE, human::capital(&fast.join(" · "))));
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

fn is_speed(speed: &f64) -> bool {
    speed.is_finite() && *speed > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::keeping::Keeping;

    #[test]
    fn a_result_says_what_matters() {
        let good = TestResult {
            deletable: Some(true),
            writable: Some(true),
            free: Some(1_300_000_000),
            total: Some(2_000_000_000),
            latency_ms: Some(12),
            write_speed: Some(140e6),
            read_speed: Some(150e6),
            on_system_disk: true,
            plans: 2,
            to_be_made: false,
            keeps: None,
        };
        let said: Vec<String> = lines(&good, false, false).into_iter().map(|(_, _, text)| text).collect();
        assert_eq!(said[1], "1.3 GB free of 2.0 GB");
        assert_eq!(said[2], "Answers in 12 ms · writes 140 MB a second · reads 150 MB a second");
        assert!(said[3].starts_with("On the same disk"));
        assert_eq!(said[4], "Holds 2 backups already");
        assert_eq!(lines(&good, true, false).len(), 4, "one's own are no news");
        let bad = TestResult {
            writable: Some(false),
            deletable: Some(true),
            free: None,
            total: None,
            latency_ms: None,
            write_speed: Some(f64::NAN),
            read_speed: None,
            on_system_disk: false,
            plans: 0,
            to_be_made: false,
            keeps: None,
        };
        let said: Vec<String> = lines(&bad, false, false).into_iter().map(|(_, _, text)| text).collect();
        assert_eq!(said, ["Cannot be written", "The server does not say how much room there is"]);
        let kept = TestResult { deletable: Some(false), ..good.clone() };
        let (tone, _, text) = lines(&kept, false, false).swap_remove(1);
        assert!(tone == Tone::Warn && text.starts_with("Nothing can be deleted there: backups work"), "{text}");
        assert!(!lines(&kept, true, true).iter().any(|(_, _, text)| text.starts_with("Nothing")), "it is said once");
        let keeps = Some(Keeping::Locked { days: Some(30) });
        let locked = lines(&TestResult { keeps, ..good.clone() }, true, false);
        assert!(locked[1].2.contains("keeps deleted files for 30 days"));
        let missing = TestResult { to_be_made: true, latency_ms: None, write_speed: None, read_speed: None, plans: 0, ..good };
        let said: Vec<String> = lines(&missing, false, false).into_iter().map(|(_, _, text)| text).collect();
        assert_eq!(said[0], "Is not there yet: the first backup makes it");
        assert!(!said.iter().any(|line| line.contains("read and written")), "{said:?}");
        let untried = lines(&TestResult { writable: None, deletable: None, ..missing }, false, false);
        assert_eq!(
            (untried[0].0, &*untried[0].2),
            (Tone::Neutral, "Is not there yet: the first backup makes it, which was not tried")
        );
        assert!(!untried.iter().any(|(tone, ..)| *tone == Tone::Bad), "{untried:?}");
    }
}
