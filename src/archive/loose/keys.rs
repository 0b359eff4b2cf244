//! The keys of a volume or catalog that is looked at by itself: they lie in its plan's folder, or wherever one says.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::bytes::SealedBytes;
use crate::archive::json_lines::{self, Trust};
use crate::archive::key::{KeyFile, KeyRing};
use crate::archive::seal::{Facts, MAX_HEADER, Opener};
use crate::archive::{Error, Result};
use crate::model::marker;
use crate::model::plan::PlanId;
use crate::os::at::FileExt;

const MAX_KEYS: u64 = 1 << 20;

#[derive(Deserialize)]
struct Head {
    n: u32,
    plan: PlanId,
}

/// Opens a sealed volume or catalog. `keys`: its plan's key slots, where they do not lie in the folder above it. The object is what it
/// says of itself; whether it lies where it belongs nobody asks.
pub fn open_object(path: &Path, keys: Option<&Path>, secret: &str) -> Result<SealedBytes> {
    let head = SealedHead::read(path)?;
    let ring = ring(path, keys, &head.plan(), secret)?;
    head.open(path, &ring)
}

/// The same with keys that are known already; `UnknownKey` where its own is not among them.
pub fn open_object_with(path: &Path, ring: &KeyRing) -> Result<SealedBytes> {
    SealedHead::read(path)?.open(path, ring)
}

/// Whose keys a sealed volume or catalog says that it opens with.
pub fn sealed_for(path: &Path) -> Result<PlanId> {
    Ok(SealedHead::read(path)?.plan())
}

/// An object and what its seal begins with.
struct SealedHead {
    file: File,
    header: Vec<u8>,
    facts: Facts,
    name: String,
}

impl SealedHead {
    fn read(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = File::open(path).map_err(|e| Error::file(path, e))?;
        let length = file.metadata().map_err(|e| Error::file(path, e))?.len();
        let mut header = vec![0; MAX_HEADER.min(usize::try_from(length).unwrap_or(MAX_HEADER))];
        file.read_exact_at(&mut header, 0).map_err(|e| Error::file(path, e))?;
        let facts = Facts::read(&header, &name)?;
        Ok(Self { file, header, facts, name })
    }

    fn plan(&self) -> PlanId {
        PlanId::from_random(self.facts.plan)
    }

    fn open(self, path: &Path, ring: &KeyRing) -> Result<SealedBytes> {
        let opener = Opener::new(ring, &self.header, self.facts.identity(), &self.name)?;
        SealedBytes::new(self.file, 0, opener, path)
    }
}

/// The highest key file that is whole counts, as in a plan's folder.
fn ring(path: &Path, keys: Option<&Path>, plan: &PlanId, secret: &str) -> Result<KeyRing> {
    let candidates = match keys {
        Some(keys) => vec![keys.to_path_buf()],
        None => beside(path),
    };
    let mut failed = Error::Missing { object: "the key file of its backup (keys-1.json)".into() };
    for candidate in candidates {
        match open(&candidate, plan, secret) {
            Err(error @ (Error::Damaged { .. } | Error::File { .. })) => failed = error,
            opened => return opened,
        }
    }
    Err(failed)
}

fn open(path: &Path, plan: &PlanId, secret: &str) -> Result<KeyRing> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_KEYS).read_to_end(&mut bytes));
    read.map_err(|e| Error::file(path, e))?;
    let head: Head = json_lines::decode(&name, &bytes, Trust::Checksum)?;
    if head.plan != *plan {
        return Err(Error::UnknownKey { object: "the file".into() });
    }
    KeyFile { object: &name, plan, n: head.n, bytes: &bytes }.open(secret)
}

/// Key files in the plan's folder of `data/<run>/<object>`, the highest first.
fn beside(path: &Path) -> Vec<PathBuf> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for folder in path.ancestors().skip(1).take(3) {
        let names =
            std::fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
        found.extend(names.filter_map(|name| Some((marker::parse_keys_name(&name)?.0, folder.join(name)))));
        if !found.is_empty() {
            break;
        }
    }
    // The copy after the file itself.
    found.sort_by(|(a, path), (b, other)| b.cmp(a).then_with(|| other.cmp(path)));
    found.into_iter().map(|(_, path)| path).collect()
}
