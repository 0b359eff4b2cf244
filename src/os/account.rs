//! Windows: whose this process is, who owns what, and access lists with nobody else in them.

use std::ffi::c_void;
use std::io;
use std::iter::once;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{ERROR_SUCCESS, HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW, ConvertSidToStringSidW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1, SE_FILE_OBJECT, SE_KERNEL_OBJECT,
    SetSecurityInfo,
};
use windows_sys::Win32::Security::{
    ACL, DACL_SECURITY_INFORMATION, GetSecurityDescriptorDacl, GetTokenInformation, OWNER_SECURITY_INFORMATION,
    PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID, SECURITY_ATTRIBUTES, TOKEN_INFORMATION_CLASS, TOKEN_OWNER,
    TOKEN_QUERY, TOKEN_USER, TokenOwner, TokenUser,
};
use windows_sys::Win32::Storage::FileSystem::CreateDirectoryW;
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::private::access_text;

/// What kind of object an open handle is of.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    File,
    Pipe,
}

/// Whether an open object is this person's, or of whom Windows makes the owner of what this process creates (for an
/// administrator that is their group). The handle needs `READ_CONTROL`.
pub(super) fn owns(object: &impl AsRawHandle, kind: Kind) -> io::Result<bool> {
    let owner = owner(object.as_raw_handle(), kind)?;
    Ok(owner == ours(TokenUser)? || owner == ours(TokenOwner)?)
}

/// An access list: this person, the system, administrators; for what lies below a folder too.
pub(super) struct Access {
    descriptor: Local,
}

impl Access {
    pub(super) fn ours_alone() -> io::Result<Self> {
        let text = access_text::for_owner_alone(&ours(TokenUser)?);
        let text: Vec<u16> = text.encode_utf16().chain(once(0)).collect();
        let mut descriptor: PSECURITY_DESCRIPTOR = null_mut();
        // SAFETY: `text` ends with a zero; what is put into `descriptor` is ours to free.
        let made = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(text.as_ptr(), SDDL_REVISION_1, &mut descriptor, null_mut())
        };
        succeeded(made)?;
        Ok(Self { descriptor: Local(descriptor) })
    }

    /// For calls that make something; valid as long as `self` is.
    pub(super) fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
            lpSecurityDescriptor: self.descriptor.0,
            bInheritHandle: 0,
        }
    }

    pub(super) fn make_folder(&self, path: &Path) -> io::Result<()> {
        let path: Vec<u16> = path.as_os_str().encode_wide().chain(once(0)).collect();
        let attributes = self.attributes();
        // SAFETY: `path` ends with a zero; `attributes` and what it points to live until the call is over.
        succeeded(unsafe { CreateDirectoryW(path.as_ptr(), &attributes) })
    }

    /// Gives it to an open file or folder. The handle needs `WRITE_DAC`.
    pub(super) fn set(&self, object: &impl AsRawHandle) -> io::Result<()> {
        let (mut present, mut list, mut defaulted) = (0, null_mut::<ACL>(), 0);
        // SAFETY: the descriptor is whole; `list` points into it.
        succeeded(unsafe { GetSecurityDescriptorDacl(self.descriptor.0, &mut present, &mut list, &mut defaulted) })?;
        if present == 0 || list.is_null() {
            // A missing list would open it to everybody.
            return Err(io::Error::other("an access list without entries"));
        }
        let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
        // SAFETY: the handle is open as long as `object` is borrowed; `list` lives as long as the descriptor.
        worked(unsafe { SetSecurityInfo(object.as_raw_handle(), SE_FILE_OBJECT, what, null_mut(), null_mut(), list, null_mut()) })
    }
}

