//! Every kind of volume: what is written comes back, from runs of different kinds too.

use super::*;
use crate::model::format::{Kind, Level};
use crate::model::volume_size::VolumeSize;

/// A text, noise, something that is cut, an empty one, links, holes and a folder.
fn fill(bench: &Bench) {
    bench.write("a/text", b"a line of some text\n".repeat(5000));
    bench.write("a/noise", noise(300_000, 1));
    bench.write("a/empty", b"");
    bench.write("a/long", [noise(3 << 20, 2), b"and then text. ".repeat(300_000)].concat());
    fs::create_dir(bench.path("folder")).unwrap();
    std::os::unix::fs::symlink("a/text", bench.path("link")).unwrap();
    fs::hard_link(bench.path("a/text"), bench.path("z")).unwrap();
    let sparse = fs::File::create(bench.path("sparse")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"in the middle", 9 << 20).unwrap();
    sparse.set_len(20 << 20).unwrap();
}

#[test]
fn every_kind_gives_back_what_was_written() {
    for kind in Kind::ALL {
        for level in [Level::Auto, Level::Fixed(*kind.levels().start())] {
            let mut bench = Bench::new();
            bench.format = Format { kind, level, volume_size: Some(VolumeSize::Bytes(1 << 20)) };
            fill(&bench);
            let done = bench.run();
            bench.check_contents(&done);
            let volumes = &done.written.index.volumes;
            assert!(volumes.len() > 1 && volumes.iter().all(|info| info.kind == kind), "{kind:?}");
            let names = bench.objects.names();
            assert_eq!(names.iter().filter(|n| n.ends_with(&format!(".{}", kind.extension()))).count(), volumes.len());
            let packed = done.written.packed;
            let stored = matches!(kind, Kind::Tar) || (kind == Kind::Zip && level != Level::Auto);
            assert!(packed.ratio().unwrap() > if stored { 0.9 } else { 1.5 }, "{packed:?}");
        }
    }
}

#[test]
fn versions_of_different_kinds_share_what_they_have() {
    let mut bench = Bench::new();
    fill(&bench);
    for (n, kind) in Kind::ALL.into_iter().enumerate() {
        bench.format.kind = kind;
        bench.write("new", format!("of run {n}"));
        let done = bench.run();
        bench.check_contents(&done);
        let kinds: std::collections::HashSet<Kind> = done.written.index.volumes.iter().map(|info| info.kind).collect();
        assert!(kinds.contains(&kind) && kinds.contains(&Kind::ALL[0]), "{kinds:?}");
        assert!(n == 0 || !done.stored("a/long"));
    }
}

#[test]
fn many_small_members_close_a_zip_before_its_directory_grows_large() {
    let mut bench = Bench::new();
    bench.format.kind = Kind::Zip;
    for n in 0..50_000 {
        let path = bench.path(&format!("{}/{n}", n % 50));
        if n < 50 {
            fs::create_dir(path.parent().unwrap()).unwrap();
        }
        fs::File::create(path).unwrap();
    }
    let done = bench.run();
    assert_eq!(done.written.index.volumes.len(), 2);
}
