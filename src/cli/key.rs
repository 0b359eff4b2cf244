//! `strongroom key …`

use std::io::{self, IsTerminal};
use std::path::Path;

use jiff::tz::TimeZone;
use serde_json::json;

use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::output::{Output, ask};
use super::{args, password, place};
use crate::engine::message::{KeyChange, KeyStatus, NewSecrets};
use crate::model::format::KdfKind;
use crate::model::human;
use crate::model::key::SlotKind;
use crate::model::problem::{Code, Problem};
use crate::model::restore::Place;

pub fn run(args: args::Key, output: Output) -> Result<Exit, Problem> {
    match args {
        args::Key::List(from) => list(&from, output),
        args::Key::Add(args) => add(&args, output),
        args::Key::Remove(args) => with_home(|session| remove(session, &args, output)),
        args::Key::Recovery(args) => with_home(|session| recovery(session, &args, output)),
        args::Key::Change(args) => change(&args, output),
        args::Key::Rotate(args) => with_home(|session| rotate(session, &args, output)),
        args::Key::New { file } => new_key_file(&file, output),
    }
}

fn list(from: &args::Origin, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    // What a slot is made of is no secret.
    let status = session.handle().keys_at(place::place(from)?).wait()?;
    if !output.json {
        table(&status, output);
    }
    for slot in &status.slots {
        output.object(slot);
    }
    let (older, number) = (status.older_keys, status.keys_number);
    output.result(
        "completed",
        json!({ "count": status.slots.len(), "older_keys": older, "keys_number": number, "kept_in": status.kept_in }),
    );
    Ok(Exit::Done)
}

fn table(status: &KeyStatus, output: Output) {
    let zone = TimeZone::system();
    output.line(format!("{:<8}  {:<12}  {:<31}  MADE", "ID", "OPENS WITH", "STRETCHED BY"));
    for slot in &status.slots {
        let made = slot.created.map_or_else(|| "-".into(), |at| human::exact(at, &zone));
        let function = if slot.kind == SlotKind::Password { &*slot.function } else { "- (cannot be guessed)" };
        output.line(format!("{:<8}  {:<12}  {function:<31}  {made}", slot.id, slot.kind.in_words()));
    }
    if status.older_keys > 0 {
        let older = human::counted(status.older_keys as u64, "older key", "older keys");
        output.line(format!("Each opens the newest key and, through it, {older}."));
    }
    output.line(format!("Key on this machine: {}", status.kept_in));
}

fn add(args: &args::KeyAdd, output: Output) -> Result<Exit, Problem> {
    let secrets = match &args.add_key_file {
        Some(path) => NewSecrets { key_file: Some(password::key_file(path)?), ..NewSecrets::default() },
        None => new_password(&args.new, output)?,
    };
    with_home(|session| {
        let place = place::unlocked(session.handle(), &args.from)?;
        let change = KeyChange::Add(secrets.clone());
        changed(session, place, change, args.new.kdf, "Added: it opens the backup too.", output)
    })
}

fn remove(session: &Session, args: &args::KeyRemove, output: Output) -> Result<Exit, Problem> {
    let handle = session.handle();
    let status = handle.keys_at(place::place(&args.from)?).wait()?;
    let place = place::unlocked(handle, &args.from)?;
    if let Some(slot) = status.slots.iter().find(|slot| slot.id == args.slot).filter(|_| !args.yes && status.slots.len() > 1) {
        let what = slot.kind.in_words().to_lowercase();
        confirm(&format!("This {what} will no longer open the backup. Go on? [y/N] "))?;
    }
    let change = KeyChange::Remove { slot: args.slot.clone() };
    changed(session, place, change, None, "Removed: it no longer opens the backup.", output)
}

fn recovery(session: &Session, args: &args::KeyRecovery, output: Output) -> Result<Exit, Problem> {
    password::check_new_path(&args.file)?;
    let place = place::unlocked(session.handle(), &args.from)?;
    let secrets = new_recovery_key(session, &args.file)?;
    let said = format!("The recovery key is in {}: put it away, where the backup is not.", args.file.display());
    kept_only_if(&args.file, changed(session, place, KeyChange::Replace(secrets), None, &said, output))
}

