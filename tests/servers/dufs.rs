//! A real dufs on a free port of the loopback: a WebDAV server that takes much of the standard lightly.

use std::path::Path;
use std::process::Command;

use super::process::{Process, brought, free_port};

pub const USER: &str = "bk";
pub const PASSWORD: &str = "secret";

pub struct Dufs {
    pub port: u16,
    pub process: Process,
}

impl Dufs {
    /// It shows this folder.
    pub fn start(folder: &Path) -> Self {
        let port = free_port();
        let mut command = Command::new(brought("bin/dufs"));
        command.args(["-b", "127.0.0.1", "-p", &port.to_string(), "-A", "-a", &format!("{USER}:{PASSWORD}@/:rw")]).arg(folder);
        Self { port, process: Process::start(command, port) }
    }

    pub fn address(&self, path: &str) -> String {
        format!("webdav+http://{USER}@127.0.0.1:{}/{path}", self.port)
    }
}
