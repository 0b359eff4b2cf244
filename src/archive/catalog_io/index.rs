//! The index as JSON Lines: a head, a line per segment, a line per volume.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::fields::{Blob, Hash, Text};
use super::{CatalogIndex, FrameRef, SegmentRef, VolumeInfo, bounds, check};
use crate::archive::json_lines::FORMAT;
use crate::archive::seal::{MAX_HEADER, MAX_RECORD, RECORD_OVERHEAD};
use crate::archive::{Error, Result};
use crate::model::catalog::VolumeRef;
use crate::model::format::Kind;
use crate::model::path::PathBytes;
use crate::model::snapshot::VersionId;

const KIND: &str = "catalog";

#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    kind: String,
    version: VersionId,
    /// Number of lines of each kind that follow.
    segments: usize,
    volumes: usize,
    sources: Vec<PathBytes>,
    excludes: Vec<String>,
    /// Runs that the lines below refer to by their place here.
    runs: Vec<VersionId>,
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

#[derive(Serialize, Deserialize)]
struct SegmentLine<'a> {
    #[serde(borrow)]
    first: Text<'a>,
    entries: u64,
    files: u64,
    bytes: u64,
    /// The segment's own frame, then those with the rest of its last entry.
    frames: Vec<FrameForm>,
}

/// Place of the run in the table, offset and length in its catalog file, BLAKE3.
#[derive(Serialize, Deserialize)]
struct FrameForm(u32, u64, u32, Hash);

#[derive(Serialize, Deserialize)]
struct VolumeLine<'a> {
    run: u32,
    number: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    format: Kind,
    size: u64,
    sha256: Hash,
    #[serde(default = "no_bytes", skip_serializing_if = "has_none")]
    header: Blob<'a>,
    live: u64,
    stored: u64,
}

fn is_default(kind: &Kind) -> bool {
    *kind == Kind::default()
}

fn no_bytes() -> Blob<'static> {
    Blob((&[][..]).into())
}

fn has_none(blob: &Blob<'_>) -> bool {
    blob.0.is_empty()
}

/// Runs by the order in which they are first named.
#[derive(Default)]
struct Runs {
    runs: Vec<VersionId>,
    places: HashMap<VersionId, u32>,
}

impl Runs {
    fn place(&mut self, run: &VersionId) -> u32 {
        if let Some(place) = self.places.get(run) {
            return *place;
        }
        let place = self.runs.len() as u32;
        self.runs.push(run.clone());
        self.places.insert(run.clone(), place);
        place
    }
}

/// `Limit` where it is larger than is ever read.
pub fn encode(index: &CatalogIndex, version: &VersionId) -> Result<Vec<u8>> {
    let mut runs = Runs::default();
    let mut lines = Vec::new();
    for segment in &index.segments {
        let frames = segment
            .frames()
            .map(|frame| FrameForm(runs.place(&frame.run), frame.offset, frame.length, Hash(frame.hash)))
            .collect();
        let SegmentRef { first, entries, files, bytes, .. } = segment;
        let first = first.as_bytes().into();
        push(&mut lines, &SegmentLine { first, entries: *entries, files: *files, bytes: *bytes, frames });
    }
    for info in &index.volumes {
        let line = VolumeLine {
            run: runs.place(&info.volume.run),
            number: info.volume.number,
            format: info.kind,
            size: info.size,
            sha256: Hash(info.sha256),
            header: Blob(info.header.as_slice().into()),
            live: info.live,
            stored: info.stored,
        };
        push(&mut lines, &line);
    }
    let head = Head {
        format: FORMAT,
        kind: KIND.into(),
        version: version.clone(),
        segments: index.segments.len(),
        volumes: index.volumes.len(),
        sources: index.sources.clone(),
        excludes: index.excludes.clone(),
        runs: runs.runs,
    };
    let mut out = Vec::new();
    push(&mut out, &head);
    out.append(&mut lines);
    if out.len() > bounds::INDEX {
        return Err(Error::Limit("this version has more volumes than a catalog can list: choose a larger volume size".into()));
    }
    Ok(out)
}

