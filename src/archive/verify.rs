//! Checks versions at three depths and says which files damage hits.

use std::sync::Arc;

use super::Result;
use super::key::KeyRing;
use super::object::Objects;
use crate::model::plan::PlanId;
use crate::model::restore::{Depth, VerifyReport};
use crate::model::run::{Cancel, Progress};
use crate::model::snapshot::Manifest;

pub struct VerifyJob<'a> {
    pub plan: PlanId,
    pub objects: Arc<dyn Objects>,
    pub ring: Option<Arc<KeyRing>>,
    /// The versions to check, already parsed and checked.
    pub versions: &'a [Manifest],
    pub depth: Depth,
    pub progress: &'a Progress,
    pub cancel: &'a Cancel,
}

/// Damage is a result, not an error. Objects that several versions share are checked once.
pub fn verify(_job: &VerifyJob<'_>) -> Result<VerifyReport> {
    todo!()
}
