//! What is stored already is not stored again in any format, sealed or not; and every version comes back.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use strongroom::model::format::Kind;
use strongroom::model::restore::{Depth, VersionChoice};
use strongroom::model::run::Outcome;
use strongroom::model::snapshot::{BackupType, Manifest, Totals, VersionId, WantedType};

use super::dedup::{MIB, noise, totals};
use super::*;

const KINDS: [Kind; 6] = [Kind::Tar, Kind::TarGz, Kind::TarBz2, Kind::TarLz4, Kind::TarZst, Kind::Zip];

struct Case {
    world: World,
    plan: Plan,
    name: String,
    versions: Vec<(VersionId, BTreeMap<PathBuf, Vec<u8>>)>,
}

#[test]
fn every_format_stores_only_what_is_new() {
    let cases: Vec<(Kind, bool)> = KINDS.iter().flat_map(|kind| [(*kind, true), (*kind, false)]).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).min(4) {
            scope.spawn(|| {
                while let Some((kind, sealed)) = cases.get(next.fetch_add(1, Relaxed)) {
                    Case::new(*kind, *sealed).run();
                }
            });
        }
    });
}

impl Case {
    fn new(kind: Kind, sealed: bool) -> Self {
        let world = World::in_memory();
        let mut plan = Plan { seal: sealed.then(SealSpec::default), ..world.plan("Documents") };
        plan.format.kind = kind;
        world.save(&plan).unwrap();
        Self { world, plan, name: format!("{kind:?}, sealed: {sealed}"), versions: Vec::new() }
    }

    fn back_up(&mut self, kind: WantedType) -> Totals {
        let report = self.world.back_up(&self.plan, kind);
        assert_eq!(report.outcome, Outcome::Completed, "{}: {report:?}", self.name);
        self.versions.push((version_of(&report), tree(&self.world.source())));
        totals(&report)
    }

    /// Backs up what has changed, of which most is stored already.
    fn stores_at_most(&mut self, bytes: usize, what: &str) {
        let found = self.back_up(WantedType::Incremental);
        assert!(found.stored_bytes <= bytes as u64, "{}: {what}: {} bytes stored", self.name, found.stored_bytes);
        assert!(found.dedup_bytes > 0, "{}: {what}", self.name);
    }

    fn manifest(&self, number: usize) -> Manifest {
        let all = self.world.handle().versions(self.world.place(&self.plan)).wait().unwrap();
        all.into_iter().find(|version| version.id == self.versions[number].0).unwrap()
    }

    fn run(&mut self) {
        let source = self.world.source();
        let (mut large, mut image) = (noise(6 * MIB, 1), noise(8 * MIB, 2));
        for n in 0..80 {
            write(&source.join(format!("folder/deep {}/file {n}", n % 5)), noise(500 + 150 * n, 100 + n as u64));
        }
        write(&source.join("large"), &large);
        write(&source.join("disk.img"), &image);
        let full = self.back_up(WantedType::Full);
        assert!(full.stored_bytes > 14 * MIB as u64, "{}", self.name);

        std::fs::rename(source.join("folder"), source.join("renamed")).unwrap();
        self.stores_at_most(20_000, "a renamed folder");
        for (name, content) in tree(&source.join("renamed")) {
            write(&source.join("copy").join(name), content);
        }
        self.stores_at_most(30_000, "a copied folder");
        large.insert(0, b'x');
        write(&source.join("large"), &large);
        self.stores_at_most(5 * MIB / 2, "a byte at the front of a large file");
        for at in [2, 6] {
            image[at * MIB..at * MIB + 4096].copy_from_slice(&noise(4096, 3 + at as u64));
        }
        write(&source.join("disk.img"), &image);
        self.stores_at_most(4 * MIB, "scattered writes into an image");

        // Of all that the incremental ones have stored it may use nothing.
        let differential = self.back_up(WantedType::Differential);
        let (base, manifest) = (self.versions[0].0.clone(), self.manifest(5));
        assert_eq!(manifest.backup_type, BackupType::Differential);
        assert_eq!((manifest.parent, manifest.needs.len()), (Some(base.clone()), 1), "{}", self.name);
        assert_eq!(manifest.needs[0].run, base);
        assert!(differential.stored_bytes < 13 * MIB as u64 / 2 + 30_000, "{}: {differential:?}", self.name);

        let again = self.back_up(WantedType::Full);
        let manifest = self.manifest(6);
        assert!(manifest.needs.is_empty() && manifest.parent.is_none(), "{}", self.name);
        assert!(again.stored_bytes > 14 * MIB as u64, "{}", self.name);

        assert_eq!(self.world.verify(&self.plan, Depth::Full).outcome, Outcome::Completed, "{}", self.name);
        let out = self.world.path("out");
        for (version, expected) in &self.versions {
            let done = self.world.restore(self.world.place(&self.plan), VersionChoice::Id(version.clone()), &out);
            assert_eq!(done.outcome, Outcome::Completed, "{}: {done:?}", self.name);
            assert!(tree(&out.join("source")) == *expected, "{}: {version}", self.name);
            std::fs::remove_dir_all(&out).unwrap();
        }
    }
}
