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
subjectAltName = IP:127.0.0.1, DNS:localhost
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
        fs::write(folder.join("config"), CONFIG.replace("DIR", shown)).unwrap();
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
        self.signed("server", "-days 2")
    }

    /// One that was good for a day long ago.
    pub fn expired(&self) -> Identity {
        self.signed("expired", "-startdate 20200101000000Z -enddate 20200102000000Z")
    }

    fn signed(&self, name: &str, when: &str) -> Identity {
        self.openssl(&format!("req -new -config config -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr"));
        self.openssl(&format!(
            "ca -batch -notext -config config -extensions server -cert ca.pem -keyfile ca.key -in {name}.csr -out {name}.pem {when}"
        ));
        Identity { certificate: self.folder.join(format!("{name}.pem")), key: self.folder.join(format!("{name}.key")) }
    }

    fn openssl(&self, line: &str) {
        let mut command = Command::new("openssl");
        command.args(line.split_whitespace()).current_dir(&self.folder).stdin(Stdio::null());
        let ran = command.output().expect("openssl is installed");
        assert!(ran.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}
