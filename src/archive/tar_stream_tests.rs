//! Against the programs that people have: GNU tar and Python.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;
use crate::archive::test_version;
use crate::model::catalog::Xattr;

fn entry(path: &[u8], kind: EntryKind) -> Entry {
    let mtime = FileTime { seconds: 1_700_000_000, nanos: 123_456_789 };
    Entry { path: PathBytes::new(path), mode: 0o640, uid: 0, gid: 0, mtime, ..test_version::entry("", kind) }
}

fn file(path: &[u8], content: &[u8], archive: &mut Vec<u8>) {
    let entry = Entry { size: content.len() as u64, ..entry(path, EntryKind::File) };
    append_header(&entry, archive);
    archive.extend_from_slice(content);
    append_padding(content.len() as u64, archive);
}

fn extract(archive: &[u8], to: &Path) {
    let mut child = Command::new("tar")
        .args(["-x", "--xattrs", "--xattrs-include=*", "-f", "-", "-C"])
        .arg(to)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(archive).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // It wonders at times before 1970, and sets them.
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.lines().all(|line| line.contains("implausibly old")), "{said}");
}

#[test]
fn gnu_tar_gives_back_every_kind_and_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut archive = Vec::new();
    let long = [&b"d/".repeat(150)[..], &b"n".repeat(250)].concat();
    let split_name = [&b"p".repeat(90)[..], b"/", &b"q".repeat(90)].concat();
    for name in [&b"plain"[..], "grün/ß".as_bytes(), b"odd\xff\xfe", &long, &split_name] {
        file(name, name, &mut archive);
    }
    append_header(&entry(b"folder", EntryKind::Folder), &mut archive);
    append_header(&entry(b"link", EntryKind::Symlink { target: PathBytes::new(b"x".repeat(200)) }), &mut archive);
    append_header(&entry(b"pipe", EntryKind::Fifo), &mut archive);
    append_header(&Entry { link: Some("plain".into()), ..entry(b"hard", EntryKind::File) }, &mut archive);
    append_end(&mut archive);
    extract(&archive, folder.path());
    for name in [&b"plain"[..], "grün/ß".as_bytes(), b"odd\xff\xfe", &long, &split_name] {
        let path = folder.path().join(std::ffi::OsStr::from_bytes(name));
        assert_eq!(std::fs::read(&path).unwrap(), name);
        let found = std::fs::metadata(&path).unwrap();
        assert_eq!((found.mtime(), found.mtime_nsec(), found.mode() & 0o7777), (1_700_000_000, 123_456_789, 0o640));
    }
    assert_eq!(std::fs::read_link(folder.path().join("link")).unwrap().as_os_str().len(), 200);
    assert!(folder.path().join("folder").is_dir());
    let inode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().ino();
    assert_eq!(inode("hard"), inode("plain"));
}

#[test]
fn gnu_tar_gives_back_holes_old_times_and_attributes() {
    let folder = tempfile::tempdir_in("/var/tmp").unwrap();
    let mut archive = Vec::new();
    let data = [1u8; 8192];
    let mut sparse = Entry { size: 3 << 20, holes: vec![(4096, (3 << 20) - 8192)], ..entry(b"s/sparse", EntryKind::File) };
    append_header(&sparse, &mut archive);
    archive.extend_from_slice(&data);
    sparse.path = "s/ends-in-hole".into();
    sparse.holes = vec![(0, 4096), (12288, (3 << 20) - 12288)];
    append_header(&sparse, &mut archive);
    archive.extend_from_slice(&data);
    let old = Entry {
        mtime: FileTime { seconds: -2, nanos: 500_000_000 },
        xattrs: [&b"user.note"[..], b"user.a=b%"]
            .map(|name| Xattr { name: name.to_vec(), value: b"a=b\nc\0d".to_vec() })
            .to_vec(),
        ..entry(b"old", EntryKind::File)
    };
    append_header(&old, &mut archive);
    append_end(&mut archive);
    extract(&archive, folder.path());
    for (name, from, to) in [("s/sparse", 4096, (3 << 20) - 4096), ("s/ends-in-hole", 0, 4096)] {
        let path = folder.path().join(name);
        let content = std::fs::read(&path).unwrap();
        assert_eq!(content.len(), 3 << 20);
        assert!(content[from..to].iter().all(|b| *b == 0));
        assert_eq!(content.iter().filter(|b| **b == 1).count(), 8192, "{name}");
        assert!(std::fs::metadata(&path).unwrap().blocks() * 512 < 1 << 20, "{name} is not sparse");
    }
    let found = std::fs::metadata(folder.path().join("old")).unwrap();
    assert_eq!((found.mtime(), found.mtime_nsec()), (-2, 500_000_000));
    let mut value = [0; 64];
    for name in ["user.note", "user.a=b%"] {
        let length = rustix::fs::getxattr(folder.path().join("old"), name, &mut value).unwrap();
        assert_eq!(&value[..length], b"a=b\nc\0d");
    }
}

#[test]
fn sparse_files_with_names_of_any_kind_keep_them() {
    let names: [Vec<u8>; 3] = [b"s/\xff\xfe".to_vec(), "ß/".repeat(100).into_bytes(), [&b"s/"[..], &b"n".repeat(200)].concat()];
    let mut archive = Vec::new();
    for name in &names {
        let name = name.strip_suffix(b"/").unwrap_or(name);
        append_header(
            &Entry { size: 1 << 20, holes: vec![(512, (1 << 20) - 1024)], ..entry(name, EntryKind::File) },
            &mut archive,
        );
        archive.extend_from_slice(&[7; 1024]);
    }
    append_end(&mut archive);
    let folder = tempfile::tempdir().unwrap();
    extract(&archive, folder.path());
    let script = "import sys,tarfile,io,os\nt=tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()))\n\
        for m in t:\n\
        \x20   b=t.extractfile(m).read()\n\
        \x20   print(os.fsencode(m.name).hex(),len(b),b.count(b'\\x07'),b[0],b[-1])";
    let output = python(script, &archive);
    for (name, line) in names.iter().zip(output.lines()) {
        let name = name.strip_suffix(b"/").unwrap_or(name);
        assert_eq!(std::fs::metadata(folder.path().join(std::ffi::OsStr::from_bytes(name))).unwrap().len(), 1 << 20);
        assert_eq!(line, format!("{} 1048576 1024 7 7", data_encoding::HEXLOWER.encode(name)));
    }
    assert_eq!(output.lines().count(), names.len());
}

fn python(script: &str, input: &[u8]) -> String {
    let mut child = Command::new("python3").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn python_reads_the_same() {
    let mut archive = Vec::new();
    file("täst".as_bytes(), b"content", &mut archive);
    let big = Entry { uid: 4_000_000_000, ..entry(b"big-owner", EntryKind::File) };
    append_header(&big, &mut archive);
    append_end(&mut archive);
    let script = "import sys,tarfile,io\nt=tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()))\n\
        print([(m.name,m.size,m.mtime,m.uid) for m in t])";
    let output = python(script, &archive);
    assert_eq!(output.trim(), "[('täst', 7, 1700000000.1234567, 0), ('big-owner', 0, 1700000000.1234567, 4000000000)]");
}

#[test]
fn parts_sort_as_they_join() {
    let path = part_path(".strongroom-parts", &"home/u/disk.img".into(), 12);
    assert_eq!(path, PathBytes::from(".strongroom-parts/home/u/disk.img/00000012"));
}
