//! The versions in a plan's folder: their manifests, the marks of those that were deleted, the lists of their objects.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::archive::key::KeyRing;
use crate::archive::object::objects_name;
use crate::archive::{self, json_lines};
use crate::engine::core::lock;
use crate::engine::few_at_once::few_at_once;
use crate::model::marker::{self, Deleted};
use crate::model::problem::Problem;
use crate::model::snapshot::{Manifest, ObjectList, VersionId};

use super::{Folder, Listed, trust};

/// Manifests that are read at the same time from where each costs the way there and back.
const READ_AT_ONCE: usize = 8;

impl Folder {
    /// Every version that lies there, in order of sequence (unreadable ones first); without those that are marked as deleted.
    pub fn manifests(&self, ring: Option<&KeyRing>) -> Result<Vec<Listed>, Problem> {
        let ids = self.versions()?;
        let found = Mutex::new(Vec::with_capacity(ids.len()));
        let at_once = if self.storage.is_streamed() { READ_AT_ONCE } else { 1 };
        few_at_once(&ids, at_once, |id| -> Result<(), Problem> {
            let manifest = self.manifest(id, ring);
            lock(&found).push(Listed { id: id.clone(), manifest });
            Ok(())
        })?;
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_by_cached_key(|l| (l.manifest.as_ref().map_or(0, |m| m.sequence), l.id.clone()));
        Ok(found)
    }

    /// Versions that lie there, without those that are marked as deleted.
    pub fn versions(&self) -> Result<Vec<VersionId>, Problem> {
        // A server is not asked for what this one shows not to be there, and who writes here is asked next.
        self.list("")?;
        // In this order: a version that is deleted meanwhile is either no longer there or marked.
        let mut ids = self.manifest_ids()?;
        let deleted = self.deleted()?;
        ids.retain(|id| !deleted.contains(id));
        Ok(ids)
    }

    /// Versions whose manifests lie there, also of those that are marked as deleted.
    pub fn manifest_ids(&self) -> Result<Vec<VersionId>, Problem> {
        Ok(self.list(marker::VERSIONS)?.iter().filter_map(|e| marker::parse_manifest_name(&e.name)).collect())
    }

    /// Versions that are marked as deleted.
    pub fn deleted(&self) -> Result<Vec<VersionId>, Problem> {
        Ok(self.list(marker::DELETED)?.into_iter().filter_map(|e| VersionId::try_from(e.name).ok()).collect())
    }

    /// Reads the mark of a deleted version and checks it against where it lies.
    pub fn read_deleted(&self, id: &VersionId, ring: Option<&KeyRing>) -> Result<Deleted, archive::Error> {
        let name = marker::deleted_name(id);
        let mark: Deleted = json_lines::decode(&name, &self.read_all(&name)?, trust(ring))?;
        if mark.kind != Deleted::KIND || mark.plan != *self.plan() || mark.id != *id {
            return Err(archive::Error::damaged(name, "it belongs elsewhere"));
        }
        Ok(mark)
    }

    /// Marks a version as deleted, if it is not yet.
    pub fn put_deleted(&self, id: &VersionId, at: Timestamp, home: &str, ring: Option<&KeyRing>) -> Result<(), Problem> {
        let (kind, plan, home) = (Deleted::KIND.into(), self.plan().clone(), home.into());
        let mark = Deleted { format: marker::FORMAT, kind, plan, id: id.clone(), home, at };
        let bytes = json_lines::encode(&mark, ring.map(KeyRing::newest));
        self.put_once(&marker::deleted_name(id), &bytes)
    }

    /// Without a ring only its checksum is looked at.
    pub fn manifest(&self, id: &VersionId, ring: Option<&KeyRing>) -> Result<Manifest, archive::Error> {
        let name = marker::manifest_name(id);
        let manifest: Manifest = json_lines::decode(&name, &self.read_all(&name)?, trust(ring))?;
        if manifest.format > marker::FORMAT {
            return Err(archive::Error::TooNew { object: name, found: manifest.format });
        }
        if manifest.kind != "version" || manifest.plan != *self.plan() || manifest.id != *id {
            return Err(archive::Error::damaged(name, "it belongs elsewhere"));
        }
        if manifest.sealed != self.marker.sealed {
            return Err(archive::Error::NotSealed { object: name });
        }
        Ok(manifest)
    }

    pub fn put_manifest(&self, manifest: &Manifest, ring: Option<&KeyRing>) -> Result<(), Problem> {
        let bytes = json_lines::encode(manifest, ring.map(KeyRing::newest));
        self.put_last(&marker::manifest_name(&manifest.id), &bytes)
    }

    /// Writes `objects.json` of a run and returns its bytes, whose SHA-256 stands in the manifest.
    pub fn put_objects(&self, list: &ObjectList, ring: Option<&KeyRing>) -> Result<Vec<u8>, Problem> {
        let bytes = json_lines::encode(list, ring.map(KeyRing::newest));
        self.put_last(&objects_name(&list.id), &bytes)?;
        Ok(bytes)
    }
}
