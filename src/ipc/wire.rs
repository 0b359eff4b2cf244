//! What goes over the socket.

use serde::{Deserialize, Serialize};

use crate::engine::message::{Answer, Command, Event, Overview, Question, RunProgress};
use crate::model::problem::Problem;

/// Counted up with every change of these types, or of any that they carry.
pub const PROTOCOL: u32 = 8;

/// The first frame in both directions; the attaching side begins. Its shape never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol that is spoken.
    pub strongroom: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum ToEngine {
    Command(Command),
    /// `id` is the asking side's own; the answer carries it.
    Ask {
        id: u64,
        question: Question,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub enum FromEngine {
    /// The first one follows the hello.
    Overview(Box<Overview>),
    Event(Event),
    /// All runs there are; what is not named has ended.
    Progress(Vec<RunProgress>),
    Answer {
        id: u64,
        answer: Result<Answer, Problem>,
    },
}
