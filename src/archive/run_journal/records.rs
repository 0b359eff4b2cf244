//! The journal's file: records one after the other, each of which shows whether it is whole.
//!
//! Where the run is sealed the file is a sealed object of its own kind, without a last record. Else it begins with eight bytes and a
//! random key; a record is its length (4 bytes, big-endian), content, and the keyed BLAKE3 of its offset and content.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::Of;
use crate::archive::key::KeyRing;
use crate::archive::seal::{Identity, MAX_RECORD, ObjectKind, Opener, Sealer, record_length};
use crate::os::at::FileExt;
use crate::os::private;

const MAGIC: [u8; 8] = *b"SRUNJRN1";
const KEY: usize = 32;
const PREFIX: usize = 4;
const CHECK: usize = 32;

fn identity(of: &Of) -> Identity<'_> {
    Identity { plan: of.plan.bytes(), version: of.run.as_str(), object: "journal", kind: ObjectKind::Journal }
}

fn checksum(key: &[u8; KEY], offset: u64, content: &[u8]) -> [u8; CHECK] {
    *blake3::Hasher::new_keyed(key).update(&offset.to_be_bytes()).update(content).finalize().as_bytes()
}

/// A file that is written. Never one that was begun before: no two records are ever sealed for the same place of one file.
pub struct Records {
    file: Arc<File>,
    seal: Seal,
    end: u64,
}

enum Seal {
    Sealed(Box<Sealer>),
    Checked([u8; KEY]),
}

impl Records {
    pub fn create(path: &Path, of: &Of, random: &dyn Fn(&mut [u8])) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = private::options().write(true).create(true).truncate(true).open(path)?;
        let mut bytes = [0; KEY];
        random(&mut bytes);
        let (seal, header) = match &of.seal {
            Some((key, cipher)) => {
                let sealer = Sealer::new(key, *cipher, identity(of), bytes);
                let header = sealer.header().to_vec();
                (Seal::Sealed(Box::new(sealer)), header)
            }
            None => (Seal::Checked(bytes), [&MAGIC[..], &bytes].concat()),
        };
        file.write_all_at(&header, 0)?;
        Ok(Self { file: Arc::new(file), seal, end: header.len() as u64 })
    }

    /// For making it durable without holding up who writes.
    pub fn file(&self) -> Arc<File> {
        self.file.clone()
    }

    /// `content`: at most [`MAX_RECORD`] bytes.
    pub fn append(&mut self, mut content: Vec<u8>) -> io::Result<()> {
        if content.len() > MAX_RECORD {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let record = match &self.seal {
            Seal::Sealed(sealer) => {
                sealer.seal(self.end, false, &mut content);
                content
            }
            Seal::Checked(key) => {
                let check = checksum(key, self.end, &content);
                [&(content.len() as u32).to_be_bytes()[..], &content, &check].concat()
            }
        };
        self.file.write_all_at(&record, self.end)?;
        self.end += record.len() as u64;
        Ok(())
    }
}

/// A file that is read.
pub struct Reader {
    file: File,
    open: Open,
    begin: u64,
    size: u64,
}

enum Open {
    Sealed(Box<Opener>),
    Checked([u8; KEY]),
}

impl Reader {
    /// `None` where it is not there, not whole, or another's.
    pub fn open(path: &Path, of: &Of) -> Option<Self> {
        let file = File::open(path).ok()?;
        let size = file.metadata().ok()?.len();
        let (open, begin) = match &of.seal {
            Some((key, _)) => {
                let mut header = vec![0; identity(of).header_length()];
                file.read_exact_at(&mut header, 0).ok()?;
                // This key and no older one: what goes on is sealed with the newest.
                let opener = Opener::new(&KeyRing::new(key.clone()), &header, identity(of), "journal").ok()?;
                (Open::Sealed(Box::new(opener)), header.len())
            }
            None => {
                let mut header = [0; MAGIC.len() + KEY];
                file.read_exact_at(&mut header, 0).ok()?;
                let key = header.strip_prefix(&MAGIC).and_then(|key| key.first_chunk().copied())?;
                (Open::Checked(key), header.len())
            }
        };
        Some(Self { file, open, begin: begin as u64, size })
    }

    pub fn begin(&self) -> u64 {
        self.begin
    }

    /// The record at an offset, and where it ends; `None` where there is none that is whole.
    pub fn read(&self, offset: u64) -> Option<(Vec<u8>, u64)> {
        let mut prefix = [0; PREFIX];
        self.file.read_exact_at(&mut prefix, offset).ok()?;
        let length = match &self.open {
            Open::Sealed(_) => record_length(prefix)?,
            Open::Checked(_) => {
                let content = u32::from_be_bytes(prefix) as usize;
                (content <= MAX_RECORD).then_some(PREFIX + content + CHECK)?
            }
        };
        let end = offset.checked_add(length as u64).filter(|end| *end <= self.size)?;
        let mut record = vec![0; length];
        self.file.read_exact_at(&mut record, offset).ok()?;
        match &self.open {
            Open::Sealed(opener) => {
                // None of ours is a last one.
                let last = opener.open(offset, &mut record).ok()?;
                (!last).then_some((record, end))
            }
            Open::Checked(key) => {
                let (content, check) = record.get(PREFIX..)?.split_last_chunk::<CHECK>()?;
                (checksum(key, offset, content) == *check).then(|| (content.to_vec(), end))
            }
        }
    }
}
