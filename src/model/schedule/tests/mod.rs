mod chance;
mod decisions;
mod events;
mod forms;
mod slow;
mod world;
mod zones;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Schedule, ScheduleId, When, parse};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// From the command line's form: `daily`, `daily at 20:00`, `weekly on mon at 8:00`.
fn when(text: &str) -> When {
    let (text, times) = text.split_once(" at ").map_or((text, None), |(text, times)| (text, Some(times)));
    let (every, on) = text.split_once(" on ").map_or((text, None), |(every, on)| (every, Some(on)));
    parse(every, times, on, jiff::civil::date(2026, 1, 1)).unwrap()
}

fn schedule(n: u8, text: &str, since: &str) -> Schedule {
    Schedule::new(ScheduleId::from_random([n; 4]), when(text), at(since))
}
