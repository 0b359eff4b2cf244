//! What a file is, by its content. Its name says nothing.

use std::io::{Read, Seek, SeekFrom};

use super::unpack::{HEAD, bytes_at, find_by, input_of};
use super::{Bytes, Container, Input, Unpacked, foreign, sealed_file, tar, zip};
use crate::archive::{Error, Result, seal};
use crate::model::foreign::Foreign;
use crate::model::format::Codec;
use crate::model::run::Cancel;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Empty,
    /// A volume or catalog in a plan's seal.
    SealedObject,
    /// A file sealed by itself.
    SealedFile,
    Archive(Container),
    /// One stream that is no archive.
    Compressed(Codec),
    /// One stream of which nothing can be read, so that nobody knows what was in it.
    Unreadable(Codec),
    /// A catalog out of its seal.
    Catalog,
    /// A marker, a manifest, key slots and the like.
    SmallObject,
    /// Packed by something that is not read.
    Foreign(Foreign),
    Other,
}

/// Where the beginning is destroyed, so far a first readable place is looked for.
const SEARCHED: u64 = 16 << 20;
const BLOCK: usize = 512;
/// So many frames that hold nothing are passed over at a beginning.
const MOST_SKIPPABLE: usize = 4096;

/// Looks at a file; the bytes come back.
pub fn recognise(bytes: Box<dyn Bytes>) -> Result<(What, Box<dyn Bytes>)> {
    let mut input = input_of(bytes);
    let what = look(&mut input)?;
    let (what, mut input) = match what {
        Some(Guess::Is(what)) => (what, input),
        Some(Guess::Stream(codec)) => in_stream(input, codec)?,
        None => search(input)?,
    };
    input.rewind().map_err(failed)?;
    Ok((what, input.into_inner()))
}

enum Guess {
    Is(What),
    Stream(Codec),
}

fn look(input: &mut Input) -> Result<Option<Guess>> {
    let length = input.get_ref().length();
    let mut head = Vec::new();
    // What cannot be read at the beginning may go on behind.
    let read = input.by_ref().take(BLOCK as u64).read_to_end(&mut head);
    if let Err(error) = read
        && !super::member::is_damage(&error)
    {
        return Err(failed(error));
    }
    let is = |what| Ok(Some(Guess::Is(what)));
    if length == 0 {
        return is(What::Empty);
    }
    if head.starts_with(seal::MAGIC) {
        return is(What::SealedObject);
    }
    if head.starts_with(sealed_file::MAGIC) {
        return is(What::SealedFile);
    }
    if let Some(codec) = Codec::ALL.into_iter().find(|codec| codec.fits(&head)) {
        return Ok(Some(Guess::Stream(codec)));
    }
    // An archive of nothing is two blocks of zeros, and what a tape is filled up with.
    let nothing = head.len() == BLOCK && length <= 20 * BLOCK as u64 && head.iter().all(|b| *b == 0);
    if head.len() == BLOCK && tar::is_header(&head) || nothing {
        return is(What::Archive(Container::Tar(None)));
    }
    if let Some(foreign) = foreign::of_head(&head) {
        return is(What::Foreign(foreign));
    }
    if Codec::Zstd.is_skippable(&head) {
        return behind_skippable(input, length).map(Some);
    }
    if head.starts_with(br#"{"format":"#) {
        return is(What::SmallObject);
    }
    if zip::is_zip(input)? {
        return is(What::Archive(Container::Zip));
    }
    Ok(None)
}

/// What comes behind the frames that zstd and lz4 pass over.
fn behind_skippable(input: &mut Input, length: u64) -> Result<Guess> {
    let mut at = 0u64;
    for _ in 0..MOST_SKIPPABLE {
        let Some(head) = bytes_at(input, at, HEAD as u64).map_err(failed)? else { break };
        if let Some(codec) = [Codec::Zstd, Codec::Lz4].into_iter().find(|codec| codec.fits(&head)) {
            return Ok(Guess::Stream(codec));
        }
        let frame = head.get(4..8).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        match frame.filter(|_| Codec::Zstd.is_skippable(&head)) {
            Some(frame) if at < length => at = at.saturating_add(8 + u64::from(frame)),
            _ => break,
        }
    }
    Ok(Guess::Is(What::Foreign(Foreign::Skippable)))
}

/// What is in a compressed stream.
fn in_stream(mut input: Input, codec: Codec) -> Result<(What, Input)> {
    input.rewind().map_err(failed)?;
    let mut stream = Unpacked::new(input, Some(codec));
    let mut head = Vec::new();
    let read = stream.by_ref().take(BLOCK as u64).read_to_end(&mut head);
    let mut unreadable = false;
    let is_tar = match read {
        Ok(_) => head.len() == BLOCK && (tar::is_header(&head) || head.iter().all(|b| *b == 0)),
        // Perhaps further frames say what it is.
        Err(error) if super::member::is_damage(&error) => {
            unreadable = head.is_empty();
            tar::holds_header(&mut stream, &Cancel::default())?
        }
        Err(error) => return Err(failed(error)),
    };
    let what = match () {
        () if is_tar => What::Archive(Container::Tar(Some(codec))),
        () if unreadable => What::Unreadable(codec),
        () if codec == Codec::Zstd && head.starts_with(br#"{"volumes":["#) => What::Catalog,
        () if codec == Codec::Zstd && head.starts_with(br#"{"format":1,"kind":"catalog""#) => What::Catalog,
        () => What::Compressed(codec),
    };
    Ok((what, stream.into_input().ok_or_else(|| Error::damaged("the file", "it cannot be read"))?))
}

/// A beginning that says nothing: perhaps it is destroyed, and something readable follows.
fn search(mut input: Input) -> Result<(What, Input)> {
    let header = |head: &[u8]| head.len() == BLOCK && head.get(257..262) == Some(b"ustar") && tar::is_header(head);
    let near = |found: Option<u64>| found.filter(|at| *at < SEARCHED);
    let within = |input: &mut Input, length, fits: &dyn Fn(&[u8]) -> bool| {
        find_by(input, 0, length, SEARCHED, fits).map(near).map_err(failed)
    };
    if within(&mut input, BLOCK, &header)?.is_some() {
        return Ok((What::Archive(Container::Tar(None)), input));
    }
    for codec in Codec::ALL {
        if let Some(at) = within(&mut input, HEAD, &|head| codec.fits(head))? {
            input.seek(SeekFrom::Start(at)).map_err(failed)?;
            let mut stream = Unpacked::new(input, Some(codec));
            let found = tar::holds_header(&mut stream, &Cancel::default())?;
            input = stream.into_input().ok_or_else(|| Error::damaged("the file", "it cannot be read"))?;
            if found {
                return Ok((What::Archive(Container::Tar(Some(codec))), input));
            }
        }
    }
    if within(&mut input, 4, &|head| head == b"PK\x03\x04")?.is_some() {
        return Ok((What::Archive(Container::Zip), input));
    }
    Ok((What::Other, input))
}

fn failed(error: std::io::Error) -> Error {
    Error::object("the file", error)
}
