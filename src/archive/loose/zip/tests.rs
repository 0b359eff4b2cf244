//! Against the zip that we write ourselves; other programs' are read in `tests/it`.

use super::super::tar::tests::{Told, told};
use crate::archive::loose::Container;
use crate::archive::test_version::entry;
use crate::archive::zip::{Directory, Members, Packer};
use crate::model::catalog::EntryKind;
use crate::model::format::Kind;

/// Members of these contents, with a program's bytes before it.
fn zip(before: &[u8], members: &[(&str, Vec<u8>)], kind: Kind) -> Vec<u8> {
    let mut out = before.to_vec();
    let (mut directory, mut packer) = (Directory::default(), Packer::new(kind, 6));
    for (name, data) in members {
        let mut list = Members::default();
        list.add(&entry(name, EntryKind::File), name.as_bytes(), data.len());
        let (mut record, mut central) = (Vec::new(), Vec::new());
        packer.pack(&list, data, &mut record, &mut central);
        directory.add(&central, (out.len() - before.len()) as u64);
        out.extend_from_slice(&record);
    }
    let offset = (out.len() - before.len()) as u64;
    let part = |part: &[u8], _| {
        out.extend_from_slice(part);
        Ok(())
    };
    directory.finish(offset, part).unwrap();
    out
}

fn members() -> Vec<(&'static str, Vec<u8>)> {
    let text = |n: usize| format!("line {n} of a text\n").repeat(3000 + n).into_bytes();
    vec![("a", text(1)), ("b/c", text(2)), ("empty", vec![]), ("d", text(4)), ("e", b"tiny".to_vec())]
}

fn whole(found: &Told) -> Vec<String> {
    let wanted = members();
    let right = |name: &str, data: &[u8]| wanted.iter().any(|(n, d)| *n == name && d == data);
    let list = found.members.iter().map(|(entry, data)| (entry.path.display().into_owned(), data));
    list.map(|(name, data)| if right(&name, data) { name } else { format!("{name} WRONG") }).collect()
}

const ALL: [&str; 5] = ["a", "b/c", "empty", "d", "e"];

#[test]
fn members_are_read_by_the_directory_and_without_it() {
    for kind in [Kind::Zip, Kind::ZipZstd] {
        for before in [&b""[..], b"#!/bin/sh\nsome program in front\n"] {
            let bytes = zip(before, &members(), kind);
            let found = told(&bytes, Container::Zip);
            assert_eq!((whole(&found), found.damage.len()), (ALL.map(String::from).to_vec(), 0));
            // Its end is cut off: member by member.
            let found = told(&bytes[..bytes.len() - 30], Container::Zip);
            assert_eq!((whole(&found), found.damage.len()), (ALL.map(String::from).to_vec(), 1));
        }
    }
}

#[test]
fn damage_hits_only_the_member_it_lies_in() {
    let bytes = zip(b"", &members(), Kind::Zip);
    let begin = bytes.windows(3).position(|w| w == b"b/c").unwrap();
    let mut bad = bytes.clone();
    bad[begin + 60] ^= 0x20;
    let found = told(&bad, Container::Zip);
    assert_eq!(whole(&found), ["a", "empty", "d", "e"]);
    assert_eq!(found.damage[0].path, Some("b/c".into()));
    // A header is lost: by the directory only its own member is.
    let mut bad = bytes.clone();
    bad[begin - 30] ^= 1;
    assert_eq!(whole(&told(&bad, Container::Zip)), ["a", "empty", "d", "e"]);
    // The directory is broken in the middle: the rest is found from the front.
    let central = bytes.windows(4).enumerate().filter(|(_, w)| *w == b"PK\x01\x02").nth(2).unwrap().0;
    let mut bad = bytes.clone();
    bad[central] ^= 1;
    let found = told(&bad, Container::Zip);
    assert_eq!((whole(&found), found.damage.len()), (ALL.map(String::from).to_vec(), 1));
}

#[test]
fn no_flip_gives_wrong_content_or_a_panic() {
    let members = [("one", b"some content, some content, some content".to_vec()), ("two", b"x".to_vec())];
    let bytes = zip(b"", &members, Kind::Zip);
    for at in 0..bytes.len() {
        for bit in [0, 2, 5, 7] {
            let mut bad = bytes.clone();
            bad[at] ^= 1 << bit;
            let mut file = tempfile::tempfile().unwrap();
            std::io::Write::write_all(&mut file, &bad).unwrap();
            let mut found = Told::default();
            let plain = Box::new(crate::archive::loose::Plain::new(file).unwrap());
            // Members that lie in each other end it.
            let _ = crate::archive::loose::walk(plain, Container::Zip, &mut found, &Default::default());
            for (entry, data) in &found.members {
                let known = members.iter().any(|(_, wanted)| data == wanted) || data.is_empty() || entry.kind != EntryKind::File;
                assert!(known, "byte {at} bit {bit}: {:?}", entry.path);
            }
        }
    }
}

#[test]
fn members_in_each_other_are_refused() {
    // Ten directory entries for one member: what Fifield's bombs are made of.
    let data = vec![b'x'; 100_000];
    let one = zip(b"", &[("a", data)], Kind::Zip);
    let central = one.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let end = one.windows(4).position(|w| w == b"PK\x05\x06").unwrap();
    let entries = one[central..end].repeat(10);
    let mut tail = one[end..].to_vec();
    tail[8..12].copy_from_slice(&[10, 0, 10, 0]);
    tail[12..16].copy_from_slice(&(entries.len() as u32).to_le_bytes());
    let bomb = [&one[..central], &entries, &tail].concat();
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, &bomb).unwrap();
    let plain = Box::new(crate::archive::loose::Plain::new(file).unwrap());
    let mut found = Told::default();
    let ended = crate::archive::loose::walk(plain, Container::Zip, &mut found, &Default::default());
    assert!(matches!(ended, Err(crate::archive::Error::TooMuch(_))), "{} members", found.members.len());
}
