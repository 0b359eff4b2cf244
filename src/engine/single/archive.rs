//! One archive of anybody's making: recognised by content, taken out of its seal where it has one.

use std::path::{Path, PathBuf};

use super::{Opening, explain, plain, refuse_dictionary, unsealed};
use crate::archive;
use crate::archive::extract::Restored;
use crate::archive::loose::extract::{self, Job};
use crate::archive::loose::inspect::format_name;
use crate::archive::loose::{Bytes, Container, What, recognise};
use crate::model::problem::{Cause, Problem, Warning};

/// An archive that is ready to be walked through, once.
pub struct Archive {
    pub bytes: Box<dyn Bytes>,
    pub container: Container,
    pub path: PathBuf,
    /// The end of its seal is missing, or something follows it.
    pub is_cut: bool,
}

/// What is said of a seal that does not end as it should.
pub const CUT: &str = "the end of its seal is missing, or something follows it";

pub fn open(path: &Path, opening: &Opening<'_>) -> Result<Archive, Problem> {
    let wrong = |e| explain::about(e, path);
    refuse_dictionary(path)?;
    let (mut what, mut bytes) = recognise(Box::new(plain(path)?)).map_err(wrong)?;
    let mut is_cut = false;
    if matches!(what, What::SealedObject | What::SealedFile) {
        let content = unsealed(path, what, opening)?;
        is_cut = !content.is_whole();
        (what, bytes) = recognise(Box::new(content)).map_err(wrong)?;
    }
    let container = match what {
        What::Archive(container) => container,
        // The walk says that nothing can be read.
        What::Unreadable(codec) => Container::Tar(Some(codec)),
        other => return Err(explain::no_archive(path, other)),
    };
    Ok(Archive { bytes, container, path: path.to_path_buf(), is_cut })
}

impl Archive {
    /// Restores out of it, as far as it is whole.
    pub fn restore(self, job: &Job<'_>) -> archive::Result<Restored> {
        let mut restored = extract::restore(self.bytes, job)?;
        if self.is_cut {
            restored.warnings.insert(0, Warning::of_all(Cause::Damaged, CUT));
            restored.warning_count += 1;
        }
        Ok(restored)
    }

    /// "tar.gz".
    pub fn format(&self) -> String {
        format_name(self.container)
    }
}
