//! What a server's replies (RFC 959, 4.2) or the line's failures mean for a storage.

use std::io;

use suppaftp::FtpError;
use suppaftp::types::Response;

use crate::storage::mistrust::Mistrust;
use crate::storage::tls::{self, Untaken};
use crate::storage::{Error, Kind};

/// Characters of a server's words that are shown.
const SHOWN: usize = 300;

/// Why something has no result.
#[derive(Debug)]
pub enum Failure {
    /// The server's reply.
    Said { code: u32, text: String },
    /// The line was cut, never came about, or nothing came over it in time.
    Line(io::Error),
    /// The line cannot be protected, or must be.
    Tls(Kind, String),
    /// The server cannot be known by its certificate.
    Certificate(Untaken),
    /// No password is known where one is asked for.
    NoPassword,
    /// What came is no reply to what was asked.
    Nonsense(String),
    /// It goes on beyond what can be true.
    TooLong(String),
    /// Only so many names of a folder are shown, and there are more.
    ListCut(usize),
    /// The server lets in so many connections, and all are in use.
    Crowded(usize),
    /// A file ends before what was to be read of it.
    End,
    /// What lies there after an upload has another size.
    OtherSize { sent: u64, there: u64 },
}

pub type Answer<T> = Result<T, Failure>;

impl Failure {
    pub fn lost(why: &str) -> Self {
        Self::Line(io::Error::new(io::ErrorKind::ConnectionAborted, why))
    }

    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Said { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether the connection is of no use any more.
    pub fn ends_line(&self) -> bool {
        match self {
            Self::Said { code, .. } => *code == 421,
            Self::End | Self::ListCut(_) | Self::Crowded(_) => false,
            _ => true,
        }
    }

    /// Whether it may well go better a moment later, over a new connection.
    pub fn passes(&self) -> bool {
        match self {
            Self::Said { code, .. } => matches!(code, 421 | 425 | 426 | 450 | 451),
            Self::Line(_) | Self::Nonsense(_) | Self::OtherSize { .. } => true,
            Self::Tls(..) | Self::Certificate(_) | Self::NoPassword | Self::TooLong(_) => false,
            Self::ListCut(_) | Self::Crowded(_) | Self::End => false,
        }
    }

    /// The server has no room for another connection, for now or for this account.
    pub fn is_crowded(&self) -> bool {
        let words = ["too many", "maximum", "limit", "another", "connections"];
        // There may have been too many wrong passwords as well.
        let of_passwords = ["password", "incorrect", "attempt", "fail"];
        match self {
            Self::Said { code: 421, text } => says(text, &words),
            Self::Said { code: 530, text } => says(text, &words) && !says(text, &of_passwords),
            _ => false,
        }
    }

    /// The server wants TLS before anybody logs in.
    pub fn wants_tls(&self) -> bool {
        let words = ["cleartext", "tls", "ssl", "encrypt", "secure connection"];
        matches!(self, Self::Said { code: 421 | 503 | 521 | 522 | 530 | 534 | 550, text } if says(text, &words))
    }

    /// The command or its option is not known there.
    pub fn is_unknown_command(&self) -> bool {
        matches!(self.code(), Some(500 | 501 | 502 | 503 | 504 | 202))
    }

    /// Nothing lies under the name, in so many words.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Said { code: 550 | 553 | 450 | 501, text } => {
                says(text, &["no such", "not found", "not exist", "n't exist", "cannot find", "can't find", "no files"])
            }
            _ => false,
        }
    }

    /// The server does not want to, without a word that tells why: perhaps there is nothing.
    pub fn is_unclear(&self) -> bool {
        matches!(self, Self::Said { code: 550 | 553, text } if !is_refusal(text) && !speaks_of_room(text))
    }
}

fn says(text: &str, any: &[&str]) -> bool {
    let text = text.to_lowercase();
    any.iter().any(|words| text.contains(words))
}

fn is_refusal(text: &str) -> bool {
    says(text, &["denied", "permission", "not permitted", "not allowed", "forbidden", "read-only", "read only", "unauthorized"])
}

fn speaks_of_room(text: &str) -> bool {
    says(text, &["no space", "disk full", "quota", "exceeded", "insufficient storage", "not enough space", "full disk"])
}

