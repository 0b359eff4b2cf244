//! What should be there: the objects of each version's run, and those of older runs that it needs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::findings::{Findings, or_cancelled, reason};
use super::{VerifyJob, catalog_name};
use crate::archive::catalog_io::CatalogReader;
use crate::archive::json_lines::{self, Trust};
use crate::archive::object::{catalog_file_name, objects_name, run_folder, volume_number};
use crate::archive::{Error, Result};
use crate::model::catalog::VolumeRef;
use crate::model::snapshot::{Manifest, ObjectInfo, ObjectList, VersionId};

/// An object and what is known of it.
pub struct Object {
    pub name: String,
    pub size: u64,
    pub sha256: [u8; 32],
    pub is: Is,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Is {
    Volume(VolumeRef),
    Catalog,
}

/// All objects that the versions need, each once.
pub struct Expected {
    pub objects: Vec<Object>,
    known: HashMap<VolumeRef, (u64, [u8; 32])>,
}

type Lists = HashMap<VersionId, Option<Arc<BTreeMap<String, ObjectInfo>>>>;

impl Expected {
    pub fn of(job: &VerifyJob<'_>, findings: &Findings) -> Result<Self> {
        let mut lists = Lists::new();
        // Those whose lists have a checksum in a manifest first.
        for version in job.versions {
            job.check_cancel()?;
            let list = read_list(job, &version.id, version.sealed, Some(&version.objects_sha256), findings)?;
            lists.insert(version.id.clone(), list);
        }
        let mut objects: BTreeMap<String, Object> = BTreeMap::new();
        for version in job.versions {
            job.check_cancel()?;
            let sealed = version.sealed;
            if let Some(Some(list)) = lists.get(&version.id) {
                for info in list.values() {
                    add(&mut objects, &version.id, info, sealed, findings);
                }
                if list.get(&version.catalog.name).is_none_or(|info| info.size != version.catalog.size) {
                    findings
                        .note(&objects_name(&version.id), "the version's catalog does not stand in it as the manifest has it");
                }
            }
            for need in &version.needs {
                let list = match lists.get(&need.run) {
                    Some(list) => list.clone(),
                    None => {
                        let list = read_list(job, &need.run, sealed, None, findings)?;
                        lists.insert(need.run.clone(), list.clone());
                        list
                    }
                };
                // Said already that it cannot be read.
                let Some(list) = list else { continue };
                let by_number: HashMap<u32, &ObjectInfo> =
                    list.values().filter_map(|info| Some((volume_number(&info.name, sealed)?, info))).collect();
                let numbers = need.volumes.iter().flat_map(|(from, to)| *from..=*to);
                // No more than the run can have written.
                let volumes = numbers.take(list.len() + 1).map(|n| (by_number.get(&n).copied(), format!("volume {n}")));
                let catalog = catalog_file_name(sealed);
                let catalog = need.catalog.then(|| (list.get(catalog), catalog.to_string()));
                for (info, name) in volumes.chain(catalog) {
                    match info {
                        Some(info) => add(&mut objects, &need.run, info, sealed, findings),
                        None => findings.note(
                            &objects_name(&need.run),
                            format!("it does not list {name}, which version {} needs", version.id),
                        ),
                    }
                }
            }
        }
        let objects: Vec<Object> = objects.into_values().collect();
        let known = objects.iter().filter_map(|object| match &object.is {
            Is::Volume(volume) => Some((volume.clone(), (object.size, object.sha256))),
            Is::Catalog => None,
        });
        let known = known.collect();
        Ok(Self { objects, known })
    }

    pub fn bytes(&self) -> u64 {
        self.objects.iter().fold(0, |sum, object| sum.saturating_add(object.size))
    }

    pub fn volume_bytes(&self) -> u64 {
        self.known.values().fold(0, |sum, (size, _)| sum.saturating_add(*size))
    }

    /// Whether a catalog says the same of the volumes as the runs' own lists.
    pub fn compare(&self, catalog: &CatalogReader, version: &Manifest, findings: &Findings) {
        for info in &catalog.index.volumes {
            match self.known.get(&info.volume) {
                Some(known) if *known == (info.size, info.sha256) => {}
                Some(_) => findings.note(
                    &catalog_name(version),
                    format!("it gives {} another size or checksum than its run's list", info.name(version.sealed)),
                ),
                None => findings.note(
                    &catalog_name(version),
                    format!("it needs {}, which neither the manifest nor a list names", info.name(version.sealed)),
                ),
            }
        }
    }
}

fn add(objects: &mut BTreeMap<String, Object>, run: &VersionId, info: &ObjectInfo, sealed: bool, findings: &Findings) {
    let name = format!("{}/{}", run_folder(run), info.name);
    if objects.contains_key(&name) {
        return;
    }
    let sha256: Option<[u8; 32]> = HEXLOWER.decode(info.sha256.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    let is = match volume_number(&info.name, sealed) {
        Some(number) => Is::Volume(VolumeRef { run: run.clone(), number }),
        _ if info.name == catalog_file_name(sealed) => Is::Catalog,
        _ => {
            return findings.note(&objects_name(run), format!("it lists {}, which is neither a volume nor a catalog", info.name));
        }
    };
    match sha256 {
        Some(sha256) => {
            objects.insert(name.clone(), Object { name, size: info.size, sha256, is });
        }
        None => findings.note(&objects_name(run), format!("its checksum of {} is not one", info.name)),
    }
}

/// A run's list of objects by name; what is wrong with it is a finding.
fn read_list(
    job: &VerifyJob<'_>,
    run: &VersionId,
    sealed: bool,
    sha256: Option<&str>,
    findings: &Findings,
) -> Result<Option<Arc<BTreeMap<String, ObjectInfo>>>> {
    let name = objects_name(run);
    match try_read_list(job, &name, run, sealed, sha256) {
        Ok(list) => Ok(Some(Arc::new(list.objects.into_iter().map(|info| (info.name.clone(), info)).collect()))),
        Err(e) => {
            findings.note(&name, reason(&or_cancelled(e)?));
            Ok(None)
        }
    }
}

fn try_read_list(job: &VerifyJob<'_>, name: &str, run: &VersionId, sealed: bool, sha256: Option<&str>) -> Result<ObjectList> {
    let size = job.objects.size(name).map_err(|e| Error::object(name, e))?;
    if size > json_lines::MAX_LENGTH {
        return Err(Error::damaged(name, "it is longer than such an object can be"));
    }
    let mut bytes = vec![0; size as usize];
    job.objects.read_at(name, 0, &mut bytes).map_err(|e| Error::object(name, e))?;
    if sha256.is_some_and(|wanted| HEXLOWER.encode(&Sha256::digest(&bytes)) != wanted) {
        return Err(Error::damaged(name, "its checksum is not the one in the manifest"));
    }
    let trust = match (&job.ring, sealed) {
        (Some(ring), true) => Trust::Mac(ring),
        _ => Trust::Checksum,
    };
    let list: ObjectList = json_lines::decode(name, &bytes, trust)?;
    if list.kind != "objects" || list.plan != job.plan || list.id != *run {
        return Err(Error::damaged(name, "it is the list of another run"));
    }
    Ok(list)
}
