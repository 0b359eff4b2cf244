//! What the desktop is told of the icon: by `ksni`, which speaks StatusNotifierItem and its menus.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ksni::menu::{StandardItem, SubMenu};
use ksni::{Category, Icon, MenuItem, OfflineReason, Status, ToolTip, Tray};
use strongroom::ui::TrayPresence;
use strongroom::ui::tray::{Entry, Face, Press, TrayView};
use tokio::sync::Notify;

/// Pixels in each direction; a desktop takes the one that fits best.
const SIZES: [u32; 5] = [16, 22, 24, 32, 48];

type Pressed = Arc<dyn Fn(&Press) + Send + Sync>;

pub struct Item {
    view: TrayView,
    icons: Vec<Icon>,
    pressed: Pressed,
    presence: TrayPresence,
    watched: Arc<AtomicBool>,
    told: Arc<Notify>,
}

impl Item {
    pub fn new(view: TrayView, pressed: Pressed, presence: TrayPresence, watched: Arc<AtomicBool>, told: Arc<Notify>) -> Self {
        Self { icons: icons(view.face), view, pressed, presence, watched, told }
    }

    pub fn show(&mut self, view: TrayView, pressed: Pressed) {
        if view.face != self.view.face {
            self.icons = icons(view.face);
        }
        (self.view, self.pressed) = (view, pressed);
    }
}

fn icons(face: Face) -> Vec<Icon> {
    SIZES.into_iter().map(|size| Icon { width: size as i32, height: size as i32, data: face.argb(size) }).collect()
}

impl Tray for Item {
    fn id(&self) -> String {
        "strongroom".into()
    }

    fn category(&self) -> Category {
        Category::ApplicationStatus
    }

    fn title(&self) -> String {
        "Strongroom".into()
    }

    fn status(&self) -> Status {
        if self.view.face.attention { Status::NeedsAttention } else { Status::Active }
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        self.icons.clone()
    }

    fn attention_icon_pixmap(&self) -> Vec<Icon> {
        if self.view.face.attention { self.icons.clone() } else { Vec::new() }
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip { title: self.view.line.clone(), description: plain(&self.view.more), ..ToolTip::default() }
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        self.view.menu.iter().map(entry).collect()
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        (self.pressed)(&Press::Open);
    }

    fn secondary_activate(&mut self, _x: i32, _y: i32) {
        (self.pressed)(&Press::Open);
    }

    fn watcher_online(&self) {
        self.watched.store(true, Relaxed);
        self.told.notify_one();
    }

    fn watcher_offline(&self, reason: OfflineReason) -> bool {
        tracing::info!("there is no tray: {reason:?}");
        self.watched.store(false, Relaxed);
        self.presence.set(false);
        self.told.notify_one();
        true
    }
}

fn entry(entry: &Entry) -> MenuItem<Item> {
    match entry {
        Entry::Text(text) => StandardItem { label: label(text), enabled: false, ..StandardItem::default() }.into(),
        Entry::Item { label: text, enabled, press } => {
            let press = press.clone();
            let activate = Box::new(move |item: &mut Item| (item.pressed)(&press));
            StandardItem { label: label(text), enabled: *enabled, activate, ..StandardItem::default() }.into()
        }
        Entry::Menu { label: text, entries } => {
            SubMenu { label: label(text), submenu: entries.iter().map(self::entry).collect(), ..SubMenu::default() }.into()
        }
        Entry::Line => MenuItem::Separator,
    }
}

/// An underscore alone would mark the letter after it.
fn label(text: &str) -> String {
    text.replace('_', "__")
}

/// Text as those show it who read marks in it.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
