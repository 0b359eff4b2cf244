//! getfsstat(2).

use std::ffi::{CStr, c_char};
use std::path::PathBuf;
use std::ptr::null_mut;

use super::Mounted;
use crate::model::drive::{Mount, Share};
use crate::model::path::PathBytes;

/// Of `sys/mount.h`: not shown to people, as the system's own volumes are.
const HIDDEN: u32 = libc::MNT_DONTBROWSE as u32;

pub fn system_root() -> PathBuf {
    PathBuf::from("/")
}

/// Volumes are not told apart here.
pub fn mounts() -> Vec<Mount> {
    let share =
        |mounted: &Mounted| mounted.is_network.then(|| Share { kind: mounted.kind.clone(), source: mounted.source.clone() });
    mounted().into_iter().map(|mounted| Mount { share: share(&mounted), point: mounted.point, volume: None }).collect()
}

pub fn mounted() -> Vec<Mounted> {
    let writable = |entry: &libc::statfs| entry.f_blocks > 0 && entry.f_flags & libc::MNT_RDONLY as u32 == 0;
    let mounts = table();
    // What people see as the system's disk: the volume at `/` is sealed, theirs is beside it and hidden.
    let data = mounts.iter().find(|entry| text(&entry.f_mntonname) == b"/System/Volumes/Data" && writable(entry));
    let shown = mounts.iter().filter(|entry| writable(entry) && entry.f_flags & HIDDEN == 0 && is_file_system(entry));
    let root = data.map(|entry| described(entry, PathBytes::from("/")));
    root.into_iter().chain(shown.map(|entry| described(entry, PathBytes::new(text(&entry.f_mntonname))))).collect()
}

fn described(entry: &libc::statfs, point: PathBytes) -> Mounted {
    let block = u64::from(entry.f_bsize);
    Mounted {
        point,
        label: None,
        kind: String::from_utf8_lossy(text(&entry.f_fstypename)).into_owned(),
        source: String::from_utf8_lossy(text(&entry.f_mntfromname)).into_owned(),
        is_network: entry.f_flags & libc::MNT_LOCAL as u32 == 0,
        free: entry.f_bavail.saturating_mul(block),
        total: entry.f_blocks.saturating_mul(block),
    }
}

/// Devices and automounters are in the table too.
fn is_file_system(entry: &libc::statfs) -> bool {
    !matches!(text(&entry.f_fstypename), b"devfs" | b"autofs" | b"nullfs")
}

fn table() -> Vec<libc::statfs> {
    // SAFETY: asks only how many there are.
    let Ok(count) = usize::try_from(unsafe { libc::getfsstat(null_mut(), 0, libc::MNT_NOWAIT) }) else { return Vec::new() };
    // A few more than there are just now.
    let mut table: Vec<libc::statfs> = Vec::with_capacity(count + 8);
    let Ok(bytes) = i32::try_from(table.capacity() * size_of::<libc::statfs>()) else { return Vec::new() };
    // SAFETY: the call writes whole entries, into the vector's room at most, and says how many.
    unsafe {
        let filled = libc::getfsstat(table.as_mut_ptr(), bytes, libc::MNT_NOWAIT);
        table.set_len(usize::try_from(filled).unwrap_or(0).min(table.capacity()));
    }
    table
}

/// Up to the zero that ends it.
fn text(field: &[c_char]) -> &[u8] {
    // SAFETY: `c_char` and `u8` are one byte each.
    let bytes = unsafe { std::slice::from_raw_parts(field.as_ptr().cast::<u8>(), field.len()) };
    CStr::from_bytes_until_nul(bytes).map_or(bytes, CStr::to_bytes)
}
