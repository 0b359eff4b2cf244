//! Something that was done to what is set up: no run, but the history has it among them, so that it can be told what changed and when.

pub mod changes;
pub mod settings;

use serde::{Deserialize, Serialize};

use super::human;
use super::names;

/// Lines that say what it was in particular.
const MOST_LINES: usize = 40;
/// Characters of one of them: a path can have thousands.
const LONGEST_LINE: usize = 300;
/// Lines of which a sentence tells.
const TOLD: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    #[serde(rename = "event")]
    pub what: What,
    /// What it was in particular, a line each. Never anything secret.
    #[serde(default)]
    pub details: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A plan was.
    Created,
    Changed,
    Removed,
    /// One that lay at a destination became a plan here.
    Adopted,
    /// Another machine wrote it until then.
    TakenOver,
    /// A version was.
    Pinned,
    Unpinned,
    /// What opens a plan.
    KeysChanged,
    /// Everything that runs by itself was.
    Paused,
    Resumed,
    /// The time of the pause had come.
    PauseOver,
    /// A server's key or certificates were accepted.
    Trusted,
    /// What had waited for the machine was.
    StartedByHand,
    /// Limits, messages and what else is of the whole program.
    SettingsChanged,
}

impl What {
    /// Whether nobody asked for it.
    pub const fn is_by_itself(self) -> bool {
        matches!(self, Self::PauseOver)
    }

    /// What happened to what is called so: "Documents was changed".
    pub fn title(self, name: &str) -> String {
        match self {
            Self::Created => format!("{name} was set up"),
            Self::Changed => format!("{name} was changed"),
            Self::Removed => format!("{name} was removed"),
            Self::Adopted => format!("{name} goes on here"),
            Self::TakenOver => format!("{name} was taken over"),
            Self::Pinned => format!("A version of {name} was pinned"),
            Self::Unpinned => format!("A version of {name} is no longer pinned"),
            Self::KeysChanged => format!("The keys of {name} were changed"),
            Self::Paused => "Everything was paused".into(),
            Self::Resumed => "Everything was resumed".into(),
            Self::PauseOver => "The pause was over".into(),
            Self::Trusted => format!("The server {name} was accepted"),
            Self::StartedByHand => format!("{name} was started though it waited"),
            Self::SettingsChanged => "Settings were changed".into(),
        }
    }
}

impl Event {
    /// Each line is made one, and their number is bounded.
    pub fn new(what: What, details: Vec<String>) -> Self {
        let left = details.len().saturating_sub(MOST_LINES);
        let mut details: Vec<String> = details.iter().take(MOST_LINES).map(|line| cut(&names::one_line(line))).collect();
        if left > 0 {
            details.push(format!("And {} more", human::count(left as u64)));
        }
        Self { what, details }
    }

    /// What it was in particular, in short; empty where there is nothing to say.
    pub fn in_short(&self) -> String {
        let told = self.details.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join("; ");
        match self.details.len().saturating_sub(TOLD) {
            0 => told,
            left => format!("{told}; and {left} more"),
        }
    }
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LONGEST_LINE) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or(line)),
        None => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_much_it_was_it_stays_small_and_each_line_is_one() {
        let lines = (0..5000).map(|n| format!("{n}\n{}", "ä".repeat(5000))).collect();
        let event = Event::new(What::Changed, lines);
        assert_eq!(event.details.len(), MOST_LINES + 1);
        assert!(event.details.iter().all(|line| line.chars().count() <= LONGEST_LINE + 1 && !line.contains('\n')));
        assert_eq!(event.details.last().unwrap(), "And 4,960 more");
        let few = Event::new(What::Changed, ["one", "two"].map(str::to_owned).to_vec());
        assert_eq!(few.in_short(), "one; two");
        let four = Event::new(What::Changed, ["one", "two", "three", "four"].map(str::to_owned).to_vec());
        assert_eq!(four.in_short(), "one; two; three; and 1 more");
        assert_eq!(Event::new(What::Resumed, Vec::new()).in_short(), "");
    }
}
