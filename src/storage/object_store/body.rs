//! What is sent, in pieces, so that it is seen to move.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use opendal::Buffer;
use tokio::time::Sleep;

use crate::storage::throttle::{PIECE, Throttle};

pub struct Sent {
    left: Buffer,
    moved: Arc<AtomicU64>,
    throttle: Arc<Throttle>,
    /// The next piece, and until when it waits.
    next: Option<(Bytes, Pin<Box<Sleep>>)>,
}

impl Sent {
    pub fn new(body: Buffer, moved: Arc<AtomicU64>, throttle: Arc<Throttle>) -> Self {
        Self { left: body, moved, throttle, next: None }
    }
}

impl Sent {
    fn sent(&self, piece: Bytes) -> Frame<Bytes> {
        self.moved.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Frame::data(piece)
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.next.is_none() {
            let length = self.left.remaining().min(PIECE);
            if length == 0 {
                return Poll::Ready(None);
            }
            let wait = self.throttle.up(length);
            let piece = self.left.copy_to_bytes(length);
            if wait.is_zero() {
                return Poll::Ready(Some(Ok(self.sent(piece))));
            }
            self.next = Some((piece, Box::pin(tokio::time::sleep(wait))));
        }
        if let Some((_, wait)) = &mut self.next
            && wait.as_mut().poll(cx).is_pending()
        {
            return Poll::Pending;
        }
        Poll::Ready(self.next.take().map(|(piece, _)| Ok(self.sent(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.next.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let next = self.next.as_ref().map_or(0, |(piece, _)| piece.len());
        SizeHint::with_exact((self.left.len() + next) as u64)
    }
}
