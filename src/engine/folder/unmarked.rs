//! Plan folders whose marker is damaged or missing: read by what else lies in them, since the versions are as whole as before.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Folder, sha256_hex};
use crate::archive::json_lines::{self, Trust};
use crate::archive::key::KeyRing;
use crate::model::marker::{self, Marker, Owner};
use crate::model::plan::PlanId;
use crate::model::problem::Problem;
use crate::model::restore::PlanChoice;
use crate::model::snapshot::Manifest;
use crate::storage::{Storage, name};

/// Folders without a marker that are looked into.
const MOST_FOLDERS: usize = 1000;

impl Folder {
    /// The folders without a whole marker that a choice may mean: those in `damaged`, and any other where one plan is named or nothing
    /// else tells of one.
    pub fn unmarked(storage: &Arc<dyn Storage>, damaged: &[String], choice: &PlanChoice) -> Result<Vec<Self>, Problem> {
        let mut names: Vec<String> = damaged.to_vec();
        if *choice != PlanChoice::Only || damaged.is_empty() {
            let there = storage.list("")?.into_iter().filter(|child| child.is_folder && name::check(&child.name).is_ok());
            names.extend(there.map(|child| child.name).filter(|name| !damaged.contains(name)).take(MOST_FOLDERS));
        }
        let mut found = Vec::new();
        for name in names {
            let why = if damaged.contains(&name) { "its checksum does not fit" } else { "it is missing" };
            if let Some(folder) = Self::without_marker(storage, name, why)? {
                let is_meant = match choice {
                    PlanChoice::Only => true,
                    PlanChoice::Id(id) => folder.marker.plan == *id,
                    PlanChoice::Name(name) => folder.name == *name || folder.marker.name == *name,
                };
                if is_meant {
                    found.push(folder);
                }
            }
        }
        Ok(found)
    }

    /// The folder, with a marker made up of what its owner file and versions say; `None` where it has a marker after all, or no
    /// version tells of a plan. `why`: what is wrong with its own.
    pub fn without_marker(storage: &Arc<dyn Storage>, name: String, why: &'static str) -> Result<Option<Self>, Problem> {
        let at = |child: &str| format!("{name}/{child}");
        let Ok(listed) = storage.list(&name) else { return Ok(None) };
        let has = |child: &str| listed.iter().any(|entry| entry.name == child);
        if !has(marker::VERSIONS) || (has(marker::MARKER) && why == "it is missing") {
            return Ok(None);
        }
        let manifest = storage.list(&at(marker::VERSIONS))?.into_iter().find_map(|entry| {
            let id = marker::parse_manifest_name(&entry.name)?;
            let bytes = storage.read_all(&at(&marker::manifest_name(&id)), json_lines::MAX_LENGTH).ok()?;
            json_lines::decode::<Manifest>(&entry.name, &bytes, Trust::Checksum).ok()
        });
        let Some(manifest) = manifest else { return Ok(None) };
        let owner = listed.iter().filter(|entry| marker::parse_owner_name(&entry.name).is_some()).find_map(|entry| {
            let bytes = storage.read_all(&at(&entry.name), super::MAX_SMALL).ok()?;
            json_lines::decode::<Owner>(&entry.name, &bytes, Trust::Checksum).ok()
        });
        let plan: PlanId = manifest.plan;
        let shown = name.strip_suffix(&format!("-{}", plan.short())).unwrap_or(&name).to_owned();
        let marker = Marker {
            format: marker::FORMAT,
            kind: Marker::KIND.into(),
            plan,
            sealed: manifest.sealed || listed.iter().any(|entry| marker::parse_keys_name(&entry.name).is_some()),
            machine: owner.as_ref().map_or_else(String::new, |owner| owner.machine.clone()),
            created: owner.map_or(Timestamp::UNIX_EPOCH, |owner| owner.since),
            readme_sha256: sha256_hex(marker::readme(&shown, manifest.sealed).as_bytes()),
            recover_sha256: None,
            name: shown,
        };
        Ok(Some(Self { storage: storage.clone(), name, marker, unmarked: Some(why), reserve: Arc::default() }))
    }

    /// Puts a marker where there is none that is whole. Only its owner does that.
    pub fn renew_marker(&mut self, marker: Marker, ring: Option<&KeyRing>) -> Result<(), Problem> {
        match self.delete(marker::MARKER) {
            Err(problem) if self.list("")?.iter().any(|entry| entry.name == marker::MARKER) => return Err(problem),
            _ => {}
        }
        // `README.txt` may be one of an older Strongroom, and is as good.
        let readme = match self.read_all(marker::README) {
            Ok(bytes) => sha256_hex(&bytes),
            Err(_) => marker.readme_sha256.clone(),
        };
        self.marker = Marker { readme_sha256: readme, ..marker };
        self.put(marker::MARKER, &json_lines::encode(&self.marker, ring.map(KeyRing::newest)))?;
        self.unmarked = None;
        Ok(())
    }
}

/// Says what is wrong with a marker.
pub fn problem(folder: &Folder) -> Option<crate::archive::Error> {
    folder.unmarked.map(|why| crate::archive::Error::damaged(marker::MARKER, why))
}
