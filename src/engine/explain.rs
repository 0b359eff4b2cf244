//! Failures in words: the only place that words them for people.

mod keys;
mod messages;
mod storage;
mod versions;

use std::io::ErrorKind;

use crate::archive;
use crate::model::human;
use crate::model::location::Location;
use crate::model::marker;
use crate::model::names;
use crate::model::problem::{Code, Problem};
use crate::model::recover;
use crate::model::restore::VerifyReport;
use crate::model::shrink::Shrunk;
use crate::state;

pub use self::keys::{
    key_file, key_file_not_made, keys_half_changed, keys_put_back, keys_uncertain, last_slot, no_such_slot, not_encrypted,
    opens_already, other_backups_password, password_file_not_made, password_itself_needed, password_needed, secret_file,
    wrong_key_file, wrong_recovery_key,
};
pub use self::messages::{channel, message_not_sent, no_such_channel, not_sent};
pub use self::storage::{on_share, one_password};
pub use self::versions::{
    base_unreadable, doubtful, last_good_version, no_such_version, no_version_by, no_version_yet, pinned, taken_over_ahead,
    taken_over_lately, unreadable_stops_deletion, vanished,
};

impl From<archive::Error> for Problem {
    fn from(error: archive::Error) -> Self {
        use archive::Error as E;
        let detail = error.to_string();
        let problem = match error {
            E::Object { object, source } => match storage::carried(source) {
                Ok(error) => return error.into(),
                Err(source) => io_problem(source.kind(), format!("\u{201c}{object}\u{201d} could not be read or written.")),
            },
            E::Missing { object } | E::Damaged { object, .. } if marker::parse_keys_name(&object).is_some() => {
                keys::no_keys(&object)
            }
            E::Missing { object } => Problem::new(
                Code::Damaged,
                format!("A file of the backup is missing: {object}."),
                "Verify the backup to see which files this hits; other versions may be whole.",
            ),
            E::Damaged { object, .. } => Problem::new(
                Code::Damaged,
                format!("A file of the backup is damaged: {object}."),
                "Verify the backup to see which files this hits; other versions may be whole.",
            ),
            E::WrongSecret => Problem::new(
                Code::WrongPassword,
                "This password does not open the backup.",
                "Check capital letters and the keyboard's language, or use the recovery key.",
            ),
            E::WrongKeyFile => wrong_key_file("the backup"),
            E::WrongRecoveryKey { mistyped } => wrong_recovery_key("the backup", mistyped),
            E::UnknownKey { object } => Problem::new(
                Code::OtherBackupsKey,
                format!("{object} was encrypted for another backup: this backup's password does not open it."),
                "Choose the folder of the backup that it belongs to, or give that backup's password.",
            ),
            E::NotSealed { object } => Problem::new(
                Code::NotSealed,
                format!("This backup is encrypted, but {object} is not."),
                "Somebody may have put it there: do not trust this destination before you know how it came about.",
            ),
            E::TooNew { object, found } => Problem::new(
                Code::TooNew,
                format!("{object} was written by a newer Strongroom (format {found})."),
                "Update Strongroom on this machine.",
            ),
            E::File { path, source } => io_problem(source.kind(), format!("{} could not be used.", path.display())),
            E::Aside { folder, source } => match source.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Problem::new(
                    Code::NoRoom,
                    format!("The disk that Strongroom's own folder lies on is full: {}.", folder.display()),
                    "Make room there, then run it again: it goes on from what it had finished.",
                ),
                kind => io_problem(kind, format!("Strongroom's own folder {} could not be used.", folder.display())),
            },
            E::Cancelled => cancelled(),
            E::Limit(what) => Problem::new(
                Code::Damaged,
                format!("Something is larger than can be true: {what}."),
                "Where a backup is read, choose another version or destination. Where one is made, choose larger volumes or fewer folders.",
            ),
            E::Part(what) => Problem::new(Code::Usage, format!("This is not all: {what}."), "Join the parts first."),
            E::TooMuch(what) => Problem::new(
                Code::TooMuch,
                format!("This is more than is taken unasked: {what}."),
                "Choose less of it. Go on with all only if you know what is in it.",
            ),
            E::NoSuchPath(path) => Problem::new(
                Code::NothingThere,
                format!("{} is not in this version.", names::shown_text(&path)),
                "Look at what is: choose another version or path.",
            ),
            E::Source { path, source } => source_problem(&path.display().to_string(), source.kind()),
            E::Shrunk(shrunk) => return source_shrank(&shrunk),
            E::Pattern { pattern, .. } => Problem::new(
                Code::Usage,
                format!("\u{201c}{pattern}\u{201d} is no pattern for what is left out."),
                "Write it as in a .gitignore file.",
            ),
        };
        problem.with_detail(detail)
    }
}

