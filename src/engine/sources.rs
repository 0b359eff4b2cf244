//! What a person may want to back up, and where to: suggested folders, drives, sizes.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::model::path::PathBytes;

use super::message::{Drive, Suggestion};

/// Folders of this person that are worth a backup: those that exist.
pub fn suggest() -> Vec<Suggestion> {
    let Some(dirs) = directories::UserDirs::new() else { return Vec::new() };
    let known = [
        ("Documents", dirs.document_dir(), true),
        ("Pictures", dirs.picture_dir(), true),
        ("Desktop", dirs.desktop_dir(), true),
        ("Music", dirs.audio_dir(), false),
        ("Videos", dirs.video_dir(), false),
        ("Downloads", dirs.download_dir(), false),
    ];
    let home = dirs.home_dir();
    let mut seen: HashSet<PathBytes> = HashSet::new();
    let mut found = Vec::new();
    for (name, path, chosen) in known {
        // Without xdg-user-dirs nothing is configured; the English names are then what desktops make.
        let path = path.map_or_else(|| home.join(name), Path::to_path_buf);
        let bytes = PathBytes::from(path.as_path());
        if path != home && path.is_dir() && seen.insert(bytes.clone()) {
            found.push(Suggestion { name: name.into(), path: bytes, chosen });
        }
    }
    found.push(Suggestion { name: "Home folder".into(), path: home.into(), chosen: false });
    found
}

/// Drives and shares that are mounted where a person would put backups, the likeliest first.
pub fn drives() -> Vec<Drive> {
    let Ok(table) = std::fs::read("/proc/self/mountinfo") else { return Vec::new() };
    let device = |path: &Path| std::fs::metadata(path).ok().map(|m| m.dev());
    let home = directories::UserDirs::new().map(|d| d.home_dir().to_path_buf());
    let system: HashSet<u64> = [device(Path::new("/")), home.as_deref().and_then(device)].into_iter().flatten().collect();
    let mut found: Vec<Drive> = parse_mounts(&table)
        .into_iter()
        .filter(Mount::is_for_people)
        .filter_map(|mount| {
            let path = mount.point.to_path_buf();
            let room = rustix::fs::statvfs(&path).ok()?;
            let total = room.f_blocks.saturating_mul(room.f_frsize);
            let read_only = room.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY);
            if total == 0 || read_only {
                return None;
            }
            let is_system = device(&path).is_some_and(|d| system.contains(&d));
            let name = match mount.point.file_name() {
                b"" => "This computer".into(),
                name => String::from_utf8_lossy(name).into_owned(),
            };
            Some(Drive {
                name,
                is_system,
                is_network: mount.is_network(),
                free: room.f_bavail.saturating_mul(room.f_frsize),
                total,
                device: mount.source,
                file_system: mount.kind,
                mount_point: mount.point,
            })
        })
        .collect();
    found.sort_by(|a, b| (a.is_system, &a.mount_point).cmp(&(b.is_system, &b.mount_point)));
    found.dedup_by(|a, b| a.mount_point == b.mount_point);
    found.truncate(50);
    found
}

struct Mount {
    point: PathBytes,
    kind: String,
    source: String,
}

impl Mount {
    fn is_network(&self) -> bool {
        matches!(self.kind.as_str(), "nfs" | "nfs4" | "cifs" | "smb3" | "smbfs" | "fuse.sshfs" | "fuse.rclone" | "9p" | "afpfs")
    }

    fn is_for_people(&self) -> bool {
        let real = matches!(
            self.kind.as_str(),
            "ext2"
                | "ext3"
                | "ext4"
                | "xfs"
                | "btrfs"
                | "zfs"
                | "f2fs"
                | "bcachefs"
                | "vfat"
                | "exfat"
                | "ntfs"
                | "ntfs3"
                | "fuseblk"
                | "hfsplus"
                | "apfs"
        );
        let point = self.point.as_bytes();
        let hidden: [&[u8]; 9] =
            [b"/boot", b"/snap", b"/var/lib", b"/proc", b"/sys", b"/dev", b"/run/credentials", b"/etc", b"/usr"];
        (real || self.is_network()) && !hidden.iter().any(|h| self.point.is_within(h)) && !point.is_empty()
    }
}

/// See proc(5): `36 35 98:0 /root /mount/point options - kind source options`, with `\040` for a space.
fn parse_mounts(table: &[u8]) -> Vec<Mount> {
    table
        .split(|b| *b == b'\n')
        .filter_map(|line| {
            let fields: Vec<&[u8]> = line.split(|b| *b == b' ').collect();
            let dash = fields.iter().position(|f| *f == b"-")?;
            Some(Mount {
                point: PathBytes::new(unescape(fields.get(4)?)),
                kind: String::from_utf8_lossy(fields.get(dash + 1)?).into_owned(),
                source: String::from_utf8_lossy(&unescape(fields.get(dash + 2)?)).into_owned(),
            })
        })
        .collect()
}

fn unescape(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, tail)) = rest.split_first() {
        let code = if *first == b'\\' {
            tail.get(..3).and_then(|d| u8::from_str_radix(std::str::from_utf8(d).ok()?, 8).ok())
        } else {
            None
        };
        match code {
            Some(byte) => {
                out.push(byte);
                rest = &tail[3..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_tables_are_read() {
        let table = b"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n90 22 8:17 / /media/me/Blue\\040disk rw,nosuid shared:3 - ext4 /dev/sdb1 rw\nbroken\n";
        let mounts = parse_mounts(table);
        assert_eq!(mounts.len(), 2);
        assert_eq!(mounts[1].point, PathBytes::from("/media/me/Blue disk"));
        assert!(mounts[1].is_for_people());
        assert_eq!(unescape(b"a\\"), b"a\\");
    }
}