impl From<FtpError> for Failure {
    fn from(error: FtpError) -> Self {
        match error {
            FtpError::ConnectionError(e) => e.into(),
            FtpError::UnexpectedResponse(response) => said(&response),
            // A host that is neither a name nor an address cannot be in a certificate.
            FtpError::SecureError(why) => Self::Certificate(Untaken::Mistrusted(Mistrust::Unfit(why))),
            other => Self::Nonsense(other.to_string()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.get_ref().is_some_and(|inner| inner.is::<suppaftp::types::ReplyTooLarge>()) {
            return Self::TooLong("a reply".into());
        }
        match tls::fault(&error) {
            Some(why) => Self::Certificate(why),
            None => Self::Line(error),
        }
    }
}

/// A reply that is not what it should be.
fn said(response: &Response) -> Failure {
    let text = words(response);
    let code = match response.status.code() {
        // Not in the crate's list: as it stands there.
        0 => text.get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(0),
        known => known,
    };
    if (400..600).contains(&code) { Failure::Said { code, text } } else { Failure::Nonsense(text) }
}

/// A server's words, fit to be shown.
pub fn words(response: &Response) -> String {
    let text = String::from_utf8_lossy(&response.body);
    let clean = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(SHOWN).collect()
}

/// `refused`: what a permission that is missing is called here.
pub fn judged(context: &str, failure: Failure, refused: Kind) -> Error {
    let kind = match &failure {
        Failure::Said { code, text } => match code {
            421 | 425 | 426 => Kind::ServerAway,
            452 | 552 => Kind::NoRoom,
            550 | 553 if speaks_of_room(text) => Kind::NoRoom,
            530 | 532 | 331 | 332 => Kind::Refused,
            550 | 553 if is_refusal(text) => refused,
            // What is not there cannot be read; what cannot be written is refused.
            550 | 553 if refused == Kind::NotReadable || failure.is_missing() => Kind::NotFound,
            550 | 553 => refused,
            _ => Kind::Other,
        },
        Failure::Line(_) => Kind::ServerAway,
        Failure::Tls(kind, _) => *kind,
        Failure::Certificate(why) => why.kind(),
        Failure::NoPassword => Kind::NoPassword,
        Failure::TooLong(_) => Kind::TooLong,
        Failure::ListCut(_) => Kind::ListCut,
        Failure::Crowded(_) => Kind::Crowded,
        Failure::End => Kind::TooShort,
        // Lines that are cut again and again may end so: a server takes what has come for all of it.
        Failure::OtherSize { sent, there } if there < sent => Kind::DamagedOnItsWay,
        Failure::Nonsense(_) | Failure::OtherSize { .. } => Kind::Nonsense,
    };
    let source = match failure {
        Failure::Said { text, .. } => io::Error::other(text),
        // That the line ended says nothing of the object.
        Failure::Line(e) if e.kind() == io::ErrorKind::UnexpectedEof => io::Error::other("the line was cut"),
        Failure::Line(e) => e,
        Failure::Tls(_, why) => io::Error::other(why),
        Failure::Certificate(why) => why.into_source(),
        Failure::NoPassword => io::Error::other("there is no password"),
        Failure::Nonsense(what) => io::Error::other(what),
        Failure::ListCut(shown) => io::Error::other(format!("{shown} names")),
        Failure::Crowded(most) => io::Error::other(most.to_string()),
        Failure::TooLong(what) => io::Error::other(format!("{what} without end")),
        Failure::End => io::Error::new(io::ErrorKind::UnexpectedEof, "it ends before"),
        Failure::OtherSize { sent, there } => {
            io::Error::other(format!("{sent} bytes were sent, and the server says that {there} are there"))
        }
    };
    Error { kind, context: context.into(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: u32, text: &str) -> Failure {
        Failure::Said { code, text: text.into() }
    }

    #[test]
    fn replies_are_judged_by_their_code_and_where_that_says_little_by_their_words() {
        let kind = |failure| judged("a", failure, Kind::NotWritable).kind;
        assert_eq!(kind(said(552, "552 Disk full - please upload later")), Kind::NoRoom);
        assert_eq!(kind(said(553, "553 Quota exceeded")), Kind::NoRoom);
        assert_eq!(kind(said(553, "553 Can't open that file: Permission denied")), Kind::NotWritable);
        assert_eq!(kind(said(553, "553 Can't open that file: No such file or directory")), Kind::NotFound);
        assert_eq!(kind(said(553, "553 Could not create file.")), Kind::NotWritable);
        assert_eq!(kind(said(530, "530 Login authentication failed")), Kind::Refused);
        assert_eq!(kind(said(421, "421 Timeout")), Kind::ServerAway);
        assert_eq!(kind(said(500, "500 Unknown command")), Kind::Other);
        assert_eq!(kind(Failure::Line(io::ErrorKind::TimedOut.into())), Kind::ServerAway);
        assert_eq!(kind(Failure::OtherSize { sent: 9, there: 4 }), Kind::DamagedOnItsWay);
        assert_eq!(kind(Failure::OtherSize { sent: 9, there: 10 }), Kind::Nonsense);
        let read = |failure| judged("a", failure, Kind::NotReadable).kind;
        assert_eq!(read(said(550, "550 Failed to open file.")), Kind::NotFound);
        assert_eq!(read(said(550, "550 a: Permission denied")), Kind::NotReadable);
    }

    #[test]
    fn only_what_passes_is_tried_again() {
        assert!(said(421, "").passes() && said(425, "").passes() && said(426, "").passes() && said(450, "").passes());
        assert!(!said(530, "").passes() && !said(550, "").passes() && !said(552, "").passes());
        assert!(Failure::lost("cut").passes() && !Failure::TooLong("a list".into()).passes());
        assert!(said(421, "").ends_line() && !said(550, "").ends_line() && Failure::lost("cut").ends_line());
        assert!(said(530, "530 Sorry, the maximum number of clients (2) for this user are already connected.").is_crowded());
        for wrong in ["530 Login authentication failed", "530 Maximum login attempts exceeded", "530 Too many failed log-ins"] {
            assert!(!said(530, wrong).is_crowded(), "{wrong}");
        }
    }
}
