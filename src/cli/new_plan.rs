//! Makes a plan out of options: for `plan add` and for `backup --source`.

use std::path::PathBuf;

use jiff::Timestamp;

use super::output::Output;
use super::{args, parse, password};
use crate::engine::Handle;
use crate::engine::message::NewSecrets;
use crate::model::format::{Level, SealSpec};
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Code, Problem};
use crate::model::schedule::{Schedule, Schedules, When};
use crate::model::source_spec::SourceSpec;

/// The plan that the options describe, with an id of its own.
pub fn plan(
    name: Option<String>,
    sources: &args::Sources,
    to: &[String],
    format: &args::FormatOptions,
    read_back: Option<args::ReadBack>,
    seal: &args::SealOptions,
    when: Option<When>,
) -> Result<Plan, Problem> {
    let spec = SourceSpec {
        paths: source_paths(&sources.source)?,
        excludes: sources.exclude.clone(),
        presets: sources.preset.iter().map(|&p| p.into()).collect(),
        honour_tags: !sources.no_tags,
        one_file_system: sources.one_file_system,
    };
    let name = match (name, sources.source.first()) {
        (Some(name), _) => name,
        (None, Some(first)) => parse::default_name(&parse::absolute(first)?),
        (None, None) => String::new(),
    };
    let now = Timestamp::now();
    let bare = Plan::new(random_plan_id()?, checked_name(name)?, now);
    let mut plan = Plan {
        sources: spec,
        destinations: destinations(to)?,
        seal: (!seal.no_encryption).then(|| {
            let usual = SealSpec::default();
            SealSpec { cipher: seal.cipher.map_or(usual.cipher, Into::into), kdf: seal.kdf.map_or(usual.kdf, Into::into) }
        }),
        schedules: schedules(when, now),
        read_back: read_back.map(Into::into).unwrap_or_default(),
        ..bare
    };
    set_format(&mut plan, format)?;
    Ok(plan)
}

/// The one schedule that is given by `--schedule`; `None`: off.
pub fn schedules(when: Option<When>, now: Timestamp) -> Schedules {
    let none = Schedules::default();
    when.map_or(none.clone(), |when| Schedule::new(none.new_id(now), when, now).into())
}

/// Each once.
pub fn destinations(to: &[String]) -> Result<Vec<Location>, Problem> {
    let mut all = Vec::new();
    for text in to {
        let location = parse::destination(text)?;
        if let Some(same) = location.same_of(&all) {
            return Err(Problem::new(Code::Usage, location.twice_in_words(same), "Leave one of the two out."));
        }
        all.push(location);
    }
    Ok(all)
}

pub fn random_plan_id() -> Result<PlanId, Problem> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(no_chance)?;
    Ok(PlanId::from_random(id))
}

/// The system's source of random bytes failed.
pub fn no_chance(error: getrandom::Error) -> Problem {
    Problem::new(Code::Internal, "The system gives no random numbers.", "").with_detail(error.to_string())
}

/// Sources as the file system knows them: what is a link is followed, since the folder behind it is what is meant.
pub fn source_paths(sources: &[PathBuf]) -> Result<Vec<PathBytes>, Problem> {
    sources.iter().map(|path| parse::real(path).map(PathBytes::from)).collect()
}

/// What is not given stays; a level that the new format does not have becomes `auto`.
pub fn set_format(plan: &mut Plan, options: &args::FormatOptions) -> Result<(), Problem> {
    let format = &mut plan.format;
    if let Some(kind) = options.format {
        format.kind = kind.into();
    }
    match options.level {
        Some(level) => format.level = level,
        None if format.check().is_err() => format.level = Level::Auto,
        None => {}
    }
    if options.volume_size.is_some() {
        format.volume_size = options.volume_size;
    }
    format
        .check()
        .map_err(|why| Problem::new(Code::Usage, format!("This cannot be: {why}."), "Give another --level or --format."))
}

pub fn checked_name(name: String) -> Result<String, Problem> {
    let name = name.trim().to_string();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Problem::new(
            Code::Usage,
            "A backup's name has 1 to 100 characters and no control characters.",
            "Give another --name.",
        ));
    }
    Ok(name)
}

/// Says which options of a new backup change nothing about one that is there already.
pub fn note_unused(seal: &args::SealOptions, output: Output) {
    let options = [
        (seal.make_password.is_some(), "--make-password"),
        (seal.recovery_key_file.is_some(), "--recovery-key-file"),
        (seal.kdf.is_some(), "--kdf"),
    ];
    let unused: Vec<&str> = options.into_iter().filter_map(|(given, name)| given.then_some(name)).collect();
    if !unused.is_empty() {
        output.remark(format!(
            "The backup is there already and goes on with its keys: {} changed nothing. `strongroom key` changes them.",
            unused.join(", ")
        ));
    }
}

/// What the slots of a new plan are made of: the password given or asked for twice, and a recovery key where one is wanted.
pub fn new_secrets(handle: &Handle, plan: &Plan, seal: &args::SealOptions, output: Output) -> Result<NewSecrets, Problem> {
    if plan.seal.is_none() {
        return Ok(NewSecrets::default());
    }
    for path in [&seal.recovery_key_file, &seal.make_password].into_iter().flatten() {
        password::check_new_path(path)?;
    }
    let secret = match (&seal.make_password, password::given(&seal.opens)?) {
        (Some(path), _) => {
            let made = password::make(path)?;
            output.note(format!(
                "The password is in {}. Keep a copy where the backup is not: without it nobody can restore.",
                path.display()
            ));
            made
        }
        (None, Some(given)) if given.secret.is_empty() => {
            return Err(Problem::new(Code::Usage, "The password is empty.", "Give another one."));
        }
        (None, Some(given)) => given.secret,
        (None, None) => password::ask_new(&plan.name)?,
    };
    password::judge(&secret, output);
    let mut secrets = NewSecrets::of(secret);
    if let Some(path) = &seal.recovery_key_file {
        let key = handle.new_recovery_key().wait()?;
        password::write_recovery_key(path, &key)?;
        output.note(format!("The recovery key is in {}: put it away, where the backup is not.", path.display()));
        secrets.recovery_key = Some(key);
    }
    Ok(secrets)
}
