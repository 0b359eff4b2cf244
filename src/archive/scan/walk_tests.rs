use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::archive::scan::{Batch, Met, measure, scan};
use crate::archive::{Error, Result};
use crate::model::path::PathBytes;
use crate::model::run::Cancel;
use crate::model::source_spec::SourceSpec;

fn spec(paths: &[&Path]) -> SourceSpec {
    SourceSpec { paths: paths.iter().map(|p| PathBytes::from(*p)).collect(), honour_tags: true, ..SourceSpec::default() }
}

/// Paths relative to `root`; those that could not be looked at begin with `!`.
fn found_but(spec: &SourceSpec, root: &Path, avoid: &[(u64, u64)]) -> Result<Vec<String>> {
    let base = format!("{}/", root.display());
    let mut all = Vec::new();
    scan(spec, avoid, &Cancel::default(), &|| 0, |batch: Batch, _| {
        for at in 0..batch.len() {
            let (path, met) = batch.get(at).unwrap();
            let path = format!("/{}", String::from_utf8_lossy(path));
            let path = path.strip_prefix(&base).unwrap_or("").to_string();
            all.push(if matches!(met, Met::Found { .. }) { path } else { format!("!{path}") });
        }
        ControlFlow::Continue(())
    })?;
    Ok(all)
}

fn found(spec: &SourceSpec, root: &Path) -> Vec<String> {
    found_but(spec, root, &[]).unwrap()
}

