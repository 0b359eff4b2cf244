//! A plan's folder in memory, for tests of everything that reads and writes objects.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::object::{ObjectWriter, Objects, Take};

/// Clones share the same objects.
#[derive(Clone, Default)]
pub struct MemoryObjects {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    /// Calls of `read_at`, as (object, offset, length).
    reads: Vec<(String, u64, usize)>,
    /// After how many bytes what is read through breaks off; `None`: each piece is read for itself.
    breaks_off: Option<u64>,
    /// Calls of `read_through`, as (object, from, to).
    through: Vec<(String, u64, u64)>,
}

impl MemoryObjects {
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn names(&self) -> Vec<String> {
        self.state().objects.keys().cloned().collect()
    }

    /// An object's bytes; panics where there is none.
    pub fn get(&self, name: &str) -> Vec<u8> {
        self.state().objects.get(name).unwrap_or_else(|| panic!("no object {name}")).clone()
    }

    pub fn put(&self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.state().objects.insert(name.to_string(), bytes.into());
    }

    pub fn remove(&self, name: &str) {
        self.state().objects.remove(name);
    }

    /// Turns one bit of an object over.
    pub fn flip(&self, name: &str, at: usize) {
        let mut state = self.state();
        let bytes = state.objects.get_mut(name).unwrap_or_else(|| panic!("no object {name}"));
        bytes[at] ^= 0x10;
    }

    /// From now on what lies together is best read through, and breaks off after so many bytes.
    pub fn stream(&self, breaks_off: u64) {
        self.state().breaks_off = Some(breaks_off);
    }

    /// What was read through since the last call.
    pub fn take_through(&self) -> Vec<(String, u64, u64)> {
        std::mem::take(&mut self.state().through)
    }

    /// What was read since the last call.
    pub fn take_reads(&self) -> Vec<(String, u64, usize)> {
        std::mem::take(&mut self.state().reads)
    }
}

impl Objects for MemoryObjects {
    fn size(&self, name: &str) -> io::Result<u64> {
        self.state().objects.get(name).map(|bytes| bytes.len() as u64).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut state = self.state();
        state.reads.push((name.to_string(), offset, buffer.len()));
        let bytes = state.objects.get(name).ok_or(io::ErrorKind::NotFound)?;
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start.checked_add(buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> io::Result<()> {
        let (bytes, mut left) = {
            let mut state = self.state();
            if state.breaks_off.is_some() {
                state.through.push((name.to_string(), offset, end));
            } else {
                state.reads.push((name.to_string(), offset, usize::try_from(end - offset).unwrap()));
            }
            (state.objects.get(name).cloned().ok_or(io::ErrorKind::NotFound)?, state.breaks_off.unwrap_or(u64::MAX))
        };
        let range = usize::try_from(offset).unwrap()..usize::try_from(end).unwrap();
        // Of odd lengths, so that they fit no frame.
        for piece in bytes.get(range).ok_or(io::ErrorKind::UnexpectedEof)?.chunks(577) {
            let (now, lost) = piece.split_at(piece.len().min(usize::try_from(left).unwrap()));
            take(now)?;
            left -= now.len() as u64;
            if !lost.is_empty() {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
        }
        Ok(())
    }

    fn is_streamed(&self) -> bool {
        self.state().breaks_off.is_some()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn ObjectWriter>> {
        if self.state().objects.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(Box::new(MemoryWriter { objects: self.clone(), name: name.to_string(), bytes: Vec::new() }))
    }
}

struct MemoryWriter {
    objects: MemoryObjects,
    name: String,
    bytes: Vec<u8>,
}

impl Write for MemoryWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ObjectWriter for MemoryWriter {
    fn finish(self: Box<Self>) -> io::Result<()> {
        self.objects.put(&self.name, self.bytes);
        Ok(())
    }
}
