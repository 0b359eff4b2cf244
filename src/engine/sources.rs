//! What a person may want to back up, and where to: suggested folders, drives, sizes.

use std::collections::HashSet;
use std::path::Path;

use crate::model::path::PathBytes;
use crate::os::drives;
use crate::os::identity::device;

use super::message::{Drive, Suggestion};

/// Folders of this person that are worth a backup: those that exist.
pub fn suggest() -> Vec<Suggestion> {
    let Some(dirs) = directories::UserDirs::new() else { return Vec::new() };
    let known = [
        ("Documents", dirs.document_dir(), true),
        ("Pictures", dirs.picture_dir(), true),
        ("Desktop", dirs.desktop_dir(), true),
        ("Music", dirs.audio_dir(), false),
        ("Videos", dirs.video_dir(), false),
        ("Downloads", dirs.download_dir(), false),
    ];
    let home = dirs.home_dir();
    let mut seen: HashSet<PathBytes> = HashSet::new();
    let mut found = Vec::new();
    for (name, path, chosen) in known {
        // Without xdg-user-dirs nothing is configured; the English names are then what desktops make.
        let path = path.map_or_else(|| home.join(name), Path::to_path_buf);
        let bytes = PathBytes::from(path.as_path());
        if path != home && path.is_dir() && seen.insert(bytes.clone()) {
            found.push(Suggestion { name: name.into(), path: bytes, chosen });
        }
    }
    found.push(Suggestion { name: "Home folder".into(), path: home.into(), chosen: false });
    found
}

/// Drives and shares that are mounted where a person would put backups, the likeliest first.
pub fn drives() -> Vec<Drive> {
    let home = directories::UserDirs::new().map(|d| d.home_dir().to_path_buf());
    let system: HashSet<u64> = [device(&drives::system_root()), home.as_deref().and_then(device)].into_iter().flatten().collect();
    let mut found: Vec<Drive> = drives::mounted()
        .into_iter()
        .map(|mounted| Drive {
            name: mounted.label.unwrap_or_else(|| match mounted.point.file_name() {
                b"" => "This computer".into(),
                name => String::from_utf8_lossy(name).into_owned(),
            }),
            is_system: device(&mounted.point.as_path()).is_some_and(|d| system.contains(&d)),
            is_network: mounted.is_network,
            free: mounted.free,
            total: mounted.total,
            device: mounted.source,
            file_system: mounted.kind,
            mount_point: mounted.point,
        })
        .collect();
    found.sort_by(|a, b| (a.is_system, &a.mount_point).cmp(&(b.is_system, &b.mount_point)));
    found.dedup_by(|a, b| a.mount_point == b.mount_point);
    found.truncate(50);
    found
}
