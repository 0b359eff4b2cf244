//! Trees to back up: ordinary ones, and one with everything that is odd.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps};

use crate::support::{Random, is_root, tool};

/// Files of text in a few folders.
pub fn plain(root: &Path, files: usize, random: &mut Random) {
    for n in 0..files {
        let folder = root.join(format!("folder {}", n % 17));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("file {n}.txt")), text(n, random)).unwrap();
    }
}

pub fn text(n: usize, random: &mut Random) -> Vec<u8> {
    let length = 1 + random.below(3000) as usize;
    let mut out = format!("file {n}\n").into_bytes();
    while out.len() < length {
        out.extend_from_slice(format!("line {} of some text\n", random.below(1000)).as_bytes());
    }
    out
}

/// Writes about one file in a hundred anew, adds one, removes one.
pub fn change(root: &Path, random: &mut Random) {
    let files: Vec<_> = crate::support::walk(root)
        .into_iter()
        .map(|p| root.join(p))
        .filter(|p| p.symlink_metadata().unwrap().is_file())
        .collect();
    for path in files.iter().filter(|p| p.extension() == Some(OsStr::new("txt"))) {
        if random.below(100) == 0 {
            fs::write(path, text(7, random)).unwrap();
        }
    }
    let last = files.iter().rfind(|p| p.extension() == Some(OsStr::new("txt"))).unwrap();
    fs::remove_file(last).unwrap();
    fs::write(root.join(format!("new {}.txt", random.next())), text(8, random)).unwrap();
}

/// Odd names, kinds, modes, times, links, attributes, holes and sizes.
pub fn odd(root: &Path, random: &mut Random) {
    fs::create_dir_all(root.join("deep/er/and deeper")).unwrap();
    fs::create_dir(root.join("empty folder")).unwrap();
    let long = "n".repeat(255);
    let names: [&[u8]; 12] = [
        b"plain",
        b" spaces around ",
        b"-rf",
        b"new\nline",
        b"tab\tquote\"back\\slash'",
        "Grüße ✓ 日本".as_bytes(),
        b"latin1 \xe4\xf6\xff",
        b"\x01control\x7f",
        long.as_bytes(),
        b"PaxHeaders.0",
        b"GNUSparseFile.0",
        b"strongroom.json",
    ];
    for (n, name) in names.iter().enumerate() {
        fs::write(root.join(OsStr::from_bytes(name)), text(n, random)).unwrap();
        fs::create_dir(root.join("deep").join(OsStr::from_bytes(name))).unwrap();
    }
    fs::write(root.join("zero"), b"").unwrap();
    fs::write(root.join("big random"), random.bytes(9 << 20)).unwrap();
    fs::write(root.join("big text"), b"all the same line\n".repeat(600_000)).unwrap();
    fs::write(root.join("just one MiB"), random.bytes(1 << 20)).unwrap();
    links(root);
    modes(root);
    sparse(root, random);
    attributes(root);
    times(root);
}

fn links(root: &Path) {
    symlink("plain", root.join("link")).unwrap();
    symlink("/nowhere/at all", root.join("dangling")).unwrap();
    symlink("../..", root.join("deep/up")).unwrap();
    symlink(OsStr::from_bytes(b"\xff odd \xfe"), root.join("odd target")).unwrap();
    symlink("t".repeat(4000), root.join("long target")).unwrap();
    fs::hard_link(root.join("plain"), root.join("deep/er/same as plain")).unwrap();
    fs::hard_link(root.join("big random"), root.join("a hard link to big")).unwrap();
    fs::hard_link(root.join("zero"), root.join("zero too")).unwrap();
    fs::hard_link(root.join("link"), root.join("hard link to link")).unwrap();
    rustix::fs::mknodat(CWD, root.join("pipe"), rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap();
    fs::hard_link(root.join("pipe"), root.join("deep/pipe too")).unwrap();
}

fn modes(root: &Path) {
    for (name, mode) in [("setuid", 0o4755), ("setgid", 0o2750), ("nothing", 0o000), ("all", 0o777)] {
        fs::write(root.join(name), name).unwrap();
        if is_root() {
            std::os::unix::fs::chown(root.join(name), Some(1234), Some(4321)).unwrap();
        }
        // A file nobody may read is readable for root only.
        let mode = if mode == 0 && !is_root() { 0o400 } else { mode };
        fs::set_permissions(root.join(name), Permissions::from_mode(mode)).unwrap();
    }
    fs::create_dir(root.join("sticky")).unwrap();
    fs::set_permissions(root.join("sticky"), Permissions::from_mode(0o1777)).unwrap();
    fs::create_dir(root.join("read only folder")).unwrap();
    fs::write(root.join("read only folder/inside"), "x").unwrap();
    fs::set_permissions(root.join("read only folder"), Permissions::from_mode(0o555)).unwrap();
    if is_root() {
        std::os::unix::fs::lchown(root.join("link"), Some(77), Some(88)).unwrap();
        let device = rustix::fs::makedev(1, 3);
        rustix::fs::mknodat(CWD, root.join("null"), rustix::fs::FileType::CharacterDevice, 0o666.into(), device).unwrap();
    }
}

fn sparse(root: &Path, random: &mut Random) {
    let mut file = File::create(root.join("sparse")).unwrap();
    for at in [0, 5 << 20, (40 << 20) + 123] {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&random.bytes(5000)).unwrap();
    }
    file.set_len(64 << 20).unwrap();
    File::create(root.join("all hole")).unwrap().set_len(10 << 20).unwrap();
}

fn attributes(root: &Path) {
    let set = |name: &str, value: &[u8], path: &str| {
        rustix::fs::setxattr(root.join(path), name, value, rustix::fs::XattrFlags::empty()).unwrap();
    };
    set("user.colour", b"blue", "plain");
    set("user.binary", b"\0\xff\n", "plain");
    set("user.empty", b"", "deep");
    set("user.long", &[b'x'; 3000], "big text");
    let path = root.join("all");
    tool("setfacl", [OsStr::new("-m"), OsStr::new("u:1234:rw,g:4321:r"), path.as_os_str()]);
    let path = root.join("empty folder");
    tool("setfacl", [OsStr::new("-d"), OsStr::new("-m"), OsStr::new("u:1234:rwx"), path.as_os_str()]);
}

fn times(root: &Path) {
    let set = |path: &str, tv_sec, tv_nsec| {
        let at = Timespec { tv_sec, tv_nsec };
        let times = Timestamps { last_access: at, last_modification: at };
        rustix::fs::utimensat(CWD, root.join(path), &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
    };
    set("plain", 1_234_567_890, 123_456_789);
    set("zero", -5, 999_999_999);
    set("all", 4_102_444_800, 1);
    set("link", 1_000_000_000, 42);
    set("deep/er", 1_111_111_111, 111_111_111);
    set("deep", 0, 0);
}
