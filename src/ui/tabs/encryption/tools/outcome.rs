//! What came of it: the new file, and how it compares with the old one.

use egui::Ui;

use crate::model::human;
use crate::model::path::PathBytes;
use crate::model::run::{RunDetail, RunKind, RunReport};
use crate::model::tool::ToolDone;
use crate::ui::activity::words::new_file;
use crate::ui::context::{Action, Cx};
use crate::ui::theme::typography::{body_strong, caption};
use crate::ui::theme::{icons, space, tokens};
use crate::ui::widgets::{Button, key_value, wrapped};

/// What was chosen then.
pub enum After {
    Nothing,
    /// Into the new file.
    Look(PathBytes),
    Another,
}

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, report: &RunReport) -> After {
    let RunDetail::Tool(done) = &report.detail else { return After::Another };
    let t = tokens(ui);
    let text = format!("{} {}", icons::CHECK_CIRCLE, headline(report.kind, done));
    wrapped(ui, body_strong(text).color(t.ok));
    for (key, value) in rows(done) {
        key_value(ui, key, value);
    }
    if report.kind == RunKind::Encrypt {
        let text = "The file it is made of is still there, not encrypted. Delete it yourself if nobody is to read it.";
        wrapped(ui, caption(text).color(t.text2));
    }
    ui.add_space(space::S);
    let mut after = After::Nothing;
    ui.horizontal_wrapped(|ui| {
        if ui.add(Button::plain("Open folder").icon(icons::FOLDER_OPEN)).clicked() {
            cx.act(Action::OpenFolder(PathBytes::new(done.to.parent())));
        }
        if ui.add(Button::plain("Look into the new file").icon(icons::MAGNIFYING_GLASS)).clicked() {
            after = After::Look(done.to.clone());
        }
        if ui.add(Button::plain("Another file")).clicked() {
            after = After::Another;
        }
    });
    after
}

fn headline(kind: RunKind, done: &ToolDone) -> String {
    match kind {
        RunKind::Encrypt => "Encrypted".into(),
        RunKind::Decrypt => "Decrypted, every byte proven".into(),
        RunKind::Decompress => "Decompressed".into(),
        _ if done.after >= done.before => "Compressed, but it did not get smaller".into(),
        _ => {
            let saved = (1.0 - done.after as f64 / done.before as f64) * 100.0;
            format!("Compressed: {saved:.0} % smaller")
        }
    }
}

/// Before, after, and how fast.
pub fn rows(done: &ToolDone) -> Vec<(&'static str, String)> {
    let mut rows = new_file(done);
    let seconds = done.milliseconds as f64 / 1000.0;
    let speed = done.speed().map(|speed| format!(", {}/s", human::bytes(speed))).unwrap_or_default();
    rows.push(("Took", format!("{seconds:.1} s{speed}")));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::format::Codec;

    #[test]
    fn the_headline_says_what_was_gained() {
        let done = |before, after| ToolDone {
            from: "/a".into(),
            to: "/b".into(),
            before,
            after,
            codec: Some(Codec::Zstd),
            level: Some(3),
            milliseconds: 1200,
        };
        assert_eq!(headline(RunKind::Compress, &done(1000, 250)), "Compressed: 75 % smaller");
        assert_eq!(headline(RunKind::Compress, &done(0, 20)), "Compressed, but it did not get smaller");
        let rows = rows(&done(4_000_000, 1_000_000));
        assert!(rows.contains(&("Compression", "Zstandard, level 3: 4.00 to 1".into())), "{rows:?}");
        assert!(rows.contains(&("Took", "1.2 s, 3.3 MB/s".into())), "{rows:?}");
    }
}
