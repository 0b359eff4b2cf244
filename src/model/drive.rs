//! Drives that destinations lie on: known by their volumes, wherever they are mounted; and shares of other machines.

use serde::{Deserialize, Serialize};

use super::names::one_line;
use super::path::PathBytes;

/// A file system where it is mounted now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    pub point: PathBytes,
    /// What no other volume has, a copy of it included; `None` where the system does not say, and of what is no drive.
    pub volume: Option<String>,
    /// `None`: it is this machine's own.
    pub share: Option<Share>,
}

/// A folder of another machine that is mounted here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// As the system names the file system's kind: `nfs4`, `cifs`, `fuse.sshfs`.
    pub kind: String,
    /// As the system names it: `server:/export`, `//server/backups`.
    pub source: String,
}

impl Share {
    /// That on which a path lies; `None` where it lies on this machine.
    pub fn of(path: &PathBytes, mounts: &[Mount]) -> Option<Self> {
        mount_of(path, mounts)?.share.clone()
    }

    /// "a network share (nfs4) at server:/export".
    pub fn in_words(&self) -> String {
        let kind = self.kind.strip_prefix("fuse.").unwrap_or(&self.kind);
        let at = if self.source.is_empty() { String::new() } else { format!(" at {}", one_line(&self.source)) };
        format!("a network share ({}){at}", one_line(kind))
    }
}

/// A folder on a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnVolume {
    pub volume: String,
    /// Below the mount point; empty where it is that itself.
    pub below: PathBytes,
}

impl OnVolume {
    /// Where a path leads now; `None` where that is no drive that can be known again.
    pub fn of(path: &PathBytes, mounts: &[Mount]) -> Option<Self> {
        let mount = mount_of(path, mounts)?;
        // The system's own is never mounted elsewhere.
        let volume = mount.volume.clone().filter(|_| !point(mount).is_empty())?;
        let below = path.as_bytes().get(point(mount).len()..).unwrap_or_default();
        Some(Self { volume, below: PathBytes::new(below.strip_prefix(b"/").unwrap_or(below)) })
    }

    /// Where the folder is, if that is not where `path` leads.
    pub fn elsewhere(&self, path: &PathBytes, mounts: &[Mount]) -> Option<PathBytes> {
        if Self::of(path, mounts).is_some_and(|there| there.volume == self.volume) {
            return None;
        }
        let mount = mounts.iter().rev().find(|mount| mount.volume.as_ref() == Some(&self.volume))?;
        Some(if self.below.is_empty() { mount.point.clone() } else { mount.point.join(self.below.as_bytes()) })
    }
}

/// On which a path lies.
fn mount_of<'a>(path: &PathBytes, mounts: &'a [Mount]) -> Option<&'a Mount> {
    let above = |mount: &&Mount| path.is_within(point(mount));
    // Of several at one place the last one is seen.
    mounts.iter().filter(above).max_by_key(|mount| point(mount).len())
}

/// Without a `/` at its end.
fn point(mount: &Mount) -> &[u8] {
    let bytes = mount.point.as_bytes();
    bytes.strip_suffix(b"/").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounts(all: &[(&str, &str)]) -> Vec<Mount> {
        let one = |(point, volume): &(&str, &str)| Mount {
            point: PathBytes::from(*point),
            volume: Some((*volume).to_owned()).filter(|volume| !volume.is_empty()),
            share: None,
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn a_drive_is_known_by_its_volume_wherever_it_is() {
        let path = PathBytes::from("/media/ada/BACKUP/mine");
        let before = mounts(&[("/", "system"), ("/media/ada/BACKUP", "blue"), ("/tmp", "")]);
        let known = OnVolume::of(&path, &before).unwrap();
        assert_eq!((&*known.volume, known.below.clone()), ("blue", "mine".into()));
        assert_eq!(known.elsewhere(&path, &before), None);
        let found = |all: &[(&str, &str)]| known.elsewhere(&path, &mounts(all)).map(|path| path.display().into_owned());
        assert_eq!(found(&[("/", "system"), ("/media/ada/BACKUP1", "blue")]).as_deref(), Some("/media/ada/BACKUP1/mine"));
        // Nor is what took its place, be it a copy, taken for it.
        let both = [("/", "system"), ("/media/ada/BACKUP", "copy"), ("/mnt", "blue")];
        assert_eq!(found(&both).as_deref(), Some("/mnt/mine"));
        assert_eq!(found(&[("/", "system"), ("/media/ada/BACKUP1", "copy")]), None);
        assert_eq!(found(&[("/", "system")]), None);
        // What is mounted over it hides it.
        assert_eq!(
            found(&[("/", "system"), ("/media/ada/BACKUP", "blue"), ("/media/ada/BACKUP", "red"), ("/x", "blue")]).as_deref(),
            Some("/x/mine")
        );
    }

    #[test]
    fn a_share_is_what_a_path_lies_on_and_not_what_lies_below_it() {
        let mut all = mounts(&[("/", "system"), ("/mnt/nas", ""), ("/mnt/nas/disk", "blue")]);
        let nas = Share { kind: "nfs4".into(), source: "nas:/export".into() };
        all[1].share = Some(nas.clone());
        let of = |path: &str| Share::of(&path.into(), &all);
        assert_eq!([of("/mnt/nas"), of("/mnt/nas/backups")], [Some(nas.clone()), Some(nas.clone())]);
        assert_eq!([of("/mnt/nas2"), of("/mnt"), of("/mnt/nas/disk/b"), of("/home")], [None, None, None, None]);
        assert_eq!(nas.in_words(), "a network share (nfs4) at nas:/export");
        let ssh = Share { kind: "fuse.sshfs".into(), source: "ada@nas:b\u{1b}[2J".into() };
        assert!(ssh.in_words().starts_with("a network share (sshfs) at ada@nas:b"), "{}", ssh.in_words());
        assert!(!ssh.in_words().contains('\u{1b}'), "nothing that a terminal obeys");
        assert_eq!(Share { kind: "NTFS".into(), source: String::new() }.in_words(), "a network share (NTFS)");
    }

    #[test]
    fn what_is_no_drive_is_not_kept() {
        let all = mounts(&[("/", "system"), ("/media/ada/BACKUP", "blue"), ("/tmp", "")]);
        for path in ["/home/ada/backups", "/tmp/x", "/media/ada/BACKUP2"] {
            assert_eq!(OnVolume::of(&path.into(), &all), None, "{path}");
        }
        let itself = OnVolume::of(&"/media/ada/BACKUP".into(), &all).unwrap();
        assert_eq!(itself.elsewhere(&"/media/ada/BACKUP".into(), &mounts(&[("/mnt", "blue")])), Some("/mnt".into()));
    }
}
