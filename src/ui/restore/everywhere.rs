//! "A file I find by name" in all versions: asked once the typing pauses; a question that nobody waits for any more is dropped.

use std::time::{Duration, Instant};

use crate::engine::Handle;
use crate::engine::message::FoundEverywhere;
use crate::model::catalog::{FileState, FoundFile};
use crate::model::problem::Problem;
use crate::model::restore::Place;
use crate::ui::load::Load;

/// Files that are shown at most.
pub const LIMIT: usize = 300;
/// How long typing must pause: such a search may look through many versions.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Default)]
pub struct Everywhere {
    pub text: String,
    /// What was last seen in the field, and since when it has stood there.
    typed: Option<(String, Instant)>,
    asked: String,
    answer: Load<FoundEverywhere>,
    /// File, and state of it.
    chosen: Option<(usize, usize)>,
}

/// A line of the list of what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// As it was in the newest version that has it.
    File(usize),
    /// As it was before; these lines show below the file that is chosen.
    State(usize, usize),
}

impl Everywhere {
    pub fn is_active(&self) -> bool {
        !self.text.trim().is_empty()
    }

    /// Whether an answer to what stands in the field is still to come.
    pub fn is_waiting(&self) -> bool {
        self.is_active() && (self.answer.is_waiting() || self.asked != self.text.trim())
    }

    pub fn found(&self) -> Option<&FoundEverywhere> {
        self.answer.ready().filter(|_| !self.is_waiting())
    }

    pub fn problem(&self) -> Option<&Problem> {
        self.answer.problem().filter(|_| !self.is_waiting())
    }

    pub fn forget(&mut self) {
        *self = Self { text: std::mem::take(&mut self.text), ..Self::default() };
    }

    /// Takes in the answer, and asks anew where the text has changed.
    pub fn poll(&mut self, handle: &Handle, place: &Place) {
        if self.answer.poll() && self.answer.ready().is_some_and(|found| !found.files.is_empty()) {
            self.chosen = Some((0, 0));
        }
        let text = self.text.trim();
        if self.typed.as_ref().is_none_or(|(typed, _)| typed != text) {
            self.typed = Some((text.to_owned(), Instant::now()));
        }
        if text.is_empty() {
            self.forget();
        } else if text != self.asked && self.typed.as_ref().is_some_and(|(_, since)| since.elapsed() >= PAUSE) {
            self.asked = text.to_owned();
            self.chosen = None;
            self.answer = Load::Waiting(handle.find_everywhere(place.clone(), text.to_owned(), LIMIT));
        }
    }

    pub fn lines(&self) -> Vec<Line> {
        let files = self.found().map_or(&[][..], |found| &found.files);
        let mut lines = Vec::with_capacity(files.len() + 8);
        for (index, file) in files.iter().enumerate() {
            lines.push(Line::File(index));
            if self.chosen.is_some_and(|(chosen, _)| chosen == index) {
                lines.extend((1..file.states.len()).map(|state| Line::State(index, state)));
            }
        }
        lines
    }

    pub fn get(&self, line: Line) -> Option<(&FoundFile, &FileState)> {
        let (file, state) = at(line);
        let file = self.found()?.files.get(file)?;
        Some((file, file.states.get(state)?))
    }

    pub fn is_chosen(&self, line: Line) -> bool {
        self.chosen == Some(at(line))
    }

    pub fn choose(&mut self, line: Line) {
        self.chosen = Some(at(line));
    }

    /// What is chosen, as it was then.
    pub fn choice(&self) -> Option<(&FoundFile, &FileState)> {
        let (file, state) = self.chosen?;
        self.get(Line::State(file, state))
    }
}

fn at(line: Line) -> (usize, usize) {
    match line {
        Line::File(file) => (file, 0),
        Line::State(file, state) => (file, state),
    }
}
