//! A real Apache with mod_dav on a free port of the loopback: a strict WebDAV server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::ca::Identity;
use super::process::{Process, free_port, run};

pub const USER: &str = "ada";
pub const PASSWORD: &str = "lovelace & co: 100%";

pub struct Apache {
    pub port: u16,
    tls: bool,
    /// Of its own, since it serves as another user, who may not look into the test's.
    folder: tempfile::TempDir,
    pub process: Process,
}

/// How it asks who is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    Basic,
    #[allow(dead_code, reason = "not every test wants it")]
    Digest,
}

const MODULES: [&str; 13] = [
    "mpm_event",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_user",
    "auth_basic",
    "auth_digest",
    "dav",
    "dav_fs",
    "ssl",
    "mime",
    "dir",
    "alias",
];

impl Apache {
    /// `identity`: with TLS, as this server. What lies under `/readonly` cannot be changed, and nothing under `/kept` deleted.
    pub fn start(asks: Asks, identity: Option<&Identity>) -> Self {
        let folder = tempfile::Builder::new().prefix("srdav").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["data", "data/readonly", "locks"] {
            fs::create_dir(at(name)).unwrap();
        }
        let_in(folder.path(), PASSWORD);
        fs::write(at("to_hash"), format!("{USER}:strongroom:{PASSWORD}")).unwrap();
        let hashed = run(Command::new("md5sum").arg(at("to_hash")));
        fs::write(at("digest"), format!("{USER}:strongroom:{}\n", hashed.split_whitespace().next().unwrap())).unwrap();
        fs::write(at("mime.types"), "text/html html\ntext/plain txt\n").unwrap();
        let is_root = run(Command::new("id").arg("-u")).trim() == "0";
        if is_root {
            run(Command::new("chown").args(["-R", "www-data"]).args([at("data"), at("locks")]));
        }
        let port = free_port();
        fs::write(at("httpd.conf"), config(folder.path(), port, asks, identity)).unwrap();
        let mut command = Command::new("/usr/sbin/apache2");
        command.arg("-DFOREGROUND").arg("-f").arg(at("httpd.conf"));
        let process = Process::start(command, port);
        Self { port, tls: identity.is_some(), folder, process }
    }

    /// Where its files lie.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn address(&self, path: &str) -> String {
        let scheme = if self.tls { "webdav" } else { "webdav+http" };
        format!("{scheme}://{USER}@127.0.0.1:{}/{path}", self.port)
    }

    pub fn start_again(&mut self) {
        self.process.stop();
        // What a server that was killed left.
        let _ = fs::remove_file(self.folder.path().join("pid"));
        self.process.start_again();
    }

    /// From now on another password opens it, where it asks for it as it is.
    #[allow(dead_code, reason = "not every test wants it")]
    pub fn change_password(&self, password: &str) {
        let_in(self.folder.path(), password);
    }

    /// What it complained of.
    #[allow(dead_code, reason = "not every test wants it")]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

fn let_in(folder: &Path, password: &str) {
    let hashed = run(Command::new("openssl").args(["passwd", "-apr1", "--", password]));
    fs::write(folder.join("basic"), format!("{USER}:{hashed}")).unwrap();
}

fn config(folder: &Path, port: u16, asks: Asks, identity: Option<&Identity>) -> String {
    let at = folder.display();
    let mut config = format!(
        "ServerRoot {at}\nPidFile {at}/pid\nListen 127.0.0.1:{port}\nServerName localhost\nUser www-data\nGroup www-data\n\
         Mutex file:{at}/locks default\nErrorLog {at}/error.log\nTypesConfig {at}/mime.types\n"
    );
    for module in MODULES {
        config += &format!("LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so\n");
    }
    let (kind, file) = if asks == Asks::Basic { ("Basic", "basic") } else { ("Digest", "digest") };
    config += &format!(
        "DocumentRoot {at}/data\nDavLockDB {at}/locks/dav\nLimitXMLRequestBody 0\nLimitRequestBody 0\n\
         <Directory {at}/data>\nDav On\nAuthType {kind}\nAuthName strongroom\nAuthUserFile {at}/{file}\nRequire valid-user\n</Directory>\n\
         <Location /readonly>\n<LimitExcept GET HEAD OPTIONS PROPFIND>\nRequire all denied\n</LimitExcept>\n</Location>\n\
         <Location /kept>\n<Limit DELETE>\nRequire all denied\n</Limit>\n</Location>\n"
    );
    if let Some(Identity { certificate, key }) = identity {
        config += &format!(
            "SSLEngine on\nSSLCertificateFile {}\nSSLCertificateKeyFile {}\nSSLSessionCache none\n",
            certificate.display(),
            key.display()
        );
    }
    config
}
