//! A path in all versions, and what differs between two.

use crate::archive::browse::{self, PathSearch};
use crate::archive::catalog_io::CatalogReader;
use crate::model::compare::{Differences, PathHistory};
use crate::model::path::PathBytes;
use crate::model::problem::Problem;
use crate::model::restore::{Place, VersionChoice};
use crate::model::run::Cancel;

use super::core::Core;
use super::{explain, restore};

/// Follows a path through all versions. One that cannot be read is counted and does not keep the others from being looked into.
pub fn path_history(core: &Core, place: &Place, path: &PathBytes, cancel: &Cancel) -> Result<PathHistory, Problem> {
    let open = core.open_reachable(place, &VersionChoice::Latest)?;
    let mut search = PathSearch::new(restore::catalog_path(path)?.as_bytes());
    for listed in open.folder.manifests(open.ring.as_deref())?.into_iter().rev() {
        if cancel.is_cancelled() {
            return Err(explain::cancelled());
        }
        let looked = listed.manifest.and_then(|manifest| {
            let catalog = CatalogReader::open(open.objects.clone(), open.ring.clone(), open.folder.plan(), &manifest)?;
            search.add(&catalog, &manifest)
        });
        if looked.is_err() {
            search.skip();
        }
    }
    Ok(search.finish())
}

/// What differs between two versions: what comes after `past`, at most `limit`.
pub fn differences(
    core: &Core,
    place: &Place,
    versions: [&VersionChoice; 2],
    past: Option<&PathBytes>,
    limit: usize,
    cancel: &Cancel,
) -> Result<Differences, Problem> {
    let [before, after] = versions;
    let (before, after) = (core.open_version(place, before)?, core.open_version(place, after)?);
    let (list, next) = browse::differences(&before.catalog, &after.catalog, past, limit, cancel)?;
    Ok(Differences { before: before.manifest.id.clone(), after: after.manifest.id.clone(), list, next })
}
