//! By an open handle: Windows tells everything of that alone.

use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsHandle;
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_READONLY, FILE_ATTRIBUTE_REPARSE_POINT, FILE_ATTRIBUTE_SPARSE_FILE,
    FILE_ATTRIBUTE_TAG_INFO, FILE_BASIC_INFO, FILE_FLAG_BACKUP_SEMANTICS, FILE_ID_INFO, FILE_STANDARD_INFO, FileAttributeTagInfo,
    FileBasicInfo, FileIdInfo, FileStandardInfo,
};

use super::{Kind, Stat};
use crate::model::catalog::FileTime;
use crate::os::folder::{Folder, Name};
use crate::os::nt::{self, Plain};
use crate::os::reparse;
use crate::os::windows_time::from_windows;

// SAFETY: numbers.
unsafe impl Plain for FILE_BASIC_INFO {}
// SAFETY: numbers.
unsafe impl Plain for FILE_ATTRIBUTE_TAG_INFO {}
// SAFETY: numbers and bytes.
unsafe impl Plain for FILE_ID_INFO {}

/// `FILE_STANDARD_INFO`, with bytes for its two truths.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Standard {
    allocated: i64,
    end: i64,
    links: u32,
    delete_pending: u8,
    is_folder: u8,
}

// SAFETY: numbers.
unsafe impl Plain for Standard {}
const _: () = assert!(size_of::<Standard>() == size_of::<FILE_STANDARD_INFO>());

pub(super) fn stat(folder: &Folder, name: impl Name) -> io::Result<Stat> {
    stat_of(&folder.itself(name, 0)?)
}

pub(super) fn of_path(path: &Path) -> io::Result<Stat> {
    // To be asked about, not to be read; with this flag folders too.
    stat_of(&std::fs::OpenOptions::new().access_mode(0).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path)?)
}

pub(super) fn born(folder: &Folder, name: impl Name) -> Option<FileTime> {
    let basic: FILE_BASIC_INFO = nt::get(&folder.itself(name, 0).ok()?, FileBasicInfo).ok()?;
    (basic.CreationTime > 0).then(|| from_windows(basic.CreationTime))
}

pub(super) fn leads_to_folder(folder: &Folder, name: impl Name) -> bool {
    folder.followed(name).and_then(|open| stat_of(&open)).is_ok_and(|stat| stat.is_folder())
}

/// Whether what is open is a link or a junction, and not what that leads to.
pub(in crate::os) fn is_name_surrogate(open: &impl AsHandle) -> io::Result<bool> {
    Ok(tag(open)?.is_some_and(reparse::is_elsewhere))
}

/// Of a reparse point.
pub(in crate::os) fn tag(open: &impl AsHandle) -> io::Result<Option<u32>> {
    let info: FILE_ATTRIBUTE_TAG_INFO = nt::get(open, FileAttributeTagInfo)?;
    Ok((info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT != 0).then_some(info.ReparseTag))
}

/// What Windows keeps of a mode: whether a file may be written to.
pub(in crate::os) fn mode(is_folder: bool, attributes: u32) -> u32 {
    match (is_folder, attributes & FILE_ATTRIBUTE_READONLY != 0) {
        // Of a folder that flag says something else.
        (true, _) => 0o755,
        (false, true) => 0o444,
        (false, false) => 0o644,
    }
}

pub(super) fn stat_of(open: &impl AsHandle) -> io::Result<Stat> {
    let basic: FILE_BASIC_INFO = nt::get(open, FileBasicInfo)?;
    let standard: Standard = nt::get(open, FileStandardInfo)?;
    let id: FILE_ID_INFO = nt::get(open, FileIdInfo)?;
    let tag = if basic.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT != 0 { tag(open)? } else { None };
    let is_folder = basic.FileAttributes & FILE_ATTRIBUTE_DIRECTORY != 0;
    let kind = match tag {
        Some(reparse::SOCKET) => Kind::Socket,
        Some(tag) if reparse::is_elsewhere(tag) => Kind::Symlink,
        _ if is_folder => Kind::Folder,
        _ => Kind::File,
    };
    let end = u64::try_from(standard.end).unwrap_or(0);
    let is_sparse = basic.FileAttributes & FILE_ATTRIBUTE_SPARSE_FILE != 0;
    let allocated = u64::try_from(standard.allocated).unwrap_or(0);
    let [low, high] = [&id.FileId.Identifier[..8], &id.FileId.Identifier[8..]]
        .map(|half| half.first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight)));
    Ok(Stat {
        kind,
        mode: mode(is_folder, basic.FileAttributes),
        uid: 0,
        gid: 0,
        size: if kind == Kind::File { end } else { 0 },
        mtime: from_windows(basic.LastWriteTime),
        ctime: from_windows(basic.ChangeTime),
        device: id.VolumeSerialNumber,
        // NTFS uses the lower half alone.
        inode: low ^ high.rotate_left(32),
        links: if standard.delete_pending == 0 { standard.links } else { 0 },
        // Others take less because they are small or compressed, and have no holes.
        blocks: (if is_sparse { allocated } else { end.max(allocated) }).div_ceil(512),
    })
}
