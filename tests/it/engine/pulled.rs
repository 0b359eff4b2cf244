//! A drive that is pulled out after so many bytes were written to it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use strongroom::model::location::Location;
use strongroom::storage::{Error, Storage};

use super::passing::{Call, Hooks, Passing};

/// Each that is opened.
pub fn after(bytes: u64) -> impl Fn(&Location, Arc<dyn Storage>) -> Arc<dyn Storage> {
    move |_, behind| Arc::new(Passing::with(Pulled { behind, left: AtomicU64::new(bytes) }))
}

/// The next that is opened, alone.
pub fn once(bytes: u64) -> impl Fn(&Location, Arc<dyn Storage>) -> Arc<dyn Storage> {
    let (pulled, is_over) = (after(bytes), AtomicBool::new(false));
    move |location, behind| if is_over.swap(true, Relaxed) { behind } else { pulled(location, behind) }
}

struct Pulled {
    behind: Arc<dyn Storage>,
    left: AtomicU64,
}

impl Pulled {
    fn is_there(&self) -> io::Result<()> {
        if self.left.load(Relaxed) > 0 { Ok(()) } else { Err(gone()) }
    }
}

fn gone() -> io::Error {
    rustix::io::Errno::IO.into()
}

impl Hooks for Pulled {
    fn behind(&self) -> &dyn Storage {
        &*self.behind
    }

    fn before(&self, _: Call, name: &str) -> Result<(), Error> {
        self.is_there().map_err(|e| Error::from_io(name, e))
    }

    fn before_write(&self, bytes: usize) -> io::Result<()> {
        let less = |left: u64| Some(left.saturating_sub(bytes as u64));
        match self.left.fetch_update(Relaxed, Relaxed, less) {
            Ok(left) if left > bytes as u64 => Ok(()),
            _ => Err(gone()),
        }
    }

    fn before_finish(&self, name: &str) -> Result<(), Error> {
        self.is_there().map_err(|e| Error::from_io(name, e))
    }
}
