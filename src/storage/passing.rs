//! A storage for tests that passes on what it is asked, once its hooks have had their say.
//!
//! The tests of the engine from outside have this file too: what it is written with is above it in both.

use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;

use super::{Error, Keeping, Listed, Room, Storage, Take, Upload, read_in_pieces};

/// Bytes of one piece of what is read through.
const PIECE: usize = 4 << 20;

/// What is asked, by its kind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// For a list, or a size.
    Look,
    Read,
    Sum,
    Room,
    /// To begin an object, or to remove something.
    Change,
}

/// What is other than at the storage behind it. No file of this machine is given: all is read through here.
pub trait Hooks: Send + Sync + 'static {
    fn behind(&self) -> &dyn Storage;

    /// Before something is asked there; an error is the answer instead.
    fn before(&self, call: Call, name: &str) -> Result<(), Error> {
        let _ = (call, name);
        Ok(())
    }

    /// Before so many bytes of an object are written.
    fn before_write(&self, bytes: usize) -> io::Result<()> {
        let _ = bytes;
        Ok(())
    }

    fn before_finish(&self, name: &str) -> Result<(), Error> {
        let _ = name;
        Ok(())
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        read_in_pieces(PIECE, offset, end, take, |at, piece| {
            self.before(Call::Read, name)?;
            self.behind().read_at(name, at, piece)
        })
    }

    fn is_streamed(&self) -> bool {
        false
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.behind().delete(name)
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        self.behind().delete_folder(name)
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        self.behind().sha256_on_medium(name, each)
    }

    fn identity(&self) -> Option<(u64, u64)> {
        self.behind().identity()
    }

    fn keeping(&self) -> Option<Keeping> {
        self.behind().keeping()
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        self.behind().sweep_temporary(folder, before)
    }
}

pub struct Passing<H> {
    pub hooks: Arc<H>,
}

impl<H: Hooks> Passing<H> {
    pub fn with(hooks: H) -> Self {
        Self { hooks: Arc::new(hooks) }
    }

    fn ask(&self, call: Call, name: &str) -> Result<&dyn Storage, Error> {
        self.hooks.before(call, name)?;
        Ok(self.hooks.behind())
    }
}

impl<H: Hooks> Storage for Passing<H> {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        self.ask(Call::Look, folder)?.list(folder)
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        self.ask(Call::Look, name)?.size(name)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        self.ask(Call::Read, name)?.read_at(name, offset, buffer)
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        self.hooks.read_through(name, offset, end, take)
    }

    fn is_streamed(&self) -> bool {
        self.hooks.is_streamed()
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        let upload = self.ask(Call::Change, name)?.create(name)?;
        Ok(Box::new(Writing { upload, hooks: self.hooks.clone(), name: name.into() }))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.hooks.before(Call::Change, name)?;
        self.hooks.delete(name)
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        self.hooks.before(Call::Change, name)?;
        self.hooks.delete_folder(name)
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        self.ask(Call::Room, "")?.room()
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        self.hooks.before(Call::Sum, name)?;
        self.hooks.sha256_on_medium(name, each)
    }

    fn identity(&self) -> Option<(u64, u64)> {
        self.hooks.identity()
    }

    fn keeping(&self) -> Option<Keeping> {
        self.hooks.keeping()
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        self.hooks.before(Call::Change, folder)?;
        self.hooks.sweep_temporary(folder, before)
    }
}

struct Writing<H> {
    upload: Box<dyn Upload>,
    hooks: Arc<H>,
    name: String,
}

impl<H: Hooks> Write for Writing<H> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hooks.before_write(bytes.len())?;
        self.upload.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.upload.flush()
    }
}

impl<H: Hooks> Upload for Writing<H> {
    fn finish(self: Box<Self>) -> Result<(), Error> {
        self.hooks.before_finish(&self.name)?;
        self.upload.finish()
    }
}
