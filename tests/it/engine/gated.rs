//! Destinations whose uploads of volumes stand still until a gate is opened, or fail once a number of them has arrived.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex};

use jiff::Timestamp;
use strongroom::model::location::Location;
use strongroom::storage::{Error, Kind, Listed, Room, Storage, Upload};

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

    pub fn of(&self, location: &Location, inner: Arc<dyn Storage>) -> Arc<dyn Storage> {
        Arc::new(Gated { inner, gate: self.gate(location) })
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
            return Err(Error { kind: Kind::ServerAway, context: name.into(), source: io::Error::other("it is gone") });
        }
        state.left -= 1;
        Ok(())
    }

    fn there(&self, name: &str) -> Result<(), Error> {
        let state = self.state.lock().unwrap();
        let is_dead = state.fails && state.left == 0;
        if is_dead {
            Err(Error { kind: Kind::ServerAway, context: name.into(), source: io::Error::other("it is gone") })
        } else {
            Ok(())
        }
    }
}

struct Gated {
    inner: Arc<dyn Storage>,
    gate: Arc<Gate>,
}

impl Storage for Gated {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        self.gate.there(folder)?;
        self.inner.list(folder)
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        self.gate.there(name)?;
        self.inner.size(name)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        self.gate.there(name)?;
        self.inner.read_at(name, offset, buffer)
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        self.gate.there(name)?;
        let inner = self.inner.create(name)?;
        let gate = self.gate.clone();
        Ok(Box::new(Held { inner, gate, name: name.into() }))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.gate.there(name)?;
        self.inner.delete(name)
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        self.gate.there(name)?;
        self.inner.delete_folder(name)
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        self.inner.room()
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        self.inner.sha256_on_medium(name, each)
    }

    fn identity(&self) -> Option<(u64, u64)> {
        self.inner.identity()
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        self.gate.there(folder)?;
        self.inner.sweep_temporary(folder, before)
    }
}

struct Held {
    inner: Box<dyn Upload>,
    gate: Arc<Gate>,
    name: String,
}

impl io::Write for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Upload for Held {
    fn finish(self: Box<Self>) -> Result<(), Error> {
        if self.name.contains("/data/") && self.name.contains("/v0") {
            self.gate.pass(&self.name)?;
        }
        self.inner.finish()
    }
}
