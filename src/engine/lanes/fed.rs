//! A run's folder as the archive writes to it: what is finished goes on to the lanes.

use std::io::{self, Write};
use std::sync::Arc;

use super::feed::Feed;
use crate::archive::object::{ObjectWriter, Objects, Take};
use crate::engine::folder::Folder;
use crate::engine::spool::{Spooled, Spooling};
use crate::model::run::Cancel;
use crate::os::at::FileExt;
use crate::storage::read_in_pieces;

/// Read at a time of what has waited.
const PIECE: usize = 1 << 20;

pub struct Fed {
    pub folder: Arc<Folder>,
    pub feed: Arc<Feed>,
}

impl Objects for Fed {
    fn size(&self, name: &str) -> io::Result<u64> {
        self.folder.size(name)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.folder.read_at(name, offset, buffer)
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> io::Result<()> {
        self.folder.read_through(name, offset, end, take)
    }

    fn read_all(&self, name: &str, limit: u64) -> io::Result<Vec<u8>> {
        Objects::read_all(&*self.folder, name, limit)
    }

    fn is_streamed(&self) -> bool {
        self.folder.is_streamed()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn ObjectWriter>> {
        if !self.feed.is_spooled() {
            let writer = Objects::create(&*self.folder, name)?;
            return Ok(Box::new(Written { writer, name: name.to_owned(), feed: self.feed.clone() }));
        }
        let mut writer = Waiting { name: name.to_owned(), feed: self.feed.clone(), to: To::Nowhere, cancel: None };
        match self.feed.spool() {
            Some(spooling) => writer.to = To::Spool(spooling),
            None => writer.go_through()?,
        }
        Ok(Box::new(writer))
    }
}

/// An object on its way to where the run writes.
struct Written {
    writer: Box<dyn ObjectWriter>,
    name: String,
    feed: Arc<Feed>,
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl ObjectWriter for Written {
    fn ends_with(&mut self, cancel: &Cancel) {
        self.writer.ends_with(cancel);
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.writer.finish()?;
        self.feed.add_written(&self.name);
        Ok(())
    }
}

/// An object that waits for the lanes; one that is too large for that goes through to one of them.
struct Waiting {
    name: String,
    feed: Arc<Feed>,
    to: To,
    /// What ends it, once that is told.
    cancel: Option<Cancel>,
}

enum To {
    /// It has failed.
    Nowhere,
    Spool(Spooling),
    Through(usize, Box<dyn ObjectWriter>),
}

impl Waiting {
    /// What waits of it, and all that follows, goes to a lane's destination at once.
    fn go_through(&mut self) -> io::Result<()> {
        let (lane, folder) = self.feed.through().map_err(io::Error::other)?;
        let mut writer = Objects::create(&*folder, &self.name)?;
        if let Some(cancel) = &self.cancel {
            writer.ends_with(cancel);
        }
        if let To::Spool(spooling) = std::mem::replace(&mut self.to, To::Nowhere) {
            pump(&spooling.finish(), &mut *writer)?;
        }
        self.to = To::Through(lane, writer);
        Ok(())
    }
}

fn pump(spooled: &Spooled, writer: &mut dyn ObjectWriter) -> io::Result<()> {
    let mut send = |piece: &[u8]| writer.write_all(piece);
    read_in_pieces(PIECE, 0, spooled.size(), &mut send, |at, piece| spooled.file().read_exact_at(piece, at))
}

impl Write for Waiting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match &mut self.to {
                To::Nowhere => return Err(io::ErrorKind::BrokenPipe.into()),
                To::Through(_, writer) => return writer.write(bytes),
                To::Spool(spooling) => {
                    if spooling.keep(bytes) {
                        return Ok(bytes.len());
                    }
                }
            }
            if !self.feed.make_room().map_err(io::Error::other)? {
                self.go_through()?;
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Through(_, writer) => writer.flush(),
            To::Nowhere | To::Spool(_) => Ok(()),
        }
    }
}

impl ObjectWriter for Waiting {
    fn ends_with(&mut self, cancel: &Cancel) {
        if let To::Through(_, writer) = &mut self.to {
            writer.ends_with(cancel);
        }
        self.cancel = Some(cancel.clone());
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        match self.to {
            To::Nowhere => Err(io::ErrorKind::BrokenPipe.into()),
            To::Spool(spooling) => self.feed.add_spooled(&self.name, spooling.finish()).map_err(io::Error::other),
            To::Through(lane, writer) => {
                writer.finish()?;
                self.feed.add_sent(&self.name, lane);
                Ok(())
            }
        }
    }
}
