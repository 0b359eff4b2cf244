//! Why Next is off, in words.

use super::{Lock, PlaceKind, Step, Wizard};
use crate::model::human;
use crate::model::location::form::Lack;
use crate::model::names;
use crate::model::problem::Code;
use crate::model::restore::RestoreCounts;
use crate::ui::load::Load;

impl Wizard {
    /// Why the next step is off, in words.
    pub fn blocked(&self) -> Option<String> {
        let text = match self.step {
            Step::Backup if self.is_archive() => match &self.from_file.opening {
                Load::Idle if self.from_file.sealed && matches!(self.lock, Lock::Closed) => return None,
                Load::Idle if self.from_file.path.trim().is_empty() => "Name the archive file.",
                Load::Idle if !names::is_absolute(&self.from_file.path) => return Some(whole()),
                Load::Idle => "Press Look to see what it holds.",
                Load::Waiting(_) => "Looking through it…",
                Load::Failed(_) if self.is_very_long() => "It is not listed yet.",
                Load::Failed(_) => "Nothing can be restored from this file.",
                Load::Ready(archive) if archive.members == 0 => "There is nothing in it that can be read.",
                Load::Ready(_) => return None,
            },
            Step::Backup => match &self.plans {
                Load::Idle if self.destination.trim().is_empty() => {
                    let name = "Name the folder, drive or server that holds the backup.";
                    return Some(self.server_form.lack().map_or_else(|| name.into(), Lack::in_words));
                }
                Load::Idle if self.location().is_none() => {
                    return Some(self.placeholders.refused(&self.destination).unwrap_or_else(whole));
                }
                Load::Idle => "Press Look to see what lies there.",
                Load::Waiting(_) => "Looking…",
                Load::Failed(_) => "What lies there could not be read.",
                Load::Ready(plans) if plans.is_empty() => "No backup lies in this folder.",
                Load::Ready(_) if self.plan_chosen.is_none() => "Choose one of the backups.",
                Load::Ready(_) => return None,
            },
            Step::Version => match &self.versions {
                Load::Ready(versions) if versions.manifests.is_empty() && !versions.whereabouts.elsewhere.is_empty() => {
                    "No version can be read at this destination."
                }
                Load::Ready(versions) if versions.manifests.is_empty() && !self.has_unreadable() => {
                    "This backup has no versions yet."
                }
                Load::Ready(versions) if versions.manifests.is_empty() => "No version can be read.",
                Load::Ready(_) if self.everywhere.is_active() && !self.asks_password() => return self.blocked_search(),
                Load::Ready(_) if self.distrusted && self.manifest().is_none() => {
                    "The version that was chosen cannot be read after all: choose another."
                }
                Load::Ready(_) if self.manifest().is_none() => "Choose a version.",
                Load::Ready(_) if self.unlocking() => "Opening the backup…",
                Load::Ready(_) => return None,
                Load::Failed(_) => "The versions could not be read.",
                _ => "Reading the versions…",
            },
            Step::Password => match &self.lock {
                Lock::Open => return None,
                Lock::Trying(_) => "Trying it…",
                Lock::Closed if self.password.is_empty() => "Type the password or the recovery key.",
                Lock::Closed => return None,
            },
            Step::What => match &self.history {
                Some(history) => history.blocked()?,
                None if self.selection.is_empty() => "Nothing is chosen yet: tick what you want back.",
                None => return None,
            },
            Step::Where if self.place_kind == PlaceKind::Folder && self.folder.trim().is_empty() => {
                "Name the folder to restore to."
            }
            Step::Where if self.place_kind == PlaceKind::Folder && !names::is_absolute(&self.folder) => return Some(whole()),
            Step::Where => return None,
            Step::Review => match &self.review {
                Load::Ready(counts) => return blocked_by(counts),
                Load::Failed(problem) if problem.code == Code::TooMuch => "It is not unpacked unasked.",
                Load::Failed(_) => "It cannot be restored like this.",
                _ => "Working out what would be done…",
            },
            Step::Progress | Step::Result => return None,
        };
        Some(text.into())
    }
}

impl Wizard {
    /// While a file is searched by its name in all versions.
    fn blocked_search(&self) -> Option<String> {
        let text = match (self.everywhere.found(), self.everywhere.choice()) {
            _ if self.unlocking() => "Opening the backup…",
            _ if self.everywhere.problem().is_some() => "The versions could not be searched.",
            (None, _) => "Searching all versions…",
            (Some(found), _) if found.files.is_empty() => "Nothing of this name was found.",
            (Some(_), None) => "Choose a file.",
            (Some(_), Some(_)) => return None,
        };
        Some(text.into())
    }
}

/// What stands against a restore that would do this.
fn blocked_by(counts: &RestoreCounts) -> Option<String> {
    if counts.created + counts.replaced + counts.beside + counts.folders == 0 {
        return Some("Nothing would be written: all of it is there already.".into());
    }
    match counts.free {
        Some(free) if counts.bytes > free => {
            Some(format!("Not enough room: {} needed, {} free.", human::bytes(counts.bytes), human::bytes(free)))
        }
        _ => None,
    }
}

fn whole() -> String {
    format!("Give the whole path, beginning with {}.", names::BEGINS)
}
