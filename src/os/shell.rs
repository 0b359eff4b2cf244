//! Commands as a person writes them on one line.

use std::ffi::OsStr;
use std::process::Command;

/// For the system's own command line: `sh -c`, or `cmd /C`.
#[cfg(unix)]
pub fn command(line: &OsStr) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line);
    command
}

#[cfg(windows)]
pub fn command(line: &OsStr) -> Command {
    use std::os::windows::process::CommandExt;
    let mut command = Command::new("cmd");
    // With /S the outer quotes go, and nothing else; without what the registry would start with each (/D).
    let mut quoted = std::ffi::OsString::from("\"");
    quoted.push(line);
    quoted.push("\"");
    command.args(["/D", "/S", "/C"]).raw_arg(quoted);
    command
}
