//! Real object stores on free ports of the loopback, for whoever runs the tests. `tests/run` installs them.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::ca::{Ca, Identity};
use super::process::{Process, brought, free_port, run};

pub const BUCKET: &str = "bucket";
pub const S3_KEY: &str = "AKTESTTESTTEST";
pub const S3_SECRET: &str = "secret-secret-secret";
/// What Garage takes for a key and its secret.
const GARAGE_KEY: &str = "GK0123456789abcdef01234567";
const GARAGE_SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// The account of Microsoft's emulator, as it is published.
pub const AZURE_ACCOUNT: &str = "devstoreaccount1";
pub const AZURE_KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A store with one empty bucket.
pub struct Store {
    pub port: u16,
    pub kind: Kind,
    /// Started again, it has what it has kept, if it keeps anything.
    pub process: Process,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Small, with signatures.
    S3s,
    /// Strict, without any.
    Moto,
    /// The same with a bucket that locks for 30 days what it gets.
    MotoLocked,
    /// The same over TLS; `ca/ca.pem` in its folder vouches for it.
    MotoTls,
    /// With a certificate that has run out, and so without a bucket.
    MotoExpired,
    /// Microsoft's own emulator.
    Azurite,
    /// Without pages or conditions.
    Gcs,
    /// One that is run on many machines; it knows no conditions.
    Garage,
}

impl Store {
    /// Its files lie in this folder.
    pub fn start(kind: Kind, folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let port = free_port();
        let store = Self { port, kind, process: Process::start(command(kind, folder, port), port) };
        store.make_bucket(BUCKET, folder);
        store
    }

    /// Below this prefix.
    pub fn address(&self, prefix: &str) -> String {
        let endpoint = format!("endpoint=http://127.0.0.1:{}", self.port);
        match self.kind {
            Kind::S3s | Kind::Moto | Kind::MotoLocked => format!("s3://{BUCKET}/{prefix}?{endpoint}&access_key={S3_KEY}"),
            Kind::MotoTls | Kind::MotoExpired => {
                format!("s3://{BUCKET}/{prefix}?endpoint=127.0.0.1:{}&access_key={S3_KEY}", self.port)
            }
            Kind::Azurite => format!("az://{AZURE_ACCOUNT}/{BUCKET}/{prefix}?{endpoint}"),
            // Where it lies, it says itself.
            Kind::Garage => format!("s3://{BUCKET}/{prefix}?{endpoint}&access_key={GARAGE_KEY}"),
            Kind::Gcs => format!("gs://{BUCKET}/{prefix}?{endpoint}&anonymous=yes"),
        }
    }

