//! What lies in an open file: where there is data, and hints about what is wanted of it.

use std::fs::File;
use std::io;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(unix)]
use unix as any;
#[cfg(windows)]
use windows as any;
#[cfg(windows)]
use windows as system;

pub use system::Direct;

/// Has the system read a file while others are worked on. A hint: where it is not taken, reading is only slower.
#[inline]
pub fn will_need(file: &File) {
    system::will_need(file);
}

/// Whether the beginning of a file that is not empty lies in memory already. `false` also where the system does not say.
#[inline]
pub fn is_cached(file: &File) -> bool {
    system::is_cached(file)
}

/// Appends what lies at `offset`, as much as the buffer has capacity for; returns how much. 0 at the end.
#[inline]
pub fn append_at(file: &File, out: &mut Vec<u8>, offset: u64) -> io::Result<usize> {
    any::append_at(file, out, offset)
}

/// Where from `offset` on there is data; `None` where there is none any more. Fails where the file system cannot tell.
pub fn next_data(file: &File, offset: u64) -> io::Result<Option<u64>> {
    any::next_data(file, offset)
}

/// Where from `offset` on, which is data, there is a hole: at the latest at the end of the file.
pub fn next_hole(file: &File, offset: u64) -> io::Result<u64> {
    any::next_hole(file, offset)
}

/// Before a file is made longer than what is written into it: that this is to be a hole. A hint: it is zeros otherwise.
pub fn will_have_holes(file: &File) {
    any::will_have_holes(file);
}

/// Has the system forget what it keeps in memory of a file that is durable; whether it certainly did.
pub fn forget_cached(file: &File) -> bool {
    system::forget_cached(file)
}

/// The file for reads that go past the system's memory, of whole blocks at aligned addresses; `None` where that cannot be had.
pub fn direct(file: &File) -> Option<Direct<'_>> {
    system::direct(file)
}
