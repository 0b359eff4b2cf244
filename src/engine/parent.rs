//! What a backup builds on: the version, and those of its objects that may still be referred to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::archive;
use crate::archive::catalog_io::{CatalogReader, VolumeInfo};
use crate::archive::object::{Objects, catalog_file_name, objects_name, run_folder};
use crate::archive::worn::worn;
use crate::model::catalog::VolumeRef;
use crate::model::format::Format;
use crate::model::problem::Problem;
use crate::model::snapshot::{BackupType, Manifest, VersionId, WantedType};

use super::core::Core;
use super::destination::Opened;
use super::explain;
use super::folder::{Folder, Listed};

/// The version that a run builds on.
pub struct Parent {
    pub id: VersionId,
    pub catalog: Arc<CatalogReader>,
    /// Volumes that lie there whole, as far as is known.
    pub whole: HashSet<VolumeRef>,
    /// Those of them that are worth being referred to by more than what cannot be read now.
    pub offered: HashSet<VolumeRef>,
    /// Runs whose catalog file is known to be damaged.
    pub damaged_catalogs: HashSet<VersionId>,
}

/// What of a plan's versions is wanted.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    pub kind: WantedType,
    pub base: Option<&'a VersionId>,
    pub format: Format,
}

/// The version to build on, if the wish and its state allow it; `None`: the new one is full. `listed` without those that are marked as deleted.
pub fn choose(core: &Core, opened: &Opened, wish: Wish<'_>, listed: &[Listed]) -> Result<Option<Parent>, Problem> {
    let readable = || listed.iter().rev().filter_map(|l| l.manifest.as_ref().ok());
    let candidates: Vec<&Manifest> = match (wish.kind, wish.base) {
        (WantedType::Full, _) => return Ok(None),
        (_, Some(base)) => match listed.iter().find(|l| l.id == *base) {
            Some(Listed { manifest: Ok(manifest), .. }) => vec![manifest],
            Some(_) => return Err(explain::base_unreadable(base.as_str())),
            None => return Err(explain::no_such_version(base.as_str())),
        },
        (WantedType::Differential, None) => {
            let fulls = || readable().filter(|m| m.backup_type == BackupType::Full);
            // A full that lacks much is built on only where there is no other.
            fulls().filter(|m| m.is_good()).chain(fulls().filter(|m| !m.is_good())).collect()
        }
        (WantedType::Auto | WantedType::Incremental, None) => readable().collect(),
    };
    let folder = &opened.folder;
    for manifest in candidates {
        let objects: Arc<dyn Objects> = folder.clone();
        match CatalogReader::open(objects, opened.ring.clone(), folder.plan(), manifest) {
            Ok(catalog) => return Ok(Some(with_offers(core, opened, wish.format, manifest, catalog)?)),
            Err(_) if wish.base.is_some() => return Err(explain::base_unreadable(manifest.id.as_str())),
            // Damaged: an older one may do.
            Err(archive::Error::Damaged { .. } | archive::Error::Missing { .. } | archive::Error::NotSealed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

fn with_offers(
    core: &Core,
    opened: &Opened,
    format: Format,
    manifest: &Manifest,
    catalog: CatalogReader,
) -> Result<Parent, Problem> {
    let folder = &opened.folder;
    let sealed = folder.marker.sealed;
    let damaged = core.history.damaged(folder.plan(), &opened.location).map_err(explain::history)?;
    let damaged: HashSet<String> = damaged.into_iter().collect();
    let (mut whole, unlisted) = lying_there(folder, manifest, &catalog)?;
    // Nothing vouches for what a run wrote once its own list is gone: with a new version that refers to it that would go on for ever.
    let is_unlisted = |run: &VersionId| unlisted.contains(run) || damaged.contains(&objects_name(run));
    whole.retain(|volume| !damaged.contains(&catalog.volume_name(volume)) && !is_unlisted(&volume.run));
    let mut offered = whole.clone();
    for volume in worn(&catalog.index.volumes, format.usual_volume(manifest.totals.bytes)) {
        offered.remove(&volume);
    }
    let runs = manifest.needs.iter().map(|need| &need.run).chain([&manifest.id]);
    let is_damaged =
        |run: &&VersionId| damaged.contains(&format!("{}/{}", run_folder(run), catalog_file_name(sealed))) || is_unlisted(run);
    let damaged_catalogs = runs.filter(is_damaged).cloned().collect();
    Ok(Parent { id: manifest.id.clone(), catalog: Arc::new(catalog), whole, offered, damaged_catalogs })
}

/// The parent's volumes that lie there with their right size, and the runs whose list of objects does not.
fn lying_there(
    folder: &Folder,
    manifest: &Manifest,
    parent: &CatalogReader,
) -> Result<(HashSet<VolumeRef>, HashSet<VersionId>), Problem> {
    let sealed = folder.marker.sealed;
    let mut there: HashMap<String, u64> = HashMap::new();
    let mut unlisted = HashSet::new();
    let of_volumes = parent.index.volumes.iter().map(|info| &info.volume.run);
    let runs: HashSet<&VersionId> = of_volumes.chain(manifest.needs.iter().map(|need| &need.run)).collect();
    for run in runs {
        let base = run_folder(run);
        there.extend(folder.list(&base)?.into_iter().map(|e| (format!("{base}/{}", e.name), e.size)));
        if !there.contains_key(&objects_name(run)) {
            unlisted.insert(run.clone());
        }
    }
    let is_whole = |info: &&VolumeInfo| there.get(&info.name(sealed)) == Some(&info.size);
    let whole = parent.index.volumes.iter().filter(is_whole).map(|info| info.volume.clone()).collect();
    Ok((whole, unlisted))
}
