//! `drives.json`: on which volume or share each destination was when it was last written to.

use serde::{Deserialize, Serialize};

use super::paths::Home;
use super::{Result, json_file};
use crate::model::drive::{OnVolume, Share};
use crate::model::path::PathBytes;

/// Destinations that are kept, the newest.
const MOST: usize = 200;
const VERSION: u32 = 1;

#[derive(Default, Serialize, Deserialize)]
struct File {
    destinations: Vec<Known>,
    #[serde(default)]
    shares: Vec<OnShare>,
}

#[derive(Serialize, Deserialize)]
struct OnShare {
    path: PathBytes,
    #[serde(flatten)]
    share: Share,
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
    json_file::write(&home.drives_file(), VERSION, &file)
}

/// The share of another machine that the destination of that path was on.
pub fn share(home: &Home, path: &PathBytes) -> Result<Option<Share>> {
    Ok(read(home)?.shares.into_iter().find(|known| known.path == *path).map(|known| known.share))
}

/// Keeps on which it is now; `None`: on none.
pub fn keep_share(home: &Home, path: &PathBytes, share: Option<Share>) -> Result<()> {
    let mut file = read(home)?;
    let known = file.shares.iter().find(|known| known.path == *path).map(|known| &known.share);
    if known == share.as_ref() {
        return Ok(());
    }
    file.shares.retain(|known| known.path != *path);
    file.shares.extend(share.map(|share| OnShare { path: path.clone(), share }));
    let old = file.shares.len().saturating_sub(MOST);
    file.shares.drain(..old);
    json_file::write(&home.drives_file(), VERSION, &file)
}

fn read(home: &Home) -> Result<File> {
    json_file::read(&home.drives_file(), VERSION)
}

#[cfg(test)]
mod tests {
    use std::fs;

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

    #[test]
    fn the_share_of_a_destination_is_kept_until_it_lies_elsewhere() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(root.path())).unwrap();
        let (path, nas) = (PathBytes::from("/mnt/nas/b"), Share { kind: "nfs4".into(), source: "nas:/export".into() });
        keep(&home, &"/media/ada/BACKUP".into(), OnVolume { volume: "blue".into(), below: "".into() }).unwrap();
        // As it was written before there were shares in it.
        let mut text: serde_json::Value = serde_json::from_slice(&fs::read(home.drives_file()).unwrap()).unwrap();
        text.as_object_mut().unwrap().remove("shares");
        fs::write(home.drives_file(), text.to_string()).unwrap();
        assert_eq!(share(&home, &path).unwrap(), None);
        keep_share(&home, &path, Some(nas.clone())).unwrap();
        assert_eq!((share(&home, &path).unwrap(), share(&home, &"/mnt/nas".into()).unwrap()), (Some(nas), None));
        assert!(known(&home, &"/media/ada/BACKUP".into()).unwrap().is_some());
        keep_share(&home, &path, None).unwrap();
        assert_eq!(share(&home, &path).unwrap(), None);
    }
}
