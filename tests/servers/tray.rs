//! A desktop's tray on a bus of its own: takes icons, reads what they tell, opens their menus and clicks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::{OwnedValue, Structure, Value};

use super::notifications::Bus;

const NAME: &str = "org.kde.StatusNotifierWatcher";

/// Takes icons for as long as it lives.
pub struct Tray {
    items: Arc<Mutex<Vec<String>>>,
    connection: Connection,
}

struct Served {
    items: Arc<Mutex<Vec<String>>>,
    has_host: bool,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Served {
    fn register_status_notifier_item(&self, item: String) {
        self.items.lock().unwrap().push(item);
    }

    fn register_status_notifier_host(&self, _host: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.items.lock().unwrap().clone()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        self.has_host
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// Number, properties and lines of a menu, as `com.canonical.dbusmenu` has it.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// One line of a menu.
#[derive(Clone, Debug)]
pub struct Line {
    id: i32,
    pub label: String,
    pub enabled: bool,
    pub lines: Vec<Line>,
}

impl Tray {
    pub fn start(bus: &Bus) -> Self {
        let items: Arc<Mutex<Vec<String>>> = Arc::default();
        let served = Served { items: items.clone(), has_host: true };
        let builder = Builder::address(bus.address.as_str()).unwrap().name(NAME).unwrap();
        let connection = builder.serve_at("/StatusNotifierWatcher", served).unwrap().build().unwrap();
        Self { items, connection }
    }

    /// Waits for an icon.
    pub fn item(&self) -> Item<'_> {
        let name = until("an icon", || self.items.lock().unwrap().last().cloned());
        Item { connection: &self.connection, name }
    }

    pub fn count(&self) -> usize {
        self.items.lock().unwrap().len()
    }
}

impl Drop for Tray {
    fn drop(&mut self) {
        let _ = self.connection.release_name(NAME);
        let _ = self.connection.clone().close();
    }
}

/// An icon, and somebody's hand at it.
pub struct Item<'a> {
    connection: &'a Connection,
    pub name: String,
}

impl Item<'_> {
    fn proxy(&self, path: &'static str, interface: &'static str) -> Proxy<'_> {
        zbus::blocking::proxy::Builder::new(self.connection)
            .destination(self.name.as_str())
            .and_then(|proxy| proxy.path(path))
            .and_then(|proxy| proxy.interface(interface))
            // What it was a moment ago is not asked for.
            .map(|proxy| proxy.cache_properties(zbus::proxy::CacheProperties::No))
            .and_then(zbus::blocking::proxy::Builder::build)
            .unwrap()
    }

    fn property<T: TryFrom<OwnedValue>>(&self, name: &str) -> Option<T>
    where
        T::Error: Into<zbus::Error>,
    {
        self.proxy("/StatusNotifierItem", "org.kde.StatusNotifierItem").get_property(name).ok()
    }

    pub fn status(&self) -> String {
        self.property("Status").unwrap_or_default()
    }

    /// Title and text of what is shown beside the pointer.
    pub fn tooltip(&self) -> (String, String) {
        let Some(tooltip) = self.property::<OwnedValue>("ToolTip") else { return Default::default() };
        let Value::Structure(fields) = &*tooltip else { panic!("{tooltip:?}") };
        let text = |at: usize| String::try_from(fields.fields()[at].try_clone().unwrap()).unwrap();
        (text(2), text(3))
    }

    /// Each size's pixels.
    pub fn icons(&self) -> Vec<(i32, i32, Vec<u8>)> {
        let Some(icons) = self.property::<OwnedValue>("IconPixmap") else { return Vec::new() };
        let Value::Array(icons) = &*icons else { panic!("{icons:?}") };
        let icon = |icon: &Value<'_>| {
            let Value::Structure(fields) = icon else { panic!("{icon:?}") };
            let fields = fields.fields();
            let number = |at: usize| i32::try_from(&fields[at]).unwrap();
            (number(0), number(1), Vec::<u8>::try_from(fields[2].try_clone().unwrap()).unwrap())
        };
        icons.iter().map(icon).collect()
    }

    /// Waits until the tooltip's title begins so; gives it.
    pub fn wait_for(&self, begins: &str) -> String {
        let mut last = String::new();
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            last = self.tooltip().0;
            if last.starts_with(begins) {
                return last;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("waited for {begins:?}; it says {last:?}");
    }

    pub fn menu(&self) -> Vec<Line> {
        let menu = self.proxy("/MenuBar", "com.canonical.dbusmenu");
        let none: [&str; 0] = [];
        let layout: zbus::Result<(u32, Layout)> = menu.call("GetLayout", &(0i32, -1i32, none.as_slice()));
        layout.map(|(_, (.., lines))| lines.iter().map(|line| read(line)).collect()).unwrap_or_default()
    }

    /// All labels, those of inner menus after their own.
    pub fn labels(&self) -> Vec<String> {
        fn all(lines: &[Line]) -> Vec<String> {
            lines.iter().flat_map(|line| [vec![line.label.clone()], all(&line.lines)].concat()).collect()
        }
        all(&self.menu()).into_iter().filter(|label| !label.is_empty()).collect()
    }

    /// Clicks what lies below these labels; waits until it is there and can be chosen.
    pub fn click(&self, labels: &[&str]) {
        until(&format!("{labels:?} among {:?}", self.labels()), || {
            let menu = self.menu();
            let (mut lines, mut found) = (menu.as_slice(), None);
            for label in labels {
                let line = lines.iter().find(|line| line.label == *label && line.enabled)?;
                (lines, found) = (&line.lines, Some(line.id));
            }
            let event = (found?, "clicked", Value::I32(0), 0u32);
            match self.proxy("/MenuBar", "com.canonical.dbusmenu").call::<_, _, ()>("Event", &event) {
                Ok(()) => Some(()),
                // Who quits at once says nothing more.
                Err(zbus::Error::MethodError(name, ..)) if name.ends_with("NoReply") => Some(()),
                // The menu has just changed.
                Err(_) => None,
            }
        });
    }

    /// A click on the icon itself.
    pub fn activate(&self) {
        let item = self.proxy("/StatusNotifierItem", "org.kde.StatusNotifierItem");
        item.call::<_, _, ()>("Activate", &(1i32, 1i32)).unwrap();
    }
}

fn read(value: &Value<'_>) -> Line {
    let value = if let Value::Value(inner) = value { inner } else { value };
    let Value::Structure(line) = value else { panic!("{value:?}") };
    let [Value::I32(id), Value::Dict(properties), Value::Array(lines)] = Structure::fields(line) else { panic!("{line:?}") };
    let property = |name: &str| {
        let found = properties.iter().find(|(key, _)| matches!(key, Value::Str(key) if key.as_str() == name));
        found.map(|(_, value)| if let Value::Value(inner) = value { inner } else { value })
    };
    let text = |value: &Value<'_>| String::try_from(value).unwrap_or_default();
    Line {
        id: *id,
        label: property("label").map_or_else(String::new, text),
        enabled: !matches!(property("enabled"), Some(Value::Bool(false))),
        lines: lines.iter().map(read).collect(),
    }
}

/// How long something may take on a busy machine before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
