//! An answer that is asked for again when something changed; the old one stays on screen until the new one is there.

use crate::engine::Pending;
use crate::model::problem::Problem;

pub struct Kept<T> {
    value: Option<Result<T, Problem>>,
    asking: Option<Pending<T>>,
    /// The generation of the overview it was asked at.
    generation: Option<u64>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { value: None, asking: None, generation: None }
    }
}

impl<T> Kept<T> {
    /// Takes in an answer that has come, and asks (again) where the overview's generation is another. `true` at the moment it has come.
    pub fn refresh(&mut self, generation: u64, ask: impl FnOnce() -> Pending<T>) -> bool {
        let mut came = false;
        if let Some(pending) = &mut self.asking {
            let Some(answer) = pending.take_ready() else { return false };
            self.value = Some(answer);
            self.asking = None;
            came = true;
        }
        if self.generation != Some(generation) {
            self.generation = Some(generation);
            self.asking = Some(ask());
        }
        came
    }

    /// Asks again with the next [`refresh`](Self::refresh).
    pub fn outdate(&mut self) {
        self.generation = None;
    }

    pub fn ready(&self) -> Option<&T> {
        self.value.as_ref()?.as_ref().ok()
    }

    pub fn problem(&self) -> Option<&Problem> {
        self.value.as_ref()?.as_ref().err()
    }
}
