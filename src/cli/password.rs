//! Where passwords come from: a file, the environment, a command, or a prompt. Never an argument.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use crate::model::problem::{Code, Problem};
use crate::model::secret::Secret;

/// A password that nobody was asked for.
pub struct Given {
    pub secret: Secret,
    /// From the environment: it may be meant for other backups than this one.
    pub ambient: bool,
}

/// Longer ones are taken for a mistake in the path.
const LONGEST: u64 = 4096;

/// The password that was given without asking anybody, if one was: `--password-file`, then the environment.
pub fn given(file: Option<&Path>) -> Result<Option<Given>, Problem> {
    if let Some(path) = file {
        return Ok(Some(Given { secret: from_file(path)?, ambient: false }));
    }
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let secret = if let Some(text) = set("STRONGROOM_PASSWORD") {
        Secret::new(text.into_string().map_err(|_| usage("STRONGROOM_PASSWORD is not UTF-8."))?)
    } else if let Some(path) = set("STRONGROOM_PASSWORD_FILE") {
        from_file(Path::new(&path))?
    } else if let Some(command) = set("STRONGROOM_PASSWORD_COMMAND") {
        from_command(Command::new("sh").arg("-c").arg(command))?
    } else {
        return Ok(None);
    };
    Ok(Some(Given { secret, ambient: true }))
}

/// The password of an existing backup: given, or asked for.
pub fn ask_existing(name: &str) -> Result<Secret, Problem> {
    prompt(&format!("Password of \"{name}\": "))
}

/// The password of a new backup: given, or asked for twice.
pub fn ask_new(name: &str) -> Result<Secret, Problem> {
    let first = prompt(&format!("New password for \"{name}\": "))?;
    if first.is_empty() {
        return Err(usage("The password is empty."));
    }
    if prompt("Once more: ")? != first {
        return Err(usage("The two passwords differ."));
    }
    Ok(first)
}

/// Writes a new recovery key for the person to put away: a new file that only they can read.
pub fn write_recovery_key(path: &Path, key: &Secret) -> Result<(), Problem> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(key.expose().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    };
    write().map_err(|e| {
        Problem::new(
            Code::Usage,
            format!("The recovery key could not be written to \"{}\".", path.display()),
            "Name a new file in a folder you can write to.",
        )
        .with_detail(e.to_string())
    })
}

fn from_file(path: &Path) -> Result<Secret, Problem> {
    let wrong = |e: io::Error| {
        Problem::new(
            Code::Usage,
            format!("The password file \"{}\" cannot be used.", path.display()),
            "Name a file that holds the password and nothing else.",
        )
        .with_detail(e.to_string())
    };
    read_line(File::open(path).map_err(wrong)?).map_err(wrong)
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
    let secret = child.stdout.take().ok_or_else(|| io::Error::other("no output")).and_then(read_line);
    let status = child.wait().map_err(|e| wrong(e.to_string()))?;
    if !status.success() {
        return Err(wrong(status.to_string()));
    }
    secret.map_err(|e| wrong(e.to_string()))
}

/// All of it, without one trailing newline.
fn read_line(from: impl Read) -> io::Result<Secret> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST as usize + 1));
    from.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(io::Error::other(format!("it holds more than {LONGEST} bytes")));
    }
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| io::Error::other("it is not UTF-8"))?;
    if text.is_empty() {
        return Err(io::Error::other("it is empty"));
    }
    Ok(Secret::new(text))
}

fn prompt(question: &str) -> Result<Secret, Problem> {
    let needed = || {
        Problem::new(
            Code::PasswordNeeded,
            "A password is needed, and there is no terminal to ask for it.",
            "Give --password-file, or set STRONGROOM_PASSWORD_FILE, STRONGROOM_PASSWORD_COMMAND or STRONGROOM_PASSWORD.",
        )
    };
    if !io::stdin().is_terminal() {
        return Err(needed());
    }
    rpassword::prompt_password(question).map(Secret::new).map_err(|e| needed().with_detail(e.to_string()))
}

fn usage(what: &str) -> Problem {
    Problem::new(Code::Usage, what, "")
}

/// Where a recovery key is to be written must be free before a long backup begins.
pub fn check_recovery_path(path: Option<&PathBuf>) -> Result<(), Problem> {
    match path {
        Some(path) if path.symlink_metadata().is_ok() => {
            Err(usage(&format!("\"{}\" exists already: a recovery key goes into a new file.", path.display())))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trailing_newline_is_stripped() {
        let read = |bytes: &[u8]| read_line(bytes).map(|s| s.expose().to_string());
        assert_eq!(read(b"hunter2\n").unwrap(), "hunter2");
        assert_eq!(read(b"hunter2\r\n").unwrap(), "hunter2");
        assert_eq!(read(b" two words \n\n").unwrap(), " two words \n");
        assert!(read(b"\n").is_err());
        assert!(read(b"\xff").is_err());
        assert!(read(&[b'a'; LONGEST as usize + 1]).is_err());
    }

    #[test]
    fn a_failing_command_gives_no_password() {
        let run = |script: &str| from_command(Command::new("sh").arg("-c").arg(script));
        assert_eq!(run("printf 'pw\\n'").unwrap().expose(), "pw");
        assert_eq!(run("echo pw; exit 3").unwrap_err().code, Code::Usage);
        assert_eq!(run("true").unwrap_err().code, Code::Usage);
    }
}
