//! Waiting for the end of a run that a page has started, so that the page itself can tell it.

use tokio::sync::broadcast;

use super::load::Load;
use crate::engine::Handle;
use crate::engine::message::Event;
use crate::model::run::{RunId, RunReport};

pub struct Follow {
    run: RunId,
    events: broadcast::Receiver<Event>,
    missed: Load<Option<Box<RunReport>>>,
}

impl Follow {
    /// To be made before the run is asked for.
    pub fn new(handle: &Handle, run: RunId) -> Self {
        Self { run, events: handle.events(), missed: Load::Idle }
    }

    pub fn run(&self) -> RunId {
        self.run
    }

    /// The report, once it has ended.
    pub fn poll(&mut self, handle: &Handle) -> Option<Box<RunReport>> {
        loop {
            match self.events.try_recv() {
                Ok(Event::RunEnded(report)) if report.run == self.run => return Some(report),
                Ok(_) => {}
                Err(broadcast::error::TryRecvError::Lagged(_)) => self.missed = Load::Waiting(handle.report(self.run)),
                // The window is joined to another engine by now: whether it has ended meanwhile stands in the history.
                Err(broadcast::error::TryRecvError::Closed) if !self.missed.is_waiting() => {
                    self.events = handle.events();
                    self.missed = Load::Waiting(handle.report(self.run));
                    break;
                }
                Err(_) => break,
            }
        }
        self.missed.poll();
        match std::mem::take(&mut self.missed) {
            Load::Ready(report) => report,
            other => {
                self.missed = other;
                None
            }
        }
    }
}
