//! Answers questions; each on a blocking thread of its own.

use crate::archive::key;
use crate::archive::scan;
use crate::model::event::settings::of_settings;
use crate::model::event::{What, changes};
use crate::model::human;
use crate::model::limits;
use crate::model::max_size;
use crate::model::pause::Paused;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Place, PlanChoice};
use crate::model::run::{Cancel, RunId};
use crate::model::secret::Secret;
use crate::model::settings::Settings;
use crate::model::source_spec::SourceSpec;
use crate::state;
use crate::state::config::Config;

use super::access;
use super::adopt;
use super::append_only;
use super::channels;
use super::chosen::choose_version;
use super::compare;
use super::core::{Core, lock};
use super::deletion;
use super::destination;
use super::events::{self, About};
use super::explain;
use super::export::{self, ExportSpec};
use super::find;
use super::folder::Folder;
use super::health;
use super::healthiest;
use super::keys;
use super::message::{Answer, KeyChange, NewSecrets, Question, Rows, Unreadable};
use super::offered;
use super::replicate;
use super::restore;
use super::retention;
use super::schedules;
use super::single;
use super::sources;
use super::whereabouts;

/// Of one backup.
const MOST_DESTINATIONS: usize = 16;
/// Longest list of rows in one answer.
const MAX_ROWS: usize = 10_000;

