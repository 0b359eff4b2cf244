//! What records hold: a letter that says what, then JSON. Entries and parts stand in blocks, which are zstd frames of JSON Lines.

use serde::{Deserialize, Serialize};

use super::{Fresh, Of};
use crate::archive::catalog_io::VolumeInfo;
use crate::archive::catalog_io::fields::{Blob, Hash, Text, is_false, is_zero};
use crate::archive::catalog_io::index::{push, take_line};
use crate::archive::catalog_io::line::{EntryLine, HeaderLine, PieceForm};
use crate::archive::codec::FRAME_MAX;
use crate::archive::codec::zstd::{Compressor, Decompressor};
use crate::model::catalog::{Entry, Piece, VolumeRef};
use crate::model::format::Kind;
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::snapshot::VersionId;

/// First record: whose it is.
pub const HEAD: u8 = b'H';
/// A volume is durable.
pub const VOLUME: u8 = b'V';
/// A block of what was there when the run was gone on with, and one of what was read since. Each kind is in path order.
pub const BEFORE: u8 = b'B';
pub const SINCE: u8 = b'S';

const FORMAT: u32 = 1;
/// A block is closed past this many bytes.
const BLOCK: usize = 1 << 20;
/// Or this many volumes.
const MOST_VOLUMES: usize = 256;
/// Pieces in one line, and holes.
const IN_LINE: usize = 4096;

#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    plan: PlanId,
    run: VersionId,
    kind: Kind,
}

/// The first record.
pub fn head(of: &Of, kind: Kind) -> Vec<u8> {
    let mut out = vec![HEAD];
    push(&mut out, &Head { format: FORMAT, plan: of.plan.clone(), run: of.run.clone(), kind });
    out
}

/// The kind of its volumes; `None` where the record is not this journal's first.
pub fn read_head(record: &[u8], of: &Of) -> Option<Kind> {
    let head: Head = serde_json::from_slice(record.strip_prefix(&[HEAD])?).ok()?;
    (head.format == FORMAT && head.plan == of.plan && head.run == of.run).then_some(head.kind)
}

#[derive(Serialize, Deserialize)]
struct VolumeLine<'a> {
    number: u32,
    kind: Kind,
    size: u64,
    sha256: Hash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crc64nvme: Option<u64>,
    #[serde(borrow)]
    header: Blob<'a>,
    stored: u64,
}

pub fn volume(info: &VolumeInfo) -> Vec<u8> {
    let VolumeInfo { volume, kind, size, sha256, crc64nvme, header, stored, .. } = info;
    let (number, sha256, header) = (volume.number, Hash(*sha256), Blob(header.as_slice().into()));
    let mut out = vec![VOLUME];
    push(&mut out, &VolumeLine { number, kind: *kind, size: *size, sha256, crc64nvme: *crc64nvme, header, stored: *stored });
    out
}

pub fn read_volume(record: &[u8], run: &VersionId) -> Option<VolumeInfo> {
    let line: VolumeLine<'_> = serde_json::from_slice(record.strip_prefix(&[VOLUME])?).ok()?;
    let volume = VolumeRef { run: run.clone(), number: line.number };
    let (size, sha256, header, stored) = (line.size, line.sha256.0, line.header.0.into_owned(), line.stored);
    Some(VolumeInfo { volume, kind: line.kind, size, sha256, crc64nvme: line.crc64nvme, header, live: stored, stored })
}

/// One of the three: an entry; more pieces and holes of the entry before; parts of a file.
#[derive(Default, Serialize, Deserialize)]
struct Line<'a> {
    /// The volume that must be there for it; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    volume: u32,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    entry: Option<EntryLine<'a>>,
    #[serde(default, skip_serializing_if = "is_zero")]
    known: u64,
    #[serde(default, skip_serializing_if = "is_false")]
    whole: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    more: Vec<PieceForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holes: Vec<(u64, u64)>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    path: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<(u64, PieceForm)>,
}

/// A line that was read. With each the volume that must be there for it.
pub enum Parsed {
    Entry(Box<Entry>, Fresh, u32),
    More(Vec<Piece>, Vec<(u64, u64)>),
    Parts(PathBytes, Vec<(u64, Piece)>, u32),
}

/// Gathers lines to blocks.
pub struct Block {
    letter: u8,
    volumes: Vec<VolumeRef>,
    lines: Vec<u8>,
    compressor: Compressor,
}

