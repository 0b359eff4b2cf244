//! Single files of anybody's making: what one is by its content, and sealing, opening, packing and unpacking it. Needs no home: the
//! engine's runs and questions come here, and the command line does by itself.

pub mod archive;
pub mod explain;
pub mod tools;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use crate::archive::key::KeyRing;
use crate::archive::loose::{self, Plain, SealedBytes, What, packed, sealed_file};
use crate::archive::{Error, loose::inspect};
use crate::model::inspection::FileFacts;
use crate::model::plan::PlanId;
use crate::model::problem::Problem;
use crate::model::run::Cancel;
use crate::model::secret::Secret;

/// What a sealed file may be opened with.
pub struct Opening<'a> {
    /// Password, recovery key or key file's secret.
    pub secret: Option<&'a Secret>,
    /// Key slots of the backup that a volume is of, where they do not lie in the folders above it.
    pub keys: Option<&'a Path>,
    /// What this machine knows of a backup's keys; asked where no secret is given.
    pub known: &'a dyn Fn(&PlanId) -> Option<Arc<KeyRing>>,
}

/// Looks a file through.
pub fn inspect(path: &Path, cancel: &Cancel) -> Result<FileFacts, Problem> {
    let plain = plain(path)?;
    let size = loose::Bytes::length(&plain);
    let found = inspect::inspect(plain, cancel).map_err(|e| explain::about(e, path))?;
    Ok(FileFacts { file: path.into(), size, found })
}

/// Fails where a file is packed by something that is known and not read.
pub fn refuse_foreign(path: &Path) -> Result<(), Problem> {
    match loose::recognise(Box::new(plain(path)?)).map_err(|e| explain::about(e, path))?.0 {
        What::Foreign(kind) => Err(explain::foreign(path, kind)),
        _ => Ok(()),
    }
}

/// Opens what is to be read: a file, not a folder, a pipe or a device.
pub fn open(path: &Path) -> Result<File, Problem> {
    // Opening a pipe would wait for somebody to write into it.
    let metadata = path.metadata().map_err(|e| explain::not_read(path, &e))?;
    if !metadata.is_file() {
        return Err(explain::no_file(path));
    }
    File::open(path).map_err(|e| explain::not_read(path, &e))
}

fn plain(path: &Path) -> Result<Plain, Problem> {
    Plain::new(open(path)?).map_err(|e| explain::about(Error::file(path, e), path))
}

/// Refuses what nothing can be unpacked of here.
fn refuse_dictionary(path: &Path) -> Result<(), Problem> {
    let head = plain(path)?.head(packed::HEAD).map_err(|e| explain::not_read(path, &e))?;
    if packed::needs_dictionary(&head) { Err(explain::needs_dictionary(path)) } else { Ok(()) }
}

/// Opens a sealed file. `PasswordNeeded` where nothing is known that opens it.
fn unsealed(path: &Path, what: What, opening: &Opening<'_>) -> Result<SealedBytes, Problem> {
    let wrong = |e| explain::about(e, path);
    match (what, opening.secret) {
        (What::SealedObject, Some(secret)) => loose::open_object(path, opening.keys, secret.expose()).map_err(wrong),
        (What::SealedObject, None) => {
            let ring = (opening.known)(&loose::sealed_for(path).map_err(wrong)?).ok_or_else(|| explain::password_needed(path))?;
            match loose::open_object_with(path, &ring) {
                // Older or newer than what is known here.
                Err(Error::UnknownKey { .. }) => Err(explain::password_needed(path)),
                opened => opened.map_err(wrong),
            }
        }
        (_, Some(secret)) => sealed_file::open(open(path)?, secret.expose(), path).map_err(wrong),
        (_, None) => Err(explain::password_needed(path)),
    }
}
