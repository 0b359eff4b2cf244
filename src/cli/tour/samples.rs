//! The tour's sample files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::os::links::link_to_folder;
use crate::os::permissions::make_executable;

/// A few hundred files: text, images that do not compress, a big one that is cut, links, odd names.
pub fn make(root: &Path) -> io::Result<()> {
    for folder in ["Letters", "Photos/2025", "Photos/2026", "Projects/strongroom/notes", "Empty folder"] {
        fs::create_dir_all(root.join(folder))?;
    }
    for n in 0..200 {
        let text = format!("Letter number {n}\n\nDear reader,\n\n").repeat(1 + n % 37);
        fs::write(root.join(format!("Letters/letter {n:03}.txt")), text)?;
    }
    for n in 0..24u64 {
        let year = 2025 + n % 2;
        fs::write(root.join(format!("Photos/{year}/photo {n:02}.jpg")), noise(n + 1, 150_000 + 9_001 * n as usize))?;
    }
    fs::write(root.join("Projects/film.bin"), noise(99, 20 << 20))?;
    fs::write(root.join("Projects/empty"), b"")?;
    fs::write(root.join("Projects/Ünïcödé name ✓.md"), "Names survive.\n")?;
    fs::write(root.join("Projects/strongroom/run.sh"), "#!/bin/sh\necho hello\n")?;
    make_executable(&root.join("Projects/strongroom/run.sh"))?;
    match link_to_folder(Path::new("../Letters"), &root.join("Projects/letters")) {
        // Not everybody may make links everywhere; the tour does without then.
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {}
        made => made?,
    }
    fs::hard_link(root.join("Projects/film.bin"), root.join("Projects/strongroom/same film.bin"))
}

pub fn change(root: &Path) -> io::Result<()> {
    for n in [3, 50, 117] {
        fs::write(root.join(format!("Letters/letter {n:03}.txt")), format!("Letter {n}, written anew\n"))?;
    }
    fs::remove_file(root.join("Letters/letter 007.txt"))?;
    fs::write(root.join("Letters/one more.txt"), "Came between the two backups.\n")?;
    // A change in the middle of the big file: only the pieces around it are stored again.
    let mut film = fs::read(root.join("Projects/film.bin"))?;
    if let Some(part) = film.get_mut(10 << 20..(10 << 20) + 100) {
        part.fill(0x5a);
    }
    File::options().write(true).open(root.join("Projects/film.bin"))?.write_all(&film)
}

/// Bytes that do not compress: xorshift64.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut out = Vec::with_capacity(length + 8);
    while out.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend_from_slice(&state.to_le_bytes());
    }
    out.truncate(length);
    out
}

/// A copy to compare with later: content, modes and links.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            link_to_folder(&fs::read_link(entry.path())?, &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
