//! Damage, no room, and ends before the end.

use super::*;

#[test]
fn damage_hits_only_its_files() {
    // Two small files to a frame; the large one lies in several.
    let mut builder = Builder::new(&["/s"]);
    builder.cut(1000, 2000, 2);
    for n in 0..6 {
        builder.file(&format!("s/f{n}"), noise(1000, n));
    }
    builder.file("s/large", noise(7000, 50)).link("s/large2", "s/large", noise(7000, 50)).symlink("s/link", "f0");
    for (volume, gone) in [(0, false), (0, true), (2, false)] {
        let version = builder.build();
        let catalog = version.catalog();
        let entries: Vec<Entry> = (0..catalog.index.segments.len()).flat_map(|n| catalog.segment(n).unwrap()).collect();
        let name = version.volume_names()[volume].clone();
        let damaged = version.volume_names()[volume].clone();
        let hit = |e: &Entry| {
            e.pieces.iter().any(|p| {
                crate::archive::object::volume_name(&p.volume, crate::model::format::Kind::TarZst, false) == damaged
                    && (gone || p.frame_offset == 0)
            })
        };
        let hit: Vec<PathBytes> = entries.iter().filter(|e| hit(e)).map(|e| e.path.clone()).collect();
        if gone {
            version.objects.remove(&name)
        } else {
            version.objects.flip(&name, 40)
        }
        let dir = temp();
        let done = Ask::to(dir.path()).run(&version).unwrap();
        let mut named: Vec<PathBytes> = done.warnings.iter().map(|w| w.path.clone()).collect();
        named.sort();
        assert!(!hit.is_empty() && hit.len() < entries.len() - 2);
        assert_eq!(named, hit);
        assert!(done.warnings.iter().all(|w| w.cause == crate::model::problem::Cause::Damaged), "{:?}", done.warnings);
        assert_eq!(done.counts.failed as usize, hit.len());
        let left: Vec<String> = tree(&dir.path().join("s")).into_keys().collect();
        let whole = entries.iter().filter(|e| !hit.contains(&e.path) && e.path.as_bytes() != b"s");
        let whole: Vec<String> = whole.map(|e| e.path.display().trim_start_matches("s/").to_string()).collect();
        assert_eq!(left, whole);
    }
}

#[test]
fn what_is_cancelled_leaves_nothing_incomplete() {
    let version = Builder::new(&["/s"]).file("s/f", "x").file("s/large", noise(9000, 1)).build();
    let dir = temp();
    let cancel = Cancel::default();
    cancel.cancel();
    let done = Ask::to(dir.path()).watched(&version, &Progress::default(), &cancel);
    assert!(matches!(done, Err(Error::Cancelled)));
    assert!(!tree(dir.path()).keys().any(|name| name.contains("large") || name.contains("-tmp-")));
}

#[test]
fn no_room_ends_it() {
    // Without the right to mount there is nothing to show it with.
    let dir = temp();
    let mounted = std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(dir.path()).status();
    if !mounted.is_ok_and(|status| status.success()) {
        return;
    }
    let version = Builder::new(&["/s"]).cut(100_000, 400_000, 9).file("s/a", "a").file("s/large", noise(3 << 20, 1)).build();
    let done = Ask::to(dir.path()).run(&version);
    let left = tree(dir.path());
    std::process::Command::new("umount").arg(dir.path()).status().unwrap();
    assert!(
        matches!(&done, Err(Error::File { source, .. }) if source.kind() == std::io::ErrorKind::StorageFull),
        "{:?}",
        done.err()
    );
    assert!(!left.keys().any(|name| name.contains("large") || name.contains("-tmp-")), "{left:?}");
}
