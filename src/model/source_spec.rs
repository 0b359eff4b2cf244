//! What is backed up: folders, and what is left out of them.

use serde::{Deserialize, Serialize};

use super::path::PathBytes;

/// A plan's sources.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceSpec {
    /// Absolute paths of files and folders.
    pub paths: Vec<PathBytes>,
    /// Patterns in gitignore syntax, matched relative to each source folder; `!` brings back.
    #[serde(default)]
    pub excludes: Vec<String>,
    /// Groups of patterns that can be switched on by name.
    #[serde(default)]
    pub presets: Vec<Preset>,
    /// Leave out what lies beside a valid `CACHEDIR.TAG` (<https://bford.info/cachedir/>) or a `.nobackup` file; the folder itself is kept.
    #[serde(default = "yes")]
    pub honour_tags: bool,
    /// Do not descend into other mounted file systems.
    #[serde(default)]
    pub one_file_system: bool,
}

/// What sources hold: regular files and their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Measured {
    pub files: u64,
    pub bytes: u64,
    /// By patterns and tags.
    pub left_out_files: u64,
    pub left_out_bytes: u64,
    /// Things that could not be looked at.
    pub unreadable: u64,
}

fn yes() -> bool {
    true
}

/// Named groups of things that nobody misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    Caches,
    Trash,
    DeveloperBuilds,
}

impl Preset {
    pub const ALL: [Self; 3] = [Self::Caches, Self::Trash, Self::DeveloperBuilds];

    /// Shown beside its switch.
    pub fn label(self) -> &'static str {
        match self {
            Self::Caches => "Caches and thumbnails",
            Self::Trash => "Trash",
            Self::DeveloperBuilds => "Build results (node_modules, target, …)",
        }
    }

    /// In gitignore syntax.
    pub fn patterns(self) -> &'static [&'static str] {
        match self {
            Self::Caches => &[".cache/", "Cache/", "CacheStorage/", "Code Cache/", "GPUCache/", ".thumbnails/", "__pycache__/"],
            Self::Trash => &["**/.local/share/Trash/", ".Trash/", ".Trash-*/", "$RECYCLE.BIN/"],
            Self::DeveloperBuilds => &["node_modules/", "**/target/debug/", "**/target/release/", ".gradle/", ".venv/", ".tox/"],
        }
    }
}

impl SourceSpec {
    /// All patterns in the order in which they apply: presets first, so that the person's own can bring things back.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.presets.iter().flat_map(|p| p.patterns().iter().copied()).chain(self.excludes.iter().map(String::as_str))
    }

    /// Sources without those that lie within another, in catalog order.
    pub fn roots(&self) -> Vec<PathBytes> {
        let mut sorted = self.paths.clone();
        sorted.sort();
        sorted.dedup();
        let mut roots: Vec<PathBytes> = Vec::new();
        for path in sorted {
            let covered = roots.iter().any(|root| {
                let root = root.as_bytes();
                root == b"/" || path.is_within(root)
            });
            if !covered {
                roots.push(path);
            }
        }
        roots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_sources_are_taken_once() {
        let spec = SourceSpec {
            paths: ["/home/u/b", "/home/u", "/home/u2", "/home/u"].map(PathBytes::from).to_vec(),
            ..SourceSpec::default()
        };
        assert_eq!(spec.roots(), ["/home/u", "/home/u2"].map(PathBytes::from));
    }
}
