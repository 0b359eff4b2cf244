//! Ends what takes too long as a whole: a server that sends a byte now and then never runs into the time for one byte.

use std::collections::BTreeMap;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Cuts sockets when their time is over.
pub struct Alarm(Arc<Shared>);

struct Shared {
    armed: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    ended: bool,
    next: u64,
    /// When the watch looks next by itself.
    wakes: Option<Instant>,
    /// Those without a time are at rest.
    armed: BTreeMap<u64, (Option<Instant>, Vec<TcpStream>)>,
}

/// What is under way; dropped when it is done. As long as it is not, its sockets stay open.
pub struct Armed {
    shared: Arc<Shared>,
    id: u64,
}

impl Alarm {
    pub fn new() -> io::Result<Self> {
        let shared = Arc::new(Shared { armed: Mutex::default(), changed: Condvar::new() });
        let watched = shared.clone();
        thread::Builder::new().name("ftp alarm".into()).spawn(move || watched.watch())?;
        Ok(Self(shared))
    }

    /// The sockets are shut down unless what is returned is dropped within that time.
    pub fn arm<'a>(&self, within: Duration, sockets: impl IntoIterator<Item = &'a TcpStream>) -> Armed {
        let sockets = sockets.into_iter().filter_map(|socket| socket.try_clone().ok()).collect();
        let mut state = self.0.lock();
        let id = state.next;
        state.next += 1;
        state.armed.insert(id, (None, sockets));
        drop(state);
        let armed = Armed { shared: self.0.clone(), id };
        armed.within(within);
        armed
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) {
        let mut state = self.lock();
        while !state.ended {
            let now = Instant::now();
            let over: Vec<u64> =
                state.armed.iter().filter(|(_, (at, _))| at.is_some_and(|at| at <= now)).map(|(id, _)| *id).collect();
            for id in over {
                for socket in state.armed.remove(&id).into_iter().flat_map(|(_, sockets)| sockets) {
                    let _ = socket.shutdown(Shutdown::Both);
                }
            }
            let next = state.armed.values().filter_map(|(at, _)| *at).min();
            state.wakes = next;
            state = match next {
                Some(at) => {
                    let left = at.saturating_duration_since(now);
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

impl Armed {
    /// From now on.
    pub fn within(&self, time: Duration) {
        let at = Instant::now() + time;
        let mut state = self.shared.lock();
        if let Some((until, _)) = state.armed.get_mut(&self.id) {
            *until = Some(at);
        }
        if state.wakes.is_none_or(|wakes| at < wakes) {
            self.shared.changed.notify_one();
        }
    }

    /// Nothing is under way.
    pub fn rest(&self) {
        if let Some((until, _)) = self.shared.lock().armed.get_mut(&self.id) {
            *until = None;
        }
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        self.shared.lock().armed.remove(&self.id);
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_one();
    }
}
