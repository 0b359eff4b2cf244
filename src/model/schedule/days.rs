//! Days of a week and of a month.

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::words::{list, ordinal};

const SHORT: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const LONG: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// `mon`, `monday`.
fn parse_weekday(text: &str) -> Option<Weekday> {
    let text = text.to_ascii_lowercase();
    let at = (0..7).find(|at| text == SHORT[*at] || text == LONG[*at].to_ascii_lowercase())?;
    Weekday::from_monday_zero_offset(at as i8).ok()
}

fn at(day: Weekday) -> usize {
    day.to_monday_zero_offset() as usize
}

/// One or several weekdays. In settings a list of `"mon"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Weekdays(u8);

impl Weekdays {
    pub fn new(days: impl IntoIterator<Item = Weekday>) -> Result<Self, String> {
        let bits = days.into_iter().fold(0, |bits, day| bits | 1 << at(day));
        if bits == 0 { Err("a weekday is missing".into()) } else { Ok(Self(bits)) }
    }

    /// `mon`, `mon,thu`, `mon-fri`, `fri-mon`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            |part: &str| format!("\u{201c}{part}\u{201d} is no weekday: expected mon, tue, wed, thu, fri, sat, sun, or mon-fri");
        let mut bits = 0;
        for part in text.split(',').map(str::trim) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = parse_weekday(first).zip(parse_weekday(last)).ok_or_else(|| wrong(part))?;
            let mut day = first;
            bits |= 1 << at(day);
            while day != last {
                day = day.wrapping_add(1);
                bits |= 1 << at(day);
            }
        }
        Ok(Self(bits))
    }

    pub fn has(self, day: Weekday) -> bool {
        self.0 >> at(day) & 1 == 1
    }

    /// From Monday on.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        (0..7).filter_map(|at| Weekday::from_monday_zero_offset(at).ok()).filter(move |day| self.has(*day))
    }

    /// "Monday", "Monday and Thursday", "Monday to Friday", "every day".
    pub fn in_words(self) -> String {
        let days: Vec<usize> = self.iter().map(at).collect();
        match days[..] {
            [_, _, _, _, _, _, _] => "every day".into(),
            [first, .., last] if days.len() > 2 && last - first + 1 == days.len() => format!("{} to {}", LONG[first], LONG[last]),
            _ => list(days.into_iter().map(|at| LONG[at].to_owned())),
        }
    }
}

impl TryFrom<Vec<String>> for Weekdays {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        texts
            .iter()
            .try_fold(0, |bits, text| Self::parse(text).map(|days| bits | days.0))
            .and_then(|bits| if bits == 0 { Err("a weekday is missing".into()) } else { Ok(Self(bits)) })
    }
}

impl From<Weekdays> for Vec<String> {
    fn from(days: Weekdays) -> Self {
        days.iter().map(|day| SHORT[at(day)].to_owned()).collect()
    }
}

/// Which of a month's Mondays. The fifth is missing: most months have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nth {
    First,
    Second,
    Third,
    Fourth,
    Last,
}

impl Nth {
    pub const ALL: [Self; 5] = [Self::First, Self::Second, Self::Third, Self::Fourth, Self::Last];

    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Third => "third",
            Self::Fourth => "fourth",
            Self::Last => "last",
        }
    }
}

/// A day of every month. In settings `"1"` to `"31"`, `"last"`, `"first-mon"`, `"last-fri"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthDay {
    /// 1 to 31. A month that is shorter has it on its last day: no month goes without.
    Day(i8),
    Last,
    Nth(Nth, Weekday),
}

impl MonthDay {
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "\u{201c}{text}\u{201d} is no day of a month: expected 1 to 31, last, or first-mon (second-, third-, fourth-, last-)"
            )
        };
        if text.eq_ignore_ascii_case("last") {
            return Ok(Self::Last);
        }
        if let Some((nth, day)) = text.split_once('-') {
            let nth = Nth::ALL.into_iter().find(|known| nth.eq_ignore_ascii_case(known.name()));
            return nth.zip(parse_weekday(day)).map(|(nth, day)| Self::Nth(nth, day)).ok_or_else(wrong);
        }
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let day = text.parse().ok().filter(|day| digits && (1..=31).contains(day));
        day.map(Self::Day).ok_or_else(wrong)
    }

    pub fn falls_on(self, date: Date) -> bool {
        let (day, length) = (date.day(), date.days_in_month());
        match self {
            Self::Day(wanted) => day == wanted.min(length),
            Self::Last => day == length,
            Self::Nth(Nth::Last, weekday) => date.weekday() == weekday && day + 7 > length,
            Self::Nth(nth, weekday) => date.weekday() == weekday && (day - 1) / 7 == nth as i8,
        }
    }

    /// "the 1st", "the last day", "the first Monday".
    pub fn in_words(self) -> String {
        match self {
            Self::Day(day) => format!("the {}", ordinal(day)),
            Self::Last => "the last day".into(),
            Self::Nth(nth, day) => format!("the {} {}", nth.name(), LONG[at(day)]),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Day(day) => day.to_string(),
            Self::Last => "last".into(),
            Self::Nth(nth, day) => format!("{}-{}", nth.name(), SHORT[at(day)]),
        }
    }
}

/// One or several days of every month. In settings a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct MonthDays(Vec<MonthDay>);

impl MonthDays {
    /// More than there are days.
    const MOST: usize = 40;

    pub fn new(days: impl IntoIterator<Item = MonthDay>) -> Result<Self, String> {
        let mut known = Vec::new();
        for day in days {
            if let MonthDay::Day(n) = day
                && !(1..=31).contains(&n)
            {
                return Err(format!("{n} is no day of a month"));
            }
            if !known.contains(&day) {
                known.push(day);
            }
        }
        match known.len() {
            0 => Err("a day of the month is missing".into()),
            1..=Self::MOST => Ok(Self(known)),
            _ => Err("too many days of the month".into()),
        }
    }

    /// `1`, `1,15`, `last`, `first-mon`.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split(',').map(|part| MonthDay::parse(part.trim())).collect::<Result<Vec<_>, _>>().and_then(Self::new)
    }

    pub fn falls_on(&self, date: Date) -> bool {
        self.0.iter().any(|day| day.falls_on(date))
    }

    pub fn as_slice(&self) -> &[MonthDay] {
        &self.0
    }

    /// "the 1st and the last day".
    pub fn in_words(&self) -> String {
        list(self.0.iter().map(|day| day.in_words()))
    }
}

impl TryFrom<Vec<String>> for MonthDays {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        texts.iter().map(|text| MonthDay::parse(text)).collect::<Result<Vec<_>, _>>().and_then(Self::new)
    }
}

impl From<MonthDays> for Vec<String> {
    fn from(days: MonthDays) -> Self {
        days.0.into_iter().map(MonthDay::name).collect()
    }
}
