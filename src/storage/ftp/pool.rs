//! A few connections to one server: FTP carries one file at a time over each.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::alarm::Alarm;
use super::failure::{Answer, Failure};
use super::log_in::Gate;
use super::patience::{Attempts, Patience};
use super::session::Session;
use super::tail::Spare;
use crate::storage::backoff::spread;
use crate::storage::stop::{self, Stop};

/// Connections at once, where no more files than that are to be on their way.
const MOST: usize = 8;
/// Beside those that carry files, for what is asked meanwhile.
const BESIDE: usize = 2;
/// So many may stand in the middle of a file each, before one of them is taken from it for something else.
const READING: usize = 4;
/// Servers close a connection over which nothing is asked: after this time it is first looked whether it is still there.
const FRESH: Duration = Duration::from_secs(20);
/// At least so many times it is tried within the patience, where a server lets nobody in for now.
const MANY: u32 = 6;

pub struct Pool {
    pub gate: Gate,
    pub spare: Spare,
    sessions: Mutex<Sessions>,
    freed: Condvar,
}

struct Sessions {
    /// Nobody uses them, the one that was used last at the end.
    idle: Vec<Session>,
    /// All that there are, also those in use.
    open: usize,
    /// As many as we would have,
    most: usize,
    /// and what the server let us have, when it last said no. Others may have been there then, or dead ones of ours that it still counted.
    limit: Option<(usize, Instant)>,
    /// Who would have one, and there is none.
    waiting: usize,
    /// When something was done over one of them.
    acted: Instant,
}

/// What a connection is wanted for.
#[derive(Clone, Copy)]
pub enum Want<'a> {
    Anything,
    /// To read a file from a byte on.
    File(&'a str, u64),
    Upload,
    /// Not to be waited for.
    AtOnce,
}

/// A connection in use; given back when it is dropped.
pub struct Taken {
    pool: Arc<Pool>,
    /// `None` once it is of no use any more.
    session: Option<Session>,
    /// It was used before, and not since it was taken.
    pub used: bool,
}

