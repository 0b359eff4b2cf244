//! Reading them, whichever way the file is called by.

use std::io;

use rustix::io::Errno;

use super::MOST;
use crate::model::catalog::Xattr;

/// `list` appends all names, each ended by a NUL, and `get` the value of one.
pub(super) fn read(
    names: &mut Vec<u8>,
    value: &mut Vec<u8>,
    list: impl FnOnce(&mut Vec<u8>) -> Result<usize, Errno>,
    get: impl Fn(&[u8], &mut Vec<u8>) -> Result<usize, Errno>,
) -> io::Result<Vec<Xattr>> {
    names.clear();
    match list(names) {
        Ok(0) => return Ok(Vec::new()),
        Err(e) if [Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOSYS].contains(&e) => return Ok(Vec::new()),
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    let mut all = Vec::new();
    let mut sum = 0;
    for name in names.split(|b| *b == 0).filter(|n| !n.is_empty()) {
        value.clear();
        match get(name, value) {
            Ok(_) => {}
            // Gone since it was listed, or listed where it can never be read.
            Err(e) if e == GONE || [Errno::NOTSUP, Errno::OPNOTSUPP].contains(&e) => continue,
            Err(error) => return Err(error.into()),
        }
        sum += name.len() + value.len();
        if sum > MOST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "more than 1 MiB of extended attributes"));
        }
        all.push(Xattr { name: name.to_vec(), value: value.clone() });
    }
    all.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

#[cfg(target_os = "linux")]
const GONE: Errno = Errno::NODATA;
#[cfg(target_os = "macos")]
const GONE: Errno = Errno::from_raw_os_error(libc::ENOATTR);
