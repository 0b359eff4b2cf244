//! Pages, sums and searches against what a plain look at all entries says.

use super::*;
use crate::archive::test_version::{Builder, TestVersion, entry, xattr};
use crate::model::catalog::EntryKind;

/// Enough entries for several segments: two folders of many files, one of them with folders between.
fn sample() -> TestVersion {
    let mut builder = Builder::new(&["/s", "/t/u"]);
    builder.folder("s/flat", 0o755).folder("s/mixed", 0o755).folder("s/mixed/sub-0", 0o755);
    // Large attributes fill segments with few entries.
    let mut file = |path: String, data: &[u8]| {
        let xattrs = vec![xattr("user.large", &[7; 4000])];
        builder.add(Entry { xattrs, ..entry(&path, EntryKind::File) }, data);
    };
    for n in 0..1200 {
        file(format!("s/flat/{n:05}"), b"");
    }
    for n in 0..1200 {
        file(format!("s/mixed/{:05}/{n:05}", n / 300 * 300), &b"xxxxxxx"[..n % 7]);
    }
    for n in (0..1200).step_by(300) {
        builder.folder(&format!("s/mixed/{n:05}"), 0o755);
    }
    builder.file("s/mixed/Holiday.JPG", "12345").symlink("s/mixed/link", "Holiday.JPG").file("t/u/w", "www");
    builder.build()
}

fn all(catalog: &CatalogReader) -> Vec<Entry> {
    (0..catalog.index.segments.len()).flat_map(|n| catalog.segment(n).unwrap()).collect()
}

#[test]
fn pages_are_those_of_the_whole() {
    let version = sample();
    let catalog = Arc::new(version.catalog());
    assert!(catalog.index.segments.len() >= 3, "{}", catalog.index.segments.len());
    let entries = all(&catalog);
    let browser = Browser::new(catalog.clone());
    let cancel = Cancel::default();
    for folder in ["s", "s/flat", "s/mixed", "s/mixed/00300", "s/mixed/sub-0", "t/u", "nothing"] {
        let expected: Vec<Row> = entries
            .iter()
            .filter(|e| e.path.parent() == folder.as_bytes())
            .map(|e| {
                let below = entries.iter().filter(|f| f.kind == EntryKind::File && f.path.is_within(e.path.as_bytes()));
                let sums = |below: &mut dyn Iterator<Item = &Entry>| below.fold((0, 0), |(n, bytes), f| (n + 1, bytes + f.size));
                row(e, (e.kind == EntryKind::Folder).then(|| sums(&mut { below })))
            })
            .collect();
        for (skip, limit) in [(0, usize::MAX), (0, 3), (1, 2), (1_000, 500), (1_199, 10), (20_000, 5), (555, 1), (0, 0)] {
            let wanted: Vec<Row> = expected.iter().skip(skip).take(limit).cloned().collect();
            for _ in 0..2 {
                let (rows, total) = browser.children(folder.as_bytes(), skip, limit, &cancel).unwrap();
                assert_eq!((rows, total), (wanted.clone(), expected.len()), "{folder} {skip} {limit}");
            }
        }
    }
}

#[test]
fn at_the_top_are_the_sources() {
    let version = sample();
    let catalog = Arc::new(version.catalog());
    let (rows, total) = Browser::new(catalog.clone()).children(b"", 0, 10, &Cancel::default()).unwrap();
    assert_eq!(total, 2);
    assert_eq!(rows.iter().map(|r| r.path.display().into_owned()).collect::<Vec<_>>(), ["s", "t/u"]);
    let bytes: u64 = all(&catalog).iter().filter(|e| e.path.is_within(b"s")).map(|e| e.size).sum();
    assert_eq!((rows[0].files, rows[0].size), (Some(2_401), Some(bytes)));
    assert_eq!((rows[1].files, rows[1].size), (Some(1), Some(3)));
}

#[test]
fn a_page_reads_few_segments() {
    let version = sample();
    let browser = Browser::new(Arc::new(version.catalog()));
    let cancel = Cancel::default();
    browser.children(b"s/flat", 0, 100, &cancel).unwrap();
    version.objects.take_reads();
    browser.children(b"s/flat", 100, 100, &cancel).unwrap();
    browser.children(b"s/flat", 0, 100, &cancel).unwrap();
    assert_eq!(version.objects.take_reads().len(), 0);
    browser.children(b"s/flat", 1_150, 50, &cancel).unwrap();
    assert!(version.objects.take_reads().len() <= 1);
}

#[test]
fn sums_follow_the_checkboxes() {
    let version = sample();
    let catalog = version.catalog();
    let entries = all(&catalog);
    let path = |p: &str| PathBytes::from(p);
    let cases = [
        (vec![], vec![]),
        (vec![path("s/mixed")], vec![path("s/mixed/00600")]),
        (vec![path("s"), path("s/mixed/00600")], vec![path("s/mixed")]),
        (vec![], vec![path("s/flat"), path("t/u/w")]),
    ];
    for (paths, except) in cases {
        let selection = Selection::new(&paths, &except);
        let taken = entries.iter().filter(|e| e.kind == EntryKind::File && selection.takes(e.path.as_bytes()));
        let expected = taken.fold((0, 0), |(files, bytes), e| (files + 1, bytes + e.size));
        assert_eq!(sum(&catalog, &paths, &except, &Cancel::default()).unwrap(), expected);
    }
}

#[test]
fn names_are_searched() {
    let version = sample();
    let catalog = version.catalog();
    let names = |text: &str, limit| -> Vec<String> {
        let rows = find(&catalog, text, limit, &Cancel::default()).unwrap();
        rows.iter().map(|r| r.path.display().into_owned()).collect()
    };
    assert_eq!(names("holiday", 10), ["s/mixed/Holiday.JPG"]);
    assert_eq!(names("*.jpg", 10), ["s/mixed/Holiday.JPG"]);
    assert_eq!(names("0000", 3).len(), 3);
    assert_eq!(names("s/mixed", 3).len(), 0);
    let cancel = Cancel::default();
    cancel.cancel();
    assert!(matches!(find(&catalog, "x", 1, &cancel), Err(Error::Cancelled)));
}

#[test]
fn a_folder_without_an_entry_is_shown() {
    let version = Builder::new(&["/s"]).add(entry("s/a/b/c", EntryKind::File), b"123").file("s/d", "").build();
    let (rows, total) = Browser::new(Arc::new(version.catalog())).children(b"/s/", 0, 10, &Cancel::default()).unwrap();
    assert_eq!(total, 2);
    assert_eq!(
        (rows[0].path.clone(), rows[0].kind, rows[0].size, rows[0].files),
        ("s/a".into(), RowKind::Folder, Some(3), Some(1))
    );
}
