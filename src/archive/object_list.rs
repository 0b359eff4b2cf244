//! `objects.json`: reading a run's list of what it wrote, and what a version needs by such lists.

use std::collections::HashMap;
use std::io;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::json_lines::{self, Trust};
use super::key::KeyRing;
use super::object::{Objects, catalog_file_name, objects_name, volume_number};
use super::{Error, Result};
use crate::model::plan::PlanId;
use crate::model::snapshot::{Manifest, Need, ObjectInfo, ObjectList, VersionId};

/// Reads a run's list and proves it: by its own checksum or MAC, and by the SHA-256 (hex) that the run's manifest gives, where
/// that is known. With its bytes as they lie there.
pub fn read(
    objects: &dyn Objects,
    plan: &PlanId,
    run: &VersionId,
    ring: Option<&KeyRing>,
    sha256: Option<&str>,
) -> Result<(ObjectList, Vec<u8>)> {
    let name = objects_name(run);
    let bytes = match objects.read_all(&name, json_lines::MAX_LENGTH) {
        Err(e) if e.kind() == io::ErrorKind::FileTooLarge => {
            return Err(Error::damaged(name, "it is longer than such an object can be"));
        }
        read => read.map_err(|e| Error::object(&name, e))?,
    };
    if sha256.is_some_and(|wanted| HEXLOWER.encode(&Sha256::digest(&bytes)) != wanted) {
        return Err(Error::damaged(name, "its checksum is not the one in the manifest"));
    }
    let list: ObjectList = json_lines::decode(&name, &bytes, ring.map_or(Trust::Checksum, Trust::Mac))?;
    if list.kind != "objects" || list.plan != *plan || list.id != *run {
        return Err(Error::damaged(name, "it is the list of another run"));
    }
    Ok((list, bytes))
}

/// Of an older run's list what a version needs. What it needs and the list does not name: in words.
pub fn needed<'a>(list: &'a ObjectList, need: &Need, sealed: bool) -> (Vec<&'a ObjectInfo>, Vec<String>) {
    let by_number: HashMap<u32, &ObjectInfo> =
        list.objects.iter().filter_map(|info| Some((volume_number(&info.name, sealed)?, info))).collect();
    let numbers = need.volumes.iter().flat_map(|(from, to)| *from..=*to);
    // No more than the run can have written.
    let volumes = numbers.take(list.objects.len() + 1).map(|n| (by_number.get(&n).copied(), format!("volume {n}")));
    let catalog = catalog_file_name(sealed);
    let of_catalog = || list.objects.iter().find(|info| info.name == catalog);
    let catalog = need.catalog.then(|| (of_catalog(), catalog.to_owned()));
    let (mut found, mut lacking) = (Vec::new(), Vec::new());
    for (info, name) in volumes.chain(catalog) {
        match info {
            Some(info) => found.push(info),
            None => lacking.push(name),
        }
    }
    (found, lacking)
}

/// Whether a list names the version's own catalog as its manifest does.
pub fn names_catalog(list: &ObjectList, version: &Manifest) -> bool {
    list.objects.iter().any(|info| info.name == version.catalog.name && info.size == version.catalog.size)
}
