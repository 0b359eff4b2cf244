//! A folder of this machine.

use std::path::Path;

use super::*;

pub struct Local;

impl Local {
    pub fn open(_path: &Path) -> Result<Self, Error> {
        todo!()
    }
}

impl Storage for Local {
    fn list(&self, _folder: &str) -> Result<Vec<Listed>, Error> {
        todo!()
    }
    fn size(&self, _name: &str) -> Result<u64, Error> {
        todo!()
    }
    fn read_at(&self, _name: &str, _offset: u64, _buffer: &mut [u8]) -> Result<(), Error> {
        todo!()
    }
    fn create(&self, _name: &str) -> Result<Box<dyn Upload>, Error> {
        todo!()
    }
    fn delete(&self, _name: &str) -> Result<(), Error> {
        todo!()
    }
    fn delete_folder(&self, _name: &str) -> Result<(), Error> {
        todo!()
    }
    fn room(&self) -> Result<Option<Room>, Error> {
        todo!()
    }
    fn sha256_on_medium(&self, _name: &str, _each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        todo!()
    }
    fn sweep_temporary(&self, _folder: &str, _before: Option<Timestamp>) -> Result<usize, Error> {
        todo!()
    }
    fn identity(&self) -> Option<(u64, u64)> {
        todo!()
    }
}
