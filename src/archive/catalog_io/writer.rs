//! Writes a catalog: entries into segments cut by content, those into frames, the index last.

use std::collections::{BTreeMap, HashMap};

use super::line::{EntryLine, HeaderLine, MoreLine, PieceForm};
use super::live::{Count, Sample};
use super::{CatalogIndex, FrameRef, SegmentRef, VolumeInfo, bounds, check, index};
use crate::archive::codec::zstd::Compressor;
use crate::archive::object::{ObjectWriter, run_folder};
use crate::archive::seal::{MAX_RECORD, Sealer};
use crate::archive::sums::{Summing, Sums};
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind, Piece, VolumeRef};
use crate::model::path::PathBytes;
use crate::model::snapshot::{CatalogRef, Need, VersionId};

/// A segment has at least this many entries before its content may close it, and at most so many.
const MIN_ENTRIES: u64 = 64;
const MAX_ENTRIES: u64 = 8192;
/// Bits of the path's BLAKE3 that must be zero where a segment ends: one in 1024.
const CUT_MASK: u16 = (1 << 10) - 1;
/// The same for the pieces of one file: a frame holds from 4096 to 16,384 of them, and as many holes.
const MIN_PIECES: usize = 4096;
const MAX_PIECES: usize = 16_384;
const PIECE_MASK: u16 = (1 << 12) - 1;
/// Older catalog files that one version draws on. Reading a version costs one request or more for each.
const MAX_OLDER: usize = 16;
const LEVEL: i32 = 3;

/// Writes a catalog. Entries come in path order.
pub struct CatalogWriter {
    out: Box<dyn ObjectWriter>,
    /// Full name, for errors.
    object: String,
    name: String,
    sealer: Option<Sealer>,
    run: VersionId,
    sources: Vec<PathBytes>,
    excludes: Vec<String>,
    /// The parent's frames that may be referred to, by hash.
    offered: HashMap<[u8; 32], FrameRef>,
    compressor: Compressor,
    sums: Summing,
    offset: u64,
    open: OpenSegment,
    segments: Vec<SegmentRef>,
    last_path: PathBytes,
    volumes: Volumes,
    record: Vec<u8>,
    text: Vec<u8>,
}

/// A finished catalog.
pub struct WrittenCatalog {
    pub catalog: CatalogRef,
    pub sums: Sums,
    /// Older objects the version needs, volumes and catalogs.
    pub needs: Vec<Need>,
    pub index: CatalogIndex,
}

/// The segment that is being filled.
#[derive(Default)]
struct OpenSegment {
    lines: Vec<u8>,
    /// Volumes in the order of first use, as places in [`Volumes`].
    table: Vec<usize>,
    first: PathBytes,
    entries: u64,
    files: u64,
    bytes: u64,
}

/// All volumes met, and what of each is in use.
#[derive(Default)]
struct Volumes {
    places: HashMap<VolumeRef, usize>,
    met: Vec<Met>,
    sample: Sample,
    /// Own volumes up to this number were there when the run was gone on with: not all of them may be in use.
    adopted: u32,
    /// Entries that follow each other mostly lie in the same volume.
    last: usize,
}

struct Met {
    volume: VolumeRef,
    live: Count,
    /// Of an older run, or there before this one was gone on with.
    older: bool,
    /// Its place in the open frame's table.
    in_table: Option<u32>,
}

impl Volumes {
    fn place(&mut self, volume: &VolumeRef, own: &VersionId) -> usize {
        if self.met.get(self.last).is_some_and(|met| met.volume == *volume) {
            return self.last;
        }
        self.last = match self.places.get(volume) {
            Some(place) => *place,
            None => {
                self.places.insert(volume.clone(), self.met.len());
                let older = volume.run != *own || volume.number <= self.adopted;
                self.met.push(Met { volume: volume.clone(), live: Count::default(), older, in_table: None });
                self.met.len() - 1
            }
        };
        self.last
    }

    /// A piece's JSON form; its volume is entered into the frame's table.
    fn form(&mut self, table: &mut Vec<usize>, piece: &Piece, counts: bool, own: &VersionId) -> PieceForm {
        let place = self.place(&piece.volume, own);
        let met = &mut self.met[place];
        if counts {
            // All that a run stores it refers to at least once.
            self.sample.count(&mut met.live, place, piece, met.older);
        }
        let in_table = *met.in_table.get_or_insert_with(|| {
            table.push(place);
            table.len() as u32 - 1
        });
        PieceForm::new(in_table, piece)
    }

