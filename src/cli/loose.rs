//! `--from` that is one archive.

use std::path::Path;

use super::crypt::with_password;
use super::output::clean;
use super::{args, parse};
use crate::archive::Error;
use crate::engine::single::archive::{self, Archive};
use crate::engine::single::{Opening, explain};
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::restore::VersionChoice;

/// What is named, where it is a file and so no destination.
pub fn meant(from: &args::Reading) -> Option<&str> {
    from.from.as_deref().filter(|named| parse::real(Path::new(named)).is_ok_and(|path| path.is_file()))
}

/// Refuses what only a single archive takes.
pub fn refuse_options(given: bool) -> Result<(), Problem> {
    if given {
        let what = "--keys and --any-size are for a single archive, and --from names none.";
        return Err(Problem::new(Code::Usage, what, "Leave them out, or give a file."));
    }
    Ok(())
}

/// `file`: the archive that `from` names.
pub fn open_archive(file: &str, from: &args::Reading, version: &VersionChoice, keys: Option<&Path>) -> Result<Archive, Problem> {
    if *version != VersionChoice::Latest || from.there.plan.is_some() {
        let what = "A single archive has no versions and belongs to no backup.";
        return Err(Problem::new(Code::Usage, what, "Leave out --version and --plan."));
    }
    let path = parse::real(Path::new(file))?;
    with_password(&path.display().to_string(), &from.there.opens, |secret| {
        archive::open(&path, &Opening { secret: secret.as_ref(), keys, known: &|_| None })
    })
}

/// "download.tar.gz (tar.gz)".
pub fn in_words(archive: &Archive) -> String {
    clean(&format!("{} ({})", archive.path.display(), archive.format()))
}

/// A failure while something is restored out of an archive.
pub fn not_restored(error: Error, path: &Path, dry_run: bool) -> Problem {
    let (is_path, is_bomb) = (matches!(error, Error::NoSuchPath(_)), matches!(error, Error::TooMuch(_)));
    let problem = explain::not_restored(error, path, dry_run);
    match (is_path, is_bomb) {
        (true, _) => Problem { fix: "`strongroom ls -R --from FILE` shows what is.".into(), ..problem },
        (_, true) => Problem { fix: format!("{} With --any-size it is gone on with.", problem.fix), ..problem },
        _ => problem,
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
