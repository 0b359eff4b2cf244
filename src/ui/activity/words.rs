//! A run in words: for the list. Those of its report are the model's, since the command line says the same.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::event::What;
use crate::model::human;
use crate::model::run::{Outcome, RunDetail, RunReport};
use crate::ui::notice;
use crate::ui::theme::{Icon, Tone, icons};

pub use crate::model::run::words::{as_text, cause, facts, grouped, milliseconds, new_file, title};

pub fn icon(run: &RunReport) -> (Tone, Icon) {
    if let RunDetail::Event(event) = &run.detail {
        return (Tone::Neutral, of_event(event.what));
    }
    match &run.outcome {
        Outcome::Completed => (Tone::Ok, icons::CHECK_CIRCLE),
        Outcome::CompletedWithWarnings => (Tone::Warn, icons::WARNING),
        Outcome::Failed(problem) if problem.code.is_held() => (Tone::Bad, icons::PAUSE),
        Outcome::Failed(_) => (Tone::Bad, icons::X_CIRCLE),
        Outcome::Cancelled => (Tone::Neutral, icons::PROHIBIT),
        Outcome::LeftRunning => (Tone::Warn, icons::HOURGLASS),
    }
}

fn of_event(what: What) -> Icon {
    match what {
        What::Created | What::Adopted => icons::PLUS,
        What::Changed => icons::PENCIL_SIMPLE,
        What::Removed => icons::TRASH,
        What::TakenOver => icons::DESKTOP,
        What::Pinned | What::Unpinned => icons::SEAL_CHECK,
        What::KeysChanged => icons::KEY,
        What::Paused => icons::PAUSE,
        What::Resumed | What::PauseOver | What::StartedByHand => icons::PLAY,
        What::Trusted => icons::SHIELD_CHECK,
        What::SettingsChanged => icons::GEAR_SIX,
    }
}

/// "Today", "Yesterday", "Sat 21 Nov".
pub fn day(date: Date, now: Timestamp, zone: &TimeZone) -> String {
    let today = now.to_zoned(zone.clone()).date();
    if date == today {
        "Today".into()
    } else if today.yesterday().is_ok_and(|yesterday| yesterday == date) {
        "Yesterday".into()
    } else if date.year() == today.year() {
        date.strftime("%a %-d %b").to_string()
    } else {
        date.strftime("%a %-d %b %Y").to_string()
    }
}

/// What came of it, without what and when it was.
pub fn result(run: &RunReport) -> String {
    let sentence = notice::sentence(run);
    let name = title(run);
    let rest = sentence.strip_prefix(&name).map_or(sentence.as_str(), |rest| rest.trim_start_matches([':', ' ']));
    human::capital(rest.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Event;
    use crate::model::run::words::failed;

    #[test]
    fn results_stand_alone() {
        assert_eq!(result(&failed()), "Done, with 3 warnings");
        let cancelled = RunReport { outcome: Outcome::Cancelled, ..failed() };
        assert_eq!(result(&cancelled), "Was cancelled");
        let event = Event::new(What::Changed, vec!["source added: /a".into()]);
        let changed = RunReport { detail: RunDetail::Event(event), outcome: Outcome::Completed, ..failed() };
        assert_eq!((title(&changed).as_str(), result(&changed).as_str()), ("Documents was changed", "Source added: /a"));
    }
}
