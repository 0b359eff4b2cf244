use std::path::PathBuf;
use std::ptr::null_mut;

use windows_sys::Win32::Storage::FileSystem::{GetDiskFreeSpaceExW, GetDriveTypeW, GetLogicalDrives, GetVolumeInformationW};
use windows_sys::Win32::System::SystemServices::FILE_READ_ONLY_VOLUME;
use windows_sys::Win32::System::WindowsProgramming::{DRIVE_FIXED, DRIVE_REMOTE, DRIVE_REMOVABLE};

use super::Mounted;
use crate::model::drive::{Mount, Share};
use crate::model::path::PathBytes;

pub fn system_root() -> PathBuf {
    let mut drive = std::env::var_os("SystemDrive").unwrap_or_else(|| "C:".into());
    drive.push(r"\");
    drive.into()
}

/// Volumes are not told apart here.
pub fn mounts() -> Vec<Mount> {
    let share =
        |mounted: &Mounted| mounted.is_network.then(|| Share { kind: mounted.kind.clone(), source: mounted.source.clone() });
    mounted().into_iter().map(|mounted| Mount { share: share(&mounted), point: mounted.point, volume: None }).collect()
}

pub fn mounted() -> Vec<Mounted> {
    // SAFETY: takes nothing.
    let letters = unsafe { GetLogicalDrives() };
    (0..26u8).filter(|n| letters >> n & 1 == 1).filter_map(|n| drive(char::from(b'A' + n))).collect()
}

fn drive(letter: char) -> Option<Mounted> {
    let root = format!(r"{letter}:\");
    let path: Vec<u16> = root.encode_utf16().chain([0]).collect();
    // SAFETY: `path` ends with a zero.
    let kind = unsafe { GetDriveTypeW(path.as_ptr()) };
    if !matches!(kind, DRIVE_FIXED | DRIVE_REMOVABLE | DRIVE_REMOTE) {
        return None;
    }
    let (mut label, mut system, mut flags) = ([0u16; 261], [0u16; 261], 0);
    // SAFETY: `path` ends with a zero; both buffers are as long as is said.
    let known = unsafe {
        GetVolumeInformationW(
            path.as_ptr(),
            label.as_mut_ptr(),
            label.len() as u32,
            null_mut(),
            null_mut(),
            &mut flags,
            system.as_mut_ptr(),
            system.len() as u32,
        )
    };
    let (mut free, mut total) = (0, 0);
    // SAFETY: `path` ends with a zero; what is not asked for may be null.
    let measured = unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &mut free, &mut total, null_mut()) };
    // An empty slot for cards, say.
    if known == 0 || measured == 0 || total == 0 || flags & FILE_READ_ONLY_VOLUME != 0 {
        return None;
    }
    let label = text(&label);
    Some(Mounted {
        point: PathBytes::from(root.as_str()),
        label: Some(if label.is_empty() { format!("Drive {letter}:") } else { format!("{label} ({letter}:)") }),
        kind: text(&system),
        source: format!("{letter}:"),
        is_network: kind == DRIVE_REMOTE,
        free,
        total,
    })
}

/// Up to the zero that ends it.
fn text(units: &[u16]) -> String {
    String::from_utf16_lossy(units.split(|unit| *unit == 0).next().unwrap_or_default())
}
