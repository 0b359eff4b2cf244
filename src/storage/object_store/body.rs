//! What is sent, in pieces, so that it is seen to move.

use std::fs::File;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use opendal::Buffer;
use tokio::time::Sleep;

use crate::os::at::FileExt;
use crate::storage::throttle::{PIECE, Throttle};

/// What a request brings; it can be sent again.
#[derive(Clone)]
pub enum Content {
    Memory(Buffer),
    /// All of a file, and its length.
    File(Arc<File>, u64),
}

impl Content {
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Memory(buffer) => buffer.is_empty(),
            Self::File(_, length) => *length == 0,
        }
    }
}

pub struct Sent {
    content: Content,
    /// Where in a file the next piece lies.
    at: u64,
    moved: Arc<AtomicU64>,
    throttle: Arc<Throttle>,
    /// The next piece, and until when it waits.
    next: Option<(Bytes, Pin<Box<Sleep>>)>,
}

impl Sent {
    pub fn new(content: Content, moved: Arc<AtomicU64>, throttle: Arc<Throttle>) -> Self {
        Self { content, at: 0, moved, throttle, next: None }
    }

    fn sent(&self, piece: Bytes) -> Frame<Bytes> {
        self.moved.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Frame::data(piece)
    }

    /// Bytes that were not taken yet.
    fn left(&self) -> u64 {
        match &self.content {
            Content::Memory(buffer) => buffer.remaining() as u64,
            Content::File(_, length) => length.saturating_sub(self.at),
        }
    }

    fn take(&mut self, length: usize) -> io::Result<Bytes> {
        match &mut self.content {
            Content::Memory(buffer) => Ok(buffer.copy_to_bytes(length)),
            // Just written, it lies in the system's memory: reading it holds the line's thread up no longer than copying does.
            Content::File(file, _) => {
                let mut piece = vec![0; length];
                file.read_exact_at(&mut piece, self.at)?;
                self.at += length as u64;
                Ok(piece.into())
            }
        }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.next.is_none() {
            let length = usize::try_from(self.left()).unwrap_or(usize::MAX).min(PIECE);
            if length == 0 {
                return Poll::Ready(None);
            }
            let wait = self.throttle.up(length);
            let piece = match self.take(length) {
                Ok(piece) => piece,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
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
        self.left() == 0 && self.next.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let next = self.next.as_ref().map_or(0, |(piece, _)| piece.len());
        SizeHint::with_exact(self.left() + next as u64)
    }
}
