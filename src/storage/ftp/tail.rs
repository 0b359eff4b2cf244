//! The end of what was written, as far as it may be needed once more.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that are sent at a time.
pub const PIECE: usize = 256 << 10;
/// Bytes that are kept after they were sent: what may lie between us and the server's disk when the line is cut.
const KEPT: usize = 8 << 20;

/// Memory of uploads that are over, for those to come: the system need not give and clear it anew for each.
#[derive(Clone, Default)]
pub struct Spare(Arc<Mutex<Vec<Vec<u8>>>>);

pub struct Tail {
    /// Each but the last has the size of a piece.
    pieces: VecDeque<Vec<u8>>,
    /// Where in the file they begin.
    from: u64,
    end: u64,
    spare: Spare,
}

impl Tail {
    pub fn new(spare: Spare) -> Self {
        Self { pieces: VecDeque::new(), from: 0, end: 0, spare }
    }

    /// How much was written.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Takes as many bytes as the last piece has room for.
    pub fn add(&mut self, bytes: &[u8]) -> usize {
        if self.pieces.back().is_none_or(|last| last.len() >= PIECE) {
            let piece = self.next();
            self.pieces.push_back(piece);
        }
        let Some(last) = self.pieces.back_mut() else { return 0 };
        let taken = bytes.get(..bytes.len().min(PIECE - last.len())).unwrap_or_default();
        last.extend_from_slice(taken);
        self.end += taken.len() as u64;
        taken.len()
    }

    /// An empty piece; what is so old that it has arrived makes way for it.
    fn next(&mut self) -> Vec<u8> {
        if self.pieces.len() * PIECE > KEPT
            && let Some(mut old) = self.pieces.pop_front()
        {
            self.from += old.len() as u64;
            old.clear();
            return old;
        }
        let spare = self.spare.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // Small objects need no more than they have; those that come this far need whole ones.
        spare.unwrap_or_else(|| if self.pieces.is_empty() { Vec::new() } else { Vec::with_capacity(PIECE) })
    }

    /// Up to a piece of what follows a byte of the file; `None` where that is not kept any more, or was never there.
    pub fn after(&self, at: u64) -> Option<&[u8]> {
        let at = usize::try_from(at.checked_sub(self.from)?).ok()?;
        match self.pieces.get(at / PIECE) {
            Some(piece) => piece.get(at % PIECE..),
            None => (self.from + at as u64 == self.end).then_some(&[]),
        }
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let mut spare = self.spare.0.lock().unwrap_or_else(PoisonError::into_inner);
        for mut piece in self.pieces.drain(..).filter(|piece| piece.capacity() >= PIECE) {
            if spare.len() * PIECE > KEPT {
                break;
            }
            piece.clear();
            spare.push(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail_of(bytes: &[u8]) -> Tail {
        let mut tail = Tail::new(Spare::default());
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = &rest[tail.add(rest)..];
        }
        tail
    }

    #[test]
    fn the_end_of_what_was_written_is_kept() {
        let spare = Spare::default();
        let mut tail = Tail::new(spare.clone());
        let bytes: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut rest = bytes.as_slice();
        assert_eq!(tail.after(0), Some([].as_slice()));
        while !rest.is_empty() {
            let taken = tail.add(rest.get(..300_001).unwrap_or(rest));
            assert!(taken > 0);
            rest = &rest[taken..];
        }
        assert_eq!(tail.end, 12_000_000);
        let oldest = tail.from;
        assert!(oldest > 0 && tail.end - oldest >= KEPT as u64 && tail.after(oldest - 1).is_none());
        for at in [oldest, oldest + 1, 11_000_000, 11_999_999] {
            let kept = tail.after(at).unwrap();
            assert!(!kept.is_empty() && kept == &bytes[at as usize..at as usize + kept.len()], "{at}");
        }
        drop(tail);
        let mut tail = Tail::new(spare);
        assert_eq!((tail.add(b"anew"), tail.after(0)), (4, Some(b"anew".as_slice())));
        drop(tail);
        let tail = tail_of(&bytes);
        assert_eq!((tail.after(12_000_000), tail.after(12_000_001)), (Some([].as_slice()), None));
    }
}
