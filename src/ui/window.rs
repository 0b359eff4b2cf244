//! Opening the window, and what is left to do when it is closed.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::app::App;
use super::autostart::Autostart;
use super::pick::PickPaths;
use super::theme::size;
use super::waker::WindowWaker;
use crate::engine::Handle;
use crate::engine::env::Clock;
use crate::model::location::placeholder::Placeholders;
use crate::model::path::PathBytes;
use crate::model::problem::Problem;

/// The window's title.
pub const TITLE: &str = "Strongroom";

/// An engine that the window talks to.
#[derive(Clone)]
pub struct Joined {
    pub handle: Handle,
    /// Whether it ends with this process; else closing the window ends nothing and asks nothing.
    pub own: bool,
}

/// Attaches again after the engine has gone, or starts one: called on a thread of its own.
pub type Reopen = Arc<dyn Fn() -> Result<Joined, Problem> + Send + Sync>;

/// What the desktop says about light and dark; whoever watches it writes, the window reads.
#[derive(Clone, Default)]
pub struct SystemAppearance(Arc<AtomicU8>);

impl SystemAppearance {
    /// `None`: the desktop does not say.
    pub fn set(&self, dark: Option<bool>) {
        self.0.store(dark.map_or(0, |dark| if dark { 2 } else { 1 }), Relaxed);
    }

    pub fn dark(&self) -> Option<bool> {
        match self.0.load(Relaxed) {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        }
    }
}

/// Whether an icon of ours is in the desktop's tray; whoever puts it there writes, the window reads.
#[derive(Clone, Default)]
pub struct TrayPresence {
    is_there: Arc<AtomicBool>,
    was_there: Arc<AtomicBool>,
}

impl TrayPresence {
    pub fn set(&self, is_there: bool) {
        self.is_there.store(is_there, Relaxed);
        self.was_there.fetch_or(is_there, Relaxed);
    }

    /// It is not there, and need not be waited for: what it was shown on has gone.
    pub fn lose(&self) {
        self.is_there.store(false, Relaxed);
        self.was_there.store(false, Relaxed);
    }

    /// Somebody sees it now.
    pub fn is_there(&self) -> bool {
        self.is_there.load(Relaxed)
    }

    /// Somebody has seen it: a tray that is gone may come back, as when the desktop's panel starts anew.
    pub fn was_there(&self) -> bool {
        self.was_there.load(Relaxed)
    }
}

/// What the window needs from outside. Cheap to clone: the same for every window that is opened.
#[derive(Clone)]
pub struct Window {
    pub engine: Joined,
    pub reopen: Reopen,
    pub clock: Arc<dyn Clock>,
    pub waker: WindowWaker,
    pub appearance: SystemAppearance,
    /// `None` where the desktop has no dialog for folders and files.
    pub pick_paths: Option<PickPaths>,
    /// Whether files dropped onto the window arrive.
    pub drops: bool,
    /// Shows a folder in the desktop's file manager; must return at once.
    pub open_folder: Arc<dyn Fn(&PathBytes) + Send + Sync>,
    pub tray: TrayPresence,
    /// What stands for the placeholders of an address that is typed.
    pub placeholders: Placeholders,
    /// `None` where nothing can be started at login.
    pub autostart: Option<Autostart>,
}

/// What was wished when the window was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Runs and schedules go on without a window, with an icon in the tray where there is one.
    KeepRunning,
    Quit,
}

/// Shows the window until it is closed. On the main thread; may be called again.
///
/// # Errors
/// Where there is no display or no OpenGL, in the system's words.
pub fn run(window: Window) -> Result<Closed, String> {
    let closed = Arc::new(Mutex::new(Closed::Quit));
    let waker = window.waker.clone();
    let answer = closed.clone();
    let result = eframe::run_native(
        TITLE,
        options(),
        Box::new(move |creation| {
            window.waker.attach(Some(creation.egui_ctx.clone()));
            Ok(Box::new(App::new(&creation.egui_ctx, window, answer)))
        }),
    );
    waker.attach(None);
    result.map_err(|error| error.to_string())?;
    let closed = *closed.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(closed)
}

pub(super) fn options() -> eframe::NativeOptions {
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icons/strongroom-256.png")).unwrap_or_default();
    let viewport = egui::ViewportBuilder::default()
        .with_title(TITLE)
        .with_app_id("strongroom")
        .with_inner_size([1100.0, 720.0])
        .with_min_inner_size(size::WINDOW_LEAST)
        .with_icon(icon);
    eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        // A window that opens again must not be placed by what an older one left behind.
        persist_window: false,
        ..eframe::NativeOptions::default()
    }
}
