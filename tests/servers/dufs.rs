//! A real dufs on a free port of the loopback: a WebDAV server that takes much of the standard lightly.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, brought, free_port};

pub const USER: &str = "bk";
pub const PASSWORD: &str = "secret";

pub struct Dufs {
    pub port: u16,
    folder: PathBuf,
    process: Process,
}

impl Dufs {
    /// It shows this folder.
    pub fn start(folder: &Path) -> Self {
        let port = free_port();
        Self { port, folder: folder.into(), process: serve(folder, port) }
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub fn address(&self, path: &str) -> String {
        format!("webdav+http://{USER}@127.0.0.1:{}/{path}", self.port)
    }

    /// To it and to all that it serves.
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Ends it with all that it serves, as a server that loses its power.
    pub fn end(&self) {
        self.process.end();
    }

    pub fn start_again(&mut self) {
        self.process.stop();
        self.process = serve(&self.folder, self.port);
    }
}

fn serve(folder: &Path, port: u16) -> Process {
    let mut command = Command::new(brought("bin/dufs"));
    command.args(["-b", "127.0.0.1", "-p", &port.to_string(), "-A", "-a", &format!("{USER}:{PASSWORD}@/:rw")]).arg(folder);
    Process::start(&mut command, port)
}
