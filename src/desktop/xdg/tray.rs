//! The icon in the tray: a StatusNotifierItem on the session's bus, kept up to date with the engine.

mod item;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use ksni::blocking::{Handle as Shown, TrayMethods};
use strongroom::engine::Handle;
use strongroom::engine::env::{Clock, SystemClock};
use strongroom::engine::message::Overview;
use strongroom::ui::tray::{Press, TrayView, press};
use strongroom::ui::{Joined, TrayPresence, WindowWaker};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use zbus::blocking::connection::Builder;
use zbus::blocking::{MessageIterator, Proxy};

use self::item::Item;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
/// For one call to whoever shows the icons.
const CALL: Duration = Duration::from_secs(5);
/// Between two looks at how far a run is.
const PROGRESS: Duration = Duration::from_secs(1);
/// Between two looks for an engine, where the last one has gone.
const LOST: Duration = Duration::from_millis(500);
/// Between two looks at anything else: "tomorrow" becomes "today", and a bus that refused us may do so no more.
const IDLE: Duration = Duration::from_secs(300);
/// How often the icon is brought to a tray that comes and goes meanwhile.
const TRIES: usize = 5;
/// Between two looks for somebody who shows icons, where there is one to tell of them, and for a bus in the place of one that went.
const HOST: Duration = Duration::from_secs(10);

/// Keeps an icon in the tray for as long as the process lives, where there is a tray or one comes: on a thread of its own, since a bus may
/// not answer. `engine`: the one that is talked to now.
pub fn show(engine: Arc<dyn Fn() -> Joined + Send + Sync>, windows: WindowWaker, presence: TrayPresence) {
    let following = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        let mut tray = Tray {
            windows,
            presence,
            watched: Arc::default(),
            told: Arc::default(),
            shown: None,
            gone: Arc::default(),
            lost: false,
            tried: None,
        };
        loop {
            tray.follow(&engine(), &runtime);
            tray.update(TrayView::lost, None);
            // A timer can only be made within the runtime.
            runtime.block_on(async { sleep(LOST).await });
        }
    };
    if let Err(error) = thread::Builder::new().name("tray".into()).spawn(following) {
        tracing::warn!("there is no icon in the tray: {error}");
    }
}

struct Tray {
    windows: WindowWaker,
    presence: TrayPresence,
    /// Whether somebody takes icons: who shows them, or who tells those of them.
    watched: Arc<AtomicBool>,
    /// Told when that changes.
    told: Arc<Notify>,
    shown: Option<Shown<Item>>,
    /// The bus that it is shown on has gone.
    gone: Arc<AtomicBool>,
    /// It went, and there is no other one yet.
    lost: bool,
    /// When the bus was last asked to take it.
    tried: Option<Instant>,
}

impl Tray {
    /// Shows how the engine's backups stand, until it ends.
    fn follow(&mut self, engine: &Joined, runtime: &Runtime) {
        let handle = &engine.handle;
        let mut changes = handle.overview_changes();
        while !handle.is_closed() {
            let overview = changes.borrow_and_update().clone();
            let view = || {
                let progress = |run| handle.progress(run);
                TrayView::of(&overview, progress, engine.own, SystemClock.now(), &SystemClock.zone())
            };
            self.update(view, Some(handle));
            let pause = self.pause(&overview);
            if !runtime.block_on(next(&mut changes, &self.told, pause)) {
                return;
            }
        }
    }

    fn pause(&self, overview: &Overview) -> Duration {
        if overview.runs.iter().any(|run| !run.paused) {
            PROGRESS
        } else if self.lost || self.lacks_host() {
            HOST
        } else {
            IDLE
        }
    }

