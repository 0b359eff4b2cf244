//! Real files in numbers: parts of /usr, with `tests/run --long` all of it.

use std::path::{Path, PathBuf};

use crate::support::{World, assert_same, long};

#[test]
fn usr_sealed_and_back() {
    let world = World::new();
    let sources: Vec<PathBuf> = if long() {
        vec!["/usr".into()]
    } else {
        ["/usr/share/doc", "/usr/bin", "/usr/include"].into_iter().map(Into::into).filter(|p: &PathBuf| p.is_dir()).collect()
    };
    let ran = world.run_with("backup --to @dest --no-tags --name usr --json --source", |c| _ = c.args(&sources)).ok().last();
    assert!(ran["totals"]["files"].as_u64().unwrap() > 1000, "{ran}");
    world.run("verify --from @dest --depth full").ok();
    world.run("restore --from @dest --to @out --full-paths").ok();
    for source in &sources {
        assert_same(source, &world.path("out").join(source.strip_prefix("/").unwrap()));
    }
    let again = world.run_with("backup --to @dest --no-tags --name usr --json --source", |c| _ = c.args(&sources)).ok().last();
    assert_eq!(again["totals"]["new_files"], 0, "{again}");
    assert!(!Path::new("/usr/.strongroom").exists());
}
