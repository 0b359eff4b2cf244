use super::*;
use crate::archive::codec::{FRAME_MAX, zstd};
use crate::archive::test_version::entry;
use crate::model::catalog::{Entry, EntryKind, FileTime};
use crate::model::format::Kind;

/// Members of these contents, packed; with the headers for the directory.
fn packed(kind: Kind, level: i32, contents: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
    let mut members = Members::default();
    for (n, content) in contents.iter().enumerate() {
        let entry = entry(&format!("folder/file {n}"), EntryKind::File);
        members.add(&entry, entry.path.as_bytes(), content.len());
    }
    let (mut record, mut central) = (Vec::new(), Vec::new());
    Packer::new(kind, level).pack(&members, &contents.concat(), &mut record, &mut central);
    (record, central)
}

fn opened(frame: &[u8], limit: usize) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::new();
    unpack(frame, limit, &mut zstd::Decompressor::new(), &mut out).map(|()| out)
}

const CONTENTS: [&[u8]; 4] =
    [b"text, text, text, text, text, text, text", b"", b"x", b"more, more, more, more, more, more, more"];

#[test]
fn members_come_back_one_after_the_other() {
    let mut noise = vec![0; 200_000];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    let text = b"text, ".repeat(50_000);
    for (kind, level) in [(Kind::Zip, 0), (Kind::Zip, 6), (Kind::ZipZstd, 3)] {
        let contents: Vec<&[u8]> = CONTENTS.iter().copied().chain([&noise[..], &text]).collect();
        let (record, _) = packed(kind, level, &contents);
        assert!(opened(&record, FRAME_MAX).unwrap() == contents.concat(), "{kind:?} {level}");
        // What does not get smaller is stored as it is.
        assert!(record.len() < noise.len() + if level == 0 { 301_000 } else { 8_000 }, "{kind:?} {level}: {}", record.len());
    }
}

#[test]
fn what_libarchive_stumbles_over_is_deflated() {
    let content = b"text, ".repeat(100_000);
    let method = |length: usize| get16(&packed(Kind::ZipZstd, 3, &[&content[..length]]).0, 8);
    assert_eq!([256 << 10, 512 << 10, 300_000].map(method), [Some(DEFLATE), Some(DEFLATE), Some(ZSTD)]);
}

#[test]
fn nothing_but_whole_members_is_taken() {
    for (kind, level) in [(Kind::Zip, 0), (Kind::Zip, 6), (Kind::ZipZstd, 3)] {
        let (record, central) = packed(kind, level, &CONTENTS);
        let all = CONTENTS.concat();
        assert!(opened(&record, all.len()).is_ok());
        assert!(opened(&record, all.len() - 1).is_err(), "limit");
        let whole_at: Vec<usize> = (0..record.len()).filter(|end| opened(&record[..*end], 1000).is_ok()).collect();
        assert_eq!(whole_at.len(), CONTENTS.len(), "only between members: {whole_at:?}");
        assert!(opened(&[&record[..], b"x"].concat(), 1000).is_err());
        assert!(opened(&[&record[..], &central].concat(), 1000).is_err());
        // Names, times and owners are guarded by the volume's SHA-256; content never changes unseen.
        for at in 0..record.len() {
            for bit in 0..8 {
                let mut bad = record.clone();
                bad[at] ^= 1 << bit;
                assert!(opened(&bad, 1000).map_or(true, |out| out == all), "{kind:?} byte {at} bit {bit}");
            }
        }
    }
}

#[test]
fn a_member_that_lies_about_its_size_takes_no_memory() {
    let large = vec![0; 32 << 20];
    for (kind, level) in [(Kind::Zip, 6), (Kind::ZipZstd, 3)] {
        let (mut record, _) = packed(kind, level, &[&large]);
        assert!(opened(&record, FRAME_MAX).is_err());
        put32(&mut record, 22, 100);
        let mut out = Vec::new();
        assert!(unpack(&record, FRAME_MAX, &mut zstd::Decompressor::new(), &mut out).is_err());
        assert!(out.capacity() < 1 << 20);
    }
}

