//! Versions that are not there, cannot be read or may not be deleted, in words.

use crate::model::problem::{Code, Problem};

pub fn no_version_yet() -> Problem {
    Problem::new(Code::NothingThere, "There is no version yet.", "Back up first.")
}

/// `at`: in the person's own time.
pub fn no_version_by(at: &str) -> Problem {
    Problem::new(Code::NothingThere, format!("There is no version from {at} or before."), "See the list of versions.")
}

pub fn no_such_version(which: &str) -> Problem {
    Problem::new(Code::NothingThere, format!("There is no version {which}."), "See the list of versions.")
}

pub fn base_unreadable(which: &str) -> Problem {
    Problem::new(
        Code::Damaged,
        format!("Version {which} cannot be read: nothing can be built on it."),
        "Choose another version, or leave the choice to Strongroom.",
    )
}

pub fn vanished(which: &str) -> Problem {
    Problem::new(
        Code::ForeignHand,
        format!("Version {which} has vanished from the destination, and not by this machine's doing."),
        "Nothing is deleted as long as that is not clear. If it is gone for good, delete that version too.",
    )
}

pub fn unreadable_stops_deletion() -> Problem {
    Problem::new(
        Code::Damaged,
        "A version there cannot be read, so that nobody knows what it needs.",
        "Nothing is deleted as long as it is there. If nothing can be done about it, delete that version too.",
    )
}

pub fn last_good_version() -> Problem {
    Problem::new(
        Code::Usage,
        "This would delete the last good version.",
        "Back up first; or remove the backup as a whole, with its versions.",
    )
}

pub fn pinned(version: &str) -> Problem {
    Problem::new(Code::Usage, format!("Version {version} is pinned: it stays."), "Take the pin away first.")
}

/// `doubts`: whole sentences.
pub fn doubtful(plan: &str, doubts: &[String]) -> Problem {
    Problem::new(
        Code::Doubtful,
        format!("Nothing of \u{201c}{plan}\u{201d} was cleared away: {}", doubts.join(" ")),
        "Look at what would go, in the Schedules tab or by `strongroom retention preview`; if it may, clean up by hand.",
    )
}

pub fn taken_over_lately() -> Problem {
    Problem::new(
        Code::OtherOwner,
        "This backup was taken over from another machine less than seven days ago.",
        "Nothing is deleted in that time, since the other one may not have noticed.",
    )
}

pub fn taken_over_ahead() -> Problem {
    Problem::new(
        Code::OtherOwner,
        "This backup was taken over at a time that has not come yet.",
        "Set this machine's clock if it is wrong. Then back up: seven days later something may be deleted again.",
    )
}
