//! The tray's menu.

use super::words::name;
use crate::engine::message::Overview;
use crate::model::pause::PauseFor;
use crate::model::plan::PlanId;

/// What choosing an item does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Press {
    BackUp(PlanId),
    /// All that is not running already.
    BackUpAll,
    Pause(PauseFor),
    Resume,
    /// Opens the restore pages: for a backup, or to look for one.
    Restore(Option<PlanId>),
    Open,
    Quit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Cannot be chosen.
    Text(String),
    Item {
        label: String,
        enabled: bool,
        press: Press,
    },
    Menu {
        label: String,
        entries: Vec<Entry>,
    },
    Line,
}

/// `line`: how things stand.
pub fn menu(overview: &Overview, owns_engine: bool, line: String) -> Vec<Entry> {
    let mut entries = vec![Entry::Text(line), Entry::Line];
    if !overview.plans.is_empty() {
        entries.push(back_up(overview));
        if overview.paused.is_some() {
            entries.push(item("Resume", Press::Resume));
        } else {
            entries.push(pause());
        }
    }
    entries.extend([restore(overview), Entry::Line, item("Open Strongroom", Press::Open), quit(overview, owns_engine)]);
    entries
}

/// Where nothing is known of any backup.
pub fn bare(line: String) -> Vec<Entry> {
    vec![Entry::Text(line), Entry::Line, item("Open Strongroom", Press::Open), item("Quit", Press::Quit)]
}

fn item(label: impl Into<String>, press: Press) -> Entry {
    Entry::Item { label: label.into(), enabled: true, press }
}

fn back_up(overview: &Overview) -> Entry {
    let is_idle = |plan: &PlanId| !is_busy(overview, plan);
    let mut entries = Vec::new();
    if overview.plans.len() > 1 {
        let enabled = overview.plans.iter().any(|plan| is_idle(&plan.plan.id));
        entries.extend([Entry::Item { label: "Everything".into(), enabled, press: Press::BackUpAll }, Entry::Line]);
    }
    entries.extend(overview.plans.iter().map(|plan| {
        let (label, enabled) = (name(&plan.plan.name), is_idle(&plan.plan.id));
        Entry::Item { label, enabled, press: Press::BackUp(plan.plan.id.clone()) }
    }));
    Entry::Menu { label: "Back up now".into(), entries }
}

fn pause() -> Entry {
    let entries = vec![
        item("For an hour", Press::Pause(PauseFor::Hour)),
        item("Until tomorrow", Press::Pause(PauseFor::Tomorrow)),
        item("Until I resume", Press::Pause(PauseFor::UntilTold)),
    ];
    Entry::Menu { label: "Pause".into(), entries }
}

fn restore(overview: &Overview) -> Entry {
    let of = |plan: &PlanId| Press::Restore(Some(plan.clone()));
    match overview.plans.as_slice() {
        [] => item("Restore…", Press::Restore(None)),
        [only] => item("Restore…", of(&only.plan.id)),
        several => {
            let mut entries: Vec<Entry> =
                several.iter().map(|plan| item(format!("{}…", name(&plan.plan.name)), of(&plan.plan.id))).collect();
            entries.extend([Entry::Line, item("Another backup or a file…", Press::Restore(None))]);
            Entry::Menu { label: "Restore".into(), entries }
        }
    }
}

fn quit(overview: &Overview, owns_engine: bool) -> Entry {
    let scheduled = overview.plans.iter().any(|plan| plan.plan.schedules.on().next().is_some());
    item(if owns_engine && scheduled { "Quit: schedules stop" } else { "Quit" }, Press::Quit)
}

/// Whether anything of the plan runs or waits to.
pub(super) fn is_busy(overview: &Overview, plan: &PlanId) -> bool {
    overview.runs.iter().any(|run| run.plan.as_ref() == Some(plan))
}