    fn update(&mut self, view: impl FnOnce() -> TrayView, handle: Option<&Handle>) {
        let pressed: Arc<dyn Fn(&Press) + Send + Sync> = {
            let (handle, windows) = (handle.cloned(), self.windows.clone());
            Arc::new(move |pressed| match (&handle, pressed) {
                (Some(handle), pressed) => press(pressed, handle, &windows),
                // Nobody to ask for anything; the window says why.
                (None, Press::Quit) => windows.wish(strongroom::ui::Wish::Quit),
                (None, _) => windows.wish(strongroom::ui::Wish::Open),
            })
        };
        if self.gone.load(Relaxed) {
            self.lose();
        }
        let again = if self.lost { HOST } else { IDLE };
        match &self.shown {
            Some(shown) => drop(shown.update(|item| item.show(view(), pressed))),
            None if self.tried.is_none_or(|tried| tried.elapsed() >= again) => {
                self.tried = Some(Instant::now());
                let (view, presence, watched, told) = (view(), self.presence.clone(), self.watched.clone(), self.told.clone());
                self.spawn(|| Item::new(view.clone(), pressed.clone(), presence.clone(), watched.clone(), told.clone()));
            }
            None => {}
        }
        if self.lacks_host() {
            self.presence.set(host().unwrap_or(false));
        }
    }

    /// With the bus goes whoever showed the icon, and nobody tells us.
    fn lose(&mut self) {
        tracing::info!("the session's bus has gone, and the icon in the tray with it");
        // Not waited for: whom it would take leave of is not there.
        self.shown.take().map(|shown| shown.shutdown());
        self.gone = Arc::default();
        self.lost = true;
        self.watched.store(false, Relaxed);
        self.presence.lose();
    }

    /// Our icon is known, but nobody is known to show it.
    fn lacks_host(&self) -> bool {
        self.shown.is_some() && self.watched.load(Relaxed) && !self.presence.is_there()
    }

    fn spawn(&mut self, item: impl Fn() -> Item) {
        // Whoever may not own names, as in a Flatpak, is known by its connection. A tray may come later: at login we may be quicker.
        let boxed = Path::new("/.flatpak-info").exists();
        for _ in 0..TRIES {
            // Unless we are told otherwise.
            self.watched.store(true, Relaxed);
            let shown = match item().disable_dbus_name(boxed).assume_sni_available(true).spawn() {
                Ok(shown) => shown,
                Err(error) => return tracing::info!("there is no tray here: {error}"),
            };
            // One that comes just when it was not found, and is not waited for yet, would never be told.
            if self.watched.load(Relaxed) || host().is_err() {
                self.shown = Some(shown);
                self.lost = false;
                self.gone = watch_bus(self.told.clone());
                return;
            }
            shown.shutdown().wait();
        }
    }
}

/// Becomes true when the bus goes. `ksni` does not tell; a connection of our own, by which nobody says anything, ends with it.
fn watch_bus(told: Arc<Notify>) -> Arc<AtomicBool> {
    let gone = Arc::new(AtomicBool::new(false));
    let flag = gone.clone();
    let watching = move || {
        if let Ok(bus) = Builder::session().and_then(|bus| bus.method_timeout(CALL).build()) {
            let _ = MessageIterator::from(bus).find(Result::is_err);
        }
        flag.store(true, Relaxed);
        told.notify_one();
    };
    if let Err(error) = thread::Builder::new().name("tray bus".into()).spawn(watching) {
        tracing::warn!("that the session's bus goes will not be seen: {error}");
    }
    gone
}

/// Whether somebody shows the icons that the watcher knows of. Fails where there is no watcher.
fn host() -> zbus::Result<bool> {
    let bus = Builder::session()?.method_timeout(CALL).build()?;
    Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER)?.get_property("IsStatusNotifierHostRegistered")
}

/// Until there is something new to show; `false` where the engine has gone.
async fn next(changes: &mut watch::Receiver<Arc<Overview>>, told: &Notify, pause: Duration) -> bool {
    tokio::select! {
        changed = changes.changed() => changed.is_ok(),
        () = told.notified() => true,
        () = sleep(pause) => true,
    }
}