    /// The first line of a frame with this table, which is emptied.
    fn header(&mut self, table: &mut Vec<usize>, out: &mut Vec<u8>) {
        let volumes = table
            .drain(..)
            .map(|place| {
                let met = &mut self.met[place];
                met.in_table = None;
                (met.volume.run.clone(), met.volume.number)
            })
            .collect();
        index::push(out, &HeaderLine { volumes });
    }
}

impl CatalogWriter {
    /// `parent`: the index whose segments may be referred to. `name` is the catalog's file name, for the manifest.
    pub fn new(
        mut out: Box<dyn ObjectWriter>,
        name: &str,
        sealer: Option<Sealer>,
        run: VersionId,
        sources: Vec<PathBytes>,
        excludes: Vec<String>,
        parent: Option<&CatalogIndex>,
    ) -> Result<Self> {
        let object = format!("{}/{name}", run_folder(&run));
        let mut sums = Summing::default();
        let header = sealer.as_ref().map_or(&[][..], Sealer::header);
        out.write_all(header).map_err(|e| Error::object(&object, e))?;
        sums.update(header);
        Ok(Self {
            out,
            object,
            name: name.into(),
            offset: header.len() as u64,
            sealer,
            run,
            sources,
            excludes,
            offered: parent.map(offered).unwrap_or_default(),
            compressor: Compressor::new(LEVEL),
            sums,
            open: OpenSegment::default(),
            segments: Vec::new(),
            last_path: PathBytes::default(),
            volumes: Volumes { sample: parent.map(Sample::new).unwrap_or_default(), ..Volumes::default() },
            record: Vec::new(),
            text: Vec::new(),
        })
    }

    /// So many volumes of the run were there before it was gone on with.
    pub fn adopting(mut self, volumes: u32) -> Self {
        self.volumes.adopted = volumes;
        self
    }

    /// `Limit` where the entry does not come after the one before it, or breaks a rule that readers insist on: path without empty,
    /// `.` and `..` components, at most 1 MiB of extended attributes, pieces and holes that make up the size.
    pub fn push(&mut self, entry: &Entry) -> Result<()> {
        check::entry(entry).map_err(|what| Error::Limit(format!("{}: {what}", entry.path.display())))?;
        if entry.path <= self.last_path {
            return Err(Error::Limit(format!("{} does not come in order", entry.path.display())));
        }
        if self.open.entries > 0 && self.open.lines.len() + longest(entry) > bounds::SEGMENT_TARGET {
            self.close_segment()?;
        }
        self.last_path.clone_from(&entry.path);
        // What hard links share is counted once.
        let counts = entry.link.is_none();
        let (pieces, mut more_pieces) = entry.pieces.split_at(first_chunk(&entry.pieces));
        let (holes, mut more_holes) = entry.holes.split_at(entry.holes.len().min(MAX_PIECES));
        let open = &mut self.open;
        let forms = pieces.iter().map(|piece| self.volumes.form(&mut open.table, piece, counts, &self.run)).collect();
        index::push(&mut open.lines, &EntryLine::new(entry, holes, forms));
        if open.entries == 0 {
            open.first.clone_from(&entry.path);
        }
        open.entries += 1;
        open.files += u64::from(entry.kind == EntryKind::File);
        open.bytes = open.bytes.saturating_add(entry.size);

        if !more_pieces.is_empty() || !more_holes.is_empty() {
            self.close_segment()?;
        }
        while !more_pieces.is_empty() || !more_holes.is_empty() {
            let (pieces, rest) = more_pieces.split_at(first_chunk(more_pieces));
            let (holes, rest_of_holes) = more_holes.split_at(more_holes.len().min(MAX_PIECES));
            (more_pieces, more_holes) = (rest, rest_of_holes);
            let mut table = Vec::new();
            let more = pieces.iter().map(|piece| self.volumes.form(&mut table, piece, counts, &self.run)).collect();
            self.text.clear();
            self.volumes.header(&mut table, &mut self.text);
            index::push(&mut self.text, &MoreLine { more, holes: holes.to_vec() });
            let frame = self.place_frame()?;
            if let Some(segment) = self.segments.last_mut() {
                segment.more.push(frame);
            }
        }
        if self.open.ends(entry.path.as_bytes()) { self.close_segment() } else { Ok(()) }
    }

