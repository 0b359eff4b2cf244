//! What ran, as one schedule sees it.

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};

use super::entry::{Schedule, ScheduleId};
use super::occurrence::Stamp;
use crate::model::recent::Ended;
use crate::model::snapshot::{BackupType, WantedType};

/// A backup run that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub started: Stamp,
    pub ended: Ended,
    /// What was made of it.
    pub made: Option<BackupType>,
    /// The schedules that it was started for; none: by hand.
    pub schedules: Vec<ScheduleId>,
}

/// Of the runs that served a schedule: those that were started for it, and any other that went well and was no less than it asks
/// for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The newest, by the order in which they were recorded: clocks lie.
    pub last: Option<Stamp>,
    /// How many failed one after another up to now.
    pub failures: u32,
    pub last_success: Option<Stamp>,
}

impl Past {
    /// `attempts`: newest first, in the order in which they were recorded; those that did not serve it may be left out. No more are asked
    /// for than it takes to come to one that went well.
    pub fn of(schedule: &Schedule, attempts: impl IntoIterator<Item = impl Borrow<Attempt>>) -> Self {
        let mut past = Self::default();
        let mut failing = true;
        for attempt in attempts {
            let attempt = attempt.borrow();
            let well = matches!(attempt.ended, Ended::Well | Ended::WithWarnings);
            let own = attempt.schedules.contains(&schedule.id);
            let serves = own || well && suffices(schedule.wanted, attempt.made);
            if !serves {
                continue;
            }
            past.last.get_or_insert(attempt.started);
            match attempt.ended {
                Ended::Badly if failing => past.failures += 1,
                Ended::Badly => {}
                // Whoever cancels a run does not want it tried again.
                Ended::Cancelled => failing = false,
                Ended::Well | Ended::WithWarnings => {
                    past.last_success = Some(attempt.started);
                    break;
                }
            }
        }
        past
    }
}

/// Whether a run that made this is as good as one that asked for that.
fn suffices(wanted: WantedType, made: Option<BackupType>) -> bool {
    match wanted {
        WantedType::Auto | WantedType::Incremental => made.is_some(),
        WantedType::Differential => matches!(made, Some(BackupType::Differential | BackupType::Full)),
        WantedType::Full => made == Some(BackupType::Full),
    }
}
