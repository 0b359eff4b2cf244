//! A backup with several destinations: the one that a run writes to, and those that follow it.

use std::cmp::Reverse;

use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::problem::{Cause, Code, Problem, Warning};

use super::backup::BackupSpec;
use super::core::Core;
use super::destination::{self, Opened};
use super::explain;
use super::health;

/// Where a run writes, and where what it writes goes as well.
pub struct Chosen {
    pub opened: Opened,
    pub followers: Vec<Location>,
    /// Those that cannot be used now, and why.
    pub away: Vec<(Location, Problem)>,
}

/// Opens the first destination that can be used. The one with the newest version comes first, since that is what the next one builds on;
/// of several a folder before a server, since the others read from there.
///
/// `failed`: destinations that failed in this run already, and why.
pub fn open(core: &Core, spec: &BackupSpec, failed: &[(Location, Problem)]) -> Result<Chosen, Problem> {
    let plan = &spec.plan;
    let (mut left, mut same): (Vec<Location>, _) = (Vec::new(), Vec::new());
    // A plan may have been saved before that was looked at.
    for location in in_order(core, plan)? {
        match location.same_of(&left) {
            Some(known) => same.push((location.clone(), explain::same_place(&location, known))),
            None => left.push(location),
        }
    }
    left.retain(|location| !failed.iter().any(|(known, _)| known == location));
    let mut away = failed.to_vec();
    while !left.is_empty() {
        let location = left.remove(0);
        match destination::open_for_writing(core, plan, &location, &spec.secrets, spec.take_over) {
            Ok(opened) => match opened.folder.check_room() {
                Ok(()) => {
                    away.append(&mut same);
                    return Ok(Chosen { opened, followers: left, away });
                }
                Err(problem) => {
                    health::failed(core, &location, &problem);
                    away.push((location, problem));
                }
            },
            // The same everywhere, and only a person can help.
            Err(problem) if matches!(problem.code, Code::PasswordNeeded | Code::WrongPassword | Code::Cancelled) => {
                return Err(problem);
            }
            Err(problem) => {
                health::failed(core, &location, &problem);
                away.push((location, problem));
            }
        }
    }
    Err(away.into_iter().next().map_or_else(explain::no_destination, |(_, problem)| problem))
}

fn in_order(core: &Core, plan: &Plan) -> Result<Vec<Location>, Problem> {
    let mut with_newest = Vec::new();
    for location in &plan.destinations {
        with_newest.push((newest(core, plan, location)?, location.clone()));
    }
    with_newest.sort_by_key(|(newest, location)| (Reverse(*newest), location.path().is_none()));
    Ok(with_newest.into_iter().map(|(_, location)| location).collect())
}

/// Number of the newest version that a destination is known to have; 0 for none.
fn newest(core: &Core, plan: &Plan, location: &Location) -> Result<u64, Problem> {
    let known = core.history.known_versions(&plan.id, location).map_err(explain::history)?;
    Ok(known.last().map_or(0, |(_, sequence)| *sequence))
}

/// Whether a run that failed where it wrote is worth another try at another destination.
pub fn is_of_one(problem: &Problem) -> bool {
    problem.is_away() || matches!(problem.code, Code::NoRoom | Code::NotWritable | Code::Damaged)
}

/// Destinations that are known to lack versions that another one has: from where, to where. By what this home remembers alone.
pub fn behind(core: &Core, plan: &Plan) -> Result<Vec<(Location, Location)>, Problem> {
    // Asked all the time, and nearly always of one.
    if plan.destinations.len() < 2 {
        return Ok(Vec::new());
    }
    let mut known = Vec::new();
    for location in &plan.destinations {
        // Also of versions that were deleted since: they are not brought back.
        let highest = core.history.highest_sequence(&plan.id, location).map_err(explain::history)?;
        known.push((newest(core, plan, location)?, highest, location));
    }
    let Some((newest, _, source)) = known.iter().max_by_key(|(newest, ..)| *newest) else { return Ok(Vec::new()) };
    let behind = known.iter().filter(|(_, highest, location)| highest < newest && location != source);
    Ok(behind.map(|(.., location)| ((*source).clone(), (*location).clone())).collect())
}

/// The highest number that a version of the plan ever had, wherever it lay.
pub fn highest_sequence(core: &Core, plan: &Plan) -> Result<u64, Problem> {
    let mut highest = 0;
    for location in &plan.destinations {
        highest = highest.max(core.history.highest_sequence(&plan.id, location).map_err(explain::history)?);
    }
    Ok(highest)
}

/// That a destination did not get a version.
pub fn lacks(location: &Location, problem: &Problem) -> Warning {
    Warning::of_all(Cause::Destination, format!("{}: {}", location.display(), problem.what))
}
