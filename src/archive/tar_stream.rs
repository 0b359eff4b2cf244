//! Tar entries as bytes (POSIX pax): headers for everything a catalog entry says that tar can say.

use crate::model::catalog::Entry;
use crate::model::path::PathBytes;

/// Appends the header blocks of `entry` stored whole: PAX record (nanosecond times, xattrs, long and odd names, sparse map)
/// where it is needed, then the ustar header. For a file whose content follows: its `size` less holes, after the
/// GNU.sparse 1.0 map, which this appends where there are holes. Folders, links, devices and pipes have no content.
pub fn append_header(_entry: &Entry, _out: &mut Vec<u8>) {
    todo!()
}

/// Appends the header of one part of a cut file, of `length` bytes.
pub fn append_part_header(_entry: &Entry, _part_path: &PathBytes, _length: u64, _out: &mut Vec<u8>) {
    todo!()
}

/// Appends zeros up to the next block of 512 bytes after content of `length` bytes.
pub fn append_padding(_length: u64, _out: &mut Vec<u8>) {
    todo!()
}

/// Appends the two zero blocks that end an archive.
pub fn append_end(_out: &mut Vec<u8>) {
    todo!()
}

/// `.strongroom-parts/home/u/disk.img/00000001`, so that `cat .strongroom-parts/home/u/disk.img/*` joins the file.
/// `top` is the reserved first component, chosen so that no source has it.
pub fn part_path(_top: &str, _path: &PathBytes, _number: u64) -> PathBytes {
    todo!()
}
