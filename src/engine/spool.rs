//! What a run has finished waits on this machine for the servers that it goes to: none of them waits for another. Bounded.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::os::at::FileExt;

/// Bytes in all.
const MOST: u64 = 1 << 30;

pub struct Spool(Arc<AtomicU64>);

impl Default for Spool {
    fn default() -> Self {
        Self::of(MOST)
    }
}

impl Spool {
    /// Of so many bytes in all.
    pub fn of(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    /// Begins an object; `None` where nothing can be kept on this machine.
    pub fn begin(&self) -> Option<Spooling> {
        let file = tempfile::tempfile().inspect_err(|error| tracing::debug!("nothing is spooled: {error}")).ok()?;
        Some(Spooling { file, taken: Taken { room: self.0.clone(), bytes: 0 } })
    }
}

/// Room that is given back when this is dropped.
struct Taken {
    room: Arc<AtomicU64>,
    bytes: u64,
}

impl Taken {
    fn more(&mut self, bytes: u64) -> bool {
        let took = self.room.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(bytes)).is_ok();
        self.bytes += if took { bytes } else { 0 };
        took
    }

    fn less(&mut self, bytes: u64) {
        self.room.fetch_add(bytes, Relaxed);
        self.bytes -= bytes;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.room.fetch_add(self.bytes, Relaxed);
    }
}

/// An object on its way in.
pub struct Spooling {
    file: File,
    taken: Taken,
}

impl Spooling {
    /// Keeps some more of it; `false` where there is no room for that, and then nothing of these bytes is kept.
    pub fn keep(&mut self, bytes: &[u8]) -> bool {
        let (at, length) = (self.taken.bytes, bytes.len() as u64);
        if !self.taken.more(length) {
            return false;
        }
        let kept =
            self.file.write_all_at(bytes, at).inspect_err(|error| tracing::debug!("nothing more is spooled: {error}")).is_ok();
        if !kept {
            self.taken.less(length);
        }
        kept
    }

    /// As much of it as there is.
    pub fn finish(self) -> Spooled {
        Spooled { file: Arc::new(self.file), taken: self.taken }
    }
}

/// What is kept of an object. Its room is given back when this is dropped; who reads the file may go on doing so.
pub struct Spooled {
    file: Arc<File>,
    taken: Taken,
}

impl Spooled {
    /// Bytes.
    pub fn size(&self) -> u64 {
        self.taken.bytes
    }

    pub fn file(&self) -> &Arc<File> {
        &self.file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_given_and_its_room_given_back() {
        let spool = Spool::of(3_000_000);
        let content: Vec<u8> = (0..2_500_001u32).map(|n| (n % 251) as u8).collect();
        let mut open = spool.begin().unwrap();
        assert!(content.chunks(70_001).all(|piece| open.keep(piece)));
        assert!(!open.keep(&content[..500_000]), "there is no more room");
        assert!(open.keep(&content[..499_999]), "and nothing was taken by what found none");
        let spooled = open.finish();
        assert_eq!(spooled.size(), 3_000_000);
        let mut read = vec![0; 3_000_000];
        spooled.file().read_exact_at(&mut read, 0).unwrap();
        assert!(read == [&content[..], &content[..499_999]].concat());
        assert!(!spool.begin().unwrap().keep(b"!"));
        drop(spooled);
        assert_eq!(spool.0.load(Relaxed), 3_000_000);
    }
}
