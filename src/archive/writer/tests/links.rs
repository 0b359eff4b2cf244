use std::fs;
use std::os::unix::fs::MetadataExt;

use super::*;

fn link(bench: &Bench, from: &str, to: &str) {
    fs::hard_link(bench.path(from), bench.path(to)).unwrap();
}

/// Which entry each is a link to, within the source.
fn links(bench: &Bench, done: &Done) -> Vec<(String, String)> {
    let base = format!("{}/", bench.path("").display().to_string().trim_matches('/'));
    let relative = |p: &PathBytes| p.display().strip_prefix(&base).unwrap().to_string();
    let all = done.entries.iter();
    all.filter_map(|(name, e)| e.link.as_ref().map(|first| (name.clone(), relative(first)))).collect()
}

fn pair(a: &str, b: &str) -> (String, String) {
    (a.to_string(), b.to_string())
}

/// Every link's entry says what its file's says.
fn check(bench: &Bench, done: &Done) {
    bench.check_contents(done);
    for (name, first) in links(bench, done) {
        assert_eq!(done.entry(&name).pieces, done.entry(&first).pieces);
        assert_eq!(done.entry(&name).inode, done.entry(&first).inode);
        assert!(done.entry(&first).link.is_none());
    }
}

#[test]
fn links_stay_right_while_they_are_edited() {
    let mut bench = Bench::new();
    bench.write("a", noise(5_000, 1));
    bench.write("big", noise(6 << 20, 2));
    for (from, to) in [("a", "b"), ("a", "c"), ("big", "big2")] {
        link(&bench, from, to);
    }
    let full = bench.run();
    assert_eq!(links(&bench, &full), [pair("b", "a"), pair("big2", "big"), pair("c", "a")]);
    check(&bench, &full);
    assert_eq!((full.written.totals.files, full.written.totals.new_files), (5, 2));

    let same = bench.run();
    assert_eq!(same.entries, full.entries);
    assert_eq!(same.written.totals.new_files, 0);

    // The first name goes: the next one is the file now.
    fs::remove_file(bench.path("a")).unwrap();
    let next = bench.run();
    assert_eq!(links(&bench, &next), [pair("big2", "big"), pair("c", "b")]);
    check(&bench, &next);
    assert!(!next.stored("b"), "its content is the parent's");

    // A name becomes a file of its own, and a new name joins in front.
    fs::remove_file(bench.path("c")).unwrap();
    bench.write("c", noise(5_000, 3));
    link(&bench, "b", "0");
    let next = bench.run();
    assert_eq!(links(&bench, &next), [pair("b", "0"), pair("big2", "big")]);
    check(&bench, &next);

    // All but one are gone.
    fs::remove_file(bench.path("0")).unwrap();
    fs::remove_file(bench.path("big")).unwrap();
    let next = bench.run();
    assert_eq!(links(&bench, &next), []);
    check(&bench, &next);
}

#[test]
fn symbolic_links_and_pipes_have_further_names_too() {
    let mut bench = Bench::new();
    bench.write("file", "x");
    std::os::unix::fs::symlink("../away", bench.path("link")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, bench.path("pipe"), rustix::fs::FileType::Fifo, 0o640.into(), 0).unwrap();
    for (from, to) in [("link", "also"), ("link", "z"), ("pipe", "q")] {
        link(&bench, from, to);
    }
    let full = bench.run();
    let expected = [pair("link", "also"), pair("q", "pipe"), pair("z", "also")];
    assert_eq!(links(&bench, &full), expected);
    for (name, first) in &expected {
        assert_eq!((&full.entry(name).kind, full.entry(name).inode), (&full.entry(first).kind, full.entry(first).inode));
    }
    assert_eq!(bench.run().entries, full.entries, "unchanged ones stay links");

    // The first name goes.
    fs::remove_file(bench.path("also")).unwrap();
    let next = bench.run();
    assert_eq!(links(&bench, &next), [pair("q", "pipe"), pair("z", "link")]);
}

#[test]
fn a_link_whose_file_is_left_out_stands_for_itself() {
    let mut bench = Bench::new();
    bench.write("a", noise(5_000, 1));
    link(&bench, "a", "b");
    link(&bench, "a", "c");
    bench.run();
    // Nothing on disk changes: to the merge the other names are unchanged.
    bench.spec.excludes = vec!["/a".into()];
    let next = bench.run();
    assert_eq!(next.names(), ["", "b", "c"]);
    assert_eq!(links(&bench, &next), [pair("c", "b")]);
    assert_eq!(next.written.totals.new_files, 0);
    check(&bench, &next);
}

#[test]
fn names_outside_the_source_do_not_count() {
    let mut bench = Bench::new();
    bench.write("a", noise(5_000, 1));
    fs::hard_link(bench.path("a"), bench.temp.path().join("outside")).unwrap();
    assert_eq!(fs::metadata(bench.path("a")).unwrap().nlink(), 2);
    let done = bench.run();
    assert_eq!(links(&bench, &done), []);
    check(&bench, &done);
    assert_eq!(bench.run().entries, done.entries);
}
