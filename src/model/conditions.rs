//! What a schedule waits for once it is due.
//!
//! What a machine does not tell (a desktop without a battery, a server without anybody logged in) keeps nothing back: a backup
//! too many is better than none.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::limits::Hours;

/// One of them; as text `power`, `battery:50`, `unmetered`, `idle:10`, `load:50`, `between:22:00-06:00`, `not-while:NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Condition {
    /// The machine is plugged in.
    Mains,
    /// Plugged in, or this much in the battery, percent.
    Battery(u8),
    /// The network does not cost by what is sent over it.
    Unmetered,
    /// Nobody has touched keyboard or mouse for so many minutes.
    Idle(u16),
    /// The processors are busy to less than this, percent of all of them together over the last minute.
    Load(u16),
    /// By the clock on the wall.
    Between(Hours),
    /// The program does not run: the name of its file.
    NotWhile(String),
}

/// Those of one schedule: all must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Condition>", into = "Vec<Condition>")]
pub struct Conditions(Vec<Condition>);

/// How the machine stands. `None`: it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    pub on_mains: Option<bool>,
    /// Percent.
    pub battery: Option<u8>,
    pub metered: Option<bool>,
    pub idle_minutes: Option<u32>,
    /// Percent of all processors.
    pub load: Option<u32>,
    /// Of the programs that were asked for, those that run.
    pub programs: Vec<String>,
}

/// What a schedule waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    Mains { battery: Option<u8> },
    Battery { has: Option<u8>, least: u8 },
    Unmetered,
    Idle { minutes: u16 },
    Load { is: u32, most: u16 },
    Hours(Hours),
    Program(String),
}

/// Minutes that "idle" means where nothing is said.
const IDLE: u16 = 10;
/// Percent that "battery" and "load" mean where nothing is said.
const HALF: u8 = 50;

impl Condition {
    /// What is wanting. `time`: on the wall.
    pub fn unmet(&self, now: &Surroundings, time: Time) -> Option<Wait> {
        let on_battery = now.on_mains == Some(false);
        match self {
            Self::Mains => on_battery.then_some(Wait::Mains { battery: now.battery }),
            Self::Battery(least) => {
                let wanting = on_battery && now.battery.is_none_or(|has| has < *least);
                wanting.then_some(Wait::Battery { has: now.battery, least: *least })
            }
            Self::Unmetered => (now.metered == Some(true)).then_some(Wait::Unmetered),
            Self::Idle(minutes) => {
                let busy = now.idle_minutes.is_some_and(|idle| idle < u32::from(*minutes));
                busy.then_some(Wait::Idle { minutes: *minutes })
            }
            Self::Load(most) => {
                let is = now.load.filter(|load| *load >= u32::from(*most))?;
                Some(Wait::Load { is, most: *most })
            }
            Self::Between(hours) => (!hours.contains(time)).then_some(Wait::Hours(*hours)),
            Self::NotWhile(name) => now.programs.contains(name).then(|| Wait::Program(name.clone())),
        }
    }

    /// "on mains power", "from 22:00 to 06:00".
    pub fn in_words(&self) -> String {
        match self {
            Self::Mains => "on mains power".into(),
            Self::Battery(least) => format!("on mains power or with {least} % in the battery"),
            Self::Unmetered => "on a network that is not metered".into(),
            Self::Idle(minutes) => format!("when nobody has used the computer for {minutes} minutes"),
            Self::Load(most) => format!("while the processors are less than {most} % busy"),
            Self::Between(hours) => hours.in_words(),
            Self::NotWhile(name) => format!("while {name} does not run"),
        }
    }

