//! A user of this machine for as long as a test lasts, made by root, for servers that ask the system who may come in; and what servers
//! that change to another user may see.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::process::run;

/// Every account of this machine may pass through to this folder of a test's.
pub fn let_through(folder: &Path) {
    for open in folder.ancestors().take_while(|path| path.parent().is_some_and(|above| above != Path::new("/"))) {
        let mode = fs::metadata(open).unwrap().permissions().mode();
        fs::set_permissions(open, fs::Permissions::from_mode(mode | 0o011)).unwrap();
    }
}

pub struct Account {
    pub name: String,
    home: tempfile::TempDir,
}

impl Account {
    pub fn new(password: &str) -> Self {
        let home = tempfile::Builder::new().prefix("sruser").tempdir().unwrap();
        let mut random = [0; 6];
        getrandom::fill(&mut random).unwrap();
        let name = format!("sr{}", data_encoding::HEXLOWER.encode(&random));
        let mut command = Command::new("/usr/sbin/useradd");
        command.args(["--no-create-home", "--no-user-group", "--gid", "nogroup", "--shell", "/usr/sbin/nologin", "--home-dir"]);
        run(command.arg(home.path()).arg(&name));
        let account = Self { name, home };
        let mut chpasswd = Command::new("/usr/sbin/chpasswd").stdin(Stdio::piped()).spawn().unwrap();
        writeln!(chpasswd.stdin.take().unwrap(), "{}:{password}", account.name).unwrap();
        assert!(chpasswd.wait().unwrap().success());
        run(Command::new("chown").arg(&account.name).arg(account.home()));
        account
    }

    /// A folder of its own.
    pub fn home(&self) -> &Path {
        self.home.path()
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        // Also while something of it still runs.
        let _ = Command::new("/usr/sbin/userdel").arg("--force").arg(&self.name).stderr(Stdio::null()).status();
    }
}
