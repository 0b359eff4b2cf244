use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use tokio::net::{UnixListener, UnixStream};

use super::NAME;
use crate::os::private::ourselves;

pub use tokio::net::unix::{OwnedReadHalf as Reader, OwnedWriteHalf as Writer};

/// A Unix socket's address takes 108 bytes with its final zero; some systems less.
const LONGEST: usize = 100;

/// The folder itself where a socket's address in it is short enough, else one in `/tmp` named after it. `/tmp` whatever
/// the environment says: whoever comes second must find the same.
pub fn folder_for(folder: PathBuf) -> PathBuf {
    if folder.as_os_str().len() + "/".len() + NAME.len() <= LONGEST {
        return folder;
    }
    let hash = blake3::hash(folder.as_os_str().as_bytes());
    PathBuf::from(format!("/tmp/strongroom-{}-{}", ourselves(), HEXLOWER.encode(&hash.as_bytes()[..8])))
}

/// Takes connections, in the place that is given back beside it. On a tokio runtime. A socket that lies there already is a
/// dead one's and is replaced; anything else stays.
pub fn listen(path: &Path) -> io::Result<(Listener, Place)> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok((Listener(listener), Place { path: path.into(), ours: identity(path) }))
}

/// A connection to whoever listens there; `NotFound` or `ConnectionRefused` where nobody does.
pub async fn connect(path: &Path) -> io::Result<Stream> {
    UnixStream::connect(path).await.map(Stream)
}

pub struct Listener(UnixListener);

impl Listener {
    /// Waits for a connection; may be given up while it waits.
    pub async fn accept(&mut self) -> io::Result<Stream> {
        self.0.accept().await.map(|(stream, _)| Stream(stream))
    }
}

/// Where a listener is found; the socket is removed when it is dropped.
pub struct Place {
    path: PathBuf,
    /// Device and inode of our socket.
    ours: Option<(u64, u64)>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.ours.is_some() && identity(&self.path) == self.ours {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

pub struct Stream(UnixStream);

impl Stream {
    /// Whether the process at the other end is this person's: whoever could read the folder of the socket could be there.
    pub fn is_ours(&self) -> bool {
        self.0.peer_cred().is_ok_and(|peer| peer.uid() == ourselves())
    }

    pub fn into_split(self) -> (Reader, Writer) {
        self.0.into_split()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_address_goes_to_a_short_folder() {
        let short = PathBuf::from("/home/u/run");
        assert_eq!(folder_for(short.clone()), short);
        let long = PathBuf::from("/home/u").join("x".repeat(100));
        let found = folder_for(long.clone());
        assert!(found.starts_with("/tmp") && found.join(NAME).as_os_str().len() <= LONGEST);
        assert_eq!(folder_for(long.clone()), found);
        assert_ne!(folder_for(long.join("y")), found);
    }
}
