//! What an icon in the desktop's tray shows, as plain data: its face, its words, its menu. Whoever talks to the desktop draws it.

pub mod face;
mod menu;
mod press;
mod words;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use self::face::{Face, Shape};
pub use self::menu::{Entry, Press};
pub use self::press::press;
use super::tabs::backups::card_data::Header;
use crate::engine::message::{Overview, RunOverview};
use crate::model::run::{ProgressView, RunId, RunKind};
use crate::model::status::Status;

/// All that the tray shows. Compared with the one before, so that the desktop is told only of what is new.
#[derive(Clone, Debug, PartialEq)]
pub struct TrayView {
    pub face: Face,
    /// How things stand, in one line: the menu's first, and the tooltip's title.
    pub line: String,
    /// The tooltip's further text; may be empty.
    pub more: String,
    pub menu: Vec<Entry>,
}

impl TrayView {
    /// `progress`: how far a run is. `owns_engine`: quitting ends the engine too.
    pub fn of(
        overview: &Overview,
        progress: impl Fn(RunId) -> Option<ProgressView>,
        owns_engine: bool,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Self {
        let run = foremost(overview);
        let begun = run.filter(|run| run.turn.is_none());
        let percent = run.and_then(|run| progress(run.run)?.fraction()).map(percent);
        let is_working = begun.is_some_and(|run| !run.paused);
        let shape = match (is_working, overview.paused.is_some() || begun.is_some()) {
            (true, _) => Shape::Running(percent),
            (false, true) => Shape::Paused,
            (false, false) => Shape::Idle,
        };
        let attention = Header::of(overview).is_some_and(|header| header.status == Status::NeedsAttention);
        let line = words::line(overview, run, percent, now, zone);
        Self {
            face: Face { shape, attention },
            more: words::more(overview, run.is_some(), now, zone),
            menu: menu::menu(overview, owns_engine, line.clone()),
            line,
        }
    }

    /// While the engine is looked for.
    pub fn lost() -> Self {
        let line = "Connecting again…".to_owned();
        let face = Face { shape: Shape::Idle, attention: false };
        Self { face, more: String::new(), menu: menu::bare(line.clone()), line }
    }
}

/// The run that is told of: one that goes on before one that waits or stands still, a backup before all else.
fn foremost(overview: &Overview) -> Option<&RunOverview> {
    overview.runs.iter().min_by_key(|run| (run.paused, run.turn.is_some(), run.kind != RunKind::Backup))
}

/// Whole percent; 100 only when all is done.
fn percent(fraction: f32) -> u8 {
    (fraction * 100.0).floor().clamp(0.0, 100.0) as u8
}

#[cfg(test)]
mod tests;
