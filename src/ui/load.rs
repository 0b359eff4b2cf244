//! An answer of the engine as a page holds it: not asked for, on its way, there, or a problem.

use crate::engine::Pending;
use crate::model::problem::Problem;

#[derive(Default)]
pub enum Load<T> {
    #[default]
    Idle,
    Waiting(Pending<T>),
    Ready(T),
    Failed(Problem),
}

impl<T> Load<T> {
    /// Looks whether the answer has come; `true` at the moment it has.
    pub fn poll(&mut self) -> bool {
        let Self::Waiting(pending) = self else { return false };
        *self = match pending.take_ready() {
            Some(Ok(value)) => Self::Ready(value),
            Some(Err(problem)) => Self::Failed(problem),
            None => return false,
        };
        true
    }

    pub fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting(_))
    }

    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            _ => None,
        }
    }

    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Failed(problem) => Some(problem),
            _ => None,
        }
    }
}
