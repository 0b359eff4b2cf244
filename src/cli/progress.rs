//! Progress on a terminal: percent, bytes, files, speed, time left, current file.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;
use crate::model::human;
use crate::model::names::{one_line, shown};
use crate::model::run::{ProgressView, Stage};

const KNOWN: &str = "[{bar:24}] {percent:>3}%  {prefix}\n  {wide_msg}";
const UNKNOWN: &str = "{spinner} {prefix}\n  {wide_msg}";

/// Draws a run's progress; removes it when dropped.
pub struct Bars {
    /// None where nobody looks.
    bar: Option<ProgressBar>,
    stage: Option<(Stage, bool)>,
    paused: bool,
}

impl Bars {
    pub fn new(output: Output) -> Self {
        let bar = output.draws_progress().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        Self { bar, stage: None, paused: false }
    }

    pub fn show(&mut self, view: &ProgressView) {
        let Some(bar) = &self.bar else { return };
        let known = view.totals_known && view.bytes_total > 0;
        if self.paused && !view.paused {
            // The time that it stood still is none of its speed.
            bar.reset();
        }
        self.paused = view.paused;
        if self.stage != Some((view.stage, known)) {
            if self.stage.is_some_and(|(stage, _)| stage != view.stage) {
                // Speed and time left are of this stage.
                bar.reset();
            }
            self.stage = Some((view.stage, known));
            bar.set_style(style(if known { KNOWN } else { UNKNOWN }));
        }
        if known {
            bar.set_length(view.bytes_total);
        } else {
            bar.unset_length();
        }
        bar.set_position(view.bytes_done);
        bar.set_prefix(numbers(view, bar.per_sec(), known.then(|| bar.eta())));
        bar.set_message(current(view));
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // The template is ours: where it did not fit, the default still shows something.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▌ ")
}

/// "Backing up · 1.2 GB of 4.0 GB · 120 of 3,000 files · 310 MB/s · 2 min left"
fn numbers(view: &ProgressView, speed: f64, left: Option<Duration>) -> String {
    let of_total = view.totals_known && view.files_total > 0;
    let mut parts = vec![if view.paused { "Paused" } else { view.stage.in_words() }.to_string()];
    parts.push(if view.totals_known && view.bytes_total > 0 {
        format!("{} of {}", human::bytes(view.bytes_done), human::bytes(view.bytes_total))
    } else {
        human::bytes(view.bytes_done)
    });
    let files = if of_total { view.files_total } else { view.files_done };
    let files = human::counted(files, "file", "files");
    parts.push(if of_total { format!("{} of {files}", human::count(view.files_done)) } else { files });
    if speed.is_finite() && speed >= 1.0 && !view.paused {
        parts.push(format!("{}/s", human::bytes(speed as u64)));
    }
    if let Some(left) = left.filter(|l| !l.is_zero() && !view.paused) {
        let span = jiff::SignedDuration::from_secs(i64::try_from(left.as_secs()).unwrap_or(i64::MAX));
        parts.push(format!("{} left", human::duration(span)));
    }
    if view.warnings > 0 {
        parts.push(human::counted(view.warnings, "warning", "warnings"));
    }
    parts.join(" · ")
}

fn current(view: &ProgressView) -> String {
    if view.current.is_empty() { String::new() } else { one_line(&shown(&view.current)).replace('\t', "\u{fffd}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_promise_no_total_before_it_is_known() {
        let mut view = ProgressView { stage: Stage::Copying, files_done: 1200, bytes_done: 5_000_000, ..ProgressView::default() };
        assert_eq!(numbers(&view, 0.0, None), "Backing up · 5.0 MB · 1,200 files");
        (view.files_total, view.bytes_total, view.totals_known, view.warnings) = (2400, 10_000_000, true, 1);
        assert_eq!(
            numbers(&view, 1e6, Some(Duration::from_secs(5))),
            "Backing up · 5.0 MB of 10.0 MB · 1,200 of 2,400 files · 1.0 MB/s · 5 s left · 1 warning"
        );
        view.paused = true;
        assert_eq!(
            numbers(&view, 1e6, Some(Duration::from_secs(5))),
            "Paused · 5.0 MB of 10.0 MB · 1,200 of 2,400 files · 1 warning"
        );
    }
}
