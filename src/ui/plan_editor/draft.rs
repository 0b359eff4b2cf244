//! A backup that is being made or changed: what was typed so far, what is still missing, and the plan it will be.

use jiff::Timestamp;
use jiff::civil::Time;

use super::new_password::NewPassword;
use super::sentence::{destination_name, listed};
use crate::engine::message::{Drive, NewSecrets, Suggestion};
use crate::model::format::{Cipher, Format, SealSpec};
use crate::model::location::placeholder::Placeholders;
use crate::model::location::{Location, trimmed};
use crate::model::max_size::MaxSizes;
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId, SecretFile};
use crate::model::read_back::WantedReadBack;
use crate::model::retention::{CommonRule, Retention};
use crate::model::schedule::{self, Schedule, Schedules, TimesOfDay};
use crate::model::secret::Secret;
use crate::model::source_spec::{Preset, SourceSpec};

/// A folder on the first page.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub name: String,
    pub path: PathBytes,
    pub ticked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Off,
    Hours,
    Daily,
    /// What the page does not show: the Schedules tab does.
    Own,
}

#[derive(Clone)]
pub struct Draft {
    id: PlanId,
    created: Timestamp,
    /// What the pages do not show is kept as it was.
    kept: Option<Plan>,
    pub sources: Vec<Source>,
    pub presets: Vec<Preset>,
    /// The person's own patterns.
    pub excludes: Vec<String>,
    pub honour_tags: bool,
    pub one_file_system: bool,
    /// Chosen already, beside the one that is being chosen.
    pub also: Vec<Location>,
    pub max_sizes: MaxSizes,
    pub destination: String,
    /// What stands for those in its address.
    pub placeholders: Placeholders,
    name: Option<String>,
    pub when: When,
    pub hours: u16,
    pub hour: i8,
    pub minute: i8,
    /// Whether what stands in the time's field is a time.
    pub time_is_valid: bool,
    /// How long versions are kept; `None`: as the plan has it.
    pub keeps: Option<CommonRule>,
    pub format: Format,
    pub read_back: WantedReadBack,
    pub encrypt: bool,
    pub cipher: Cipher,
    pub password: NewPassword,
    pub recovery_key: Option<Secret>,
    pub written_down: bool,
    /// What opens the backup for runs that nobody attends.
    pub secret_file: Option<SecretFile>,
}

impl Draft {
    /// `home_folder`: the person's.
    pub fn new(id: PlanId, now: Timestamp, home_folder: PathBytes) -> Self {
        Self {
            id,
            created: now,
            kept: None,
            sources: Vec::new(),
            presets: Preset::ALL.to_vec(),
            excludes: Vec::new(),
            honour_tags: true,
            one_file_system: false,
            also: Vec::new(),
            max_sizes: MaxSizes::default(),
            destination: String::new(),
            placeholders: Placeholders::default(),
            name: None,
            when: When::Daily,
            hours: 6,
            hour: 20,
            minute: 0,
            time_is_valid: true,
            keeps: Some(CommonRule::Thinned),
            format: Format::default(),
            read_back: WantedReadBack::default(),
            encrypt: true,
            cipher: Cipher::default(),
            password: NewPassword::new(home_folder),
            recovery_key: None,
            written_down: false,
            secret_file: None,
        }
    }

    pub fn of(plan: &Plan) -> Self {
        let mut draft = Self::new(plan.id.clone(), plan.created, PathBytes::default());
        draft.sources = plan.sources.paths.iter().map(|path| source(path, true)).collect();
        draft.presets.clone_from(&plan.sources.presets);
        draft.excludes.clone_from(&plan.sources.excludes);
        (draft.honour_tags, draft.one_file_system) = (plan.sources.honour_tags, plan.sources.one_file_system);
        draft.max_sizes.clone_from(&plan.max_sizes);
        match &plan.destinations[..] {
            [one] => draft.destination = one.display(),
            several => draft.also = several.to_vec(),
        }
        draft.name = Some(plan.name.clone());
        draft.when = match plan.schedules.as_slice() {
            [] => When::Off,
            [only] => draft.show_schedule(only),
            _ => When::Own,
        };
        draft.keeps = CommonRule::of(&plan.retention);
        (draft.format, draft.read_back, draft.encrypt) = (plan.format, plan.read_back, plan.seal.is_some());
        draft.secret_file.clone_from(&plan.secret_file);
        draft.kept = Some(plan.clone());
        draft
    }

    /// Puts it into the fields as far as they can show it.
    fn show_schedule(&mut self, only: &Schedule) -> When {
        match &only.when {
            schedule::When::Hours { hours } if only.on => {
                self.hours = *hours;
                When::Hours
            }
            schedule::When::Daily { at } if only.on => match at.as_slice() {
                [time] => {
                    (self.hour, self.minute) = (time.hour(), time.minute());
                    When::Daily
                }
                _ => When::Own,
            },
            _ => When::Own,
        }
    }

