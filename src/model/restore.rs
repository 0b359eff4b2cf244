//! What a restore, a verification or a look into a destination is asked for.

use serde::{Deserialize, Serialize};

use super::location::Location;
use super::path::PathBytes;
use super::plan::PlanId;
use super::secret::Secret;
use super::snapshot::VersionId;

/// Which plan's folder at a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub location: Location,
    pub plan: PlanChoice,
    /// Password or recovery key; `None`: what the keyring of this machine knows.
    pub secret: Option<Secret>,
}

impl Place {
    /// Of a plan of this home, whose key is known here.
    pub fn of(plan: &PlanId, location: &Location) -> Self {
        Self { location: location.clone(), plan: PlanChoice::Id(plan.clone()), secret: None }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlanChoice {
    /// The only one there; an error that lists them where there are several.
    Only,
    Id(PlanId),
    /// By name or folder name.
    Name(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VersionChoice {
    Latest,
    Id(VersionId),
    /// The newest that was begun at or before this time.
    At(jiff::Timestamp),
}

/// What is browsed and restored from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    Version {
        place: Place,
        version: VersionChoice,
    },
    /// Of anybody's making.
    Archive(ArchiveFile),
}

/// A single archive, or a volume of a backup taken by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveFile {
    pub path: PathBytes,
    /// Where it is sealed: password, recovery key or key file's secret; `None`: what this machine knows.
    pub secret: Option<Secret>,
    /// Key slots of the backup that a volume is of, where they do not lie in the folders above it.
    pub keys: Option<PathBytes>,
    /// List it also where it holds so much that the list takes a lot of memory.
    #[serde(default)]
    pub long_list: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreSpec {
    pub from: Origin,
    /// Original absolute paths of files and folders, of an archive those in it; empty: everything.
    pub paths: Vec<PathBytes>,
    /// Paths below `paths` (or of everything) that are not wanted after all.
    pub except: Vec<PathBytes>,
    pub target: Target,
    pub conflict: Conflict,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Owner, mode, times and attributes too. Of an archive what can be believed always is.
    pub metadata: bool,
    /// Of an archive: also what unpacks to absurdly much.
    #[serde(default)]
    pub any_size: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Not out of an archive, which does not say where its files were.
    InPlace,
    Folder {
        path: PathBytes,
        /// The whole original path below it instead of each source by its own name.
        full_paths: bool,
    },
}

/// What happens where a file already stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conflict {
    /// Leave what is there.
    #[default]
    Skip,
    /// Replace it; the old one is moved aside and can be brought back.
    Overwrite,
    /// Replace it only where the backup's is newer.
    Newer,
    /// Restore beside it under another name.
    KeepBoth,
}

/// What a restore would do, or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RestoreCounts {
    /// Files, links and others written under a new name.
    pub created: u64,
    /// Existing ones replaced.
    pub replaced: u64,
    /// Left alone because of the policy.
    pub skipped: u64,
    /// Restored beside an existing one.
    pub beside: u64,
    /// Could not be restored.
    pub failed: u64,
    pub folders: u64,
    /// Bytes of content written.
    pub bytes: u64,
    /// Bytes fetched from the destination.
    pub fetched: u64,
    /// Bytes free at the target.
    pub free: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifySpec {
    pub from: Place,
    /// `None`: all versions.
    pub version: Option<VersionChoice>,
    pub depth: Depth,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// Every object is present with its size.
    Quick,
    /// And has its SHA-256.
    #[default]
    Checksums,
    /// And every piece can be opened and has its BLAKE3.
    Full,
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VerifyReport {
    pub versions: u64,
    pub objects: u64,
    pub bytes: u64,
    pub pieces: u64,
    pub damaged: Vec<DamagedObject>,
    /// Files that any of it hits; one that several versions have counts once.
    #[serde(default)]
    pub files_hit: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamagedObject {
    /// Within the plan's folder: `data/<id>/v0001.tar.zst.sealed`.
    pub object: String,
    pub what: String,
    /// Files it hits, by version; at most a thousand are listed.
    pub hits: Vec<(VersionId, PathBytes)>,
    /// How many it hits in all.
    pub hit_count: u64,
    /// How many of these are different files, whatever version they are of.
    #[serde(default)]
    pub files_hit: u64,
}

impl DamagedObject {
    /// The files among `hits`, each once.
    pub fn files(&self) -> Vec<&PathBytes> {
        let mut seen = std::collections::HashSet::new();
        self.hits.iter().map(|(_, path)| path).filter(|path| seen.insert(*path)).collect()
    }
}
