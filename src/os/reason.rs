//! Why the system refused something, in one vocabulary. What [`std::io::ErrorKind`] tells apart is asked of that.

use std::io;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    NotThere,
    /// What should be a folder on the way is none, or is a link where none is followed.
    NotAFolder,
    ALink,
    AFolder,
    Exists,
    NotEmpty,
    /// By the permissions of the file.
    Refused,
    /// To anybody like this one, or by this file system at all.
    NotPermitted,
    ReadOnly,
    NoRoom,
    TooLarge,
    BadName,
    TooManyLinks,
    OtherDisk,
    NotSupported,
    Invalid,
    /// A drive that was pulled, a share whose server went away.
    Unreachable,
    Other,
}

impl Reason {
    /// `Other` also for errors that are not the system's.
    pub fn of(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(code) => system::reason(code),
            None => match error.kind() {
                io::ErrorKind::NotFound => Self::NotThere,
                io::ErrorKind::AlreadyExists => Self::Exists,
                io::ErrorKind::PermissionDenied => Self::Refused,
                io::ErrorKind::InvalidFilename => Self::BadName,
                io::ErrorKind::Unsupported => Self::NotSupported,
                io::ErrorKind::CrossesDevices => Self::OtherDisk,
                _ => Self::Other,
            },
        }
    }

    /// Whether what was there a moment ago has gone, or something else has taken its name.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::NotThere | Self::NotAFolder | Self::ALink)
    }

    /// Whether a further name of a file cannot be had here: no hard links, across mounts, or too many already.
    pub fn is_without_links(self) -> bool {
        matches!(self, Self::NotPermitted | Self::NotSupported | Self::OtherDisk | Self::TooManyLinks)
    }
}

/// As the system would say it.
impl From<Reason> for io::Error {
    fn from(reason: Reason) -> Self {
        match system::code(reason) {
            Some(code) => Self::from_raw_os_error(code),
            None => io::ErrorKind::Other.into(),
        }
    }
}

#[cfg(unix)]
mod system {
    use rustix::io::Errno;

    use super::Reason;

    pub(super) fn reason(code: i32) -> Reason {
        match Errno::from_raw_os_error(code) {
            Errno::NOENT => Reason::NotThere,
            Errno::NOTDIR => Reason::NotAFolder,
            Errno::LOOP => Reason::ALink,
            Errno::ISDIR => Reason::AFolder,
            Errno::EXIST => Reason::Exists,
            Errno::NOTEMPTY => Reason::NotEmpty,
            Errno::ACCESS => Reason::Refused,
            Errno::PERM => Reason::NotPermitted,
            Errno::ROFS => Reason::ReadOnly,
            Errno::NOSPC | Errno::DQUOT => Reason::NoRoom,
            Errno::FBIG => Reason::TooLarge,
            Errno::NAMETOOLONG | Errno::ILSEQ => Reason::BadName,
            Errno::MLINK => Reason::TooManyLinks,
            Errno::XDEV => Reason::OtherDisk,
            Errno::INVAL => Reason::Invalid,
            // One number on Linux, two on macOS.
            e if e == Errno::NOTSUP || e == Errno::OPNOTSUPP || e == Errno::NOSYS => Reason::NotSupported,
            Errno::STALE
            | Errno::NODEV
            | Errno::NXIO
            | Errno::NOTCONN
            | Errno::CONNABORTED
            | Errno::CONNRESET
            | Errno::CONNREFUSED
            | Errno::TIMEDOUT
            | Errno::HOSTDOWN
            | Errno::HOSTUNREACH
            | Errno::NETDOWN
            | Errno::NETUNREACH => Reason::Unreachable,
            _ => Reason::Other,
        }
    }

    pub(super) fn code(reason: Reason) -> Option<i32> {
        let errno = match reason {
            Reason::NotThere => Errno::NOENT,
            Reason::NotAFolder => Errno::NOTDIR,
            Reason::ALink => Errno::LOOP,
            Reason::AFolder => Errno::ISDIR,
            Reason::Exists => Errno::EXIST,
            Reason::NotEmpty => Errno::NOTEMPTY,
            Reason::Refused => Errno::ACCESS,
            Reason::NotPermitted => Errno::PERM,
            Reason::ReadOnly => Errno::ROFS,
            Reason::NoRoom => Errno::NOSPC,
            Reason::TooLarge => Errno::FBIG,
            Reason::BadName => Errno::NAMETOOLONG,
            Reason::TooManyLinks => Errno::MLINK,
            Reason::OtherDisk => Errno::XDEV,
            Reason::NotSupported => Errno::OPNOTSUPP,
            Reason::Invalid => Errno::INVAL,
            Reason::Unreachable => Errno::STALE,
            Reason::Other => return None,
        };
        Some(errno.raw_os_error())
    }
}