    pub fn is_new(&self) -> bool {
        self.kept.is_none()
    }

    /// The plan as it was before, where there was one.
    pub fn kept(&self) -> Option<&Plan> {
        self.kept.as_ref()
    }

    pub fn id(&self) -> &PlanId {
        &self.id
    }

    /// Puts the suggested folders on the first page, before those that were added meanwhile.
    pub fn suggest(&mut self, suggestions: &[Suggestion]) {
        let added = std::mem::take(&mut self.sources);
        let is_new = self.is_new();
        self.sources = suggestions
            .iter()
            .filter(|s| !added.iter().any(|source| source.path == s.path))
            .map(|s| Source { name: s.name.clone(), path: s.path.clone(), ticked: s.chosen && is_new })
            .collect();
        self.sources.extend(added);
        if !is_new {
            // What is backed up stands before what could be.
            self.sources.sort_by_key(|source| !source.ticked);
        }
    }

    /// Adds a folder, ticked; one that is there already is only ticked.
    pub fn add(&mut self, path: &str) -> Result<(), String> {
        let path = path.trim();
        if !names::is_absolute(path) {
            return Err(format!("Give the whole path, beginning with {}.", names::BEGINS));
        }
        let path = PathBytes::from(trimmed(path));
        match self.sources.iter_mut().find(|source| source.path == path) {
            Some(known) => known.ticked = true,
            None => self.sources.push(source(&path, true)),
        }
        Ok(())
    }

