//! Random sequences of edits, backups of all types, runs that are cut off, deletions, damage and restores against a naive model: whatever
//! happened, every version that is there comes back as it was, but for the very files that verification names.

use std::collections::{BTreeMap, BTreeSet};

use strongroom::engine::message::Command;
use strongroom::model::prune::DeleteSpec;
use strongroom::model::restore::{Depth, VersionChoice};
use strongroom::model::run::{Outcome, RunDetail};
use strongroom::model::snapshot::{VersionId, WantedType};

use super::*;
use crate::support::{Random, long};
use strongroom::model::volume_size::VolumeSize;

/// More are thinned out: all of them are looked at again and again.
const MOST_VERSIONS: usize = 12;

type Files = BTreeMap<PathBuf, Vec<u8>>;

struct Model {
    world: World,
    plan: Plan,
    random: Random,
    /// Versions that are there, and what each must give back.
    versions: BTreeMap<VersionId, Files>,
    /// Files of versions that the newest verification named.
    hit: BTreeSet<(VersionId, PathBuf)>,
    /// Damage was done since.
    unverified: bool,
    /// Runs that were cut off, and those that went on from what one of them had stored.
    cut: u32,
    resumed: u32,
    log: Vec<String>,
}

#[test]
fn every_version_comes_back_whatever_happened() {
    let (rounds, steps) = if long() { (10, 400) } else { (2, 120) };
    let (mut cut, mut resumed) = (0, 0);
    for seed in 0..rounds {
        let mut model = Model::new(seed, seed % 2 == 0);
        let all = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            (0..steps).for_each(|_| model.step());
            model.all_come_back();
        }));
        if let Err(panic) = all {
            eprintln!("seed {seed}:\n{}", model.log.join("\n"));
            std::panic::resume_unwind(panic);
        }
        (cut, resumed) = (cut + model.cut, resumed + model.resumed);
    }
    assert!(cut > rounds as u32 && resumed >= rounds as u32, "{cut} runs were cut off, {resumed} gone on with");
}

impl Model {
    fn new(seed: u64, sealed: bool) -> Self {
        let world = World::new();
        let mut plan = Plan { seal: sealed.then(SealSpec::default), ..world.plan("Documents") };
        // Many volumes, so that many of them die.
        plan.format.volume_size = Some(VolumeSize::Bytes(1 << 20));
        world.save(&plan).unwrap();
        let (versions, hit) = (BTreeMap::new(), BTreeSet::new());
        let mut model = Self {
            world,
            plan,
            random: Random(1000 + seed),
            versions,
            hit,
            unverified: false,
            cut: 0,
            resumed: 0,
            log: Vec::new(),
        };
        (0..30).for_each(|_| model.new_file());
        model
    }

