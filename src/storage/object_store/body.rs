//! What is sent, in pieces, so that it is seen to move.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use opendal::Buffer;

/// Handed over at a time.
const PIECE: usize = 64 << 10;

pub struct Sent {
    left: Buffer,
    moved: Arc<AtomicU64>,
}

impl Sent {
    pub fn new(body: Buffer, moved: Arc<AtomicU64>) -> Self {
        Self { left: body, moved }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.left.remaining().min(PIECE);
        if length == 0 {
            return Poll::Ready(None);
        }
        self.moved.fetch_add(length as u64, Ordering::Relaxed);
        let piece = self.left.copy_to_bytes(length);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}
