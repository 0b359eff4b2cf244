//! Failures about one file in words.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::archive::Error;
use crate::archive::loose::What;
use crate::engine::explain::{wrong_key_file, wrong_recovery_key};
use crate::model::foreign::Foreign;
use crate::model::format::Codec;
use crate::model::problem::{Code, Problem};

const KEYS: &str = "Here they are named by --keys.";
const INSPECT: &str = "Here `strongroom inspect` tells.";

/// A failure about one file.
pub fn about(error: Error, path: &Path) -> Problem {
    let name = path.display();
    let detail = error.to_string();
    match error {
        Error::WrongSecret => Problem::new(
            Code::WrongPassword,
            format!("This password does not open \u{201c}{name}\u{201d}."),
            "Check capital letters and the keyboard's language.",
        ),
        Error::WrongKeyFile => wrong_key_file(&format!("\u{201c}{name}\u{201d}")),
        Error::WrongRecoveryKey { mistyped } => wrong_recovery_key(&format!("\u{201c}{name}\u{201d}"), mistyped),
        Error::Damaged { .. } => {
            Problem::new(Code::Damaged, format!("\u{201c}{name}\u{201d} is damaged."), "Look for another copy.")
                .with_detail(detail)
        }
        Error::UnknownKey { .. } => Problem::new(
            Code::OtherBackupsKey,
            format!("\u{201c}{name}\u{201d} was sealed for another backup than these key slots are of."),
            "Give the key slots of the backup that it is of.",
        )
        .with_command(KEYS)
        .with_detail(detail),
        Error::Missing { .. } => Problem::new(
            Code::NothingThere,
            format!("The key slots of the backup that \u{201c}{name}\u{201d} is of are not there."),
            "Give a copy of its keys-1.json, or of a higher number.",
        )
        .with_command(KEYS)
        .with_detail(detail),
        Error::NoSuchPath(inner) => Problem::new(
            Code::NothingThere,
            format!("{inner} is not in \u{201c}{name}\u{201d}."),
            "Look at what is: choose another path.",
        ),
        Error::NotSealed { .. } => not_sealed(path).with_detail(detail),
        Error::Part(what) => Problem::new(
            Code::Usage,
            format!("\u{201c}{name}\u{201d} is not all of an archive: {what}."),
            "Join all parts first, by `cat NAME.z?? NAME.zip > WHOLE.zip`, or unpack the last by `7z x` where all lie in one folder.",
        ),
        Error::Limit(what) => Problem::new(
            Code::Damaged,
            format!("Something about \u{201c}{name}\u{201d} is larger than can be true: {what}."),
            "It is damaged, or made to do harm: take another copy of it.",
        ),
        error => error.into(),
    }
}

/// A failure while something is restored out of an archive, or `dry_run` would be.
pub fn not_restored(error: Error, path: &Path, dry_run: bool) -> Problem {
    match error {
        Error::TooMuch(what) => bomb(path, &what, dry_run),
        error => about(error, path),
    }
}

/// A failure while it is listed. `asked`: a long list was asked for.
pub fn not_listed(error: Error, path: &Path, asked: bool) -> Problem {
    let fix = match asked {
        false => "Its list takes some 200 MB of memory for each million entries.",
        true => "On the command line `strongroom restore` takes paths out of it without a list.",
    };
    match error {
        Error::TooMuch(what) => {
            let code = if asked { Code::Usage } else { Code::TooMuch };
            Problem::new(code, format!("\u{201c}{}\u{201d} is very large: {what}.", path.display()), fix)
        }
        error => about(error, path),
    }
}

/// What is to be read cannot be.
pub fn not_read(path: &Path, error: &io::Error) -> Problem {
    let code = if error.kind() == ErrorKind::NotFound { Code::NothingThere } else { Code::Usage };
    let what = format!("\u{201c}{}\u{201d} cannot be read.", path.display());
    Problem::new(code, what, "Name a file that is there and that you may read.").with_detail(error.to_string())
}

pub fn no_file(path: &Path) -> Problem {
    Problem::new(Code::Usage, format!("\u{201c}{}\u{201d} is no file.", path.display()), "Name a single file.")
}

