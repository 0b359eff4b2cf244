//! What is to be sent waits on this machine until it has arrived: servers want its length first, and what broke is sent again.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

use crc_fast::CrcAlgorithm::Crc32IsoHdlc;
use crc_fast::Digest;

use crate::os::at::FileExt;

use super::stop::Stop;
use super::{Error, Kind, Upload, read_in_pieces};

/// Bytes of what waits in memory; what is longer waits in a file without a name.
const IN_MEMORY: usize = 1 << 20;
/// Read at a time.
const PIECE: usize = 1 << 20;

/// Bytes in the order in which they were written.
pub struct Spool {
    waits: Waits,
    length: u64,
    /// CRC-32 as in zip and PNG, which S3 compares.
    crc32: Digest,
}

impl Default for Spool {
    fn default() -> Self {
        Self { waits: Waits::default(), length: 0, crc32: Digest::new(Crc32IsoHdlc) }
    }
}

pub enum Waits {
    Memory(Vec<u8>),
    File(Arc<File>),
    /// In a file that is there for another reason, from its beginning.
    Lies(Arc<File>),
}

impl Default for Waits {
    fn default() -> Self {
        Self::Memory(Vec::new())
    }
}

impl Spool {
    /// What will be written lies in this file too, from its beginning: it is read from there again. Nothing was written yet.
    pub fn lies_in(&mut self, file: &Arc<File>) {
        self.waits = Waits::Lies(file.clone());
    }

    /// Bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Of all that was written.
    pub fn crc32(&self) -> u32 {
        // In the low half.
        self.crc32.finalize() as u32
    }

    /// All of it from the beginning, once more.
    pub fn reader(&self) -> Reader<'_> {
        Reader { spool: self, at: 0, crc32: Digest::new(Crc32IsoHdlc) }
    }

    /// Writes all of it to an upload, as long as somebody wants it. `name`: for errors.
    pub fn send_to(&self, name: &str, upload: &mut dyn Upload) -> Result<(), Error> {
        let (mut reader, stop) = (self.reader(), Stop::current());
        let is_wanted = || if stop.is_over() { Err(Error::new(Kind::Cancelled, name, "cancelled")) } else { Ok(()) };
        let mut send = |piece: &[u8]| upload.write_all(piece).map_err(|e| Error::from_io(name, e));
        read_in_pieces(PIECE, 0, self.length, &mut send, |_, piece| {
            is_wanted()?;
            reader.read_exact(piece).map_err(|e| Error::of_spool(name, e))
        })?;
        is_wanted()
    }

    pub fn into_waits(self) -> Waits {
        self.waits
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        match &self.waits {
            Waits::Memory(bytes) => {
                let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
                buffer.copy_from_slice(rest.get(..buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
            Waits::File(file) | Waits::Lies(file) => file.read_exact_at(buffer, at),
        }
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.waits {
            Waits::Memory(before) if before.len() + bytes.len() <= IN_MEMORY => before.extend_from_slice(bytes),
            Waits::Memory(before) => {
                let file = tempfile::tempfile()?;
                (&file).write_all(before)?;
                (&file).write_all(bytes)?;
                self.waits = Waits::File(Arc::new(file));
            }
            Waits::File(file) => (&**file).write_all(bytes)?,
            Waits::Lies(_) => {}
        }
        self.crc32.update(bytes);
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives less than all, and then an error, where what lies in another's file is not what was written.
pub struct Reader<'a> {
    spool: &'a Spool,
    at: u64,
    crc32: Digest,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.spool.length - self.at;
        let length = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let piece = buffer.get_mut(..length).unwrap_or_default();
        self.spool.read_at(self.at, piece)?;
        if matches!(self.spool.waits, Waits::Lies(_)) {
            self.crc32.update(piece);
            if length as u64 == left && self.crc32.finalize() != self.spool.crc32.finalize() {
                return Err(io::Error::other("it has changed since it was read"));
            }
        }
        self.at += length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n % 251) as u8).collect()
    }

    fn read(spool: &Spool) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        spool.reader().read_to_end(&mut all).map(|_| all)
    }

    #[test]
    fn what_was_written_is_read_as_often_as_wanted() {
        for length in [0, 1, IN_MEMORY, IN_MEMORY + 1, 3 * IN_MEMORY + 7] {
            let bytes = bytes(length);
            let mut spool = Spool::default();
            bytes.chunks(300_001).for_each(|piece| spool.write_all(piece).unwrap());
            assert_eq!((spool.length(), spool.crc32()), (length as u64, crc_fast::crc32_iso_hdlc(&bytes)));
            assert!(read(&spool).unwrap() == bytes && read(&spool).unwrap() == bytes, "{length}");
            assert_eq!(matches!(spool.into_waits(), Waits::Memory(_)), length <= IN_MEMORY);
        }
    }

    #[test]
    fn what_lies_elsewhere_is_read_there_and_must_be_the_same() {
        let bytes = bytes(2_000_000);
        let file = Arc::new(tempfile::tempfile().unwrap());
        (&*file).write_all(&bytes).unwrap();
        let mut spool = Spool::default();
        spool.lies_in(&file);
        spool.write_all(&bytes).unwrap();
        assert!(read(&spool).unwrap() == bytes);
        file.write_all_at(b"!", 7).unwrap();
        let mut some = Vec::new();
        assert_eq!(spool.reader().read_to_end(&mut some).unwrap_err().to_string(), "it has changed since it was read");
        assert!((some.len() as u64) < spool.length(), "what was promised is not sent whole");
        file.set_len(1_000_000).unwrap();
        assert_eq!(read(&spool).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
