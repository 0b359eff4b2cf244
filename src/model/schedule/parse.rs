//! Schedules as the command line has them.

use jiff::civil::{Date, Time};

use super::cron::Cron;
use super::days::{MonthDays, Weekdays};
use super::times::TimesOfDay;
use super::when::{LONGEST, When};

/// `every`: `hourly`, `daily`, `weekly`, `monthly`, `6h`, `2d`, `cron: 0 20 * * 1-5`. `at`: `20:00`, `8:00,20:00`; for hourly
/// the minute, `:15`. `on`: `mon,thu` for weekly, `1`, `last`, `first-mon` for monthly. Where they are left out: 20:00, Monday,
/// the 1st. `today`: from which days are counted.
pub fn parse(every: &str, at: Option<&str>, on: Option<&str>, today: Date) -> Result<When, String> {
    let every = every.trim();
    let name = every.to_ascii_lowercase();
    if on.is_some() && !matches!(name.as_str(), "weekly" | "monthly") {
        return Err(format!("days (--on) go with weekly and monthly, not with \u{201c}{every}\u{201d}"));
    }
    let times =
        || at.map_or_else(|| Time::new(20, 0, 0, 0).map_err(|e| e.to_string()).and_then(TimesOfDay::one), TimesOfDay::parse);
    let when = match name.as_str() {
        "hourly" => When::Hourly { minute: at.map_or(Ok(0), minute)? },
        "daily" => When::Daily { at: times()? },
        "weekly" => When::Weekly { on: Weekdays::parse(on.unwrap_or("mon"))?, at: times()? },
        "monthly" => When::Monthly { on: MonthDays::parse(on.unwrap_or("1"))?, at: times()? },
        _ => match every.split_at_checked(5) {
            Some((head, cron)) if head.eq_ignore_ascii_case("cron:") => {
                without_time(at, "a cron expression")?;
                When::Cron { cron: Cron::parse(cron)? }
            }
            _ => interval(every, at, today)?,
        },
    };
    when.check()?;
    Ok(when)
}

/// The same kind with other times or days, as [`parse`] takes them; what is left out stays.
pub fn adjust(when: &When, at: Option<&str>, on: Option<&str>) -> Result<When, String> {
    if on.is_some() && !matches!(when, When::Weekly { .. } | When::Monthly { .. }) {
        return Err(format!("days (--on) go with weekly and monthly, not with what runs {}", when.in_words()));
    }
    let times = |old: &TimesOfDay| at.map_or_else(|| Ok(old.clone()), TimesOfDay::parse);
    let changed = match when {
        When::Hourly { minute: old } => When::Hourly { minute: at.map_or(Ok(*old), minute)? },
        When::Daily { at: old } => When::Daily { at: times(old)? },
        When::Days { days, from, at: old } => When::Days { days: *days, from: *from, at: times(old)? },
        When::Weekly { on: days, at: old } => {
            When::Weekly { on: on.map_or_else(|| Ok(*days), Weekdays::parse)?, at: times(old)? }
        }
        When::Monthly { on: days, at: old } => {
            When::Monthly { on: on.map_or_else(|| Ok(days.clone()), MonthDays::parse)?, at: times(old)? }
        }
        When::Hours { .. } | When::Cron { .. } | When::Change { .. } | When::Drive { .. } | When::Start { .. } => {
            without_time(at, &format!("what runs {}", when.in_words()))?;
            when.clone()
        }
    };
    changed.check()?;
    Ok(changed)
}

/// `6h`, `2d`, and `2d` at a time.
fn interval(every: &str, at: Option<&str>, today: Date) -> Result<When, String> {
    let wrong = || {
        format!(
            "\u{201c}{every}\u{201d} is no schedule: expected hourly, daily, weekly, monthly, 6h, 2d or \u{201c}cron: \u{2026}\u{201d}"
        )
    };
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    if let Some(hours) = every.strip_suffix(['h', 'H']).and_then(number) {
        without_time(at, "a number of hours")?;
        return Ok(When::Hours { hours });
    }
    let days = every.strip_suffix(['d', 'D']).and_then(number).ok_or_else(wrong)?;
    match at {
        Some(at) => Ok(When::Days { days, from: today, at: TimesOfDay::parse(at)? }),
        None => {
            let hours = days.checked_mul(24).filter(|hours| *hours <= LONGEST);
            Ok(When::Hours { hours: hours.ok_or("days are not within 1 to a year")? })
        }
    }
}

fn without_time(at: Option<&str>, what: &str) -> Result<(), String> {
    if at.is_some() { Err(format!("a time (--at) does not go with {what}")) } else { Ok(()) }
}

/// `:15`.
fn minute(text: &str) -> Result<i8, String> {
    let digits = text.strip_prefix(':').filter(|digits| digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()));
    let minute = digits.and_then(|digits| digits.parse().ok()).filter(|minute| (0..60).contains(minute));
    minute.ok_or_else(|| format!("\u{201c}{text}\u{201d} is no minute of every hour: expected one like :15"))
}
