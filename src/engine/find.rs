//! Files by name, wherever they are.

use crate::archive::browse::Everywhere;
use crate::archive::catalog_io::CatalogReader;
use crate::model::problem::Problem;
use crate::model::restore::{Place, VersionChoice};
use crate::model::run::Cancel;

use super::core::Core;
use super::message::FoundEverywhere;

/// Most versions that are looked through, from the newest.
const MAX_VERSIONS: usize = 1000;

/// Looks through all versions for a name. One that cannot be read is counted and does not keep the others from being found.
pub fn everywhere(core: &Core, place: &Place, text: &str, limit: usize, cancel: &Cancel) -> Result<FoundEverywhere, Problem> {
    let open = core.open_reachable(place, &VersionChoice::Latest)?;
    let mut search = Everywhere::new(text, limit);
    let mut found = FoundEverywhere::default();
    for listed in open.folder.manifests(open.ring.as_deref())?.into_iter().rev().take(MAX_VERSIONS) {
        let looked = listed.manifest.and_then(|manifest| {
            let catalog = CatalogReader::open(open.objects.clone(), open.ring.clone(), open.folder.plan(), &manifest)?;
            search.add(&catalog, cancel)
        });
        match looked {
            Ok(()) => found.versions += 1,
            Err(_) if cancel.is_cancelled() => break,
            Err(_) => found.unreadable += 1,
        }
    }
    (found.files, found.more) = search.finish();
    Ok(found)
}
