//! "Find a file by name" in a version or archive: asked a moment after the last key, one question at a time.

use crate::engine::{Handle, Pending};
use crate::model::catalog::Row;
use crate::model::problem::Problem;
use crate::model::restore::Origin;

/// Results that are shown at most.
pub const LIMIT: usize = 500;

#[derive(Default)]
pub struct Search {
    pub text: String,
    /// What the results are for.
    asked: String,
    pending: Option<Pending<Vec<Row>>>,
    pub results: Option<Result<Vec<Row>, Problem>>,
}

impl Search {
    pub fn is_active(&self) -> bool {
        !self.text.trim().is_empty()
    }

    /// Whether an answer to what stands in the field is still to come.
    pub fn is_waiting(&self) -> bool {
        self.is_active() && (self.pending.is_some() || self.asked != self.text.trim())
    }

    pub fn forget_results(&mut self) {
        self.asked.clear();
        self.pending = None;
        self.results = None;
    }

    /// Takes in the answer, and asks anew where the text has changed.
    pub fn poll(&mut self, handle: &Handle, origin: &Origin) {
        if let Some(pending) = &mut self.pending {
            match pending.take_ready() {
                Some(answer) => {
                    self.results = Some(answer);
                    self.pending = None;
                }
                None => return,
            }
        }
        let text = self.text.trim();
        if text.is_empty() {
            self.forget_results();
        } else if text != self.asked {
            self.asked = text.to_owned();
            self.pending = Some(handle.find(origin.clone(), text.to_owned(), LIMIT));
        }
    }
}
