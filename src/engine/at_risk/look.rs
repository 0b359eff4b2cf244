//! A look at what of a plan's sources changed since its last good version.
//!
//! It goes by the times at which things changed. What these do not tell makes the count an "at least": folders that were moved in with what
//! is in them, file systems without such times, times that have not come yet, what could not be looked at.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::beside::Beside;
use super::context::{Context, roots};
use super::holding::Holding;
use crate::archive;
use crate::archive::scan::{Kind, Meta, Reach, Roots, Rules, Visit, Walk, absolute};
use crate::engine::core::{Core, lock};
use crate::engine::destination;
use crate::model::at_risk::{BESIDE, Changed, Exposed, REMEMBERED};
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::run::Cancel;
use crate::model::snapshot::VersionId;
use crate::model::source_spec::SourceSpec;
use crate::os::disk::Written;
use crate::os::folder::{Folder, For};
use crate::os::stat::born;

/// What came of a look.
pub enum Found {
    Measured(Box<Measured>),
    /// What is known still holds, but for what was changed within [`FLUSHED`].
    Stays,
    /// There is no version by which to tell what changed.
    NoVersion,
    /// The sources could not be walked, or it was cancelled.
    Failed,
}

pub struct Measured {
    /// By which it is told what changed.
    pub version: VersionId,
    pub since: Timestamp,
    pub context: Context,
    pub exposed: Exposed,
    /// Of the disks that the sources lie on; `None` where that says nothing.
    pub disks: Option<Disks>,
}

/// What had been written to disks before a walk began.
#[derive(Clone)]
pub struct Disks {
    written: Written,
    at: Instant,
}

/// By then what is changed is written to its disk, also where the system saves power and waits longer than its usual half minute.
pub const FLUSHED: Duration = Duration::from_mins(10);

impl Disks {
    /// Whether nothing has changed on them since, which is seen without waking one that sleeps.
    fn are_as(&self, now: &Written) -> bool {
        self.at.elapsed() >= FLUSHED && self.written.stays_in(now)
    }
}

/// A look that goes on: told of everything that a walk of the plan's sources meets.
pub struct Looking {
    pub plan: PlanId,
    sources: SourceSpec,
    /// In their one form.
    roots: Vec<PathBytes>,
    version: VersionId,
    since: Timestamp,
    context: Context,
    /// What the version's own sources reach, where they were others.
    before: Option<Reach>,
    /// In the order of the context; `None`: holds nothing for certain.
    beside: Vec<Option<Beside>>,
    /// Keys of files with several names that were counted.
    linked: HashSet<u64>,
    exposed: Exposed,
    begun: Instant,
}

impl Looking {
    /// `None` where there is nothing by which to tell what changed.
    pub fn begin(core: &Core, plan: &Plan) -> Option<Self> {
        let now = core.env.clock.now();
        let Holding { version, since, sources, has_gaps } = Holding::find(core, plan, now)?;
        let plans = lock(&core.config).plans.clone();
        let context = Context::of(plan, &plans);
        let mut exposed = Exposed::new(now, context.beside().cloned().collect());
        let was_stricter = |then: &SourceSpec| {
            (then.honour_tags && !plan.sources.honour_tags) || (then.one_file_system && !plan.sources.one_file_system)
        };
        if has_gaps || sources.as_ref().is_none_or(was_stricter) {
            exposed.doubt();
        }
        let before = match sources.filter(|then| *then != plan.sources) {
            Some(then) => Some(Reach::new(&then).ok()?),
            None => None,
        };
        let of = |id: &PlanId| {
            plans.iter().find(|other| other.id == *id).and_then(|other| Beside::of(core, other, &plan.sources, now))
        };
        Some(Self {
            plan: plan.id.clone(),
            beside: context.beside().take(BESIDE).map(of).collect(),
            sources: plan.sources.clone(),
            roots: roots(&plan.sources),
            version,
            since,
            context,
            before,
            linked: HashSet::new(),
            exposed,
            begun: Instant::now(),
        })
    }

    /// `now`: nanoseconds since 1970.
    pub fn found(&mut self, path: &[u8], meta: &Meta, now: &dyn Fn() -> i128) {
        match meta.kind {
            Kind::File => self.file(path, meta, now),
            Kind::Folder if self.was_moved(path, meta, now) => self.exposed.doubt(),
            _ => {}
        }
    }

    /// Something could not be looked at, such as a source that is not there.
    pub fn unreadable(&mut self) {
        self.exposed.doubt();
    }

    pub fn end(self) -> (Measured, Duration) {
        let Self { version, since, context, exposed, begun, .. } = self;
        (Measured { version, since, context, exposed, disks: None }, begun.elapsed())
    }

