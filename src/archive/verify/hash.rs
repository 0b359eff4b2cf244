//! Objects as a whole: present, of the right size, with the right SHA-256.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use sha2::{Digest, Sha256};

use super::VerifyJob;
use super::findings::{Findings, reason};
use super::lists::{Expected, Is, Object};
use crate::archive::{Error, Result};
use crate::model::path::PathBytes;
use crate::model::restore::Depth;

/// Checks every object to the job's depth, several at once.
pub fn check(job: &VerifyJob<'_>, expected: &Expected, findings: &Findings) -> Result<()> {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get()).clamp(1, expected.objects.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(object) = expected.objects.get(next.fetch_add(1, Relaxed)) {
                    if job.cancel.should_end() {
                        return;
                    }
                    job.progress.set_current(&PathBytes::from(object.name.as_str()));
                    check_one(job, object, findings);
                    job.progress.files_done.fetch_add(1, Relaxed);
                }
            });
        }
    });
    job.check_cancel()
}

fn check_one(job: &VerifyJob<'_>, object: &Object, findings: &Findings) {
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
    match sha256(job, object) {
        Ok(Some(sha256)) if sha256 != object.sha256 => {
            // Opening every frame tells which files it really hits.
            wrong("its SHA-256 is not what it should be".into(), job.depth != Depth::Full);
        }
        Ok(_) => {}
        Err(e) => wrong(reason(&Error::object(object.name.as_str(), e)), job.depth != Depth::Full),
    }
}

/// `None` where it was cancelled.
fn sha256(job: &VerifyJob<'_>, object: &Object) -> io::Result<Option<[u8; 32]>> {
    let mut hasher = Sha256::new();
    let mut is_cancelled = false;
    let read = job.objects.read_through(&object.name, 0, object.size, &mut |piece| {
        is_cancelled = job.cancel.should_end();
        if is_cancelled {
            return Err(io::ErrorKind::Interrupted.into());
        }
        hasher.update(piece);
        job.progress.bytes_done.fetch_add(piece.len() as u64, Relaxed);
        Ok(())
    });
    if is_cancelled {
        return Ok(None);
    }
    read.map(|()| Some(hasher.finalize().into()))
}