    /// Of one kind there is one in a list; programs are told apart by their names.
    fn is_instead_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::NotWhile(one), Self::NotWhile(another)) => one == another,
            (Self::Mains | Self::Battery(_), Self::Mains | Self::Battery(_)) => true,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    fn check(&self) -> Result<(), String> {
        let within = |fits: bool, what: &str| if fits { Ok(()) } else { Err(what.to_owned()) };
        match self {
            Self::Battery(least) => within((1..=100).contains(least), "a battery holds 1 to 100 percent"),
            Self::Idle(minutes) => within((1..=24 * 60).contains(minutes), "idle minutes are 1 to a day's"),
            Self::Load(most) => within((1..=100).contains(most), "processors are busy to 1 to 100 percent"),
            Self::NotWhile(name) => {
                let plain = !name.chars().any(|c| c.is_control() || matches!(c, ',' | '/' | '\\'));
                within(!name.is_empty() && name.len() <= 255 && plain, "a program is the name of its file, without its folder")
            }
            Self::Mains | Self::Unmetered | Self::Between(_) => Ok(()),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mains => f.write_str("power"),
            Self::Battery(least) => write!(f, "battery:{least}"),
            Self::Unmetered => f.write_str("unmetered"),
            Self::Idle(minutes) => write!(f, "idle:{minutes}"),
            Self::Load(most) => write!(f, "load:{most}"),
            Self::Between(hours) => write!(f, "between:{hours}"),
            Self::NotWhile(name) => write!(f, "not-while:{name}"),
        }
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, value) = text.trim().split_once(':').map_or((text.trim(), None), |(kind, value)| (kind, Some(value.trim())));
        let wrong = || format!("\u{201c}{text}\u{201d} is no condition");
        let number = |usual: u16| value.map_or(Ok(usual), |value| value.parse::<u16>().map_err(|_| wrong()));
        let percent = || number(HALF.into())?.try_into().map_err(|_| wrong());
        let condition = match (kind, value) {
            ("power", None) => Self::Mains,
            ("battery", _) => Self::Battery(percent()?),
            ("unmetered", None) => Self::Unmetered,
            ("idle", _) => Self::Idle(number(IDLE)?),
            ("load", _) => Self::Load(number(HALF.into())?),
            ("between", Some(hours)) => Self::Between(hours.parse()?),
            ("not-while", Some(name)) => Self::NotWhile(name.to_owned()),
            _ => return Err(wrong()),
        };
        condition.check()?;
        Ok(condition)
    }
}

impl TryFrom<String> for Condition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.to_string()
    }
}

impl Conditions {
    const MOST: usize = 24;

    /// Of each kind the last one stands.
    pub fn new(all: impl IntoIterator<Item = Condition>) -> Result<Self, String> {
        let mut kept: Vec<Condition> = Vec::new();
        for condition in all {
            condition.check()?;
            kept.retain(|known| !condition.is_instead_of(known));
            kept.push(condition);
            if kept.len() > Self::MOST {
                return Err(format!("a schedule has at most {} conditions", Self::MOST));
            }
        }
        Ok(Self(kept))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter()
    }

    /// Whether the machine must be looked at for them; the clock is known anyway.
    pub fn ask_the_machine(&self) -> bool {
        self.0.iter().any(|condition| !matches!(condition, Condition::Between(_)))
    }

