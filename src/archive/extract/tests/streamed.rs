//! Frames that are read ahead, where what lies together comes best in one go.

use super::*;

/// Several volumes of several frames; some files lie in many.
fn builder(sealed: bool) -> Builder {
    let mut builder = Builder::new(&["/s"]);
    builder.cut(1000, 2000, 4);
    if sealed {
        builder.sealed();
    }
    for n in 0..12 {
        builder.file(&format!("s/f{n}"), noise(900, n));
    }
    builder.file("s/large", noise(16_000, 50)).link("s/large2", "s/large", noise(16_000, 50));
    builder
}

fn volumes(reads: impl IntoIterator<Item = String>) -> usize {
    reads.into_iter().filter(|name| name.contains("/v0")).count()
}

#[test]
fn a_volume_that_is_wanted_comes_by_one_request() {
    for sealed in [false, true] {
        let version = builder(sealed).build();
        let (one, other) = (temp(), temp());
        Ask::to(one.path()).run(&version).unwrap();
        version.objects.take_reads();
        version.objects.stream(u64::MAX);
        let done = Ask::to(other.path()).run(&version).unwrap();
        assert_eq!(done.warnings, []);
        assert_eq!(tree(one.path()), tree(other.path()));
        let mut through = version.objects.take_through();
        through.sort();
        let whole = |name: String| (version.objects.get(&name).len() as u64, name);
        let wanted: Vec<_> = version.volume_names().into_iter().map(whole).map(|(size, name)| (name, 0, size)).collect();
        assert!(wanted.len() > 2);
        assert_eq!(through, wanted);
        assert_eq!(volumes(version.objects.take_reads().into_iter().map(|read| read.0)), 0);
    }
}

#[test]
fn a_single_frame_is_asked_for_by_its_worker() {
    let version = builder(true).build();
    version.objects.stream(u64::MAX);
    version.objects.take_reads();
    let dir = temp();
    let done = Ask { paths: &["s/f3"], ..Ask::to(dir.path()) }.run(&version).unwrap();
    assert_eq!((done.counts.created, done.warning_count), (1, 0));
    assert_eq!(version.objects.take_through(), []);
    assert_eq!(volumes(version.objects.take_reads().into_iter().map(|read| read.0)), 1);
}

#[test]
fn what_breaks_off_is_asked_for_frame_by_frame() {
    let version = builder(true).build();
    let wanted = temp();
    Ask::to(wanted.path()).run(&version).unwrap();
    for breaks_off in (0..9000).step_by(451) {
        version.objects.stream(breaks_off);
        let dir = temp();
        let done = Ask::to(dir.path()).run(&version).unwrap();
        assert_eq!((done.warning_count, tree(dir.path()) == tree(wanted.path())), (0, true), "{breaks_off}");
    }
}

#[test]
fn damage_hits_the_same_files_as_without() {
    let mut builder = builder(true);
    for (volume, gone) in [(0, false), (1, true)] {
        let version = builder.build();
        let name = version.volume_names()[volume].clone();
        if gone {
            version.objects.remove(&name)
        } else {
            version.objects.flip(&name, 400)
        }
        let restored = || {
            let dir = temp();
            let mut warnings = Ask::to(dir.path()).run(&version).unwrap().warnings;
            warnings.sort_by(|a, b| a.path.cmp(&b.path));
            (warnings, tree(dir.path()))
        };
        let without = restored();
        version.objects.stream(u64::MAX);
        let with = restored();
        assert!(!without.0.is_empty());
        assert_eq!(without, with);
    }
}
