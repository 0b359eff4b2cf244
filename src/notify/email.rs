//! E-mail: over a line that is protected before anything is told, unless the server is this machine itself.

use std::io;
use std::net::IpAddr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message, SmtpTransport, Transport};

use super::{Error, Keys, Kind, LONGEST, Parcel, trust};
use crate::model::alert::{Email, Security};
use crate::os::cause;

/// Without a word from the server.
const SILENCE: Duration = Duration::from_secs(15);
/// Of what a server says that is passed on, in characters.
const LONGEST_WORDS: usize = 200;

pub fn send(email: &Email, parcel: &Parcel<'_>) -> Result<(), Error> {
    let message = message(email, parcel)?;
    let transport = transport(email, parcel.keys)?;
    // A server that says a word now and then could keep us for ever.
    bounded(move || transport.send(&message).map(|_| ()).map_err(|error| failure(&error)))
}

fn message(email: &Email, parcel: &Parcel<'_>) -> Result<Message, Error> {
    let Parcel { alert, machine, .. } = *parcel;
    let unusable = |what: &str| Error::new(Kind::Settings, format!("\u{201c}{what}\u{201d} is no e-mail address"));
    let address = |text: &str| text.parse::<Address>().map_err(|_| unusable(text));
    let subject = if machine.is_empty() { alert.subject.clone() } else { format!("[{machine}] {}", alert.subject) };
    let mut builder = Message::builder()
        .from(Mailbox::new(Some("Strongroom".into()), address(&email.from)?))
        .subject(subject)
        .message_id(Some(message_id()?))
        .header(ContentType::TEXT_PLAIN);
    for to in &email.to {
        builder = builder.to(Mailbox::new(None, address(to)?));
    }
    builder.body(alert.body.clone()).map_err(|_| Error::new(Kind::Settings, "the message cannot be written as an e-mail"))
}

fn transport(email: &Email, keys: &Keys) -> Result<SmtpTransport, Error> {
    let mut builder = SmtpTransport::builder_dangerous(email.server.as_str())
        .port(email.port)
        .timeout(Some(SILENCE))
        .hello_name(ClientId::Domain(own_name()))
        .tls(match email.security {
            Security::None => Tls::None,
            Security::StartTls => Tls::Required(tls(email)?),
            Security::Tls => Tls::Wrapper(tls(email)?),
        });
    if let Some(user) = &email.user {
        let missing = || Error::new(Kind::Missing, "the password of the mail account is not known on this machine");
        let password = keys.secret.as_ref().filter(|secret| !secret.is_empty()).ok_or_else(missing)?;
        builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
    }
    Ok(builder.build())
}

fn tls(email: &Email) -> Result<TlsParameters, Error> {
    let unusable = |error: lettre::transport::smtp::Error| Error::new(Kind::Settings, format!("TLS: {error}"));
    let mut builder = TlsParameters::builder(email.server.clone());
    if let Some(file) = &email.ca_file {
        for certificate in trust::of_file(&file.to_path_buf())? {
            builder = builder.add_root_certificate(Certificate::from_der(certificate.to_vec()).map_err(unusable)?);
        }
    }
    builder.build_rustls().map_err(unusable)
}

/// Its own, so that a mailbox tells two apart.
fn message_id() -> Result<String, Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|e| Error::new(Kind::Away, e.to_string()))?;
    Ok(format!("<{}@{}>", data_encoding::HEXLOWER.encode(&random), own_name()))
}

/// Of this machine, as servers take it in a greeting.
fn own_name() -> String {
    let name = gethostname::gethostname().to_string_lossy().into_owned();
    let plain =
        !name.is_empty() && name.len() < 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    if plain && name.parse::<IpAddr>().is_err() { name } else { "localhost".into() }
}

/// Runs a call on a thread of its own and stops waiting for it after a while.
fn bounded(call: impl FnOnce() -> Result<(), Error> + Send + 'static) -> Result<(), Error> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let spawned = thread::Builder::new().name("e-mail".into()).spawn(move || {
        // Nobody waits any more where the limit has passed.
        let _ = sender.send(call());
    });
    spawned.map_err(|e| Error::new(Kind::Away, e.to_string()))?;
    receiver.recv_timeout(LONGEST).unwrap_or_else(|_| Err(Error::new(Kind::Silent, "the mail server does not come to an end")))
}

fn failure(error: &lettre::transport::smtp::Error) -> Error {
    if let Some(why) = cause::within(error).and_then(trust::fault) {
        return Error::new(Kind::Certificate, format!("the mail server cannot be trusted: {why}"));
    }
    let said = || words(&source_text(error));
    if let Some(code) = error.status() {
        let number = u16::from(code);
        return match number {
            530 | 534 | 535 | 538 => Error::new(Kind::Password, format!("the mail server does not take the password ({number})")),
            400..=499 => Error::new(Kind::Later, format!("the mail server does not take it now ({number}: {})", said())),
            _ => Error::new(Kind::Refused, format!("the mail server refuses it ({number}: {})", said())),
        };
    }
    if is_silence(error) {
        return Error::new(Kind::Silent, "the mail server does not answer");
    }
    if error.is_client() {
        // Of what it offers nothing fits: no STARTTLS, no way to log in that is known here.
        return Error::new(Kind::Refused, format!("the mail server does not offer what is needed: {}", said()));
    }
    Error::new(Kind::Away, format!("the line to the mail server: {}", said()))
}

/// A line on which nothing came says so in one of two ways, by the system.
fn is_silence(error: &(dyn std::error::Error + 'static)) -> bool {
    let of_time = |kind| matches!(kind, io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock);
    std::iter::successors(Some(error), |error| error.source())
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| of_time(error.kind()))
}

/// What the innermost error says: the outer ones only name the kind.
fn source_text(error: &dyn std::error::Error) -> String {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at.to_string()
}

/// A server's words, as they may be shown.
fn words(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_WORDS).collect()
}
