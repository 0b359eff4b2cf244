//! This program's own file, as others are to start it.

use std::env;
use std::io;
use std::path::PathBuf;

/// Where it lies, also once it has been replaced by a newer one; of an AppImage the image, not what is mounted for as long as it runs.
pub fn path() -> io::Result<PathBuf> {
    let image = env::var_os("APPIMAGE").map(PathBuf::from).filter(|path| path.is_absolute() && path.is_file());
    match image {
        Some(image) => Ok(image),
        None => env::current_exe().map(without_mark),
    }
}

/// Linux marks the name of a running program's file that has been replaced.
fn without_mark(path: PathBuf) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_suffix(" (deleted)")) {
        Some(name) if !path.exists() => PathBuf::from(name),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_was_replaced_is_found_by_its_name() {
        assert_eq!(without_mark("/nowhere/strongroom (deleted)".into()), PathBuf::from("/nowhere/strongroom"));
        assert_eq!(without_mark("/nowhere/strongroom".into()), PathBuf::from("/nowhere/strongroom"));
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join("strongroom (deleted)");
        std::fs::write(&odd, "").unwrap();
        assert_eq!(without_mark(odd.clone()), odd);
    }
}
