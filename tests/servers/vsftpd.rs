//! A real vsftpd on a free port of the loopback: it has no MLSD. It cannot be installed beside pure-ftpd, so `tests/run` only
//! unpacks it.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::let_through;
use super::process::{Process, brought, free_port};

pub struct Vsftpd {
    pub port: u16,
    folder: PathBuf,
    _process: Process,
}

/// Anybody is `daemon` there: its home must exist.
const DAEMON: u32 = 1;

impl Vsftpd {
    /// Shows `root` in this folder, where only `pub` can be written to, to anybody.
    pub fn start(folder: &Path, options: &str) -> Self {
        let shown = folder.join("root/pub");
        fs::create_dir_all(&shown).unwrap();
        let_through(folder);
        chown(&shown, Some(DAEMON), Some(DAEMON)).expect("root runs these tests");
        let empty = folder.join("empty");
        fs::create_dir_all(&empty).unwrap();
        let port = free_port();
        let config = format!(
            "listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\nanonymous_enable=YES\nlocal_enable=NO\n\
             write_enable=YES\nanon_upload_enable=YES\nanon_mkdir_write_enable=YES\nanon_other_write_enable=YES\n\
             anon_world_readable_only=NO\nno_anon_password=YES\nanon_umask=077\nanon_root={0}/root\nftp_username=daemon\n\
             secure_chroot_dir={0}/empty\nseccomp_sandbox=NO\nisolate=NO\nisolate_network=NO\nxferlog_enable=NO\n{options}\n",
            folder.display()
        );
        let file = folder.join("vsftpd.conf");
        fs::write(&file, config).unwrap();
        let mut command = Command::new(brought("vsftpd/usr/sbin/vsftpd"));
        command.arg(&file);
        Self { port, folder: folder.into(), _process: Process::start(command, port) }
    }

    /// As files of this machine.
    pub fn shown(&self) -> PathBuf {
        self.folder.join("root/pub")
    }

    pub fn address(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://127.0.0.1:{}/pub{path}", self.port)
    }
}
