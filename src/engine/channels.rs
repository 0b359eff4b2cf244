//! Channels of messages: saved, removed, tried. Their settings lie with all others, their secrets where this machine keeps secrets.

use super::answer;
use super::core::{Core, lock};
use super::explain;
use super::message::ChannelKeys;
use crate::model::alert::{Channel, ChannelId, Messages, Way, Webhook, words};
use crate::model::problem::{Code, Problem};
use crate::model::secret::Secret;
use crate::notify::{Keys, Parcel};

/// Names of a channel's two secrets.
fn names(id: &ChannelId) -> [String; 2] {
    [format!("message-{id}-address"), format!("message-{id}-secret")]
}

/// What a channel needs besides its settings, as far as it is kept here. May block: a keyring may ask a person.
pub fn keys(core: &Core, channel: &Channel) -> Result<Keys, Problem> {
    if channel.way == Way::Desktop {
        return Ok(Keys::default());
    }
    let kept = |name: &str| -> Result<Option<Secret>, Problem> {
        Ok(core.env.secrets.get(name)?.map(|text| Secret::new(text.as_str())))
    };
    let [address, secret] = names(&channel.id);
    Ok(Keys { address: kept(&address)?, secret: kept(&secret)? })
}

/// Saves a new or changed channel. Secrets that are not told stay; empty ones are forgotten.
pub fn save(core: &Core, channel: Channel, told: &ChannelKeys) -> Result<(), Problem> {
    let channel = with_server(channel, told)?;
    channel.check().map_err(explain::channel)?;
    let messages = lock(&core.config).settings.messages.clone();
    if messages.channel(&channel.id).is_none() && messages.channels.len() >= Messages::MOST_CHANNELS {
        return Err(explain::channel(format!("there are {} already", Messages::MOST_CHANNELS)));
    }
    needs(&channel, &together(keys(core, &channel)?, told))?;
    let [address, secret] = names(&channel.id);
    for (name, told) in [(address, &told.address), (secret, &told.secret)] {
        match told {
            Some(secret) if secret.is_empty() => core.env.secrets.delete(&name)?,
            Some(secret) => core.env.secrets.set(&name, secret.expose())?,
            None => {}
        }
    }
    answer::change_settings(core, |settings| settings.messages.put(channel))
}

/// Removes a channel, its secrets and what waits for it.
pub fn remove(core: &Core, id: &ChannelId) -> Result<(), Problem> {
    if lock(&core.config).settings.messages.channel(id).is_none() {
        return Err(explain::no_such_channel(id));
    }
    answer::change_settings(core, |settings| settings.messages.channels.retain(|channel| channel.id != *id))?;
    core.history.forget_messages(id).map_err(explain::history)?;
    for name in names(id) {
        core.env.secrets.delete(&name)?;
    }
    Ok(())
}

/// Sends a test, with secrets that are told now or kept already. Blocks until it has gone.
pub fn test(core: &Core, channel: Channel, told: &ChannelKeys) -> Result<(), Problem> {
    let channel = with_server(channel, told)?;
    channel.check().map_err(explain::channel)?;
    let keys = together(keys(core, &channel)?, told);
    needs(&channel, &keys)?;
    let now = core.env.clock.now();
    let alert = words::test(now, &core.machine);
    let parcel = Parcel { channel: &channel, keys: &keys, alert: &alert, machine: &core.machine, now };
    core.env.notifier.send(&parcel).map_err(|error| explain::not_sent(&channel.way.in_words(), &error))
}

/// With the server that its new address names.
fn with_server(mut channel: Channel, told: &ChannelKeys) -> Result<Channel, Problem> {
    if let (Way::Webhook(hook), Some(address)) = (&mut channel.way, &told.address) {
        hook.server = Webhook::server_of(address.expose()).map_err(|why| explain::channel(format!("of its address: {why}")))?;
    }
    Ok(channel)
}

fn together(kept: Keys, told: &ChannelKeys) -> Keys {
    Keys { address: told.address.clone().or(kept.address), secret: told.secret.clone().or(kept.secret) }
}

/// Refuses what could never send anything.
fn needs(channel: &Channel, keys: &Keys) -> Result<(), Problem> {
    let is_there = |secret: &Option<Secret>| secret.as_ref().is_some_and(|secret| !secret.is_empty());
    match &channel.way {
        Way::Email(email) if email.user.is_some() && !is_there(&keys.secret) => Err(Problem::new(
            Code::PasswordNeeded,
            "The password of the mail account is missing.",
            "Give it: some servers want one that is made for programs.",
        )),
        Way::Webhook(_) if !is_there(&keys.address) => {
            Err(Problem::new(Code::PasswordNeeded, "The webhook's address is missing.", "Give it as the service shows it."))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alert::Preset;

    #[test]
    fn what_could_never_be_sent_is_refused_in_time() {
        let hook = Channel::new(Way::Webhook(Webhook::new(Preset::Plain, "https://a".into())), [0; 2]);
        assert_eq!(needs(&hook, &Keys::default()).unwrap_err().code, Code::PasswordNeeded);
        let empty = Keys { address: Some(Secret::new("")), secret: None };
        assert!(needs(&hook, &empty).is_err());
        let told = ChannelKeys { address: Some(Secret::new("https://b/topic")), secret: None };
        let named = with_server(hook.clone(), &told).unwrap();
        assert!(matches!(&named.way, Way::Webhook(hook) if hook.server == "https://b"));
        assert!(needs(&named, &together(Keys::default(), &told)).is_ok());
        let bad = ChannelKeys { address: Some(Secret::new("http://b/topic-hush")), secret: None };
        assert!(!with_server(hook, &bad).unwrap_err().to_string().contains("hush"));
        assert!(needs(&Channel::desktop(), &Keys::default()).is_ok());
    }
}
