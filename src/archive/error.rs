//! What can go wrong with archives. `engine::explain` words it for people.

use std::io;
use std::path::PathBuf;

use crate::model::shrink::Shrunk;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Reading or writing an object at the destination failed. Not damage: it may work another time.
    #[error("{object}: {source}")]
    Object { object: String, source: io::Error },
    /// A manifest refers to an object that is not there.
    #[error("{object} is missing")]
    Missing { object: String },
    /// A checksum, tag, length or syntax is wrong. Permanent: never retried.
    #[error("{object} is damaged: {what}")]
    Damaged { object: String, what: String },
    /// No slot opens with this password or recovery key.
    #[error("no key slot opens with this secret")]
    WrongSecret,
    /// No slot opens with this key file.
    #[error("no key slot opens with this key file")]
    WrongKeyFile,
    /// No slot opens with this recovery key. `mistyped`: it has the form of one, but its checksum or length does not fit.
    #[error("no key slot opens with this recovery key")]
    WrongRecoveryKey { mistyped: bool },
    /// Sealed with a key that none of the slots holds.
    #[error("{object} is sealed with another backup's key")]
    UnknownKey { object: String },
    /// Unsealed, or without a valid MAC, where sealed is expected.
    #[error("{object} is not sealed")]
    NotSealed { object: String },
    /// Written by a newer Strongroom.
    #[error("{object} has format {found}")]
    TooNew { object: String, found: u32 },
    /// The file system where files are read or restored.
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    /// What a run lays aside in a folder of this machine until it needs it again.
    #[error("{folder}: {source}", folder = folder.display())]
    Aside { folder: PathBuf, source: io::Error },
    /// The version holds no such file or folder.
    #[error("{0} is not in this version")]
    NoSuchPath(String),
    /// A source, or the only ones there are, cannot be read at all.
    #[error("source {path}: {source}", path = path.display())]
    Source { path: PathBuf, source: io::Error },
    /// Sources have so much less than the newest version has of them that somebody is to be asked.
    #[error("{}", .0.iter().map(Shrunk::in_words).collect::<Vec<_>>().join("; "))]
    Shrunk(Vec<Shrunk>),
    /// A pattern of the excludes is no pattern.
    #[error("{pattern}: {reason}")]
    Pattern { pattern: String, reason: String },
    /// The operation was asked to end.
    #[error("cancelled")]
    Cancelled,
    /// A bound of ours was reached: sizes, counts, depth.
    #[error("{0}")]
    Limit(String),
    /// An archive in several files, of which this is one.
    #[error("{0}")]
    Part(String),
    /// More than is taken unless somebody says that it may be.
    #[error("{0}")]
    TooMuch(String),
}

impl Error {
    pub fn object(object: impl Into<String>, source: io::Error) -> Self {
        let object = object.into();
        if source.kind() == io::ErrorKind::NotFound { Self::Missing { object } } else { Self::Object { object, source } }
    }

    /// From [`super::object::Objects::read_at`]: an object that is shorter than what refers to it is damaged.
    pub fn reading(object: impl Into<String>, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::UnexpectedEof => Self::damaged(object, "it is shorter than it should be"),
            _ => Self::object(object, source),
        }
    }

    pub fn damaged(object: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Damaged { object: object.into(), what: what.into() }
    }

    pub fn file(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File { path: path.into(), source }
    }
}
