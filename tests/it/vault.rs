//! A backup that is hit in the middle of whatever is done with it, and what must hold of it afterwards: every version that was reported is
//! there and whole, nothing else is listed, something opens it, and the next run goes on.

mod judge;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::kill::no_litter;
use crate::support::{Ran, Random, World, assert_same, tool};
use crate::tree;

/// More are thinned out: all of them are looked at again and again.
const MOST_VERSIONS: usize = 4;
const BACKUP: &str = "backup --source @source --to @dest --volume-size 1M --json";

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    BackUp,
    /// Without changes of its own: of what has settled no volume is written.
    BackUpAgain,
    Delete,
    /// A new recovery key in place of the old one.
    ChangeKey,
    RotateKey,
    Restore,
}

pub const DEEDS: [Deed; 6] = [Deed::BackUp, Deed::BackUpAgain, Deed::Delete, Deed::ChangeKey, Deed::RotateKey, Deed::Restore];

/// What is known to be true of it.
#[derive(Clone)]
struct Known {
    /// Versions, and a copy of what each has to give back.
    versions: BTreeMap<String, PathBuf>,
    /// File of the recovery key that opens it.
    paper: Option<PathBuf>,
}

/// What was begun, and what it is about.
struct Attempt {
    deed: Deed,
    /// The version that goes or is restored.
    version: String,
    /// What is backed up, or the new recovery key.
    file: PathBuf,
}

pub struct Vault {
    pub world: World,
    random: Random,
    known: Known,
    saved: Option<Known>,
    attempt: Option<Attempt>,
    /// Numbers for new names.
    names: usize,
}

impl Vault {
    /// With two versions. `prepare`: before anything is made.
    pub fn new(seed: u64, prepare: impl FnOnce(&World)) -> Self {
        let world = World::new();
        prepare(&world);
        fs::create_dir_all(world.path("target")).unwrap();
        fs::create_dir(world.path("copies")).unwrap();
        let mut random = Random(seed);
        tree::plain(&world.source(), 40, &mut random);
        let known = Known { versions: BTreeMap::new(), paper: Some(world.path("paper")) };
        let mut vault = Self { world, random, known, saved: None, attempt: None, names: 0 };
        vault.world.run("key new @stick").ok();
        let first = vault.run(&format!("{BACKUP} --recovery-key-file @paper")).ok().last();
        let copy = vault.copy_of_source();
        vault.known.versions.insert(first["version"].as_str().unwrap().into(), copy);
        vault.goes_on();
        vault
    }

    /// Opens by the key file; strangers to the home may do so too.
    fn command(&self, line: &str) -> Command {
        let mut command = self.world.words(line);
        command.env_remove("STRONGROOM_PASSWORD").env("STRONGROOM_KEY_FILE", self.world.path("stick"));
        command
    }

    pub fn run(&self, line: &str) -> Ran {
        Ran::of(&mut self.command(line), line)
    }

    fn new_name(&mut self, kind: &str) -> PathBuf {
        self.names += 1;
        self.world.path(&format!("{kind}{}", self.names))
    }

    fn copy_of_source(&mut self) -> PathBuf {
        let copy = self.new_name("copies/");
        copy_tree(&self.world.source(), &copy);
        copy
    }

    /// How long each of these takes.
    pub fn spans(&mut self, deeds: &[Deed]) -> BTreeMap<Deed, Duration> {
        let mut spans = BTreeMap::new();
        for deed in deeds {
            let mut command = self.begin(*deed);
            let begun = Instant::now();
            let ran = Ran::of(&mut command, "");
            spans.insert(*deed, begun.elapsed());
            self.judge(&ran);
        }
        spans
    }

    fn change_source(&mut self) {
        tree::change(&self.world.source(), &mut self.random);
    }

    fn any_version(&mut self) -> String {
        let at = self.random.below(self.known.versions.len() as u64) as usize;
        self.known.versions.keys().nth(at).unwrap().clone()
    }

    /// Makes ready for it and returns its command; whatever comes of that is to be [judged](Self::judge).
    pub fn begin(&mut self, deed: Deed) -> Command {
        let version = self.any_version();
        let (file, line) = match deed {
            Deed::BackUp | Deed::BackUpAgain => {
                if deed == Deed::BackUp {
                    self.change_source();
                    // More than a frame, so more than a volume.
                    fs::write(self.world.source().join("big"), self.random.bytes(5 << 20)).unwrap();
                }
                (self.copy_of_source(), BACKUP.to_string())
            }
            Deed::Delete => (PathBuf::new(), format!("delete --from @dest --version {version} --json")),
            Deed::ChangeKey => {
                let paper = self.new_name("paper");
                let line = format!("key recovery @{} --from @dest --json", paper.file_name().unwrap().display());
                (paper, line)
            }
            Deed::RotateKey => (PathBuf::new(), "key rotate --from @dest --yes --json".into()),
            Deed::Restore => {
                let _ = fs::remove_dir_all(self.world.path("target/out"));
                (PathBuf::new(), restore_line(&version))
            }
        };
        self.attempt = Some(Attempt { deed, version, file });
        self.command(&line)
    }

    /// The next run ends well and clears up, and a version comes back by the key that the home keeps.
    pub fn goes_on(&mut self) {
        self.change_source();
        let result = self.run(BACKUP).ok().last();
        assert_eq!(result["result"], "completed", "{result}");
        let copy = self.copy_of_source();
        assert!(self.known.versions.insert(result["version"].as_str().unwrap().into(), copy).is_none());
        no_litter(&self.world);
        let version = self.any_version();
        let out = self.world.path("out");
        let line = format!("restore --from @dest --version {version} --to @out");
        self.world.run_with(&line, |command| _ = command.env_remove("STRONGROOM_PASSWORD")).ok();
        assert_same(&self.known.versions[&version], &out.join("source"));
        fs::remove_dir_all(out).unwrap();
        while self.known.versions.len() > MOST_VERSIONS {
            let (oldest, copy) = self.known.versions.pop_first().unwrap();
            self.run(&format!("delete --from @dest --version {oldest}")).ok();
            if !self.saved.as_ref().is_some_and(|saved| saved.versions.contains_key(&oldest)) {
                fs::remove_dir_all(copy).unwrap();
            }
        }
        assert_eq!(self.listed(), self.known.versions.keys().cloned().collect());
    }

    /// Keeps home and destination as they are, for [`Self::put_back`].
    pub fn save(&mut self) {
        for name in ["home", "dest"] {
            copy_tree(&self.world.path(name), &self.world.path(&format!("saved {name}")));
        }
        self.saved = Some(self.known.clone());
    }

    pub fn put_back(&mut self) {
        for name in ["home", "dest"] {
            fs::remove_dir_all(self.world.path(name)).unwrap();
            copy_tree(&self.world.path(&format!("saved {name}")), &self.world.path(name));
        }
        self.known = self.saved.clone().unwrap();
        for copy in fs::read_dir(self.world.path("copies")).unwrap().map(|e| e.unwrap().path()) {
            if !self.known.versions.values().any(|kept| *kept == copy) {
                fs::remove_dir_all(copy).unwrap();
            }
        }
    }
}

fn restore_line(version: &str) -> String {
    format!("restore --from @dest --version {version} --to @target/out --json")
}

fn copy_tree(from: &Path, to: &Path) {
    tool("cp", ["-a".as_ref(), from.as_os_str(), to.as_os_str()]);
}
