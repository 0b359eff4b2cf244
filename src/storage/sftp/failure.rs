//! What a server's or the line's failures mean for a storage.

use std::io;

use russh_sftp::client::error::Error as Sftp;
use russh_sftp::protocol::StatusCode;

use crate::storage::{Error, Kind};

/// Why a request has no result.
#[derive(Debug)]
pub enum Failure {
    /// The server's answer.
    Said(Sftp),
    /// No answer within the time.
    Silent,
}

impl Failure {
    fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Said(Sftp::Status(status)) => Some(status.status_code),
            _ => None,
        }
    }
}

impl From<Sftp> for Failure {
    fn from(error: Sftp) -> Self {
        match error {
            Sftp::Timeout => Self::Silent,
            error => Self::Said(error),
        }
    }
}

pub fn is_missing(failure: &Failure) -> bool {
    failure.status() == Some(StatusCode::NoSuchFile)
}

/// The end of a list or file.
pub fn is_end(failure: &Failure) -> bool {
    failure.status() == Some(StatusCode::Eof)
}

/// `refused`: what a permission that is missing is called here.
pub fn judged(context: &str, failure: Failure, refused: Kind) -> Error {
    let kind = match (&failure, failure.status()) {
        (_, Some(StatusCode::NoSuchFile)) => Kind::NotFound,
        (_, Some(StatusCode::PermissionDenied)) => refused,
        (_, Some(StatusCode::NoConnection | StatusCode::ConnectionLost)) | (Failure::Silent, _) => Kind::ServerAway,
        // Version 3 has no code for a full disk; OpenSSH says only "Failure", others put it into words.
        (Failure::Said(Sftp::Status(status)), _) if speaks_of_room(&status.error_message) => Kind::NoRoom,
        (_, Some(_)) => Kind::Other,
        // Whatever is no answer to the request: the line is of no use any more.
        (Failure::Said(_), None) => Kind::ServerAway,
    };
    let source = match failure {
        Failure::Said(error) => io::Error::other(error.to_string()),
        Failure::Silent => io::ErrorKind::TimedOut.into(),
    };
    Error { kind, context: context.into(), source }
}

fn speaks_of_room(message: &str) -> bool {
    let message = message.to_lowercase();
    ["no space", "disk full", "quota"].iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use russh_sftp::protocol::Status;

    use super::*;

    fn said(status_code: StatusCode, error_message: &str) -> Failure {
        Failure::Said(Sftp::Status(Status { id: 1, status_code, error_message: error_message.into(), language_tag: "en".into() }))
    }

    #[test]
    fn a_full_disk_is_known_by_its_words_only() {
        let kind = |failure| judged("a", failure, Kind::NotWritable).kind;
        assert_eq!(kind(said(StatusCode::Failure, "Disk quota exceeded")), Kind::NoRoom);
        assert_eq!(kind(said(StatusCode::Failure, "Failure")), Kind::Other);
        assert_eq!(kind(said(StatusCode::PermissionDenied, "")), Kind::NotWritable);
        assert_eq!(kind(Failure::Silent), Kind::ServerAway);
        assert_eq!(kind(Failure::Said(Sftp::UnexpectedPacket)), Kind::ServerAway);
    }
}
