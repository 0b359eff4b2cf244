//! By `statx`, which gives every number in its full width.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Statx, StatxFlags, makedev, statx};

use super::{Kind, Stat};
use crate::model::catalog::FileTime;
use crate::os::folder::{Folder, Name};

const LOOK: AtFlags = AtFlags::SYMLINK_NOFOLLOW.union(AtFlags::NO_AUTOMOUNT).union(AtFlags::EMPTY_PATH);

#[inline]
pub(super) fn stat(folder: &Folder, name: impl Name) -> io::Result<Stat> {
    Ok(of(&statx(folder, name, LOOK, StatxFlags::BASIC_STATS)?))
}

#[inline]
pub(super) fn stat_of(open: &impl AsFd) -> io::Result<Stat> {
    Ok(of(&statx(open, c"", LOOK, StatxFlags::BASIC_STATS)?))
}

pub(super) fn of_path(path: &Path) -> io::Result<Stat> {
    Ok(of(&statx(CWD, path, AtFlags::empty(), StatxFlags::BASIC_STATS)?))
}

pub(super) fn born(folder: &Folder, name: impl Name) -> Option<FileTime> {
    let stat = statx(folder, name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BTIME).ok()?;
    let known = StatxFlags::from_bits_retain(stat.stx_mask).contains(StatxFlags::BTIME);
    known.then_some(FileTime { seconds: stat.stx_btime.tv_sec, nanos: stat.stx_btime.tv_nsec })
}

pub(super) fn leads_to_folder(folder: &Folder, name: impl Name) -> bool {
    statx(folder, name, AtFlags::empty(), StatxFlags::TYPE)
        .is_ok_and(|stat| FileType::from_raw_mode(u32::from(stat.stx_mode)) == FileType::Directory)
}

fn of(stat: &Statx) -> Stat {
    let is = FileType::from_raw_mode(u32::from(stat.stx_mode));
    let kind = Kind::of(is, stat.stx_rdev_major, stat.stx_rdev_minor);
    // File systems in user space may say anything.
    let time = |t: &rustix::fs::StatxTimestamp| FileTime { seconds: t.tv_sec, nanos: t.tv_nsec.min(999_999_999) };
    Stat {
        kind,
        mode: u32::from(stat.stx_mode) & 0o7777,
        uid: stat.stx_uid,
        gid: stat.stx_gid,
        size: if kind == Kind::File { stat.stx_size } else { 0 },
        mtime: time(&stat.stx_mtime),
        ctime: time(&stat.stx_ctime),
        device: makedev(stat.stx_dev_major, stat.stx_dev_minor),
        inode: stat.stx_ino,
        links: stat.stx_nlink,
        blocks: stat.stx_blocks,
    }
}
