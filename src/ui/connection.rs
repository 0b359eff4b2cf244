//! The handle to the engine, and getting a new one when the engine has gone.

use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use super::window::{Joined, Reopen};
use crate::engine::Handle;
use crate::model::problem::Problem;

/// Between two tries.
const RETRY: Duration = Duration::from_secs(2);

pub struct Connection {
    engine: Joined,
    trying: Option<Receiver<Result<Joined, Problem>>>,
    /// When to try again, and why the last try failed.
    failed: Option<(Instant, String)>,
}

impl Connection {
    pub fn new(engine: Joined) -> Self {
        Self { engine, trying: None, failed: None }
    }

    pub fn handle(&self) -> &Handle {
        &self.engine.handle
    }

    /// Whether there is an engine that ends with this process.
    pub fn is_own(&self) -> bool {
        self.engine.own && !self.is_lost()
    }

    pub fn is_lost(&self) -> bool {
        self.engine.handle.is_closed()
    }

    /// What to tell meanwhile.
    pub fn lost(&self) -> Option<&str> {
        if !self.is_lost() {
            return None;
        }
        Some(match &self.failed {
            Some((_, why)) => why,
            None => "The connection to the engine was lost. Connecting again…",
        })
    }

    /// Looks after the connection; `true` when there is a new one.
    pub fn keep(&mut self, reopen: &Reopen, ctx: &egui::Context) -> bool {
        if !self.is_lost() {
            return false;
        }
        match self.trying.as_ref().map(Receiver::try_recv) {
            Some(Ok(Ok(engine))) => {
                *self = Self::new(engine);
                return true;
            }
            Some(Ok(Err(problem))) => {
                self.trying = None;
                self.failed = Some((Instant::now() + RETRY, format!("The engine cannot be reached. {problem}")));
            }
            Some(Err(TryRecvError::Disconnected)) => {
                self.trying = None;
                self.failed = Some((Instant::now() + RETRY, "The engine cannot be reached.".into()));
            }
            Some(Err(TryRecvError::Empty)) => return false,
            None => {}
        }
        if self.failed.as_ref().is_none_or(|(at, _)| *at <= Instant::now()) {
            let (sender, receiver) = channel();
            let (reopen, waking) = (reopen.clone(), ctx.clone());
            let thread = std::thread::Builder::new().name("reopen engine".into()).spawn(move || {
                // The window may have been closed meanwhile.
                let _ = sender.send(reopen());
                waking.request_repaint();
            });
            if thread.is_ok() {
                self.trying = Some(receiver);
            }
        }
        ctx.request_repaint_after(RETRY);
        false
    }
}
