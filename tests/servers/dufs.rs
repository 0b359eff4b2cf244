//! A real dufs on a free port of the loopback: a WebDAV server that takes much of the standard lightly.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, brought, free_port};

pub const USER: &str = "bk";
pub const PASSWORD: &str = "secret";

pub struct Dufs {
    pub port: u16,
    folder: PathBuf,
    pub process: Process,
}

impl Dufs {
    /// It shows this folder.
    pub fn start(folder: &Path) -> Self {
        let port = free_port();
        Self { port, folder: folder.into(), process: Process::start(serving(folder, port, true), port) }
    }

    pub fn address(&self, path: &str) -> String {
        format!("webdav+http://{USER}@127.0.0.1:{}/{path}", self.port)
    }

    /// From now on nothing can be changed there.
    pub fn start_again_read_only(&mut self) {
        self.process.stop();
        self.process = Process::start(serving(&self.folder, self.port, false), self.port);
    }
}

fn serving(folder: &Path, port: u16, writable: bool) -> Command {
    let mut command = Command::new(brought("bin/dufs"));
    command.args(["-b", "127.0.0.1", "-p", &port.to_string()]).args(writable.then_some("-A"));
    command.args(["-a", &format!("{USER}:{PASSWORD}@/{}", if writable { ":rw" } else { "" })]).arg(folder);
    command
}
