//! One process at a time holds a home.

use super::Result;
use super::paths::Home;

/// Held until dropped, or until the process ends, however it ends.
#[derive(Debug)]
pub struct HomeLock;

impl HomeLock {
    /// `None` where another process holds it.
    pub fn try_take(_home: &Home) -> Result<Option<Self>> {
        todo!()
    }
}
