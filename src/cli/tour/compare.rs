//! Compares what was restored with what it was, without the program's own means.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::os::permissions;

/// Compares two trees byte by byte, modes and links too. Returns how many entries were compared; what differs is listed.
pub fn compare(a: &Path, b: &Path, differing: &mut Vec<PathBuf>) -> io::Result<u64> {
    let mut compared = 0;
    let mut names: Vec<_> = fs::read_dir(a)?.map(|e| e.map(|e| e.file_name())).collect::<io::Result<_>>()?;
    for entry in fs::read_dir(b)? {
        names.push(entry?.file_name());
    }
    names.sort();
    names.dedup();
    for name in names {
        let (a, b) = (a.join(&name), b.join(&name));
        compared += 1;
        let (Ok(left), Ok(right)) = (a.symlink_metadata(), b.symlink_metadata()) else {
            differing.push(a);
            continue;
        };
        let same_kind = left.file_type() == right.file_type() && (left.is_symlink() || permissions::are_same(&left, &right));
        if !same_kind {
            differing.push(a);
        } else if left.is_dir() {
            compared += compare(&a, &b, differing)?;
        } else if left.is_symlink() {
            if fs::read_link(&a)? != fs::read_link(&b)? {
                differing.push(a);
            }
        } else if left.len() != right.len() || !same_bytes(&a, &b)? {
            differing.push(a);
        }
    }
    Ok(compared)
}

fn same_bytes(a: &Path, b: &Path) -> io::Result<bool> {
    let (mut a, mut b) = (File::open(a)?, File::open(b)?);
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let n = a.read(&mut left)?;
        if n == 0 {
            return Ok(b.read(&mut right)? == 0);
        }
        let (Some(left), Some(right)) = (left.get(..n), right.get_mut(..n)) else { return Ok(false) };
        if b.read_exact(right).is_err() || left != right {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::super::samples;
    use super::*;

    #[test]
    fn the_comparison_sees_every_kind_of_difference() {
        let base = tempfile::tempdir().unwrap();
        let (a, b) = (base.path().join("a"), base.path().join("b"));
        samples::make(&a).unwrap();
        samples::copy(&a, &b).unwrap();
        let differing = || {
            let mut list = Vec::new();
            compare(&a, &b, &mut list).unwrap();
            list
        };
        assert_eq!(differing(), Vec::<PathBuf>::new());
        fs::remove_file(b.join("Projects/empty")).unwrap();
        fs::write(b.join("extra"), "").unwrap();
        fs::set_permissions(b.join("Projects/strongroom/run.sh"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::remove_file(b.join("Projects/letters")).unwrap();
        symlink("elsewhere", b.join("Projects/letters")).unwrap();
        let mut photo = fs::read(b.join("Photos/2025/photo 00.jpg")).unwrap();
        *photo.last_mut().unwrap() ^= 1;
        fs::write(b.join("Photos/2025/photo 00.jpg"), photo).unwrap();
        assert_eq!(differing().len(), 5);
    }
}
