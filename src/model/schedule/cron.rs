//! Cron expressions: `croner` reads them, we keep the time. Its own search knows no gap longer than two hours and leaves out
//! times within one; ours treats them as all others.

use std::str::SplitWhitespace;

use croner::Cron as Pattern;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::days::Weekdays;
use super::times::clock;
use super::words::list;

/// Five fields (minute, hour, day of the month, month, weekday) with names, lists, ranges and steps, or `@daily` and its like.
/// Where day and weekday are both given, either will do. It comes at least once in forty years.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cron {
    text: String,
    /// A bit for each.
    minutes: u64,
    hours: u32,
    days: Box<Pattern>,
}

/// Longest expression; a list of all minutes has 170 letters.
const LONGEST: usize = 512;
/// The calendar repeats itself after 28 years, or 40 where a century without a leap day lies between.
const YEARS: i16 = 40;

impl Cron {
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > LONGEST || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b" \t*,-/#@?".contains(&b)) {
            return Err("a cron expression has letters, digits and * , - / only".into());
        }
        let fields: SplitWhitespace<'_> = text.split_whitespace();
        if !text.starts_with('@') && fields.count() != 5 {
            return Err("a cron expression has five fields: minute, hour, day of the month, month, weekday".into());
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let days = parser.parse(text).map_err(|error| format!("the cron expression cannot be read: {error}"))?;
        let bits = |values: Vec<u16>| values.into_iter().filter(|n| *n < 60).fold(0u64, |bits, n| bits | 1 << n);
        let (minutes, hours) = (bits(days.pattern.minutes.values()), bits(days.pattern.hours.values()) & 0xff_ffff);
        let cron = Self { text: text.to_owned(), minutes, hours: hours as u32, days: Box::new(days) };
        if minutes == 0 || hours == 0 || !cron.comes() {
            return Err("the cron expression never comes true".into());
        }
        Ok(cron)
    }

    fn comes(&self) -> bool {
        let mut day = jiff::civil::date(2000, 1, 1);
        while day.year() <= 2000 + YEARS {
            if self.falls_on(day) {
                return true;
            }
            let Ok(next) = day.tomorrow() else { return false };
            day = next;
        }
        false
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn falls_on(&self, date: Date) -> bool {
        let weekday = croner::Weekday::from_days_from_sunday(date.weekday().to_sunday_zero_offset().unsigned_abs().into());
        let (month, day) = (u32::from(date.month().unsigned_abs()), u32::from(date.day().unsigned_abs()));
        let pattern = &self.days.pattern;
        pattern.month_match(month).unwrap_or(false) && pattern.day_match(date.year().into(), month, day, weekday).unwrap_or(false)
    }

    /// The minutes, where it comes in every hour of its days.
    pub fn minutes_of_every_hour(&self) -> Option<u64> {
        (self.hours == 0xff_ffff).then_some(self.minutes)
    }

    /// Ascending.
    pub fn times(&self) -> impl Iterator<Item = Time> + '_ {
        let hours = (0..24i8).filter(|hour| self.hours >> hour & 1 == 1);
        hours.flat_map(|hour| self.minutes().filter_map(move |minute| Time::new(hour, minute, 0, 0).ok()))
    }

    fn minutes(&self) -> impl Iterator<Item = i8> + '_ {
        (0..60i8).filter(|minute| self.minutes >> minute & 1 == 1)
    }

    /// "at 08:00 and 20:00 on Monday to Friday".
    pub fn in_words(&self) -> String {
        let pattern = &self.days.pattern;
        let full = |values: Vec<u16>, most: usize| values.len() == most;
        let plain = !pattern.days.has_modifiers()
            && !pattern.days_of_week.has_modifiers()
            && full(pattern.months.values(), 12)
            && pattern.is_dom_wildcard();
        let Some(times) = self.times_in_words().filter(|_| plain) else {
            let text = pattern.describe();
            let mut letters = text.trim_end_matches('.').chars();
            return letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect());
        };
        if pattern.is_dow_wildcard() {
            return if self.minutes_of_every_hour().is_some() { times } else { format!("every day {times}") };
        }
        let days =
            pattern.days_of_week.values().into_iter().map(|day| jiff::civil::Weekday::from_sunday_zero_offset((day % 7) as i8));
        match Weekdays::new(days.flatten()) {
            Ok(days) => format!("{times} on {}", days.in_words()),
            Err(_) => times,
        }
    }

    fn times_in_words(&self) -> Option<String> {
        let minutes: Vec<i8> = self.minutes().collect();
        let (first, count) = (*minutes.first()?, minutes.len() as i8);
        let even = first == 0 && 60 % count == 0 && minutes.iter().zip(0..).all(|(minute, n)| *minute == n * (60 / count));
        if self.minutes_of_every_hour().is_some() {
            return match count {
                60 => Some("every minute".into()),
                1 if first == 0 => Some("every hour".into()),
                1 => Some(format!("every hour at {first} minutes past")),
                _ if even => Some(format!("every {} minutes", 60 / count)),
                _ => None,
            };
        }
        let times: Vec<Time> = self.times().take(7).collect();
        (times.len() < 7).then(|| format!("at {}", list(times.into_iter().map(clock))))
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Cron {}

impl TryFrom<String> for Cron {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Cron> for String {
    fn from(cron: Cron) -> Self {
        cron.text
    }
}
