//! A backup that is being made or changed: what was typed so far, what is still missing, and the plan it will be.

use jiff::Timestamp;

use super::new_password::NewPassword;
use super::sentence::{destination_name, listed};
use crate::engine::message::{Drive, NewSecrets, Suggestion};
use crate::model::format::{Cipher, Format, SealSpec};
use crate::model::location::{Location, trimmed};
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId, SecretFile};
use crate::model::schedule::Schedule;
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
    pub destination: String,
    name: Option<String>,
    pub when: When,
    pub hours: u16,
    pub hour: i8,
    pub minute: i8,
    /// Whether what stands in the time's field is a time.
    pub time_is_valid: bool,
    pub format: Format,
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
            destination: String::new(),
            name: None,
            when: When::Daily,
            hours: 6,
            hour: 20,
            minute: 0,
            time_is_valid: true,
            format: Format::default(),
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
        draft.honour_tags = plan.sources.honour_tags;
        draft.one_file_system = plan.sources.one_file_system;
        match &plan.destinations[..] {
            [one] => draft.destination = one.display(),
            several => draft.also = several.to_vec(),
        }
        draft.name = Some(plan.name.clone());
        match plan.schedule {
            Schedule::Off => draft.when = When::Off,
            Schedule::Hours { hours } => (draft.when, draft.hours) = (When::Hours, hours),
            Schedule::Daily { hour, minute } => (draft.when, draft.hour, draft.minute) = (When::Daily, hour, minute),
        }
        draft.format = plan.format;
        draft.encrypt = plan.seal.is_some();
        draft.secret_file.clone_from(&plan.secret_file);
        draft.kept = Some(plan.clone());
        draft
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

    pub fn schedule(&self) -> Option<Schedule> {
        let schedule = match self.when {
            When::Off => Schedule::Off,
            When::Hours => Schedule::Hours { hours: self.hours },
            When::Daily if !self.time_is_valid => return None,
            When::Daily => Schedule::Daily { hour: self.hour, minute: self.minute },
        };
        schedule.is_valid().then_some(schedule)
    }

    /// Why the page after *what* is off.
    pub fn what_blocked(&self) -> Option<String> {
        self.ticked().next().is_none().then(|| "Tick at least one folder.".into())
    }

    /// The destination; `None` while it is none.
    pub fn location(&self) -> Option<Location> {
        Location::typed(&self.destination)
    }

    /// All that are chosen, in the order in which they were.
    pub fn destinations(&self) -> Vec<Location> {
        let last = self.location().filter(|location| !self.also.contains(location));
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
            return Some(match Location::of_server(destination) {
                Some(Err(why)) => why.in_words().into(),
                _ => format!(
                    "Give the whole path, beginning with {}, or an address: sftp://user@host/path, webdav://user@host/path, s3://bucket/prefix.",
                    names::BEGINS
                ),
            });
        };
        if self.also.contains(&location) {
            return Some("This place is chosen already.".into());
        }
        let path = location.path()?.clone();
        let own = self.ticked().find(|source| source.path == path)?;
        Some(format!("{} is what is backed up: its backup has to lie elsewhere.", own.name))
    }

    /// Why the plan cannot be saved yet.
    pub fn how_blocked(&self) -> Option<String> {
        let text = if self.name().trim().is_empty() {
            "Give the backup a name."
        } else if self.schedule().is_none() {
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
        let when = self.schedule().map(Schedule::in_words).unwrap_or_default();
        let what = listed(&self.ticked().map(|source| source.name.as_str()).collect::<Vec<_>>());
        let how = if self.encrypt { "encrypted" } else { "not encrypted" };
        let places: Vec<String> = self.destinations().iter().map(|to| destination_name(&to.display(), drives)).collect();
        let places = listed(&places.iter().map(String::as_str).collect::<Vec<_>>());
        let mut sentence = format!("{when}, {what}, {how}, to {places}.");
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
            schedule: self.schedule()?,
        };
        Some((plan, secrets))
    }
}

fn source(path: &PathBytes, ticked: bool) -> Source {
    let name = String::from_utf8_lossy(path.file_name()).into_owned();
    Source { name: if name.is_empty() { path.display().into_owned() } else { name }, path: path.clone(), ticked }
}

#[cfg(test)]
mod tests {
    use crate::model::format::{Kind, Level};

    use super::*;

    fn draft() -> Draft {
        let mut draft = Draft::new(PlanId::from_random([7; 16]), "2026-11-21T12:00:00Z".parse().unwrap(), "/home/u".into());
        let suggestion =
            |name: &str, chosen| Suggestion { name: name.into(), path: format!("/home/u/{name}").as_str().into(), chosen };
        draft.suggest(&[suggestion("Documents", true), suggestion("Pictures", true), suggestion("Downloads", false)]);
        draft
    }

    #[test]
    fn a_backup_may_go_to_several_places() {
        let mut draft = draft();
        draft.destination = "/media/blue".into();
        draft.keep_destination();
        assert_eq!((draft.destination.as_str(), draft.where_blocked()), ("", None));
        draft.destination = "/media/blue".into();
        assert_eq!(draft.where_blocked().as_deref(), Some("This place is chosen already."));
        draft.destination = "sftp://ada@nas/b".into();
        assert_eq!(draft.where_blocked(), None);
        let shown: Vec<String> = draft.destinations().iter().map(Location::display).collect();
        assert_eq!(shown, ["/media/blue", "sftp://ada@nas/b"]);
        draft.encrypt = false;
        assert!(draft.summary(&[]).ends_with("to /media/blue and sftp://ada@nas/b."), "{}", draft.summary(&[]));
        let (plan, _) = draft.finish().unwrap();
        let again = Draft::of(&plan).finish().unwrap().0;
        assert_eq!(again.destinations, plan.destinations, "an edit of something else keeps them all");
    }

