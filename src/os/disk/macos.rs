//! By the names of statfs(2).

use std::io;
use std::os::fd::AsFd;

use super::Room;

pub(super) fn room(open: &impl AsFd) -> io::Result<Room> {
    // statvfs has 32 bits for blocks.
    let found = rustix::fs::fstatfs(open)?;
    let bytes = |blocks: u64| blocks.saturating_mul(u64::from(found.f_bsize));
    Ok(Room { free: bytes(found.f_bavail), total: bytes(found.f_blocks) })
}

pub(super) fn keeps_inodes(open: &impl AsFd) -> bool {
    const STABLE: [&[u8]; 5] = [b"apfs", b"hfs", b"ufs", b"nfs", b"zfs"];
    name(open).is_some_and(|name| STABLE.contains(&name.as_slice()))
}

pub(super) fn is_pseudo(open: &impl AsFd) -> bool {
    const PSEUDO: [&[u8]; 4] = [b"devfs", b"autofs", b"fdesc", b"volfs"];
    name(open).is_some_and(|name| PSEUDO.contains(&name.as_slice()))
}

/// What lies in memory already is read from there, whatever is asked for.
pub(super) fn has_medium(_open: &impl AsFd) -> bool {
    false
}

fn name(open: &impl AsFd) -> Option<Vec<u8>> {
    let found = rustix::fs::fstatfs(open).ok()?;
    Some(found.f_fstypename.iter().take_while(|c| **c != 0).map(|c| *c as u8).collect())
}
