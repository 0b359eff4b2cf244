//! What a plan's last good version holds.

use jiff::Timestamp;

use crate::engine::core::Core;
use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::problem::Cause;
use crate::model::run::{RunDetail, RunReport};
use crate::model::snapshot::VersionId;
use crate::model::source_spec::SourceSpec;

pub struct Holding {
    pub version: VersionId,
    /// What changed later is not in it.
    pub since: Timestamp,
    /// What it was made of; `None`: an older Strongroom made it, and did not note that.
    pub sources: Option<SourceSpec>,
    /// Something could not be read then.
    pub has_gaps: bool,
}

impl Holding {
    /// `None` where a plan has no version, and where it cannot be said what is newer than it: see [`Holding::of`].
    pub fn find(core: &Core, plan: &Plan, now: Timestamp) -> Option<Self> {
        let recent = core.history.recent(&plan.id, now);
        let recent = recent.inspect_err(|error| tracing::warn!("the last good version is not known: {error}")).ok()?;
        let mut run = recent.last_good?;
        if run.warning_count > 0 {
            // With its warnings, as far as they are kept.
            run = core.history.report(run.run).ok().flatten().unwrap_or(run);
        }
        Self::of(core, plan, &run, now)
    }

    /// Of a backup that went well. `None` where a clock went wrong since, or during the run, and where the version was deleted at all of the
    /// plan's destinations.
    pub fn of(core: &Core, plan: &Plan, run: &RunReport, now: Timestamp) -> Option<Self> {
        let RunDetail::Backup { version, .. } = &run.detail else { return None };
        // A run that waited for its turn has looked later than it was asked for, one that went on later than its version is called.
        let since = version.time().map_or(run.started, |named| named.max(run.started));
        if run.started > run.finished || since > now {
            return None;
        }
        let is_at = |place: &Location| {
            core.history.known_versions(&plan.id, place).is_ok_and(|known| known.iter().any(|(known, _)| known == version))
        };
        if !plan.destinations.iter().any(is_at) {
            return None;
        }
        let sources = core.history.sources_of(&plan.id, version);
        let sources = sources.inspect_err(|error| tracing::warn!("what a version was made of is not known: {error}"));
        let was_read = run.warnings.iter().all(|warning| warning.cause != Cause::Unreadable);
        Some(Self {
            version: version.clone(),
            since,
            sources: sources.ok().flatten(),
            has_gaps: !was_read || run.warnings.len() as u64 != run.warning_count,
        })
    }
}
