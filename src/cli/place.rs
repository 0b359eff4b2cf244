//! Which backup is meant, and how its password is come by.

use super::plan::find_plan;
use super::{args, parse, password, server};
use crate::engine::Handle;
use crate::engine::message::PlanAt;
use crate::model::location::Location;
use crate::model::marker;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Place, PlanChoice, VersionChoice};
use crate::model::secret::Secret;

/// Which backup is meant; without its password. The engine is told of its server.
pub fn place(handle: &Handle, from: &args::Origin) -> Result<Place, Problem> {
    let location = parse::destination(&from.from)?;
    server::tell(handle, &location, &from.there.server, false)?;
    Ok(at(location, from))
}

/// The same of a destination whose server the engine has been told of.
pub fn at(location: Location, from: &args::Origin) -> Place {
    if from.there.plan.is_none()
        && let Some(place) = of_own_folder(&location)
    {
        return place;
    }
    Place {
        location,
        plan: match &from.there.plan {
            None => PlanChoice::Only,
            Some(text) => match PlanId::try_from(text.clone()) {
                Ok(id) => PlanChoice::Id(id),
                Err(_) => PlanChoice::Name(text.clone()),
            },
        },
        secret: None,
    }
}

/// The backup that is read; without its password. `wanted`: what of it.
pub fn read(handle: &Handle, from: &args::Reading, wanted: &VersionChoice) -> Result<Place, Problem> {
    match from.origin() {
        Some(origin) => place(handle, &origin),
        None => {
            let plan = plan_named(handle, from)?;
            Ok(Place::of(&plan.id, &handle.healthiest(plan.id.clone(), wanted.clone()).wait()?))
        }
    }
}

/// The plan that is named where no destination is. The engine is told of its servers.
pub fn plan_named(handle: &Handle, from: &args::Reading) -> Result<Plan, Problem> {
    let overview = handle.overview();
    let found = find_plan(&overview, from.name()).map_err(|problem| match problem.code {
        Code::NothingThere => Problem { fix: format!("{} A destination is given by --from.", problem.fix), ..problem },
        _ => problem,
    });
    let plan = found?.plan.clone();
    server::tell_of_plans(handle, &plan.destinations, &plan.destinations, &from.there.server)?;
    Ok(plan)
}

/// Where a backup's own folder was named instead of the destination that it lies at.
fn of_own_folder(location: &Location) -> Option<Place> {
    let path = location.path()?.as_path();
    let (above, name) = (path.parent()?, path.file_name()?.to_str()?);
    let plan = PlanChoice::Name(name.to_owned());
    path.join(marker::MARKER).is_file().then(|| Place { location: Location::local(above), plan, secret: None })
}

/// A place whose password is there if it needs one: given, kept on this machine, or asked for.
pub fn unlocked(handle: &Handle, from: &args::Origin) -> Result<Place, Problem> {
    let mut place = place(handle, from)?;
    open(handle, &mut place, &from.there.opens, &from.from)?;
    Ok(place)
}

/// The same of a backup that is read.
pub fn read_unlocked(handle: &Handle, from: &args::Reading, wanted: &VersionChoice) -> Result<Place, Problem> {
    let mut place = read(handle, from, wanted)?;
    open(handle, &mut place, &from.there.opens, from.name())?;
    Ok(place)
}

/// Finds the password of a place, if it needs one. `name`: what people call it by.
pub fn open(handle: &Handle, place: &mut Place, opens: &args::Unlock, name: &str) -> Result<(), Problem> {
    match password::given(opens)? {
        // Who names a password for this backup knows it as encrypted: the engine then refuses anything else. One that merely lies in the
        // environment says nothing about this backup.
        Some(given) if !given.ambient || is_sealed(handle, place)? => place.secret = Some(given.secret),
        _ => unlock(handle, place, name)?,
    }
    Ok(())
}

/// The one backup that is meant, named by its id; without its password.
pub fn found(handle: &Handle, from: &args::Origin) -> Result<(Place, PlanAt), Problem> {
    one_of(handle, place(handle, from)?)
}

/// The one backup that a place means, named by its id.
pub fn one_of(handle: &Handle, place: Place) -> Result<(Place, PlanAt), Problem> {
    let mut there = handle.plans_at(place.location.clone()).wait()?.into_iter().filter(|plan| fits(&place.plan, plan));
    match (there.next(), there.next()) {
        (Some(one), None) => Ok((Place { plan: PlanChoice::Id(one.id.clone()), ..place }, one)),
        _ => Err(Problem::new(Code::SeveralPlans, "It is not clear which backup is meant.", "Say which one with --plan.")),
    }
}

fn fits(choice: &PlanChoice, plan: &PlanAt) -> bool {
    match choice {
        PlanChoice::Only => true,
        PlanChoice::Id(id) => plan.id == *id,
        PlanChoice::Name(name) => plan.name == *name || plan.folder == *name,
    }
}

/// A place with the secret that opens it, though the machine may know the key: given, or asked for.
pub fn with_secret(handle: &Handle, from: &args::Origin) -> Result<Place, Problem> {
    let place = place(handle, from)?;
    let with = |secret: Secret| {
        let place = Place { secret: Some(secret), ..place.clone() };
        handle.unlock(place.clone()).wait().map(|()| place)
    };
    match password::given(&from.there.opens)? {
        Some(given) => with(given.secret),
        None => password::tried(|| password::ask_existing(&from.from), with),
    }
}

/// Whether the backup that is meant says of itself that it is encrypted. Where that is not clear, it is taken as such.
fn is_sealed(handle: &Handle, place: &Place) -> Result<bool, Problem> {
    // A plan of this home is known also where the destination cannot be reached.
    if let PlanChoice::Id(id) = &place.plan
        && let Some(known) = handle.overview().plans.iter().find(|known| known.plan.id == *id)
    {
        return Ok(known.plan.seal.is_some());
    }
    let there = handle.plans_at(place.location.clone()).wait()?;
    Ok(there.iter().filter(|plan| fits(&place.plan, plan)).all(|plan| plan.sealed))
}

/// Asks for the password as often as it is wrong, where the machine does not know the key.
pub fn unlock(handle: &Handle, place: &mut Place, name: &str) -> Result<(), Problem> {
    let problem = match handle.unlock(place.clone()).wait() {
        Err(problem) if problem.code == Code::PasswordNeeded && place.secret.is_none() => problem,
        ended => return ended,
    };
    // Where nobody can be asked, a file that the plan names and that cannot be read is what stands in the way.
    let ask = || password::ask_existing(name).map_err(|none| if problem.detail.is_empty() { none } else { problem.clone() });
    password::tried(ask, |secret| {
        place.secret = Some(secret);
        handle.unlock(place.clone()).wait()
    })
}
