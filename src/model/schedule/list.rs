//! The schedules of a plan.

use std::fmt;

use jiff::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::entry::{Schedule, ScheduleId};
use super::old::OldSchedule;
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

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same where one is put in, or takes the place of the one with its id.
    pub fn with(&self, schedule: Schedule) -> Result<Self, String> {
        let mut all = self.0.clone();
        match all.iter_mut().find(|known| known.id == schedule.id) {
            Some(known) => *known = schedule,
            None => all.push(schedule),
        }
        Self::new(all)
    }

    /// Each changed in a way that keeps it whole.
    pub fn map(&self, mut change: impl FnMut(&mut Schedule)) -> Self {
        let mut all = self.0.clone();
        all.iter_mut().for_each(&mut change);
        Self(all)
    }

    /// An id that none of them has; of others that were before it is told apart by the time.
    pub fn new_id(&self, now: Timestamp) -> ScheduleId {
        let mut bits = now.as_microsecond() as u32;
        loop {
            let id = ScheduleId::from_random(bits.to_be_bytes());
            if id != ScheduleId::first() && !self.0.iter().any(|known| known.id == id) {
                return id;
            }
            bits = bits.wrapping_add(1);
        }
    }

    pub fn without(&self, id: &ScheduleId) -> Self {
        Self(self.0.iter().filter(|schedule| schedule.id != *id).cloned().collect())
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

impl From<Schedule> for Schedules {
    fn from(only: Schedule) -> Self {
        Self(vec![only])
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
                let old = OldSchedule::deserialize(MapAccessDeserializer::new(map))?.into_new().map_err(A::Error::custom)?;
                Schedules::new(old.into_iter().collect()).map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_any(Form)
    }
}
