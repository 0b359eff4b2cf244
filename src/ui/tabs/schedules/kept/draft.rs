//! A rule of what is kept that is being changed: what was typed so far, and the rule it will be.

use crate::model::human;
use crate::model::retention::{Buckets, CommonRule, Retention};

/// Each part as typed; empty: it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// `None`: the person's own rule, by its parts.
    pub common: Option<CommonRule>,
    /// In the order of [`Draft::PARTS`].
    pub parts: [String; 7],
    pub min: String,
    pub max_size: String,
}

impl Draft {
    /// Name, label, example.
    pub const PARTS: [(&'static str, &'static str, &'static str); 7] = [
        ("keep-last", "The last", "10"),
        ("keep-days", "All of so many days", "30"),
        ("keep-hourly", "One per hour, for", "24 or 7d"),
        ("keep-daily", "One per day, for", "30 or 2m"),
        ("keep-weekly", "One per week, for", "12"),
        ("keep-monthly", "One per month, for", "0: for ever"),
        ("keep-yearly", "One per year, for", "0: for ever"),
    ];

    pub fn of(rule: &Retention) -> Self {
        let number = |n: Option<u32>| n.map_or_else(String::new, |n| n.to_string());
        let buckets = |b: Option<Buckets>| b.map_or_else(String::new, |b| b.to_string());
        Self {
            common: CommonRule::of(rule),
            parts: [
                number(rule.last),
                number(rule.days),
                buckets(rule.hourly),
                buckets(rule.daily),
                buckets(rule.weekly),
                buckets(rule.monthly),
                buckets(rule.yearly),
            ],
            min: number(rule.min),
            max_size: rule.most_bytes().map_or_else(String::new, typed_bytes),
        }
    }

    /// The rule as it will be saved, or what is wrong with what was typed.
    pub fn rule(&self) -> Result<Retention, String> {
        let mut rule = self.common.map(CommonRule::rule).unwrap_or_default();
        let own = Self::PARTS.iter().zip(&self.parts).filter(|_| self.common.is_none()).map(|((part, ..), text)| (*part, text));
        for (part, text) in own.chain([("keep-min", &self.min), ("max-size", &self.max_size)]) {
            if !text.trim().is_empty() {
                rule.set(part, text)?;
            }
        }
        Ok(rule)
    }
}

/// Bytes so that they are read as the same number again.
fn typed_bytes(bytes: u64) -> String {
    let shown = human::bytes(bytes);
    if human::parse_bytes(&shown) == Some(bytes) { shown } else { format!("{bytes} B") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(parts: &[(&str, &str)]) -> Retention {
        let mut rule = Retention::default();
        parts.iter().for_each(|(part, value)| rule.set(part, value).unwrap());
        rule
    }

    #[test]
    fn what_is_shown_is_what_it_was() {
        for (parts, common) in [
            (&[][..], Some(CommonRule::ForEver)),
            (&[("keep-days", "365"), ("keep-min", "3")], Some(CommonRule::Year)),
            (
                &[("keep-last", "10"), ("keep-hourly", "24"), ("keep-daily", "30"), ("keep-weekly", "52"), ("keep-monthly", "0")],
                Some(CommonRule::Thinned),
            ),
            (&[("keep-last", "5"), ("keep-hourly", "7d"), ("max-size", "200GB")], None),
            (&[("keep-days", "365"), ("keep-yearly", "0"), ("max-size", "123456789")], None),
        ] {
            let before = rule(parts);
            let draft = Draft::of(&before);
            assert_eq!((draft.common, draft.rule()), (common, Ok(before)), "{parts:?}");
        }
    }

    #[test]
    fn what_cannot_be_is_said() {
        let mut draft = Draft { common: None, ..Draft::of(&Retention::default()) };
        draft.parts[2] = "often".into();
        assert!(draft.rule().is_err());
        draft.common = Some(CommonRule::Year);
        assert!(draft.rule().is_ok(), "what does not show does not count");
        draft.max_size = "7".into();
        assert!(draft.rule().unwrap_err().contains("less than 1 MiB"));
    }
}
