//! All versions of one file: looked at from the tree, and one of them restored.

use super::{Step, Wizard};
use crate::engine::Handle;
use crate::model::catalog::RowKind;
use crate::model::compare::{InVersion, PathHistory};
use crate::model::path::PathBytes;
use crate::ui::load::Load;

pub struct FileHistory {
    /// As the catalog has it.
    pub path: PathBytes,
    pub answer: Load<PathHistory>,
    /// Place among the states.
    pub chosen: Option<usize>,
    /// Not those that are as the version before has them.
    pub only_changed: bool,
}

impl FileHistory {
    /// Places of the states that are shown.
    pub fn lines(&self) -> Vec<usize> {
        let states = self.answer.ready().map_or(&[][..], |history| &history.states);
        let shown = |state: &InVersion| !self.only_changed || is_changed(state);
        states.iter().enumerate().filter(|(_, state)| shown(state)).map(|(index, _)| index).collect()
    }

    /// Why it cannot be gone on with.
    pub fn blocked(&self) -> Option<&'static str> {
        match &self.answer {
            Load::Ready(_) if self.choice().is_some() => None,
            Load::Ready(_) => Some("Choose a version of the file."),
            Load::Failed(_) => Some("The versions could not be looked into."),
            Load::Idle | Load::Waiting(_) => Some("Looking into all versions…"),
        }
    }

    pub fn choice(&self) -> Option<&InVersion> {
        self.answer.ready()?.states.get(self.chosen?)
    }
}

/// Whether the file is another than in the next older version: new, or changed in anything.
pub fn is_changed(state: &InVersion) -> bool {
    state.changed.as_ref().is_none_or(|aspects| !aspects.is_empty())
}

impl Wizard {
    /// Asks for all versions of a file.
    pub fn look_back(&mut self, handle: &Handle, path: PathBytes) {
        let Some(place) = self.place.clone() else { return };
        let absolute = PathBytes::from("/").join(path.as_bytes());
        let answer = Load::Waiting(handle.path_history(place, absolute));
        self.history = Some(FileHistory { path, answer, chosen: None, only_changed: false });
    }

    pub(super) fn poll_history(&mut self) {
        let Some(history) = &mut self.history else { return };
        if history.answer.poll()
            && let Some(answer) = history.answer.ready()
        {
            // The one that was looked at in the tree.
            history.chosen = answer.states.iter().position(|state| Some(&state.version) == self.version.as_ref());
        }
    }

    /// On with the file as the chosen version has it: nothing else is restored.
    pub(super) fn take_history(&mut self) {
        let Some(history) = self.history.take() else { return };
        let Some(state) = history.choice() else { return };
        let weight = (state.side.kind == RowKind::File).then_some(state.side.size).flatten().map(|size| (1, size));
        self.version = Some(state.version.clone());
        self.enter_what();
        self.selection.clear();
        self.selection.set(&history.path, true, weight);
        self.step = Step::Where;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::FileTime;
    use crate::model::compare::{Aspect, Side};
    use crate::model::snapshot::{BackupType, VersionId};

    #[test]
    fn what_is_as_before_can_be_left_out() {
        let state = |hour: i8, changed: Option<Vec<Aspect>>| {
            let started = jiff::civil::date(2026, 11, 21).at(hour, 0, 0, 0).in_tz("UTC").unwrap().timestamp();
            InVersion {
                version: VersionId::new(started, BackupType::Full, [hour as u8; 4]),
                started,
                side: Side {
                    kind: RowKind::File,
                    size: Some(1),
                    mtime: FileTime::default(),
                    mode: 0o644,
                    uid: 0,
                    gid: 0,
                    content: None,
                    target: None,
                    kept: false,
                    torn: false,
                },
                changed,
            }
        };
        let states = vec![state(3, Some(vec![])), state(2, Some(vec![Aspect::Content])), state(1, None)];
        let answer = Load::Ready(PathHistory { states, versions: 3, unreadable: 0 });
        let mut history = FileHistory { path: "a".into(), answer, chosen: None, only_changed: false };
        assert_eq!(history.lines(), [0, 1, 2]);
        history.only_changed = true;
        assert_eq!(history.lines(), [1, 2]);
    }
}
