//! What a version has of a source, against the plain count of its entries.

use std::fs;

use super::*;
use crate::archive::test_version::{Builder, entry};
use crate::model::catalog::Entry;

fn spec(paths: &[&str]) -> SourceSpec {
    SourceSpec { paths: paths.iter().map(|path| PathBytes::from(*path)).collect(), ..SourceSpec::default() }
}

#[test]
fn files_are_counted_as_the_entries_have_them_wherever_segments_end() {
    let sources = ["/a", "/a-b", "/b/c", "/d"];
    let mut builder = Builder::new(&sources);
    for n in 0..9000 {
        let source = ["a", "a/in", "a-b", "b/c"][n % 4];
        builder.file(&format!("{source}/{n:05}"), vec![0u8; n % 3]);
    }
    builder.symlink("a/link", "x").symlink("d/only", "x");
    let catalog = builder.build().catalog();
    assert!(catalog.index.segments.len() > 3, "{}", catalog.index.segments.len());
    let before = Before::of(&catalog, &spec(&sources), &[]).unwrap();
    assert!(before.same_rules);
    let found: Vec<(String, Counts)> =
        before.sources.iter().map(|source| (source.path.display().into_owned(), source.had.counts)).collect();
    let all: Vec<Entry> = catalog.entries().map(|entry| entry.unwrap()).collect();
    let plain = |path: &str| {
        let files = || all.iter().filter(|e| e.kind == EntryKind::File && e.path.is_within(path.as_bytes()));
        (path.to_owned(), Counts { files: files().count() as u64, bytes: files().map(|e| e.size).sum() })
    };
    // Where there is no file nothing can go.
    assert_eq!(found, ["a", "a-b", "b/c"].map(plain));
    assert_eq!(found[0].1.files, 4500);
    assert!(before.sources.iter().all(|source| source.had.inode == Some(1)));
}

#[test]
fn only_what_the_version_was_made_of_is_compared() {
    let catalog = Builder::new(&["/a", "/b"]).file("a/x/f", "1").file("b/f", "1").build().catalog();
    let paths = |spec: &SourceSpec| -> Vec<String> {
        let before = Before::of(&catalog, spec, &[]).unwrap();
        before.sources.iter().map(|source| source.path.display().into_owned()).collect()
    };
    assert_eq!(paths(&spec(&["/a"])), ["a"], "a source that was taken out is none that vanished");
    assert_eq!(paths(&spec(&["/a/x", "/b", "/c"])), ["b"]);
    assert_eq!(paths(&spec(&["/"])), [""; 0]);
    let others = SourceSpec { excludes: vec!["*.tmp".into()], ..spec(&["/a"]) };
    assert!(!Before::of(&catalog, &others, &[]).unwrap().same_rules);
}

#[test]
fn the_whole_file_system_is_a_source_too() {
    let mut builder = Builder::new(&[]);
    builder.add(entry("a", EntryKind::Folder), b"").file("a/f", "12").file("z", "345");
    let catalog = builder.build().catalog();
    let had = had(&catalog, &PathBytes::default()).unwrap();
    assert_eq!(had, Had { counts: Counts { files: 2, bytes: 5 }, inode: None });
}

#[test]
fn sources_that_are_gone_or_empty_are_seen_before_anything_is_read() {
    let temp = tempfile::tempdir().unwrap();
    let path = |name: &str| temp.path().join(name);
    let names = ["gone", "empty", "there", "file", "link"];
    let paths = names.map(|name| path(name).to_str().unwrap().to_owned());
    let sources = paths.each_ref().map(String::as_str);
    let mut builder = Builder::new(&sources);
    for name in &paths {
        builder.file(&format!("{}/f", name.trim_start_matches('/')), "1");
    }
    let catalog = builder.build().catalog();
    for name in ["empty", "there", "elsewhere"] {
        fs::create_dir(path(name)).unwrap();
    }
    fs::write(path("there/x"), "").unwrap();
    fs::write(path("file"), "").unwrap();
    std::os::unix::fs::symlink("elsewhere", path("link")).unwrap();
    let mut before = Before::of(&catalog, &spec(&sources), &[]).unwrap();
    let shrunk: Vec<(PathBytes, How)> = before.look().into_iter().map(|shrunk| (shrunk.source, shrunk.how)).collect();
    let at = |name: &str| PathBytes::from(path(name));
    assert_eq!(shrunk, [(at("empty"), How::Empty), (at("gone"), How::Missing), (at("link"), How::Empty)]);
}

#[test]
fn mount_points_within_a_source_are_looked_at_by_themselves() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().to_str().unwrap();
    let at = |name: &str| format!("{root}/{name}");
    let mut builder = Builder::new(&[root]);
    for name in ["empty", "empty/within", "filled", "gone", "none", "zone"] {
        builder.file(&format!("{}/f", at(name).trim_start_matches('/')), "1");
    }
    let catalog = builder.build().catalog();
    for name in ["empty", "filled", "none"] {
        fs::create_dir(at(name)).unwrap();
    }
    fs::write(at("filled/x"), "").unwrap();
    let points: Vec<PathBytes> =
        ["zone-not", "gone", "filled", "empty/within", "empty", ""].map(|name| PathBytes::from(at(name).as_str())).to_vec();
    let points = [points, vec!["/elsewhere".into(), root.into()]].concat();
    let mut before = Before::of(&catalog, &spec(&[root]), &points).unwrap();
    let shown = |sources: &[Source]| -> Vec<String> {
        sources.iter().map(|source| source.path.display().rsplit_once('/').unwrap().1.to_owned()).collect()
    };
    assert_eq!(shown(&before.unmounted), ["empty", "filled", "gone"], "of one that had no file nothing is said");
    let shrunk = before.look();
    assert_eq!(shrunk.len(), 1, "{shrunk:?}");
    assert_eq!((shrunk[0].source.display(), shrunk[0].how, shrunk[0].had.files), (at("empty").into(), How::Empty, 2));
    assert_eq!(shown(&before.unmounted), ["empty", "filled"], "whoever takes the folder away means it");
    assert!(before.unmounted[1].inode.is_some());
    assert_eq!(Before::of(&catalog, &spec(&[root]), &[]).unwrap().look(), []);
}