    fn close_segment(&mut self) -> Result<()> {
        if self.open.entries == 0 {
            return Ok(());
        }
        self.text.clear();
        self.volumes.header(&mut self.open.table, &mut self.text);
        self.text.extend_from_slice(&self.open.lines);
        self.open.lines.clear();
        let FrameRef { run, offset, length, hash } = self.place_frame()?;
        let OpenSegment { first, entries, files, bytes, .. } = &mut self.open;
        let first = std::mem::take(first);
        let (entries, files, bytes) = (std::mem::take(entries), std::mem::take(files), std::mem::take(bytes));
        self.segments.push(SegmentRef { run, offset, length, first, entries, files, bytes, hash, more: Vec::new() });
        Ok(())
    }

    /// Where a frame of `self.text` lies: in the parent's catalogs, else it is written here.
    fn place_frame(&mut self) -> Result<FrameRef> {
        if self.text.len() > bounds::SEGMENT {
            return Err(Error::Limit(format!("{}: an entry is larger than a catalog can hold", self.last_path.display())));
        }
        let hash = *blake3::hash(&self.text).as_bytes();
        if let Some(frame) = self.offered.get(&hash) {
            return Ok(frame.clone());
        }
        let (offset, length) = self.write_frame(false)?;
        Ok(FrameRef { run: self.run.clone(), offset, length, hash })
    }

    /// Writes `self.text`; returns where.
    fn write_frame(&mut self, last: bool) -> Result<(u64, u32)> {
        let offset = self.offset;
        self.record.clear();
        match &self.sealer {
            Some(sealer) => {
                self.record.extend_from_slice(&[0; 4]);
                self.compressor.compress(&self.text, &mut self.record);
                if self.record.len() > MAX_RECORD {
                    return Err(Error::Limit("this version has more volumes than a catalog can list".into()));
                }
                sealer.seal_prefixed(offset, last, &mut self.record);
            }
            None => self.compressor.compress(&self.text, &mut self.record),
        }
        self.out.write_all(&self.record).map_err(|e| Error::object(&self.object, e))?;
        self.sums.update(&self.record);
        self.offset += self.record.len() as u64;
        // Bounded by what is written into a frame: at most 64 MiB before compression.
        Ok((offset, self.record.len() as u32))
    }

    /// `own`: the volumes of this run. `older`: what the parent's index says of its volumes; those still referred to are taken over.
    pub fn finish(mut self, own: Vec<VolumeInfo>, older: &[VolumeInfo]) -> Result<WrittenCatalog> {
        self.close_segment()?;
        let volumes = self.volume_infos(own, older)?;
        let index = CatalogIndex {
            sources: std::mem::take(&mut self.sources),
            excludes: std::mem::take(&mut self.excludes),
            segments: std::mem::take(&mut self.segments),
            volumes,
        };
        self.text = index::encode(&index, &self.run)?;
        let (index_offset, index_length) = self.write_frame(true)?;
        let needs = needs(&index, &self.run);
        self.out.finish().map_err(|e| Error::object(&self.object, e))?;
        Ok(WrittenCatalog {
            catalog: CatalogRef { name: self.name, size: self.offset, index_offset, index_length: index_length.into() },
            sums: self.sums.finish(),
            needs,
            index,
        })
    }

    /// All own volumes and the older ones in use, in order, each with what of it is live.
    fn volume_infos(&self, own: Vec<VolumeInfo>, older: &[VolumeInfo]) -> Result<Vec<VolumeInfo>> {
        let older = older.iter().filter(|info| info.volume.run != self.run && self.volumes.places.contains_key(&info.volume));
        let mut infos: Vec<VolumeInfo> = own.into_iter().chain(older.cloned()).collect();
        infos.sort_by(|a, b| a.volume.cmp(&b.volume));
        infos.dedup_by(|a, b| a.volume == b.volume);
        for info in &mut infos {
            let live = self.volumes.places.get(&info.volume).map_or(0, |place| self.volumes.met[*place].live.live());
            info.live = live.min(info.stored);
            // As the index is read again.
            info.crc64nvme = None;
        }
        for met in &self.volumes.met {
            if infos.binary_search_by(|info| info.volume.cmp(&met.volume)).is_err() {
                let VolumeRef { run, number } = &met.volume;
                return Err(Error::Limit(format!("{}: nothing is known of volume {number} of {run}", self.object)));
            }
        }
        Ok(infos)
    }
}

