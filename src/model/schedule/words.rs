//! Schedules in words.

use super::when::When;

/// "a", "a and b", "a, b and c".
pub(super) fn list(words: impl IntoIterator<Item = String>) -> String {
    let mut words: Vec<String> = words.into_iter().collect();
    match words.pop() {
        Some(last) if !words.is_empty() => format!("{} and {last}", words.join(", ")),
        Some(only) => only,
        None => String::new(),
    }
}

/// "1st", "22nd", "13th".
pub(super) fn ordinal(n: i8) -> String {
    let end = match (n % 10, n) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}

impl When {
    /// "every day at 20:00", "when files change".
    pub fn in_words(&self) -> String {
        match self {
            Self::Hourly { minute: 0 } => "every hour".into(),
            Self::Hourly { minute } => format!("every hour at {minute} minutes past"),
            Self::Hours { hours } => every(*hours),
            Self::Daily { at } => format!("every day at {}", at.in_words()),
            Self::Days { days: 1, at, .. } => format!("every day at {}", at.in_words()),
            Self::Days { days, at, .. } => format!("every {days} days at {}", at.in_words()),
            Self::Weekly { on, at } => match on.in_words() {
                all if all == "every day" => format!("every day at {}", at.in_words()),
                days => format!("every {days} at {}", at.in_words()),
            },
            Self::Monthly { on, at } => format!("{} of every month at {}", on.in_words(), at.in_words()),
            Self::Cron { cron } => cron.in_words(),
            Self::Change { at_most_minutes: 1, .. } => "when files change".into(),
            Self::Change { at_most_minutes, .. } if at_most_minutes.is_multiple_of(60) => {
                format!("when files change, at most {}", every(at_most_minutes / 60))
            }
            Self::Change { at_most_minutes, .. } => format!("when files change, at most every {}", minutes(*at_most_minutes)),
            Self::Drive { drive, at_most_hours } => {
                let which = drive.as_ref().map_or("its drive".to_owned(), |name| format!("the drive {name}"));
                let most = if *at_most_hours == 0 { String::new() } else { format!(", at most {}", every(*at_most_hours)) };
                format!("when {which} is plugged in{most}")
            }
            Self::Start { delay_minutes: 0 } => "when Strongroom starts".into(),
            Self::Start { delay_minutes } => format!("{} after Strongroom starts", minutes(*delay_minutes)),
        }
    }
}

/// "every hour", "every 6 hours", "every day", "every 2 days".
fn every(hours: u16) -> String {
    match hours {
        1 => "every hour".into(),
        24 => "every day".into(),
        _ if hours.is_multiple_of(24) => format!("every {} days", hours / 24),
        _ => format!("every {hours} hours"),
    }
}

fn minutes(n: u16) -> String {
    match n {
        1 => "1 minute".into(),
        60 => "1 hour".into(),
        _ if n.is_multiple_of(60) => format!("{} hours", n / 60),
        _ => format!("{n} minutes"),
    }
}
