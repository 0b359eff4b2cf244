//! What can go wrong with our own files.

use std::io;
use std::path::PathBuf;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    /// There is neither `STRONGROOM_HOME` nor a home folder of this person.
    #[error("this person has no home folder")]
    NoHome,
    /// A folder of ours belongs to somebody else.
    #[error("{path} belongs to somebody else", path = path.display())]
    NotOurs { path: PathBuf },
    /// The settings cannot be read as they stand. They are never overwritten then.
    #[error("{path}{line}: {what}", path = path.display(), line = line.map(|n| format!(", line {n}")).unwrap_or_default())]
    Settings { path: PathBuf, line: Option<usize>, what: String },
    /// Written by a newer Strongroom.
    #[error("{path} has version {found}", path = path.display())]
    TooNew { path: PathBuf, found: i64 },
    #[error("history: {0}")]
    Database(#[from] rusqlite::Error),
    /// Something of ours in the history cannot be written or read as JSON.
    #[error("history: {0}")]
    Json(#[from] serde_json::Error),
}

impl Error {
    pub(super) fn file(path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Self {
        Self::File { path: path.into(), source: source.into() }
    }
}
