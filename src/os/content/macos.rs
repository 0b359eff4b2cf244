use std::convert::Infallible;
use std::fs::File;
use std::marker::PhantomData;
use std::ops::Deref;

use rustix::fs::{fcntl_nocache, fcntl_rdadvise};

pub(super) fn will_need(file: &File) {
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let _ = fcntl_rdadvise(file, 0, length);
}

/// Nothing tells.
pub(super) fn is_cached(_file: &File) -> bool {
    false
}

/// What is read from now on is not kept; what is kept already stays.
pub(super) fn forget_cached(file: &File) -> bool {
    let _ = fcntl_nocache(file, true);
    false
}

/// There is none: also an uncached file is read from memory where it lies there.
pub struct Direct<'a>(Infallible, PhantomData<&'a File>);

pub(super) fn direct(_file: &File) -> Option<Direct<'_>> {
    None
}

impl Deref for Direct<'_> {
    type Target = File;

    fn deref(&self) -> &File {
        match self.0 {}
    }
}
