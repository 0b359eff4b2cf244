//! The review, the run and its end.

use super::{Choice, PlaceKind, Step, Wizard};
use crate::engine::Handle;
use crate::engine::message::Command;
use crate::model::path::PathBytes;
use crate::model::restore::{RestoreSpec, Target};
use crate::ui::context::new_run_id;
use crate::ui::follow::Follow;
use crate::ui::load::Load;

impl Wizard {
    fn spec(&self, dry_run: bool) -> Option<RestoreSpec> {
        let Choice { paths, except } = self.selection.choice()?;
        let target = match self.place_kind {
            PlaceKind::Original => Target::InPlace,
            PlaceKind::Folder => Target::Folder { path: PathBytes::from(self.folder.trim()), full_paths: self.full_paths },
        };
        Some(RestoreSpec {
            from: self.origin()?,
            paths,
            except,
            target,
            conflict: self.conflict,
            dry_run,
            metadata: self.metadata,
            any_size: self.any_size,
        })
    }

    /// Asks what the restore would do, unless that is known.
    pub fn work_out(&mut self, handle: &Handle) {
        let spec = self.spec(true);
        if spec != self.review_of || self.review.ready().is_none() {
            self.review = match &spec {
                Some(spec) => Load::Waiting(handle.plan_restore(spec.clone())),
                None => Load::Idle,
            };
            self.review_of = spec;
        }
    }

    pub(super) fn start(&mut self, handle: &Handle) {
        let Some(spec) = self.spec(false) else { return };
        let run = new_run_id();
        self.following = Some(Follow::new(handle, run));
        match handle.send(Command::Restore { run, spec: Box::new(spec) }) {
            Ok(()) => {
                self.run = Some(run);
                self.cancel_asked = false;
                self.refused_start = None;
                self.step = Step::Progress;
            }
            Err(problem) => self.refused_start = Some(problem),
        }
    }

    pub fn cancel(&mut self, handle: &Handle) {
        if let Some(run) = self.run
            && handle.send(Command::Cancel { run }).is_ok()
        {
            self.cancel_asked = true;
        }
    }

    /// Waits for the end of the run.
    pub(super) fn follow(&mut self, handle: &Handle) {
        if self.step == Step::Progress
            && let Some(report) = self.following.as_mut().and_then(|following| following.poll(handle))
        {
            self.report = Some(report);
            self.following = None;
            self.step = Step::Result;
        }
    }

    /// From the result back to the tree, to restore something else.
    pub fn more(&mut self) {
        (self.run, self.report) = (None, None);
        self.selection.clear();
        self.review_of = None;
        self.step = Step::What;
    }

    /// From what looked like a bomb to a review of all it unpacks to.
    pub fn take_any_size(&mut self, handle: &Handle) {
        self.any_size = true;
        self.again(handle);
    }

    /// From the result back to the review, to try again.
    pub fn again(&mut self, handle: &Handle) {
        (self.run, self.report) = (None, None);
        self.step = Step::Review;
        self.review_of = None;
        self.work_out(handle);
    }
}
