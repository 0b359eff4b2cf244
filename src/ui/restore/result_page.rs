//! What was done: counted, with each problem and what to do about it.

use egui::Ui;

use super::large;
use super::review_page::GO_ON;
use super::wizard::{PlaceKind, Wizard};
use crate::model::human;
use crate::model::path::PathBytes;
use crate::model::problem::Problem;
use crate::model::restore::RestoreCounts;
use crate::model::run::{Outcome, RunDetail, RunReport};
use crate::ui::context::{Action, Cx};
use crate::ui::tabs::backups::card_data::took;
use crate::ui::theme::typography::{body, title};
use crate::ui::theme::{Icon, Tone, icons, space, tokens};
use crate::ui::warnings;
use crate::ui::widgets::{Button, Card, icon_at, key_value, problem_text, wrapped};

/// The headline and its look.
pub fn headline(report: &RunReport) -> (Tone, Icon, String) {
    let (counts, proven) = match &report.detail {
        // Nothing vouches for a single archive as a version's hashes do.
        RunDetail::Restore { counts, version, .. } => (*counts, version.is_some()),
        _ => (RestoreCounts::default(), true),
    };
    let restored = if proven { "restored and verified" } else { "restored" };
    let done = counts.created + counts.replaced + counts.beside;
    let files = human::counted(done, "file", "files");
    match &report.outcome {
        Outcome::Completed if done == 0 => (Tone::Neutral, icons::INFO, "Nothing had to be restored".into()),
        Outcome::Completed => (Tone::Ok, icons::CHECK_CIRCLE, format!("{files} {restored}")),
        Outcome::CompletedWithWarnings if counts.failed > 0 => {
            (Tone::Warn, icons::WARNING, format!("{files} {restored}, {} not", human::count(counts.failed)))
        }
        Outcome::CompletedWithWarnings => (Tone::Warn, icons::WARNING, format!("{files} {restored}, with warnings")),
        Outcome::Cancelled if done == 0 => (Tone::Neutral, icons::PROHIBIT, "Cancelled: nothing was restored".into()),
        Outcome::Cancelled => (Tone::Neutral, icons::PROHIBIT, format!("Cancelled after {files}")),
        Outcome::Failed(_) => (Tone::Bad, icons::X_CIRCLE, "The restore failed".into()),
        Outcome::LeftRunning => (Tone::Bad, icons::X_CIRCLE, "The restore was cut off".into()),
    }
}

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard) {
    let Some(report) = wizard.report.clone() else { return };
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::S;
    let (tone, icon, text) = headline(&report);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(44.0, 44.0), egui::Sense::hover());
        ui.painter().circle_filled(rect.center(), 22.0, t.soft(tone));
        icon_at(ui, rect.center(), icon, 26.0, t.strong(tone), true);
        ui.add_space(space::XS);
        ui.add(egui::Label::new(title(text).color(t.text)).wrap());
    });
    if let Outcome::Failed(problem) = &report.outcome {
        if large::is_asked(problem) {
            if large::show(ui, problem, GO_ON) {
                wizard.take_any_size(cx.handle);
                return;
            }
        } else if failed(ui, problem) {
            wizard.again(cx.handle);
            return;
        }
    }
    if let RunDetail::Restore { counts, target, undo, .. } = &report.detail {
        facts(ui, &report, counts, target, undo.as_ref());
        let folder = match wizard.place_kind {
            PlaceKind::Folder => Some(PathBytes::from(wizard.folder.trim())),
            PlaceKind::Original => wizard.first_parent(),
        };
        ui.horizontal(|ui| {
            if let Some(folder) = folder
                && ui.add(Button::plain("Open folder").icon(icons::FOLDER_OPEN)).clicked()
            {
                cx.act(Action::OpenFolder(folder));
            }
            if let Some(undo) = undo
                && ui.add(Button::plain("Open what was replaced").icon(icons::FOLDER)).clicked()
            {
                cx.act(Action::OpenFolder(undo.clone()));
            }
        });
    }
    if !report.warnings.is_empty() {
        Card::new().show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            warnings::show(ui, &report.warnings, report.warning_count, &cx.overview.home_folder.display());
        });
    }
}

/// Whether it is to be tried again.
fn failed(ui: &mut Ui, problem: &Problem) -> bool {
    problem_text(ui, problem);
    ui.add(Button::plain("Try again").icon(icons::ARROW_CLOCKWISE)).clicked()
}

fn facts(ui: &mut Ui, report: &RunReport, counts: &RestoreCounts, target: &str, undo: Option<&PathBytes>) {
    let files = |n: u64| human::counted(n, "file", "files");
    Card::new().show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        key_value(ui, "Restored to", target);
        key_value(ui, "Created", files(counts.created));
        for (key, n) in [
            ("Replaced", counts.replaced),
            ("Put beside", counts.beside),
            ("Left as they were", counts.skipped),
            ("Not restored", counts.failed),
        ] {
            if n > 0 {
                key_value(ui, key, files(n));
            }
        }
        let took = took(report);
        let checked =
            if matches!(&report.detail, RunDetail::Restore { version: None, .. }) { "" } else { ", every byte checked" };
        key_value(ui, "Written", format!("{}{checked}, in {took}", human::bytes(counts.bytes)));
        if let Some(undo) = undo {
            key_value(ui, "Replaced files are in", undo.display());
        }
    });
    if counts.created + counts.replaced + counts.beside == 0 && counts.skipped > 0 {
        let text = "All of it was there already and was left as it is. To replace it, choose so under Where.";
        wrapped(ui, body(text).color(tokens(ui).text2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::problem::Code;
    use crate::model::run::{RunId, RunKind, Trigger};
    use crate::model::snapshot::{BackupType, VersionId};

    fn report(outcome: Outcome, created: u64, failed: u64) -> RunReport {
        let at = "2026-11-21T10:00:00Z".parse().unwrap();
        let version = VersionId::new(at, BackupType::Full, [0; 4]);
        let counts = RestoreCounts { created, failed, ..RestoreCounts::default() };
        RunReport {
            run: RunId(1),
            kind: RunKind::Restore,
            trigger: Trigger::ByHand,
            schedules: Vec::new(),
            utc_offset: None,
            plan: None,
            plan_name: String::new(),
            started: at,
            finished: at,
            paused_ms: 0,
            outcome,
            detail: RunDetail::Restore { version: Some(version), counts, target: String::new(), dry_run: false, undo: None },
            warnings: vec![],
            warning_count: 0,
            stages: vec![],
        }
    }

    #[test]
    fn a_result_is_never_a_bare_restored() {
        let say = |outcome, created, failed| headline(&report(outcome, created, failed)).2;
        assert_eq!(say(Outcome::Completed, 1, 0), "1 file restored and verified");
        assert_eq!(say(Outcome::Completed, 0, 0), "Nothing had to be restored");
        assert_eq!(say(Outcome::CompletedWithWarnings, 5, 2), "5 files restored and verified, 2 not");
        assert_eq!(say(Outcome::Cancelled, 3, 0), "Cancelled after 3 files");
        let failed = Outcome::Failed(Problem::new(Code::Io, "x", ""));
        assert_eq!(say(failed, 0, 0), "The restore failed");
    }
}
