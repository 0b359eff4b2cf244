//! When a plan runs by itself: pure rules, given the time.
//!
//! A plan has any number of schedules. Each says when ([`When`]) and as what type its runs are made; [`decide`] says what is to
//! run now, and when to ask again.
//!
//! **Times of day** are the clock's on the wall, in the zone that the machine is in now.
//! - A time that the clocks skip runs at the first moment after the gap, one that comes twice runs at the first. So does a whole
//!   day that a zone leaves out.
//! - Every time of every day runs once. Travelling west, where a time comes again that ran already, it does not run again;
//!   travelling east, what the clock passed over is made up.
//! - What comes every hour or oftener (hourly, cron with every hour) follows the minutes as they pass instead: through both
//!   halves of a doubled hour, past minutes that are skipped.
//!
//! **Every N hours** is reckoned from when the last run began.
//!
//! **What was missed** (machine off, asleep, paused) is due at once, and once, however much of it there was.
//!
//! **Several that fall together** run once, as the strongest type: full, differential, incremental, automatic. Automatic is
//! weakest as it asks for nothing that the others do not give: a new version.
//!
//! **A run that failed** is tried again after 5 and 15 minutes, 1, 4 and 12 hours, then daily, or at the schedule's next time if
//! that comes first; what comes oftener than every half hour slows to that as long as it fails. What follows an event is tried
//! five times.
//!
//! **A clock that was put back** leaves runs that lie in the future. One swallows at most one time of its schedule, and at most
//! 26 hours (two systems on a machine that keep its clock differently are never further apart). Whatever lies further ahead says
//! nothing: the schedule is due at once, and goes on from there.

mod cron;
mod days;
mod decide;
mod due;
mod entry;
mod list;
mod occurrence;
mod old;
mod parse;
mod past;
mod rhythm;
mod times;
mod upcoming;
mod when;
mod words;

pub use self::cron::Cron;
pub use self::days::{MonthDay, MonthDays, Nth, Weekdays};
pub use self::decide::{Decision, DueRun, decide, dues};
pub use self::due::{Changes, Due, DueBecause, Plugged, Signals, due};
pub use self::entry::{Schedule, ScheduleId};
pub use self::list::Schedules;
pub use self::occurrence::Stamp;
pub use self::parse::{adjust, parse};
pub use self::past::{Attempt, Past};
pub use self::times::TimesOfDay;
pub use self::upcoming::Upcoming;
pub use self::when::{LONGEST, When};

#[cfg(test)]
mod tests;
