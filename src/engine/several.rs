//! A backup with several destinations: the one that a run writes to, and those that follow it.

use std::cmp::Reverse;

use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::problem::{Cause, Code, Problem, Warning};
use crate::model::snapshot::VersionId;
use crate::state::history::HIGHEST;

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
    with_newest.sort_by_cached_key(|(newest, location)| (Reverse(newest.clone()), location.path().is_none()));
    Ok(with_newest.into_iter().map(|(_, location)| location).collect())
}

/// The newest version that a destination is known to have, after its number; `None` where it has none.
fn newest(core: &Core, plan: &Plan, location: &Location) -> Result<Option<(u64, VersionId)>, Problem> {
    let known = core.history.known_versions(&plan.id, location).map_err(explain::history)?;
    Ok(known.into_iter().last().map(|(id, sequence)| (sequence, id)))
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
        let highest = core.history.highest_sequence(&plan.id, location).map_err(explain::history)?;
        known.push(Known { location, newest: newest(core, plan, location)?, highest });
    }
    Ok(lagging(&known))
}

/// What a destination is known to have, and to have had.
struct Known<'a> {
    location: &'a Location,
    newest: Option<(u64, VersionId)>,
    /// Also of versions that were deleted since: they are not brought back.
    highest: u64,
}

fn lagging(known: &[Known<'_>]) -> Vec<(Location, Location)> {
    let Some(source) = known.iter().max_by_key(|known| &known.newest) else { return Vec::new() };
    let Some((number, _)) = source.newest else { return Vec::new() };
    // Where somebody has put a version whose number nothing follows, all later ones have the same.
    let lacks = |other: &&Known<'_>| other.highest < number || (number >= HIGHEST && other.newest < source.newest);
    let behind = known.iter().filter(lacks).filter(|other| other.location != source.location);
    behind.map(|other| (source.location.clone(), other.location.clone())).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn newest(number: u64, day: u8) -> Option<(u64, VersionId)> {
        Some((number, VersionId::try_from(format!("202611{day:02}T200000Z-full-5f3a9c2e")).unwrap()))
    }

    #[test]
    fn a_destination_lags_by_what_it_never_had() {
        let [a, b] = ["/a", "/b"].map(Location::local);
        let behind = |newest_of_b, highest| {
            let known =
                [Known { location: &a, newest: newest(7, 7), highest: 7 }, Known { location: &b, newest: newest_of_b, highest }];
            lagging(&known).len()
        };
        assert_eq!(behind(newest(6, 6), 6), 1);
        assert_eq!(behind(None, 0), 1);
        assert_eq!(behind(newest(7, 7), 7), 0);
        assert_eq!(behind(newest(6, 6), 7), 0, "it was deleted there");
        let none = [&a, &b].map(|location| Known { location, newest: None, highest: 0 });
        assert_eq!(lagging(&none), []);
    }

    #[test]
    fn past_the_highest_number_a_destination_lags_all_the_same() {
        let [a, b] = ["/a", "/b"].map(Location::local);
        let at = |location, day| Known { location, newest: newest(HIGHEST, day), highest: HIGHEST };
        assert_eq!(lagging(&[at(&a, 9), at(&b, 8)]), [(a.clone(), b.clone())]);
        assert_eq!(lagging(&[at(&a, 8), at(&b, 9)]), [(b.clone(), a.clone())]);
        assert_eq!(lagging(&[at(&a, 9), at(&b, 9)]), []);
    }
}
