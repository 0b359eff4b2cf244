//! Where passwords come from: a file, the environment, a command, or a prompt. Never an argument.

use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::args;
use super::new_plan::no_chance;
use super::output::{Output, complain};
use crate::model::names::one_line;
use crate::model::problem::{Code, Problem};
use crate::model::secret::{self, Secret, Strength};
use crate::os::shell;
use crate::state::secret_file;

/// How passwords come where nobody is asked; and new ones, where there is one already.
const FROM: &str =
    "Give --password-file or --key-file, or set STRONGROOM_PASSWORD_FILE, STRONGROOM_PASSWORD_COMMAND or STRONGROOM_PASSWORD.";
const NEW_FROM: &str = "Give --new-password-file or --make-password, or set STRONGROOM_NEW_PASSWORD.";

/// How often a password is asked for at a prompt.
const TRIES: usize = 3;

/// A password that nobody was asked for.
pub struct Given {
    pub secret: Secret,
    /// From the environment: it may be meant for other backups than this one.
    pub ambient: bool,
}

/// The secret that was given without asking anybody, if one was: `--password-file` or `--key-file`, then the environment.
pub fn given(opens: &args::Unlock) -> Result<Option<Given>, Problem> {
    let named = match (&opens.password_file, &opens.key_file) {
        (Some(path), _) => Some(from_file(path)?),
        (None, Some(path)) => Some(key_file(path)?),
        (None, None) => None,
    };
    if let Some(secret) = named {
        return Ok(Some(Given { secret, ambient: false }));
    }
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let secret = if let Some(text) = set("STRONGROOM_PASSWORD") {
        Secret::new(text.into_string().map_err(|_| usage("STRONGROOM_PASSWORD is not UTF-8."))?)
    } else if let Some(path) = set("STRONGROOM_PASSWORD_FILE") {
        from_file(Path::new(&path))?
    } else if let Some(command) = set("STRONGROOM_PASSWORD_COMMAND") {
        from_command(&mut shell::command(&command))?
    } else if let Some(path) = set("STRONGROOM_KEY_FILE") {
        key_file(Path::new(&path))?
    } else {
        return Ok(None);
    };
    Ok(Some(Given { secret, ambient: true }))
}

/// Tries what is asked for, and asks again as often as it is wrong.
pub fn tried<T>(
    ask: impl Fn() -> Result<Secret, Problem>,
    mut attempt: impl FnMut(Secret) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let mut tries = 1;
    loop {
        match attempt(ask()?) {
            Err(problem) if problem.code == Code::WrongPassword && tries < TRIES => complain(&problem.what),
            ended => return ended,
        }
        tries += 1;
    }
}

/// A new password besides the one that opens the backup now: from a file, the environment, or asked for twice.
pub fn new_given(file: Option<&Path>, name: &str) -> Result<Secret, Problem> {
    if let Some(path) = file {
        return from_file(path);
    }
    match env::var_os("STRONGROOM_NEW_PASSWORD").filter(|value| !value.is_empty()) {
        Some(text) => Ok(Secret::new(text.into_string().map_err(|_| usage("STRONGROOM_NEW_PASSWORD is not UTF-8."))?)),
        None => ask_twice(name, NEW_FROM),
    }
}

/// What a key file opens with.
pub fn key_file(path: &Path) -> Result<Secret, Problem> {
    secret_file::read_key_file(path).map_err(|e| {
        let fix = "Name the key file that was added to the backup; `strongroom key new` makes one.";
        Problem::new(Code::Usage, format!("The key file \"{}\" cannot be used.", path.display()), fix).with_detail(e.to_string())
    })
}

/// Makes a password that nobody guesses and writes it to a new file.
pub fn make(path: &Path) -> Result<Secret, Problem> {
    let mut random = Zeroizing::new([0; 20]);
    getrandom::fill(&mut random[..]).map_err(no_chance)?;
    secret_file::make_password(path, &random).map_err(|e| not_written(path, "password", &e))
}

/// Makes a key file: random bytes in a new file.
pub fn make_key_file(path: &Path) -> Result<(), Problem> {
    let mut random = Zeroizing::new([0; 64]);
    getrandom::fill(&mut random[..]).map_err(no_chance)?;
    secret_file::write_new(path, &random[..]).map_err(|e| not_written(path, "key file", &e))
}

