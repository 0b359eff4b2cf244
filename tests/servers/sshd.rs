//! A real OpenSSH server on a free port of the loopback, for whoever runs the tests.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub struct Sshd {
    pub port: u16,
    /// Holds the key that opens it: `id_ed25519`, and `known_hosts` that know it.
    pub keys: PathBuf,
    /// As `ssh-keygen -l` shows the server's own.
    pub fingerprint: String,
    pub user: String,
    folder: PathBuf,
    child: Child,
}

impl Sshd {
    /// Its files lie in this folder.
    pub fn start(folder: &Path) -> Self {
        let keys = folder.join("ssh");
        fs::create_dir_all(&keys).unwrap();
        let _ = fs::create_dir_all("/run/sshd");
        let host = folder.join("host_key");
        key(&host);
        key(&keys.join("id_ed25519"));
        let fingerprint = fingerprint(&host);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let public = fs::read_to_string(folder.join("host_key.pub")).unwrap();
        fs::write(keys.join("known_hosts"), format!("[127.0.0.1]:{port} {public}")).unwrap();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nPidFile none\nAuthorizedKeysFile {keys}/id_ed25519.pub\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nMaxStartups 100\n\
             Subsystem sftp internal-sftp\nLogLevel ERROR\n",
            host = host.display(),
            keys = keys.display(),
        );
        fs::write(folder.join("sshd_config"), config).unwrap();
        let user = run(Command::new("id").arg("-un")).trim().to_owned();
        let child = serve(folder, port);
        Self { port, keys, fingerprint, user, folder: folder.into(), child }
    }

    pub fn address(&self, path: &Path) -> String {
        format!("sftp://{}@127.0.0.1:{}{}", self.user, self.port, path.display())
    }

    /// Ends it with all that it serves, as a server that loses its power.
    pub fn end(&self) {
        for pid in tree(self.child.id()) {
            let _ = Command::new("kill").arg("-9").arg(pid.to_string()).stderr(Stdio::null()).status();
        }
    }

    pub fn stop(&mut self) {
        self.end();
        let _ = self.child.wait();
    }

    /// The fingerprint of its key as it is now.
    #[allow(dead_code, reason = "not every test changes it")]
    pub fn shown_now(&self) -> String {
        fingerprint(&self.folder.join("host_key"))
    }

    /// The same server again, perhaps with another key.
    pub fn start_again(&mut self, with_another_key: bool) {
        if with_another_key {
            for name in ["host_key", "host_key.pub"] {
                fs::remove_file(self.folder.join(name)).unwrap();
            }
            key(&self.folder.join("host_key"));
        }
        self.child = serve(&self.folder, self.port);
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(folder: &Path, port: u16) -> Child {
    let mut child = Command::new("/usr/sbin/sshd")
        .args(["-D", "-e", "-f"])
        .arg(folder.join("sshd_config"))
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssh-server is installed");
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if begun.elapsed() > Duration::from_secs(20) || child.try_wait().unwrap().is_some() {
            let said: Vec<String> = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok).collect();
            panic!("sshd does not listen: {said:?}");
        }
        thread::sleep(Duration::from_millis(20));
    }
    child
}

fn key(path: &Path) {
    run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path));
}

fn fingerprint(key: &Path) -> String {
    let shown = run(Command::new("ssh-keygen").arg("-lf").arg(key));
    shown.split_whitespace().find(|word| word.starts_with("SHA256:")).unwrap().to_owned()
}

fn run(command: &mut Command) -> String {
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// A process and all that it started.
fn tree(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut at = 0;
    while at < all.len() {
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", all[at])).unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        at += 1;
    }
    all
}
