//! What is copied from one destination to another: never what another try of a run has left, never less than there was.

use std::fs;

use strongroom::model::problem::Cause;
use strongroom::model::run::Outcome;
use strongroom::model::volume_size::VolumeSize;

use super::several::Case;
use super::*;

/// The objects of a version at a destination, by the beginning of their names.
fn objects(case: &Case, at: &str, id: &VersionId, begins: &str) -> Vec<PathBuf> {
    let of_run = |path: &PathBuf| path.parent().is_some_and(|folder| folder.ends_with(format!("data/{id}")));
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(begins.as_bytes()));
    let all = tree(&case.world.path(at)).into_keys().map(|path| case.world.path(at).join(path));
    all.filter(|path| of_run(path) && named(path)).collect()
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// A version that the third destination has not got, of several volumes.
fn without_the_third(sealed: bool) -> (Case, VersionId) {
    let mut case = Case::of(sealed.then(SealSpec::default));
    case.plan.format.volume_size = Some(VolumeSize::Bytes(1 << 20));
    case.world.save(&case.plan).unwrap();
    case.back_up();
    case.pull_out("third");
    write(&case.world.source().join("film"), crate::support::Random(7).bytes(16 << 20));
    let id = version_of(&case.back_up());
    case.put_back("third");
    (case, id)
}

#[test]
fn what_another_try_of_the_run_has_left_is_not_taken_for_the_same() {
    for sealed in [true, false] {
        let (case, id) = without_the_third(sealed);
        // As long, and made of the same: but another salt, or another content.
        let left = objects(&case, "destination", &id, "");
        assert!(left.len() > 5, "{left:?}");
        for path in left {
            let copy = case.world.path("third").join(path.strip_prefix(case.world.path("destination")).unwrap());
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(&path, &copy).unwrap();
            flip(&copy, 60);
        }
        let report = case.replicate("destination", "third");
        assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
        assert_eq!(case.verifies("third"), [""; 0], "{sealed}");
        case.restores("third");
    }
}

#[test]
fn what_a_copy_that_was_cut_off_has_left_is_not_sent_again() {
    let (case, id) = without_the_third(true);
    for path in objects(&case, "destination", &id, "v0") {
        let copy = case.world.path("third").join(path.strip_prefix(case.world.path("destination")).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(&path, &copy).unwrap();
    }
    let report = case.replicate("destination", "third");
    let RunDetail::Replicate { replicated, .. } = &report.detail else { panic!("{report:?}") };
    assert_eq!((replicated.objects, replicated.versions.len()), (1, 1), "the catalog alone");
    assert_eq!(case.verifies("third"), [""; 0]);
}

#[test]
fn a_version_that_cannot_be_copied_keeps_none_of_the_later_ones() {
    let (case, first) = without_the_third(true);
    case.pull_out("third");
    write(&case.world.source().join("b"), "new");
    // The last volume of the first is damaged, and the next version goes round it.
    let volume = objects(&case, "destination", &first, "v0").pop().unwrap();
    flip(&volume, 500);
    case.verifies("destination");
    let second = version_of(&case.back_up());
    case.put_back("third");
    let report = case.replicate("destination", "third");
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{report:?}");
    let said: Vec<_> = report.warnings.iter().filter(|warning| warning.cause == Cause::Incomplete).collect();
    assert!(said.len() == 1 && said[0].detail.contains(first.as_str()), "{said:?}");
    assert!(case.versions("third").contains(&second) && !case.versions("third").contains(&first));
    case.restores("third");
    assert_eq!(case.verifies("third"), [""; 0]);
}

#[test]
fn what_is_damaged_stays_where_there_is_nothing_better() {
    let case = Case::new();
    let id = version_of(&case.back_up());
    let here = objects(&case, "destination", &id, "v0001").pop().unwrap();
    let there = objects(&case, "third", &id, "v0001").pop().unwrap();
    let half = fs::metadata(&there).unwrap().len() as usize / 2;
    flip(&there, half);
    assert_eq!(case.verifies("third").len(), 1);
    flip(&here, half + 40);
    let before = fs::read(&there).unwrap();
    let report = case.replicate("destination", "third");
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{report:?}");
    assert!(fs::read(&there).unwrap() == before, "other parts of it are good");
    assert_eq!(case.replicate("second", "third").outcome, Outcome::Completed);
    assert_eq!(case.verifies("third"), [""; 0]);
}
