//! Versions against each other and against what a plain look at all entries says.

use super::*;
use crate::archive::test_version::{Builder, TestVersion, entry};
use crate::model::catalog::FileTime;

/// Files by path, content and seconds of their time.
fn version(files: &[(&str, &str, i64)]) -> TestVersion {
    let mut builder = Builder::new(&["/s"]);
    for (path, data, seconds) in files {
        let mtime = FileTime { seconds: *seconds, nanos: 0 };
        builder.add(Entry { mtime, ..entry(path, EntryKind::File) }, data.as_bytes());
    }
    builder.build()
}

/// `count` files, of which `change` says what each holds; `None`: it is not there.
fn many(count: usize, change: impl Fn(usize) -> Option<String>) -> TestVersion {
    let mut builder = Builder::new(&["/s"]);
    for n in 0..count {
        if let Some(data) = change(n) {
            builder.file(&format!("s/{:02}/{n:05}", n % 40), data);
        }
    }
    builder.build()
}

fn told(list: &[Difference]) -> Vec<String> {
    let what = |d: &Difference| d.what.iter().map(|w| format!(" {}", w.in_words())).collect::<String>();
    list.iter().map(|d| format!("{:?} {}{}", d.change, d.path.display(), what(d))).collect()
}

fn all(before: &CatalogReader, after: &CatalogReader, limit: usize) -> Vec<Difference> {
    let (mut list, mut past) = (Vec::new(), None);
    loop {
        let (page, next) = differences(before, after, past.as_ref(), limit, &Cancel::default()).unwrap();
        assert!(page.len() <= limit);
        list.extend(page);
        let Some(next) = next else { return list };
        past = Some(next);
    }
}

#[test]
fn each_kind_of_difference_is_told() {
    let before = version(&[("s/a", "one", 1), ("s/b", "two", 1), ("s/c", "three", 1), ("s/gone", "x", 1)]);
    let after = version(&[("s/a", "one", 1), ("s/b", "TWO", 2), ("s/c", "three", 9), ("s/new", "x", 1)]);
    let list = all(&before.catalog(), &after.catalog(), 100);
    assert_eq!(told(&list), ["Changed s/b content time", "Changed s/c time", "Removed s/gone", "Added s/new"]);
    assert_eq!(list[2].before.as_ref().unwrap().content, list[3].after.as_ref().unwrap().content);
    assert_eq!(all(&after.catalog(), &after.catalog(), 100), []);
}

#[test]
fn kinds_modes_and_targets_differ_too_but_not_a_folders_time() {
    let mut one = Builder::new(&["/s"]);
    one.folder("s/d", 0o755).symlink("s/l", "here").file("s/k", "x").folder("s/m", 0o755);
    let mut two = Builder::new(&["/s"]);
    let later = FileTime { seconds: 7, nanos: 0 };
    two.add(Entry { mtime: later, ..entry("s/d", EntryKind::Folder) }, b"");
    two.symlink("s/l", "there").symlink("s/k", "x").folder("s/m", 0o700);
    let (one, two) = (one.build(), two.build());
    let list = all(&one.catalog(), &two.catalog(), 100);
    assert_eq!(told(&list), ["Changed s/k kind", "Changed s/l target", "Changed s/m mode"]);
}

#[test]
fn pages_say_what_the_whole_says() {
    let before = many(9000, |n| (n % 7 != 3).then(|| format!("{}", n % 50)));
    let after = many(9000, |n| (n % 11 != 5).then(|| format!("{}", if n % 500 == 0 { 999 } else { n % 50 })));
    let (before, after) = (before.catalog(), after.catalog());
    assert!(before.index.segments.len() > 3, "{}", before.index.segments.len());
    let expected = {
        let entries = |c: &CatalogReader| c.entries().map(|e| e.unwrap()).collect::<Vec<_>>();
        let (a, b) = (entries(&before), entries(&after));
        let find = |list: &[Entry], path: &PathBytes| list.binary_search_by(|e| e.path.cmp(path)).ok().map(|at| list[at].clone());
        let mut paths: Vec<PathBytes> = a.iter().chain(&b).map(|e| e.path.clone()).collect();
        paths.sort();
        paths.dedup();
        let list = paths.iter().filter_map(|path| difference(find(&a, path).as_ref(), find(&b, path).as_ref()));
        list.collect::<Vec<_>>()
    };
    assert!(expected.len() > 1000, "{}", expected.len());
    for limit in [1_000_000, 999, 100] {
        assert!(all(&before, &after, limit) == expected, "limit {limit}");
    }
}

#[test]
fn what_versions_share_is_not_read() {
    let before = many(20_000, |_| Some(String::new()));
    let after = many(20_000, |n| Some(if n == 15_000 { "changed".into() } else { String::new() }));
    let (a, b) = (before.catalog(), after.catalog());
    let segments = a.index.segments.len();
    assert!(segments > 10, "{segments}");
    before.objects.take_reads();
    after.objects.take_reads();
    assert_eq!(told(&all(&a, &b, 100)), ["Changed s/00/15000 content"]);
    let reads = before.objects.take_reads().len() + after.objects.take_reads().len();
    assert!(reads <= 4, "{reads} of {segments} segments");
}

#[test]
fn a_path_is_followed_through_versions() {
    let versions = [
        version(&[("s/a", "new", 3), ("s/b", "other", 1)]),
        version(&[("s/a", "old", 2), ("s/b", "", 1)]),
        version(&[("s/b", "x", 1)]),
        version(&[("s/a", "old", 2), ("s/b", "", 1)]),
        version(&[("s/a", "old", 1)]),
    ];
    let mut search = PathSearch::new(b"/s/a/");
    for (n, version) in versions.iter().enumerate() {
        if n == 2 {
            search.skip();
        }
        search.add(&version.catalog(), &version.manifest).unwrap();
    }
    let history = search.finish();
    assert_eq!((history.versions, history.unreadable), (5, 1));
    let changed: Vec<Option<Vec<Aspect>>> = history.states.iter().map(|state| state.changed.clone()).collect();
    // The third lacks it: the second is new again. Of the last nothing older is known.
    assert_eq!(changed, [Some(vec![Aspect::Content, Aspect::Time]), None, Some(vec![Aspect::Time]), None]);
    let contents: Vec<&String> = history.states.iter().map(|state| state.side.content.as_ref().unwrap()).collect();
    assert!(contents[0] != contents[1] && contents[1] == contents[2] && contents[2] == contents[3]);
}

#[test]
fn a_segment_that_versions_share_is_read_once_for_a_path() {
    let version = version(&[("s/a", "x", 3)]);
    let mut search = PathSearch::new(b"s/a");
    search.add(&version.catalog(), &version.manifest).unwrap();
    let again = version.catalog();
    version.objects.take_reads();
    search.add(&again, &version.manifest).unwrap();
    assert_eq!(version.objects.take_reads().len(), 0);
    let history = search.finish();
    assert_eq!((history.states.len(), history.states[0].changed.clone()), (2, Some(vec![])));
}

#[test]
fn it_can_be_cancelled() {
    let version = version(&[("s/a", "x", 3)]);
    let cancel = Cancel::default();
    cancel.cancel();
    let found = differences(&version.catalog(), &version.catalog(), None, 1, &cancel);
    assert!(matches!(found, Err(Error::Cancelled)));
}
