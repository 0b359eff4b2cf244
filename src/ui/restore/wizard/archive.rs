//! One archive instead of a backup: it has no versions, and says by itself what it holds.

use super::{Lock, PlaceKind, Step, Wizard};
use crate::engine::Handle;
use crate::model::inspection::ArchiveFacts;
use crate::model::path::PathBytes;
use crate::model::problem::Code;
use crate::model::restore::{ArchiveFile, Origin, VersionChoice};
use crate::model::secret::Secret;
use crate::ui::key_slots::KeySlots;
use crate::ui::load::Load;

/// What is restored from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    #[default]
    Backup,
    File,
}

#[derive(Default)]
pub struct FromFile {
    pub path: String,
    /// As it was asked for.
    file: Option<ArchiveFile>,
    /// What it holds; asked for with what is known to open it.
    pub opening: Load<ArchiveFacts>,
    /// It takes a password, whatever is in it.
    pub sealed: bool,
    pub keys: KeySlots,
}

impl Wizard {
    pub fn is_archive(&self) -> bool {
        self.source == Source::File
    }

    /// What an archive holds, once it is read.
    pub fn archive(&self) -> Option<&ArchiveFacts> {
        self.from_file.opening.ready().filter(|_| self.is_archive())
    }

    /// What is browsed and restored from.
    pub fn origin(&self) -> Option<Origin> {
        match self.source {
            Source::File => self.from_file.file.clone().map(Origin::Archive),
            Source::Backup => {
                Some(Origin::Version { place: self.place.clone()?, version: VersionChoice::Id(self.version.clone()?) })
            }
        }
    }

    /// Looks into the file that was named.
    pub fn look_into(&mut self, handle: &Handle, path: PathBytes) {
        self.source = Source::File;
        self.name = String::from_utf8_lossy(path.file_name()).into_owned();
        // An archive does not say where its files were.
        self.place_kind = PlaceKind::Folder;
        // Nothing of a backup that was looked into before.
        (self.place, self.version) = (None, None);
        self.forget_tree();
        (self.needs_password, self.refused, self.any_size) = (false, None, false);
        let typed = std::mem::take(&mut self.from_file.path);
        self.from_file = FromFile { path: typed, ..FromFile::default() };
        self.open_file(handle, ArchiveFile { path, secret: None, keys: None, long_list: false });
    }

    fn open_file(&mut self, handle: &Handle, file: ArchiveFile) {
        self.from_file.opening = Load::Waiting(handle.open_archive(file.clone()));
        self.from_file.file = Some(file);
        self.lock = Lock::Trying(Load::Idle);
    }

    /// Lists it although it holds very much.
    pub fn list_all_the_same(&mut self, handle: &Handle) {
        let Some(file) = self.from_file.file.clone() else { return };
        self.open_file(handle, ArchiveFile { long_list: true, ..file });
    }

    /// Whether it holds so much that it was not listed unasked.
    pub fn is_very_long(&self) -> bool {
        self.from_file.opening.problem().is_some_and(|problem| problem.code == Code::TooMuch)
    }

    /// Tries what was typed.
    pub(super) fn unlock_file(&mut self, handle: &Handle) {
        let Some(file) = &self.from_file.file else { return };
        let secret = Some(Secret::new(self.password.as_str()));
        let file = ArchiveFile { secret, keys: self.from_file.keys.path(), ..file.clone() };
        self.open_file(handle, file);
    }

    pub(super) fn poll_file(&mut self) {
        if !self.from_file.opening.poll() {
            return;
        }
        let typed = self.from_file.file.as_ref().is_some_and(|file| file.secret.is_some());
        match &self.from_file.opening {
            // Asked where the file was named, whatever opened it.
            Load::Failed(problem) if problem.code == Code::TooMuch => {
                self.refused = None;
                self.step = Step::Backup;
            }
            Load::Failed(problem) if problem.code == Code::PasswordNeeded || typed => {
                self.lock = Lock::Closed;
                self.from_file.sealed = true;
                self.needs_password = true;
                self.refused = typed.then(|| problem.clone());
                self.refused_now = typed;
                self.from_file.keys.ask_after(problem);
                self.from_file.opening = Load::Idle;
            }
            Load::Ready(_) => {
                self.lock = Lock::Open;
                self.refused = None;
                if self.step == Step::Password {
                    self.enter_what();
                }
            }
            _ => {}
        }
    }

    /// On from the page where the file was chosen.
    pub(super) fn take_file(&mut self) {
        match self.lock {
            Lock::Open => self.enter_what(),
            _ => self.step = Step::Password,
        }
    }
}
