use std::fs::File;
use std::io;

use rustix::buffer::spare_capacity;
use rustix::fs::{SeekFrom, seek};
use rustix::io::{Errno, pread, retry_on_intr};

#[inline]
pub(super) fn append_at(file: &File, out: &mut Vec<u8>, offset: u64) -> io::Result<usize> {
    Ok(retry_on_intr(|| pread(file, spare_capacity(out), offset))?)
}

pub(super) fn next_data(file: &File, offset: u64) -> io::Result<Option<u64>> {
    match seek(file, SeekFrom::Data(offset)) {
        Ok(data) => Ok(Some(data)),
        Err(Errno::NXIO) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

pub(super) fn next_hole(file: &File, offset: u64) -> io::Result<u64> {
    Ok(seek(file, SeekFrom::Hole(offset))?)
}

/// Every file may.
#[inline]
pub(super) fn will_have_holes(_file: &File) {}