fn change(args: &args::KeyChange, output: Output) -> Result<Exit, Problem> {
    let secrets = if args.same_password { None } else { Some(new_password(&args.new, output)?) };
    with_home(|session| {
        let place = place::with_secret(session.handle(), &args.from)?;
        match &secrets {
            Some(new) => {
                changed(session, place, KeyChange::Replace(new.clone()), args.new.kdf, "The password is changed.", output)
            }
            None => changed(session, place, KeyChange::Stretch, args.new.kdf, "The password is stretched anew.", output),
        }
    })
}

fn rotate(session: &Session, args: &args::KeyRotate, output: Output) -> Result<Exit, Problem> {
    if let Some(path) = &args.recovery_key_file {
        password::check_new_path(path)?;
    }
    let status = session.handle().keys_at(place::place(&args.from)?).wait()?;
    let place = place::with_secret(session.handle(), &args.from)?;
    let others = status.slots.len().saturating_sub(1) as u64;
    if others > 0 && !args.yes {
        let others =
            human::counted(others, "other password, recovery key or key file", "other passwords, recovery keys and key files");
        confirm(&format!("{others} will no longer open the backup, only what you gave now. Go on? [y/N] "))?;
    }
    let further = match &args.recovery_key_file {
        Some(path) => new_recovery_key(session, path)?,
        None => NewSecrets::default(),
    };
    let said = "New versions take a new key. Older ones stay readable with what opens the backup now.";
    let ended = changed(session, place, KeyChange::Rotate(further), args.kdf, said, output);
    match &args.recovery_key_file {
        Some(path) => kept_only_if(path, ended),
        None => ended,
    }
}

fn new_key_file(path: &Path, output: Output) -> Result<Exit, Problem> {
    password::make_key_file(path)?;
    output.line(format!("The key file is {}. `strongroom key add --add-key-file` lets it open a backup.", path.display()));
    output.result("completed", json!({ "file": path.display().to_string() }));
    Ok(Exit::Done)
}

/// Carries out a change and says what opens the backup now.
fn changed(
    session: &Session,
    place: Place,
    change: KeyChange,
    kdf: Option<args::Kdf>,
    said: &str,
    output: Output,
) -> Result<Exit, Problem> {
    let handle = session.handle();
    handle.change_keys(place.clone(), change, kdf.map(KdfKind::from)).wait()?;
    let status = handle.keys_at(Place { secret: None, ..place }).wait().map_err(|problem| {
        let what = "The change is made, but what opens the backup now cannot be shown.";
        Problem::new(Code::HalfDone, what, "Keep what is new: it opens the backup.").with_detail(problem.to_string())
    })?;
    output.line(said);
    output.result(
        "completed",
        json!({ "slots": status.slots, "older_keys": status.older_keys, "keys_number": status.keys_number }),
    );
    Ok(Exit::Done)
}

fn new_password(new: &args::NewPassword, output: Output) -> Result<NewSecrets, Problem> {
    let secret = match (&new.make_password, &new.new_password_file) {
        (Some(path), _) => password::make(path)?,
        (None, file) => password::new_given(file.as_deref())?,
    };
    password::judge(&secret, output);
    Ok(NewSecrets { password: Some(secret), ..NewSecrets::default() })
}

fn new_recovery_key(session: &Session, path: &Path) -> Result<NewSecrets, Problem> {
    let key = session.handle().new_recovery_key().wait()?;
    password::write_recovery_key(path, &key)?;
    Ok(NewSecrets { recovery_key: Some(key), ..NewSecrets::default() })
}

/// A recovery key that opens nothing must not lie about as if it did.
fn kept_only_if(path: &Path, ended: Result<Exit, Problem>) -> Result<Exit, Problem> {
    ended.inspect_err(|problem| {
        // Where it may have come to open the backup, it stays.
        if !matches!(problem.code, Code::EngineGone | Code::HalfDone) {
            let _ = std::fs::remove_file(path);
        }
    })
}

fn confirm(question: &str) -> Result<(), Problem> {
    let refused =
        || Problem::new(Code::Usage, "Nothing was changed: this needs a confirmation.", "Answer y when asked, or give --yes.");
    if !io::stdin().is_terminal() {
        return Err(refused());
    }
    ask(question);
    let mut typed = String::new();
    io::stdin().read_line(&mut typed).map_err(|_| refused())?;
    if matches!(typed.trim(), "y" | "Y" | "yes") { Ok(()) } else { Err(refused()) }
}
