//! `settings.toml`: settings and plans.
//!
//! Nothing in the file is lost: keys that are not known and plans that cannot be read are named in the notices, kept, and
//! written again. A file that cannot be read at all, or is a newer Strongroom's, is never written over.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::{Spanned, Table, Value};

use super::files::{sync_parent, write_whole};
use super::paths::Home;
use super::{Error, Result};
use crate::model::plan::{Plan, PlanId};
use crate::model::settings::Settings;

mod unknown;

use unknown::Unknown;

const VERSION: i64 = 1;
/// Longest file that is read.
const LONGEST: u64 = 16 << 20;
const HEAD: &str = "# Strongroom's settings and backups. Strongroom writes this file anew with every change;\n\
                    # what stood here before is in settings.toml.bak. Change it by hand only while Strongroom is not running.\n\
                    # The last line says that nothing is missing.\n\n";
/// A file that was cut between two plans is valid TOML too. Files that announce their last line must have it.
const ANNOUNCED: &str = "# The last line says that nothing is missing.";
const END: &str = "# This is the end.";

/// What the file says. What is in it besides (unknown keys, plans that cannot be read) is kept and written again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    pub settings: Settings,
    pub plans: Vec<Plan>,
    kept: Kept,
}

/// What this Strongroom does not understand.
#[derive(Clone, Debug, Default, PartialEq)]
struct Kept {
    top: Table,
    settings: Unknown,
    plans: BTreeMap<PlanId, Unknown>,
    unreadable_plans: Vec<Value>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    pub config: Config,
    /// For people: unknown keys, plans that cannot be read.
    pub notices: Vec<String>,
}

/// Reads the settings; defaults where there is no file. `Settings` where it is broken, `TooNew` where a newer Strongroom
/// wrote it: then nothing may be saved.
pub fn load(home: &Home) -> Result<Loaded> {
    let path = home.settings_file();
    match read(&path)? {
        Some(text) => parse(&path, &text),
        None => Ok(Loaded::default()),
    }
}

impl Config {
    /// Saves atomically; what stood there before becomes `settings.toml.bak`. Refuses to replace a file that `load` refuses.
    pub fn save(&self, home: &Home) -> Result<()> {
        let path = home.settings_file();
        if let Some(text) = read(&path)? {
            document(&path, &text)?;
            write_whole(&path.with_added_extension("bak"), text.as_bytes())?;
        }
        write_whole(&path, self.to_text(&path)?.as_bytes())?;
        sync_parent(&path)
    }

    fn to_text(&self, path: &Path) -> Result<String> {
        let failed = |e: toml::ser::Error| broken(path, None, e.to_string());
        let mut settings = Value::try_from(&self.settings).map_err(failed)?;
        self.kept.settings.put_back(&mut settings);
        let mut plans = Vec::with_capacity(self.plans.len());
        for plan in &self.plans {
            let mut value = Value::try_from(plan).map_err(failed)?;
            if let Some(unknown) = self.kept.plans.get(&plan.id) {
                unknown.put_back(&mut value);
            }
            plans.push(value);
        }
        plans.extend(self.kept.unreadable_plans.iter().cloned());

        let mut table = self.kept.top.clone();
        table.insert("version".into(), Value::Integer(VERSION));
        table.insert("settings".into(), settings);
        if !plans.is_empty() {
            table.insert("plan".into(), Value::Array(plans));
        }
        Ok(format!("{HEAD}{}\n{END}\n", toml::to_string_pretty(&table).map_err(failed)?.trim_end()))
    }
}

fn read(path: &Path) -> Result<Option<String>> {
    match fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::file(path, e)),
        Ok(found) if found.len() > LONGEST => return Err(broken(path, None, "the file is far too long".into())),
        Ok(_) => {}
    }
    let bytes = fs::read(path).map_err(|e| Error::file(path, e))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(e) => {
            let line = line_at(e.as_bytes(), e.utf8_error().valid_up_to());
            Err(broken(path, Some(line), "not UTF-8 text".into()))
        }
    }
}

