//! A real dufs on a free port of the loopback: a WebDAV server that takes much of the standard lightly.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub const USER: &str = "bk";
pub const PASSWORD: &str = "secret";

pub struct Dufs {
    pub port: u16,
    child: Child,
}

impl Dufs {
    /// It shows this folder.
    pub fn start(folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new(program())
            .args(["-b", "127.0.0.1", "-p", &port.to_string(), "-A", "-a", &format!("{USER}:{PASSWORD}@/:rw")])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("dufs is installed: see tests/run");
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20) && child.try_wait().unwrap().is_none(), "dufs does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        Self { port, child }
    }

    pub fn address(&self, path: &str) -> String {
        format!("webdav+http://{USER}@127.0.0.1:{}/{path}", self.port)
    }
}

impl Drop for Dufs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where `tests/run` keeps what it builds, else on the path.
fn program() -> PathBuf {
    let cached = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/strongroom-tests/bin/dufs"));
    cached.filter(|path| path.exists()).unwrap_or_else(|| "dufs".into())
}
