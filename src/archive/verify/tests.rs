//! Damage of every kind is found, and told whom it hits.

use sha2::{Digest, Sha256};

use super::*;
use crate::archive::catalog_io::CatalogWriter;
use crate::archive::json_lines;
use crate::archive::object::{catalog_file_name, objects_name};
use crate::archive::seal::{Identity, ObjectKind, Sealer};
use crate::archive::sums::object_info;
use crate::archive::test_version::{Builder, TestVersion, entry};
use crate::model::catalog::EntryKind;
use crate::model::format::Cipher;
use crate::model::path::PathBytes;
use crate::model::snapshot::{BackupType, ObjectList, VersionId};

fn noise(length: usize, seed: u8) -> Vec<u8> {
    let mut out = vec![0; length];
    blake3::Hasher::new().update(&[seed]).finalize_xof().fill(&mut out);
    out
}

fn run(version: &TestVersion, depth: Depth) -> VerifyReport {
    verify(&VerifyJob {
        plan: version.plan.clone(),
        objects: Arc::new(version.objects.clone()),
        ring: version.ring.clone(),
        versions: std::slice::from_ref(&version.manifest),
        depth,
        progress: &Progress::default(),
        cancel: &Cancel::default(),
    })
    .unwrap()
}

/// Files `s/f0` to `s/f5`, two to a frame and two frames to a volume.
fn sample(sealed: bool) -> TestVersion {
    let mut builder = Builder::new(&["/s"]);
    builder.cut(1000, 2000, 2);
    for n in 0..6 {
        builder.file(&format!("s/f{n}"), noise(1000, n));
    }
    builder.link("s/g", "s/f0", noise(1000, 0));
    if sealed {
        builder.sealed();
    }
    builder.build()
}

const DEPTHS: [Depth; 3] = [Depth::Quick, Depth::Checksums, Depth::Full];

#[test]
fn what_is_whole_is_called_so() {
    for sealed in [false, true] {
        let version = sample(sealed);
        for depth in DEPTHS {
            let report = run(&version, depth);
            assert_eq!(report.damaged, []);
            assert_eq!((report.versions, report.objects), (1, 3));
            assert_eq!(report.pieces, if depth == Depth::Full { 6 } else { 0 });
        }
    }
}

#[test]
fn any_flipped_byte_is_found() {
    for sealed in [false, true] {
        let version = sample(sealed);
        for name in version.objects.names() {
            let length = version.objects.get(&name).len();
            for at in (0..length).step_by(1 + length / 60).chain([length - 1]) {
                version.objects.flip(&name, at);
                for depth in [Depth::Checksums, Depth::Full] {
                    let report = run(&version, depth);
                    assert!(report.damaged.iter().any(|d| d.object == name), "{name} at {at}: {report:?}");
                }
                version.objects.flip(&name, at);
            }
        }
        assert_eq!(run(&version, Depth::Full).damaged, []);
    }
}

#[test]
fn cut_and_missing_objects_are_found() {
    for sealed in [false, true] {
        let version = sample(sealed);
        for name in version.objects.names() {
            let bytes = version.objects.get(&name);
            for depth in DEPTHS {
                version.objects.put(&name, &bytes[..bytes.len() - 1]);
                assert!(run(&version, depth).damaged.iter().any(|d| d.object == name), "{name} cut, {depth:?}");
                version.objects.remove(&name);
                let report = run(&version, depth);
                let found = report.damaged.iter().find(|d| d.object == name);
                assert!(found.is_some_and(|d| d.what.contains("missing")), "{name} missing, {depth:?}: {report:?}");
                version.objects.put(&name, bytes.clone());
            }
        }
    }
}

#[test]
fn the_files_that_damage_hits_are_named() {
    let version = sample(true);
    let names = version.volume_names();
    let first = &names[0];
    let hits = |report: &VerifyReport| {
        assert_eq!(report.damaged.len(), 1, "{report:?}");
        let damaged = &report.damaged[0];
        assert_eq!(&damaged.object, first);
        assert_eq!(damaged.hit_count, damaged.hits.len() as u64);
        assert!(damaged.hits.iter().all(|(id, _)| *id == version.manifest.id));
        damaged.hits.iter().map(|(_, path)| path.clone()).collect::<Vec<_>>()
    };
    let paths = |list: &[&str]| list.iter().map(|p| PathBytes::from(*p)).collect::<Vec<_>>();
    let bytes = version.objects.get(first);
    // In the last record: only what lies in it, once every frame is opened.
    version.objects.flip(first, bytes.len() - 5);
    assert_eq!(hits(&run(&version, Depth::Full)), paths(&["s/f2", "s/f3"]));
    assert_eq!(hits(&run(&version, Depth::Checksums)), paths(&["s/f0", "s/f1", "s/f2", "s/f3", "s/g"]));
    assert_eq!(run(&version, Depth::Quick).damaged, []);
    version.objects.remove(first);
    for depth in DEPTHS {
        assert_eq!(hits(&run(&version, depth)), paths(&["s/f0", "s/f1", "s/f2", "s/f3", "s/g"]));
    }
}

