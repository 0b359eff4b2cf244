use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::process::{Command, Stdio};

use super::*;
use crate::archive::tar_stream::part_path;
use crate::model::catalog::EntryKind;
use crate::model::volume_size::VolumeSize;

/// Extracts all volumes of a run with GNU tar, in order.
fn extract(bench: &Bench, done: &Done) -> PathBuf {
    let target = bench.temp.path().join("extracted");
    fs::create_dir(&target).unwrap();
    for object in done.written.objects.iter().filter(|o| o.name.starts_with('v')) {
        let volume = bench.objects.get(&format!("data/{}/{}", done.run, object.name));
        assert_eq!(volume.len() as u64, object.size);
        let plain = zstd::decode_all(&volume[..]).unwrap();
        assert!(plain.ends_with(&[0; 1024]), "each volume is a complete archive");
        let mut tar = Command::new("tar")
            .args([
                "--extract",
                "--file=-",
                "--preserve-permissions",
                "--numeric-owner",
                "--xattrs",
                "--warning=all",
                "--directory",
            ])
            .arg(&target)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        tar.stdin.take().unwrap().write_all(&plain).unwrap();
        let ended = tar.wait_with_output().unwrap();
        assert!(ended.status.success() && ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    target
}

#[test]
fn gnu_tar_finds_every_file_in_the_volumes() {
    let mut bench = Bench::new();
    bench.format.volume_size = Some(VolumeSize::Bytes(1 << 20));
    bench.write("empty", "");
    bench.write("dir/small", "hello");
    bench.write("dir/more", noise(3 << 20, 1));
    bench.write("dir/bigger", noise(13 << 20, 2));
    bench.write("zz/last", noise(100_000, 3));
    bench.write(&format!("{}/{}", "l".repeat(120), "n".repeat(200)), "long");
    let odd = bench.path("").join(std::ffi::OsStr::from_bytes(b"odd\xff\n name"));
    fs::write(&odd, "odd").unwrap();
    fs::hard_link(bench.path("dir/small"), bench.path("a-link")).unwrap();
    fs::hard_link(bench.path("dir/small"), bench.path("zz/link")).unwrap();
    std::os::unix::fs::symlink("../there", bench.path("dir/symlink")).unwrap();
    fs::hard_link(bench.path("dir/symlink"), bench.path("zz/symlink too")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, bench.path("pipe"), rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap();
    fs::hard_link(bench.path("pipe"), bench.path("pipe too")).unwrap();
    let sparse = fs::File::create(bench.path("sparse")).unwrap();
    sparse.set_len(30 << 20).unwrap();
    sparse.write_all_at(&noise(5_000, 4), 10 << 20).unwrap();
    fs::File::create(bench.path("hole")).unwrap().set_len(1 << 20).unwrap();
    let done = bench.run();
    let volumes = done.written.objects.len() - 1;
    assert!(volumes > 3, "{volumes}");
    let target = extract(&bench, &done);

    let base = bench.path("").strip_prefix("/").unwrap().to_path_buf();
    let mut seen = 0;
    for (name, entry) in &done.entries {
        let path = target.join(entry.path.as_path());
        if entry.size > 4 << 20 && entry.holes.is_empty() {
            let mut joined = Vec::new();
            for number in 1.. {
                let part = target.join(part_path(".strongroom-parts", &entry.path, number).as_path());
                let Ok(bytes) = fs::read(part) else { break };
                joined.extend(bytes);
            }
            assert!(joined == fs::read(bench.path(name)).unwrap(), "{name}");
            continue;
        }
        let (there, here) =
            (fs::symlink_metadata(&path).unwrap(), fs::symlink_metadata(Path::new("/").join(entry.path.as_path())).unwrap());
        assert_eq!(there.mode(), here.mode(), "{name}");
        if entry.kind != EntryKind::Folder {
            assert_eq!((there.mtime(), there.mtime_nsec()), (here.mtime(), here.mtime_nsec()), "{name}");
        }
        if entry.kind == EntryKind::File {
            assert!(fs::read(&path).unwrap() == fs::read(Path::new("/").join(entry.path.as_path())).unwrap(), "{name}");
            assert!(there.blocks() <= here.blocks() + 64, "{name} has its holes");
            seen += 1;
        }
    }
    assert_eq!(seen, 10);
    let inode = |name: &str| fs::symlink_metadata(target.join(&base).join(name)).unwrap().ino();
    assert_eq!(inode("a-link"), inode("dir/small"));
    assert_eq!(inode("a-link"), inode("zz/link"));
    assert_eq!(inode("dir/symlink"), inode("zz/symlink too"));
    assert_eq!(inode("pipe"), inode("pipe too"));
    assert_eq!(fs::read_link(target.join(&base).join("dir/symlink")).unwrap(), Path::new("../there"));
}
