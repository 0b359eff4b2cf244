//! Standard tools alone give back an unsealed full version.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::support::{Random, World, tool, walk};
use crate::tree;

#[test]
fn gnu_tar_gives_every_file() {
    let world = World::new();
    let mut random = Random(21);
    tree::plain(&world.source(), 300, &mut random);
    tree::odd(&world.source(), &mut random);
    world.run("backup --source @source --to @dest --no-encryption --volume-size 2M").ok();

    let data = world.plan_folder().join("data");
    let volumes: Vec<PathBuf> =
        walk(&data).into_iter().map(|p| data.join(p)).filter(|p| p.to_string_lossy().ends_with(".tar.zst")).collect();
    assert!(volumes.len() > 2, "{volumes:?}");
    let out = world.path("out");
    fs::create_dir(&out).unwrap();
    for volume in &volumes {
        let listed = tool("tar", ["--zstd".as_ref(), "-tvf".as_ref(), volume.as_os_str()]);
        assert!(!listed.is_empty(), "{}", volume.display());
        let args = ["--zstd".as_ref(), "-xpf".as_ref(), volume.as_os_str(), "-C".as_ref(), out.as_os_str()];
        tool("tar", args);
    }
    join_parts(&out, &world.plan_folder().join("README.txt"));
    let there = out.join(world.source().strip_prefix("/").unwrap());
    for path in walk(&world.source()) {
        let (from, to) = (world.source().join(&path), there.join(&path));
        let meta = from.symlink_metadata().unwrap();
        // Further names of a file that is cut stand in the catalog only (FORMAT.md): its first name is the file.
        if meta.is_file() && meta.nlink() > 1 && meta.len() > 4 << 20 && path != Path::new("a hard link to big") {
            assert_eq!(path, Path::new("big random"));
            continue;
        }
        let kind = meta.file_type();
        let found = to.symlink_metadata().unwrap_or_else(|e| panic!("{}: {e}", path.display())).file_type();
        assert_eq!(kind, found, "{}", path.display());
        if kind.is_file() {
            assert!(fs::read(&from).unwrap() == fs::read(&to).unwrap(), "{} differs", path.display());
        }
    }
}

/// Files that were cut lie in numbered parts: joined by the command that the backup's own README.txt names.
pub fn join_parts(out: &Path, readme: &Path) {
    let text = fs::read_to_string(readme).unwrap();
    let from = text.find("    cd .strongroom-parts").expect("README.txt names the command");
    let command: String = text[from..].lines().take_while(|l| l.starts_with("    ")).map(|l| format!("{}\n", &l[4..])).collect();
    let script = format!("cd '{}' && {command}", out.display());
    tool("bash", ["-ec", &script]);
}