/// `is_running`: whether a run of the plan is waiting or running. `cancel`: nobody waits for the answer any more.
pub fn answer(core: &Core, question: Question, is_running: &dyn Fn(&PlanId) -> bool, cancel: &Cancel) -> Result<Answer, Problem> {
    Ok(match question {
        Question::SuggestSources => Answer::Suggestions(sources::suggest()),
        Question::Drives => Answer::Drives(sources::drives()),
        Question::Measure { path, rules } => {
            let spec = SourceSpec { paths: vec![path], ..rules };
            Answer::Measured(scan::measure(&spec, &[], cancel, &mut |_| {})?)
        }
        Question::TestDestination { location } => {
            let result = destination::test(core, &location).map_err(|problem| core.of_share(&location, problem));
            health::tested(core, &location, &result);
            if result.is_err() {
                // What is still connected would go on as if nothing were wrong.
                core.kept_open.forget();
            }
            Answer::Tested(result?)
        }
        Question::Stored { place } => Answer::Stored(core.reachable_folder(&place)?.1.stored()?),
        Question::TellAccess { location, told } => {
            access::tell(core, &location, told)?;
            Answer::Done
        }
        Question::OfferPassword { offered } => {
            offered::offer(core, offered)?;
            Answer::Done
        }
        Question::PlansAt { location } => Answer::Plans(destination::plans_at(core, &location)?),
        Question::NewRecoveryKey => Answer::RecoveryKey(Secret::new(key::recovery_key(&core.random()).as_str())),
        Question::SavePlan { plan, secrets } => {
            save_plan(core, *plan, &secrets)?;
            Answer::Done
        }
        Question::Adopt { place, name } => Answer::Adopted(Box::new(adopt::adopt(core, &place, name)?)),
        Question::RemovePlan { plan, delete_versions } => {
            // Said before it is looked: what begins afterwards sees it.
            let _removal = core.removals.begin(&plan).ok_or_else(explain::being_removed)?;
            if is_running(&plan) {
                return Err(explain::busy());
            }
            remove_plan(core, &plan, delete_versions)?;
            Answer::Done
        }
        Question::SaveSettings { settings } => {
            save_settings(core, settings)?;
            Answer::Done
        }
        Question::SaveChannel { channel, keys } => {
            channels::save(core, *channel, &keys)?;
            Answer::Done
        }
        Question::RemoveChannel { id } => {
            channels::remove(core, &id)?;
            Answer::Done
        }
        Question::TestChannel { channel, keys } => {
            channels::test(core, *channel, &keys)?;
            Answer::Done
        }
        Question::ChangePassword { plan, old, new } => {
            let Some(location) = core.plan(&plan).and_then(|plan| plan.destinations.first().cloned()) else {
                return Err(explain::no_such_plan());
            };
            let place = Place { location, plan: PlanChoice::Id(plan), secret: Some(old) };
            new.password.as_ref().filter(|p| !p.is_empty()).ok_or_else(explain::password_needed)?;
            keys::change(core, &place, &KeyChange::Replace(new), None, is_running)?;
            Answer::Done
        }
        Question::ChangeKeys { place, change, kdf } => {
            keys::change(core, &place, &change, kdf, is_running)?;
            Answer::Done
        }
        Question::KeysAt { place } => Answer::KeyStatus(keys::status_at(core, &place)?),
        Question::KeysOwed { location } => Answer::KeysOwed(keys::owed::at(core, &location)?),
        Question::MakeKeyFile { path } => Answer::KeyFile(keys::make_key_file(core, &path)?),
        Question::MakePasswordFile { path } => Answer::Password(keys::make_password_file(core, &path)?),
        Question::ReadKeyFile { path } => Answer::KeyFile(keys::read_key_file(&path)?),
        Question::KeyStatus { plan } => Answer::KeyStatus(keys::status(core, &plan)?),
        Question::Healthiest { plan, version } => Answer::Healthiest(healthiest::of_plan(core, &plan, &version)?),
        Question::Versions { place } => Answer::Versions(whereabouts::versions(core, &place)?),
        Question::ChooseVersion { place, choice } => {
            let listed = core.list_versions(&place)?.listed;
            Answer::Chosen(choose_version(listed, &choice, &core.env.clock.zone())?.id)
        }
        Question::UnreadableVersions { place } => {
            let listed = core.list_versions(&place)?.listed;
            let unreadable = listed.into_iter().filter_map(|l| Some(Unreadable { id: l.id, problem: l.manifest.err()?.into() }));
            Answer::Unreadable(unreadable.collect())
        }
        Question::OpenArchive { archive } => {
            let listing = core.list_archive(&archive, cancel)?;
            Answer::Archive(Box::new(listing.facts.clone()))
        }
        Question::Children { origin, folder, skip, limit } => {
            let folder = restore::catalog_path(&folder)?;
            let (rows, total) = core.open(&origin, cancel)?.children(&folder, skip, limit.min(MAX_ROWS), cancel)?;
            Answer::Rows(Rows { rows, total })
        }
        Question::Find { origin, text, limit } => {
            Answer::Found(core.open(&origin, cancel)?.find(&text, limit.min(MAX_ROWS), cancel)?)
        }
        Question::FindEverywhere { place, text, limit } => {
            Answer::FoundEverywhere(find::everywhere(core, &place, &text, limit.min(MAX_ROWS), cancel)?)
        }
        Question::PathHistory { place, path } => Answer::PathHistory(compare::path_history(core, &place, &path, cancel)?),
        Question::Differences { place, before, after, past, limit } => {
            let limit = limit.clamp(1, MAX_ROWS);
            Answer::Differences(compare::differences(core, &place, [&before, &after], past.as_ref(), limit, cancel)?)
        }
        Question::Sum { origin, paths, except } => {
            let (paths, except) = (restore::catalog_paths(&paths)?, restore::catalog_paths(&except)?);
            let (files, bytes) = core.open(&origin, cancel)?.sum(&paths, &except, cancel)?;
            Answer::Sum { files, bytes }
        }
        Question::PlanRestore { spec } => Answer::RestorePlan(restore::plan(core, &spec, cancel)?),
        Question::PlanDeletion { spec } => Answer::Deletion(deletion::plan(core, &spec)?),
        Question::PreviewRetention { plan } => {
            check(&plan)?;
            Answer::Retention(Box::new(retention::preview(core, &plan)))
        }
        Question::Pin { plan, version, pinned } => {
            let plan = core.plan(&plan).ok_or_else(explain::no_such_plan)?;
            let away = retention::pin(core, &plan, &version, pinned)?;
            let mut details = vec![version.to_string()];
            details.extend(away.iter().map(|(at, problem)| format!("Not at {}: {}", at.display(), problem.what)));
            events::note(core, About::plan(&plan), if pinned { What::Pinned } else { What::Unpinned }, details);
            Answer::Pinned(away)
        }
        Question::Unlock { place } => {
            keys::unlock(core, &place)?;
            Answer::Done
        }
        Question::History { filter } => Answer::History(core.history.page(&filter).map_err(explain::history)?),
        Question::ExportHistory { filter, format, to, overwrite } => {
            let spec = ExportSpec { filter, format, to: &to.as_path(), overwrite };
            Answer::Exported(export::to_file(core, spec, cancel)?)
        }
        Question::Report { run } => Answer::Report(report(core, run)?),
        Question::DestinationStatus { location } => Answer::DestinationStatus(Box::new(destination::status(core, &location))),
        Question::Share { location } => Answer::Share(core.accesses.share_of(&location)),
        Question::Health { location, days } => Answer::Health(health::history(core, &location, days)?),
        Question::Inspect { file } => Answer::Inspected(Box::new(single::inspect(&file.as_path(), cancel)?)),
    })
}