/// Whether the access list of an open file or folder lets in nobody but this person, the system and administrators. The handle
/// needs `READ_CONTROL`.
pub(super) fn is_ours_alone(object: &impl AsRawHandle) -> io::Result<bool> {
    let mut descriptor: PSECURITY_DESCRIPTOR = null_mut();
    let what = DACL_SECURITY_INFORMATION;
    // SAFETY: the handle is open as long as `object` is borrowed; the descriptor is ours to free.
    worked(unsafe {
        GetSecurityInfo(
            object.as_raw_handle(),
            SE_FILE_OBJECT,
            what,
            null_mut(),
            null_mut(),
            null_mut(),
            null_mut(),
            &mut descriptor,
        )
    })?;
    let descriptor = Local(descriptor);
    let mut text: *mut u16 = null_mut();
    // SAFETY: the descriptor is whole; what is put into `text` ends with a zero and is ours to free.
    succeeded(unsafe {
        ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor.0, SDDL_REVISION_1, what, &mut text, null_mut())
    })?;
    Ok(access_text::is_for_owner_alone(&Text(text).read(), &ours(TokenUser)?))
}

fn owner(object: HANDLE, kind: Kind) -> io::Result<String> {
    let kind = match kind {
        Kind::File => SE_FILE_OBJECT,
        Kind::Pipe => SE_KERNEL_OBJECT,
    };
    let (mut owner, mut descriptor): (PSID, PSECURITY_DESCRIPTOR) = (null_mut(), null_mut());
    // SAFETY: both are written where the call succeeds; `owner` points into the descriptor, which is ours to free.
    worked(unsafe {
        GetSecurityInfo(object, kind, OWNER_SECURITY_INFORMATION, &mut owner, null_mut(), null_mut(), null_mut(), &mut descriptor)
    })?;
    let _descriptor = Local(descriptor);
    name(owner)
}

/// The person of this process (`TokenUser`), or the owner of what it creates (`TokenOwner`), as `S-1-…`.
fn ours(class: TOKEN_INFORMATION_CLASS) -> io::Result<String> {
    let mut token: HANDLE = null_mut();
    // SAFETY: the process's own handle needs no closing; the token's is owned right after.
    succeeded(unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) })?;
    // SAFETY: just opened, and nobody else's.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // A SID takes 68 bytes at most; words, so that the structure before it lies as it must.
    let mut buffer = [0u64; 32];
    let mut length = 0;
    let size = size_of_val(&buffer) as u32;
    // SAFETY: the call writes `size` bytes at most.
    succeeded(unsafe {
        GetTokenInformation(token.as_raw_handle(), class, buffer.as_mut_ptr().cast::<c_void>(), size, &mut length)
    })?;
    // SAFETY: the buffer is aligned for and begins with the structure that belongs to the class; its SID lies in the buffer.
    let sid = unsafe {
        if class == TokenOwner {
            (*buffer.as_ptr().cast::<TOKEN_OWNER>()).Owner
        } else {
            (*buffer.as_ptr().cast::<TOKEN_USER>()).User.Sid
        }
    };
    name(sid)
}

/// A SID as text.
fn name(sid: PSID) -> io::Result<String> {
    if sid.is_null() {
        return Err(io::Error::other("it has no owner"));
    }
    let mut text: *mut u16 = null_mut();
    // SAFETY: `sid` is valid; what is put into `text` ends with a zero and is ours to free.
    succeeded(unsafe { ConvertSidToStringSidW(sid, &mut text) })?;
    Ok(Text(text).read())
}

/// Text that a call gave us, with a zero at its end.
struct Text(*mut u16);

impl Text {
    fn read(&self) -> String {
        let mut units = Vec::new();
        // SAFETY: never null where the call succeeded, and read up to its zero.
        unsafe {
            while *self.0.add(units.len()) != 0 {
                units.push(*self.0.add(units.len()));
            }
        }
        String::from_utf16_lossy(&units)
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        drop(Local(self.0.cast()));
    }
}

/// Memory that a call gave us.
struct Local(*mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: from a call that says it is to be freed so, and freed once.
        unsafe { LocalFree(self.0) };
    }
}

fn succeeded(result: i32) -> io::Result<()> {
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn worked(error: u32) -> io::Result<()> {
    if error == ERROR_SUCCESS { Ok(()) } else { Err(io::Error::from_raw_os_error(error as i32)) }
}