/// No version is made before a person has decided.
pub fn source_shrank(shrunk: &[Shrunk]) -> Problem {
    let words: Vec<String> = shrunk.iter().map(Shrunk::in_words).collect();
    let (shown, more) = words.split_at(words.len().min(3));
    let rest = more.join("\n");
    let more = match more.len() {
        0 => String::new(),
        n => format!("; and the like of {} more", human::count(n as u64)),
    };
    Problem::new(
        Code::SourceShrank,
        format!("No version was made: {}{more}.", shown.join("; ")),
        "If a drive or share is not mounted, mount it and look again. If it is as it should be, back up anyway. Until then nothing is \
         cleaned up.",
    )
    .with_command("Here `strongroom backup` does that with --accept-shrunk.")
    .with_detail(rest)
}

fn source_problem(path: &str, kind: ErrorKind) -> Problem {
    match kind {
        ErrorKind::NotFound => Problem::new(
            Code::SourceMissing,
            format!("{path}, which is to be backed up, is not there."),
            "Plug in or mount the drive it lies on, or take it out of the backup.",
        ),
        _ => Problem::new(
            Code::SourceUnreadable,
            format!("{path}, which is to be backed up, cannot be read."),
            "Check its permissions, or run Strongroom as a user who may read it.",
        ),
    }
}

impl From<state::secrets::Error> for Problem {
    fn from(error: state::secrets::Error) -> Self {
        Problem::new(
            Code::Keyring,
            "The key could not be kept on this machine.",
            "Unlock the system's keyring, or check that Strongroom's own folder can be written.",
        )
        .with_detail(error.to_string())
    }
}

fn io_problem(kind: ErrorKind, what: String) -> Problem {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Problem::new(
            Code::NoRoom,
            "There is no room left.",
            "Make room, or choose another folder. Nothing half-written was left behind.",
        ),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            Problem::new(Code::NotWritable, what, "Check its permissions, or run Strongroom as a user who may.")
        }
        ErrorKind::NotFound => Problem::new(Code::NothingThere, what, "Check that it is still there."),
        ErrorKind::NotADirectory => Problem::new(Code::Usage, what, "It is not a folder: choose one."),
        ErrorKind::ResourceBusy => Problem::new(Code::Busy, what, "Something else works there: wait until that has ended."),
        _ => Problem::new(Code::Io, what, "Try again; if it happens again, check the drive."),
    }
}

/// A destination that is no place for one.
pub fn is_a_backups_folder(place: &str) -> Problem {
    let fix = "Choose the folder above it: each backup has a folder of its own there.";
    Problem::new(Code::Usage, format!("{place} is the folder of another backup itself."), fix)
}

pub fn no_destination() -> Problem {
    Problem::new(Code::Usage, "This backup has no destination.", "Edit it and choose one.")
}

pub fn name_taken(name: &str) -> Problem {
    let what = format!("There is a backup named \u{201c}{name}\u{201d} already.");
    Problem::new(Code::Usage, what, "Choose another name.")
}

pub fn same_destination(place: &str) -> Problem {
    Problem::new(Code::Usage, format!("{place} is where it lies already."), "Name another destination to copy it to.")
}

/// A backup is to go twice to one place.
pub fn same_place(place: &Location, other: &Location) -> Problem {
    Problem::new(Code::Usage, place.twice_in_words(other), "Leave one of the two out: a second copy in one place is none.")
}

/// The same, where only what lies there tells.
pub fn same_place_as_another(place: &Location) -> Problem {
    let what = format!("{} is the same place as another destination of this backup.", place.display());
    let fix =
        "Leave one of the two out: a second copy in one place is none. What this run wrote lay there before it was sent there.";
    Problem::new(Code::Usage, what, fix)
}

pub fn cancelled() -> Problem {
    Problem::new(Code::Cancelled, "Cancelled.", "")
}

pub fn no_such_plan() -> Problem {
    Problem::new(Code::NothingThere, "There is no such backup.", "See the list of backups for its name.")
}