/// Says how good a new password is. A key file cannot be guessed.
pub fn judge(password: &Secret, output: Output) {
    if password.is_key_file() {
        return;
    }
    let strength = secret::strength(password.expose());
    let better = if strength <= Strength::Fair { " A longer one is better: several words, say." } else { "" };
    output.note(format!("The password is {}.{better}", strength.in_words().to_lowercase()));
}

/// The password of an existing backup: given, or asked for.
pub fn ask_existing(name: &str) -> Result<Secret, Problem> {
    prompt(&asked("Password of", name), FROM)
}

/// A backup's name may be anybody's making: a terminal does not obey it.
fn asked(what: &str, name: &str) -> String {
    format!("{what} \"{}\": ", one_line(name))
}

/// The password of a new backup: given, or asked for twice.
pub fn ask_new(name: &str) -> Result<Secret, Problem> {
    ask_twice(name, FROM)
}

/// `from`: how else it could be given.
fn ask_twice(name: &str, from: &str) -> Result<Secret, Problem> {
    let first = prompt(&asked("New password for", name), from)?;
    if first.is_empty() {
        return Err(usage("The password is empty."));
    }
    if prompt("Once more: ", from)? != first {
        return Err(usage("The two passwords differ."));
    }
    Ok(first)
}

/// Writes a new recovery key for the person to put away: a new file that only they can read.
pub fn write_recovery_key(path: &Path, key: &Secret) -> Result<(), Problem> {
    secret_file::write_line(path, key).map_err(|e| not_written(path, "recovery key", &e))
}

fn not_written(path: &Path, what: &str, error: &io::Error) -> Problem {
    let fix = "Name a new file in a folder you can write to.";
    Problem::new(Code::Usage, format!("The {what} could not be written to \"{}\".", path.display()), fix)
        .with_detail(error.to_string())
}

/// A password that is all of a file.
pub fn from_file(path: &Path) -> Result<Secret, Problem> {
    let wrong = |e: io::Error| {
        Problem::new(
            Code::Usage,
            format!("The password file \"{}\" cannot be used.", path.display()),
            "Name a file that holds the password and nothing else.",
        )
        .with_detail(e.to_string())
    };
    secret_file::read_password(path).map_err(wrong)
}

fn from_command(command: &mut Command) -> Result<Secret, Problem> {
    let wrong = |detail: String| {
        Problem::new(
            Code::Usage,
            "The password command failed.",
            "Check STRONGROOM_PASSWORD_COMMAND: it must print the password and exit with 0.",
        )
        .with_detail(detail)
    };
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|e| wrong(e.to_string()))?;
    let secret = child.stdout.take().ok_or_else(|| io::Error::other("no output")).and_then(secret_file::password_in);
    let status = child.wait().map_err(|e| wrong(e.to_string()))?;
    if !status.success() {
        return Err(wrong(status.to_string()));
    }
    secret.map_err(|e| wrong(e.to_string()))
}

/// Asks for a secret on the terminal; `from`: how else it could be given.
pub fn prompt(question: &str, from: &str) -> Result<Secret, Problem> {
    let what = match from {
        NEW_FROM => "A new password is needed, and there is no terminal to ask for it.",
        _ => "A password is needed, and there is no terminal to ask for it.",
    };
    let needed = || Problem::new(Code::PasswordNeeded, what, from);
    if !io::stdin().is_terminal() {
        return Err(needed());
    }
    rpassword::prompt_password(question).map(Secret::new).map_err(|e| needed().with_detail(e.to_string()))
}

fn usage(what: &str) -> Problem {
    Problem::new(Code::Usage, what, "")
}

/// Where a secret is to be written must be free before a long backup begins.
pub fn check_new_path(path: &Path) -> Result<(), Problem> {
    match path.symlink_metadata() {
        Ok(_) => Err(usage(&format!("\"{}\" exists already: a secret goes into a new file.", path.display()))),
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_moves_no_cursor() {
        assert_eq!(asked("Password of", "a\r\u{1b}[2Kb"), "Password of \"a\u{fffd}\u{fffd}[2Kb\": ");
    }

    #[test]
    fn a_failing_command_gives_no_password() {
        let run = |script: &str| from_command(&mut shell::command(script.as_ref()));
        assert_eq!(run("printf 'pw\\n'").unwrap().expose(), "pw");
        assert_eq!(run("echo pw; exit 3").unwrap_err().code, Code::Usage);
        assert_eq!(run("true").unwrap_err().code, Code::Usage);
    }
}
