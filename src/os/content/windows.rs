use std::fs::File;
use std::io;
use std::marker::PhantomData;
use std::ops::Deref;

use windows_sys::Win32::Foundation::GENERIC_READ;
use windows_sys::Win32::Storage::FileSystem::FILE_FLAG_NO_BUFFERING;
use windows_sys::Win32::System::Ioctl::{FSCTL_QUERY_ALLOCATED_RANGES, FSCTL_SET_SPARSE};

use crate::os::at::FileExt;
use crate::os::nt;

/// Nobody asks ahead there: it reads on by itself.
pub(super) fn will_need(_file: &File) {}

/// Nothing tells.
pub(super) fn is_cached(_file: &File) -> bool {
    false
}

pub(super) fn append_at(file: &File, out: &mut Vec<u8>, offset: u64) -> io::Result<usize> {
    let before = out.len();
    out.resize(out.capacity(), 0);
    let read = loop {
        match file.read_at(out.get_mut(before..).unwrap_or_default(), offset) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            read => break read,
        }
    };
    out.truncate(before + read.as_ref().map_or(0, |read| *read));
    read
}

pub(super) fn next_data(file: &File, offset: u64) -> io::Result<Option<u64>> {
    Ok(allocated(file, offset)?.map(|(begin, _)| begin.max(offset)))
}

pub(super) fn next_hole(file: &File, offset: u64) -> io::Result<u64> {
    Ok(allocated(file, offset)?.filter(|(begin, _)| *begin <= offset).map_or(offset, |(_, end)| end))
}

/// The first range from `offset` on that is allocated, as begin and end.
fn allocated(file: &File, offset: u64) -> io::Result<Option<(u64, u64)>> {
    let size = file.metadata()?.len();
    if offset >= size {
        return Ok(None);
    }
    // FILE_ALLOCATED_RANGE_BUFFER: offset and length.
    let asked = [offset.to_le_bytes(), (size - offset).to_le_bytes()].concat();
    let mut found = [0; 16];
    let length = nt::control(file, FSCTL_QUERY_ALLOCATED_RANGES, &asked, &mut found)?;
    let (numbers, _) = found.as_chunks::<8>();
    let [begin, length] = match (length, numbers) {
        (16, [begin, length]) => [begin, length].map(|number| u64::from_le_bytes(*number)),
        _ => return Ok(None),
    };
    Ok(Some((begin, begin.saturating_add(length))))
}

pub(super) fn will_have_holes(file: &File) {
    let _ = nt::control(file, FSCTL_SET_SPARSE, &[], &mut []);
}

/// Nothing does so.
pub(super) fn forget_cached(_file: &File) -> bool {
    false
}

/// The file opened once more, without memory in between.
pub struct Direct<'a>(File, PhantomData<&'a File>);

pub(super) fn direct(file: &File) -> Option<Direct<'_>> {
    let open = nt::reopen(file, GENERIC_READ, nt::SHARE_ALL, FILE_FLAG_NO_BUFFERING).ok()?;
    Some(Direct(open.into(), PhantomData))
}

impl Deref for Direct<'_> {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}
