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
        args::Key::Recovery(args) => recovery(&args, output),
        args::Key::Change(args) => change(&args, output),
        args::Key::Rotate(args) => rotate(&args, output),
        args::Key::New { file } => new_key_file(&file, output),
    }
}

fn list(from: &args::Origin, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    // What a slot is made of is no secret.
    let status = session.handle().keys_at(place::place(session.handle(), from)?).wait()?;
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
    // Once, however often an engine ends in between.
    let mut new = None;
    with_home(|session| {
        let place = place::unlocked(session.handle(), &args.from)?;
        let made = made_now(&new, args.new.make_password.as_deref());
        let secrets = once(&mut new, || match &args.add_key_file {
            Some(path) => Ok(NewSecrets { key_file: Some(password::key_file(path)?), ..NewSecrets::default() }),
            None => new_password(&args.new, &args.from, output),
        })?;
        let said = "Added: it opens the backup too.";
        kept_only_if(made, changed(session, place, KeyChange::Add(secrets), args.new.kdf, said, output))
    })
}

fn remove(session: &Session, args: &args::KeyRemove, output: Output) -> Result<Exit, Problem> {
    let handle = session.handle();
    let status = handle.keys_at(place::place(handle, &args.from)?).wait()?;
    let place = place::unlocked(handle, &args.from)?;
    if let Some(slot) = status.slots.iter().find(|slot| slot.id == args.slot).filter(|_| !args.yes && status.slots.len() > 1) {
        let what = slot.kind.in_words().to_lowercase();
        confirm(&format!("The {what} {} will no longer open the backup. Go on? [y/N] ", slot.id))?;
    }
    let change = KeyChange::Remove { slot: args.slot.clone() };
    let said = format!("Removed: {} no longer opens the backup.", args.slot);
    let ended = changed(session, place, change, None, &said, output)?;
    // Older versions of Strongroom took the same one twice, and nobody can see it.
    let kind = status.slots.iter().find(|slot| slot.id == args.slot).map(|slot| slot.kind);
    let left = status.slots.iter().filter(|slot| Some(slot.kind) == kind && slot.id != args.slot).count() as u64;
    if let Some(kind) = kind.filter(|_| left > 0) {
        let what = kind.in_words().to_lowercase();
        let others = human::counted(left, &format!("other {what} is"), &format!("other {what}s are"));
        output.note(format!("{others} left. If one of them is the same, added twice, it still opens the backup."));
    }
    Ok(ended)
}

fn recovery(args: &args::KeyRecovery, output: Output) -> Result<Exit, Problem> {
    password::check_new_path(&args.file)?;
    let mut new = None;
    with_home(|session| {
        let place = place::unlocked(session.handle(), &args.from)?;
        let made = made_now(&new, Some(&args.file));
        let secrets = once(&mut new, || new_recovery_key(session, &args.file))?;
        let said = format!("The recovery key is in {}: put it away, where the backup is not.", args.file.display());
        kept_only_if(made, changed(session, place, KeyChange::Replace(secrets), None, &said, output))
    })
}

fn change(args: &args::KeyChange, output: Output) -> Result<Exit, Problem> {
    let mut new = None;
    with_home(|session| {
        let place = place::with_secret(session.handle(), &args.from)?;
        let made = made_now(&new, args.new.make_password.as_deref());
        let (change, said) = match args.same_password {
            true => (KeyChange::Stretch, "The password is stretched anew."),
            false => {
                let secrets = once(&mut new, || new_password(&args.new, &args.from, output))?;
                (KeyChange::Replace(secrets), "The password is changed.")
            }
        };
        kept_only_if(made, changed(session, place, change, args.new.kdf, said, output))
    })
}

fn rotate(args: &args::KeyRotate, output: Output) -> Result<Exit, Problem> {
    if let Some(path) = &args.recovery_key_file {
        password::check_new_path(path)?;
    }
    let mut further = None;
    with_home(|session| rotate_with(session, args, &mut further, output))
}

