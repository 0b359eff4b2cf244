//! Destinations whose uploads of volumes stand still until a gate is opened, or fail once a number of them has arrived.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};

use strongroom::model::location::Location;
use strongroom::storage::{Error, Kind, Storage};

use super::passing::{Call, Hooks, Passing};

/// Those that are not named let everything through.
#[derive(Clone, Default)]
pub struct Gates(Arc<Mutex<HashMap<Location, Arc<Gate>>>>);

#[derive(Default)]
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Volumes that still get through.
    left: usize,
    /// Those after them fail, else they wait.
    fails: bool,
}

impl Default for State {
    fn default() -> Self {
        Self { left: usize::MAX, fails: false }
    }
}

impl Gates {
    pub fn gate(&self, location: &Location) -> Arc<Gate> {
        self.0.lock().unwrap().entry(location.clone()).or_default().clone()
    }

    pub fn before(&self, location: &Location, behind: Arc<dyn Storage>) -> Arc<dyn Storage> {
        Arc::new(Passing::with(Gated { behind, gate: self.gate(location) }))
    }
}

impl Gate {
    pub fn close(&self) {
        self.set(State { left: 0, fails: false });
    }

    pub fn open(&self) {
        self.set(State::default());
    }

    /// The destination dies after so many volumes.
    pub fn fail_after(&self, volumes: usize) {
        self.set(State { left: volumes, fails: true });
    }

    fn set(&self, state: State) {
        *self.state.lock().unwrap() = state;
        self.changed.notify_all();
    }

    fn pass(&self, name: &str) -> Result<(), Error> {
        let mut state = self.changed.wait_while(self.state.lock().unwrap(), |state| state.left == 0 && !state.fails).unwrap();
        if state.left == 0 {
            return Err(gone(name));
        }
        state.left -= 1;
        Ok(())
    }

    fn there(&self, name: &str) -> Result<(), Error> {
        let state = self.state.lock().unwrap();
        let is_dead = state.fails && state.left == 0;
        if is_dead { Err(gone(name)) } else { Ok(()) }
    }
}

fn gone(name: &str) -> Error {
    Error::new(Kind::ServerAway, name, "it is gone")
}

struct Gated {
    behind: Arc<dyn Storage>,
    gate: Arc<Gate>,
}

impl Hooks for Gated {
    fn behind(&self) -> &dyn Storage {
        &*self.behind
    }

    fn before(&self, call: Call, name: &str) -> Result<(), Error> {
        match call {
            Call::Room | Call::Sum => Ok(()),
            Call::Look | Call::Read | Call::Change => self.gate.there(name),
        }
    }

    fn before_finish(&self, name: &str) -> Result<(), Error> {
        if name.contains("/data/") && name.contains("/v0") { self.gate.pass(name) } else { Ok(()) }
    }
}
