//! Fetches, opens and unpacks frames of volumes.

use std::sync::Arc;

use super::Result;
use super::catalog_io::CatalogReader;
use super::key::KeyRing;
use super::object::Objects;
use crate::model::catalog::VolumeRef;
use crate::model::plan::PlanId;

/// One per worker: keeps contexts and the openers of the volumes it has seen.
pub struct FrameReader;

impl FrameReader {
    pub fn new(_objects: Arc<dyn Objects>, _ring: Option<Arc<KeyRing>>, _plan: PlanId) -> Self {
        todo!()
    }

    /// The unpacked frame at `offset`, with `length` as stored. One ranged read.
    pub fn frame(&mut self, _catalog: &CatalogReader, _volume: &VolumeRef, _offset: u64, _length: u32) -> Result<&[u8]> {
        todo!()
    }
}