/// `further`: the new recovery key, where another engine was given it already.
fn rotate_with(
    session: &Session,
    args: &args::KeyRotate,
    further: &mut Option<NewSecrets>,
    output: Output,
) -> Result<Exit, Problem> {
    let status = session.handle().keys_at(place::place(session.handle(), &args.from)?).wait()?;
    let place = place::with_secret(session.handle(), &args.from)?;
    let others = status.slots.len().saturating_sub(1) as u64;
    if others > 0 && !args.yes {
        let others =
            human::counted(others, "other password, recovery key or key file", "other passwords, recovery keys and key files");
        confirm(&format!("{others} will no longer open the backup, only what you gave now. Go on? [y/N] "))?;
    }
    let made = made_now(further, args.recovery_key_file.as_deref());
    let further = match &args.recovery_key_file {
        Some(path) => once(further, || new_recovery_key(session, path))?,
        None => NewSecrets::default(),
    };
    let said = "New versions take a new key. Older ones stay readable with what opens the backup now.";
    let ended = changed(session, place, KeyChange::Rotate(further), args.kdf, said, output);
    kept_only_if(made, ended)
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
    let before = handle.keys_at(Place { secret: None, ..place.clone() }).wait()?.slots;
    handle.change_keys(place.clone(), change, kdf.map(KdfKind::from)).wait()?;
    let status = handle.keys_at(Place { secret: None, ..place }).wait().map_err(|problem| {
        let what = "The change is made, but what opens the backup now cannot be shown.";
        Problem::new(Code::HalfDone, what, "Keep what is new: it opens the backup.").with_detail(problem.to_string())
    })?;
    output.line(said);
    let new: Vec<_> = status.slots.iter().filter(|slot| before.iter().all(|old| old.id != slot.id)).collect();
    for slot in &new {
        output.line(format!("  {}  {}", slot.id, slot.kind.in_words()));
    }
    let added: Vec<&str> = new.iter().map(|slot| &*slot.id).collect();
    output.result(
        "completed",
        json!({
            "slots": status.slots,
            "added": added,
            "older_keys": status.older_keys,
            "keys_number": status.keys_number,
        }),
    );
    Ok(Exit::Done)
}

fn new_password(new: &args::NewPassword, from: &args::Origin, output: Output) -> Result<NewSecrets, Problem> {
    let secret = match (&new.make_password, &new.new_password_file) {
        (Some(path), _) => password::make(path)?,
        (None, file) => password::new_given(file.as_deref(), from.there.plan.as_deref().unwrap_or(&from.from))?,
    };
    password::judge(&secret, output);
    Ok(NewSecrets { password: Some(secret), ..NewSecrets::default() })
}

fn new_recovery_key(session: &Session, path: &Path) -> Result<NewSecrets, Problem> {
    let key = session.handle().new_recovery_key().wait()?;
    password::write_recovery_key(path, &key)?;
    Ok(NewSecrets { recovery_key: Some(key), ..NewSecrets::default() })
}

/// What was made for a change that an engine ended in the middle of, or what is made now.
fn once(new: &mut Option<NewSecrets>, make: impl FnOnce() -> Result<NewSecrets, Problem>) -> Result<NewSecrets, Problem> {
    match new {
        Some(secrets) => Ok(secrets.clone()),
        None => Ok(new.insert(make()?).clone()),
    }
}

/// Where this try writes what is new. What an earlier one wrote may open the backup by now, however this one ends.
fn made_now<'a>(new: &Option<NewSecrets>, path: Option<&'a Path>) -> Option<&'a Path> {
    path.filter(|_| new.is_none())
}

/// A recovery key or password that opens nothing must not lie about as if it did. `path`: where it was written.
fn kept_only_if(path: Option<&Path>, ended: Result<Exit, Problem>) -> Result<Exit, Problem> {
    ended.inspect_err(|problem| {
        // Where it may have come to open the backup, it stays.
        if let (Some(path), false) = (path, matches!(problem.code, Code::EngineGone | Code::HalfDone)) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::Secret;

    /// An engine that ends in the middle, and one that goes on: with the key that is written already, which stays however it ends.
    #[test]
    fn another_try_goes_on_with_what_the_first_one_wrote() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("paper");
        let mut new = None;
        let mut try_it = |problem: Code| {
            let made = made_now(&new, Some(&path));
            let secrets = once(&mut new, || {
                let key = Secret::new("a key");
                password::write_recovery_key(&path, &key)?;
                Ok(NewSecrets { recovery_key: Some(key), ..NewSecrets::default() })
            })
            .unwrap();
            assert_eq!(secrets.recovery_key.unwrap().expose(), "a key");
            kept_only_if(made, Err(Problem::new(problem, "", ""))).unwrap_err();
        };
        try_it(Code::EngineGone);
        assert!(path.exists());
        try_it(Code::DestinationMissing);
        assert!(path.exists());
    }

    #[test]
    fn a_key_that_opens_nothing_does_not_stay() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("paper");
        for (code, stays) in [(Code::WrongPassword, false), (Code::EngineGone, true), (Code::HalfDone, true)] {
            std::fs::write(&path, "a key").unwrap();
            kept_only_if(made_now(&None, Some(&path)), Err(Problem::new(code, "", ""))).unwrap_err();
            assert_eq!(path.exists(), stays, "{code:?}");
        }
    }
}