    fn file(&mut self, path: &[u8], meta: &Meta, now: &dyn Fn() -> i128) {
        if !meta.stable {
            // What was copied here with its old times looks as if it had always been here.
            self.exposed.doubt();
        }
        let changed = meta.changed().as_nanosecond();
        let is_newer = changed > self.since.as_nanosecond();
        // By a clock that went wrong: it says nothing.
        if is_newer && changed > now() {
            return self.exposed.doubt();
        }
        let is_held = |before: &mut Option<Reach>| before.as_mut().is_none_or(|before| before.source_of(path).is_some());
        if !is_newer && is_held(&mut self.before) {
            return;
        }
        let has_names = meta.links > 1 && meta.stable;
        let mut key = DefaultHasher::new();
        if has_names {
            meta.identity().hash(&mut key);
        } else {
            path.hash(&mut key);
        }
        let key = key.finish();
        if has_names {
            if self.linked.len() >= REMEMBERED && !self.linked.contains(&key) {
                // Perhaps it was counted by another name.
                return self.exposed.doubt();
            }
            if !self.linked.insert(key) {
                return;
            }
        }
        let at = i64::try_from(changed).unwrap_or(i64::MAX);
        let beside = self.also_in(path);
        self.exposed.add(Changed { key, bytes: meta.size, at, beside });
    }

    fn also_in(&mut self, path: &[u8]) -> u32 {
        if self.beside.is_empty() {
            return 0;
        }
        let path = PathBytes::new(path);
        let Some(source) = self.roots.iter().find(|root| path.is_within(root.as_bytes())) else { return 0 };
        let holds =
            |beside: &mut Option<Beside>| beside.as_mut().is_some_and(|beside| beside.holds(&path, source, &self.sources));
        self.beside.iter_mut().enumerate().fold(0, |bits, (bit, beside)| bits | (u32::from(holds(beside)) << bit))
    }

    /// Whether a folder that is older was moved or renamed since: what is in it keeps its times. One whose entries changed as well since then
    /// cannot be told.
    fn was_moved(&self, path: &[u8], meta: &Meta, now: &dyn Fn() -> i128) -> bool {
        let (changed, since) = (meta.ctime.as_nanosecond(), self.since.as_nanosecond());
        if !meta.stable || changed <= since || meta.mtime.as_nanosecond() >= changed || changed > now() {
            return false;
        }
        let path = PathBytes::new(path);
        let parent = Folder::open(&absolute(path.parent()).as_path(), For::Reaching);
        let born = parent.ok().and_then(|parent| born(&parent, path.file_name()));
        born.is_none_or(|born| born.as_nanosecond() <= since)
    }
}

/// Walks a plan's sources, unless their disks tell that nothing has changed. `known`: of the walk that what is known comes from. Returns
/// how long that took.
pub fn look(core: &Core, plan: &Plan, known: Option<&Disks>, cancel: &Cancel) -> (Found, Duration) {
    let before = Written::now().map(|written| Disks { written, at: Instant::now() });
    if let (Some(known), Some(before)) = (known, &before)
        && known.are_as(&before.written)
    {
        return (Found::Stays, Duration::ZERO);
    }
    let Some(mut looking) = Looking::begin(core, plan) else { return (Found::NoVersion, Duration::ZERO) };
    let avoid = destination::own_folders_at(core, &plan.destinations);
    let walked = walk(core, plan, &avoid, cancel, &mut looking);
    let (measured, took) = looking.end();
    match walked {
        Ok(devices) => {
            let disks = before.and_then(|before| Some(Disks { written: before.written.to(&devices?)?, ..before }));
            (Found::Measured(Box::new(Measured { disks, ..measured })), took)
        }
        Err(error) => {
            tracing::debug!("what would be lost is not known: {error}");
            (Found::Failed, took)
        }
    }
}

/// Returns the devices that it came to; `None` where something could not be looked at.
fn walk(
    core: &Core,
    plan: &Plan,
    avoid: &[(u64, u64)],
    cancel: &Cancel,
    looking: &mut Looking,
) -> archive::Result<Option<BTreeSet<u64>>> {
    let (rules, roots) = (Rules::new(&plan.sources)?, Roots::new(&plan.sources)?);
    roots.check_readable()?;
    let now = || core.env.clock.now().as_nanosecond();
    let mut devices = Some(BTreeSet::new());
    // Nothing breaks this walk but the cancellation, which is an error.
    let _ = Walk::new(&rules, avoid, cancel).roots(&roots, &mut |visit| {
        match visit {
            Visit::Found { path, meta } => {
                devices.as_mut().map(|devices| devices.insert(meta.device));
                looking.found(path, meta, &now);
            }
            Visit::Unreadable { .. } => {
                devices = None;
                looking.unreadable();
            }
            Visit::LeftOut { .. } => {}
        }
        ControlFlow::Continue(())
    })?;
    Ok(devices)
}