    /// What opens it.
    pub fn secret(&self) -> &'static str {
        match self.kind {
            Kind::S3s | Kind::Moto | Kind::MotoLocked | Kind::MotoTls | Kind::MotoExpired => S3_SECRET,
            Kind::Azurite => AZURE_KEY,
            Kind::Garage => GARAGE_SECRET,
            Kind::Gcs => "",
        }
    }

    fn make_bucket(&self, name: &str, folder: &Path) {
        match self.kind {
            // Made with the process.
            Kind::S3s | Kind::Gcs | Kind::Garage | Kind::MotoExpired => {}
            Kind::Moto => assert!(self.asked(&format!("PUT /{name}"), "").starts_with("HTTP/1.1 200")),
            Kind::MotoLocked => {
                let answer = self.asked(&format!("PUT /{name}"), "x-amz-bucket-object-lock-enabled: true\r\n");
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                let rule = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
                            <Mode>GOVERNANCE</Mode><Days>30</Days></DefaultRetention></Rule></ObjectLockConfiguration>";
                let url = format!("http://127.0.0.1:{}/{name}?object-lock", self.port);
                let kind = "Content-Type: application/xml";
                run(Command::new("curl").args(["-sf", "-X", "PUT", "-H", kind, "--data", rule, &url]));
            }
            Kind::MotoTls => {
                let url = format!("https://127.0.0.1:{}/{name}", self.port);
                run(Command::new("curl").args(["-sf", "-X", "PUT", "--cacert"]).arg(folder.join("ca/ca.pem")).arg(url));
            }
            Kind::Azurite => {
                let date = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                let signed = format!(
                    "PUT{}x-ms-date:{date}\nx-ms-version:2022-11-02\n/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/{name}\nrestype:container",
                    "\n".repeat(12),
                );
                let key = data_encoding::BASE64.decode(AZURE_KEY.as_bytes()).unwrap();
                let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
                mac.update(signed.as_bytes());
                let mac = data_encoding::BASE64.encode(&mac.finalize().into_bytes());
                let headers = format!(
                    "x-ms-date: {date}\r\nx-ms-version: 2022-11-02\r\nAuthorization: SharedKey {AZURE_ACCOUNT}:{mac}\r\n"
                );
                let answer = self.asked(&format!("PUT /{AZURE_ACCOUNT}/{name}?restype=container"), &headers);
                assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
            }
        }
    }

    /// Garage's bucket takes so many bytes and no more.
    pub fn limit(folder: &Path, bytes: u64) {
        run(garage(folder).args(["bucket", "set-quotas", "--max-size", &bytes.to_string(), BUCKET]));
    }

    /// What Moto tells of an object, in small letters. It looks whether a request is signed, not how.
    pub fn told_of(&self, key: &str) -> String {
        let signed = "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x\r\n";
        self.asked(&format!("HEAD /{BUCKET}/{}", key.replace(' ', "%20")), signed).to_lowercase()
    }

    /// A request of its own.
    pub fn asked(&self, line: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!(
            "{line} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n",
            self.port
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn command(kind: Kind, folder: &Path, port: u16) -> Command {
    let port = port.to_string();
    match kind {
        Kind::S3s => {
            fs::create_dir_all(folder.join("data").join(BUCKET)).unwrap();
            let mut command = Command::new(brought("bin/s3s-fs"));
            command.args(["--host", "127.0.0.1", "--port", &port, "--access-key", S3_KEY, "--secret-key", S3_SECRET]);
            command.arg(folder.join("data"));
            command
        }
        Kind::Moto | Kind::MotoLocked => {
            let mut command = Command::new(brought("venv/bin/moto_server"));
            command.args(["-H", "127.0.0.1", "-p", &port]);
            command
        }
        Kind::MotoTls | Kind::MotoExpired => {
            let ca = Ca::new(&folder.join("ca"));
            let Identity { certificate, key } = if kind == Kind::MotoTls { ca.identity() } else { ca.expired() };
            let mut command = Command::new(brought("venv/bin/moto_server"));
            command.args(["-H", "127.0.0.1", "-p", &port, "-c"]).arg(certificate).arg("-k").arg(key);
            command
        }
        Kind::Azurite => {
            let mut command = Command::new("node");
            command.arg(brought("npm/node_modules/azurite/dist/src/blob/main.js"));
            command.args(["--blobHost", "127.0.0.1", "--blobPort", &port, "--silent", "--skipApiVersionCheck"]);
            command.args(["--disableTelemetry", "--location"]).arg(folder);
            command
        }
        Kind::Garage => {
            let shown = folder.display();
            let lines = [
                format!("metadata_dir = '{shown}/meta'"),
                format!("data_dir = '{shown}/data'"),
                "db_engine = 'sqlite'".into(),
                "replication_factor = 1".into(),
                format!("rpc_bind_addr = '127.0.0.1:{}'", free_port()),
                format!("rpc_secret = '{GARAGE_SECRET}'"),
                "[s3_api]".into(),
                "s3_region = 'garage'".into(),
                format!("api_bind_addr = '127.0.0.1:{port}'"),
            ];
            fs::write(folder.join("garage.toml"), lines.join("\n")).unwrap();
            let mut command = garage(folder);
            command.args(["server", "--single-node", "--default-bucket"]);
            command.env("GARAGE_DEFAULT_ACCESS_KEY", GARAGE_KEY).env("GARAGE_DEFAULT_SECRET_KEY", GARAGE_SECRET);
            command.env("GARAGE_DEFAULT_BUCKET", BUCKET);
            command
        }
        Kind::Gcs => {
            let mut command = Command::new(brought("venv/bin/gcp-storage-emulator"));
            command.args(["start", "--host=127.0.0.1", &format!("--port={port}"), &format!("--default-bucket={BUCKET}")]);
            command.env("STORAGE_BASE", folder).env("STORAGE_DIR", "data");
            command
        }
    }
}

fn garage(folder: &Path) -> Command {
    let mut command = Command::new(brought("bin/garage"));
    command.arg("-c").arg(folder.join("garage.toml")).env("GARAGE_ALLOW_WORLD_READABLE_SECRETS", "true");
    command
}
