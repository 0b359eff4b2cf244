//! A verification run: the archive's check, and the small objects that are the engine's.

use std::sync::Arc;

use crate::archive;
use crate::archive::key::KeyFile;
use crate::archive::object::Objects;
use crate::archive::verify::{VerifyJob, verify};
use crate::model::marker;
use crate::model::problem::Problem;
use crate::model::recover;
use crate::model::restore::{DamagedObject, Depth, VerifyReport, VerifySpec};
use crate::model::run::{RunDetail, Stage};

use super::chosen::choose_version;
use super::core::{Core, OpenPlace};
use super::explain;
use super::folder::{Folder, sha256_hex, unmarked};
use super::hand;
use super::run::{Done, Run, Stages};
use super::stoppable::Stoppable;

/// Carries out a verification. Damage is a finding of the report.
pub fn run(core: &Core, run: &Run, spec: &VerifySpec, stages: &mut Stages<'_>) -> Result<Done, Problem> {
    stages.enter(Stage::Preparing);
    let OpenPlace { folder, ring } = core.open_place(&spec.from)?;
    let listed = folder.manifests(ring.as_deref())?;
    let mut damaged = Vec::new();
    let mut versions = Vec::new();
    match &spec.version {
        Some(choice) => versions.push(choose_version(listed, choice, &core.env.clock.zone())?),
        None => {
            for id in hand::vanished(core, &folder, &spec.from.location, &listed)? {
                let gone = archive::Error::Missing { object: "a version that was there".into() };
                damaged.push(finding(marker::manifest_name(&id), &gone));
            }
            // What a first run has left that made no version: nothing in it is well.
            if listed.is_empty() && damaged.is_empty() {
                return Err(explain::no_version_yet());
            }
            for entry in listed {
                match entry.manifest {
                    Ok(manifest) => versions.push(manifest),
                    Err(error) => damaged.push(finding(marker::manifest_name(&entry.id), &error)),
                }
            }
        }
    }
    stages.enter(Stage::Checking);
    let objects: Arc<dyn Objects> = Arc::new(Stoppable::new(folder.clone(), &run.cancel));
    let mut report = verify(&VerifyJob {
        plan: folder.plan().clone(),
        objects,
        ring: ring.clone(),
        versions: &versions,
        depth: spec.depth,
        progress: &run.progress,
        cancel: &run.cancel,
    })?;
    if spec.depth != Depth::Quick {
        damaged.extend(small_objects(&folder, ring.as_deref())?);
    }
    if run.cancel.is_cancelled() {
        // What was not waited for is not damaged.
        return Err(explain::cancelled());
    }
    damaged.append(&mut report.damaged);
    let report = VerifyReport { damaged, ..report };
    // New versions do not refer to what is damaged. Only a look at all of it takes back what was found before.
    let names: Vec<String> = report.damaged.iter().map(|damaged| damaged.object.clone()).collect();
    let all = spec.version.is_none() && spec.depth != Depth::Quick;
    core.remember_damage(folder.plan(), &spec.from.location, &names, all);
    let finding = (!report.damaged.is_empty()).then(|| explain::damage_found(&report));
    Ok(Done { detail: RunDetail::Verify { report }, warnings: Vec::new(), warning_count: 0, finding })
}

/// Owner files, both copies of the key slots, marks of deleted versions, and `README.txt` and `recover.py` against what should stand there.
fn small_objects(folder: &Folder, ring: Option<&archive::key::KeyRing>) -> Result<Vec<DamagedObject>, Problem> {
    let mut damaged = Vec::new();
    let mut keys_seen = Vec::new();
    let mut newest_keys = folder.marker.sealed.then_some(1);
    for entry in folder.list("")? {
        let checked = if marker::parse_owner_name(&entry.name).is_some() {
            folder.read_owner(&entry.name, ring).map(drop)
        } else if let Some((n, _)) = marker::parse_keys_name(&entry.name) {
            keys_seen.push(entry.name.clone());
            newest_keys = newest_keys.max(Some(n));
            folder.read_all(&entry.name).and_then(|bytes| {
                let file = KeyFile { object: &entry.name, plan: folder.plan(), n, bytes: &bytes };
                file.check(ring)
            })
        } else {
            Ok(())
        };
        if let Err(error) = checked {
            damaged.push(finding(entry.name, &error));
        }
    }
    for id in folder.deleted()? {
        if let Err(error) = folder.read_deleted(&id, ring) {
            damaged.push(finding(marker::deleted_name(&id), &error));
        }
    }
    if let Some(n) = newest_keys {
        for name in [marker::keys_name(n), marker::keys_copy_name(n)] {
            if !keys_seen.contains(&name) {
                damaged.push(finding(name, &archive::Error::Missing { object: "a copy of the key slots".into() }));
            }
        }
    }
    damaged.extend(unmarked::problem(folder).map(|error| finding(marker::MARKER.into(), &error)));
    let readme = folder.read_all(marker::README);
    let known = folder.unmarked.is_none();
    if known && readme.ok().map(|bytes| sha256_hex(&bytes)).as_deref() != Some(&*folder.marker.readme_sha256) {
        let what = archive::Error::damaged(marker::README, "it is not what Strongroom wrote");
        damaged.push(finding(marker::README.into(), &what));
    }
    if let Err(what) = check_recover(folder) {
        damaged.push(finding(recover::NAME.into(), &what));
    }
    Ok(damaged)
}

/// `recover.py` is one that some Strongroom wrote. Folders that were made before there was one may have none: the next run adds it.
fn check_recover(folder: &Folder) -> Result<(), archive::Error> {
    let named = folder.marker.recover_sha256.as_deref();
    match (folder.recover_sha256()?, named) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(archive::Error::Missing { object: recover::NAME.into() }),
        (Some(there), _) if recover::is_ours(&there, named) => Ok(()),
        (Some(_), _) => {
            Err(archive::Error::damaged(recover::NAME, "it is none of Strongroom's, unless of a newer one: do not run it"))
        }
    }
}

fn finding(object: String, error: &archive::Error) -> DamagedObject {
    // Its name stands beside it.
    let what = match error {
        archive::Error::Missing { object: named } if *named == object => "it is missing".into(),
        archive::Error::Damaged { object: named, what } if *named == object => what.clone(),
        error => error.to_string(),
    };
    DamagedObject { object, what, hits: Vec::new(), hit_count: 0, files_hit: 0 }
}
