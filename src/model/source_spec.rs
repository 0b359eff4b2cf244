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

    /// How folders are gone through, beside the patterns: in a word or two that are compared, and never read by anybody.
    pub fn walk(&self) -> String {
        let on = [("tags", self.honour_tags), ("one-file-system", self.one_file_system)];
        on.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
    }

    /// The pattern that leaves out what lies at a path below a source, and nothing else of that source; `None` where it lies in none, is
    /// one itself, or has a name that no pattern can say.
    pub fn pattern_for(&self, path: &PathBytes) -> Option<String> {
        let holding = self.paths.iter().filter(|source| source.as_bytes() != path.as_bytes());
        let relative = |source: &PathBytes| {
            let rest = path.as_bytes().strip_prefix(source.as_bytes())?;
            // That of the whole file system ends with its slash.
            let rest = if source.as_bytes().ends_with(b"/") { rest } else { rest.strip_prefix(b"/")? };
            std::str::from_utf8(rest).ok().filter(|rest| !rest.is_empty() && !rest.contains(['\n', '\r']))
        };
        // Of a source that lies within another it is the outer one that is gone through.
        let relative = holding.filter_map(relative).max_by_key(|rest| rest.len())?;
        let mut pattern = String::from("/");
        for sign in relative.chars() {
            if matches!(sign, '*' | '?' | '[' | ']' | '{' | '}' | '\\') || (sign == ' ' && relative.ends_with(' ')) {
                pattern.push('\\');
            }
            pattern.push(sign);
        }
        Some(pattern)
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
    fn a_path_becomes_a_pattern_that_means_it_alone() {
        let spec =
            |paths: &[&str]| SourceSpec { paths: paths.iter().map(|p| PathBytes::from(*p)).collect(), ..SourceSpec::default() };
        let of = |spec: &SourceSpec, path: &str| spec.pattern_for(&path.into());
        let home = spec(&["/home/u", "/home/u/in"]);
        assert_eq!(of(&home, "/home/u/a/b.txt").as_deref(), Some("/a/b.txt"));
        assert_eq!(of(&home, "/home/u/in/x").as_deref(), Some("/in/x"), "as the outer source has it");
        assert_eq!(of(&home, "/home/u/50% [x]*?{a}\\z").as_deref(), Some("/50% \\[x\\]\\*\\?\\{a\\}\\\\z"));
        assert_eq!(of(&home, "/home/u/end ").as_deref(), Some("/end\\ "));
        assert_eq!(of(&home, "/home/u"), None);
        assert_eq!(of(&home, "/home/u2/x"), None);
        assert_eq!(of(&spec(&["/"]), "/etc/x").as_deref(), Some("/etc/x"));
        assert_eq!(home.pattern_for(&PathBytes::new(b"/home/u/\xff".to_vec())), None);
    }

    #[test]
    fn nested_sources_are_taken_once() {
        let spec = SourceSpec {
            paths: ["/home/u/b", "/home/u", "/home/u2", "/home/u"].map(PathBytes::from).to_vec(),
            ..SourceSpec::default()
        };
        assert_eq!(spec.roots(), ["/home/u", "/home/u2"].map(PathBytes::from));
    }
}
