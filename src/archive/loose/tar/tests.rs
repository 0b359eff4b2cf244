//! Against the headers that we write ourselves; other programs' are read in `tests/it`.

use std::io::Write;

use super::*;
use crate::archive::loose::{Container, Plain, walk as walk_loose};
use crate::archive::tar_stream::{append_end, append_header, append_padding};
use crate::archive::test_version::{entry, xattr};

#[derive(Default)]
pub struct Told {
    pub members: Vec<(Entry, Vec<u8>)>,
    pub damage: Vec<Damage>,
    pub doubtful: Vec<String>,
}

impl Visitor for Told {
    fn member(&mut self, entry: &Entry, _: Packed, content: &mut dyn Read) -> Result<()> {
        let mut bytes = Vec::new();
        if content.read_to_end(&mut bytes).is_ok() {
            self.members.push((entry.clone(), bytes));
        }
        Ok(())
    }

    fn damage(&mut self, damage: Damage) {
        match (damage.harm, damage.path) {
            (Harm::Doubtful, Some(path)) => self.doubtful.push(path.display().into_owned()),
            (_, path) => self.damage.push(Damage { path, ..damage }),
        }
    }
}

impl Told {
    fn paths(&self) -> Vec<String> {
        self.members.iter().map(|(entry, _)| entry.path.display().into_owned()).collect()
    }
}

pub fn told(bytes: &[u8], container: Container) -> Told {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let mut told = Told::default();
    walk_loose(Box::new(Plain::new(file).unwrap()), container, &mut told, &Cancel::default()).unwrap();
    told
}

fn file(path: &str, data: &[u8], out: &mut Vec<u8>) -> Entry {
    // Without parts of a second no pax record is needed.
    let entry = Entry { size: data.len() as u64, mtime: SECOND, ..entry(path, EntryKind::File) };
    append_header(&entry, out);
    out.extend_from_slice(data);
    append_padding(data.len() as u64, out);
    entry
}

const SECOND: FileTime = FileTime { seconds: 1_600_000_000, nanos: 0 };
const TAR: Container = Container::Tar(None);

#[test]
fn what_our_own_headers_say_is_read() {
    let long = format!("s/{}", "n".repeat(300));
    let entries = [
        entry("s", EntryKind::Folder),
        Entry { size: 5, xattrs: vec![xattr("user.a=b%", b"\0x")], ..entry("s/a", EntryKind::File) },
        Entry { mtime: FileTime { seconds: -5, nanos: 999_999_999 }, uid: 3_000_000, ..entry(&long, EntryKind::File) },
        Entry { size: 12, holes: vec![(0, 3), (5, 7)], ..entry("s/sparse", EntryKind::File) },
        entry("s/link", EntryKind::Symlink { target: PathBytes::new(&b"to \xff"[..]) }),
        Entry { link: Some("s/a".into()), ..entry("s/z", EntryKind::File) },
        entry("s/fifo", EntryKind::Fifo),
        entry("s/null", EntryKind::CharDevice { major: 1, minor: 3 }),
    ];
    let mut tar = Vec::new();
    for entry in &entries {
        append_header(entry, &mut tar);
        let data: &[u8] = match entry.path.as_bytes() {
            b"s/a" => b"12345",
            b"s/sparse" => b"ab",
            _ => b"",
        };
        tar.extend_from_slice(data);
        append_padding(data.len() as u64, &mut tar);
    }
    append_end(&mut tar);
    let told = told(&tar, TAR);
    assert_eq!(told.damage, []);
    assert_eq!(told.members.len(), entries.len());
    for ((found, data), wanted) in told.members.iter().zip(&entries) {
        let wanted = Entry { ctime: wanted.mtime, inode: 0, ..wanted.clone() };
        assert_eq!(*found, wanted);
        let holes: u64 = wanted.holes.iter().map(|(_, length)| length).sum();
        assert_eq!(data.len() as u64, wanted.size - holes, "{:?}", wanted.path);
    }
}

#[test]
fn what_stands_before_and_behind_damage_is_read() {
    let mut tar = Vec::new();
    let mut starts = Vec::new();
    for n in 0..6 {
        starts.push(tar.len());
        file(&format!("s/{n}"), format!("content of {n}").repeat(90).as_bytes(), &mut tar);
    }
    append_end(&mut tar);
    // A header is lost, and what follows stays.
    let mut bad = tar.clone();
    bad[starts[2] + 10] ^= 1;
    let found = told(&bad, TAR);
    assert_eq!((found.paths(), found.damage.len()), (["s/0", "s/1", "s/3", "s/4", "s/5"].map(String::from).to_vec(), 1));
    // Bytes are missing: nothing stands at whole blocks any more.
    let cut = [&tar[..starts[2] + 100], &tar[starts[3] - 77..]].concat();
    assert_eq!(told(&cut, TAR).paths(), ["s/0", "s/1", "s/3", "s/4", "s/5"]);
    // The end is missing.
    let found = told(&tar[..starts[4] + 600], TAR);
    assert_eq!((found.paths().len(), found.damage[0].path.clone()), (4, Some("s/4".into())));
    let found = told(&tar[..starts[4]], TAR);
    assert_eq!((found.paths().len(), found.damage.len()), (4, 1));
    // The beginning is.
    assert_eq!(told(&tar[starts[1] + 5..], TAR).paths(), ["s/2", "s/3", "s/4", "s/5"]);
}

