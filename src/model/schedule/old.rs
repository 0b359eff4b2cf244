//! The one schedule that a plan had before it had several, as old settings hold it.

use jiff::civil::Time;
use serde::Deserialize;

use super::entry::{Schedule, ScheduleId};
use super::times::TimesOfDay;
use super::when::When;
use crate::model::conditions::Conditions;
use crate::model::snapshot::WantedType;

#[derive(Deserialize)]
#[serde(tag = "every", rename_all = "kebab-case")]
pub(super) enum OldSchedule {
    Off,
    Hours { hours: u16 },
    Daily { hour: i8, minute: i8 },
}

impl OldSchedule {
    /// `None`: off.
    pub(super) fn into_new(self) -> Result<Option<Schedule>, String> {
        let when = match self {
            Self::Off => return Ok(None),
            Self::Hours { hours } => When::Hours { hours },
            Self::Daily { hour, minute } => {
                let time = Time::new(hour, minute, 0, 0).map_err(|_| "its schedule's numbers are out of range".to_owned())?;
                When::Daily { at: TimesOfDay::one(time)? }
            }
        };
        let id = ScheduleId::first();
        Ok(Some(Schedule {
            id,
            name: None,
            on: true,
            wanted: WantedType::Auto,
            since: None,
            when,
            retention: None,
            conditions: Conditions::default(),
        }))
    }
}
