//! A real pure-ftpd on a free port of the loopback, for root.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use super::account::let_through;
use super::process::{Process, free_port, free_ports, run};
use super::proxy::{Fate, Proxy};

pub const USER: &str = "bk";
pub const PASSWORD: &str = "open sesame";
/// Lines of files that it opens at once.
pub const PASSIVE: u16 = 16;
/// Everything there belongs to `nobody`.
const NOBODY: u32 = 65534;

pub struct PureFtpd {
    pub port: u16,
    /// The first of the ports for lines of files.
    pub passive: u16,
    folder: PathBuf,
    pub process: Process,
}

impl PureFtpd {
    /// Its files lie in this folder, and what it shows in `root` below it.
    pub fn start(folder: &Path) -> Self {
        Self::with(folder, &[])
    }

    /// With TLS, which it then demands; `both`: key and certificate.
    pub fn secured(folder: &Path, both: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let own = folder.join("both");
        fs::copy(both, &own).unwrap();
        Self::with(folder, &["-Y", "2", "-2", own.to_str().unwrap()])
    }

    pub fn with(folder: &Path, options: &[&str]) -> Self {
        let root = folder.join("root");
        fs::create_dir_all(&root).unwrap();
        // It changes to another user before it goes there.
        let_through(folder);
        chown(&root, Some(NOBODY), Some(NOBODY)).expect("root runs these tests");
        // What its own tool stretches takes three seconds for every connection.
        let hash = run(Command::new("openssl").args(["passwd", "-1", PASSWORD]));
        let user = format!("{USER}:{}:{NOBODY}:{NOBODY}::{}/./::::::::::::\n", hash.trim(), root.display());
        fs::write(folder.join("users"), user).unwrap();
        run(Command::new("pure-pw").arg("mkdb").arg(folder.join("users.pdb")).arg("-f").arg(folder.join("users")));
        let (port, passive) = (free_port(), free_ports(PASSIVE));
        let line = format!(
            "-4 -H -E -A -S 127.0.0.1,{port} -P 127.0.0.1 -p {passive}:{} -l puredb:{1}/users.pdb -g {1}/pid -u 100",
            passive + PASSIVE - 1,
            folder.display()
        );
        let mut command = Command::new("/usr/sbin/pure-ftpd");
        command.args(line.split_whitespace()).args(options);
        Self { port, passive, folder: folder.into(), process: Process::start(command, port) }
    }

    /// A limit on what the account may store, in MiB.
    pub fn limit(&self, mib: u32) {
        let line = format!("usermod {USER} -N {mib} -f {0}/users -F {0}/users.pdb -m", self.folder.display());
        run(Command::new("pure-pw").args(line.split_whitespace()));
    }

    /// As files of this machine.
    pub fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    /// A folder that the account may write to.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.root().join(name);
        fs::create_dir(&path).unwrap();
        chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        path
    }

    pub fn address(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://{USER}@127.0.0.1:{}{path}", self.port)
    }

    /// A secured one, with another key and certificate.
    pub fn start_again_with(&mut self, both: &Path) {
        fs::copy(both, self.folder.join("both")).unwrap();
        self.process.start_again();
    }
}
/// A server behind a bad network: line of commands and lines of files alike go through proxies with one fate.
pub struct Network {
    pub server: PureFtpd,
    pub fate: Arc<Fate>,
    /// By which it is called, without a path.
    pub address: String,
    _proxies: Vec<Proxy>,
}

impl Network {
    /// On an address of the loopback that no other test uses.
    pub fn of(server: PureFtpd, scheme: &str, host: [u8; 4]) -> Self {
        let fate = Arc::new(Fate::default());
        let through = |port: u16| {
            let target = SocketAddr::from(([127, 0, 0, 1], port));
            Proxy::on(SocketAddr::from((host, port)), target, fate.clone())
        };
        let ports = server.passive..server.passive + PASSIVE;
        let proxies = [server.port].into_iter().chain(ports).map(through).collect();
        let [a, b, c, d] = host;
        let address = format!("{scheme}://{USER}@{a}.{b}.{c}.{d}:{}", server.port);
        Self { server, fate, address, _proxies: proxies }
    }
}
