//! What differs between settings as they were and as they are, in words: as far as it changes what runs, or who is told. How the window looks
//! is nobody's history.

use crate::model::alert::{Channel, Messages};
use crate::model::settings::Settings;

/// Nothing where nothing of that kind differs.
pub fn of_settings(before: &Settings, after: &Settings) -> Vec<String> {
    let mut lines = Vec::new();
    if before.limits != after.limits {
        lines.push(format!("Speed to servers: {} (it was {})", after.limits.in_words(), before.limits.in_words()));
    }
    let mut number = |what: &str, was: u8, is: u8| {
        if was != is {
            lines.push(format!("{what}: {is} (it was {was})"));
        }
    };
    number("Backups that run at the same time", before.runs_at_once, after.runs_at_once);
    number("Connections to one server", before.connections, after.connections);
    number("Days until a server that is away is missed", before.patience.servers, after.patience.servers);
    number("Days until a drive or folder that is away is missed", before.patience.drives, after.patience.drives);
    if before.keep_running != after.keep_running {
        lines.push(match after.keep_running {
            Some(true) => "Schedules are kept to when the window is closed".into(),
            Some(false) => "Closing the window ends Strongroom".into(),
            None => "Closing the window asks whether schedules are kept to".into(),
        });
    }
    lines.extend(of_messages(&before.messages, &after.messages));
    lines
}

/// Never an address or a secret, of which settings know neither.
fn of_messages(before: &Messages, after: &Messages) -> Vec<String> {
    let mut lines = Vec::new();
    if before.quiet != after.quiet {
        lines.push(
            after.quiet.map_or_else(|| "No quiet hours any more".into(), |hours| format!("Quiet hours {}", hours.in_words())),
        );
    }
    for was in &before.channels {
        match after.channel(&was.id) {
            None => lines.push(format!("Nothing is told any more: {}", was.way.in_words())),
            Some(is) if is != was => lines.push(format!("Messages changed: {}", told(is))),
            Some(_) => {}
        }
    }
    let new = after.channels.iter().filter(|channel| before.channel(&channel.id).is_none());
    lines.extend(new.map(|channel| format!("Messages added: {}", told(channel))));
    lines
}

fn told(channel: &Channel) -> String {
    let topics: Vec<&str> = channel.on.iter().map(|topic| topic.in_words()).collect();
    format!("{} ({})", channel.way.in_words(), topics.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alert::{Preset, Topic, Way, Webhook};
    use crate::model::limits::Hours;
    use crate::model::settings::Appearance;

    #[test]
    fn what_changes_what_runs_is_told_and_how_it_looks_is_not() {
        let before = Settings::default();
        let mut after = Settings { appearance: Appearance::Dark, scale: 150, ..before.clone() };
        assert_eq!(of_settings(&before, &after), [""; 0]);
        after.runs_at_once = 3;
        after.patience.drives = 30;
        after.limits.upload = Some(2_000_000);
        after.keep_running = Some(true);
        after.messages.quiet = Some(Hours::night());
        assert_eq!(
            of_settings(&before, &after),
            [
                "Speed to servers: at most 2.0 MB/s up (it was as fast as it goes)",
                "Backups that run at the same time: 3 (it was 2)",
                "Days until a drive or folder that is away is missed: 30 (it was 7)",
                "Schedules are kept to when the window is closed",
                "Quiet hours from 22:00 to 06:00",
            ]
        );
        assert_eq!(
            of_settings(&after, &Settings { messages: Messages::default(), ..after.clone() }),
            ["No quiet hours any more"]
        );
    }

    #[test]
    fn who_is_told_of_what_is_told() {
        let none = Messages { channels: Vec::new(), ..Messages::default() };
        let mut one = none.clone();
        let hook = Webhook::new(Preset::Ntfy, "https://ntfy.example.org".into());
        let mut channel = Channel::new(Way::Webhook(hook), [1, 2]);
        channel.on = vec![Topic::Failure];
        one.put(channel.clone());
        let words = Topic::Failure.in_words();
        assert_eq!(of_messages(&none, &one), [format!("Messages added: ntfy at https://ntfy.example.org ({words})")]);
        assert_eq!(of_messages(&one, &none), ["Nothing is told any more: ntfy at https://ntfy.example.org"]);
        let mut other = one.clone();
        channel.quiet = !channel.quiet;
        other.put(channel);
        assert_eq!(of_messages(&one, &other), [format!("Messages changed: ntfy at https://ntfy.example.org ({words})")]);
        assert_eq!(of_messages(&one, &one), [""; 0]);
    }
}