fn report(core: &Core, run: RunId) -> Result<Option<Box<crate::model::run::RunReport>>, Problem> {
    Ok(core.history.report(run).map_err(explain::history)?.map(Box::new))
}

/// Saves a plan. For a new sealed one the destination's folder is made at once, so that its key exists before the first run.
fn save_plan(core: &Core, mut plan: Plan, secrets: &NewSecrets) -> Result<(), Problem> {
    plan.max_sizes = plan.max_sizes.of(&plan.destinations);
    check(&plan)?;
    destination::check_apart(core, &plan)?;
    let before = core.plan(&plan.id);
    if before.as_ref().is_some_and(|b| b.seal.is_some() != plan.seal.is_some()) {
        return Err(Problem::new(
            Code::Usage,
            "A backup cannot be changed between encrypted and unencrypted.",
            "Make a new backup beside it; this one stays readable.",
        ));
    }
    check_name(&lock(&core.config), &plan)?;
    let moved = before.as_ref().is_none_or(|b| b.destinations != plan.destinations);
    if moved {
        open_new(core, &plan, before.as_ref(), secrets)?;
    }
    let schedules = schedules::begun(&plan.schedules, before.as_ref(), core.env.clock.now());
    let plan = Plan { schedules, ..plan };
    let mut config = lock(&core.config);
    // Another of that name may have been saved while destinations were asked.
    check_name(&config, &plan)?;
    let mut changed = config.clone();
    match changed.plans.iter_mut().find(|p| p.id == plan.id) {
        Some(place) => *place = plan.clone(),
        None => changed.plans.push(plan.clone()),
    }
    save_config(core, &changed)?;
    *config = changed;
    drop(config);
    let (what, details) = match &before {
        Some(before) => (What::Changed, changes::of_plan(before, &plan)),
        None => (What::Created, changes::created(&plan, &secrets.each().map(|(kind, _)| kind).collect::<Vec<_>>())),
    };
    if what == What::Created || !details.is_empty() {
        events::note(core, About::plan(&plan), what, details);
    }
    Ok(())
}

/// Plans are told apart by their names too.
pub fn check_name(config: &Config, plan: &Plan) -> Result<(), Problem> {
    let is_taken = config.plans.iter().any(|known| known.id != plan.id && known.name == plan.name);
    if is_taken { Err(explain::name_taken(&plan.name)) } else { Ok(()) }
}

