//! Which versions stay, and why: a pure rule, given the time. Carrying it out is [`super::prune`]'s.
//!
//! - Each part of a rule keeps versions: by age, the last so many, one per hour, day, week, month, year. A version stays if any
//!   part keeps it; without a part that keeps, all stay. 0 is for ever.
//! - Good versions count (complete, or nearly: FORMAT §4). Others stay beside them as long as they are newer than the oldest that
//!   counts, and stand in for an hour or day that has no good one.
//! - Whatever the rule: pinned versions, the last good version and all that is newer, and the minimum stay.
//! - Where versions take more room than allowed, the oldest go until they fit. What must stay wins, and that is said.
//! - A schedule may have a rule for the versions that it made; one that served several schedules stays if one of their rules
//!   keeps it.
//! - Order is by sequence, not by clock. Ages and days are by clock, and so it asks first when the clock looks wrong, and when
//!   more than half would go.
//!
//! What goes, goes oldest first. No version needs another: at a crash in between, those that are left are whole.

mod buckets;
mod common;
mod doubt;
mod judge;
mod parse;
mod reason;
mod rule;
mod simulate;

pub use self::buckets::{Buckets, Every};
pub use self::common::CommonRule;
pub use self::doubt::Doubt;
pub use self::judge::{Judged, Over, Rules, Verdict, Version, VersionState, judge, own_bytes};
pub use self::parse::PARTS;

pub use self::reason::Reason;
pub use self::rule::Retention;
pub use self::simulate::{Month, Simulation, simulate};

#[cfg(test)]
mod tests;
