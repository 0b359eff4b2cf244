//! `--from` that is one archive: recognised by content, taken out of its seal where it has one.

use std::path::{Path, PathBuf};

use super::crypt::unsealed;
use super::local_file::{explain, open};
use super::output::clean;
use super::{args, parse};
use crate::archive::Error;
use crate::archive::loose::inspect::format_name;
use crate::archive::loose::{Bytes, Container, Plain, What, recognise};
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::restore::VersionChoice;

/// An archive that is ready to be walked through.
pub struct Opened {
    pub bytes: Box<dyn Bytes>,
    pub container: Container,
    pub path: PathBuf,
    /// The end of its seal is missing.
    pub is_cut: bool,
}

/// Whether it is a file, and so no destination.
pub fn is_meant(from: &str) -> bool {
    parse::real(Path::new(from)).is_ok_and(|path| path.is_file())
}

/// Refuses what only a single archive takes.
pub fn refuse_options(given: bool) -> Result<(), Problem> {
    if given {
        let what = "--keys and --any-size are for a single archive, and --from is none.";
        return Err(Problem::new(Code::Usage, what, "Leave them out, or give a file."));
    }
    Ok(())
}

pub fn open_archive(from: &args::Origin, version: &VersionChoice, keys: Option<&Path>) -> Result<Opened, Problem> {
    if *version != VersionChoice::Latest || from.plan.is_some() {
        let what = "A single archive has no versions and belongs to no backup.";
        return Err(Problem::new(Code::Usage, what, "Leave out --version and --plan."));
    }
    let path = parse::real(Path::new(&from.from))?;
    let wrong = |e| explain(e, &path);
    let plain = Plain::new(open(&path)?).map_err(|e| wrong(Error::file(&path, e)))?;
    let (mut what, mut bytes) = recognise(Box::new(plain)).map_err(wrong)?;
    let mut is_cut = false;
    if matches!(what, What::SealedObject | What::SealedFile) {
        let content = unsealed(&path, what, keys, &from.opens)?;
        is_cut = !content.is_whole();
        (what, bytes) = recognise(Box::new(content)).map_err(wrong)?;
    }
    match what {
        What::Archive(container) => Ok(Opened { bytes, container, path, is_cut }),
        // The walk says that nothing can be read.
        What::Unreadable(codec) => Ok(Opened { bytes, container: Container::Tar(Some(codec)), path, is_cut }),
        other => {
            let fix = match other {
                What::Compressed(_) => "It is one compressed file: `strongroom decompress` unpacks it.",
                What::SealedFile | What::SealedObject => "It is sealed twice: `strongroom decrypt` opens it.",
                _ => "`strongroom inspect` says what it is.",
            };
            Err(Problem::new(Code::Usage, format!("\"{}\" is no archive.", path.display()), fix))
        }
    }
}

impl Opened {
    /// "download.tar.gz (tar.gz)".
    pub fn in_words(&self) -> String {
        clean(&format!("{} ({})", self.path.display(), format_name(self.container)))
    }
}

/// A path in an archive as it may be given: with or without `/` around it.
pub fn inner_path(path: &Path) -> PathBytes {
    let bytes = PathBytes::from(path);
    PathBytes::new(crate::archive::select::trim(bytes.as_bytes()))
}

/// As it stands in the archive.
pub fn shown(path: &PathBytes) -> String {
    path.display().into_owned()
}