impl OpenSegment {
    /// Whether the segment ends after the entry of this path: by content, so that the same entries make the same segments
    /// whatever stands before them.
    fn ends(&self, path: &[u8]) -> bool {
        let by_content = || {
            let hash = blake3::hash(path);
            u16::from_le_bytes([hash.as_bytes()[0], hash.as_bytes()[1]]) & CUT_MASK == 0
        };
        self.lines.len() >= bounds::SEGMENT_TARGET || self.entries >= MAX_ENTRIES || self.entries >= MIN_ENTRIES && by_content()
    }
}

/// How many pieces the next line takes, cut by content.
fn first_chunk(pieces: &[Piece]) -> usize {
    if pieces.len() <= MIN_PIECES {
        return pieces.len();
    }
    let most = pieces.len().min(MAX_PIECES);
    let ends = |piece: &Piece| u16::from_le_bytes([piece.hash[0], piece.hash[1]]) & PIECE_MASK == 0;
    pieces[MIN_PIECES - 1..most].iter().position(ends).map_or(most, |at| MIN_PIECES + at)
}

/// No less than the length of the entry's line.
fn longest(entry: &Entry) -> usize {
    let target = match &entry.kind {
        EntryKind::Symlink { target } => target.as_bytes().len(),
        _ => 0,
    };
    let texts = entry.path.as_bytes().len() + target + entry.link.as_ref().map_or(0, |link| link.as_bytes().len());
    let xattrs: usize = entry.xattrs.iter().map(|x| x.name.len() * 6 + x.value.len() * 4 / 3 + 32).sum();
    // A control character takes six bytes in JSON; numbers at most twenty.
    400 + texts * 6 + xattrs + entry.pieces.len().min(MAX_PIECES) * 110 + entry.holes.len().min(MAX_PIECES) * 44
}

/// Frames of the parent's index that may be referred to: those of the runs that it draws on most, so that a version never
/// needs more than so many older catalog files.
fn offered(parent: &CatalogIndex) -> HashMap<[u8; 32], FrameRef> {
    let mut uses: BTreeMap<VersionId, usize> = BTreeMap::new();
    for frame in parent.segments.iter().flat_map(SegmentRef::frames) {
        *uses.entry(frame.run).or_default() += 1;
    }
    let mut runs: Vec<(VersionId, usize)> = uses.into_iter().collect();
    // Among equals the newer ones stay: the stable sort keeps their order by time.
    runs.reverse();
    runs.sort_by_key(|(_, uses)| std::cmp::Reverse(*uses));
    runs.truncate(MAX_OLDER);
    let frames = parent.segments.iter().flat_map(SegmentRef::frames);
    frames.filter(|frame| runs.iter().any(|(run, _)| *run == frame.run)).map(|frame| (frame.hash, frame)).collect()
}

/// Older objects that an index refers to, by run.
fn needs(index: &CatalogIndex, own: &VersionId) -> Vec<Need> {
    let mut needs: BTreeMap<VersionId, Need> = BTreeMap::new();
    let mut need = |run: &VersionId, add: &mut dyn FnMut(&mut Need)| {
        if run != own {
            add(needs.entry(run.clone()).or_insert_with(|| Need { run: run.clone(), volumes: Vec::new(), catalog: false }));
        }
    };
    for frame in index.segments.iter().flat_map(SegmentRef::frames) {
        need(&frame.run, &mut |need| need.catalog = true);
    }
    // In order, so that ranges grow at their ends.
    for VolumeInfo { volume, .. } in &index.volumes {
        need(&volume.run, &mut |need| match need.volumes.last_mut() {
            Some((_, end)) if *end + 1 == volume.number => *end = volume.number,
            _ => need.volumes.push((volume.number, volume.number)),
        });
    }
    needs.into_values().collect()
}
