//! What this desktop offers: whether it has a display and folder dialogs, light or dark, a file manager, a tray, programs that start at login.

#[cfg(any(target_os = "macos", windows))]
mod native;
#[cfg(not(any(target_os = "macos", windows)))]
mod xdg;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use strongroom::model::path::PathBytes;
use strongroom::model::problem::{Code, Problem};
use strongroom::os::autostart;
use strongroom::ui::autostart::Autostart;
use strongroom::ui::pick::{Pick, PickPaths};

#[cfg(any(target_os = "macos", windows))]
use native as system;
#[cfg(not(any(target_os = "macos", windows)))]
use xdg as system;

pub use system::{drops_arrive, no_display, show_tray, watch_appearance, wayland_is_dead};

/// The desktop's dialog for folders and files; `None` where it has none (a cancelled dialog and a missing one look the same afterwards).
pub fn path_dialog() -> Option<PickPaths> {
    if !system::has_dialogs() {
        return None;
    }
    Some(Arc::new(|pick: Pick, title: &str| {
        let dialog = rfd::FileDialog::new().set_title(title);
        let picked = match pick {
            Pick::Folders => dialog.pick_folders(),
            Pick::Folder => dialog.pick_folder().map(|folder| vec![folder]),
            Pick::File => dialog.pick_file().map(|file| vec![file]),
        };
        picked.unwrap_or_default().into_iter().map(PathBytes::from).collect()
    }))
}

/// Shows a folder in the file manager; does not wait for it.
pub fn open_folder(path: &PathBytes) {
    // With the separators that Windows's file manager wants.
    let path: PathBuf = path.as_path().components().collect();
    let spawned =
        Command::new(system::FILE_MANAGER).arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    match spawned {
        Ok(mut child) => {
            // Somebody has to take its exit code.
            let _ = thread::Builder::new().name("file manager".into()).spawn(move || child.wait());
        }
        Err(error) => tracing::warn!("{}: {error}", system::FILE_MANAGER),
    }
}

/// Starting at login; `None` where the system has no way that is known here. `home`: what `STRONGROOM_HOME` says.
pub fn autostart(home: Option<&Path>) -> Option<Autostart> {
    let entry = autostart::Autostart::of_this_person(home)?;
    Some(Arc::new(move |wanted: Option<bool>| {
        let switched = wanted.map_or(Ok(()), |on| entry.switch(on));
        switched.and_then(|()| entry.is_on()).map_err(|error| {
            let what = match wanted {
                Some(_) => "Starting at login could not be switched.",
                None => "Whether Strongroom starts at login cannot be told.",
            };
            let fix = format!("Look at {} and its folder.", entry.file().display());
            Problem::new(Code::Settings, what, fix).with_detail(error.to_string())
        })
    }))
}
