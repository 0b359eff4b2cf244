//! Opening the window, and what is left to do when it is closed.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::app::App;
use super::pick::PickPaths;
use super::theme::size;
use super::waker::WindowWaker;
use crate::engine::Handle;
use crate::engine::env::Clock;
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
}

/// What was wished when the window was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Runs and schedules go on without a window.
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
