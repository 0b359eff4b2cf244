use std::fs::File;
use std::io::IoSliceMut;
use std::ops::Deref;

use rustix::fs::{Advice, OFlags, fadvise, fcntl_getfl, fcntl_setfl};
use rustix::io::{ReadWriteFlags, preadv2};

#[inline]
pub(super) fn will_need(file: &File) {
    let _ = fadvise(file, 0, None, Advice::WillNeed);
}

#[inline]
pub(super) fn is_cached(file: &File) -> bool {
    let mut byte = [0];
    matches!(preadv2(file, &mut [IoSliceMut::new(&mut byte)], 0, ReadWriteFlags::NOWAIT), Ok(1))
}

/// Synced pages are clean, and clean pages are dropped.
pub(super) fn forget_cached(file: &File) -> bool {
    fadvise(file, 0, None, Advice::DontNeed).is_ok()
}

/// As long as it lives the file is read directly.
pub struct Direct<'a>(&'a File);

pub(super) fn direct(file: &File) -> Option<Direct<'_>> {
    let flags = fcntl_getfl(file).ok()?;
    fcntl_setfl(file, flags | OFlags::DIRECT).ok()?;
    Some(Direct(file))
}

impl Deref for Direct<'_> {
    type Target = File;

    fn deref(&self) -> &File {
        self.0
    }
}

impl Drop for Direct<'_> {
    fn drop(&mut self) {
        // Where this fails the next read does.
        let _ = fcntl_getfl(self.0).and_then(|flags| fcntl_setfl(self.0, flags - OFlags::DIRECT));
    }
}
