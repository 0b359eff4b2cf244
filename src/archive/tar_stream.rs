//! Tar entries as bytes (POSIX.1-2001 pax): headers for everything a catalog entry says that tar can say.
//!
//! A ustar header holds what fits; a pax record before it the rest: nanoseconds, long and odd names, big numbers, extended
//! attributes (`SCHILY.xattr.`, as star and GNU tar have them) and holes (GNU.sparse 1.0,
//! <https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html>).

use crate::model::catalog::{Entry, EntryKind, FileTime};
use crate::model::path::PathBytes;

const BLOCK: usize = 512;
/// Highest numbers that ustar's octal fields hold.
const MAX_ID: u32 = 0o7_777_777;
const MAX_SIZE: u64 = 0o77_777_777_777;
const MAX_TIME: i64 = 0o77_777_777_777;

/// Appends the header blocks of `entry` stored whole: pax record where it is needed, then the ustar header. For a file its content
/// follows: its bytes less holes, after the GNU.sparse 1.0 map, which this appends where there are holes. Folders, links, devices and
/// pipes have no content.
pub fn append_header(entry: &Entry, out: &mut Vec<u8>) {
    let mut pax = Pax::default();
    let mut map = Vec::new();
    let mut path = entry.path.as_bytes().to_vec();
    let mut size = 0;
    let (flag, target) = match (&entry.kind, &entry.link) {
        // Of any kind: `link` makes a second name of a symbolic link as well.
        (kind, Some(target)) if *kind != EntryKind::Folder => (b'1', target.as_bytes()),
        (EntryKind::File, _) => {
            let holes: u64 = entry.holes.iter().map(|(_, length)| length).sum();
            size = entry.size.saturating_sub(holes);
            if !entry.holes.is_empty() {
                map = sparse_map(entry);
                size += map.len() as u64;
                pax.add(b"GNU.sparse.major", b"1");
                pax.add(b"GNU.sparse.minor", b"0");
                pax.add(b"GNU.sparse.name", &path);
                pax.add(b"GNU.sparse.realsize", entry.size.to_string().as_bytes());
                path =
                    PathBytes::new(entry.path.parent()).join(b"GNUSparseFile.0").join(entry.path.file_name()).as_bytes().to_vec();
            }
            (b'0', &b""[..])
        }
        (EntryKind::Folder, _) => {
            path.push(b'/');
            (b'5', &b""[..])
        }
        (EntryKind::Symlink { target }, _) => (b'2', target.as_bytes()),
        (EntryKind::Fifo, _) => (b'6', &b""[..]),
        (EntryKind::CharDevice { .. }, _) => (b'3', &b""[..]),
        (EntryKind::BlockDevice { .. }, _) => (b'4', &b""[..]),
    };
    let device = match entry.kind {
        EntryKind::CharDevice { major, minor } | EntryKind::BlockDevice { major, minor } => (major, minor),
        _ => (0, 0),
    };
    for attribute in &entry.xattrs {
        pax.add(&xattr_key(&attribute.name), &attribute.value);
    }
    append(&Header { path: &path, target, flag, size, device, entry }, pax, out);
    out.extend_from_slice(&map);
}

/// Appends the header of one part of a cut file, of `length` bytes.
pub fn append_part_header(entry: &Entry, part_path: &PathBytes, length: u64, out: &mut Vec<u8>) {
    let header = Header { path: part_path.as_bytes(), target: b"", flag: b'0', size: length, device: (0, 0), entry };
    append(&header, Pax::default(), out);
}

/// Appends zeros up to the next block of 512 bytes after content of `length` bytes.
pub fn append_padding(length: u64, out: &mut Vec<u8>) {
    let over = (length % BLOCK as u64) as usize;
    if over > 0 {
        out.resize(out.len() + BLOCK - over, 0);
    }
}

/// Appends the two zero blocks that end an archive.
pub fn append_end(out: &mut Vec<u8>) {
    out.resize(out.len() + 2 * BLOCK, 0);
}

