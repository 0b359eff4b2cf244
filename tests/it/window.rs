//! The real window on a real display, used by mouse and keyboard as `tests/window/drive.py` says: first run with a recovery key,
//! verification, history, a change of destination and of the password, cancel, damage, closed and opened again while a run goes
//! on, a second start, a command beside it, the restore on a machine that has never seen the backup, and deleting. And the Storage tab with
//! servers of every kind, as `tests/window/storages.py` says.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::servers::ca::Ca;
use crate::servers::dufs::{self, Dufs};
use crate::servers::fake_ipfs::FakeIpfs;
use crate::servers::pure_ftpd::{self, PureFtpd};
use crate::servers::sshd::Sshd;
use crate::servers::stores::{self, Store};
use crate::support::{is_callers, long};

#[test]
fn the_main_job_in_a_real_window() {
    let root = tempfile::Builder::new().prefix("sr").tempdir().unwrap();
    drive("drive.py", root.path(), &[]);
}

#[test]
fn servers_of_every_kind_in_a_real_window() {
    if !long() {
        return;
    }
    let root = tempfile::Builder::new().prefix("sr").tempdir().unwrap();
    let at = root.path();
    let authority = Ca::new(&at.join("ca"));
    let sshd = Sshd::start(&at.join("sshd"));
    fs::create_dir_all(at.join("person/.ssh")).unwrap();
    fs::copy(sshd.keys.join("id_ed25519"), at.join("person/.ssh/id_ed25519")).unwrap();
    let ftp = PureFtpd::start(&at.join("ftp"));
    let ftps = PureFtpd::secured(&at.join("ftps"), &authority.identity().both());
    fs::create_dir_all(at.join("dav")).unwrap();
    let dav = Dufs::start(&at.join("dav"));
    let s3 = Store::start(stores::Kind::S3s, &at.join("s3"));
    let azure = Store::start(stores::Kind::Azurite, &at.join("azure"));
    let gcs = Store::start(stores::Kind::Gcs, &at.join("gcs"));
    let ipfs = FakeIpfs::good();
    // Those of the first and the last are still to be made.
    ftp.folder("by-ftp");
    ftps.folder("by-ftps");
    fs::create_dir(at.join("dav/by-dav")).unwrap();
    let ftp_fields = |server: &PureFtpd, folder: &str| json!({ "Server": "127.0.0.1", "Port": server.port.to_string(), "Account": pure_ftpd::USER, "Folder there": folder });
    let servers = json!([
        { "name": "sftp", "shown": "by-sftp on 127.0.0.1", "kind": "SFTP (SSH)", "key": sshd.fingerprint, "room": true, "new": true,
          "fields": { "Server": "127.0.0.1", "Port": sshd.port.to_string(), "Account": sshd.user, "Folder there": at.join("by-sftp") } },
        { "name": "ftp", "shown": "by-ftp on 127.0.0.1", "kind": "FTP, not protected", "fields": ftp_fields(&ftp, "/by-ftp"),
          "wrong": "open barley", "secret": pure_ftpd::PASSWORD },
        { "name": "ftps", "shown": "by-ftps on 127.0.0.1", "kind": "FTP over TLS", "fields": ftp_fields(&ftps, "/by-ftps"),
          "ca_file": authority.file(), "wrong": "open barley", "secret": pure_ftpd::PASSWORD },
        { "name": "dav", "shown": "by-dav on 127.0.0.1", "address": dav.address("by-dav"), "wrong": "public", "secret": dufs::PASSWORD,
          "pid": dav.process.pid() },
        { "name": "s3", "shown": "by-s3 in bucket", "address": s3.address("by-s3"), "wrong": "secret", "secret": s3.secret() },
        { "name": "gcs", "shown": "by-gcs in bucket", "address": gcs.address("by-gcs") },
        { "name": "azure", "shown": "by-azure in bucket", "address": azure.address("by-azure"), "secret": azure.secret() },
        { "name": "ipfs", "shown": "by-ipfs on 127.0.0.1", "address": ipfs.address("by-ipfs"), "new": true },
    ]);
    drive("storages.py", at, &[("SERVERS", servers)]);
}

/// A script of `tests/window`, with a bus of its own. What it is told besides is given as JSON.
fn drive(script: &str, root: &Path, told: &[(&str, Value)]) {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/window");
    let mut command = Command::new("dbus-run-session");
    command.arg(format!("--config-file={tests}/bus.conf")).arg("--");
    // The system's Python: it is the one that has the bindings.
    command.arg("/usr/bin/python3").arg(format!("{tests}/{script}"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_callers(name)) {
        command.env_remove(name);
    }
    command.env("BIN", env!("CARGO_BIN_EXE_strongroom")).env("ROOT", root);
    command.envs(told.iter().map(|(name, value)| (name, value.to_string())));
    let ran = command.output().expect("dbus-run-session, python3");
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && out.ends_with("ok\n"), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
}