/// The file as TOML of a version that we know.
fn document(path: &Path, text: &str) -> Result<Table> {
    // What a power cut can leave of a file. Taken for "no backups", the next change would also replace the good copy beside it.
    if text.trim_matches(|c: char| c.is_whitespace() || c == '\0').is_empty() {
        let what = "the file is empty; settings.toml.bak beside it, if there is one, holds what stood there before";
        return Err(broken(path, None, what.into()));
    }
    if text.lines().take_while(|line| line.starts_with('#')).any(|line| line == ANNOUNCED) && !text.trim_end().ends_with(END) {
        let what = "its last line is missing: the end of the file was cut off, and backups with it; settings.toml.bak beside it, if \
                    there is one, holds what stood there before";
        return Err(broken(path, None, what.into()));
    }
    let table: Table = text.parse().map_err(|e: toml::de::Error| {
        let line = e.span().map(|span| line_at(text.as_bytes(), span.start));
        broken(path, line, e.message().to_string())
    })?;
    match table.get("version") {
        None | Some(Value::Integer(1..=VERSION)) => {}
        Some(Value::Integer(found)) if *found > VERSION => return Err(Error::TooNew { path: path.into(), found: *found }),
        Some(other) => return Err(broken(path, None, format!("version = {other} is none of Strongroom's"))),
    }
    if table.get("plan").is_some_and(|plans| !plans.is_array()) {
        return Err(broken(path, None, "`plan` must be a list: each begins with [[plan]]".into()));
    }
    if table.get("settings").is_some_and(|settings| !settings.is_table()) {
        return Err(broken(path, None, "`settings` must be a table: [settings]".into()));
    }
    Ok(table)
}

fn parse(path: &Path, text: &str) -> Result<Loaded> {
    let mut table = document(path, text)?;
    let mut loaded = Loaded::default();
    table.remove("version");
    if let Some(Value::Table(settings)) = table.remove("settings") {
        take_settings(settings, &mut loaded);
    }
    if let Some(Value::Array(plans)) = table.remove("plan") {
        let lines = plan_lines(text);
        for (at, value) in plans.into_iter().enumerate() {
            take_plan(value, lines.get(at).copied(), &mut loaded);
        }
    }
    for key in table.keys() {
        loaded.notices.push(kept_notice(key));
    }
    loaded.config.kept.top = table;
    Ok(loaded)
}

fn take_settings(settings: Table, loaded: &mut Loaded) {
    let mut good = Table::new();
    for (key, value) in settings {
        let mut alone = Table::new();
        alone.insert(key.clone(), value.clone());
        match alone.try_into::<Settings>() {
            Ok(_) => {
                good.insert(key, value);
            }
            Err(e) => loaded.notices.push(format!("settings.toml: the default is used for {key}: {}", e.message())),
        }
    }
    let original = Value::Table(good.clone());
    let Ok(read) = good.try_into::<Settings>() else { return };
    if let Ok(known) = Value::try_from(&read) {
        let unknown = Unknown::between(&original, &known);
        loaded.notices.extend(unknown.names().map(|name| kept_notice(&format!("settings.{name}"))));
        loaded.config.kept.settings = unknown;
    }
    loaded.config.settings = read;
}

fn take_plan(value: Value, line: Option<usize>, loaded: &mut Loaded) {
    let name = match value.get("name").and_then(Value::as_str) {
        Some(name) => format!("the backup \"{name}\""),
        None => "a backup".into(),
    };
    let place = line.map(|n| format!(", line {n}")).unwrap_or_default();
    let config = &mut loaded.config;
    let plan = match value.clone().try_into::<Plan>().map_err(|e| e.message().to_string()).and_then(|plan| check(plan, config)) {
        Ok(plan) => plan,
        Err(why) => {
            loaded.notices.push(format!("settings.toml{place}: {name} cannot be read and does not run: {why}. It is kept."));
            config.kept.unreadable_plans.push(value);
            return;
        }
    };
    if let Ok(known) = Value::try_from(&plan) {
        let unknown = Unknown::between(&value, &known);
        loaded.notices.extend(unknown.names().map(|key| kept_notice(&format!("{key} of {name}"))));
        if !unknown.is_empty() {
            config.kept.plans.insert(plan.id.clone(), unknown);
        }
    }
    config.plans.push(plan);
}

/// What the types do not say.
fn check(plan: Plan, config: &Config) -> Result<Plan, String> {
    if config.plans.iter().any(|other| other.id == plan.id) {
        return Err("another one has the same id".into());
    }
    plan.retention.check()?;
    if plan.destinations.is_empty() {
        return Err("it has no destination".into());
    }
    plan.format.check()?;
    Ok(plan)
}

fn kept_notice(key: &str) -> String {
    format!("settings.toml: {key} is not known and has no effect. It is kept.")
}

/// The lines on which plans begin.
fn plan_lines(text: &str) -> Vec<usize> {
    #[derive(Deserialize)]
    struct Lines {
        plan: Vec<Spanned<IgnoredAny>>,
    }
    let lines: Option<Lines> = toml::from_str(text).ok();
    lines.map_or_else(Vec::new, |lines| lines.plan.iter().map(|plan| line_at(text.as_bytes(), plan.span().start)).collect())
}

fn line_at(text: &[u8], offset: usize) -> usize {
    text.iter().take(offset).filter(|b| **b == b'\n').count() + 1
}

fn broken(path: &Path, line: Option<usize>, what: String) -> Error {
    Error::Settings { path: path.into(), line, what }
}

#[cfg(test)]
mod tests;