#[test]
fn what_nothing_proves_to_be_whole_is_named() {
    let mut tar = Vec::new();
    let mut starts = Vec::new();
    for n in 0..5 {
        starts.push(tar.len());
        file(&format!("s/{n}"), &vec![b'a' + n as u8; 3000], &mut tar);
    }
    append_end(&mut tar);
    assert_eq!(told(&tar, TAR).doubtful, [""; 0]);
    let inside = starts[1] + 512 + 1000;
    for (what, bad) in [
        ("bytes came in", [&tar[..inside], b"ten bytes!", &tar[inside..]].concat()),
        ("bytes are missing", [&tar[..inside], &tar[inside + 10..]].concat()),
        ("a block came in", [&tar[..inside], &[b'x'; 512], &tar[inside..]].concat()),
        ("a block is missing", [&tar[..inside], &tar[inside + 512..]].concat()),
    ] {
        let found = told(&bad, TAR);
        // The one that is hit, and the first that is found again.
        assert_eq!(found.doubtful[0], "s/1", "{what}");
        assert_eq!((found.doubtful.len(), found.damage.len()), (2, 1), "{what}");
        let wrong = |(entry, data): &&(Entry, Vec<u8>)| data.windows(2).any(|two| two[0] != two[1]) || entry.size != 3000;
        for (entry, _) in found.members.iter().filter(wrong) {
            assert!(found.doubtful.contains(&entry.path.display().into_owned()), "{what}: {}", entry.path.display());
        }
        // Where bytes are missing what follows the one that is hit is lost with its header.
        assert!(found.paths().ends_with(&["s/3".into(), "s/4".into()]), "{what}: {:?}", found.paths());
    }
    // A file of zeros hides what came in: it looks like the end.
    let mut tar = Vec::new();
    file("s/before", b"x", &mut tar);
    let begin = tar.len();
    file("s/zeros", &[0; 5120], &mut tar);
    let end = tar.len();
    file("s/after", b"y", &mut tar);
    append_end(&mut tar);
    for zeros in [512, 1024, 4096] {
        let found = told(&[&tar[..begin + 600], &vec![0; zeros], &tar[begin + 600..]].concat(), TAR);
        assert_eq!(found.paths(), ["s/before", "s/zeros", "s/after"], "{zeros}");
        assert_eq!((found.doubtful[0].as_str(), found.damage.len()), ("s/zeros", 1), "{zeros}");
    }
    // Headers that became zeros are no end either.
    let mut bad = tar.clone();
    bad[begin..end].fill(0);
    let found = told(&bad, TAR);
    assert_eq!((found.paths(), found.damage.len()), (["s/before", "s/after"].map(String::from).to_vec(), 1));
    // What other programs leave behind the end is nothing.
    assert_eq!(told(&[&tar[..], &[0; 9000], b"and a signature"].concat(), TAR).damage, []);
}

#[test]
fn a_name_that_may_be_cut_is_not_believed() {
    let mut tar = Vec::new();
    file("s/before", b"x", &mut tar);
    let begin = tar.len();
    let name = format!("s/{}", "n".repeat(200));
    file(&name, b"y", &mut tar);
    file("s/after", b"z", &mut tar);
    append_end(&mut tar);
    // The pax record is lost, with the name in it.
    tar[begin] ^= 1;
    let found = told(&tar, TAR);
    assert_eq!(found.paths(), ["s/before", "s/after"]);
    assert!(found.damage.iter().any(|damage| damage.what.contains("name is lost")), "{:?}", found.damage);
}

#[test]
fn hostile_headers_are_told_and_passed() {
    let mut tar = Vec::new();
    file("../up", b"x", &mut tar);
    file("a/../../up", b"x", &mut tar);
    file("/abs", b"x", &mut tar);
    append_end(&mut tar);
    let found = told(&tar, TAR);
    assert_eq!((found.paths(), found.damage.len()), (vec!["abs".to_owned()], 2));
    // A size that nothing can have.
    let mut tar = Vec::new();
    append_header(&Entry { size: u64::MAX - 600, ..entry("huge", EntryKind::File) }, &mut tar);
    assert_eq!(told(&tar, TAR).members.len(), 0);
    for size in [MAX_EXTENDED + 1, u64::from(u32::MAX)] {
        let mut block = Vec::new();
        append_header(&Entry { size, mtime: SECOND, ..entry("x", EntryKind::File) }, &mut block);
        block[156] = b'x';
        let sum: u64 = block.iter().enumerate().map(|(n, b)| if (148..156).contains(&n) { 32 } else { u64::from(*b) }).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let found = told(&block, TAR);
        assert!(found.damage.iter().any(|damage| damage.what.contains("longer than is allowed")), "{:?}", found.damage);
    }
}

#[test]
fn no_flip_makes_it_panic_or_run_on() {
    let mut tar = Vec::new();
    file(&format!("s/{}", "n".repeat(150)), b"content", &mut tar);
    append_header(&Entry { size: 12, holes: vec![(0, 3), (5, 7)], ..entry("s/sparse", EntryKind::File) }, &mut tar);
    tar.extend_from_slice(b"ab");
    append_padding(2, &mut tar);
    append_end(&mut tar);
    for at in 0..tar.len() {
        for bit in [0, 3, 7] {
            let mut bad = tar.clone();
            bad[at] ^= 1 << bit;
            told(&bad, TAR);
        }
    }
}
