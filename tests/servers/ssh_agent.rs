//! A real ssh-agent that holds the keys of a test.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::process::run;

pub struct SshAgent {
    /// What `SSH_AUTH_SOCK` names.
    pub socket: PathBuf,
    child: Child,
}

impl SshAgent {
    pub fn start(socket: &Path) -> Self {
        let mut command = Command::new("ssh-agent");
        command.args(["-D", "-a"]).arg(socket).stdin(Stdio::null()).stdout(Stdio::null());
        let mut agent = Self { socket: socket.into(), child: command.spawn().expect("ssh-agent is installed") };
        let begun = Instant::now();
        while UnixStream::connect(socket).is_err() {
            assert!(agent.child.try_wait().unwrap().is_none() && begun.elapsed() < Duration::from_secs(60), "it does not listen");
            thread::sleep(Duration::from_millis(10));
        }
        agent
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

    pub fn signal(&self, name: &str) {
        run(Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()));
    }

    /// What it listened at stays, as where a session has ended badly.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for SshAgent {
    fn drop(&mut self) {
        self.stop();
    }
}
