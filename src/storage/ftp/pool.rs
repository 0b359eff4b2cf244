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
/// Of the patience, for a server that has never let us in: it may still count lines of ours that ended a moment ago.
const EARLY: u32 = 60;
/// So long an object is on its way over a connection before that is taken from it for another file, between two pieces.
const TURN: Duration = Duration::from_millis(500);
/// An upload that was given nothing for so long makes way for another one.
const IDLE: Duration = Duration::from_secs(2);

pub struct Pool {
    pub gate: Arc<Gate>,
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
    /// Who would have one, and there is none: by when they came, and what for.
    waiting: Vec<(u64, Haste)>,
    /// For who comes next.
    number: u64,
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
    /// To go on with what is written under this path.
    Rest(&'a str),
    /// Not to be waited for.
    AtOnce,
}

/// What may be interrupted for whoever wants a connection, where there are no more to be had.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Haste {
    /// An upload between two of its pieces.
    Question,
    /// The same, once it has had its turn.
    File,
    /// One that nobody gives anything.
    Upload,
    /// None.
    AtOnce,
}

impl Want<'_> {
    fn haste(self) -> Haste {
        match self {
            Self::Anything => Haste::Question,
            Self::File(..) => Haste::File,
            Self::Upload | Self::Rest(_) => Haste::Upload,
            Self::AtOnce => Haste::AtOnce,
        }
    }
}

/// A connection in use; given back when it is dropped.
pub struct Taken {
    pool: Arc<Pool>,
    /// `None` once it is of no use any more.
    session: Option<Session>,
    /// It was used before it was taken.
    pub used: bool,
}

