//! Reading back what was just written, and comparing it with what it should be.

use crate::archive;
use crate::model::location::Location;
use crate::model::problem::Problem;
use crate::model::run::{Cancel, ReadBack};
use crate::model::snapshot::ObjectInfo;

use super::core::Core;
use super::explain;
use super::folder::Folder;

/// Reads an object back from the medium of a destination and compares its SHA-256: how far that reached. What differs is remembered as
/// damaged there, so that it is replaced. `name`: within the plan's folder.
pub fn object(
    core: &Core,
    (folder, place): (&Folder, &Location),
    name: &str,
    info: &ObjectInfo,
    cancel: &Cancel,
) -> Result<ReadBack, Problem> {
    let (hash, past_cache) = folder.sha256_on_medium(name, &mut |_| !cancel.should_end())?;
    if data_encoding::HEXLOWER.encode(&hash) != info.sha256 {
        core.history.remember_damage(folder.plan(), place, &[name], false).map_err(explain::history)?;
        return Err(archive::Error::damaged(name, "what was read back is not what was written").into());
    }
    Ok(if past_cache { ReadBack::Medium } else { ReadBack::Cache })
}
