//! Windows: the few calls by open handles that std does not have, without `unsafe` for whoever uses them.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::mem::size_of;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::{null, null_mut};

use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_INFORMATION_CLASS, FILE_OPEN_FOR_BACKUP_INTENT, FILE_SYNCHRONOUS_IO_NONALERT, NtCreateFile, NtSetInformationFile,
};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_NO_MORE_FILES, HANDLE, INVALID_HANDLE_VALUE, NTSTATUS, OBJ_CASE_INSENSITIVE,
    RtlNtStatusToDosError, UNICODE_STRING,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_NORMAL, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_INFO_BY_HANDLE_CLASS,
    FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, FileFullDirectoryInfo, FileFullDirectoryRestartInfo,
    GetFileInformationByHandleEx, GetFinalPathNameByHandleW, GetVolumeInformationByHandleW, ReOpenFile, SYNCHRONIZE,
    SetFileInformationByHandle,
};
use windows_sys::Win32::System::IO::{DeviceIoControl, IO_STATUS_BLOCK, IO_STATUS_BLOCK_0};

use super::reason::Reason;

pub(super) const SHARE_ALL: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
/// The structures for names: one call of these takes at most so many bytes of a name.
const LONGEST_NAME: usize = 64 << 10;

/// Numbers alone, for which all bits mean something: what the system writes into them is safe to read.
///
/// # Safety
/// Only for such types.
pub(super) unsafe trait Plain: Default + Copy {}

/// What is opened, and how.
pub(super) struct How {
    pub access: u32,
    /// `FILE_OPEN` or `FILE_CREATE`.
    pub disposition: u32,
    pub options: u32,
}

/// Opens or makes one name in a folder. The name holds no separators: the caller has seen to that.
pub(super) fn open_at(folder: &impl AsHandle, name: &[u16], how: &How) -> io::Result<OwnedHandle> {
    let bytes = u16::try_from(size_of_val(name)).map_err(|_| Reason::BadName)?;
    let name = UNICODE_STRING { Length: bytes, MaximumLength: bytes, Buffer: name.as_ptr().cast_mut() };
    let object = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        RootDirectory: folder.as_handle().as_raw_handle(),
        ObjectName: &name,
        Attributes: OBJ_CASE_INSENSITIVE,
        SecurityDescriptor: null(),
        SecurityQualityOfService: null(),
    };
    let mut handle: HANDLE = null_mut();
    let mut status = no_status();
    let options = how.options | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT;
    // SAFETY: all that is pointed to lives until the call is over, and it writes to the handle and the status alone; the name is only read.
    let result = unsafe {
        NtCreateFile(
            &mut handle,
            how.access | SYNCHRONIZE,
            &object,
            &mut status,
            null(),
            FILE_ATTRIBUTE_NORMAL,
            SHARE_ALL,
            how.disposition,
            options,
            null(),
            0,
        )
    };
    checked(result)?;
    // SAFETY: the call succeeded: the handle is open, and nobody else's.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// The same file opened once more, with other rights. `flags`: of `CreateFile`.