/// What the first component of parts' paths is, or begins with.
pub const PARTS: &str = ".strongroom-parts";

/// `.strongroom-parts/home/u/disk.img/00000001`, so that `cat .strongroom-parts/home/u/disk.img/*` joins the file.
/// `top` is the reserved first component: [`PARTS`], or where a source has that, the same with a number (`-1`).
pub fn part_path(top: &str, path: &PathBytes, number: u64) -> PathBytes {
    PathBytes::from(top).join(path.as_bytes()).join(format!("{number:08}").as_bytes())
}

struct Header<'a> {
    path: &'a [u8],
    target: &'a [u8],
    flag: u8,
    size: u64,
    device: (u32, u32),
    entry: &'a Entry,
}

/// `further`: records beside those that the header's own fields may need.
fn append(header: &Header<'_>, further: Pax, out: &mut Vec<u8>) {
    let entry = header.entry;
    // Names that are not UTF-8 stand as they are, as GNU tar writes them: it wonders at `hdrcharset=BINARY`, which would say so.
    let mut pax = Pax::default();
    let mut block = [0u8; BLOCK];
    let (prefix, name) = split(header.path).unwrap_or_else(|| {
        pax.add(b"path", header.path);
        (&[][..], truncate(header.path, 100))
    });
    put(&mut block, 0, name);
    put(&mut block, 345, prefix);
    if header.target.len() > 100 || !header.target.is_ascii() {
        pax.add(b"linkpath", header.target);
    }
    put(&mut block, 157, truncate(header.target, 100));
    octal(&mut block, 100, 7, u64::from(entry.mode & 0o7777));
    for (at, key, id) in [(108, &b"uid"[..], entry.uid), (116, b"gid", entry.gid)] {
        if id > MAX_ID {
            pax.add(key, id.to_string().as_bytes());
        }
        octal(&mut block, at, 7, u64::from(id.min(MAX_ID)));
    }
    if header.size > MAX_SIZE {
        pax.add(b"size", header.size.to_string().as_bytes());
    }
    octal(&mut block, 124, 11, header.size.min(MAX_SIZE));
    if entry.mtime.nanos != 0 || !(0..=MAX_TIME).contains(&entry.mtime.seconds) {
        pax.add(b"mtime", decimal(entry.mtime).as_bytes());
    }
    octal(&mut block, 136, 11, entry.mtime.seconds.clamp(0, MAX_TIME) as u64);
    octal(&mut block, 329, 7, u64::from(header.device.0.min(MAX_ID)));
    octal(&mut block, 337, 7, u64::from(header.device.1.min(MAX_ID)));
    finish(&mut block, header.flag);
    // After `path`: a sparse file's true name stands there, and readers take the last that is told.
    pax.0.extend_from_slice(&further.0);
    if !pax.0.is_empty() {
        append_pax(header.path, &pax.0, out);
    }
    out.extend_from_slice(&block);
}

/// `=` would end the key: escaped as GNU tar does it.
fn xattr_key(name: &[u8]) -> Vec<u8> {
    let mut key = b"SCHILY.xattr.".to_vec();
    for byte in name {
        match byte {
            b'=' => key.extend_from_slice(b"%3D"),
            b'%' => key.extend_from_slice(b"%25"),
            _ => key.push(*byte),
        }
    }
    key
}

fn append_pax(path: &[u8], records: &[u8], out: &mut Vec<u8>) {
    let mut block = [0u8; BLOCK];
    // Only a reader that does not know pax ever sees this name.
    let last = path.strip_suffix(b"/").unwrap_or(path).rsplit(|b| *b == b'/').next().unwrap_or_default();
    let last: Vec<u8> = last.iter().map(|b| if b.is_ascii_graphic() { *b } else { b'_' }).collect();
    put(&mut block, 0, &[b"PaxHeaders/", truncate(&last, 80)].concat());
    octal(&mut block, 100, 7, 0o644);
    octal(&mut block, 108, 7, 0);
    octal(&mut block, 116, 7, 0);
    octal(&mut block, 124, 11, records.len() as u64);
    octal(&mut block, 136, 11, 0);
    finish(&mut block, b'x');
    out.extend_from_slice(&block);
    out.extend_from_slice(records);
    append_padding(records.len() as u64, out);
}

