//! A real ssh-agent that holds the keys of a test.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, run};

pub struct SshAgent {
    /// What `SSH_AUTH_SOCK` names. It stays when the agent stops, as where a session has ended badly.
    pub socket: PathBuf,
    pub process: Process,
}

impl SshAgent {
    pub fn start(socket: &Path) -> Self {
        let mut command = Command::new("ssh-agent");
        command.args(["-D", "-a"]).arg(socket);
        let called = socket.to_owned();
        let process = Process::until(command, move || UnixStream::connect(&called).is_ok());
        Self { socket: socket.into(), process }
    }

    /// The key of a file that is not sealed.
    pub fn add(&self, key: &Path) {
        run(self.ssh_add().arg("-q").arg(key));
    }

    pub fn forget_all(&self) {
        run(self.ssh_add().args(["-q", "-D"]));
    }

    fn ssh_add(&self) -> Command {
        let mut command = Command::new("ssh-add");
        command.env("SSH_AUTH_SOCK", &self.socket);
        command
    }
}