impl Pool {
    /// `files`: on their way at the same time.
    pub fn new(gate: Gate, files: usize) -> Self {
        let most = MOST.max(files + BESIDE);
        let sessions =
            Sessions { idle: Vec::new(), open: 0, most, limit: None, waiting: Vec::new(), number: 0, acted: Instant::now() };
        Self { gate: Arc::new(gate), spare: Spare::default(), sessions: Mutex::new(sessions), freed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something over a connection; what failed only for now, is tried again. Not where nobody has taken a call yet: there nobody need
    /// be, and whoever waits to hear of it is told at once.
    pub fn with<T>(self: &Arc<Self>, want: Want<'_>, mut act: impl FnMut(&mut Session, &Alarm) -> Answer<T>) -> Answer<T> {
        let mut attempts = Attempts::new(&self.gate.patience);
        loop {
            let mut stale = false;
            let acted = self.take(want).and_then(|mut taken| {
                stale = taken.used;
                taken.act(&mut act)
            });
            match acted {
                Err(failure) if self.gate.is_reached() && failure.passes() && attempts.again(stale && failure.ends_line()) => {}
                acted => return acted,
            }
        }
    }

    /// Nobody reads this file through any more.
    pub fn end_reading(&self, path: &str) {
        self.lock().idle.iter_mut().for_each(|session| session.end_reading(path));
    }

    /// `Crowded` where there is none within the patience: where the server never let us in yet, soon. Between two pieces of an upload, and
    /// of what is read, others who wait are given its connection; each in the order in which they came.
    pub fn take(self: &Arc<Self>, want: Want<'_>) -> Answer<Taken> {
        let mut sessions = self.lock();
        let number = sessions.number;
        sessions.number += 1;
        drop(sessions);
        let taken = self.take_in_turn(want, number);
        self.lock().waiting.retain(|(other, _)| *other != number);
        self.freed.notify_all();
        taken
    }

    fn take_in_turn(self: &Arc<Self>, want: Want<'_>, number: u64) -> Answer<Taken> {
        let (began, patience) = (Instant::now(), self.gate.patience);
        let (mut pause, stop) = (patience.pause, Stop::current());
        let mut sessions = self.lock();
        loop {
            let most = sessions.most(patience);
            if let Some(session) = sessions.choose(want, number, most) {
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
                        self.freed.notify_all();
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
                let longest = if self.gate.has_let_in() { patience.whole } else { patience.whole / EARLY };
                let waits = !matches!(want, Want::AtOnce) && began.elapsed() < longest;
                drop(sessions);
                if !waits || !stop.pause(spread(pause)) {
                    return Err(Failure::Crowded(0));
                }
                pause = (pause * 2).min(patience.whole / MANY);
                sessions = self.lock();
                continue;
            }
            // The server lets us have only so many, and a volume may be long on its way: an upload can wait while it goes on.
            let since = if want.haste() == Haste::Upload { sessions.acted.max(began) } else { began };
            let left = patience.whole.saturating_sub(since.elapsed());
            if left.is_zero() || matches!(want, Want::AtOnce) || stop.is_over() {
                return Err(Failure::Crowded(sessions.open));
            }
            if !sessions.waiting.iter().any(|(other, _)| *other == number) {
                sessions.waiting.push((number, want.haste()));
            }
            sessions = self.freed.wait_timeout(sessions, left.min(stop::SLICE)).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The connection over which something is written under this path, or one that is free; none where that takes waiting.
    pub fn at_hand(self: &Arc<Self>, path: &str) -> Option<Taken> {
        let mut sessions = self.lock();
        let own = sessions.idle.iter().position(|session| session.writes(path));
        let index = own.or_else(|| sessions.idle.iter().rposition(Session::is_free))?;
        let session = sessions.idle.remove(index);
        drop(sessions);
        Some(Taken { pool: self.clone(), session: Some(session), used: true })
    }

    /// One that lay idle for long may have been closed by the server.
    fn still_alive(self: &Arc<Self>, session: Session) -> Option<Taken> {
        let long = session.used.elapsed() >= FRESH;
        let mut taken = Taken { pool: self.clone(), session: Some(session), used: true };
        if long && !taken.session.as_mut().is_some_and(|session| !session.is_free() || session.is_alive(&self.gate.alarm)) {
            taken.discard();
            return None;
        }
        Some(taken)
    }

    /// Where one connection was found dead the idle ones are so too; what is written over one, its upload finds out itself.
    fn forget_idle(&self) {
        let mut sessions = self.lock();
        let idle = std::mem::take(&mut sessions.idle).into_iter();
        let (writing, gone) = idle.partition::<Vec<_>, _>(|session| session.written_since().is_some());
        sessions.idle = writing;
        sessions.open -= gone.len();
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

    /// The one that fits best, of those that nobody uses, unless it is due to somebody who has waited for longer. `most`: that there may be.
    fn choose(&mut self, want: Want<'_>, number: u64, most: usize) -> Option<Session> {
        if self.waiting.iter().any(|(other, haste)| *other < number && self.fit(*haste, most).is_some()) {
            return None;
        }
        let own = match want {
            Want::File(path, at) => self.idle.iter().position(|session| session.continues(path, at)),
            Want::Rest(path) => self.idle.iter().position(|session| session.writes(path)),
            Want::Anything | Want::Upload | Want::AtOnce => None,
        };
        let index = own.or_else(|| self.fit(want.haste(), most))?;
        Some(self.idle.remove(index))
    }

    /// Where the one lies that serves for anything new.
    fn fit(&self, haste: Haste, most: usize) -> Option<usize> {
        if let Some(free) = self.idle.iter().rposition(Session::is_free) {
            return Some(free);
        }
        let may_call = self.open < most.min(READING);
        let left = self.idle.iter().position(Session::is_left).filter(|_| !may_call);
        if left.is_some() || self.open < most {
            return left;
        }
        if let Some(reading) = self.idle.iter().position(Session::is_reading) {
            return Some(reading);
        }
        let makes_way = |session: &Session| match (haste, session.written_since()) {
            (Haste::AtOnce, _) | (_, None) => false,
            (Haste::Question, Some(_)) => true,
            (Haste::File, Some(since)) => since.elapsed() >= TURN,
            (Haste::Upload, Some(_)) => session.used.elapsed() >= IDLE,
        };
        self.idle.iter().position(makes_way)
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

    /// Whether something is being written over it under this path.
    pub fn writes(&self, path: &str) -> bool {
        self.session.as_ref().is_some_and(|session| session.writes(path))
    }

    pub fn discard(&mut self) {
        if self.session.take().is_some() {
            self.pool.lock().open -= 1;
            self.pool.freed.notify_all();
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(mut session) = self.session.take() {
            session.used = Instant::now();
            self.pool.lock().idle.push(session);
            self.pool.freed.notify_all();
        }
    }
}
