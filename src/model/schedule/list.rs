//! The schedules of a plan.

use std::fmt;

use jiff::civil::Time;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::entry::{Schedule, ScheduleId};
use super::old;
use super::times::TimesOfDay;
use super::when::When;
use super::words::list;

/// In settings a list; the one table that stood there before is read too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Schedules(Vec<Schedule>);

impl Schedules {
    /// Schedules of a plan, at most.
    pub const MOST: usize = 64;

    /// Checks each, and that no two have the same id.
    pub fn new(schedules: Vec<Schedule>) -> Result<Self, String> {
        if schedules.len() > Self::MOST {
            return Err(format!("a backup has at most {} schedules", Self::MOST));
        }
        for (at, schedule) in schedules.iter().enumerate() {
            schedule.check()?;
            if schedules.iter().take(at).any(|other| other.id == schedule.id) {
                return Err(format!("two schedules have the id {}", schedule.id.as_str()));
            }
        }
        Ok(Self(schedules))
    }

    pub fn as_slice(&self) -> &[Schedule] {
        &self.0
    }

    pub fn iter(&self) -> impl Iterator<Item = &Schedule> {
        self.0.iter()
    }

    /// Those that are switched on.
    pub fn on(&self) -> impl Iterator<Item = &Schedule> {
        self.0.iter().filter(|schedule| schedule.on)
    }

    /// By id, its beginning where only one begins so, or name.
    pub fn find(&self, text: &str) -> Option<&Schedule> {
        let exact = self.0.iter().find(|schedule| schedule.id.as_str() == text || schedule.name.as_deref() == Some(text));
        exact.or_else(|| {
            let mut begins = self.0.iter().filter(|schedule| !text.is_empty() && schedule.id.as_str().starts_with(text));
            begins.next().filter(|_| begins.next().is_none())
        })
    }

    /// "every hour and every Sunday at 03:00, full".
    pub fn in_words(&self) -> String {
        let words: Vec<String> = self.on().map(Schedule::in_words).collect();
        if words.is_empty() { "only when you ask".into() } else { list(words) }
    }
}

impl From<old::Schedule> for Schedules {
    fn from(old: old::Schedule) -> Self {
        let when = match old {
            old::Schedule::Off => return Self::default(),
            old::Schedule::Hours { hours } => When::Hours { hours: hours.clamp(1, old::LONGEST) },
            old::Schedule::Daily { hour, minute } => {
                let time = Time::new(hour, minute, 0, 0).map_err(|error| error.to_string());
                let Ok(at) = time.and_then(TimesOfDay::one) else { return Self::default() };
                When::Daily { at }
            }
        };
        let plain = Schedule {
            id: ScheduleId::first(),
            name: None,
            on: true,
            wanted: Default::default(),
            since: None,
            when,
            retention: None,
        };
        Self(vec![plain])
    }
}

impl<'de> Deserialize<'de> for Schedules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = Schedules;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of schedules")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Schedules, A::Error> {
                let mut schedules = Vec::new();
                while let Some(schedule) = list.next_element()? {
                    if schedules.len() == Schedules::MOST {
                        return Err(A::Error::custom("too many schedules"));
                    }
                    schedules.push(schedule);
                }
                Schedules::new(schedules).map_err(A::Error::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Schedules, A::Error> {
                let old = old::Schedule::deserialize(MapAccessDeserializer::new(map))?;
                if old.is_valid() { Ok(old.into()) } else { Err(A::Error::custom("its schedule's numbers are out of range")) }
            }
        }

        deserializer.deserialize_any(Form)
    }
}
