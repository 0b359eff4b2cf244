//! Keys, passwords and key slots, in words.

use crate::model::key::KeySlot;
use crate::model::problem::{Code, Problem};

/// `what` it does not open: the backup, or a file.
pub fn wrong_key_file(what: &str) -> Problem {
    let fix = "Choose the key file that was added to it, byte for byte as it was, or give a password.";
    Problem::new(Code::WrongPassword, format!("This key file does not open {what}."), fix)
}

/// The same of what is, or was meant as, a recovery key.
pub fn wrong_recovery_key(what: &str, mistyped: bool) -> Problem {
    if mistyped {
        Problem::new(
            Code::WrongPassword,
            format!("This does not open {what}. As a recovery key it is mistyped: its checksum or its length does not fit."),
            "Compare it with the paper: seven groups of five characters. Capital or small, and O for 0, make no difference.",
        )
    } else {
        Problem::new(
            Code::WrongPassword,
            format!("This recovery key does not open {what}."),
            "It is typed rightly, but another backup's, or one that a newer recovery key has replaced.",
        )
    }
}

/// Neither copy of the key slots can be read. `object`: the name of one.
pub(super) fn no_keys(object: &str) -> Problem {
    Problem::new(
        Code::Damaged,
        format!("Both files with the backup's keys are gone or damaged ({object}): no password opens it without them."),
        "Put one back from a copy of the destination. A computer that keeps the key itself can still restore: give no password there.",
    )
}

/// What is to be added is there already.
pub fn opens_already(slot: &KeySlot) -> Problem {
    let kind = slot.kind.in_words().to_lowercase();
    Problem::new(
        Code::Usage,
        format!("That opens the backup already: it is the {kind} {}.", slot.id),
        "Give another one. What is there twice would still open it after one of the two is removed.",
    )
}

pub fn other_backups_password(name: &str) -> Problem {
    Problem::new(
        Code::OtherBackupsKey,
        format!("This opens another backup in the same place: \u{201c}{name}\u{201d}."),
        "Give what opens this backup, or go back and choose the other.",
    )
}

pub fn password_needed() -> Problem {
    Problem::new(Code::PasswordNeeded, "This backup is encrypted.", "Give its password, its recovery key or its key file.")
}

/// The key that this machine keeps is not enough: what is to open the new slot must be given.
pub fn password_itself_needed() -> Problem {
    Problem::new(Code::PasswordNeeded, "This takes the backup's password itself.", "Give the password that opens it now.")
}

/// The file in which a plan's secret lies for unattended runs cannot be read.
pub fn secret_file(path: &str, error: &std::io::Error) -> Problem {
    Problem::new(
        Code::PasswordNeeded,
        format!("The backup's key is to be read with {path}, and that file cannot be used."),
        "Put the file back, give the password once, or name another file.",
    )
    .with_command("Here `strongroom plan edit` names it.")
    .with_detail(error.to_string())
}

pub fn key_file(path: &str, error: &std::io::Error) -> Problem {
    Problem::new(Code::Usage, format!("{path} cannot be used as a key file."), "Choose the key file of this backup.")
        .with_detail(error.to_string())
}

pub fn key_file_not_made(path: &str, error: &std::io::Error) -> Problem {
    not_made("key file", path, error)
}

pub fn password_file_not_made(path: &str, error: &std::io::Error) -> Problem {
    not_made("password file", path, error)
}

fn not_made(what: &str, path: &str, error: &std::io::Error) -> Problem {
    let fix = "Name a new file in a folder that is there and that you can write to.";
    Problem::new(Code::Usage, format!("The {what} {path} could not be made."), fix).with_detail(error.to_string())
}

/// The slots at the destination hold a key that was rotated away.
pub fn keys_put_back() -> Problem {
    Problem::new(
        Code::ForeignHand,
        "The key files at the destination are older than those this machine wrote: they were put back.",
        "If the drive was restored from a copy, take the backup over (on the command line by `strongroom backup` with --take-over), then make a new key.",
    )
}

/// New key slots lie at the destination and count; something after that failed.
pub fn keys_half_changed(problem: &Problem) -> Problem {
    Problem::new(
        Code::HalfDone,
        "What opens the backup is changed, but the change could not be finished.",
        "Keep what is new: it opens the backup. The next run finishes the change.",
    )
    .with_detail(format!("{} ({})", problem.what, problem.detail))
}

/// New key slots may lie at the destination or not.
pub fn keys_uncertain(problem: &Problem) -> Problem {
    Problem::new(
        Code::HalfDone,
        "The destination failed in the middle: what opens the backup may be changed or not.",
        "Keep both what opened it before and what is new, until the destination is back and shows its list of keys.",
    )
    .with_detail(format!("{} ({})", problem.what, problem.detail))
}

pub fn no_such_slot(id: &str) -> Problem {
    Problem::new(Code::NothingThere, format!("There is no key slot \u{201c}{id}\u{201d}."), "See the list of slots.")
}

pub fn last_slot() -> Problem {
    Problem::new(
        Code::Usage,
        "The last way into a backup is never removed.",
        "Add another password, recovery key or key file first, or delete the backup.",
    )
}

pub fn not_encrypted() -> Problem {
    Problem::new(Code::Usage, "This backup is not encrypted: it has no keys.", "Choose an encrypted one.")
}
