//! The names in a folder, sorted by their bytes; of a very large one a part at a time, so that memory stays bounded.

use std::ffi::CStr;
use std::io;

use crate::os::folder::Folder;
use crate::os::stat::stat;

/// Bytes of names, and of where they lie, that are held at a time: some 300,000 names.
const MOST: usize = 12 << 20;
/// A list that has become larger than this is not kept for another folder.
const WORTH_KEEPING: usize = 1 << 20;

/// Reused from folder to folder.
pub(super) struct Listing {
    /// Each with its NUL, so that it need not be copied for the system.
    names: Vec<u8>,
    spans: Vec<Span>,
    /// The first name that is not in it, where it holds a part only: that one and all behind it are read when their turn comes.
    rest: Option<Vec<u8>>,
    most: usize,
}

/// Begin and length with the NUL.
#[derive(Clone, Copy)]
struct Span(u32, u32);

impl Default for Listing {
    fn default() -> Self {
        Self { names: Vec::new(), spans: Vec::new(), rest: None, most: MOST }
    }
}

impl Listing {
    /// Reads all names but `.` and `..`, or the first of them. `buffer` needs some KiB of capacity.
    pub(super) fn read(&mut self, folder: &Folder, buffer: &mut Vec<u8>) -> io::Result<()> {
        self.read_from(&[], folder, buffer)
    }

    /// Goes on where the last part ended; `false` where that was all. `folder`: open for reading.
    pub(super) fn read_on(&mut self, folder: &Folder, buffer: &mut Vec<u8>) -> io::Result<bool> {
        let Some(from) = self.rest.take() else { return Ok(false) };
        let read = folder.rewind().and_then(|()| self.read_from(&from, folder, buffer));
        if read.is_err() {
            // Not in order yet.
            self.spans.clear();
            self.rest = None;
        }
        read.map(|()| true)
    }

    pub(super) fn is_all(&self) -> bool {
        self.rest.is_none()
    }

    /// Names, and their bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.spans.len(), self.names.len())
    }

    fn read_from(&mut self, from: &[u8], folder: &Folder, buffer: &mut Vec<u8>) -> io::Result<()> {
        self.names.clear();
        self.spans.clear();
        self.rest = None;
        folder.each_name(buffer, |name| {
            let name = name.to_bytes_with_nul();
            let waits = self.rest.as_deref().is_some_and(|rest| name >= rest);
            if name < from || waits {
                return;
            }
            self.spans.push(Span(self.names.len() as u32, name.len() as u32));
            self.names.extend_from_slice(name);
            if self.names.len() + self.spans.len() * size_of::<Span>() > self.most {
                self.halve();
            }
        })?;
        let names = &self.names;
        self.spans.sort_unstable_by(|a, b| name(names, *a).cmp(name(names, *b)));
        Ok(())
    }

    /// Keeps the half that comes first.
    fn halve(&mut self) {
        let middle = self.spans.len() / 2;
        if middle == 0 {
            return;
        }
        let names = &self.names;
        let (_, first, _) = self.spans.select_nth_unstable_by(middle, |a, b| name(names, *a).cmp(name(names, *b)));
        self.rest = Some(name(names, *first).to_vec());
        self.spans.truncate(middle);
        // In the order in which they lie, so that they can be moved together.
        self.spans.sort_unstable_by_key(|span| span.0);
        let mut end = 0;
        for span in &mut self.spans {
            let from = span.0 as usize;
            self.names.copy_within(from..from + span.1 as usize, end);
            span.0 = end as u32;
            end += span.1 as usize;
        }
        self.names.truncate(end);
    }

    pub(super) fn get(&self, at: usize) -> Option<&CStr> {
        CStr::from_bytes_with_nul(name(&self.names, *self.spans.get(at)?)).ok()
    }

    /// Whether the folder, whose list this is, has such a name.
    pub(super) fn has(&self, folder: &Folder, wanted: &CStr) -> bool {
        let wanted_bytes = wanted.to_bytes_with_nul();
        if self.rest.as_deref().is_some_and(|rest| wanted_bytes >= rest) {
            return stat(folder, wanted).is_ok();
        }
        self.spans.binary_search_by(|span| name(&self.names, *span).cmp(wanted_bytes)).is_ok()
    }

    pub(super) fn is_worth_keeping(&self) -> bool {
        self.names.capacity() + self.spans.capacity() * size_of::<Span>() <= WORTH_KEEPING
    }
}

fn name(names: &[u8], Span(start, length): Span) -> &[u8] {
    names.get(start as usize..(start + length) as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::ffi::CString;
    use std::fs;

    use super::*;
    use crate::os::folder::For;

    #[test]
    fn a_large_folder_is_read_in_parts_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let mut expected: Vec<String> = (0..3000).map(|n| format!("{:x}-{n}", n * 7919 % 3001)).collect();
        expected.iter().for_each(|name| fs::write(dir.path().join(name), "").unwrap());
        expected.sort();
        let mut buffer = Vec::with_capacity(64 << 10);
        for most in [100, 5000, 20_000, MOST] {
            let folder = Folder::open(dir.path(), For::Reading).unwrap();
            let mut listing = Listing { most, ..Listing::default() };
            listing.read(&folder, &mut buffer).unwrap();
            for name in expected.iter().step_by(97) {
                let has = |name: &str| listing.has(&folder, &CString::new(name).unwrap());
                assert!(has(name) && !has(&format!("{name}x")), "{name}");
            }
            let (mut found, mut parts) = (Vec::new(), 0);
            loop {
                let part = (0..).map_while(|at| listing.get(at));
                found.extend(part.map(|name| name.to_str().unwrap().to_string()));
                assert!(listing.names.len() <= most);
                parts += 1;
                if !listing.read_on(&folder, &mut buffer).unwrap() {
                    break;
                }
            }
            assert!(found == expected, "{most}");
            assert_eq!(parts == 1, most == MOST);
        }
    }

    #[test]
    fn names_that_are_longer_than_the_bound_come_one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        for letter in ["a", "b", "c"] {
            fs::write(dir.path().join(letter.repeat(200)), "").unwrap();
        }
        let folder = Folder::open(dir.path(), For::Reading).unwrap();
        let mut listing = Listing { most: 10, ..Listing::default() };
        let mut buffer = Vec::with_capacity(64 << 10);
        listing.read(&folder, &mut buffer).unwrap();
        let mut found = String::new();
        loop {
            (0..).map_while(|at| listing.get(at)).for_each(|name| found.push_str(&name.to_str().unwrap()[..1]));
            if !listing.read_on(&folder, &mut buffer).unwrap() {
                break;
            }
        }
        assert_eq!(found, "abc");
    }
}