impl Block {
    pub fn new(letter: u8) -> Self {
        Self { letter, volumes: Vec::new(), lines: Vec::new(), compressor: Compressor::new(1) }
    }

    fn form(&mut self, piece: &Piece) -> PieceForm {
        let place = self.volumes.iter().rposition(|volume| *volume == piece.volume).unwrap_or_else(|| {
            self.volumes.push(piece.volume.clone());
            self.volumes.len() - 1
        });
        PieceForm::new(place as u32, piece)
    }

    /// `write`: takes blocks that are full.
    pub fn entry<E>(
        &mut self,
        entry: &Entry,
        fresh: Fresh,
        volume: u32,
        mut write: impl FnMut(Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut pieces, mut holes) = (entry.pieces.chunks(IN_LINE), entry.holes.chunks(IN_LINE));
        let forms = pieces.next().unwrap_or_default().iter().map(|piece| self.form(piece)).collect();
        let line = EntryLine::new(entry, holes.next().unwrap_or_default(), forms);
        let (known, whole) = (fresh.known_bytes, fresh.whole_here);
        push(&mut self.lines, &Line { volume, entry: Some(line), known, whole, ..Line::default() });
        self.settle(&mut write)?;
        loop {
            let (more, further) = (pieces.next(), holes.next());
            if more.is_none() && further.is_none() {
                return Ok(());
            }
            let more = more.unwrap_or_default().iter().map(|piece| self.form(piece)).collect();
            push(&mut self.lines, &Line { more, holes: further.unwrap_or_default().to_vec(), ..Line::default() });
            self.settle(&mut write)?;
        }
    }

    pub fn parts<E>(
        &mut self,
        path: &PathBytes,
        parts: &[(u64, Piece)],
        volume: u32,
        mut write: impl FnMut(Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        for parts in parts.chunks(IN_LINE) {
            let parts = parts.iter().map(|(number, piece)| (*number, self.form(piece))).collect();
            push(&mut self.lines, &Line { volume, path: Some(path.as_bytes().into()), parts, ..Line::default() });
            self.settle(&mut write)?;
        }
        Ok(())
    }

    fn settle<E>(&mut self, write: &mut impl FnMut(Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        if self.lines.len() < BLOCK && self.volumes.len() < MOST_VOLUMES {
            return Ok(());
        }
        self.take().map_or(Ok(()), write)
    }

    /// The record of what was gathered, if anything was.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        if self.lines.is_empty() {
            return None;
        }
        let volumes = self.volumes.drain(..).map(|volume| (volume.run, volume.number)).collect();
        let mut text = Vec::with_capacity(self.lines.len() + 256);
        push(&mut text, &HeaderLine { volumes });
        text.append(&mut self.lines);
        let mut record = vec![self.letter];
        self.compressor.compress(&text, &mut record);
        Some(record)
    }
}

/// The lines of a block; `None` where it is not one.
pub fn read_block(record: &[u8], decompressor: &mut Decompressor) -> Option<Vec<Parsed>> {
    let (_, frame) = record.split_first()?;
    let mut text = Vec::new();
    decompressor.decompress("journal", frame, FRAME_MAX, &mut text).ok()?;
    let mut rest = &text[..];
    let HeaderLine { volumes } = serde_json::from_slice(take_line(&mut rest)?).ok()?;
    let volumes: Vec<VolumeRef> = volumes.into_iter().map(|(run, number)| VolumeRef { run, number }).collect();
    let mut parsed = Vec::new();
    while !rest.is_empty() {
        let line: Line<'_> = serde_json::from_slice(take_line(&mut rest)?).ok()?;
        parsed.push(match (line.entry, line.path) {
            (Some(entry), None) => {
                let fresh = Fresh { known_bytes: line.known, whole_here: line.whole };
                Parsed::Entry(Box::new(entry.entry(&volumes).ok()?), fresh, line.volume)
            }
            (None, Some(path)) => {
                let parts = line.parts.iter().map(|(number, form)| Some((*number, form.piece(&volumes).ok()?)));
                Parsed::Parts(PathBytes::new(path.0.into_owned()), parts.collect::<Option<_>>()?, line.volume)
            }
            (None, None) => {
                let more = line.more.iter().map(|form| form.piece(&volumes).ok());
                Parsed::More(more.collect::<Option<_>>()?, line.holes)
            }
            (Some(_), Some(_)) => return None,
        });
    }
    Some(parsed)
}
