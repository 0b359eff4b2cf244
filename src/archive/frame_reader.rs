//! Fetches, opens and unpacks frames of volumes.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::catalog_io::CatalogReader;
use super::codec::{Decompressor, FRAME_MAX};
use super::key::KeyRing;
use super::object::{Objects, volume_file_name, volume_name};
use super::seal::{Identity, MAX_RECORD, ObjectKind, Opener, RECORD_OVERHEAD};
use super::{Error, Result};
use crate::model::catalog::VolumeRef;
use crate::model::plan::PlanId;

/// Volumes whose seals stay open.
const OPEN_VOLUMES: usize = 256;

/// One per worker: keeps contexts, buffers and the seals of the volumes it has seen.
pub struct FrameReader {
    objects: Arc<dyn Objects>,
    ring: Option<Arc<KeyRing>>,
    plan: [u8; 16],
    openers: HashMap<VolumeRef, Opener>,
    decompressor: Decompressor,
    stored: Vec<u8>,
    frame: Vec<u8>,
}

impl FrameReader {
    pub fn new(objects: Arc<dyn Objects>, ring: Option<Arc<KeyRing>>, plan: PlanId) -> Self {
        Self {
            objects,
            ring,
            plan: plan.bytes(),
            openers: HashMap::new(),
            decompressor: Decompressor::new(),
            stored: Vec::new(),
            frame: Vec::new(),
        }
    }

    /// The unpacked frame at `offset`, with `length` as stored. One ranged read.
    pub fn frame(&mut self, catalog: &CatalogReader, volume: &VolumeRef, offset: u64, length: u32) -> Result<&[u8]> {
        let name = volume_name(volume, self.ring.is_some());
        let length = length as usize;
        if length > MAX_RECORD + RECORD_OVERHEAD {
            return Err(Error::damaged(name, "a frame is longer than frames can be"));
        }
        self.stored.resize(length, 0);
        self.objects.read_at(&name, offset, &mut self.stored).map_err(|source| match source.kind() {
            // Objects are written once: one that is shorter than it was has lost its end.
            std::io::ErrorKind::UnexpectedEof => Error::damaged(&*name, "it is cut short"),
            _ => Error::object(&*name, source),
        })?;
        let range = self.open(catalog, volume, offset, &name)?;
        let frame = self.stored.get(range).unwrap_or_default();
        self.decompressor.decompress(&name, frame, FRAME_MAX, &mut self.frame)?;
        Ok(&self.frame)
    }

    /// Where the frame lies within what was read, once its record is open.
    fn open(&mut self, catalog: &CatalogReader, volume: &VolumeRef, offset: u64, name: &str) -> Result<Range<usize>> {
        let Some(ring) = &self.ring else { return Ok(0..self.stored.len()) };
        if !self.openers.contains_key(volume) {
            let Some(info) = catalog.volume(volume) else {
                return Err(Error::damaged(name, "the catalog does not list it"));
            };
            let file = volume_file_name(volume.number, true);
            let identity = Identity { plan: self.plan, version: volume.run.as_str(), object: &file, kind: ObjectKind::Volume };
            let opener = Opener::new(ring, &info.header, identity, name)?;
            if self.openers.len() >= OPEN_VOLUMES {
                self.openers.clear();
            }
            self.openers.insert(volume.clone(), opener);
        }
        match self.openers.get(volume) {
            Some(opener) => Ok(opener.open_within(offset, &mut self.stored)?.1),
            None => Err(Error::damaged(name, "its seal is not open")),
        }
    }
}
