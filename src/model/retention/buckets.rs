//! One version per hour, day, week, month or year.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

/// For how many hours, days … one each is kept: so many that have versions, or those of so long a time. In settings and JSON a
/// number or `"7d"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub enum Buckets {
    /// 0: for ever.
    Count(u32),
    For(u16, Unit),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

impl Unit {
    const ALL: [(Self, char, &'static str); 5] = [
        (Self::Hours, 'h', "hour"),
        (Self::Days, 'd', "day"),
        (Self::Weeks, 'w', "week"),
        (Self::Months, 'm', "month"),
        (Self::Years, 'y', "year"),
    ];

    fn letter(self) -> char {
        Self::ALL.iter().find(|(unit, ..)| *unit == self).map_or('d', |(_, letter, _)| *letter)
    }
}

impl Buckets {
    /// `24`, `7d`, `48h`, `8w`, `12m` (months), `5y`, `0` (for ever).
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("\u{201c}{text}\u{201d} is neither a number nor a time like 48h, 7d, 8w, 12m or 5y");
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        let mut letters = text[digits.len()..].chars();
        match (letters.next(), letters.next()) {
            (None, _) => digits.parse().map(Self::Count).map_err(|_| wrong()),
            (Some(letter), None) => {
                let unit = Unit::ALL.into_iter().find(|(_, known, _)| letter.eq_ignore_ascii_case(known)).ok_or_else(wrong)?.0;
                let n: u16 = digits.parse().map_err(|_| wrong())?;
                Ok(if n == 0 { Self::Count(0) } else { Self::For(n, unit) })
            }
            _ => Err(wrong()),
        }
    }

    /// "for the last 24", "for 7 days", "for ever". `one`: "day".
    pub(super) fn in_words(self, one: &str) -> String {
        match self {
            Self::Count(0) => "for ever".into(),
            Self::Count(1) => format!("for the last {one}"),
            Self::Count(n) => format!("for the last {n} {one}s"),
            Self::For(n, unit) => {
                let name = Unit::ALL.iter().find(|(known, ..)| *known == unit).map_or("day", |(.., name)| *name);
                format!("for {n} {name}{}", if n == 1 { "" } else { "s" })
            }
        }
    }

    /// The moment after which versions are young enough; `None`: for ever, or by count.
    pub(super) fn since(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let Self::For(n, unit) = self else { return None };
        let n64 = i64::from(n);
        let span = match unit {
            Unit::Hours => return Some(now.checked_sub(SignedDuration::from_hours(n64)).unwrap_or(Timestamp::MIN)),
            Unit::Days => Span::new().try_days(n64),
            Unit::Weeks => Span::new().try_weeks(n64),
            Unit::Months => Span::new().try_months(n64),
            Unit::Years => Span::new().try_years(n64),
        };
        Some(before(now, span.ok(), zone))
    }
}

impl fmt::Display for Buckets {
    /// As [`Buckets::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(n) => write!(f, "{n}"),
            Self::For(n, unit) => write!(f, "{n}{}", unit.letter()),
        }
    }
}

/// The same time on the calendar, so much earlier.
pub(super) fn before(now: Timestamp, span: Option<Span>, zone: &TimeZone) -> Timestamp {
    let earlier = span.and_then(|span| now.to_zoned(zone.clone()).checked_sub(span).ok());
    earlier.map_or(Timestamp::MIN, |zoned| zoned.timestamp())
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Count(u32),
    Text(String),
}

impl TryFrom<Form> for Buckets {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        match form {
            Form::Count(n) => Ok(Self::Count(n)),
            Form::Text(text) => Self::parse(&text),
        }
    }
}

impl From<Buckets> for Form {
    fn from(buckets: Buckets) -> Self {
        match buckets {
            Buckets::Count(n) => Self::Count(n),
            Buckets::For(n, unit) => Self::Text(format!("{n}{}", unit.letter())),
        }
    }
}

/// What has one version kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Every {
    Hour,
    Day,
    /// From Monday.
    Week,
    Month,
    Year,
}

/// One hour, day … of the calendar: its first local time, and for the halves of a doubled hour the offset, negative so that they
/// sort.
pub(super) type Bucket = (DateTime, i32);

impl Every {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    pub(super) fn bucket(self, at: Timestamp, zone: &TimeZone) -> Bucket {
        let offset = zone.to_offset(at);
        let local = offset.to_datetime(at);
        let date = local.date();
        let start: Date = match self {
            Self::Hour => {
                let hour = Time::new(local.hour(), 0, 0, 0).unwrap_or_default();
                return (date.to_datetime(hour), -offset.seconds());
            }
            Self::Day => date,
            Self::Week => date.saturating_sub(Span::new().days(i64::from(date.weekday().to_monday_zero_offset()))),
            Self::Month => date.first_of_month(),
            Self::Year => date.first_of_year(),
        };
        (start.to_datetime(Time::midnight()), 0)
    }

    /// "21 Nov 2026, 20:00", "21 Nov 2026", "the week from 16 Nov 2026", "November 2026", "2026".
    pub(super) fn label(self, start: DateTime) -> String {
        let form = match self {
            Self::Hour => "%-d %b %Y, %H:00",
            Self::Day => "%-d %b %Y",
            Self::Week => "the week from %-d %b %Y",
            Self::Month => "%B %Y",
            Self::Year => "%Y",
        };
        start.strftime(form).to_string()
    }
}
