//! A real OpenSSH server on a free port of the loopback, for whoever runs the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, free_port, run};

pub struct Sshd {
    pub port: u16,
    /// Holds the key that opens it: `id_ed25519`, and `known_hosts` that know it.
    pub keys: PathBuf,
    /// As `ssh-keygen -l` shows the server's own.
    pub fingerprint: String,
    pub user: String,
    folder: PathBuf,
    pub process: Process,
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
        let port = free_port();
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
        let mut command = Command::new("/usr/sbin/sshd");
        command.args(["-D", "-e", "-f"]).arg(folder.join("sshd_config"));
        Self { port, keys, fingerprint, user, folder: folder.into(), process: Process::start(command, port) }
    }

    pub fn address(&self, path: &Path) -> String {
        format!("sftp://{}@127.0.0.1:{}{}", self.user, self.port, path.display())
    }

    /// The same server again, with one more line in its settings.
    pub fn start_again_with(&mut self, line: &str) {
        let config = self.folder.join("sshd_config");
        let before = fs::read_to_string(&config).unwrap();
        fs::write(&config, format!("{before}{line}\n")).unwrap();
        self.process.start_again();
    }

    /// From now on accounts of this machine come in by their passwords too.
    pub fn take_passwords(&mut self) {
        let config = self.folder.join("sshd_config");
        let before = fs::read_to_string(&config).unwrap();
        fs::write(&config, before.replace("PasswordAuthentication no", "PasswordAuthentication yes")).unwrap();
        self.process.start_again();
    }

    /// From now on this speaks SFTP there.
    pub fn start_again_by(&mut self, command: &str) {
        let config = self.folder.join("sshd_config");
        let before = fs::read_to_string(&config).unwrap();
        fs::write(&config, before.replace("sftp internal-sftp", &format!("sftp {command}"))).unwrap();
        self.process.start_again();
    }

    /// From now on it writes down each request for files; gives where.
    pub fn log_requests(&mut self) -> PathBuf {
        let log = self.folder.join("requests");
        self.start_again_by(&format!("/usr/lib/openssh/sftp-server -e -l DEBUG3 2>>{}", log.display()));
        log
    }

    /// The fingerprint of its key as it is now.
    pub fn shown_now(&self) -> String {
        fingerprint(&self.folder.join("host_key"))
    }

    /// The same server again, with another key.
    pub fn start_again_with_another_key(&mut self) {
        for name in ["host_key", "host_key.pub"] {
            fs::remove_file(self.folder.join(name)).unwrap();
        }
        key(&self.folder.join("host_key"));
        self.process.start_again();
    }
}

fn key(path: &Path) {
    run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path));
}

fn fingerprint(key: &Path) -> String {
    let shown = run(Command::new("ssh-keygen").arg("-lf").arg(key));
    shown.split_whitespace().find(|word| word.starts_with("SHA256:")).unwrap().to_owned()
}