#[test]
fn a_damaged_list_of_files_hits_all_of_them() {
    let version = sample(true);
    let name = format!("{}/{}", run_folder(&version.manifest.id), version.manifest.catalog.name);
    let at = version.manifest.catalog.index_offset as usize;
    version.objects.flip(&name, at + 20);
    for depth in DEPTHS {
        let report = run(&version, depth);
        assert_eq!((report.damaged.len(), report.damaged[0].object.as_str()), (1, name.as_str()));
        assert_eq!(report.damaged[0].hit_count, 7);
    }
    version.objects.flip(&name, at + 20);
    version.objects.flip(&name, at - 20);
    assert_eq!(run(&version, Depth::Full).damaged[0].hit_count, 7);
}

#[test]
fn several_versions_share_what_they_share() {
    let version = sample(false);
    let twice = [version.manifest.clone(), version.manifest.clone()];
    version.objects.take_reads();
    let report = verify(&VerifyJob {
        plan: version.plan.clone(),
        objects: Arc::new(version.objects.clone()),
        ring: None,
        versions: &twice,
        depth: Depth::Full,
        progress: &Progress::default(),
        cancel: &Cancel::default(),
    });
    let report = report.unwrap();
    assert_eq!((report.versions, report.objects, report.pieces), (2, 3, 6));
    let volume = &version.volume_names()[0];
    let read: usize = version.objects.take_reads().iter().filter(|(name, ..)| name == volume).map(|(_, _, length)| length).sum();
    assert_eq!(read, 2 * version.objects.get(volume).len(), "once as a whole, once by frames");
}

/// A version with the same content and one folder more.
fn next(version: &TestVersion) -> Manifest {
    let catalog = version.catalog();
    let (plan, ring) = (&version.plan, version.ring.as_deref());
    let run = VersionId::new("2026-11-22T20:00:00Z".parse().unwrap(), BackupType::Incremental, [5; 4]);
    let name = catalog_file_name(ring.is_some());
    let identity = Identity { plan: plan.bytes(), version: run.as_str(), object: name, kind: ObjectKind::Catalog };
    let sealer = ring.map(|ring| Sealer::new(ring.newest(), Cipher::Aes256Gcm, identity, [8; 32]));
    let out = version.objects.create(&format!("{}/{name}", run_folder(&run))).unwrap();
    let sources = catalog.index.sources.clone();
    let mut new = CatalogWriter::new(out, name, sealer, run.clone(), sources, vec![], Some(&catalog.index)).unwrap();
    for entry in catalog.entries() {
        new.push(&entry.unwrap()).unwrap();
    }
    new.push(&entry("s/z", EntryKind::Folder)).unwrap();
    let written = new.finish(Vec::new(), &catalog.index.volumes).unwrap();
    let objects = vec![object_info(name.into(), written.catalog.size, &written.sums.sha256, None)];
    let list = ObjectList { format: 1, kind: "objects".into(), plan: plan.clone(), id: run.clone(), objects };
    let bytes = json_lines::encode(&list, ring.map(KeyRing::newest));
    let objects_sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
    version.objects.put(&objects_name(&run), bytes);
    let (catalog, needs) = (written.catalog, written.needs);
    Manifest { id: run, backup_type: BackupType::Incremental, objects_sha256, catalog, needs, ..version.manifest.clone() }
}

#[test]
fn a_frame_is_opened_once_whatever_changed_around_what_lies_in_it() {
    for sealed in [false, true] {
        let version = sample(sealed);
        let versions = [version.manifest.clone(), next(&version)];
        let run = || {
            let job = VerifyJob {
                plan: version.plan.clone(),
                objects: Arc::new(version.objects.clone()),
                ring: version.ring.clone(),
                versions: &versions,
                depth: Depth::Full,
                progress: &Progress::default(),
                cancel: &Cancel::default(),
            };
            verify(&job).unwrap()
        };
        version.objects.take_reads();
        let report = run();
        assert_eq!((report.damaged, report.pieces), (vec![], 6));
        let reads = version.objects.take_reads();
        for volume in version.volume_names() {
            let length: usize = reads.iter().filter(|(name, ..)| *name == volume).map(|(_, _, length)| length).sum();
            let header = version.catalog().index.volumes[0].header.len();
            assert_eq!(length, 2 * version.objects.get(&volume).len() - header, "once as a whole, once by frames");
        }
        // Damage is named for both all the same.
        let first = &version.volume_names()[0];
        version.objects.flip(first, version.objects.get(first).len() - 5);
        let report = run();
        assert_eq!((report.damaged.len(), report.damaged[0].hit_count, report.files_hit), (1, 4, 2));
    }
}

#[test]
fn it_can_be_cancelled() {
    let version = sample(false);
    let cancel = Cancel::default();
    cancel.cancel();
    let report = verify(&VerifyJob {
        plan: version.plan.clone(),
        objects: Arc::new(version.objects.clone()),
        ring: None,
        versions: std::slice::from_ref(&version.manifest),
        depth: Depth::Full,
        progress: &Progress::default(),
        cancel: &cancel,
    });
    assert!(matches!(report, Err(Error::Cancelled)));
}
