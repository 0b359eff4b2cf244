//! By `fstatat`, as macOS has it.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, fstat, major, minor, statat};

use super::{Kind, Stat};
use crate::model::catalog::FileTime;
use crate::os::folder::{Folder, Name};

pub(super) fn stat(folder: &Folder, name: impl Name) -> io::Result<Stat> {
    Ok(of(&statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?))
}

pub(super) fn stat_of(open: &impl AsFd) -> io::Result<Stat> {
    Ok(of(&fstat(open)?))
}

pub(super) fn of_path(path: &Path) -> io::Result<Stat> {
    Ok(of(&rustix::fs::stat(path)?))
}

pub(super) fn born(folder: &Folder, name: impl Name) -> Option<FileTime> {
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    // Where the file system keeps none it says 0, or -1.
    (stat.st_birthtime > 0).then(|| time(stat.st_birthtime, stat.st_birthtime_nsec))
}

pub(super) fn leads_to_folder(folder: &Folder, name: impl Name) -> bool {
    statat(folder, name, AtFlags::empty()).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}

fn time(seconds: i64, nanos: i64) -> FileTime {
    FileTime { seconds, nanos: nanos.clamp(0, 999_999_999) as u32 }
}

fn of(stat: &rustix::fs::Stat) -> Stat {
    // Device numbers have a sign there.
    let (major, minor) = (major(stat.st_rdev) as u32, minor(stat.st_rdev) as u32);
    let kind = Kind::of(FileType::from_raw_mode(stat.st_mode), major, minor);
    Stat {
        kind,
        mode: u32::from(stat.st_mode) & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        size: if kind == Kind::File { u64::try_from(stat.st_size).unwrap_or(0) } else { 0 },
        mtime: time(stat.st_mtime, stat.st_mtime_nsec),
        ctime: time(stat.st_ctime, stat.st_ctime_nsec),
        device: stat.st_dev as u64,
        inode: stat.st_ino,
        links: u32::from(stat.st_nlink),
        blocks: u64::try_from(stat.st_blocks).unwrap_or(0),
    }
}
