//! What is restored, and what never is.

mod chosen;
mod conflicts;
mod resume;
mod streamed;
mod troubles;
mod whole;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::*;
use crate::archive::test_version::{Builder, TIME, TestVersion, entry, xattr};
use crate::model::catalog::{Entry, EntryKind, FileTime};

/// What a test asks for; everything else is as a person would have it.
struct Ask<'a> {
    paths: &'a [&'a str],
    except: &'a [&'a str],
    target: Target,
    conflict: Conflict,
    metadata: bool,
    dry_run: bool,
    tag: &'a str,
}

impl Ask<'_> {
    fn to(dir: &Path) -> Self {
        let target = Target::Folder { path: dir.into(), full_paths: false };
        Self { paths: &[], except: &[], target, conflict: Conflict::Skip, metadata: true, dry_run: false, tag: "t1" }
    }

    fn run(&self, version: &TestVersion) -> Result<Restored> {
        self.watched(version, &Progress::default(), &Cancel::default())
    }

    fn watched(&self, version: &TestVersion, progress: &Progress, cancel: &Cancel) -> Result<Restored> {
        self.with_job(version, progress, cancel, restore)
    }

    fn with_job<T>(
        &self,
        version: &TestVersion,
        progress: &Progress,
        cancel: &Cancel,
        work: impl FnOnce(&RestoreJob<'_>) -> T,
    ) -> T {
        let list = |paths: &[&str]| paths.iter().map(|p| PathBytes::from(*p)).collect::<Vec<_>>();
        work(&RestoreJob {
            plan: version.plan.clone(),
            objects: Arc::new(version.objects.clone()),
            ring: version.ring.clone(),
            catalog: &version.catalog(),
            paths: &list(self.paths),
            except: &list(self.except),
            target: &self.target,
            conflict: self.conflict,
            metadata: self.metadata,
            dry_run: self.dry_run,
            tag: self.tag,
            date: "2026-11-21",
            progress,
            cancel,
        })
    }
}

fn noise(length: usize, seed: u8) -> Vec<u8> {
    let mut out = vec![0; length];
    blake3::Hasher::new().update(&[seed]).finalize_xof().fill(&mut out);
    out
}

/// Paths below `dir` with contents of files; links and folders as text.
fn tree(dir: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut todo = vec![dir.to_path_buf()];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            let what = if kind.is_symlink() {
                format!("-> {}", fs::read_link(&path).unwrap().display())
            } else if kind.is_dir() {
                todo.push(path.clone());
                "folder".into()
            } else if kind.is_file() {
                String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()
            } else {
                "other".into()
            };
            found.insert(path.strip_prefix(dir).unwrap().display().to_string(), what);
        }
    }
    found
}

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn time_of(path: &Path) -> FileTime {
    let meta = fs::symlink_metadata(path).unwrap();
    FileTime { seconds: meta.mtime(), nanos: meta.mtime_nsec() as u32 }
}

/// Runs `work` as somebody who is not root: only this thread and those it begins change.
fn as_nobody<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                let (uid, gid) = (rustix::fs::Uid::from_raw(65534), rustix::fs::Gid::from_raw(65534));
                rustix::thread::set_thread_groups(&[]).unwrap();
                rustix::thread::set_thread_res_gid(gid, gid, gid).unwrap();
                rustix::thread::set_thread_res_uid(uid, uid, uid).unwrap();
            }
            work()
        });
        thread.join().unwrap()
    })
}
