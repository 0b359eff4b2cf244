//! Streams that are broken at every byte: what is given out as proven is right.

use std::io::Write;

use super::super::member::{Damage, Packed, Visitor};
use super::super::{Container, Plain, walk};
use super::*;
use crate::archive::Result;
use crate::archive::codec::Compressor;
use crate::archive::tar_stream::{append_end, append_header, append_padding};
use crate::archive::test_version::entry;
use crate::model::catalog::{Entry, EntryKind};
use crate::model::run::Cancel;

/// Files whose content is their path, again and again.
const FILES: [&str; 6] = ["one", "two", "three", "four", "five", "six"];

fn content(name: &str) -> Vec<u8> {
    name.as_bytes().repeat(100)
}

/// A frame for every two files, the second within a file.
fn archive(codec: Codec) -> Vec<u8> {
    let mut tar = Vec::new();
    let mut cuts = Vec::new();
    for (n, name) in FILES.iter().enumerate() {
        let data = content(name);
        append_header(&Entry { size: data.len() as u64, ..entry(name, EntryKind::File) }, &mut tar);
        tar.extend_from_slice(&data);
        if n % 2 == 1 {
            cuts.push(tar.len());
        }
        append_padding(data.len() as u64, &mut tar);
    }
    append_end(&mut tar);
    let (mut out, mut from) = (Vec::new(), 0);
    for to in cuts.into_iter().chain([tar.len()]) {
        Compressor::new(codec.kind(), 1).compress(&tar[from..to], &mut out);
        from = to;
    }
    out
}

#[derive(Default)]
struct Proven {
    whole: Vec<(String, Vec<u8>)>,
    doubtful: Vec<(String, Vec<u8>)>,
    damage: usize,
}

impl Visitor for Proven {
    fn member(&mut self, entry: &Entry, _: Packed, content: &mut dyn Read) -> Result<()> {
        let mut bytes = Vec::new();
        if content.read_to_end(&mut bytes).is_ok() {
            self.doubtful.push((entry.path.display().into_owned(), bytes));
        }
        Ok(())
    }

    fn damage(&mut self, _: Damage) {
        self.damage += 1;
    }

    fn proven(&mut self, proven: bool) {
        let list = std::mem::take(&mut self.doubtful);
        if proven {
            self.whole.extend(list);
        }
    }
}

fn walked(bytes: &[u8], codec: Codec) -> Proven {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    let mut found = Proven::default();
    let plain = Box::new(Plain::new(file).unwrap());
    walk(plain, Container::Tar(Some(codec)), &mut found, &Cancel::default()).unwrap();
    let rest = std::mem::take(&mut found.doubtful);
    found.whole.extend(rest);
    found
}

#[test]
fn what_is_proven_is_right_whatever_bit_is_turned() {
    for codec in Codec::ALL {
        let whole = archive(codec);
        let found = walked(&whole, codec);
        assert_eq!((found.whole.len(), found.damage), (FILES.len(), 0), "{codec:?}");
        let mut least = usize::MAX;
        for at in 0..whole.len() {
            for bit in [0, 4, 7] {
                let mut bad = whole.clone();
                bad[at] ^= 1 << bit;
                let found = walked(&bad, codec);
                for (name, data) in &found.whole {
                    assert!(FILES.contains(&name.as_str()) && *data == content(name), "{codec:?} byte {at} bit {bit}: {name}");
                }
                least = least.min(found.whole.len());
            }
        }
        // A frame holds two files and the beginning of a third.
        assert!(least >= 2, "{codec:?}: {least}");
    }
}

#[test]
fn what_stands_before_a_cut_is_right() {
    for codec in Codec::ALL {
        let whole = archive(codec);
        for end in 1..whole.len() {
            let found = walked(&whole[..end], codec);
            assert!(found.damage > 0, "{codec:?} cut at {end}");
            for (name, data) in &found.whole {
                assert!(*data == content(name), "{codec:?} cut at {end}: {name}");
            }
        }
    }
}