    /// Programs that must not run.
    pub fn programs(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|condition| match condition {
            Condition::NotWhile(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// All that is wanting.
    pub fn unmet(&self, now: &Surroundings, time: Time) -> Vec<Wait> {
        self.0.iter().filter_map(|condition| condition.unmet(now, time)).collect()
    }

    /// "on mains power, from 22:00 to 06:00".
    pub fn in_words(&self) -> String {
        self.0.iter().map(Condition::in_words).collect::<Vec<_>>().join(", ")
    }
}

impl TryFrom<Vec<Condition>> for Conditions {
    type Error = String;

    fn try_from(all: Vec<Condition>) -> Result<Self, String> {
        Self::new(all)
    }
}

impl From<Conditions> for Vec<Condition> {
    fn from(conditions: Conditions) -> Self {
        conditions.0
    }
}

/// `power,unmetered,idle:10`, or `none`.
impl FromStr for Conditions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "none" {
            return Ok(Self::default());
        }
        Self::new(text.split(',').map(str::parse).collect::<Result<Vec<_>, _>>()?)
    }
}

impl Wait {
    /// After "waits: ".
    pub fn in_words(&self) -> String {
        let has = |battery: &Option<u8>| battery.map_or(String::new(), |has| format!(" ({has} %)"));
        match self {
            Self::Mains { battery } => format!("the computer runs on its battery{}", has(battery)),
            Self::Battery { has: battery, least } => format!("the battery holds less than {least} %{}", has(battery)),
            Self::Unmetered => "the network is metered".into(),
            Self::Idle { minutes } => format!("the computer is in use; it begins after {minutes} quiet minutes"),
            Self::Load { is, most } => format!("the processors are {is} % busy, {most} % or more"),
            Self::Hours(hours) => format!("it runs only {}", hours.in_words()),
            Self::Program(name) => format!("{name} is running"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::time;

    fn unmet(conditions: &str, now: &Surroundings) -> Vec<Wait> {
        conditions.parse::<Conditions>().unwrap().unmet(now, time(12, 0, 0, 0))
    }

    #[test]
    fn what_is_wanting_is_named() {
        let on_battery = Surroundings { on_mains: Some(false), battery: Some(40), ..Surroundings::default() };
        assert_eq!(unmet("power", &on_battery), [Wait::Mains { battery: Some(40) }]);
        assert_eq!(unmet("battery:41", &on_battery), [Wait::Battery { has: Some(40), least: 41 }]);
        assert_eq!(unmet("battery:40", &on_battery), []);
        let plugged = Surroundings { on_mains: Some(true), ..on_battery.clone() };
        assert_eq!(unmet("power,battery:90", &plugged), []);
        let unknown_level = Surroundings { battery: None, ..on_battery };
        assert_eq!(unmet("battery:1", &unknown_level), [Wait::Battery { has: None, least: 1 }]);
        let busy = Surroundings {
            metered: Some(true),
            idle_minutes: Some(9),
            load: Some(50),
            programs: vec!["vlc".into()],
            ..Surroundings::default()
        };
        let waits = unmet("unmetered,idle,load:50,not-while:vlc,not-while:mpv,between:22:00-06:00", &busy);
        assert_eq!(waits.len(), 5, "{waits:?}");
        let quiet = Surroundings { metered: Some(false), idle_minutes: Some(10), load: Some(49), ..Surroundings::default() };
        assert_eq!(unmet("unmetered,idle,load:50,not-while:vlc,between:11:00-13:00", &quiet), []);
    }

    #[test]
    fn what_is_not_known_keeps_nothing_back() {
        assert_eq!(unmet("battery,unmetered,idle,load,not-while:vlc", &Surroundings::default()), []);
        assert_eq!(unmet("power", &Surroundings::default()), []);
    }

    #[test]
    fn their_text_is_read_as_it_is_written() {
        let all = "battery:20,unmetered,idle:5,load:30,between:22:00-06:00,not-while:Photo Shop";
        let read: Conditions = all.parse().unwrap();
        assert_eq!(read.iter().map(Condition::to_string).collect::<Vec<_>>().join(","), all);
        let json = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<Conditions>(&json).unwrap(), read);
        assert_eq!("power,battery:30,idle,idle:20".parse::<Conditions>().unwrap(), "battery:30,idle:20".parse().unwrap());
        assert!("none".parse::<Conditions>().unwrap().is_empty());
        for wrong in [
            "",
            "power:1",
            "battery:0",
            "battery:101",
            "battery:x",
            "idle:0",
            "idle:1441",
            "load:0",
            "load:101",
            "between",
            "between:9",
            "not-while",
            "not-while:",
            "not-while:/usr/bin/vlc",
            "weather",
            "power,,idle",
        ] {
            assert!(wrong.parse::<Conditions>().is_err(), "{wrong}");
        }
        let named = |letters| format!("not-while:{}", "p".repeat(letters)).parse::<Conditions>();
        assert!(named(255).is_ok() && named(256).is_err(), "as long as the name of a file may be");
        let so_many = |count| (0..count).map(|n| format!("not-while:p{n}")).collect::<Vec<_>>().join(",").parse::<Conditions>();
        assert!(so_many(24).is_ok() && so_many(25).is_err());
    }

    #[test]
    fn the_clock_alone_is_no_question_to_the_machine() {
        let asks = |text: &str| text.parse::<Conditions>().unwrap().ask_the_machine();
        assert!(!asks("none") && !asks("between:22:00-06:00"));
        assert!(asks("power") && asks("between:22:00-06:00,idle:5"));
    }
}
