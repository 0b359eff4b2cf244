//! What the commands for single files share: reading, writing whole or not at all, being cancelled.

use std::fs::File;
use std::io;
use std::path::Path;

use super::args::NewFile;
use super::exit::Exit;
use crate::archive::Error;
use crate::archive::loose::output::Output;
use crate::model::problem::{Code, Problem};
use crate::model::run::Cancel;

/// Cancels by Ctrl-C; a second one no longer waits.
pub fn cancel_on_interrupt() -> Result<Cancel, Problem> {
    let unheard = |e: io::Error| Problem::new(Code::Internal, "Ctrl-C cannot be listened for.", "").with_detail(e.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unheard)?;
    let cancel = Cancel::default();
    let theirs = cancel.clone();
    let listen = move || {
        runtime.block_on(async {
            for _ in 0..2 {
                if tokio::signal::ctrl_c().await.is_err() {
                    return;
                }
                if theirs.is_cancelled() {
                    std::process::exit(Exit::Cancelled.code().into());
                }
                theirs.cancel();
            }
        });
    };
    std::thread::Builder::new().name("interrupt".into()).spawn(listen).map_err(unheard)?;
    Ok(cancel)
}

/// Opens what is to be read: a file, not a folder.
pub fn open(path: &Path) -> Result<File, Problem> {
    let cannot = |e: io::Error| {
        let code = if e.kind() == io::ErrorKind::NotFound { Code::NothingThere } else { Code::Usage };
        let what = format!("\"{}\" cannot be read.", path.display());
        Problem::new(code, what, "Name a file that is there and that you may read.").with_detail(e.to_string())
    };
    let file = File::open(path).map_err(cannot)?;
    match file.metadata().map_err(cannot)?.is_file() {
        true => Ok(file),
        false => Err(Problem::new(Code::Usage, format!("\"{}\" is no file.", path.display()), "Name a single file.")),
    }
}

/// Begins what is to be written.
pub fn create(new: &NewFile) -> Result<Output, Problem> {
    Output::create(&new.to, new.overwrite).map_err(|e| not_written(&new.to, &e))
}

/// Gives what was written its name.
pub fn finish(output: Output, new: &NewFile) -> Result<(), Problem> {
    output.finish().map_err(|e| not_written(&new.to, &e))
}

fn not_written(to: &Path, error: &io::Error) -> Problem {
    let to = to.display();
    let problem = match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Problem::new(Code::Usage, format!("\"{to}\" is there already."), "Give another name, or --overwrite.")
        }
        io::ErrorKind::IsADirectory | io::ErrorKind::InvalidInput => {
            Problem::new(Code::Usage, format!("\"{to}\" is no file."), "Give the name of a file.")
        }
        io::ErrorKind::NotFound => {
            Problem::new(Code::Usage, format!("The folder of \"{to}\" is not there."), "Make it, or give another.")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Problem::new(Code::NoRoom, "There is no room left.", "Make room, or write elsewhere. Nothing was left behind.")
        }
        _ => Problem::new(Code::NotWritable, format!("\"{to}\" cannot be written."), "Check the folder's permissions."),
    };
    problem.with_detail(error.to_string())
}

/// A failure about one file in words.
pub fn explain(error: Error, path: &Path) -> Problem {
    let name = path.display();
    let detail = error.to_string();
    match error {
        Error::WrongSecret => Problem::new(
            Code::WrongPassword,
            format!("This password does not open \"{name}\"."),
            "Check capital letters and the keyboard's language.",
        ),
        Error::Damaged { .. } => {
            Problem::new(Code::Damaged, format!("\"{name}\" is damaged."), "Nothing was written. Look for another copy.")
                .with_detail(detail)
        }
        Error::UnknownKey { .. } => Problem::new(
            Code::OtherBackupsKey,
            format!("\"{name}\" was sealed for another backup than these key slots are of."),
            "Give the key slots of the backup that it is of, by --keys.",
        )
        .with_detail(detail),
        Error::Missing { .. } => Problem::new(
            Code::NothingThere,
            format!("The key slots of the backup that \"{name}\" is of are not there."),
            "Give a copy of its keys-1.json (or a higher number) by --keys.",
        )
        .with_detail(detail),
        error => error.into(),
    }
}