pub fn nothing_at(place: &str) -> Problem {
    Problem::new(
        Code::NothingThere,
        format!("There is no backup in {place}."),
        "Choose the folder in which Strongroom made one; it holds a folder for each backup.",
    )
}

/// `there`: name and folder of each.
pub fn several_plans(there: &[(String, String)]) -> Problem {
    Problem::new(
        Code::SeveralPlans,
        format!("Several backups lie there: {}.", listed(there)),
        "Say which one, by its name or its folder's name.",
    )
    .with_command("Here --plan names it.")
}

pub fn no_such_plan_at(place: &str, there: &[(String, String)]) -> Problem {
    Problem::new(
        Code::NothingThere,
        format!("There is no backup of that name in {place}; there is {}.", listed(there)),
        "Say which one is meant, by its name or its folder's name.",
    )
}

fn listed(there: &[(String, String)]) -> String {
    let each = there.iter().map(|(name, folder)| format!("\u{201c}{name}\u{201d} (folder {folder})"));
    each.collect::<Vec<_>>().join(", ")
}

/// The destination lies exactly where the source does, so that nothing would be left to back up.
pub fn source_is_destination(path: &str) -> Problem {
    Problem::new(
        Code::Usage,
        format!("{path} cannot be backed up into itself."),
        "Choose another destination, best on another drive. It may lie within the source: it is left out of the backup.",
    )
}

pub fn marker_missing(place: &str) -> Problem {
    Problem::new(
        Code::MarkerMissing,
        format!("{place} is there, but not the backup that was made in it."),
        "Perhaps the drive is not mounted, or another one is in its place. Nothing was written.",
    )
}

pub fn other_owner(machine: &str) -> Problem {
    Problem::new(
        Code::OtherOwner,
        format!("Another machine or account writes into this backup (it was set up on \u{201c}{machine}\u{201d})."),
        "Restoring from it is always possible. To go on with it from here, take it over (on the command line by `strongroom backup` with --take-over).",
    )
}

/// A plan's folder that somebody else has begun, or that is reached in two ways.
pub fn begun_elsewhere(folder: &str) -> Problem {
    Problem::new(
        Code::OtherOwner,
        format!("Something else is making the folder {folder} at the destination, or was cut short while it did."),
        "Nothing was taken away there. If two addresses of this backup lead to the same place, leave one of them out; if nobody else backs up \
         there, delete that folder and try again.",
    )
}

pub fn foreign_hand(what: &str) -> Problem {
    Problem::new(
        Code::ForeignHand,
        format!("The destination has changed by a hand that is not this machine's: {what}"),
        "If a copy of this machine's settings writes there too, end that; then take the backup over (on the command line by `strongroom backup` with --take-over).",
    )
}

/// The file of certificates for a server could not be remembered.
pub fn ca_file_not_kept(error: crate::state::Error) -> Problem {
    Problem::new(
        Code::Settings,
        "Which certificates vouch for the server could not be kept.",
        "Check that Strongroom's own folder can be written and has room.",
    )
    .with_detail(error.to_string())
}

/// The home's history could not be read or written.
pub fn history(error: crate::state::Error) -> Problem {
    Problem::new(
        Code::Settings,
        "The history could not be read or written.",
        "Check that Strongroom's own folder can be written and has room.",
    )
    .with_detail(error.to_string())
}

pub fn internal(what: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Internal, "Something went wrong inside Strongroom.", "Please report it.").with_detail(what.to_string())
}

pub fn damage_found(report: &VerifyReport) -> Problem {
    let objects = human::counted(report.damaged.len() as u64, "file of the backup is", "files of the backup are");
    let hit = match report.files_hit {
        0 => String::new(),
        n => format!(" This hits {}.", human::counted(n, "of your files", "of your files")),
    };
    let for_people = |name: &str| [marker::README, recover::NAME].contains(&name);
    let fix = match report.damaged.iter().all(|damaged| for_people(&damaged.object)) {
        false => "Back up now: the next version stores anew what is damaged. Then check the drive.",
        true => {
            "Your files are whole. Find out who changed it, and neither run nor follow it; the next backup puts recover.py back."
        }
    };
    Problem::new(Code::Damaged, format!("{objects} damaged.{hit}"), fix)
}

pub fn being_removed() -> Problem {
    Problem::new(Code::Busy, "This backup is being removed.", "Wait until it is; then it can be made anew.")
}

pub fn busy() -> Problem {
    Problem::new(Code::Busy, "This backup is running already.", "Wait for it to end, or cancel it.")
}
