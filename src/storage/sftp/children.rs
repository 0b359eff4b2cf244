//! What a folder holds, as a server names it piece by piece.

use russh_sftp::protocol::{File, FileAttributes};

use crate::storage::{LONGEST_LIST, name};

/// What a server may name in one folder: what is more is no list of ours, and could go on for ever.
const MOST: usize = 4_000_000;

/// Children with their attributes, links not followed.
pub struct Children {
    pub found: Vec<(String, FileAttributes)>,
    /// That may be named yet, also what is not ours,
    left: usize,
    /// and bytes that may be kept yet.
    room: usize,
}

impl Default for Children {
    fn default() -> Self {
        Self { found: Vec::new(), left: MOST, room: LONGEST_LIST }
    }
}

impl Children {
    /// `false` where there are more than there may be.
    pub fn take(&mut self, file: File) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        if !name::is_child(&file.filename) {
            return true;
        }
        let child = (file.filename, file.attrs);
        let Some(room) = self.room.checked_sub(size_of_val(&child) + child.0.len()) else { return false };
        self.room = room;
        self.found.push(child);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(filename: &str) -> File {
        File { filename: filename.into(), longname: "x".repeat(1000), attrs: FileAttributes::empty() }
    }

    #[test]
    fn only_so_much_is_kept_of_what_a_server_names() {
        let mut children = Children::default();
        let names = ["a", "../up", &"x".repeat(256), &format!(".tmp-{}", "x".repeat(200_000)), "b"];
        assert!(names.into_iter().all(|name| children.take(named(name))));
        let names: Vec<&str> = children.found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, children.left), (vec!["a", "b"], MOST - 5));

        let mut little = Children { room: 1000, ..Children::default() };
        let taken = (0..100).take_while(|_| little.take(named(&"x".repeat(200)))).count();
        assert!((1..=4).contains(&taken) && little.found.len() == taken, "{taken}");
        let mut few = Children { left: 3, ..Children::default() };
        assert_eq!((0..100).take_while(|_| few.take(named("../up"))).count(), 3);
    }
}
