//! What is stored already is not stored again, whatever it is called now; and versions of all types come back.

use strongroom::engine::message::Command;
use strongroom::model::restore::{Depth, VersionChoice};
use strongroom::model::run::{Outcome, RunDetail};
use strongroom::model::snapshot::{BackupType, Totals, VersionId, WantedType};

use super::*;

pub(super) const MIB: usize = 1 << 20;

/// Bytes that neither repeat nor compress.
pub(super) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut out = vec![0; length];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut out);
    out
}

pub(super) fn totals(report: &RunReport) -> Totals {
    match &report.detail {
        RunDetail::Backup { totals, .. } => *totals,
        other => panic!("{other:?}: {:?}", report.outcome),
    }
}

/// A plan with a source that was backed up in full, and what happened to it since.
struct Case {
    world: World,
    plan: Plan,
}

impl Case {
    fn new(sealed: bool, fill: impl FnOnce(&Path)) -> Self {
        let world = World::new();
        fill(&world.source());
        let plan = Plan { seal: sealed.then(SealSpec::default), ..world.plan("Documents") };
        world.save(&plan).unwrap();
        let case = Self { world, plan };
        case.back_up(WantedType::Full);
        case
    }

    /// A version that is checked piece by piece and restored.
    fn back_up(&self, kind: WantedType) -> RunReport {
        let report = self.world.back_up(&self.plan, kind);
        assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
        assert_eq!(self.world.verify(&self.plan, Depth::Full).outcome, Outcome::Completed);
        self.comes_back(&version_of(&report), &tree(&self.world.source()));
        report
    }

    fn comes_back(&self, version: &VersionId, expected: &std::collections::BTreeMap<PathBuf, Vec<u8>>) {
        let out = self.world.path("out");
        let done = self.world.restore(self.world.place(&self.plan), VersionChoice::Id(version.clone()), &out);
        assert_eq!(done.outcome, Outcome::Completed, "{done:?}");
        assert!(tree(&out.join("source")) == *expected, "{version}");
        std::fs::remove_dir_all(&out).unwrap();
    }

    /// Backs up what has changed, which must take little room.
    fn stores_at_most(&self, bytes: u64) {
        let found = totals(&self.back_up(WantedType::Incremental));
        assert!(found.stored_bytes <= bytes, "{} bytes stored: {found:?}", found.stored_bytes);
        assert!(found.dedup_bytes > 0);
    }
}

fn two_hundred_files(root: &Path) {
    for n in 0..200 {
        write(&root.join(format!("folder/deep {}/file {n}", n % 5)), noise(500 + 150 * n, n as u64));
    }
    write(&root.join("folder/large"), noise(9 * MIB, 1000));
}

#[test]
fn folders_that_were_renamed_moved_or_copied_take_no_room() {
    for sealed in [true, false] {
        let case = Case::new(sealed, two_hundred_files);
        let source = case.world.source();
        let rename = |from: &str, to: &str| std::fs::rename(source.join(from), source.join(to)).unwrap();
        // 12 MB of content; what is stored is the list of entries.
        rename("folder", "renamed");
        case.stores_at_most(30_000);
        std::fs::create_dir_all(source.join("some/where/else")).unwrap();
        rename("renamed", "some/where/else/moved");
        case.stores_at_most(30_000);
        for (name, content) in tree(&source.join("some")) {
            write(&source.join("copy").join(name), content);
        }
        case.stores_at_most(60_000);
    }
}

#[test]
fn a_byte_at_the_front_of_a_large_file_costs_a_piece() {
    let mut content = noise(64 * MIB, 1);
    let case = Case::new(true, |source| write(&source.join("large"), &content));
    content.insert(0, b'x');
    write(&case.world.source().join("large"), &content);
    case.stores_at_most(4 * MIB as u64 + 20_000);
}

#[test]
fn scattered_writes_into_an_image_cost_the_pieces_they_hit() {
    let mut content = noise(96 * MIB, 1);
    let case = Case::new(true, |source| write(&source.join("disk.img"), &content));
    for at in [5, 6, 40, 71, 90] {
        content[at * MIB..at * MIB + 4096].copy_from_slice(&noise(4096, at as u64));
    }
    write(&case.world.source().join("disk.img"), &content);
    // Five writes, of which each may hit two pieces that are about 1 MiB long.
    case.stores_at_most(12 * MIB as u64);
}

