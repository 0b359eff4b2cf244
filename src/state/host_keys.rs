//! `servers.json`: by which key each server was known when it was first trusted, and which certificates vouch for it.

use std::collections::BTreeMap;
use std::fs;

use serde::{Deserialize, Serialize};

use super::paths::Home;
use super::{Error, Result, json_file};
use crate::model::path::PathBytes;
use crate::os::private;

const VERSION: u32 = 1;

#[derive(Default, Serialize, Deserialize)]
struct File {
    /// Fingerprints (`SHA256:…`) by `host:port`.
    servers: BTreeMap<String, String>,
    /// Files of certificates (PEM) by `host:port`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    ca_files: BTreeMap<String, PathBytes>,
}

/// The fingerprint that was kept. A file that cannot be read is an error: a server that was known must not become a new one.
pub fn known(home: &Home, server: &str) -> Result<Option<String>> {
    Ok(read(home)?.servers.remove(server))
}

/// Keeps a fingerprint, in the place of another one.
pub fn keep(home: &Home, server: &str, fingerprint: &str) -> Result<()> {
    let _held = held(home)?;
    let mut file = read(home)?;
    file.servers.insert(server.into(), fingerprint.into());
    write(home, &file)
}

/// The file of certificates that was named for a server.
pub fn ca_file(home: &Home, server: &str) -> Result<Option<PathBytes>> {
    Ok(read(home)?.ca_files.remove(server))
}

/// Keeps which file of certificates vouches for a server, in the place of another one.
pub fn keep_ca_file(home: &Home, server: &str, path: &PathBytes) -> Result<()> {
    if ca_file(home, server)?.as_ref() == Some(path) {
        return Ok(());
    }
    let _held = held(home)?;
    let mut file = read(home)?;
    file.ca_files.insert(server.into(), path.clone());
    write(home, &file)
}

/// Whoever only reads destinations writes here too: one after the other, or what one has kept would be lost to another.
fn held(home: &Home) -> Result<fs::File> {
    let path = home.servers_file().with_extension("lock");
    let failed = |e| Error::file(&path, e);
    let file = private::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(file)
}

fn write(home: &Home, file: &File) -> Result<()> {
    json_file::write(&home.servers_file(), VERSION, file)
}

fn read(home: &Home) -> Result<File> {
    json_file::read(&home.servers_file(), VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_for_its_server_and_port() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(root.path())).unwrap();
        assert_eq!(known(&home, "nas:22").unwrap(), None);
        keep(&home, "nas:22", "SHA256:one").unwrap();
        keep(&home, "nas:2222", "SHA256:two").unwrap();
        keep(&home, "nas:22", "SHA256:three").unwrap();
        assert_eq!(known(&home, "nas:22").unwrap().as_deref(), Some("SHA256:three"));
        assert_eq!(known(&home, "nas:2222").unwrap().as_deref(), Some("SHA256:two"));
    }

    #[test]
    fn several_keep_what_each_has_seen() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(root.path())).unwrap();
        std::thread::scope(|scope| {
            for n in 0..16 {
                let home = &home;
                scope.spawn(move || keep(home, &format!("nas:{n}"), "SHA256:one").unwrap());
            }
        });
        assert!((0..16).all(|n| known(&home, &format!("nas:{n}")).unwrap().is_some()));
    }

    #[test]
    fn a_file_that_is_broken_makes_no_server_new() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(root.path())).unwrap();
        for text in ["", "{", "{\"version\":2,\"servers\":{}}", "\u{0}"] {
            fs::write(home.servers_file(), text).unwrap();
            assert!(known(&home, "nas:22").is_err(), "{text:?}");
            assert!(keep(&home, "nas:22", "SHA256:x").is_err());
        }
    }
}