#[cfg(windows)]
mod system {
    use windows_sys::Win32::Foundation as win;

    use super::Reason;

    pub(super) fn reason(code: i32) -> Reason {
        match code as u32 {
            win::ERROR_FILE_NOT_FOUND | win::ERROR_PATH_NOT_FOUND | win::ERROR_DELETE_PENDING => Reason::NotThere,
            win::ERROR_DIRECTORY => Reason::NotAFolder,
            win::ERROR_CANT_ACCESS_FILE | win::ERROR_STOPPED_ON_SYMLINK => Reason::ALink,
            win::ERROR_FILE_EXISTS | win::ERROR_ALREADY_EXISTS => Reason::Exists,
            win::ERROR_DIR_NOT_EMPTY => Reason::NotEmpty,
            win::ERROR_ACCESS_DENIED | win::ERROR_SHARING_VIOLATION | win::ERROR_LOCK_VIOLATION => Reason::Refused,
            win::ERROR_PRIVILEGE_NOT_HELD => Reason::NotPermitted,
            win::ERROR_WRITE_PROTECT => Reason::ReadOnly,
            win::ERROR_DISK_FULL | win::ERROR_HANDLE_DISK_FULL | win::ERROR_DISK_QUOTA_EXCEEDED => Reason::NoRoom,
            win::ERROR_FILE_TOO_LARGE => Reason::TooLarge,
            win::ERROR_INVALID_NAME | win::ERROR_BAD_PATHNAME | win::ERROR_FILENAME_EXCED_RANGE => Reason::BadName,
            win::ERROR_TOO_MANY_LINKS => Reason::TooManyLinks,
            win::ERROR_NOT_SAME_DEVICE => Reason::OtherDisk,
            win::ERROR_NOT_SUPPORTED | win::ERROR_INVALID_FUNCTION | win::ERROR_CALL_NOT_IMPLEMENTED => Reason::NotSupported,
            win::ERROR_INVALID_PARAMETER => Reason::Invalid,
            win::ERROR_NOT_READY
            | win::ERROR_BAD_NETPATH
            | win::ERROR_BAD_NET_NAME
            | win::ERROR_NETNAME_DELETED
            | win::ERROR_NETWORK_UNREACHABLE
            | win::ERROR_HOST_UNREACHABLE
            | win::ERROR_DEVICE_NOT_CONNECTED
            | win::ERROR_DEV_NOT_EXIST
            | win::ERROR_NO_SUCH_DEVICE
            | win::ERROR_FILE_INVALID
            | win::ERROR_SEM_TIMEOUT
            | win::ERROR_UNEXP_NET_ERR => Reason::Unreachable,
            _ => Reason::Other,
        }
    }

    pub(super) fn code(reason: Reason) -> Option<i32> {
        let code = match reason {
            Reason::NotThere => win::ERROR_FILE_NOT_FOUND,
            Reason::NotAFolder => win::ERROR_DIRECTORY,
            Reason::ALink => win::ERROR_STOPPED_ON_SYMLINK,
            Reason::AFolder | Reason::Refused => win::ERROR_ACCESS_DENIED,
            Reason::Exists => win::ERROR_ALREADY_EXISTS,
            Reason::NotEmpty => win::ERROR_DIR_NOT_EMPTY,
            Reason::NotPermitted => win::ERROR_PRIVILEGE_NOT_HELD,
            Reason::ReadOnly => win::ERROR_WRITE_PROTECT,
            Reason::NoRoom => win::ERROR_DISK_FULL,
            Reason::TooLarge => win::ERROR_FILE_TOO_LARGE,
            Reason::BadName => win::ERROR_INVALID_NAME,
            Reason::TooManyLinks => win::ERROR_TOO_MANY_LINKS,
            Reason::OtherDisk => win::ERROR_NOT_SAME_DEVICE,
            Reason::NotSupported => win::ERROR_NOT_SUPPORTED,
            Reason::Invalid => win::ERROR_INVALID_PARAMETER,
            Reason::Unreachable => win::ERROR_DEVICE_NOT_CONNECTED,
            Reason::Other => return None,
        };
        Some(code as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_comes_back() {
        for reason in [Reason::NotThere, Reason::Exists, Reason::OtherDisk, Reason::NoRoom, Reason::NotSupported, Reason::ALink] {
            assert_eq!(Reason::of(&reason.into()), reason);
        }
        let missing = std::fs::read("/none/at/all").unwrap_err();
        assert_eq!(Reason::of(&missing), Reason::NotThere);
        assert_eq!(Reason::of(&io::Error::other("x")), Reason::Other);
    }
}