pub(super) fn reopen(open: &impl AsHandle, access: u32, share: u32, flags: u32) -> io::Result<OwnedHandle> {
    let flags = flags | FILE_FLAG_BACKUP_SEMANTICS;
    // SAFETY: the handle is open for as long as it is borrowed.
    let handle = unsafe { ReOpenFile(open.as_handle().as_raw_handle(), access, share, flags) };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: just opened, and nobody else's.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Does something for which the handle may lack the right: then by one that has it.
pub(super) fn with_right<T>(open: &impl AsHandle, access: u32, work: impl Fn(&dyn AsRaw) -> io::Result<T>) -> io::Result<T> {
    match work(&open.as_handle()) {
        Err(e) if e.raw_os_error() == Some(ERROR_ACCESS_DENIED as i32) => {
            work(&reopen(open, access, SHARE_ALL, FILE_FLAG_OPEN_REPARSE_POINT)?)
        }
        done => done,
    }
}

/// An open handle of whatever type.
pub(super) trait AsRaw {
    fn raw(&self) -> HANDLE;
}

impl<T: AsHandle> AsRaw for T {
    fn raw(&self) -> HANDLE {
        self.as_handle().as_raw_handle()
    }
}

pub(super) fn get<T: Plain>(open: &impl AsHandle, class: FILE_INFO_BY_HANDLE_CLASS) -> io::Result<T> {
    let mut info = T::default();
    // SAFETY: as many bytes as the structure has may be written, and any make a valid one.
    succeeded(unsafe { GetFileInformationByHandleEx(open.raw(), class, (&raw mut info).cast(), size_of::<T>() as u32) })?;
    Ok(info)
}

pub(super) fn set<T: Plain>(open: &dyn AsRaw, class: FILE_INFO_BY_HANDLE_CLASS, info: &T) -> io::Result<()> {
    // SAFETY: as many bytes as the structure has are read.
    succeeded(unsafe { SetFileInformationByHandle(open.raw(), class, (&raw const *info).cast(), size_of::<T>() as u32) })
}

/// Renames or links an open file to a name in a folder; `class`: `FileRenameInformation` or `FileLinkInformation`, which have one form.
/// Never over something.
pub(super) fn name_it(open: &impl AsHandle, class: FILE_INFORMATION_CLASS, to: &impl AsHandle, name: &[u16]) -> io::Result<()> {
    /// Without the name that follows.
    #[repr(C)]
    struct Head {
        flags: u32,
        folder: HANDLE,
        length: u32,
    }
    // The name begins where the field behind `length` would.
    const NAME: usize = std::mem::offset_of!(Head, length) + 4;
    let length = size_of_val(name);
    if length > LONGEST_NAME {
        return Err(Reason::BadName.into());
    }
    // Words, so that the structure lies as it must; and no shorter than it, however short the name.
    let mut buffer = vec![0usize; (NAME + length).max(size_of::<Head>()).div_ceil(size_of::<usize>()) + 1];
    let head = Head { flags: 0, folder: to.raw(), length: length as u32 };
    // SAFETY: the buffer is aligned for the head, and has room for it and for the name behind it.
    unsafe {
        buffer.as_mut_ptr().cast::<Head>().write(head);
        let at = buffer.as_mut_ptr().cast::<u8>().add(NAME);
        at.copy_from_nonoverlapping(name.as_ptr().cast(), length);
    }
    let size = (NAME + length).max(size_of::<Head>()) as u32;
    let mut status = no_status();
    // SAFETY: both handles are open as long as they are borrowed; the buffer has `size` bytes, which are only read.
    checked(unsafe { NtSetInformationFile(open.raw(), &mut status, buffer.as_ptr().cast(), size, class) })
}

/// Sends a control code. Returns how much of `output` was written; that there would be more is no error.
pub(super) fn control(open: &impl AsHandle, code: u32, input: &[u8], output: &mut [u8]) -> io::Result<usize> {
    use windows_sys::Win32::Foundation::ERROR_MORE_DATA;
    let mut written = 0;
    let (from, into) = (input.as_ptr().cast::<c_void>(), output.as_mut_ptr().cast::<c_void>());
    // SAFETY: it reads and writes no more than the two slices have; the handle is a synchronous one.
    let result = unsafe {
        DeviceIoControl(open.raw(), code, from, input.len() as u32, into, output.len() as u32, &mut written, null_mut())
    };
    match succeeded(result) {
        Err(e) if e.raw_os_error() != Some(ERROR_MORE_DATA as i32) => Err(e),
        _ => Ok((written as usize).min(output.len())),
    }
}

/// The names in an open folder, from the beginning, `.` and `..` among them.
pub(super) fn each_name(folder: &impl AsHandle, mut each: impl FnMut(&[u16])) -> io::Result<()> {
    /// Of `FILE_FULL_DIR_INFO`: where the next lies (0: no more), the length of the name in bytes, and the name.
    const LENGTH: usize = 60;
    const NAME: usize = 68;
    // Eight bytes each, as the structures are aligned to.
    let mut buffer = vec![0u64; 8 << 10];
    let size = size_of_val(buffer.as_slice());
    let mut class = FileFullDirectoryRestartInfo;
    loop {
        // SAFETY: it writes no more than `size` bytes.
        let read = unsafe { GetFileInformationByHandleEx(folder.raw(), class, buffer.as_mut_ptr().cast(), size as u32) };
        match succeeded(read) {
            Err(e) if e.raw_os_error() == Some(ERROR_NO_MORE_FILES as i32) => return Ok(()),
            read => read?,
        }
        class = FileFullDirectoryInfo;
        // SAFETY: all bytes of the words are initialised, and bytes have no alignment.
        let bytes = unsafe { std::slice::from_raw_parts(buffer.as_ptr().cast::<u8>(), size) };
        let mut at = 0usize;
        loop {
            let entry = bytes.get(at..).unwrap_or_default();
            let number =
                |at: usize| entry.get(at..).and_then(|rest| rest.first_chunk()).map(|four| u32::from_le_bytes(*four) as usize);
            let (Some(next), Some(length)) = (number(0), number(LENGTH)) else { return Err(io::ErrorKind::InvalidData.into()) };
            let name = entry.get(NAME..NAME + length).ok_or(io::ErrorKind::InvalidData)?;
            let name: Vec<u16> = name.as_chunks().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
            each(&name);
            if next == 0 {
                break;
            }
            at += next;
        }
    }
}

/// The path of something open, as it is now: `\\?\C:\…`.
pub(super) fn path(open: &impl AsHandle) -> io::Result<Vec<u16>> {
    let mut units = vec![0u16; 512];
    loop {
        // SAFETY: it writes no more units than the buffer has.
        let length = unsafe { GetFinalPathNameByHandleW(open.raw(), units.as_mut_ptr(), units.len() as u32, 0) } as usize;
        if length == 0 {
            return Err(io::Error::last_os_error());
        }
        if length < units.len() {
            units.truncate(length);
            return Ok(units);
        }
        // What it takes, with the zero at the end.
        units.resize(length + 1, 0);
    }
}

/// What the file system calls itself: `NTFS`.
pub(super) fn file_system(open: &impl AsHandle) -> io::Result<String> {
    let mut name = [0u16; 64];
    // SAFETY: it writes no more units than the buffer has; all else is not asked for.
    let told = unsafe {
        GetVolumeInformationByHandleW(
            open.raw(),
            null_mut(),
            0,
            null_mut(),
            null_mut(),
            null_mut(),
            name.as_mut_ptr(),
            name.len() as u32,
        )
    };
    succeeded(told)?;
    let length = name.iter().position(|unit| *unit == 0).unwrap_or(name.len());
    Ok(String::from_utf16_lossy(name.get(..length).unwrap_or_default()))
}

/// As a file for reading and writing.
pub(super) fn file(handle: OwnedHandle) -> File {
    handle.into()
}

fn no_status() -> IO_STATUS_BLOCK {
    IO_STATUS_BLOCK { Anonymous: IO_STATUS_BLOCK_0 { Status: 0 }, Information: 0 }
}

fn succeeded(result: i32) -> io::Result<()> {
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn checked(status: NTSTATUS) -> io::Result<()> {
    if status >= 0 {
        return Ok(());
    }
    // SAFETY: it takes a number and gives one.
    Err(io::Error::from_raw_os_error(unsafe { RtlNtStatusToDosError(status) } as i32))
}
