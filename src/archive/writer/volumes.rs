//! Writes frames into volumes, one after the other, each a complete archive.

use std::io::Write;

use super::BackupJob;
use super::frames::Frame;
use crate::archive::catalog_io::VolumeInfo;
use crate::archive::codec::Compressor;
use crate::archive::object::{ObjectWriter, volume_file_name, volume_name};
use crate::archive::seal::{Identity, ObjectKind, Sealer};
use crate::archive::sums::{Summing, Sums, object_info};
use crate::archive::zip::Directory;
use crate::archive::{Error, Result, tar_stream};
use crate::model::catalog::VolumeRef;
use crate::model::snapshot::ObjectInfo;
use crate::model::volume_size::VolumeSize;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes in front of a record that its seal fills in.
const PREFIX: usize = 4;

/// Where a frame lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub volume: u32,
    pub offset: u64,
    pub length: u32,
}

/// A volume that is written and only needs to be made durable.
pub(super) struct Full {
    name: String,
    out: Box<dyn ObjectWriter>,
    pub info: VolumeInfo,
}

impl Full {
    pub(super) fn of(name: impl Into<String>, out: Box<dyn ObjectWriter>, info: VolumeInfo) -> Self {
        Self { name: name.into(), out, info }
    }

    /// Makes it durable.
    pub(super) fn finish(self) -> Result<()> {
        self.out.finish().map_err(|source| Error::Object { object: self.name, source })
    }
}

pub(super) struct Volumes<'a> {
    job: &'a BackupJob<'a>,
    /// The frame with the end of a tar archive.
    end: Vec<u8>,
    /// What the sources are known to hold; decides on the size of volumes.
    source_bytes: u64,
    open: Option<Open>,
    /// The one that was closed last, until it is taken.
    full: Option<Full>,
    written: WrittenVolumes,
}

/// All volumes of a run.
#[derive(Default)]
pub(super) struct WrittenVolumes {
    pub infos: Vec<VolumeInfo>,
    pub objects: Vec<ObjectInfo>,
}

struct Open {
    volume: VolumeRef,
    name: String,
    out: Box<dyn ObjectWriter>,
    sealer: Option<Sealer>,
    sums: Summing,
    offset: u64,
    /// Bytes of the archive within the seal.
    plain: u64,
    stored: u64,
    /// Of a zip.
    directory: Directory,
}

impl<'a> Volumes<'a> {
    /// `adopted`: those that the run had finished before it was cut off.
    pub(super) fn new(job: &'a BackupJob<'a>, adopted: &[VolumeInfo]) -> Self {
        let mut blocks = Vec::new();
        tar_stream::append_end(&mut blocks);
        let mut end = Vec::new();
        Compressor::new(job.format.kind, job.level).compress(&blocks, &mut end);
        let source_bytes = job.parent.as_ref().map_or(0, |p| p.index.segments.iter().map(|s| s.bytes).sum());
        let objects = adopted.iter().map(object).collect();
        let written = WrittenVolumes { infos: adopted.to_vec(), objects };
        Self { job, end, source_bytes, open: None, full: None, written }
    }

    /// Room for the seal's beginning, before content is compressed into `record`.
    pub(super) fn prepare(sealed: bool, record: &mut Vec<u8>) {
        record.clear();
        if sealed {
            record.extend_from_slice(&[0; PREFIX]);
        }
    }

