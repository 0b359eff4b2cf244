//! The names in a folder, sorted by their bytes.

use std::ffi::CStr;
use std::io;

use rustix::fd::AsFd;
use rustix::fs::RawDir;

/// Reused from folder to folder.
#[derive(Default)]
pub(super) struct Listing {
    /// Each with its NUL, so that it need not be copied for the system.
    names: Vec<u8>,
    /// Begin and length with the NUL.
    spans: Vec<(usize, usize)>,
}

impl Listing {
    /// Reads all names but `.` and `..`. `buffer` needs some KiB of capacity.
    pub(super) fn read(&mut self, folder: impl AsFd, buffer: &mut Vec<u8>) -> io::Result<()> {
        self.names.clear();
        self.spans.clear();
        buffer.clear();
        let mut entries = RawDir::new(folder, buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name().to_bytes_with_nul();
            if name != b".\0" && name != b"..\0" {
                self.spans.push((self.names.len(), name.len()));
                self.names.extend_from_slice(name);
            }
        }
        let names = &self.names;
        self.spans.sort_unstable_by(|a, b| names[a.0..a.0 + a.1].cmp(&names[b.0..b.0 + b.1]));
        Ok(())
    }

    pub(super) fn get(&self, at: usize) -> Option<&CStr> {
        let (start, length) = *self.spans.get(at)?;
        CStr::from_bytes_with_nul(self.names.get(start..start + length)?).ok()
    }

    pub(super) fn has(&self, name: &CStr) -> bool {
        self.spans.binary_search_by(|(start, length)| self.names[*start..start + length].cmp(name.to_bytes_with_nul())).is_ok()
    }
}
