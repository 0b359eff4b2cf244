//! A small file of our own as JSON, with the version of its form.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::files::write_whole;
use super::{Error, Result};

/// Longest file that is read.
const LONGEST: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    version: u32,
    #[serde(flatten)]
    content: T,
}

/// Nothing where there is no such file. One that cannot be read is an error, and so is one of another version.
pub fn read<T: Default + DeserializeOwned>(path: &Path, version: u32) -> Result<T> {
    let failed = |e: io::Error| Error::file(path, e);
    let strange = |e: &str| failed(io::Error::new(io::ErrorKind::InvalidData, e));
    let mut text = String::new();
    match fs::File::open(path) {
        Ok(file) => file.take(LONGEST).read_to_string(&mut text).map_err(failed)?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
        Err(e) => return Err(failed(e)),
    };
    let file: Versioned<T> = serde_json::from_str(&text).map_err(|e| strange(&e.to_string()))?;
    if file.version != version {
        return Err(strange("written by a newer Strongroom"));
    }
    Ok(file.content)
}

/// Whole or not at all.
pub fn write<T: Serialize>(path: &Path, version: u32, content: &T) -> Result<()> {
    let mut text =
        serde_json::to_vec_pretty(&Versioned { version, content }).map_err(|e| Error::file(path, io::Error::other(e)))?;
    text.push(b'\n');
    write_whole(path, &text)
}