    /// Writes a frame's prepared record.
    pub(super) fn append(&mut self, frame: &mut Frame) -> Result<Place> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin()?,
        };
        open.directory.add(&frame.central, open.plain);
        let place = Place { volume: open.volume.number, offset: open.offset, length: open.write(&mut frame.record, false)? };
        self.job.progress.bytes_written.fetch_add(u64::from(place.length), Relaxed);
        open.stored += frame.stored;
        let known = self.source_bytes.max(self.job.progress.bytes_total.load(Relaxed));
        let full = open.offset >= self.job.format.volume_size_for(known) || open.directory.is_full();
        self.open = Some(open);
        if full {
            self.close()?;
        }
        Ok(place)
    }

    fn begin(&self) -> Result<Open> {
        let job = self.job;
        let number = self.written.infos.len() as u32 + 1;
        let volume = VolumeRef { run: job.run.clone(), number };
        let name = volume_name(&volume, job.format.kind, job.seal.is_some());
        let mut out = job.objects.create(&name).map_err(|source| Error::Object { object: name.clone(), source })?;
        out.ends_with(job.cancel);
        let sealer = job.seal.as_ref().map(|(key, cipher)| {
            let mut salt = [0; 32];
            (job.random)(&mut salt);
            let object = volume_file_name(number, job.format.kind, true);
            let identity =
                Identity { plan: job.plan.bytes(), version: job.run.as_str(), object: &object, kind: ObjectKind::Volume };
            Sealer::new(key, *cipher, identity, salt)
        });
        let mut open = Open {
            volume,
            name,
            out,
            sealer,
            sums: Summing::default(),
            offset: 0,
            plain: 0,
            stored: 0,
            directory: self.directory(number),
        };
        if let Some(header) = open.sealer.as_ref().map(|s| s.header().to_vec()) {
            open.put(&header)?;
        }
        Ok(open)
    }

    fn directory(&self, number: u32) -> Directory {
        match self.job.format.volume_size {
            Some(VolumeSize::Whole) => {
                Directory::whole(self.job.pieces.map(|folder| folder.join(format!("directory-{number}.new"))))
            }
            _ => Directory::default(),
        }
    }

    /// The volume that was closed since this was asked last.
    pub(super) fn take_full(&mut self) -> Option<Full> {
        self.full.take()
    }

    /// Closes the last volume, which is given where it was still open.
    pub(super) fn finish(mut self) -> Result<(WrittenVolumes, Option<Full>)> {
        self.close()?;
        Ok((self.written, self.full))
    }

    /// Ends the open volume, if there is one, as an archive and as a sealed object.
    fn close(&mut self) -> Result<()> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        let (directory, plain) = (std::mem::take(&mut open.directory), open.plain);
        let mut write = |part: &[u8], last: bool| {
            let mut record = Vec::new();
            Self::prepare(open.sealer.is_some(), &mut record);
            record.extend_from_slice(part);
            let length = open.write(&mut record, last)?;
            self.job.progress.bytes_written.fetch_add(u64::from(length), Relaxed);
            Ok(())
        };
        if self.job.format.kind.is_zip() {
            directory.finish(plain, write)?;
        } else {
            write(&self.end, true)?;
        }
        let Sums { sha256, crc64nvme } = open.sums.finish();
        let info = VolumeInfo {
            volume: open.volume,
            kind: self.job.format.kind,
            size: open.offset,
            sha256,
            crc64nvme: Some(crc64nvme),
            header: open.sealer.map(|s| s.header().to_vec()).unwrap_or_default(),
            live: open.stored,
            stored: open.stored,
        };
        self.written.objects.push(object(&info));
        self.written.infos.push(info.clone());
        self.full = Some(Full::of(open.name, open.out, info));
        Ok(())
    }
}

fn object(info: &VolumeInfo) -> ObjectInfo {
    let name = volume_file_name(info.volume.number, info.kind, !info.header.is_empty());
    object_info(name, info.size, &info.sha256, info.crc64nvme)
}

impl Open {
    /// Seals and writes; returns the record's length.
    fn write(&mut self, record: &mut Vec<u8>, last: bool) -> Result<u32> {
        self.plain += record.len() as u64;
        if let Some(sealer) = &self.sealer {
            self.plain -= PREFIX as u64;
            sealer.seal_prefixed(self.offset, last, record);
        }
        self.put(record)?;
        Ok(record.len() as u32)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.sums.update(bytes);
        self.out.write_all(bytes).map_err(|source| Error::Object { object: self.name.clone(), source })?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}
