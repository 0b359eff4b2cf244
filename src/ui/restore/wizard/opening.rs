//! Which backups lie in a folder, which versions a backup has, and its key: known to this machine, or typed.

use super::{Lock, Source, Step, Wizard};
use crate::engine::Handle;
use crate::engine::message::Unreadable;
use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::problem::Code;
use crate::model::restore::{Place, VersionChoice};
use crate::model::secret::Secret;
use crate::model::snapshot::{Manifest, VersionId};
use crate::ui::load::Load;

/// Of a backup that is set up here, the destination that is read from: asked for.
pub(super) struct Choosing {
    healthiest: Load<Location>,
    plan: Plan,
    version: Option<VersionId>,
}

impl Wizard {
    /// Where to look; `None` while what was typed is no place.
    pub fn location(&self) -> Option<Location> {
        self.placeholders.typed(&self.destination)
    }

    /// Asks which of a plan's destinations is read from, and opens it there once that is known. `version`: chosen already.
    pub(super) fn choose_destination(&mut self, handle: &Handle, plan: &Plan, version: Option<VersionId>) {
        let wanted = version.clone().map_or(VersionChoice::Latest, VersionChoice::Id);
        let healthiest = Load::Waiting(handle.healthiest(plan.id.clone(), wanted));
        self.choosing = Some(Choosing { healthiest, plan: plan.clone(), version });
    }

    pub(super) fn poll_destination(&mut self, handle: &Handle) {
        let Some(Choosing { healthiest, plan, version }) = self.choosing.take_if(|choosing| choosing.healthiest.poll()) else {
            return;
        };
        // What keeps that from being known is said of the versions too.
        if let Some(location) = healthiest.ready().or(plan.destinations.first()) {
            self.open(handle, Place::of(&plan.id, location), plan.seal.is_some());
            self.version = version;
        }
    }

    /// Looks for backups in the folder that was named.
    pub fn look(&mut self, handle: &Handle) {
        if let Some(location) = self.location() {
            self.plan_chosen = None;
            self.plans = Load::Waiting(handle.plans_at(location));
        }
    }

    /// Lists the versions and, meanwhile, tries the key that this machine may know.
    pub(super) fn open(&mut self, handle: &Handle, place: Place, sealed: bool) {
        self.source = Source::Backup;
        self.needs_password = false;
        self.refused = None;
        self.version = None;
        self.distrusted = false;
        self.forget_tree();
        self.everywhere.forget();
        self.versions = Load::Waiting(handle.version_list(place.clone()));
        self.unreadable = Load::Waiting(handle.unreadable_versions(place.clone()));
        self.relisted = None;
        self.lock = Lock::Trying(if sealed { Load::Waiting(handle.unlock(place.clone())) } else { Load::Ready(()) });
        self.place = Some(place);
    }

    pub(super) fn poll_plans(&mut self) {
        if self.plans.poll()
            && let Some(plans) = self.plans.ready()
        {
            let wanted = plans.iter().position(|plan| Some(&plan.id) == self.wanted.as_ref());
            self.plan_chosen = wanted.or((plans.len() == 1).then_some(0));
        }
    }

    pub(super) fn poll_lists(&mut self) {
        let came = self.versions.poll() | self.unreadable.poll();
        if came && !self.versions.is_waiting() && !self.unreadable.is_waiting() && self.version.is_none() {
            self.version = self.newest().map(|newest| newest.id.clone());
        }
        let Some((versions, unreadable)) = &mut self.relisted else { return };
        versions.poll();
        unreadable.poll();
        if versions.is_waiting() || unreadable.is_waiting() {
            return;
        }
        // Where it could not be listed again the first list stays: each version is judged once more when it is opened.
        if let Some((versions @ Load::Ready(_), unreadable)) = self.relisted.take() {
            (self.versions, self.unreadable) = (versions, unreadable);
            if self.version.is_some() && self.manifest().is_none() && self.step < Step::Progress {
                self.version = None;
                self.distrusted = true;
                self.forget_tree();
                self.step = self.step.min(Step::Version);
            }
        }
    }

    /// The newest version, unless one that cannot be read is newer: who wants an older one in its place chooses it.
    fn newest(&self) -> Option<&Manifest> {
        let newest = self.versions.ready()?.manifests.last()?;
        let newer = |other: &Unreadable| other.id.time().is_some_and(|time| time > newest.started);
        (!self.unreadable.ready().is_some_and(|list| list.iter().any(newer))).then_some(newest)
    }

    pub(super) fn poll_lock(&mut self, handle: &Handle) {
        let Lock::Trying(trying) = &mut self.lock else { return };
        trying.poll();
        let typed = self.place.as_ref().is_some_and(|place| place.secret.is_some());
        match std::mem::take(trying) {
            Load::Ready(()) => {
                self.lock = Lock::Open;
                self.refused = None;
                if let Some(place) = self.place.as_ref().filter(|_| typed) {
                    let versions = Load::Waiting(handle.version_list(place.clone()));
                    self.relisted = Some((versions, Load::Waiting(handle.unreadable_versions(place.clone()))));
                }
                if self.step == Step::Password {
                    self.leave_password();
                }
            }
            Load::Failed(problem) => {
                self.lock = Lock::Closed;
                // A first try is with what this machine knows: only what was typed can be wrong.
                self.needs_password = true;
                self.refused = (typed || problem.code != Code::PasswordNeeded).then_some(problem);
                self.refused_now = typed;
            }
            other => *trying = other,
        }
    }

    /// Tries what was typed: the password or the recovery key.
    pub fn unlock(&mut self, handle: &Handle) {
        if self.password.is_empty() || self.unlocking() {
            return;
        }
        if self.is_archive() {
            self.unlock_file(handle);
        } else if let Some(place) = &mut self.place {
            place.secret = Some(Secret::new(self.password.as_str()));
            self.lock = Lock::Trying(Load::Waiting(handle.unlock(place.clone())));
        }
    }

    /// Opens the backup anew after it could not be read.
    pub fn reopen(&mut self, handle: &Handle) {
        if let Some(place) = self.place.clone() {
            self.open(handle, place, true);
        }
    }

    /// Lists the versions that lie at another destination of the backup.
    pub fn look_at(&mut self, handle: &Handle, location: Location) {
        if let Some(place) = self.place.clone() {
            self.open(handle, Place { location, ..place }, true);
        }
    }

    pub fn is_open(&self) -> bool {
        matches!(self.lock, Lock::Open)
    }

    /// Whether the password has to be typed before files can be seen.
    pub fn asks_password(&self) -> bool {
        matches!(self.lock, Lock::Closed)
    }

    /// Once after each refusal: the moment to give the field the focus again.
    pub fn take_refused_now(&mut self) -> bool {
        std::mem::take(&mut self.refused_now)
    }

    pub fn unlocking(&self) -> bool {
        matches!(self.lock, Lock::Trying(_))
    }
}