/// Appends a line.
pub fn push<T: Serialize>(out: &mut Vec<u8>, line: &T) {
    serde_json::to_writer(&mut *out, line).expect("plain data is written to memory");
    out.push(b'\n');
}

/// Takes a line without its end off the front.
pub fn take_line<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = bytes.iter().position(|b| *b == b'\n')?;
    let (line, rest) = bytes.split_at(end);
    *bytes = &rest[1..];
    Some(line)
}

/// Reads and checks an index. `object` names the catalog in errors.
pub fn decode(object: &str, mut bytes: &[u8], version: &VersionId) -> Result<CatalogIndex> {
    let damaged = |what: &str| Error::damaged(object, format!("its index is wrong: {what}"));
    let json = |e: serde_json::Error| damaged(&e.to_string());
    let line = take_line(&mut bytes).ok_or_else(|| damaged("it is cut short"))?;
    let Format { format: found } = serde_json::from_slice(line).map_err(json)?;
    if found > FORMAT {
        return Err(Error::TooNew { object: object.into(), found });
    }
    let head: Head = serde_json::from_slice(line).map_err(json)?;
    if head.kind != KIND || head.version != *version || found != FORMAT {
        return Err(damaged("it belongs elsewhere"));
    }
    let run = |place: u32| head.runs.get(place as usize).cloned().ok_or_else(|| damaged("a run is not told"));

    let mut segments: Vec<SegmentRef> = Vec::new();
    for _ in 0..head.segments {
        let line = take_line(&mut bytes).ok_or_else(|| damaged("it is cut short"))?;
        let line: SegmentLine<'_> = serde_json::from_slice(line).map_err(json)?;
        check::path(&line.first.0).map_err(damaged)?;
        let first = PathBytes::new(line.first.0.into_owned());
        if segments.last().is_some_and(|before| before.first >= first) || line.entries == 0 || line.files > line.entries {
            return Err(damaged("its segments are not in order"));
        }
        let mut frames = Vec::with_capacity(line.frames.len());
        for FrameForm(place, offset, length, Hash(hash)) in line.frames {
            if length == 0 || length as usize > MAX_RECORD + RECORD_OVERHEAD || offset.checked_add(length.into()).is_none() {
                return Err(damaged("a segment is out of bounds"));
            }
            frames.push(FrameRef { run: run(place)?, offset, length, hash });
        }
        let mut frames = frames.into_iter();
        let FrameRef { run, offset, length, hash } = frames.next().ok_or_else(|| damaged("a segment has no frame"))?;
        let more = frames.collect();
        let SegmentLine { entries, files, bytes, .. } = line;
        segments.push(SegmentRef { run, offset, length, first, entries, files, bytes, hash, more });
    }

    let mut volumes: Vec<VolumeInfo> = Vec::new();
    for _ in 0..head.volumes {
        let line = take_line(&mut bytes).ok_or_else(|| damaged("it is cut short"))?;
        let line: VolumeLine<'_> = serde_json::from_slice(line).map_err(json)?;
        let volume = VolumeRef { run: run(line.run)?, number: line.number };
        let in_order = volumes.last().is_none_or(|before| before.volume < volume);
        if !in_order || volume.number == 0 || line.header.0.len() > MAX_HEADER || line.live > line.stored {
            return Err(damaged("its volumes are not in order"));
        }
        volumes.push(VolumeInfo {
            volume,
            kind: line.format,
            size: line.size,
            sha256: line.sha256.0,
            crc64nvme: None,
            header: line.header.0.into_owned(),
            live: line.live,
            stored: line.stored,
        });
    }
    if !bytes.is_empty() {
        return Err(damaged("something follows it"));
    }
    Ok(CatalogIndex { sources: head.sources, excludes: head.excludes, segments, volumes })
}