#[test]
fn a_point_gone_back_to_forgets_what_came_since() {
    let mut members = Members::default();
    let file = entry("a", EntryKind::File);
    members.add(&file, b"a", 1);
    let mark = members.mark();
    members.add(&file, b"b", 2);
    members.add(&entry("pipe", EntryKind::Fifo), b"pipe", 0);
    assert_eq!(members.list.len(), 2, "zip has no pipes");
    members.go_back(mark);
    assert_eq!((members.mark(), members.list.len()), (mark, 1));
}

#[test]
fn odd_names_and_times_have_their_place() {
    let mut members = Members::default();
    let mut add = |name: &[u8], seconds: i64| {
        let file = Entry { mtime: FileTime { seconds, nanos: 5 }, ..entry("f", EntryKind::File) };
        members.add(&file, name, 0);
    };
    add("grün".as_bytes(), -1);
    add(b"latin \xfc", 1_700_000_000);
    add(&[b'n'; 70_000], i64::MAX);
    let headers: Vec<Vec<u8>> = members.iter().map(|(header, _)| header.to_vec()).collect();
    assert_eq!((get16(&headers[0], 6), get16(&headers[1], 6)), (Some(UTF8), Some(0)));
    // 1980 for what was before, and no second field: then no reader takes it for another time.
    assert_eq!((get16(&headers[0], 10), get16(&headers[0], 12), get16(&headers[0], 28)), (Some(0), Some(0x21), Some(15)));
    assert_eq!(get16(&headers[1], 28), Some(24));
    assert!(headers[2].len() < 200 && headers[2][LOCAL_LENGTH..].starts_with(b".strongroom-long-name/"));
}

#[test]
fn offsets_past_four_gib_take_zip64() {
    let (_, central) = packed(Kind::Zip, 6, &[b"a", b"b"]);
    let finished = |base: u64, offset: u64| {
        let mut directory = Directory::default();
        directory.add(&central, base);
        let mut out = Vec::new();
        let take = |part: &[u8], last: bool| {
            assert!(last, "it is one part");
            out.extend_from_slice(part);
            Ok(())
        };
        directory.finish(offset, take).unwrap();
        out
    };
    let (near, far) = (finished(100, 1000), finished(5 << 30, 6 << 30));
    assert_eq!(near.len(), central.len() + 22);
    assert_eq!(far.len(), central.len() + 2 * 12 + 56 + 20 + 22);
    assert!(far[central.len() + 24..].starts_with(b"PK\x06\x06"));
}

#[test]
fn the_directory_of_a_whole_archive_is_laid_aside_and_comes_back_in_parts() {
    let (_, central) = packed(Kind::Zip, 6, &[b"a", b"b"]);
    let dir = tempfile::tempdir().unwrap();
    // Also where there is no folder for it, and where it cannot be made.
    let paths = [Some(dir.path().join("directory.new")), None, Some(dir.path().join("none/x"))];
    let all = paths.map(|path| {
        let mut directory = Directory::whole(path);
        for _ in 0..100_000 {
            directory.add(&central, 7);
        }
        assert!(!directory.is_full());
        let (mut out, mut parts) = (Vec::new(), Vec::new());
        let part = |part: &[u8], last: bool| {
            out.extend_from_slice(part);
            parts.push((part.len() < 16 << 20, last));
            Ok(())
        };
        directory.finish(1 << 20, part).unwrap();
        assert!(parts.len() > 1 && parts.iter().all(|(fits, _)| *fits));
        assert_eq!(parts.iter().position(|(_, last)| *last), Some(parts.len() - 1));
        out
    });
    assert!(all[0] == all[1] && all[1] == all[2]);
    assert_eq!(all[0].len(), 100_000 * central.len() + 56 + 20 + 22);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left of it");
}
