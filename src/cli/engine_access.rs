//! How commands come to an engine.

use std::path::Path;

use crate::engine::Handle;
use crate::model::problem::{Code, Problem};

/// An engine to work with; one that was started for this command ends with it.
pub struct Session {
    handle: Handle,
}

impl Session {
    /// The engine of the home: started here, or attached to where another process holds the home.
    pub fn home() -> Result<Self, Problem> {
        Err(not_yet())
    }

    /// The engine of another home than this person's, keys in files: for the tour.
    pub fn of_home_below(_root: &Path) -> Result<Self, Problem> {
        Err(not_yet())
    }

    /// For reading destinations: needs no lock, so that it works beside anything.
    pub fn guest() -> Result<Self, Problem> {
        Err(not_yet())
    }

    /// For reading the home: its plans and history.
    pub fn reader() -> Result<Self, Problem> {
        Self::home()
    }

    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

fn not_yet() -> Problem {
    Problem::new(Code::Internal, "The engine is not there yet.", "")
}
