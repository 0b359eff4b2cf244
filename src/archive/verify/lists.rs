//! What should be there: the objects of each version's run, and those of older runs that it needs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use data_encoding::HEXLOWER;

use super::findings::{Findings, or_cancelled, reason};
use super::{VerifyJob, catalog_name};
use crate::archive::catalog_io::CatalogReader;
use crate::archive::object::{catalog_file_name, objects_name, run_folder, volume_number};
use crate::archive::{Result, object_list};
use crate::model::catalog::VolumeRef;
use crate::model::snapshot::{Manifest, ObjectInfo, ObjectList, VersionId};
use crate::model::sum;

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

type Lists = HashMap<VersionId, Option<Arc<ObjectList>>>;

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
                for info in &list.objects {
                    add(&mut objects, &version.id, info, sealed, findings);
                }
                if !object_list::names_catalog(list, version) {
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
                let (found, lacking) = object_list::needed(&list, need, sealed);
                for info in found {
                    add(&mut objects, &need.run, info, sealed, findings);
                }
                for name in lacking {
                    let what = format!("it does not list {name}, which version {} needs", version.id);
                    findings.note(&objects_name(&need.run), what);
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
        sum::saturating(self.objects.iter().map(|object| object.size))
    }

    pub fn volume_bytes(&self) -> u64 {
        sum::saturating(self.known.values().map(|(size, _)| *size))
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

/// A run's list of objects; what is wrong with it is a finding.
fn read_list(
    job: &VerifyJob<'_>,
    run: &VersionId,
    sealed: bool,
    sha256: Option<&str>,
    findings: &Findings,
) -> Result<Option<Arc<ObjectList>>> {
    let ring = job.ring.as_deref().filter(|_| sealed);
    match object_list::read(&*job.objects, &job.plan, run, ring, sha256) {
        Ok((list, _)) => Ok(Some(Arc::new(list))),
        Err(e) => {
            findings.note(&objects_name(run), reason(&or_cancelled(e)?));
            Ok(None)
        }
    }
}
