//! The desktops of Linux and the BSDs: `org.freedesktop.Notifications` on the session's bus (Desktop Notifications Specification 1.2).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc};
use std::thread;
use std::time::Duration;

use zbus::blocking::connection::Builder;
use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::proxy::SignalIterator;
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::Value;

use crate::model::alert::{Alert, Topic};
use crate::notify::{Button, Error, Kind, OnPress, Press};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// For one call; a daemon may just be starting.
const CALL: Duration = Duration::from_secs(8);
/// For all of it.
const WHOLE: Duration = Duration::from_secs(15);
/// Messages that are remembered by what they show, so that a newer one takes their place.
const MOST: usize = 100;

const OPEN: &str = "open";
const BACK_UP: &str = "back-up";

/// Connects when there is something to show, and stays connected to hear of buttons.
#[derive(Clone, Default)]
pub struct Desktop(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Of the bus; `None`: the session's own.
    address: Option<String>,
    state: Mutex<State>,
    pressed: Mutex<Option<OnPress>>,
    /// A bus that does not answer holds one call of ours, and not one more with each message.
    busy: AtomicBool,
}

#[derive(Default)]
struct State {
    bus: Option<Connection>,
    /// Who showed them, by the bus's name for it.
    owner: Option<String>,
    shown: Vec<Shown>,
}

/// A message that is on the screen, as far as we know.
struct Shown {
    id: u32,
    /// What it is about: of two about the same the newer one takes the other's place.
    about: String,
    press: Press,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desktop {
    /// The one on this bus, by its D-Bus address.
    pub fn on(address: &str) -> Self {
        Self(Arc::new(Shared { address: Some(address.into()), ..Shared::default() }))
    }

    /// Who is told when a button is pressed.
    pub fn on_press(&self, pressed: OnPress) {
        *lock(&self.0.pressed) = Some(pressed);
    }

    /// Shows a message. Waits for a bus or a daemon that does not answer, but not for ever.
    pub fn show(&self, alert: &Alert) -> Result<(), Error> {
        if self.0.busy.swap(true, Ordering::AcqRel) {
            return Err(nobody("the desktop does not answer"));
        }
        let (sender, receiver) = mpsc::sync_channel(1);
        let (shared, alert) = (self.0.clone(), alert.clone());
        let spawned = thread::Builder::new().name("notification".into()).spawn(move || {
            let shown = shared.show(&alert);
            shared.busy.store(false, Ordering::Release);
            // Nobody waits any more where the limit has passed.
            let _ = sender.send(shown);
        });
        if let Err(error) = spawned {
            self.0.busy.store(false, Ordering::Release);
            return Err(nobody(&error.to_string()));
        }
        receiver.recv_timeout(WHOLE).unwrap_or_else(|_| Err(nobody("the desktop does not answer")))
    }
}

impl Shared {
    fn show(self: &Arc<Self>, alert: &Alert) -> Result<(), Error> {
        let bus = self.connect()?;
        self.notify(&bus, alert).map_err(|error| {
            // A bus that is gone is looked for anew by the next message.
            if !matches!(error, zbus::Error::MethodError(..) | zbus::Error::FDO(_)) {
                *lock(&self.state) = State::default();
                // With it ends the thread that listens.
                let _ = bus.clone().close();
            }
            nobody(&said(&error))
        })
    }

    fn connect(self: &Arc<Self>) -> Result<Connection, Error> {
        if let Some(bus) = &lock(&self.state).bus {
            return Ok(bus.clone());
        }
        let builder = self.address.as_deref().map_or_else(Builder::session, Builder::address);
        let bus = builder.and_then(|builder| builder.method_timeout(CALL).build());
        let bus = bus.map_err(|error| nobody(&said(&error)))?;
        self.listen(&bus).map_err(|error| nobody(&said(&error)))?;
        lock(&self.state).bus = Some(bus.clone());
        Ok(bus)
    }