/// Makes the plan's folders at destinations that it did not have before; one that is away gets its own by a run.
fn open_new(core: &Core, plan: &Plan, before: Option<&Plan>, secrets: &NewSecrets) -> Result<(), Problem> {
    let mut open: Option<destination::Opened> = None;
    let mut problem = None;
    for location in &plan.destinations {
        if before.is_some_and(|before| before.destinations.contains(location)) {
            continue;
        }
        let opened = match &open {
            Some(first) => {
                replicate::target(core, (&first.folder, &first.location), first.ring.as_deref(), location, false).map(|_| None)
            }
            None => destination::open_for_writing(core, plan, location, secrets, false).map(Some),
        };
        match opened {
            Ok(first) => open = first.or(open),
            // Whoever names it should hear that it cannot be used.
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    problem.map_or(Ok(()), Err)
}

/// What a plan must have before it may be saved or run.
pub fn check(plan: &Plan) -> Result<(), Problem> {
    let usage = |what: &str, fix: &str| Err(Problem::new(Code::Usage, what, fix));
    if plan.name.trim().is_empty() || plan.name.chars().count() > 100 {
        return usage("A backup needs a name of at most 100 characters.", "Give it one.");
    }
    if plan.sources.paths.is_empty() {
        return usage("Nothing is chosen to back up.", "Choose at least one folder.");
    }
    if let Some(path) = plan.sources.paths.iter().find(|p| !p.as_path().is_absolute()) {
        return usage(&format!("{} is not a whole path.", path.display()), "Give paths that begin with \u{201c}/\u{201d}.");
    }
    if plan.destinations.is_empty() {
        return usage("A backup needs a destination.", "Choose one.");
    }
    if plan.destinations.len() > MOST_DESTINATIONS {
        return usage("A backup has too many destinations.", &format!("Choose at most {MOST_DESTINATIONS}."));
    }
    for (at, location) in plan.destinations.iter().enumerate() {
        if let Some(same) = location.same_of(&plan.destinations[..at]) {
            return Err(explain::same_place(location, same));
        }
    }
    if let Err(why) = plan.retention.check() {
        return usage(&format!("This cannot be: {why}."), "Give another number.");
    }
    if !plan.max_sizes.is_valid() {
        return usage("So small a maximum size holds no version.", &format!("Allow {} or more.", human::bytes(max_size::LEAST)));
    }
    if let Err(why) = plan.format.check() {
        return usage(&format!("This cannot be: {why}."), "Give another level or format.");
    }
    Ok(())
}

pub fn save_settings(core: &Core, settings: Settings) -> Result<(), Problem> {
    if !settings.limits.is_valid() {
        let least = human::bytes(limits::SLOWEST);
        let what = "Servers take so slow a line for a dead one.";
        return Err(Problem::new(Code::Usage, what, format!("Allow {least}/s or more, or pause what runs.")));
    }
    // Whoever changes the settings may have read them before the pause.
    change_settings(core, |known| *known = Settings { paused: known.paused, ..settings })
}

/// Pauses or resumes everything that runs by itself, also for the next start.
pub fn save_pause(core: &Core, paused: Option<Paused>) -> Result<(), Problem> {
    change_settings(core, |settings| settings.paused = paused)
}

/// Changes the settings, keeps them, and notes what differs.
pub fn change_settings(core: &Core, change: impl FnOnce(&mut Settings)) -> Result<(), Problem> {
    let details = {
        let mut config = lock(&core.config);
        let mut changed = config.clone();
        change(&mut changed.settings);
        save_config(core, &changed)?;
        let details = of_settings(&config.settings, &changed.settings);
        *config = changed;
        details
    };
    if !details.is_empty() {
        events::note(core, About::ALL, What::SettingsChanged, details);
    }
    Ok(())
}

pub fn save_config(core: &Core, config: &Config) -> Result<(), Problem> {
    let Some(home) = &core.home else {
        return Err(Problem::new(Code::Settings, "Settings cannot be kept here.", "Check Strongroom's own folder."));
    };
    config.save(home).map_err(settings_problem)
}

pub fn settings_problem(error: state::Error) -> Problem {
    Problem::new(
        Code::Settings,
        "The settings could not be read or saved.",
        "Look at the file that is named; nothing in it was changed. Beside settings.toml lies settings.toml.bak, as it was before.",
    )
    .with_detail(error.to_string())
}

fn remove_plan(core: &Core, id: &PlanId, delete_versions: bool) -> Result<(), Problem> {
    let plan = core.plan(id).ok_or_else(explain::no_such_plan)?;
    if delete_versions {
        for location in &plan.destinations {
            let storage = core.storage(location)?;
            if let Some(folder) = Folder::of_plan(&storage, id)? {
                let ring = core.known_ring(id)?;
                destination::check_owner(core, &folder, ring.as_deref())?;
                append_only::try_out(core, location, &folder)?;
                folder.remove()?;
            }
        }
        core.history.forget_plan(id).map_err(explain::history)?;
        core.forget_ring(id)?;
    }
    core.close_versions(id);
    if let Some(home) = &core.home {
        home.forget_plan(id);
    }
    let mut config = lock(&core.config);
    let mut changed = config.clone();
    changed.plans.retain(|p| p.id != *id);
    save_config(core, &changed)?;
    *config = changed;
    drop(config);
    events::note(core, About::plan(&plan), What::Removed, changes::removed(delete_versions));
    Ok(())
}
