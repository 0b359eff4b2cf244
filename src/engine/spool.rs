//! What a run has finished at a server waits on this machine too for the destinations that follow it: they need not fetch it back from
//! there. Bounded; what finds no room here is fetched back.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes in all.
const MOST: u64 = 1 << 30;

pub struct Spool(Arc<AtomicU64>);

impl Default for Spool {
    fn default() -> Self {
        Self::of(MOST)
    }
}

impl Spool {
    fn of(bytes: u64) -> Self {
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
    /// Keeps some more of it; `None` where that does not go: then it is fetched back, and nothing is lost.
    pub fn keep(mut self, bytes: &[u8]) -> Option<Self> {
        (self.taken.more(bytes.len() as u64) && self.file.write_all(bytes).is_ok()).then_some(self)
    }

    pub fn finish(self) -> Spooled {
        Spooled { file: Arc::new(self.file), taken: self.taken }
    }
}

/// An object that is whole. Nothing is left of it once nobody wants it.
pub struct Spooled {
    file: Arc<File>,
    taken: Taken,
}

impl Spooled {
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
    use crate::os::at::FileExt;

    #[test]
    fn what_is_kept_is_given_and_its_room_given_back() {
        let spool = Spool::of(3_000_000);
        let content: Vec<u8> = (0..2_500_001u32).map(|n| (n % 251) as u8).collect();
        let spooled = content.chunks(70_001).fold(spool.begin(), |open, piece| open?.keep(piece)).unwrap().finish();
        assert_eq!(spooled.size(), 2_500_001);
        let mut read = vec![0; content.len()];
        spooled.file().read_exact_at(&mut read, 0).unwrap();
        assert!(read == content && spooled.file().metadata().unwrap().len() == spooled.size());
        assert!(spool.begin().unwrap().keep(&content[..499_999]).is_some());
        assert!(spool.begin().unwrap().keep(&content[..500_000]).is_none(), "there is no more room");
        drop(spooled);
        assert!(spool.begin().unwrap().keep(&content).unwrap().keep(&content[..500_000]).is_none());
        assert_eq!(spool.0.load(Relaxed), 3_000_000);
    }
}