    fn notify(&self, bus: &Connection, alert: &Alert) -> zbus::Result<()> {
        let daemon = Proxy::new(bus, NAME, PATH, NAME)?;
        let can: Vec<String> = daemon.call("GetCapabilities", &())?;
        let can = |what: &str| can.iter().any(|can| can == what);
        let owner = DBusProxy::new(bus)?.get_name_owner(daemon.destination().clone())?;
        {
            let mut state = lock(&self.state);
            // Another daemon has other messages under the same numbers.
            if state.owner.as_deref() != Some(owner.as_str()) {
                (state.owner, state.shown) = (Some(owner.to_string()), Vec::new());
            }
        }
        let about = about(alert);
        let replaced = lock(&self.state).shown.iter().find(|shown| shown.about == about).map_or(0, |shown| shown.id);
        let body = if can("body-markup") { plain(&alert.body) } else { alert.body.clone() };
        let body = if can("body") { body.as_str() } else { "" };
        let buttons: Vec<&str> = if can("actions") { buttons(alert) } else { Vec::new() };
        let urgent = alert.topic().is_some_and(Topic::is_urgent);
        let hints: HashMap<&str, Value<'_>> = HashMap::from([
            ("desktop-entry", Value::from("strongroom")),
            ("urgency", Value::from(if urgent { 2u8 } else { 1u8 })),
        ]);
        let message = ("Strongroom", replaced, "strongroom", alert.subject.as_str(), body, buttons, hints, -1i32);
        // While it is held nobody hears of a button of a message that is not noted yet.
        let mut state = lock(&self.state);
        let id: u32 = daemon.call("Notify", &message)?;
        state.shown.retain(|shown| shown.id != id && shown.about != about);
        if state.shown.len() >= MOST {
            state.shown.remove(0);
        }
        let press = Press { button: Button::Open, plan: alert.plan.clone(), run: alert.run };
        state.shown.push(Shown { id, about, press });
        Ok(())
    }

    /// Hears of buttons for as long as the bus is there, on a thread of its own.
    fn listen(self: &Arc<Self>, bus: &Connection) -> zbus::Result<()> {
        // Asked for before anything is shown: whoever is quick is heard too.
        let signals = Proxy::new(bus, NAME, PATH, NAME)?.receive_all_signals()?;
        let shared = Arc::downgrade(self);
        let listening = thread::Builder::new().name("notifications".into()).spawn(move || hear(signals, &shared));
        if let Err(error) = listening {
            tracing::warn!("buttons of messages cannot be heard: {error}");
        }
        Ok(())
    }

    fn heard(&self, id: u32, key: Option<&str>) {
        let press = {
            let mut state = lock(&self.state);
            let Some(at) = state.shown.iter().position(|shown| shown.id == id) else { return };
            match key {
                Some(_) => state.shown[at].press.clone(),
                // Closed: a newer one is another message.
                None => return drop(state.shown.remove(at)),
            }
        };
        let button = match key {
            Some(BACK_UP) => Button::BackUp,
            Some("default" | OPEN) => Button::Open,
            _ => return,
        };
        let told = lock(&self.pressed).clone();
        if let Some(told) = told {
            told(Press { button, ..press });
        }
    }
}

fn hear(signals: SignalIterator<'_>, shared: &Weak<Shared>) {
    for signal in signals {
        let Some(shared) = shared.upgrade() else { return };
        let (header, body) = (signal.header(), signal.body());
        match header.member().map(|member| member.as_str()) {
            Some("ActionInvoked") => {
                if let Ok((id, key)) = body.deserialize::<(u32, &str)>() {
                    shared.heard(id, Some(key));
                }
            }
            Some("NotificationClosed") => {
                if let Ok((id, _)) = body.deserialize::<(u32, u32)>() {
                    shared.heard(id, None);
                }
            }
            _ => {}
        }
    }
    // The bus is gone.
    if let Some(shared) = shared.upgrade() {
        *lock(&shared.state) = State::default();
    }
}

/// How a backup's runs went is one message, the newest; each other trouble is one of its own.
fn about(alert: &Alert) -> String {
    let plan = alert.plan.as_ref().map_or("", |plan| plan.as_str());
    let topic = match alert.topic().or(alert.ends.first().copied()) {
        Some(topic @ (Topic::LowRoom | Topic::Away | Topic::Damage | Topic::Retention)) => topic.name(),
        Some(_) => "run",
        None => "test",
    };
    format!("{topic} {plan}")
}

/// Keys and labels in turn. `default` is a click on the message itself.
fn buttons(alert: &Alert) -> Vec<&'static str> {
    let mut buttons = vec!["default", "Open Strongroom", OPEN, "Open Strongroom"];
    if alert.plan.is_some() && matches!(alert.topic(), Some(Topic::Failure | Topic::Overdue | Topic::Unreachable)) {
        buttons.extend([BACK_UP, "Back up now"]);
    }
    buttons
}

/// Text as those show it who read marks in it.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn nobody(why: &str) -> Error {
    Error::new(Kind::Nobody, format!("no desktop shows messages here: {why}"))
}

fn said(error: &zbus::Error) -> String {
    error.to_string().chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alert::words;
    use crate::model::plan::PlanId;

    fn alert(topic: Option<Topic>) -> Alert {
        let plan = Some(PlanId::from_random([1; 16]));
        Alert { topics: topic.into_iter().collect(), plan, ..words::test(jiff::Timestamp::UNIX_EPOCH, "") }
    }

    #[test]
    fn a_newer_message_takes_the_place_of_one_about_the_same() {
        let of = |topic| about(&alert(topic));
        assert_eq!(of(Some(Topic::Failure)), of(Some(Topic::Success)));
        assert_ne!(of(Some(Topic::Failure)), of(Some(Topic::LowRoom)));
        assert_ne!(of(None), of(Some(Topic::Success)));
    }

    #[test]
    fn only_what_can_be_made_up_for_has_that_button() {
        assert!(buttons(&alert(Some(Topic::Overdue))).contains(&BACK_UP));
        assert!(!buttons(&alert(Some(Topic::Damage))).contains(&BACK_UP));
        assert!(!buttons(&alert(None)).contains(&BACK_UP));
        assert_eq!(plain("a <b> & c"), "a &lt;b&gt; &amp; c");
    }
}
