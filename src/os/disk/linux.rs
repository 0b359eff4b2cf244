//! By the magic numbers of statfs(2).

use std::io;
use std::os::fd::AsFd;

use super::Room;

pub(super) fn room(open: &impl AsFd) -> io::Result<Room> {
    let found = rustix::fs::fstatvfs(open)?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Ok(Room { free: bytes(found.f_bavail), total: bytes(found.f_blocks) })
}

pub(super) fn keeps_inodes(open: &impl AsFd) -> bool {
    const UNSTABLE: [u64; 7] = [
        0x4d44,      // FAT
        0x2011_bab0, // exFAT
        0x6573_5546, // FUSE
        0xff53_4d42, // CIFS
        0xfe53_4d42, // SMB2
        0x517b,      // SMB
        0x0102_1997, // 9p
    ];
    magic(open).is_some_and(|magic| !UNSTABLE.contains(&magic))
}

pub(super) fn is_pseudo(open: &impl AsFd) -> bool {
    const PSEUDO: [u64; 17] = [
        0x9fa0,      // proc
        0x6265_6572, // sysfs
        0x6462_6720, // debugfs
        0x7472_6163, // tracefs
        0x7363_6673, // securityfs
        0x6265_6570, // configfs
        0x0027_e0eb, // cgroup
        0x6367_7270, // cgroup2
        0xcafe_4a11, // bpf
        0x1cd1,      // devpts
        0x6165_676c, // pstore
        0x6573_5543, // fusectl
        0x1980_0202, // mqueue
        0x9584_58f6, // hugetlbfs
        0xde5e_81e4, // efivarfs
        0x4249_4e4d, // binfmt_misc
        0xf97c_ff8c, // selinux
    ];
    magic(open).is_some_and(|magic| PSEUDO.contains(&magic))
}

pub(super) fn has_medium(open: &impl AsFd) -> bool {
    const WITHOUT: [u64; 7] = [
        0x0102_1994, // tmpfs
        0x8584_58f6, // ramfs
        0x9584_58f6, // hugetlbfs
        0x6573_5546, // FUSE
        0x2fc1_2fc1, // ZFS
        0x0102_1997, // 9p
        0x786f_4256, // virtual box's shares
    ];
    magic(open).is_none_or(|magic| !WITHOUT.contains(&magic))
}

fn magic(open: &impl AsFd) -> Option<u64> {
    // The field's type differs between architectures; the magic numbers have 32 bits.
    rustix::fs::fstatfs(open).ok().map(|s| s.f_type as u64 & 0xffff_ffff)
}
