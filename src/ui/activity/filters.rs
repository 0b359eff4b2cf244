//! The filters above the list of runs.

use egui::Ui;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::model::history::{Ending, HistoryFilter};
use crate::model::run::RunKind;
use crate::ui::context::Cx;
use crate::ui::theme::typography::body;
use crate::ui::theme::{icons, tokens};
use crate::ui::widgets::{Button, Check, Select, TextField, line};

/// Width of each of the three that stand in a row.
const SELECT: f32 = 141.0;

const KINDS: [(Option<RunKind>, &str); 13] = [
    (None, "All kinds"),
    (Some(RunKind::Backup), "Backups"),
    (Some(RunKind::Event), "Changes"),
    (Some(RunKind::Restore), "Restores"),
    (Some(RunKind::Verify), "Verifications"),
    (Some(RunKind::Delete), "Deletions"),
    (Some(RunKind::Replicate), "Replications"),
    (Some(RunKind::Encrypt), "Encryptions"),
    (Some(RunKind::Decrypt), "Decryptions"),
    (Some(RunKind::Compress), "Compressions"),
    (Some(RunKind::Decompress), "Decompressions"),
    (Some(RunKind::Download), "Downloads"),
    (Some(RunKind::Message), "Messages not sent"),
];

/// From when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Span {
    #[default]
    Any,
    Today,
    Week,
    Month,
}

impl Span {
    const ALL: [Self; 4] = [Self::Any, Self::Today, Self::Week, Self::Month];

    const fn label(self) -> &'static str {
        match self {
            Self::Any => "Any time",
            Self::Today => "Today only",
            Self::Week => "Last 7 days",
            Self::Month => "Last 30 days",
        }
    }

    /// Whole days of the wall's clock, this one among them.
    pub fn since(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let days_before = match self {
            Self::Any => return None,
            Self::Today => 0,
            Self::Week => 6,
            Self::Month => 29,
        };
        let first = now.to_zoned(zone.clone()).date().checked_sub(days_before.days()).ok()?;
        Some(first.to_zoned(zone.clone()).ok()?.timestamp())
    }
}

/// Draws them and changes what was changed; whether what is filtered is wished as a file.
pub fn show(ui: &mut Ui, cx: &Cx<'_>, filter: &mut HistoryFilter, span: &mut Span) -> bool {
    let search = "Find by name, problem or file";
    let field = ui.add(TextField::new(&mut filter.text).hint(search).name(search).icon(icons::MAGNIFYING_GLASS).limit(200));
    if ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, egui::Key::F)) {
        field.request_focus();
    }
    ui.horizontal(|ui| {
        choose(ui, "Kind", &mut filter.kind, &KINDS);
        let endings: Vec<(Option<Ending>, &str)> =
            [(None, "All results")].into_iter().chain(Ending::ALL.map(|ending| (Some(ending), ending.label()))).collect();
        choose(ui, "Result", &mut filter.ending, &endings);
        choose(ui, "Time", span, &Span::ALL.map(|span| (span, span.label())));
    });
    filter.since = span.since(cx.now, cx.zone);
    let mut export = false;
    ui.horizontal(|ui| {
        if ui.add(Check::new(filter.troubled, "With problems only")).clicked() {
            filter.troubled = !filter.troubled;
        }
        if cx.overview.plans.len() > 1 && filter.plan.is_none() {
            let plans: Vec<_> = [(None, "All backups")]
                .into_iter()
                .chain(cx.overview.plans.iter().map(|plan| (Some(plan.plan.id.clone()), plan.plan.name.as_str())))
                .collect();
            choose(ui, "Backup", &mut filter.plan, &plans);
        }
        export = ui.add(Button::quiet("Export…").icon(icons::DOWNLOAD_SIMPLE)).clicked();
    });
    if let Some(plan) = &filter.plan {
        let name = cx.plan(plan).map_or_else(|| "one backup".to_owned(), |plan| plan.plan.name.clone());
        let mut all = false;
        line(ui, |ui| {
            ui.label(body(format!("Only {name}")).color(tokens(ui).text));
            all = ui.add(Button::icon_only(icons::X, "Show all backups")).clicked();
        });
        if all {
            filter.plan = None;
        }
    }
    export
}

fn choose<T: Clone + PartialEq>(ui: &mut Ui, name: &str, value: &mut T, options: &[(T, &str)]) {
    let now = options.iter().find(|(option, _)| option == value).or(options.first()).map_or("", |(_, label)| label);
    Select::new(name, now).width(SELECT).show(ui, |ui| {
        for (option, label) in options {
            if Select::item(ui, option == value, label) {
                *value = option.clone();
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_begin_with_a_day_of_the_wall() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let now = "2026-11-26T22:30:00Z".parse().unwrap();
        let since = |span: Span| span.since(now, &zone).map(|at| at.to_string());
        assert_eq!(since(Span::Any), None);
        assert_eq!(since(Span::Today).unwrap(), "2026-11-25T23:00:00Z");
        assert_eq!(since(Span::Week).unwrap(), "2026-11-19T23:00:00Z");
        // The day began in summer time.
        assert_eq!(
            Span::Month.since("2026-11-20T12:00:00Z".parse().unwrap(), &zone).unwrap().to_string(),
            "2026-10-21T22:00:00Z"
        );
    }
}
