//! A mail server that keeps what it gets, or does what a test wants it to do wrong.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::ca::Identity;

/// How the server is.
#[derive(Clone, Default)]
pub struct Manners {
    /// Certificate and key, where it speaks TLS.
    pub tls: Option<Arc<ServerConfig>>,
    /// TLS from the start; else by STARTTLS.
    pub at_once: bool,
    /// User and password, without which it takes nothing.
    pub login: Option<(&'static str, &'static str)>,
    /// What it says to a recipient, in the place of "250 OK".
    pub to_recipient: Option<&'static str>,
    /// Says nothing at all.
    pub hangs: bool,
}

/// What it was brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    pub data: String,
    /// Whether it came over a protected line, and who brought it.
    pub protected: bool,
    pub user: Option<String>,
}

pub struct Smtp {
    pub port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
    /// Every line that came over an open line.
    open: Arc<Mutex<Vec<String>>>,
}

/// For [`Manners::tls`].
pub fn tls(identity: &Identity) -> Arc<ServerConfig> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(&identity.certificate).unwrap().map(Result::unwrap).collect();
    let mut key = Vec::new();
    File::open(&identity.key).unwrap().read_to_end(&mut key).unwrap();
    let key = PrivateKeyDer::from_pem_slice(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(certificates, key).unwrap())
}

impl Smtp {
    pub fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), mails: Arc::default(), open: Arc::default() };
        let (mails, open) = (server.mails.clone(), server.open.clone());
        // Ends with the process: a listener cannot be told to.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (manners, mails, open) = (manners.clone(), mails.clone(), open.clone());
                thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
                    serve(stream, &manners, &mails, &open);
                });
            }
        });
        server
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    pub fn open_lines(&self) -> Vec<String> {
        self.open.lock().unwrap().clone()
    }
}

trait Line: Read + Write {}
impl<T: Read + Write> Line for T {}

fn serve(mut stream: TcpStream, manners: &Manners, mails: &Mutex<Vec<Mail>>, open: &Mutex<Vec<String>>) {
    if manners.hangs {
        let _ = stream.read(&mut [0; 1]);
        thread::sleep(Duration::from_secs(60));
        return;
    }
    let protect = |stream: TcpStream| {
        let connection = ServerConnection::new(manners.tls.clone().unwrap()).unwrap();
        StreamOwned::new(connection, stream)
    };
    if manners.at_once {
        talk(&mut protect(stream), manners, mails, None, true);
        return;
    }
    let again = stream.try_clone().unwrap();
    let ended = talk(&mut stream, manners, mails, Some(open), true);
    if ended == Ended::ToTls {
        talk(&mut protect(again), manners, mails, None, false);
    }
}

#[derive(PartialEq, Eq)]
enum Ended {
    Gone,
    ToTls,
}

/// `open`: where the lines of an open line are noted. `greets`: whether the server speaks first.
fn talk<L: Line>(
    line: &mut L,
    manners: &Manners,
    mails: &Mutex<Vec<Mail>>,
    open: Option<&Mutex<Vec<String>>>,
    greets: bool,
) -> Ended {
    let protected = open.is_none();
    let mut mail = Mail { protected, ..Mail::default() };
    if greets && say(line, "220 sink ESMTP").is_none() {
        return Ended::Gone;
    }
    while let Some(said) = hear(line) {
        if let Some(open) = open {
            open.lock().unwrap().push(said.clone());
        }
        let word = said.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let is_let_in = manners.login.is_none() || mail.user.is_some();
        let answer = match word.as_str() {
            "EHLO" => {
                let mut offers = String::from("250-sink\r\n");
                if !protected && manners.tls.is_some() {
                    offers.push_str("250-STARTTLS\r\n");
                }
                if manners.login.is_some() {
                    offers.push_str("250-AUTH PLAIN LOGIN\r\n");
                }
                offers + "250 8BITMIME"
            }
            "STARTTLS" if manners.tls.is_some() => {
                let _ = say(line, "220 go on");
                return Ended::ToTls;
            }
            "AUTH" => match login(&said) {
                Some((user, password)) if manners.login.is_some_and(|known| known == (user.as_str(), password.as_str())) => {
                    mail.user = Some(user);
                    "235 welcome".into()
                }
                _ => "535 5.7.8 no".into(),
            },
            "MAIL" if !is_let_in => "530 5.7.0 who are you".into(),
            "MAIL" => {
                mail.from = address(&said);
                "250 OK".into()
            }
            "RCPT" => match manners.to_recipient {
                Some(answer) => answer.into(),
                None => {
                    mail.to.push(address(&said));
                    "250 OK".into()
                }
            },
            "DATA" => {
                let _ = say(line, "354 go on");
                while let Some(text) = hear(line).filter(|text| text != ".") {
                    mail.data.push_str(&text);
                    mail.data.push('\n');
                }
                let user = mail.user.clone();
                mails.lock().unwrap().push(std::mem::replace(&mut mail, Mail { protected, user, ..Mail::default() }));
                "250 kept".into()
            }
            "QUIT" => {
                let _ = say(line, "221 bye");
                return Ended::Gone;
            }
            "RSET" | "NOOP" => "250 OK".into(),
            _ => "502 what".into(),
        };
        if say(line, &answer).is_none() {
            return Ended::Gone;
        }
    }
    Ended::Gone
}

fn say<L: Line>(line: &mut L, text: &str) -> Option<()> {
    line.write_all(text.as_bytes()).and_then(|()| line.write_all(b"\r\n")).and_then(|()| line.flush()).ok()
}

/// Byte by byte: what follows STARTTLS must not be read ahead.
fn hear<L: Line>(line: &mut L) -> Option<String> {
    let mut text = Vec::new();
    loop {
        let mut byte = [0];
        match line.read(&mut byte) {
            Ok(1) if byte[0] == b'\n' => break,
            Ok(1) => text.push(byte[0]),
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&text).trim_end_matches('\r').to_owned())
}

fn address(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or_else(String::new, |(address, _)| address.to_owned())
}

/// `AUTH PLAIN <base64>`.
fn login(line: &str) -> Option<(String, String)> {
    let given = line.split_whitespace().nth(2)?;
    let bytes = data_encoding::BASE64.decode(given.as_bytes()).ok()?;
    let mut parts = bytes.split(|byte| *byte == 0).skip(1).map(|part| String::from_utf8_lossy(part).into_owned());
    Some((parts.next()?, parts.next()?))
}
