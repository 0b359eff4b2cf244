//! Somebody who vouches for servers on the loopback, made by openssl for one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CONFIG: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
CN = Strongroom's tests
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
subjectAltName = NAMES
[ca]
default_ca = here
[here]
database = DIR/index
new_certs_dir = DIR
serial = DIR/serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
";

pub struct Ca {
    folder: PathBuf,
}

/// Names of a server of the loopback.
pub const HERE: &str = "IP:127.0.0.1,DNS:localhost";

/// Files of a server: its certificate and its key.
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Ca {
    /// Its files lie in this folder, which is made.
    pub fn new(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let shown = folder.to_str().unwrap();
        fs::write(folder.join("config"), CONFIG.replace("DIR", shown).replace("NAMES", HERE)).unwrap();
        fs::write(folder.join("index"), "").unwrap();
        fs::write(folder.join("serial"), "01\n").unwrap();
        let ca = Self { folder: folder.into() };
        ca.openssl("req -x509 -config config -extensions authority -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2");
        ca
    }

    /// What is to be trusted.
    pub fn file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    pub fn identity(&self) -> Identity {
        self.signed("server", HERE, "-days 2")
    }

    /// One that was good for a day long ago.
    pub fn expired(&self) -> Identity {
        self.signed("expired", HERE, "-startdate 20200101000000Z -enddate 20200102000000Z")
    }

    /// One of a server of other names, as in `IP:127.0.0.2`.
    pub fn named(&self, names: &str) -> Identity {
        self.signed("named", names, "-days 2")
    }

    /// One that nobody vouches for but itself, as boxes make one when they are new.
    pub fn self_signed(&self, names: &str) -> Identity {
        self.openssl(&format!(
            "req -x509 -newkey rsa:2048 -nodes -keyout own.key -out own.pem -days 2 -subj /CN=box -addext subjectAltName={names}"
        ));
        self.files("own")
    }

    fn signed(&self, name: &str, names: &str, when: &str) -> Identity {
        let config = CONFIG.replace("DIR", self.folder.to_str().unwrap()).replace("NAMES", names);
        fs::write(self.folder.join("config"), config).unwrap();
        self.openssl(&format!("req -new -config config -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr"));
        self.openssl(&format!(
            "ca -batch -notext -config config -extensions server -cert ca.pem -keyfile ca.key -in {name}.csr -out {name}.pem {when}"
        ));
        self.files(name)
    }

    fn files(&self, name: &str) -> Identity {
        Identity { certificate: self.folder.join(format!("{name}.pem")), key: self.folder.join(format!("{name}.key")) }
    }

    fn openssl(&self, line: &str) {
        let mut command = Command::new("openssl");
        command.args(line.split_whitespace()).current_dir(&self.folder).stdin(Stdio::null());
        let ran = command.output().expect("openssl is installed");
        assert!(ran.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

impl Identity {
    /// Both in one file, as some servers want them.
    pub fn both(&self) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;

        let read = |path: &Path| fs::read_to_string(path).unwrap();
        let both = self.key.with_extension("both");
        fs::write(&both, read(&self.key) + &read(&self.certificate)).unwrap();
        fs::set_permissions(&both, fs::Permissions::from_mode(0o600)).unwrap();
        both
    }
}
