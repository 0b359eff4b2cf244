//! A member's content: unpacked, and proven by its size and CRC-32 when it has been read to its end.

use std::io::{self, Read, Seek, Take};

use bzip2::bufread::BzDecoder;
use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::super::Input;
use super::super::unpack::go;
use super::fields::Central;

pub const STORE: u16 = 0;
const DEFLATE: u16 = 8;
const BZIP2: u16 = 12;
const ZSTD: u16 = 93;

pub struct Content<'a> {
    decoder: Decoder<'a>,
    crc: Crc,
    read: u64,
    size: u64,
    wanted_crc: u32,
    /// Size and checksum are told behind the data.
    open_ended: bool,
    done: bool,
    ended_at: u64,
    pub failed: Option<io::Error>,
}

enum Decoder<'a> {
    Stored(Take<&'a mut Input>),
    Deflate(Box<DeflateDecoder<Take<&'a mut Input>>>),
    Bzip2(Box<BzDecoder<Take<&'a mut Input>>>),
    Zstd(Box<zstd::Decoder<'static, Take<&'a mut Input>>>),
}

impl<'a> Content<'a> {
    /// `input` stands at the data. `None` for methods that are not known.
    pub fn new(input: &'a mut Input, central: &Central) -> io::Result<Option<Self>> {
        let most = if central.open_ended { u64::MAX } else { central.packed };
        let data = input.take(most);
        let decoder = match central.method {
            STORE if central.open_ended => return Ok(None),
            STORE => Decoder::Stored(data),
            DEFLATE => Decoder::Deflate(Box::new(DeflateDecoder::new(data))),
            BZIP2 => Decoder::Bzip2(Box::new(BzDecoder::new(data))),
            ZSTD => Decoder::Zstd(Box::new(zstd::Decoder::with_buffer(data)?.single_frame())),
            _ => return Ok(None),
        };
        Ok(Some(Self {
            decoder,
            crc: Crc::new(),
            read: 0,
            size: central.size,
            wanted_crc: central.crc,
            open_ended: central.open_ended,
            done: false,
            ended_at: 0,
            failed: None,
        }))
    }

    /// Where its data ended, once it has been read to its end; else 0.
    pub fn ended_at(&self) -> u64 {
        self.ended_at
    }

    fn check(&mut self) -> io::Result<()> {
        let (mut size, mut crc) = (self.size, self.wanted_crc);
        if self.open_ended {
            let input = match &mut self.decoder {
                Decoder::Stored(data) => &mut **data.get_mut(),
                Decoder::Deflate(decoder) => &mut **decoder.get_mut().get_mut(),
                Decoder::Bzip2(decoder) => &mut **decoder.get_mut().get_mut(),
                Decoder::Zstd(decoder) => &mut **decoder.get_mut().get_mut(),
            };
            (size, crc) = descriptor(input, self.read)?;
            self.ended_at = input.stream_position()?;
        }
        if self.read != size {
            return Err(wrong("it has not the size it should have"));
        }
        if self.crc.sum() != crc {
            return Err(wrong("it does not have the checksum it should have"));
        }
        Ok(())
    }
}

/// Checksum and sizes behind the data, with or without a magic before them, in 32 or 64 bits.
fn descriptor(input: &mut Input, read: u64) -> io::Result<(u64, u32)> {
    let mut bytes = [0; 24];
    let at = input.stream_position()?;
    let mut filled = 0;
    while filled < bytes.len() {
        match input.read(&mut bytes[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    let start = if bytes.starts_with(b"PK\x07\x08") { 4 } else { 0 };
    let long = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes);
    let crc = long(start);
    // The lower half of a wide size stands first; what was read tells which it is.
    let narrow = u64::from(long(start + 8));
    let wide = u64::from(long(start + 12))
        | u64::from(bytes.get(start + 16..start + 20).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)) << 32;
    let (size, length) = if narrow == read { (narrow, 12) } else { (wide, 20) };
    go(input, at + (start + length) as u64)?;
    Ok((size, crc))
}

fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.failed.is_some() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if self.done || buffer.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.decoder {
            Decoder::Stored(data) => data.read(buffer),
            Decoder::Deflate(decoder) => decoder.read(buffer),
            Decoder::Bzip2(decoder) => decoder.read(buffer),
            Decoder::Zstd(decoder) => decoder.read(buffer),
        };
        // Decoders fail in many ways; all are the data's fault but those of the disk.
        let read = read.map_err(|error| match error.raw_os_error() {
            Some(_) => error,
            None => io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
        });
        let checked = read.and_then(|count| {
            self.read += count as u64;
            self.crc.update(buffer.get(..count).unwrap_or_default());
            if !self.open_ended && self.read > self.size {
                return Err(wrong("it unpacks to more than it should"));
            }
            if count == 0 {
                self.done = true;
                self.check()?;
            }
            Ok(count)
        });
        checked.map_err(|error| {
            let told = io::Error::new(error.kind(), error.to_string());
            self.failed = Some(error);
            told
        })
    }
}
