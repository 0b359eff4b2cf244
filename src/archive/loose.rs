//! One file by itself, of anybody's making: what it is by its content, and what an archive holds as far as it is whole.
//!
//! Everything is read as a stream or member by member: memory stays bounded whatever a file says of itself. Where an archive is
//! broken, what is readable before and behind the damage is found, and the rest is named.

mod bytes;
pub mod extract;
mod foreign;
pub mod inspect;
mod keys;
pub mod listing;
pub mod member;
pub mod output;
pub mod packed;
mod recognise;
pub mod sealed_file;
mod tar;
mod unpack;
mod zip;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

pub use self::bytes::{Bytes, Plain, SealedBytes};
pub use self::keys::{open_object, open_object_with, sealed_for};
pub use self::member::{Damage, Harm, Visitor};
pub use self::recognise::{What, recognise};
pub use self::unpack::Unpacked;

use super::{Error, Result};
use crate::model::format::Codec;
use crate::model::run::Cancel;

/// A file that is read and looked about in.
pub(in crate::archive) type Input = BufReader<Box<dyn Bytes>>;

/// Longest path of a member that is believed.
const MAX_PATH: usize = 16 << 10;
/// Deepest path.
const MAX_DEPTH: usize = 1000;

/// An archive that can be walked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// In one of these codecs.
    Tar(Option<Codec>),
    Zip,
}

/// Opens a file for reading.
pub fn open(path: &Path) -> Result<Plain> {
    let file = File::open(path).map_err(|e| Error::file(path, e))?;
    Plain::new(file).map_err(|e| Error::file(path, e))
}

/// Walks through an archive once: `visitor` gets every member that can be told, and everything that cannot. Only what the visitor itself
/// fails with, a cancellation and reading that fails otherwise than by damage end it.
pub fn walk(bytes: Box<dyn Bytes>, container: Container, visitor: &mut dyn Visitor, cancel: &Cancel) -> Result<()> {
    let input = BufReader::with_capacity(256 << 10, bytes);
    match container {
        Container::Tar(codec) => tar::walk(Unpacked::new(input, codec), visitor, cancel),
        Container::Zip => zip::walk(input, visitor, cancel),
    }
}