impl Pool {
    /// `files`: on their way at the same time.
    pub fn new(gate: Gate, files: usize) -> Self {
        let most = MOST.max(files + BESIDE);
        let sessions = Sessions { idle: Vec::new(), open: 0, most, limit: None, waiting: 0, acted: Instant::now() };
        Self { gate, spare: Spare::default(), sessions: Mutex::new(sessions), freed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something over a connection; what failed only for now, is tried again. Not where nobody has taken a call yet: there nobody need
    /// be, and whoever waits to hear of it is told at once.
    pub fn with<T>(self: &Arc<Self>, want: Want<'_>, act: impl FnMut(&mut Session, &Alarm) -> Answer<T>) -> Answer<T> {
        self.holding(&mut None, want, act)
    }

    /// The same over a connection that is held from one time to the next: nobody else takes it in between.
    pub fn holding<T>(
        self: &Arc<Self>,
        held: &mut Option<Taken>,
        want: Want<'_>,
        mut act: impl FnMut(&mut Session, &Alarm) -> Answer<T>,
    ) -> Answer<T> {
        let mut attempts = Attempts::new(&self.gate.patience);
        loop {
            let mut stale = false;
            let taken = held.take().filter(Taken::is_usable).map_or_else(|| self.take(want), Ok);
            let acted = taken.and_then(|mut taken| {
                stale = taken.used;
                let acted = taken.act(&mut act)?;
                taken.used = false;
                *held = Some(taken);
                Ok(acted)
            });
            match acted {
                Err(failure) if self.gate.is_reached() && failure.passes() && attempts.again(stale && failure.ends_line()) => {}
                acted => return acted,
            }
        }
    }

    /// Whether somebody waits for a connection: what is held could be given up.
    pub fn is_short(&self) -> bool {
        self.lock().waiting > 0
    }

    /// `Crowded` where there is none within the patience: where the server never let us in yet, at once.
    pub fn take(self: &Arc<Self>, want: Want<'_>) -> Answer<Taken> {
        let (began, patience) = (Instant::now(), self.gate.patience);
        let (mut pause, stop) = (patience.pause, Stop::current());
        let mut sessions = self.lock();
        loop {
            let most = sessions.most(patience);
            if let Some(session) = sessions.choose(want, most) {
                drop(sessions);
                if let Some(taken) = self.still_alive(session) {
                    return Ok(taken);
                }
                sessions = self.lock();
                continue;
            }
            if sessions.open < most {
                sessions.open += 1;
                drop(sessions);
                match self.gate.connect() {
                    Ok(session) => return Ok(Taken { pool: self.clone(), session: Some(session), used: false }),
                    Err(failure) => {
                        sessions = self.lock();
                        sessions.open -= 1;
                        self.freed.notify_one();
                        if !failure.is_crowded() {
                            return Err(failure);
                        }
                    }
                }
                if sessions.open > 0 {
                    sessions.limit = Some((sessions.open, Instant::now()));
                    continue;
                }
                // Others have all that there are, or it still counts lines of ours that were cut.
                let waits = self.gate.has_let_in() && !matches!(want, Want::AtOnce) && began.elapsed() < patience.whole;
                drop(sessions);
                if !waits || !stop.pause(spread(pause)) {
                    return Err(Failure::Crowded(0));
                }
                pause = (pause * 2).min(patience.whole / MANY);
                sessions = self.lock();
                continue;
            }
            // The server lets us have only so many, and a volume may be long on its way: an upload can wait while it goes on.
            let since = if matches!(want, Want::Upload) { sessions.acted.max(began) } else { began };
            let left = patience.whole.saturating_sub(since.elapsed());
            if left.is_zero() || matches!(want, Want::AtOnce) || stop.is_over() {
                return Err(Failure::Crowded(sessions.open));
            }
            sessions.waiting += 1;
            sessions = self.freed.wait_timeout(sessions, left.min(stop::SLICE)).unwrap_or_else(PoisonError::into_inner).0;
            sessions.waiting -= 1;
        }
    }

    /// One that lay idle for long may have been closed by the server.
    fn still_alive(self: &Arc<Self>, session: Session) -> Option<Taken> {
        let long = session.used.elapsed() >= FRESH;
        let mut taken = Taken { pool: self.clone(), session: Some(session), used: true };
        if long && !taken.session.as_mut().is_some_and(|session| session.is_reading() || session.is_alive(&self.gate.alarm)) {
            taken.discard();
            return None;
        }
        Some(taken)
    }

    /// Where one connection was found dead the idle ones are so too.
    fn forget_idle(&self) {
        let mut sessions = self.lock();
        let idle = std::mem::take(&mut sessions.idle);
        sessions.open -= idle.len();
        drop(sessions);
        self.freed.notify_all();
    }
}

impl Sessions {
    /// What the server lets us have, as far as we know: after a while it may be more than last time.
    fn most(&self, patience: Patience) -> usize {
        match self.limit {
            Some((limit, since)) if since.elapsed() < patience.whole => limit.min(self.most),
            _ => self.most,
        }
    }

    /// The one that fits best, of those that nobody uses. `most`: that there may be.
    fn choose(&mut self, want: Want<'_>, most: usize) -> Option<Session> {
        if let Want::File(path, at) = want
            && let Some(index) = self.idle.iter().position(|session| session.continues(path, at))
        {
            return Some(self.idle.remove(index));
        }
        if let Some(index) = self.idle.iter().rposition(|session| !session.is_reading()) {
            return Some(self.idle.remove(index));
        }
        let may_call = self.open < most.min(READING);
        (!may_call && !self.idle.is_empty()).then(|| self.idle.remove(0))
    }
}

impl Taken {
    /// Does something over it; where that ends the connection, it is gone.
    pub fn act<T>(&mut self, act: impl FnOnce(&mut Session, &Alarm) -> Answer<T>) -> Answer<T> {
        let Some(session) = &mut self.session else { return Err(Failure::lost("the connection is gone")) };
        let acted = act(session, &self.pool.gate.alarm);
        self.pool.lock().acted = Instant::now();
        if acted.as_ref().is_err_and(Failure::ends_line) {
            self.discard();
            if self.used {
                self.pool.forget_idle();
            }
        }
        acted
    }

    pub fn is_usable(&self) -> bool {
        self.session.is_some()
    }

    pub fn discard(&mut self) {
        if self.session.take().is_some() {
            self.pool.lock().open -= 1;
            self.pool.freed.notify_one();
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(mut session) = self.session.take() {
            session.used = Instant::now();
            self.pool.lock().idle.push(session);
            self.pool.freed.notify_one();
        }
    }
}
