//! A drive that is pulled out after so many bytes were written to it.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use jiff::Timestamp;
use strongroom::storage::{Error, Listed, Room, Storage, Upload};

pub struct Pulled {
    inner: Arc<dyn Storage>,
    left: Arc<AtomicU64>,
}

impl Pulled {
    pub fn after(inner: Arc<dyn Storage>, bytes: u64) -> Self {
        Self { inner, left: Arc::new(AtomicU64::new(bytes)) }
    }

    fn there(&self, name: &str) -> Result<&dyn Storage, Error> {
        if self.left.load(Relaxed) > 0 { Ok(&*self.inner) } else { Err(Error::from_io(name, gone())) }
    }
}

fn gone() -> io::Error {
    rustix::io::Errno::IO.into()
}

impl Storage for Pulled {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        self.there(folder)?.list(folder)
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        self.there(name)?.size(name)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        self.there(name)?.read_at(name, offset, buffer)
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        let inner = self.there(name)?.create(name)?;
        Ok(Box::new(Writing { inner, left: self.left.clone(), name: name.into() }))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.there(name)?.delete(name)
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        self.there(name)?.delete_folder(name)
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        self.there("")?.room()
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        self.there(name)?.sha256_on_medium(name, each)
    }

    fn identity(&self) -> Option<(u64, u64)> {
        self.inner.identity()
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        self.there(folder)?.sweep_temporary(folder, before)
    }
}

struct Writing {
    inner: Box<dyn Upload>,
    left: Arc<AtomicU64>,
    name: String,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let less = |left: u64| Some(left.saturating_sub(bytes.len() as u64));
        match self.left.fetch_update(Relaxed, Relaxed, less) {
            Ok(left) if left > bytes.len() as u64 => self.inner.write(bytes),
            _ => Err(gone()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Upload for Writing {
    fn finish(self: Box<Self>) -> Result<(), Error> {
        if self.left.load(Relaxed) == 0 { Err(Error::from_io(&self.name, gone())) } else { self.inner.finish() }
    }
}