    fn drive(name: &str, mount: &str, is_system: bool) -> Drive {
        Drive {
            name: name.into(),
            mount_point: mount.into(),
            device: String::new(),
            file_system: "ext4".into(),
            free: 1,
            total: 2,
            is_system,
            is_network: false,
        }
    }

    fn drives() -> Vec<Drive> {
        vec![drive("System", "/", true), drive("Blue disk", "/media/u/blue", false)]
    }

    #[test]
    fn the_summary_says_what_was_set_up() {
        let mut d = draft();
        d.destination = "/media/u/blue".into();
        assert_eq!(d.summary(&drives()), "Every day at 20:00, Documents and Pictures, encrypted, to Blue disk.");
        d.destination = "/media/u/blue/Backups/".into();
        d.encrypt = false;
        d.when = When::Off;
        d.add("/srv/a").unwrap();
        d.add("/srv/b/").unwrap();
        assert_eq!(
            d.summary(&drives()),
            "Only when you ask, Documents, Pictures and 2 more, not encrypted, to Backups on Blue disk."
        );
        d.destination = "/srv/backups".into();
        assert!(d.summary(&drives()).ends_with("to /srv/backups."));
    }

    #[test]
    fn each_page_says_what_is_missing() {
        let mut d = draft();
        assert_eq!(d.what_blocked(), None);
        for source in &mut d.sources {
            source.ticked = false;
        }
        assert!(d.what_blocked().is_some());
        d.add("/home/u/Documents").unwrap();
        assert_eq!(d.sources.len(), 3, "a folder that is there is ticked, not doubled");
        assert_eq!(d.what_blocked(), None);

        assert!(d.where_blocked().unwrap().contains("drive"));
        d.destination = "backups".into();
        assert!(d.where_blocked().unwrap().contains("whole path"));
        d.destination = "/home/u/Documents".into();
        assert!(d.where_blocked().unwrap().contains("Documents"));
        d.destination = "/media/u/blue".into();
        assert_eq!(d.where_blocked(), None);

        for (password, repeat, word) in [("", "", "Choose"), ("a", "", "second"), ("a", "b", "differ")] {
            *d.password.typed = password.into();
            *d.password.repeat = repeat.into();
            assert!(d.how_blocked().unwrap().contains(word), "{password} {repeat}");
            assert!(d.finish().is_none());
        }
        *d.password.repeat = "a".into();
        assert_eq!(d.how_blocked(), None);
        d.recovery_key = Some(Secret::new("ABCD"));
        assert!(d.how_blocked().unwrap().contains("written down"));
        d.written_down = true;
        d.time_is_valid = false;
        assert!(d.how_blocked().unwrap().contains("time"));
        (d.hour, d.minute, d.time_is_valid) = (8, 30, true);
        let (plan, secrets) = d.finish().unwrap();
        assert_eq!(plan.schedule, Schedule::Daily { hour: 8, minute: 30 });
        assert_eq!(secrets.password, Some(Secret::new("a")));
        assert_eq!(secrets.recovery_key, Some(Secret::new("ABCD")));
        assert!(plan.seal.is_some());
    }

    #[test]
    fn unencrypted_is_deliberate_and_brings_no_secret() {
        let mut d = draft();
        d.destination = "/x/".into();
        *d.password.typed = "left over".into();
        d.encrypt = false;
        let (plan, secrets) = d.finish().unwrap();
        assert_eq!((plan.seal, secrets), (None, NewSecrets::default()));
        assert_eq!(plan.destinations, [Location::local("/x")]);
    }

    #[test]
    fn the_name_follows_the_sources_until_it_is_typed() {
        let mut d = draft();
        assert_eq!(d.name(), "Documents and Pictures");
        d.sources[0].ticked = false;
        assert_eq!(d.name(), "Pictures");
        d.set_name(String::new());
        assert_eq!(d.name(), "");
        assert!(d.how_blocked().unwrap().contains("name"));
    }

    #[test]
    fn editing_keeps_what_the_pages_do_not_show() {
        let mut d = draft();
        d.destination = "/x".into();
        d.encrypt = false;
        let (mut plan, _) = d.finish().unwrap();
        plan.seal = Some(SealSpec::default());
        plan.format = Format { kind: Kind::Zip, level: Level::Fixed(9), volume_size: None };
        plan.sources.excludes = vec!["*.iso".into(), "!keep.iso".into()];
        plan.sources.presets = vec![Preset::Trash];
        let mut edit = Draft::of(&plan);
        assert_eq!(edit.finish(), Some((plan.clone(), NewSecrets::default())));
        // Suggestions stand below, unticked.
        edit.suggest(&[Suggestion { name: "Music".into(), path: "/home/u/Music".into(), chosen: true }]);
        assert_eq!(edit.sources.last().map(|s| (s.name.as_str(), s.ticked)), Some(("Music", false)));
        assert_eq!(edit.finish().map(|(p, _)| p), Some(plan));
    }

    #[test]
    fn presets_keep_their_order() {
        let mut d = draft();
        d.set_preset(Preset::Trash, false);
        d.set_preset(Preset::Caches, false);
        d.set_preset(Preset::Caches, true);
        assert_eq!(d.presets, [Preset::Caches, Preset::DeveloperBuilds]);
    }
}
