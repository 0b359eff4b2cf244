//! Sizes of the folders on the first page, measured live: two at a time, anew where the rules change.

use std::collections::BTreeMap;

use super::draft::Draft;
use crate::engine::Handle;
use crate::model::path::PathBytes;
use crate::model::source_spec::{Measured, SourceSpec};
use crate::ui::load::Load;

const AT_ONCE: usize = 2;

#[derive(Default)]
pub struct Measuring {
    rules: SourceSpec,
    sizes: BTreeMap<PathBytes, Load<Measured>>,
}

/// What is ticked, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub measured: Measured,
    /// Whether all that is ticked has been measured.
    pub complete: bool,
}

impl Measuring {
    /// Takes in answers and asks for the next ones; ticked folders come first.
    pub fn poll(&mut self, handle: &Handle, draft: &Draft) {
        let rules = SourceSpec { paths: Vec::new(), ..draft.source_spec() };
        if rules != self.rules {
            self.rules = rules;
            self.sizes.clear();
        }
        for size in self.sizes.values_mut() {
            size.poll();
        }
        let mut asked = self.sizes.values().filter(|size| size.is_waiting()).count();
        let ticked_first = draft.ticked().chain(draft.sources.iter().filter(|source| !source.ticked));
        for source in ticked_first {
            if asked >= AT_ONCE {
                break;
            }
            if !self.sizes.contains_key(&source.path) {
                let rules = SourceSpec { paths: vec![source.path.clone()], ..self.rules.clone() };
                self.sizes.insert(source.path.clone(), Load::Waiting(handle.measure(source.path.clone(), rules)));
                asked += 1;
            }
        }
    }

    pub fn is_waiting(&self) -> bool {
        self.sizes.values().any(Load::is_waiting)
    }

    pub fn size(&self, path: &PathBytes) -> Option<&Load<Measured>> {
        self.sizes.get(path)
    }

    /// A folder within another ticked one counts once.
    pub fn total(&self, draft: &Draft) -> Total {
        let mut total = Total { complete: true, ..Total::default() };
        for root in draft.source_spec().roots() {
            match self.sizes.get(&root) {
                Some(Load::Ready(size)) => {
                    total.measured.files += size.files;
                    total.measured.bytes += size.bytes;
                    total.measured.left_out_files += size.left_out_files;
                    total.measured.left_out_bytes += size.left_out_bytes;
                    total.measured.unreadable += size.unreadable;
                }
                // What cannot be measured is said at its row.
                Some(Load::Failed(_)) => {}
                _ => total.complete = false,
            }
        }
        total
    }
}
