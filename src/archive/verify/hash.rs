//! Objects as a whole: present, of the right size, with the right SHA-256.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use sha2::{Digest, Sha256};

use super::VerifyJob;
use super::findings::{Findings, reason};
use super::lists::{Expected, Is, Object};
use crate::archive::{Error, Result};
use crate::model::path::PathBytes;
use crate::model::restore::Depth;

const CHUNK: usize = 1 << 20;

/// Checks every object to the job's depth, several at once.
pub fn check(job: &VerifyJob<'_>, expected: &Expected, findings: &Findings) -> Result<()> {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get()).clamp(1, expected.objects.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let mut buffer = vec![0; if job.depth == Depth::Quick { 0 } else { CHUNK }];
                while let Some(object) = expected.objects.get(next.fetch_add(1, Relaxed)) {
                    if job.cancel.should_end() {
                        return;
                    }
                    job.progress.set_current(&PathBytes::from(object.name.as_str()));
                    check_one(job, object, findings, &mut buffer);
                    job.progress.files_done.fetch_add(1, Relaxed);
                }
            });
        }
    });
    job.check_cancel()
}

fn check_one(job: &VerifyJob<'_>, object: &Object, findings: &Findings, buffer: &mut [u8]) {
    let wrong = |what: String, whole: bool| match &object.is {
        Is::Volume(volume) => findings.volume(volume, &object.name, what, whole),
        Is::Catalog => findings.catalog(&object.name, what),
    };
    match job.objects.size(&object.name) {
        Ok(size) if size == object.size => {}
        // Frames of a volume that was cut can still be good.
        Ok(size) => return wrong(format!("it has {size} bytes instead of {}", object.size), job.depth != Depth::Full),
        Err(e) => return wrong(reason(&Error::object(object.name.as_str(), e)), true),
    }
    if job.depth == Depth::Quick {
        return;
    }
    match sha256(job, object, buffer) {
        Ok(Some(sha256)) if sha256 != object.sha256 => {
            // Opening every frame tells which files it really hits.
            wrong("its SHA-256 is not what it should be".into(), job.depth != Depth::Full);
        }
        Ok(_) => {}
        Err(e) => wrong(reason(&Error::object(object.name.as_str(), e)), job.depth != Depth::Full),
    }
}

/// `None` where it was cancelled.
fn sha256(job: &VerifyJob<'_>, object: &Object, buffer: &mut [u8]) -> std::io::Result<Option<[u8; 32]>> {
    let mut hasher = Sha256::new();
    let mut at = 0;
    while at < object.size {
        if job.cancel.should_end() {
            return Ok(None);
        }
        let length = buffer.len().min(usize::try_from(object.size - at).unwrap_or(usize::MAX));
        let chunk = &mut buffer[..length];
        job.objects.read_at(&object.name, at, chunk)?;
        hasher.update(chunk);
        at += length as u64;
        job.progress.bytes_done.fetch_add(length as u64, Relaxed);
    }
    Ok(Some(hasher.finalize().into()))
}