    pub fn ticked(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.ticked)
    }

    /// What is backed up, with the rules; also for measuring.
    pub fn source_spec(&self) -> SourceSpec {
        SourceSpec {
            paths: self.ticked().map(|source| source.path.clone()).collect(),
            excludes: self.excludes.clone(),
            presets: self.presets.clone(),
            honour_tags: self.honour_tags,
            one_file_system: self.one_file_system,
        }
    }

    /// Leaves out one pattern more.
    pub fn exclude(&mut self, pattern: &str) {
        let pattern = pattern.trim();
        if !pattern.is_empty() && !self.excludes.iter().any(|known| known == pattern) {
            self.excludes.push(pattern.to_owned());
        }
    }

    pub fn set_preset(&mut self, preset: Preset, on: bool) {
        self.presets = Preset::ALL.into_iter().filter(|p| if *p == preset { on } else { self.presets.contains(p) }).collect();
    }

    /// As typed, else made of the sources' names.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| {
            let names: Vec<&str> = self.ticked().map(|source| source.name.as_str()).collect();
            match names[..] {
                [] => "My files".into(),
                [one] => one.into(),
                [one, other] => format!("{one} and {other}"),
                _ => "My files".into(),
            }
        })
    }

    pub fn set_name(&mut self, name: String) {
        self.name = Some(name);
    }

    /// Whether the fields can say all of what the plan's schedules were.
    pub fn has_own_schedules(&self) -> bool {
        self.kept.as_ref().is_some_and(|plan| Self::of(plan).when == When::Own)
    }

    /// Which versions stay: what the page does not show of the rule stays too.
    fn retention(&self) -> Retention {
        let before = self.kept.as_ref().map(|plan| plan.retention.clone()).unwrap_or_default();
        match self.keeps {
            None => before,
            Some(common) => Retention { min: before.min, max_bytes: before.max_bytes, ..common.rule() },
        }
    }

    /// Whether the plan's rule is one that the page has no name for.
    pub fn has_own_rule(&self) -> bool {
        self.kept.as_ref().is_some_and(|plan| CommonRule::of(&plan.retention).is_none())
    }

    /// `None` where what was typed cannot be.
    pub fn schedules(&self) -> Option<Schedules> {
        let when = match self.when {
            When::Own => return self.kept.as_ref().map(|plan| plan.schedules.clone()),
            When::Off => return Some(Schedules::default()),
            When::Hours => schedule::When::Hours { hours: self.hours },
            When::Daily if !self.time_is_valid => return None,
            When::Daily => {
                let time = Time::new(self.hour, self.minute, 0, 0).ok()?;
                schedule::When::Daily { at: TimesOfDay::one(time).ok()? }
            }
        };
        when.check().ok()?;
        let only = match self.kept.as_ref().map(|plan| plan.schedules.as_slice()) {
            // What the page does not show of it stays.
            Some([known]) => Schedule { when, on: true, ..known.clone() },
            _ => Schedule::new(Schedules::default().new_id(self.created), when, self.created),
        };
        Some(only.into())
    }

    /// Why the page after *what* is off.
    pub fn what_blocked(&self) -> Option<String> {
        self.ticked().next().is_none().then(|| "Tick at least one folder.".into())
    }

    /// The destination; `None` while it is none.
    pub fn location(&self) -> Option<Location> {
        self.placeholders.typed(&self.destination)
    }

    /// The address that it becomes, where what was typed holds placeholders.
    pub fn filled(&self) -> Option<Location> {
        self.location().filter(|filled| Location::typed(&self.destination).as_ref() != Some(filled))
    }

    /// All that are chosen, in the order in which they were.
    pub fn destinations(&self) -> Vec<Location> {
        let last = self.location().filter(|location| location.same_of(&self.also).is_none());
        self.also.iter().cloned().chain(last).collect()
    }

    /// Puts the one that is being chosen to the others, so that a further one can be.
    pub fn keep_destination(&mut self) {
        if self.where_blocked().is_none()
            && let Some(location) = self.location()
        {
            self.also.push(location);
            self.destination.clear();
        }
    }

    /// Why the page after *where* is off.
    pub fn where_blocked(&self) -> Option<String> {
        let destination = self.destination.trim();
        if destination.is_empty() {
            return self.also.is_empty().then(|| "Choose a drive or a folder.".into());
        }
        let Some(location) = self.location() else {
            let neither = || {
                format!(
                    "Give the whole path, beginning with {}, or an address: sftp://user@host/path, webdav://user@host/path, s3://bucket/prefix.",
                    names::BEGINS
                )
            };
            return Some(self.placeholders.refused(destination).unwrap_or_else(neither));
        };
        if let Some(same) = location.same_of(&self.also) {
            let shown = same.display();
            let is_it = location == *same;
            return Some(if is_it {
                "This place is chosen already.".into()
            } else {
                format!("This is the same place as {shown}.")
            });
        }
        let path = location.path()?.clone();
        let own = self.ticked().find(|source| source.path == path)?;
        Some(format!("{} is what is backed up: its backup has to lie elsewhere.", own.name))
    }

    /// Why the plan cannot be saved yet.
    pub fn how_blocked(&self) -> Option<String> {
        let text = if self.name().trim().is_empty() {
            "Give the backup a name."
        } else if self.schedules().is_none() {
            match self.when {
                When::Hours => "Choose 1 hour to a year.",
                _ => "Give the time as 20:00.",
            }
        } else if !self.is_new() || !self.encrypt {
            return None;
        } else if let Some(why) = self.password.blocked(&self.name(), self.destination.trim()) {
            why
        } else if self.recovery_key.is_some() && !self.written_down {
            "Tick that the recovery key is written down, or take it away."
        } else {
            return None;
        };
        Some(text.into())
    }

    /// In one sentence what was set up, and nothing else.
    pub fn summary(&self, drives: &[Drive]) -> String {
        let when = self.schedules().map(|schedules| schedules.in_words()).unwrap_or_default();
        let what = listed(&self.ticked().map(|source| source.name.as_str()).collect::<Vec<_>>());
        let how = if self.encrypt { "encrypted" } else { "not encrypted" };
        let places: Vec<String> = self.destinations().iter().map(|to| destination_name(&to.display(), drives)).collect();
        let places = listed(&places.iter().map(String::as_str).collect::<Vec<_>>());
        let kept = self.keeps.map_or_else(String::new, |common| format!("; versions are {}", common.in_words()));
        let mut sentence = format!("{when}, {what}, {how}, to {places}{kept}.");
        if let Some(first) = sentence.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        sentence
    }

    /// The file that a password is to be made for before anything can be saved.
    pub fn password_to_make(&self) -> Option<PathBytes> {
        if self.is_new() && self.encrypt { self.password.to_make(&self.name()) } else { None }
    }

    /// The plan as it will be saved, and what its key slots are made of.
    pub fn finish(&self) -> Option<(Plan, NewSecrets)> {
        if self.what_blocked().or_else(|| self.where_blocked()).or_else(|| self.how_blocked()).is_some() {
            return None;
        }
        let (secrets, secret_file) = match self.is_new() && self.encrypt {
            true => {
                let (password, file) = self.password.chosen(&self.name())?;
                let recovery_key = self.recovery_key.clone();
                (NewSecrets { password: Some(password), recovery_key, ..NewSecrets::default() }, file)
            }
            false => (NewSecrets::default(), self.secret_file.clone()),
        };
        let plan = Plan {
            id: self.id.clone(),
            name: self.name().trim().to_owned(),
            created: self.created,
            sources: self.source_spec(),
            destinations: self.destinations(),
            format: self.format,
            seal: match &self.kept {
                Some(plan) => plan.seal,
                None => self.encrypt.then(|| SealSpec { cipher: self.cipher, ..SealSpec::default() }),
            },
            secret_file,
            schedules: self.schedules()?,
            retention: self.retention(),
            max_sizes: self.max_sizes.of(&self.destinations()),
            read_back: self.read_back,
        };
        Some((plan, secrets))
    }
}

fn source(path: &PathBytes, ticked: bool) -> Source {
    let name = String::from_utf8_lossy(path.file_name()).into_owned();
    Source { name: if name.is_empty() { path.display().into_owned() } else { name }, path: path.clone(), ticked }
}

#[cfg(test)]
mod tests;
