//! proc(5), `mountinfo`.

use std::collections::HashMap;
use std::path::PathBuf;

use super::Mounted;
use crate::model::drive::{Mount, Share};
use crate::model::path::PathBytes;

pub fn system_root() -> PathBuf {
    PathBuf::from("/")
}

pub fn mounted() -> Vec<Mounted> {
    let Ok(table) = std::fs::read("/proc/self/mountinfo") else { return Vec::new() };
    let mounts = parse_mounts(&table).into_iter().filter(Line::is_for_people);
    mounts
        .filter_map(|mount| {
            let room = rustix::fs::statvfs(mount.point.to_path_buf()).ok()?;
            let total = room.f_blocks.saturating_mul(room.f_frsize);
            let read_only = room.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY);
            (total > 0 && !read_only).then(|| Mounted {
                label: None,
                is_network: mount.is_network(),
                free: room.f_bavail.saturating_mul(room.f_frsize),
                total,
                source: mount.source,
                kind: mount.kind,
                point: mount.point,
            })
        })
        .collect()
}

pub fn mounts() -> Vec<Mount> {
    let Ok(table) = std::fs::read("/proc/self/mountinfo") else { return Vec::new() };
    let named = named_volumes();
    let mount = |line: Line| Mount { volume: volume(&line, &named), share: line.share(), point: line.point };
    parse_mounts(&table).into_iter().filter(|line| !line.is_the_kernels()).map(mount).collect()
}

/// The ids of file systems by their devices, as udev shows them.
fn named_volumes() -> HashMap<PathBuf, String> {
    let Ok(links) = std::fs::read_dir("/dev/disk/by-uuid") else { return HashMap::new() };
    let named = links.flatten().filter_map(|link| Some((link.path().canonicalize().ok()?, link.file_name().into_string().ok()?)));
    named.collect()
}

fn volume(line: &Line, named: &HashMap<PathBuf, String>) -> Option<String> {
    if !line.is_real() {
        return None;
    }
    let device = std::fs::canonicalize(&line.source).ok();
    if let Some(uuid) = device.and_then(|device| named.get(&device)) {
        return Some(format!("uuid:{uuid}"));
    }
    // Of these the number that the system gives is made of the file system's own id; others count it anew each time.
    if !matches!(line.kind.as_str(), "ext2" | "ext3" | "ext4" | "btrfs" | "f2fs") {
        return None;
    }
    let told = rustix::fs::statvfs(line.point.to_path_buf()).ok()?;
    (told.f_fsid != 0).then(|| format!("fsid:{:016x}", told.f_fsid))
}

struct Line {
    point: PathBytes,
    kind: String,
    source: String,
}

impl Line {
    /// What lies there the system makes up, or it only waits for something to be mounted.
    fn is_the_kernels(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "autofs"
                | "binfmt_misc"
                | "bpf"
                | "cgroup"
                | "cgroup2"
                | "configfs"
                | "debugfs"
                | "devpts"
                | "devtmpfs"
                | "efivarfs"
                | "fusectl"
                | "hugetlbfs"
                | "mqueue"
                | "nsfs"
                | "proc"
                | "pstore"
                | "rpc_pipefs"
                | "securityfs"
                | "sysfs"
                | "tracefs"
        )
    }

    fn is_network(&self) -> bool {
        matches!(self.kind.as_str(), "nfs" | "nfs4" | "cifs" | "smb3" | "smbfs" | "fuse.sshfs" | "fuse.rclone" | "9p" | "afpfs")
    }

    fn share(&self) -> Option<Share> {
        self.is_network().then(|| Share { kind: self.kind.clone(), source: self.source.clone() })
    }

    /// Of a drive.
    fn is_real(&self) -> bool {
        matches!(
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
        )
    }

    fn is_for_people(&self) -> bool {
        let point = self.point.as_bytes();
        let hidden: [&[u8]; 9] =
            [b"/boot", b"/snap", b"/var/lib", b"/proc", b"/sys", b"/dev", b"/run/credentials", b"/etc", b"/usr"];
        (self.is_real() || self.is_network()) && !hidden.iter().any(|h| self.point.is_within(h)) && !point.is_empty()
    }
}

/// See proc(5): `36 35 98:0 /root /mount/point options - kind source options`, with `\040` for a space.
fn parse_mounts(table: &[u8]) -> Vec<Line> {
    table
        .split(|b| *b == b'\n')
        .filter_map(|line| {
            let fields: Vec<&[u8]> = line.split(|b| *b == b' ').collect();
            let dash = fields.iter().position(|f| *f == b"-")?;
            Some(Line {
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
        assert!(mounts[1].is_for_people() && !mounts[1].is_the_kernels());
        let table = b"23 22 0:21 / /proc rw shared:9 - proc proc rw\n24 22 0:31 / /home/me/nas rw - autofs systemd-1 rw\n";
        assert!(parse_mounts(table).iter().all(Line::is_the_kernels));
        assert_eq!(unescape(b"a\\"), b"a\\");
    }

    #[test]
    fn shares_are_recognised_by_their_kind() {
        let table = b"22 1 8:1 / / rw - ext4 /dev/sda1 rw
61 22 0:51 / /mnt/nas rw,relatime shared:31 - nfs4 nas.local:/export/ada rw,vers=4.2,hard,addr=10.0.0.5
62 22 0:52 / /mnt/old\\040nas rw - nfs nas:/old rw,vers=3
63 22 0:53 / /mnt/box rw,relatime - cifs //box/Backups\\040of\\040Ada rw,vers=3.1.1,username=ada
64 22 0:54 / /home/ada/remote rw,nosuid,nodev - fuse.sshfs ada@nas:/srv/b rw,user_id=1000,group_id=1000
65 22 8:17 / /media/ada/Blue rw - fuseblk /dev/sdb1 rw
";
        let lines = parse_mounts(table);
        let shares: Vec<_> = lines.iter().map(|line| line.share().map(|share| (share.kind, share.source))).collect();
        let share = |kind: &str, source: &str| Some((kind.to_owned(), source.to_owned()));
        assert_eq!(
            shares,
            [
                None,
                share("nfs4", "nas.local:/export/ada"),
                share("nfs", "nas:/old"),
                share("cifs", "//box/Backups of Ada"),
                share("fuse.sshfs", "ada@nas:/srv/b"),
                None,
            ]
        );
        assert!(lines[1..].iter().all(|line| line.is_for_people() && !line.is_the_kernels()));
    }
}
