//! Life without a window: runs and schedules go on until one is wished for, or nothing is left to wait for.

use std::time::Duration;

use strongroom::engine::message::Overview;
use strongroom::model::problem::Problem;
use strongroom::ui::{Joined, Reopen, TrayPresence, WindowWaker, Wish, cuts_off};
use tokio::sync::watch;

/// Between two tries to have an engine again.
const RETRY: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Window,
    Quit,
}

pub struct Without<'a> {
    /// The engine that is talked to now.
    pub engine: &'a dyn Fn() -> Joined,
    /// Another one in its place.
    pub reopen: &'a Reopen,
    pub windows: &'a WindowWaker,
    pub tray: &'a TrayPresence,
    /// Also where there is nothing to do: it was started so.
    pub stays: bool,
    /// The system asked for the end.
    pub ended: watch::Receiver<bool>,
}

/// Why waiting came to its end.
enum Woken {
    Next(Next),
    EngineGone,
}

impl Without<'_> {
    pub fn wait(mut self) -> Result<Next, Problem> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(super::system)?;
        loop {
            let engine = (self.engine)();
            match runtime.block_on(self.watch(&engine)) {
                Woken::Next(next) => return Ok(next),
                Woken::EngineGone if engine.own => return Ok(Next::Quit),
                // Another process's: its schedules are ours now.
                Woken::EngineGone => {
                    while let Err(problem) = (self.reopen)() {
                        tracing::warn!("the engine cannot be reached: {problem}");
                        if runtime.block_on(self.has_ended_within(RETRY)) {
                            return Ok(Next::Quit);
                        }
                    }
                }
            }
        }
    }

    async fn watch(&mut self, engine: &Joined) -> Woken {
        let mut overview = engine.handle.overview_changes();
        loop {
            if *self.ended.borrow_and_update() {
                return Woken::Next(Next::Quit);
            }
            if engine.handle.is_closed() {
                return Woken::EngineGone;
            }
            let now = overview.borrow_and_update().clone();
            if let Some(next) = heed(&self.windows.wishes(), &now, engine.own) {
                return Woken::Next(next);
            }
            if !self.stays && !self.tray.was_there() && is_done(&now) {
                return Woken::Next(Next::Quit);
            }
            tokio::select! {
                () = self.windows.wished() => {}
                changed = overview.changed() => if changed.is_err() { return Woken::EngineGone },
                _ = self.ended.changed() => {}
            }
        }
    }

    async fn has_ended_within(&mut self, time: Duration) -> bool {
        let ended = self.ended.wait_for(|ended| *ended);
        tokio::time::timeout(time, ended).await.is_ok()
    }
}

/// What is wished comes to. An end that would cut something off is asked about in a window.
fn heed(wishes: &[Wish], overview: &Overview, owns_engine: bool) -> Option<Next> {
    match wishes {
        [] => None,
        wishes if wishes.contains(&Wish::Quit) && !cuts_off(overview, owns_engine) => Some(Next::Quit),
        _ => Some(Next::Window),
    }
}

/// Nothing runs, and no schedule will ever make something run.
fn is_done(overview: &Overview) -> bool {
    overview.runs.is_empty() && overview.plans.iter().all(|plan| plan.plan.schedules.on().next().is_none())
}
