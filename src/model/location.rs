//! Where a destination is.

use serde::{Deserialize, Serialize};

use super::path::PathBytes;

/// A destination's address, without any secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Location {
    /// A folder on this machine or on a drive plugged into it; plan folders lie below it.
    Local { path: PathBytes },
}

impl Location {
    pub fn local(path: impl Into<PathBytes>) -> Self {
        Self::Local { path: path.into() }
    }

    /// For people: the path or URL.
    pub fn display(&self) -> String {
        match self {
            Self::Local { path } => path.display().into_owned(),
        }
    }

    /// A short name: the last component.
    pub fn short_name(&self) -> String {
        match self {
            Self::Local { path } => match path.as_path().file_name() {
                Some(name) => name.to_string_lossy().into_owned(),
                None => path.display().into_owned(),
            },
        }
    }
}
