//! `drives.json`: on which volume each destination was when it was last written to.

use std::fs;
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use super::files::write_whole;
use super::paths::Home;
use super::{Error, Result};
use crate::model::drive::OnVolume;
use crate::model::path::PathBytes;

/// Longest file that is read.
const LONGEST: u64 = 1 << 20;
/// Destinations that are kept, the newest.
const MOST: usize = 200;
const VERSION: u32 = 1;

#[derive(Default, Serialize, Deserialize)]
struct File {
    version: u32,
    destinations: Vec<Known>,
}

#[derive(Serialize, Deserialize)]
struct Known {
    path: PathBytes,
    #[serde(flatten)]
    on: OnVolume,
}

/// Where the destination of that path was.
pub fn known(home: &Home, path: &PathBytes) -> Result<Option<OnVolume>> {
    Ok(read(home)?.destinations.into_iter().find(|known| known.path == *path).map(|known| known.on))
}

/// Keeps where it is now.
pub fn keep(home: &Home, path: &PathBytes, on: OnVolume) -> Result<()> {
    let mut file = read(home)?;
    if file.destinations.iter().any(|known| known.path == *path && known.on == on) {
        return Ok(());
    }
    file.destinations.retain(|known| known.path != *path);
    file.destinations.push(Known { path: path.clone(), on });
    let old = file.destinations.len().saturating_sub(MOST);
    file.destinations.drain(..old);
    let mut text = serde_json::to_vec_pretty(&file).map_err(|e| Error::file(home.drives_file(), io::Error::other(e)))?;
    text.push(b'\n');
    write_whole(&home.drives_file(), &text)
}

fn read(home: &Home) -> Result<File> {
    let path = home.drives_file();
    let failed = |e: io::Error| Error::file(&path, e);
    let mut text = String::new();
    match fs::File::open(&path) {
        Ok(file) => file.take(LONGEST).read_to_string(&mut text).map_err(failed)?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(File { version: VERSION, ..File::default() }),
        Err(e) => return Err(failed(e)),
    };
    let file: File = serde_json::from_str(&text).map_err(|e| failed(io::Error::new(io::ErrorKind::InvalidData, e)))?;
    match file.version {
        VERSION => Ok(file),
        _ => Err(failed(io::Error::new(io::ErrorKind::InvalidData, "written by a newer Strongroom"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_volume_of_a_destination_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(root.path())).unwrap();
        let on = |volume: &str| OnVolume { volume: volume.into(), below: "mine".into() };
        let (one, other) = (PathBytes::from("/media/ada/BACKUP/mine"), PathBytes::new(b"/media/\xff".to_vec()));
        assert_eq!(known(&home, &one).unwrap(), None);
        keep(&home, &one, on("blue")).unwrap();
        keep(&home, &other, on("green")).unwrap();
        keep(&home, &one, on("red")).unwrap();
        assert_eq!((known(&home, &one).unwrap(), known(&home, &other).unwrap()), (Some(on("red")), Some(on("green"))));
        for n in 0..MOST {
            keep(&home, &format!("/{n}").as_str().into(), on("many")).unwrap();
        }
        assert_eq!(known(&home, &one).unwrap(), None, "bounded");
        fs::write(home.drives_file(), "{").unwrap();
        assert!(known(&home, &one).is_err());
    }
}