/// What is to be written cannot be.
pub fn not_written(to: &Path, error: &io::Error) -> Problem {
    let to = to.display();
    let problem = match error.kind() {
        ErrorKind::AlreadyExists => Problem::new(
            Code::Usage,
            format!("\u{201c}{to}\u{201d} is there already."),
            "Give another name, or let it be replaced.",
        )
        .with_command("Here --overwrite replaces it."),
        ErrorKind::IsADirectory | ErrorKind::InvalidInput => {
            Problem::new(Code::Usage, format!("\u{201c}{to}\u{201d} is no file."), "Give the name of a file.")
        }
        ErrorKind::NotFound => {
            Problem::new(Code::Usage, format!("The folder of \u{201c}{to}\u{201d} is not there."), "Make it, or give another.")
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Problem::new(Code::NoRoom, "There is no room left.", "Make room, or write elsewhere. Nothing was left behind.")
        }
        _ => {
            Problem::new(Code::NotWritable, format!("\u{201c}{to}\u{201d} cannot be written."), "Check the folder's permissions.")
        }
    };
    problem.with_detail(error.to_string())
}

pub fn password_needed(path: &Path) -> Problem {
    let what = format!("\u{201c}{}\u{201d} is encrypted.", path.display());
    Problem::new(Code::PasswordNeeded, what, "Give its password, its recovery key or its key file.")
}

pub fn empty_password() -> Problem {
    Problem::new(Code::Usage, "The password is empty.", "Give one.")
}

pub fn not_sealed(path: &Path) -> Problem {
    let what = format!("\u{201c}{}\u{201d} is not sealed.", path.display());
    Problem::new(Code::NotSealed, what, "Look at what it is.").with_command(INSPECT)
}

pub fn not_compressed(path: &Path) -> Problem {
    let what = format!("\u{201c}{}\u{201d} is not compressed by gzip, bzip2, LZ4 or Zstandard.", path.display());
    Problem::new(Code::Usage, what, "Look at what it is.").with_command(INSPECT)
}

/// It is packed by something that is not read, and nothing is looked for in it.
pub fn foreign(path: &Path, foreign: Foreign) -> Problem {
    let what = format!("\u{201c}{}\u{201d} is {}, which Strongroom does not unpack.", path.display(), foreign.in_words());
    let fix = match foreign.unpacked_by() {
        Some(by) => format!("Unpack it by its own program first (`{by}`), then take what comes out."),
        None => "There is nothing in it to be had.".into(),
    };
    Problem::new(Code::Usage, what, fix)
}

/// A new file's name says that it is something else than what is written.
pub fn other_format(to: &Path, codec: Codec) -> Problem {
    let what = format!("The name \u{201c}{}\u{201d} says another format than {}.", to.display(), codec.in_words());
    let list = Codec::ALL.map(|codec| format!(".{} ({})", codec.extension(), codec.in_words()));
    Problem::new(Code::Usage, what, format!("Let it end as what it is to be: {}.", list.join(", ")))
}

/// A stream of Zstandard that refers to a dictionary.
pub fn needs_dictionary(path: &Path) -> Problem {
    let what = format!(
        "\u{201c}{}\u{201d} is compressed by Zstandard with a dictionary, which lies elsewhere: Strongroom does not unpack that.",
        path.display()
    );
    Problem::new(Code::Usage, what, "Unpack it by `zstd -d -D DICTIONARY`, or by the program that made it.")
}

/// It is not of a kind that can be looked into as a whole.
pub fn no_archive(path: &Path, what: What) -> Problem {
    let fix = match what {
        What::Foreign(kind) => return foreign(path, kind),
        What::Compressed(_) => "It is one compressed file: decompress it, in the Encryption tab or by `strongroom decompress`.",
        What::SealedFile | What::SealedObject => {
            "It is sealed twice: decrypt it first, in the Encryption tab or by `strongroom decrypt`."
        }
        What::Catalog | What::SmallObject => "It is part of a backup, but holds no files: choose the backup's folder.",
        _ => "Choose a tar or zip file, or a volume of a backup.",
    };
    Problem::new(Code::Usage, format!("\u{201c}{}\u{201d} is no archive.", path.display()), fix)
}

/// It unpacks to so much that nobody can have meant it.
fn bomb(path: &Path, what: &str, dry_run: bool) -> Problem {
    let what = format!("\u{201c}{}\u{201d} looks like a bomb: {what}.", path.display());
    let fix = match dry_run {
        true => "Such files are made to fill disks. Go on only if you know what is in it.",
        false => "What was unpacked so far stays. Such files are made to fill disks: go on only if you know what is in it.",
    };
    Problem::new(Code::TooMuch, what, fix)
}
