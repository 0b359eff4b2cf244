//! A folder of another machine, mounted here by sshfs from a real OpenSSH server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::run;
use super::sshd::Sshd;

/// Unmounted when dropped.
pub struct Share {
    pub server: Sshd,
    /// As the server has it.
    pub shown: PathBuf,
    /// Where it is mounted.
    pub at: PathBuf,
}

impl Share {
    /// All of it lies in this folder.
    pub fn mount(folder: &Path) -> Self {
        let (shown, at) = (folder.join("shown"), folder.join("mounted"));
        for path in [&shown, &at] {
            fs::create_dir_all(path).unwrap();
        }
        let server = Sshd::start(folder);
        let keys = server.keys.display();
        let options = format!("IdentityFile={keys}/id_ed25519,UserKnownHostsFile={keys}/known_hosts,StrictHostKeyChecking=yes");
        let from = format!("{}@127.0.0.1:{}", server.user, shown.display());
        run(Command::new("sshfs").args(["-p", &server.port.to_string(), "-o", &options]).arg(from).arg(&at));
        Self { server, shown, at }
    }

    /// The folder that it was mounted on is there, and empty.
    pub fn unmount(&self) {
        let _ = Command::new("fusermount3").args(["-u", "-z", "-q"]).arg(&self.at).status();
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.unmount();
    }
}