/// Type, magic and checksum: the sum of all bytes with the checksum's own field as spaces.
fn finish(block: &mut [u8; BLOCK], flag: u8) {
    block[156] = flag;
    put(block, 257, b"ustar\x0000");
    put(block, 148, b"        ");
    let sum: u64 = block.iter().map(|b| u64::from(*b)).sum();
    octal(block, 148, 6, sum);
    block[155] = b' ';
}

fn put(block: &mut [u8; BLOCK], at: usize, bytes: &[u8]) {
    if let Some(field) = block.get_mut(at..at + bytes.len()) {
        field.copy_from_slice(bytes);
    }
}

/// `digits` octal digits and a NUL.
fn octal(block: &mut [u8; BLOCK], at: usize, digits: usize, mut value: u64) {
    block[at + digits] = 0;
    for place in (at..at + digits).rev() {
        block[place] = b'0' + (value & 7) as u8;
        value >>= 3;
    }
}

fn truncate(bytes: &[u8], length: usize) -> &[u8] {
    &bytes[..bytes.len().min(length)]
}

/// Prefix (at most 155 bytes) and name (at most 100) of a plain ASCII path; `None` where it takes a pax record.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if !path.is_ascii() {
        return None;
    }
    if path.len() <= 100 {
        return Some((&[], path));
    }
    // The shortest prefix that leaves a name which fits. A folder's closing slash stays with its name.
    let body = path.len() - usize::from(path.ends_with(b"/"));
    let from = path.len().checked_sub(101)?;
    let at = from + path.get(from..body)?.iter().position(|b| *b == b'/')?;
    (at > 0 && at <= 155).then(|| (&path[..at], &path[at + 1..]))
}

/// Seconds with nine decimals, as pax has it: -0.5 s is `-0.500000000`.
fn decimal(time: FileTime) -> String {
    if time.seconds >= 0 || time.nanos == 0 {
        return format!("{}.{:09}", time.seconds, time.nanos);
    }
    // Nanoseconds count up from the second before: -1 s + 0.5 s.
    let whole = (time.seconds + 1).unsigned_abs();
    format!("-{whole}.{:09}", 1_000_000_000 - time.nanos.min(999_999_999))
}

/// The map of a sparse file: number of data runs, then offset and length of each, a line each, padded to a block.
fn sparse_map(entry: &Entry) -> Vec<u8> {
    let mut runs = Vec::with_capacity(entry.holes.len() + 1);
    let mut at = 0;
    for (offset, length) in &entry.holes {
        if *offset > at {
            runs.push((at, offset - at));
        }
        at = offset.saturating_add(*length);
    }
    // A closing run of no length says where the file ends, as GNU tar writes it.
    runs.push((at.min(entry.size), entry.size.saturating_sub(at)));
    let mut map = format!("{}\n", runs.len());
    for (offset, length) in runs {
        map.push_str(&format!("{offset}\n{length}\n"));
    }
    let mut map = map.into_bytes();
    append_padding(map.len() as u64, &mut map);
    map
}

/// Records of a pax header: `<length> <key>=<value>\n`, the length counting itself.
#[derive(Default)]
struct Pax(Vec<u8>);

impl Pax {
    fn add(&mut self, key: &[u8], value: &[u8]) {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + 1;
        while rest + length.to_string().len() != length {
            length = rest + length.to_string().len();
        }
        self.0.extend_from_slice(format!("{length} ").as_bytes());
        self.0.extend_from_slice(key);
        self.0.push(b'=');
        self.0.extend_from_slice(value);
        self.0.push(b'\n');
    }
}

#[cfg(test)]
#[path = "tar_stream_tests.rs"]
mod tests;
