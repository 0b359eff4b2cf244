//! An answer that is taken while it comes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use opendal::{Buffer, HttpBody};
use reqwest::Response;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::timeout;

use super::fault::Fault;
use super::trust;
use crate::storage::throttle::{Throttle, pause};

/// Pieces that may wait to be taken; each is what the line gave at once, some hundred kilobytes at most.
const WAITING: usize = 2;

/// What is still to come of a part of an object.
pub struct Coming {
    pub response: Response,
    /// Bytes that were asked for and have not come yet.
    pub left: u64,
    pub throttle: Arc<Throttle>,
    /// Without a byte.
    pub silence: Duration,
    /// Until all has come.
    pub _line: OwnedSemaphorePermit,
}

impl Coming {
    /// Behind what has come already. A line that breaks gives [`Fault::Cut`]. Called in a task of the store's own threads.
    pub fn after(self, begin: Bytes) -> HttpBody {
        let (to, mut from) = mpsc::channel(WAITING);
        let whole = self.left + begin.len() as u64;
        tokio::spawn(async move {
            if let Err(fault) = self.bring(begin, &to).await {
                // Nobody may want to know any more.
                let _ = to.send(Err(fault.into_error())).await;
            }
        });
        HttpBody::new(futures_util::stream::poll_fn(move |cx| from.poll_recv(cx)), Some(whole))
    }

    async fn bring(mut self, begin: Bytes, to: &Sender<opendal::Result<Buffer>>) -> Result<(), Fault> {
        if !begin.is_empty() && to.send(Ok(begin.into())).await.is_err() {
            return Ok(());
        }
        loop {
            let chunk = match timeout(self.silence, self.response.chunk()).await {
                Ok(chunk) => chunk.map_err(|e| cut(trust::fault(&e)))?,
                Err(_) => return Err(Fault::Cut("it fell silent".into())),
            };
            let Some(chunk) = chunk else {
                return if self.left == 0 { Ok(()) } else { Err(Fault::Cut("it ended before".into())) };
            };
            let Some(left) = self.left.checked_sub(chunk.len() as u64) else {
                return Err(Fault::Strange("more than was asked for".into()));
            };
            self.left = left;
            pause(self.throttle.down(chunk.len())).await;
            if to.send(Ok(chunk.into())).await.is_err() {
                return Ok(());
            }
        }
    }
}

fn cut(fault: Fault) -> Fault {
    match fault {
        Fault::Away(why) => Fault::Cut(why),
        other => other,
    }
}
