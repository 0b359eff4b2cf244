use super::*;

/// Kinds whose frames are one stream; zip's have tests of their own.
const KINDS: [Kind; 5] = [Kind::Tar, Kind::TarGz, Kind::TarBz2, Kind::TarLz4, Kind::TarZst];

fn frame(kind: Kind, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Compressor::new(kind, 3).compress(content, &mut out);
    out
}

fn unpack(kind: Kind, frame: &[u8], limit: usize) -> Result<Vec<u8>> {
    let mut out = b"rubbish".to_vec();
    let unpacked = Decompressor::default().decompress(kind, "o", frame, limit, &mut out);
    assert!(unpacked.is_ok() || out.is_empty(), "{kind:?} leaves something behind");
    unpacked.map(|()| out)
}

fn noise(length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    blake3::Hasher::new().finalize_xof().fill(&mut out);
    out
}

#[test]
fn frames_round_trip_and_are_appended() {
    let contents = [b"abc".to_vec(), vec![7; 5 << 20], noise(1 << 20), b"text, ".repeat(100_000), vec![]];
    for kind in KINDS {
        for level in kind.levels() {
            if level > 9 && kind == Kind::TarZst {
                continue; // Slow, and the same code.
            }
            let mut compressor = Compressor::new(kind, level);
            let mut decompressor = Decompressor::default();
            let mut unpacked = b"rubbish".to_vec();
            let mut out = b"before".to_vec();
            for content in &contents {
                let from = out.len();
                compressor.compress(content, &mut out);
                decompressor.decompress(kind, "o", &out[from..], FRAME_MAX, &mut unpacked).unwrap();
                assert!(unpacked == *content, "{kind:?} level {level}: {} bytes", content.len());
            }
            assert!(out.starts_with(b"before"));
        }
    }
}

#[test]
fn all_frames_together_are_what_the_codecs_own_readers_take() {
    use std::io::Read;
    let contents = [b"first ".to_vec(), noise(300_000), b"and the last".to_vec()];
    let read = |mut reader: Box<dyn Read + '_>| {
        let mut out = Vec::new();
        reader.read_to_end(&mut out).unwrap();
        out
    };
    for kind in KINDS {
        let all: Vec<u8> = contents.iter().flat_map(|content| frame(kind, content)).collect();
        let whole = match kind {
            Kind::TarGz => read(Box::new(flate2::read::MultiGzDecoder::new(&all[..]))),
            Kind::TarBz2 => read(Box::new(::bzip2::read::MultiBzDecoder::new(&all[..]))),
            Kind::TarZst => ::zstd::decode_all(&all[..]).unwrap(),
            // The library reads one frame; its program reads all (tests/it/formats.rs).
            Kind::TarLz4 => continue,
            _ => all,
        };
        assert!(whole == contents.concat(), "{kind:?}");
    }
}

#[test]
fn only_one_whole_frame_is_taken() {
    let large = noise(300_000);
    let content = b"some content, some content";
    for kind in KINDS {
        let whole = frame(kind, content);
        assert!(unpack(kind, &whole, 26).is_ok(), "{kind:?}");
        assert!(unpack(kind, &whole, 25).is_err(), "{kind:?}: limit");
        if kind == Kind::Tar {
            continue; // Any bytes are a frame of it.
        }
        for whole in [&whole, &frame(kind, &large)] {
            assert!(unpack(kind, &[&whole[..], b"x"].concat(), 1 << 20).is_err(), "{kind:?}: trailing byte");
            assert!(unpack(kind, &[&whole[..], &whole[..]].concat(), 1 << 20).is_err(), "{kind:?}: two frames");
        }
        for end in 0..whole.len() {
            assert!(unpack(kind, &whole[..end], 100).is_err(), "{kind:?}: cut at {end}");
        }
        for other in KINDS.into_iter().filter(|other| *other != kind && *other != Kind::Tar) {
            assert!(unpack(other, &whole, 100).is_err(), "{kind:?} as {other:?}");
        }
    }
}

#[test]
fn a_flip_never_gives_other_content() {
    let content = b"some content that repeats, some content that repeats";
    for kind in KINDS.into_iter().filter(|kind| *kind != Kind::Tar) {
        let whole = frame(kind, content);
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bad = whole.clone();
                bad[at] ^= 1 << bit;
                assert!(unpack(kind, &bad, 1000).map_or(true, |out| out == content), "{kind:?} byte {at} bit {bit}");
            }
        }
    }
}

#[test]
fn what_unpacks_to_too_much_is_refused_before_it_does() {
    let large = vec![0; 64 << 20];
    for kind in KINDS {
        let bomb = frame(kind, &large);
        let mut out = Vec::new();
        assert!(Decompressor::default().decompress(kind, "o", &bomb, FRAME_MAX, &mut out).is_err(), "{kind:?}");
        assert!(out.capacity() <= FRAME_MAX + (1 << 20), "{kind:?} took {}", out.capacity());
    }
    // It says that it is small, and is not.
    let mut liar = frame(Kind::TarGz, &large);
    let at = liar.len() - 4;
    liar[at..].copy_from_slice(&100u32.to_le_bytes());
    assert!(unpack(Kind::TarGz, &liar, FRAME_MAX).is_err());
    let mut liar = frame(Kind::TarLz4, &large);
    liar[6..14].copy_from_slice(&100u64.to_le_bytes());
    assert!(unpack(Kind::TarLz4, &liar, FRAME_MAX).is_err());
}

#[test]
fn nothing_that_is_read_makes_it_fall_over() {
    let content = [noise(3000), b"text, ".repeat(3000)].concat();
    let mut decompressor = Decompressor::default();
    let mut out = Vec::new();
    for kind in KINDS.into_iter().filter(|kind| *kind != Kind::Tar) {
        let whole = frame(kind, &content);
        let mut random = blake3::Hasher::new().update(kind.name().as_bytes()).finalize_xof();
        for round in 0..2000 {
            let mut bad = whole.clone();
            let mut choice = [0u8; 32];
            random.fill(&mut choice);
            let place = |n: usize| (usize::from(choice[n]) << 8 | usize::from(choice[n + 1])) % bad.len();
            let (first, second) = (place(0), place(2));
            match round % 4 {
                0 => bad[first] = choice[4],
                1 => bad.truncate(first),
                2 => drop(bad.drain(first.min(second)..first.max(second))),
                _ => {
                    let to = (second + 24).min(bad.len());
                    bad[second..to].copy_from_slice(&choice[8..8 + to - second]);
                }
            }
            if decompressor.decompress(kind, "o", &bad, FRAME_MAX, &mut out).is_ok() {
                assert!(out == content, "{kind:?} in round {round}");
            }
        }
    }
}