#[test]
fn copies_are_stored_once_in_a_sealed_full() {
    let case = Case::new(true, two_hundred_files);
    let source = case.world.source();
    for (name, content) in tree(&source.join("folder")) {
        write(&source.join("second").join(name), content);
    }
    let found = totals(&case.back_up(WantedType::Full));
    assert_eq!(found.dedup_bytes * 2, found.new_bytes);
    assert!(found.stored_bytes < found.bytes * 52 / 100, "{found:?}");
}

#[test]
fn a_full_needs_nothing_older_and_a_differential_only_the_full() {
    let case = Case::new(true, two_hundred_files);
    let source = case.world.source();
    let versions = || case.world.handle().versions(case.world.place(&case.plan)).wait().unwrap();
    let full = versions()[0].id.clone();
    let mut trees = vec![tree(&source)];
    for (n, kind) in [WantedType::Incremental, WantedType::Differential, WantedType::Incremental, WantedType::Differential]
        .into_iter()
        .enumerate()
    {
        write(&source.join(format!("new {n}")), noise(30_000, 5000 + n as u64));
        std::fs::remove_file(source.join(format!("folder/deep {n}/file {n}"))).unwrap();
        case.back_up(kind);
        trees.push(tree(&source));
    }
    // The same content as the third one has, which a differential must store again.
    let all = versions();
    let types: Vec<BackupType> = all.iter().map(|v| v.backup_type).collect();
    use BackupType::{Differential, Full, Incremental};
    assert_eq!(types, [Full, Incremental, Differential, Incremental, Differential]);
    for version in [&all[2], &all[4]] {
        assert_eq!((version.parent.as_ref(), version.needs.len()), (Some(&full), 1));
        assert_eq!(version.needs[0].run, full);
    }
    assert_eq!(all[3].parent.as_ref(), Some(&all[2].id));
    let stored: Vec<u64> = all.iter().map(|v| v.totals.new_files).collect();
    assert_eq!(stored, [201, 1, 2, 1, 4]);

    // A base of one's own choice.
    let base = Some(all[1].id.clone());
    let plan = case.plan.id.clone();
    let chosen = case.world.run(|run| Command::BackUp {
        run,
        plan,
        kind: WantedType::Incremental,
        base,
        take_over: false,
        accept_shrunk: false,
    });
    assert_eq!(chosen.outcome, Outcome::Completed);
    let last = versions().pop().unwrap();
    assert_eq!((last.parent.as_ref(), last.totals.new_files), (Some(&all[1].id), 3));
    assert!(last.needs.iter().all(|need| need.run == all[0].id || need.run == all[1].id));
    case.back_up(WantedType::Full);
    assert!(versions().pop().unwrap().needs.is_empty());
    for (version, expected) in all.iter().zip(&trees) {
        case.comes_back(&version.id, expected);
    }
}

#[test]
fn a_base_that_is_not_there_is_said() {
    let case = Case::new(true, |source| write(&source.join("a"), "x"));
    let base = Some(VersionId::try_from("20200101T000000Z-full-00000000".to_string()).unwrap());
    let plan = case.plan.id.clone();
    let report =
        case.world.run(|run| Command::BackUp { run, plan, kind: WantedType::Auto, base, take_over: false, accept_shrunk: false });
    assert!(
        matches!(&report.outcome, Outcome::Failed(p) if p.code == strongroom::model::problem::Code::NothingThere),
        "{report:?}"
    );
}

#[test]
fn a_lost_or_spoiled_cache_costs_nothing_but_time() {
    let case = Case::new(true, two_hundred_files);
    let source = case.world.source();
    let cache = case.world.path("home/cache/pieces");
    assert!(!tree(&cache).is_empty());
    std::fs::remove_dir_all(&cache).unwrap();
    std::fs::rename(source.join("folder"), source.join("renamed")).unwrap();
    case.stores_at_most(30_000);
    for name in tree(&cache).keys() {
        let mut bytes = std::fs::read(cache.join(name)).unwrap();
        bytes.iter_mut().step_by(97).for_each(|b| *b ^= 0x55);
        std::fs::write(cache.join(name), bytes).unwrap();
    }
    std::fs::rename(source.join("renamed"), source.join("again")).unwrap();
    case.stores_at_most(30_000);
}