    fn step(&mut self) {
        if self.versions.len() > MOST_VERSIONS {
            return self.delete(5);
        }
        match self.random.below(24) {
            0..8 => self.edit(),
            20.. => self.cut_off(),
            8..14 => drop(self.back_up()),
            14..16 => {
                let many = 1 + self.random.below(2);
                self.delete(many);
            }
            16 => self.damage(),
            17 => self.world.start("home", false),
            _ => self.one_comes_back(),
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        tree(&self.world.source()).into_keys().collect()
    }

    fn any_file(&mut self) -> Option<PathBuf> {
        let files = self.files();
        files.get(self.random.below(files.len() as u64) as usize).cloned()
    }

    fn name(&mut self) -> PathBuf {
        let (a, b) = (self.random.below(4), self.random.below(40));
        if a == 0 { format!("top {b}").into() } else { format!("folder {a}/{b}").into() }
    }

    fn new_file(&mut self) {
        let name = self.name();
        let length = match self.random.below(30) {
            0 => 5 << 20,
            1..8 => 0,
            _ => self.random.below(60_000) as usize,
        };
        let content = self.random.bytes(length);
        write(&self.world.source().join(name), content);
    }

    fn edit(&mut self) {
        let source = self.world.source();
        let Some(file) = self.any_file() else { return self.new_file() };
        let (path, other) = (source.join(&file), self.name());
        let kind = self.random.below(6);
        self.log.push(format!("edit {kind} of {} ({})", file.display(), other.display()));
        match kind {
            0 => self.new_file(),
            1 => std::fs::remove_file(&path).unwrap(),
            2 => write(&source.join(other), std::fs::read(&path).unwrap()),
            3 => {
                let content = std::fs::read(&path).unwrap();
                std::fs::remove_file(&path).unwrap();
                write(&source.join(other), content);
            }
            4 => {
                let mut content = std::fs::read(&path).unwrap();
                content.insert(0, self.random.below(256) as u8);
                std::fs::write(&path, content).unwrap();
            }
            _ => {
                let (from, to) = (self.random.below(3) + 1, self.random.below(3) + 5);
                if source.join(format!("folder {from}")).exists() && !source.join(format!("folder {to}")).exists() {
                    std::fs::rename(source.join(format!("folder {from}")), source.join(format!("folder {to}"))).unwrap();
                }
            }
        }
    }

    fn any_version(&mut self) -> Option<VersionId> {
        let n = self.random.below(self.versions.len() as u64) as usize;
        self.versions.keys().nth(n).cloned()
    }

    /// The version that came of it.
    fn back_up(&mut self) -> Option<VersionId> {
        use WantedType::{Auto, Differential, Full, Incremental};
        let kind = [Auto, Auto, Incremental, Incremental, Differential, Full][self.random.below(6) as usize];
        let base = if kind == Incremental && self.random.below(3) == 0 { self.any_version() } else { None };
        let (plan, wanted) = (self.plan.id.clone(), base.clone());
        let report =
            self.world.run(|run| Command::BackUp { run, plan, kind, base: wanted, take_over: false, accept_shrunk: false });
        self.log.push(format!("backup {kind:?} on {base:?}: {:?} {:?}", report.outcome, report.detail));
        if self.unverified && !report.outcome.is_success() {
            // It may have met the damage; then it knows of it, and the next goes round it.
            return None;
        }
        assert_eq!(report.outcome, Outcome::Completed);
        Some(self.made(&report))
    }

    /// A version has come of it.
    fn made(&mut self, report: &RunReport) -> VersionId {
        let version = version_of(report);
        self.versions.insert(version.clone(), tree(&self.world.source()));
        if matches!(report.detail, RunDetail::Backup { resumed_bytes: 1.., .. }) {
            self.resumed += 1;
        }
        if self.unverified {
            // It could not know what it should not refer to.
            self.verify();
        }
        version
    }

    /// Begins a run that is cancelled, or whose drive is pulled out, somewhere; or that is over before. Then it may be gone on with at
    /// once, or after whatever else happens.
    fn cut_off(&mut self) {
        use WantedType::{Auto, Full};
        let kind = [Auto, Full, Full][self.random.below(3) as usize];
        if kind == Full {
            // Otherwise there is hardly enough to be cut.
            self.new_file();
        }
        let report = if self.random.below(2) == 0 {
            let bytes = self.random.below(8 << 20) + 1;
            self.world.put_before(pulled::after(bytes));
            let report = self.world.back_up(&self.plan, kind);
            self.world.take_away();
            report
        } else {
            let after = Duration::from_micros(self.random.below(60_000));
            let (handle, run, plan) = (self.world.handle(), RunId(rand_u64()), self.plan.id.clone());
            let mut events = handle.events();
            handle.send(Command::BackUp { run, plan, kind, base: None, take_over: false, accept_shrunk: false }).unwrap();
            std::thread::sleep(after);
            // It may have ended meanwhile.
            let _ = handle.send(Command::Cancel { run });
            report_of(&mut events, run)
        };
        self.log.push(format!("{kind:?} to be cut off: {:?} {:?}", report.outcome, report.detail));
        match report.outcome {
            Outcome::Completed => drop(self.made(&report)),
            Outcome::Cancelled => self.cut += 1,
            Outcome::Failed(_) => {
                self.cut += 1;
                // Where the drive went while it was read back, it is there.
                let listed = self.world.handle().versions(self.world.place(&self.plan)).wait().unwrap();
                let new = listed.into_iter().map(|manifest| manifest.id).find(|id| !self.versions.contains_key(id));
                if let Some(version) = new {
                    self.versions.insert(version, tree(&self.world.source()));
                }
            }
            other => panic!("{other:?}"),
        }
        match self.random.below(4) {
            0 | 1 => {
                let next = self.world.back_up(&self.plan, kind);
                self.log.push(format!("{kind:?} after it: {:?} {:?}", next.outcome, next.detail));
                if next.outcome == Outcome::Completed {
                    self.made(&next);
                } else {
                    assert!(self.unverified, "{next:?}");
                }
            }
            2 => self.world.start("home", false),
            _ => {}
        }
    }

    /// However quick the machine is: a run that is cut off behind some finished volumes is gone on with.
    fn goes_on(&mut self) {
        let path = self.world.source().join("long");
        write(&path, self.random.bytes(24 << 20));
        self.world.put_before(pulled::after(18 << 20));
        let report = self.world.back_up(&self.plan, WantedType::Full);
        self.world.take_away();
        assert!(matches!(report.outcome, Outcome::Failed(_)), "{report:?}");
        self.cut += 1;
        let next = self.world.back_up(&self.plan, WantedType::Full);
        assert!(matches!(next.detail, RunDetail::Backup { resumed_bytes: 1.., .. }), "{next:?}");
        self.made(&next);
        std::fs::remove_file(path).unwrap();
    }

    fn delete(&mut self, many: u64) {
        let mut gone: Vec<VersionId> = (0..many).filter_map(|_| self.any_version()).collect();
        gone.sort();
        gone.dedup();
        if gone.is_empty() {
            return;
        }
        let spec = DeleteSpec { from: self.world.place(&self.plan), versions: gone.clone(), everywhere: false };
        let report = self.world.run(|run| Command::Delete { run, spec });
        self.log.push(format!("delete {gone:?}: {:?}", report.outcome));
        if gone.len() == self.versions.len() {
            assert!(matches!(report.outcome, Outcome::Failed(_)), "the last ones stay");
            return;
        }
        assert_eq!(report.outcome, Outcome::Completed);
        self.versions.retain(|id, _| !gone.contains(id));
    }

    /// Flips a byte of a volume, or takes it away.
    fn damage(&mut self) {
        let data = self.world.destination().join(self.plan.folder_name()).join("data");
        if self.versions.is_empty() {
            return;
        }
        let volumes: Vec<PathBuf> =
            tree(&data).into_keys().filter(|p| p.file_name().is_some_and(|n| n.to_str().unwrap().starts_with("v0"))).collect();
        let Some(name) = volumes.get(self.random.below(volumes.len() as u64) as usize) else { return };
        let mut bytes = std::fs::read(data.join(name)).unwrap();
        let at = self.random.below(bytes.len() as u64) as usize;
        self.log.push(format!("damage of {} at {at}", name.display()));
        if self.random.below(4) == 0 {
            std::fs::remove_file(data.join(name)).unwrap();
        } else {
            bytes[at] ^= 1 << self.random.below(8);
            std::fs::write(data.join(name), bytes).unwrap();
        }
        self.unverified = true;
        if self.random.below(3) > 0 {
            self.verify();
        }
    }

    /// Has all of it looked at: what is named then is all that may be missing.
    fn verify(&mut self) {
        let report = self.world.verify(&self.plan, Depth::Full);
        let RunDetail::Verify { report } = report.detail else { panic!("{report:?}") };
        let hits = report.damaged.iter().flat_map(|damaged| {
            assert_eq!(damaged.hit_count, damaged.hits.len() as u64, "all are named");
            damaged.hits.iter()
        });
        let source = self.world.source();
        let source = source.strip_prefix("/").unwrap();
        let within = |path: &strongroom::model::path::PathBytes| path.to_path_buf().strip_prefix(source).unwrap().to_path_buf();
        self.hit = hits.map(|(version, path)| (version.clone(), within(path))).collect();
        self.unverified = false;
        self.log.push(format!("verified: {:?}", self.hit));
    }

    fn one_comes_back(&mut self) {
        if self.unverified {
            self.verify();
        }
        if let Some(version) = self.any_version() {
            self.comes_back(&version);
        }
    }

    fn all_come_back(&mut self) {
        self.verify();
        self.goes_on();
        let listed = self.world.handle().versions(self.world.place(&self.plan)).wait().unwrap();
        let listed: BTreeSet<VersionId> = listed.into_iter().map(|m| m.id).collect();
        assert_eq!(listed, self.versions.keys().cloned().collect());
        for version in listed {
            self.comes_back(&version);
        }
        // Whatever was hit, a new version has all of it.
        let newest = self.back_up().unwrap();
        self.verify();
        assert!(!self.hit.iter().any(|(version, _)| *version == newest));
        self.comes_back(&newest);
    }

    fn comes_back(&mut self, version: &VersionId) {
        let out = self.world.path("out");
        let report = self.world.restore(self.world.place(&self.plan), VersionChoice::Id(version.clone()), &out);
        self.log.push(format!("restore of {version}: {:?}", report.outcome));
        let restored = out.join("source");
        let there = if restored.exists() { tree(&restored) } else { Files::new() };
        let expected = &self.versions[version];
        for (path, content) in expected {
            let hit = self.hit.contains(&(version.clone(), path.clone()));
            match there.get(path) {
                Some(found) => assert!(found == content && !hit, "{} of {version}: hit {hit}", path.display()),
                None => assert!(hit, "{} of {version} is missing", path.display()),
            }
        }
        assert!(there.keys().all(|path| expected.contains_key(path)));
        assert_eq!(report.outcome == Outcome::Completed, there.len() == expected.len());
        let _ = std::fs::remove_dir_all(out);
    }
}
