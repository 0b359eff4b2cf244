//! What became of a backup's keys, in words: never anything of the keys themselves.

use crate::model::event::changes;
use crate::model::key::{KeySlot, SlotKind};

use super::super::message::KeyChange;

/// `there`: the slots as they were.
pub fn of(change: &KeyChange, there: &[KeySlot]) -> Vec<String> {
    let had = |kind: SlotKind| there.iter().any(|slot| slot.kind == kind);
    match change {
        KeyChange::Add(secrets) => secrets.each().map(|(kind, _)| changes::added(kind)).collect(),
        KeyChange::Remove { slot } => {
            let kind = there.iter().find(|it| it.id == *slot).map_or("key", |it| it.kind.in_words());
            vec![format!("The {} {slot} opens it no longer", kind.to_lowercase())]
        }
        KeyChange::Replace(secrets) => secrets.each().map(|(kind, _)| changes::replaced(kind, had(kind))).collect(),
        KeyChange::Stretch => vec!["The password is stretched anew".into()],
        KeyChange::Rotate(further) => {
            let mut lines =
                vec!["New versions take a new key".to_owned(), "What opened it before does so no longer, but for one".into()];
            lines.extend(further.each().map(|(kind, _)| changes::added(kind)));
            lines
        }
    }
}