fn tree(root: &Path, files: &[&str]) {
    for file in files {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
}

#[test]
fn order_is_the_catalogs() {
    let temp = tempfile::tempdir().unwrap();
    tree(temp.path(), &["s/a/b", "s/a-b", "s/a/b-", "s/a0", "s/B", "s/ä", "t", "s-/x"]);
    let roots = [temp.path().join("t"), temp.path().join("s-"), temp.path().join("s")];
    let all = found(&spec(&[&roots[0], &roots[1], &roots[2]]), temp.path());
    assert_eq!(all, ["s", "s/B", "s/a", "s/a/b", "s/a/b-", "s/a-b", "s/a0", "s/ä", "s-", "s-/x", "t"]);
    let mut sorted: Vec<PathBytes> = all.iter().map(|p| PathBytes::from(p.as_str())).collect();
    sorted.sort();
    assert_eq!(sorted, all.iter().map(|p| PathBytes::from(p.as_str())).collect::<Vec<_>>());
}

#[test]
fn patterns_leave_out() {
    let temp = tempfile::tempdir().unwrap();
    tree(temp.path(), &["a.log", "keep.log", "build/x", "sub/build/y", "sub/build2", "top/z", "sub/top/z", "n/build"]);
    let mut spec = spec(&[temp.path()]);
    spec.excludes = ["*.log", "!keep.log", "build/", "/top", "# a comment"].map(String::from).to_vec();
    assert_eq!(found(&spec, temp.path()), ["", "keep.log", "n", "n/build", "sub", "sub/build2", "sub/top", "sub/top/z"]);
    spec.excludes = vec!["{a".into()];
    assert!(matches!(found_but(&spec, temp.path(), &[]), Err(Error::Pattern { pattern, .. }) if pattern == "{a"));
}

#[test]
fn tags_leave_out_what_lies_beside_them() {
    let temp = tempfile::tempdir().unwrap();
    tree(temp.path(), &["c/x/y", "f/x", "n/x", "z"]);
    fs::write(temp.path().join("c/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n# more").unwrap();
    fs::write(temp.path().join("f/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc5").unwrap();
    fs::write(temp.path().join("n/.nobackup"), "").unwrap();
    let mut spec = spec(&[temp.path()]);
    assert_eq!(found(&spec, temp.path()), ["", "c", "c/CACHEDIR.TAG", "f", "f/CACHEDIR.TAG", "f/x", "n", "n/.nobackup", "z"]);
    let sums = measure(&spec, &[], &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!((sums.files, sums.left_out_files, sums.left_out_bytes), (5, 2, 2));
    spec.honour_tags = false;
    assert_eq!(found(&spec, temp.path()).len(), 12);
}

#[test]
fn avoided_folders_and_sockets_are_passed_over() {
    let temp = tempfile::tempdir().unwrap();
    tree(temp.path(), &["a/x", "b/y"]);
    let _socket = std::os::unix::net::UnixListener::bind(temp.path().join("socket")).unwrap();
    let avoided = fs::metadata(temp.path().join("a")).unwrap();
    let all = found_but(&spec(&[temp.path()]), temp.path(), &[(avoided.dev(), avoided.ino())]).unwrap();
    assert_eq!(all, ["", "b", "b/y"]);
}

#[test]
fn a_single_file_and_a_linked_folder_are_sources() {
    let temp = tempfile::tempdir().unwrap();
    tree(temp.path(), &["file", "folder/x"]);
    std::os::unix::fs::symlink("folder", temp.path().join("link")).unwrap();
    std::os::unix::fs::symlink("none", temp.path().join("loose")).unwrap();
    let sources = ["file", "link", "loose"].map(|n| temp.path().join(n));
    let all = found(&spec(&[&sources[0], &sources[1], &sources[2]]), temp.path());
    assert_eq!(all, ["file", "link", "link/x", "loose"]);
}

#[test]
fn a_missing_source_among_others_is_told() {
    let temp = tempfile::tempdir().unwrap();
    tree(temp.path(), &["b/x"]);
    let sources = ["a", "b"].map(|n| temp.path().join(n));
    assert_eq!(found(&spec(&[&sources[0], &sources[1]]), temp.path()), ["!a", "b", "b/x"]);
    assert!(matches!(found_but(&spec(&[&sources[0]]), temp.path(), &[]), Err(Error::Source { .. })));
}

#[test]
fn deep_trees_and_wide_folders_work() {
    let temp = tempfile::tempdir().unwrap();
    let wide = temp.path().join("wide");
    fs::create_dir(&wide).unwrap();
    for n in 0..5000 {
        fs::write(wide.join(format!("{n}")), "").unwrap();
    }
    // 300 levels of 60 characters: far beyond what the system takes as one path.
    let name = "d".repeat(60);
    let mut folder = rustix::fs::open(temp.path(), rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    for _ in 0..300 {
        rustix::fs::mkdirat(&folder, &name, rustix::fs::Mode::RWXU).unwrap();
        folder = rustix::fs::openat(&folder, &name, rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    }
    let all = found(&spec(&[temp.path()]), temp.path());
    assert_eq!(all.len(), 1 + 300 + 1 + 5000);
    assert!(all.iter().all(|p| !p.starts_with('!')));
    assert!(all.iter().any(|p| p.len() == 300 * 61 - 1));
}

#[test]
fn paths_beyond_any_bound_are_told_and_not_followed() {
    let temp = tempfile::tempdir().unwrap();
    let name = "d".repeat(250);
    let mut folder = rustix::fs::open(temp.path(), rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    for _ in 0..300 {
        rustix::fs::mkdirat(&folder, &name, rustix::fs::Mode::RWXU).unwrap();
        folder = rustix::fs::openat(&folder, &name, rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    }
    let all = found(&spec(&[temp.path()]), temp.path());
    assert!(all.len() > 250 && all.len() < 270, "{}", all.len());
    assert_eq!(all.iter().filter(|p| p.starts_with('!')).count(), 1);
}

#[test]
fn views_of_the_kernel_are_kept_as_empty_folders() {
    let mut spec = spec(&[Path::new("/")]);
    spec.excludes = ["/*", "!/proc"].map(String::from).to_vec();
    let all = found_but(&spec, Path::new(""), &[]).unwrap();
    assert_eq!(all, ["proc"]);
}

#[test]
fn a_cancelled_scan_ends() {
    let temp = tempfile::tempdir().unwrap();
    tree(temp.path(), &["a"]);
    let cancel = Cancel::default();
    cancel.cancel();
    let ended = scan(&spec(&[temp.path()]), &[], &cancel, &|| 0, |_, _| ControlFlow::Continue(()));
    assert!(matches!(ended, Err(Error::Cancelled)));
}
