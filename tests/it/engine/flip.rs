//! One flipped byte anywhere in any object of a sealed backup: full verification names the object, and no restore brings anything
//! wrong. In process, so that every byte of the small objects can be had; `tests/it/flip.rs` is the same through the binary.

use std::collections::BTreeMap;

use strongroom::engine::message::NewSecrets;
use strongroom::model::restore::{Depth, VersionChoice};
use strongroom::model::run::{Outcome, RunDetail};
use strongroom::model::snapshot::{VersionId, WantedType};

use super::*;
use crate::support::{Random, long};

/// Of each object, unless the long tests run: then it is all bytes of the small ones.
const SAMPLE: usize = 8;
/// Of volumes and catalogs in the long tests.
const LONG_SAMPLE: usize = 1000;

type Files = BTreeMap<PathBuf, Vec<u8>>;

#[test]
fn every_object_is_watched() {
    let mut world = World::in_memory();
    let mut random = Random(31);
    for n in 0..20 {
        write(&world.source().join(format!("folder {}/file {n}", n % 3)), random.bytes(200 + 100 * n));
    }
    write(&world.source().join("text"), b"the same line again\n".repeat(9_000));
    write(&world.source().join("noise"), random.bytes(150_000));
    let plan = world.plan("Documents");
    let recovery = world.handle().new_recovery_key().wait().unwrap();
    let secrets = NewSecrets { password: Some(Secret::new(PASSWORD)), recovery_key: Some(recovery), ..NewSecrets::default() };
    world.handle().save_plan(plan.clone(), secrets).wait().unwrap();
    let mut versions: Vec<(VersionId, Files)> = Vec::new();
    versions.push((version_of(&world.back_up(&plan, WantedType::Full)), tree(&world.source())));
    write(&world.source().join("text"), b"another line\n".repeat(2_000));
    write(&world.source().join("new"), random.bytes(3_000));
    versions.push((version_of(&world.back_up(&plan, WantedType::Incremental)), tree(&world.source())));

    let folder = world.destination().join(plan.folder_name());
    let objects = tree(&folder);
    assert!(objects.len() >= 12, "{:?}", objects.keys());
    let history = {
        let (home, _lock) = world.free("home");
        std::fs::read(home.history_file()).unwrap()
    };
    for (name, whole) in &objects {
        for (n, at) in offsets(name, whole.len(), &mut random).into_iter().enumerate() {
            if n % 100 == 0 {
                // A history of ten thousand runs within a minute is nobody's.
                let (home, _lock) = world.free("home");
                std::fs::write(home.history_file(), &history).unwrap();
            }
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << random.below(8);
            std::fs::write(folder.join(name), bytes).unwrap();
            let what = format!("{}, byte {at} of {}", name.display(), whole.len());
            // What was open before the flip does not count.
            world.start("home", false);
            is_named(&world.verify(&plan, Depth::Full), name, &what);
            for (version, files) in &versions {
                nothing_wrong_comes_back(&world, &plan, version, files, &what);
            }
        }
        std::fs::write(folder.join(name), whole).unwrap();
    }
    world.start("home", false);
    assert_eq!(world.verify(&plan, Depth::Full).outcome, Outcome::Completed, "all is mended");
}

fn offsets(name: &Path, length: usize, random: &mut Random) -> Vec<usize> {
    let small = !name.to_str().unwrap().ends_with(".sealed") && name != Path::new("recover.py");
    let sample = if long() { LONG_SAMPLE } else { SAMPLE };
    if (long() && small) || length <= sample {
        return (0..length).collect();
    }
    // One in each stretch of equal length, and the ends.
    let stretch = length as u64 / (sample as u64 - 2);
    let spread = (0..sample as u64 - 2).map(|n| (n * stretch + random.below(stretch)) as usize);
    spread.chain([0, length - 1]).collect()
}

fn is_named(report: &RunReport, name: &Path, what: &str) {
    let name = name.to_str().unwrap();
    let named = match (&report.detail, &report.outcome) {
        (RunDetail::Verify { report }, _) => report.damaged.iter().any(|damaged| damaged.object == name),
        (_, Outcome::Failed(problem)) => problem.what.contains(name),
        _ => false,
    };
    assert!(named, "verification does not name {what}: {report:?}");
    assert!(matches!(report.outcome, Outcome::Failed(_)), "{what}: {:?}", report.outcome);
}

fn nothing_wrong_comes_back(world: &World, plan: &Plan, version: &VersionId, files: &Files, what: &str) {
    let out = world.path("out");
    let report = world.restore(world.place(plan), VersionChoice::Id(version.clone()), &out);
    let restored = out.join("source");
    let there = if restored.exists() { tree(&restored) } else { Files::new() };
    for (path, content) in &there {
        assert!(files.get(path) == Some(content), "{what}: {} is wrong", path.display());
    }
    assert!(
        there.len() == files.len() || report.outcome != Outcome::Completed,
        "{what}: files are missing, and that is a success"
    );
    let _ = std::fs::remove_dir_all(&out);
}
