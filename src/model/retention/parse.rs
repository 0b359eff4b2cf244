//! Parts of a rule by the names and values that the command line has for them.

use super::buckets::Buckets;
use super::rule::Retention;
use crate::model::human;

/// Every part's name.
pub const PARTS: [&str; 9] =
    ["keep-days", "keep-last", "keep-min", "keep-hourly", "keep-daily", "keep-weekly", "keep-monthly", "keep-yearly", "max-size"];

impl Retention {
    /// Sets one part: `keep-days` to `30`, `keep-hourly` to `24` or `7d`, `max-size` to `100GB`; 0 is for ever, or any size.
    /// `off` takes the part out of the rule.
    pub fn set(&mut self, part: &str, value: &str) -> Result<(), String> {
        let value = value.trim();
        let value = (!value.eq_ignore_ascii_case("off")).then_some(value);
        let mut changed = self.clone();
        match part {
            "keep-days" => changed.days = value.map(number).transpose()?,
            "keep-last" => changed.last = value.map(number).transpose()?,
            "keep-min" => changed.min = value.map(number).transpose()?,
            "keep-hourly" => changed.hourly = value.map(Buckets::parse).transpose()?,
            "keep-daily" => changed.daily = value.map(Buckets::parse).transpose()?,
            "keep-weekly" => changed.weekly = value.map(Buckets::parse).transpose()?,
            "keep-monthly" => changed.monthly = value.map(Buckets::parse).transpose()?,
            "keep-yearly" => changed.yearly = value.map(Buckets::parse).transpose()?,
            "max-size" => changed.max_bytes = value.map(size).transpose()?.filter(|bytes| *bytes > 0),
            _ => return Err(format!("\u{201c}{part}\u{201d} is no part of a rule")),
        }
        changed.check()?;
        *self = changed;
        Ok(())
    }
}

fn number(text: &str) -> Result<u32, String> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| digits)
        .ok_or_else(|| format!("\u{201c}{text}\u{201d} is no number: expected 0 (for ever), 30, or off"))
}

fn size(text: &str) -> Result<u64, String> {
    human::parse_bytes(text)
        .ok_or_else(|| format!("\u{201c}{text}\u{201d} is no size: expected one like 100GB or 1.5TiB, or off"))
}
