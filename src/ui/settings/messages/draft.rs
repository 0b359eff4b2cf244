//! A channel as it is typed, and what becomes of it.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use crate::engine::message::ChannelKeys;
use crate::model::alert::{Channel, ChannelId, Email, Preset, Security, Topic, Way, Webhook};
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::secret::Secret;
use crate::ui::context::random;
use crate::ui::widgets::PasswordField;

use super::request::RequestDraft;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Desktop,
    Email,
    Webhook,
}

pub struct Draft {
    pub kind: Kind,
    /// `None`: a new one.
    id: Option<ChannelId>,
    pub on: BTreeSet<Topic>,
    pub quiet: bool,
    /// Addresses, with commas between.
    pub to: String,
    pub from: String,
    pub server: String,
    pub security: Security,
    pub user: String,
    pub ca_file: String,
    pub preset: Preset,
    pub request: RequestDraft,
    /// Of a webhook that is changed.
    kept_server: Option<String>,
    /// Empty: as it is kept.
    pub address: Zeroizing<String>,
    pub secret: Zeroizing<String>,
}

impl Draft {
    pub fn new(kind: Kind) -> Self {
        let way = match kind {
            Kind::Webhook => Way::Webhook(Webhook::new(Preset::default(), String::new())),
            Kind::Desktop | Kind::Email => Way::Desktop,
        };
        Self {
            kind,
            id: None,
            on: way.usual_topics().into_iter().collect(),
            quiet: true,
            to: String::new(),
            from: String::new(),
            server: String::new(),
            security: Security::default(),
            user: String::new(),
            ca_file: String::new(),
            preset: Preset::default(),
            request: RequestDraft::default(),
            kept_server: None,
            address: PasswordField::buffer(),
            secret: PasswordField::buffer(),
        }
    }

    pub fn of(channel: &Channel) -> Self {
        let kind = match channel.way {
            Way::Desktop => Kind::Desktop,
            Way::Email(_) => Kind::Email,
            Way::Webhook(_) => Kind::Webhook,
        };
        let mut draft = Self { id: Some(channel.id.clone()), quiet: channel.quiet, ..Self::new(kind) };
        draft.on = channel.on.iter().copied().collect();
        let shown = |file: &Option<PathBytes>| file.as_ref().map_or_else(String::new, |file| file.display().into_owned());
        match &channel.way {
            Way::Desktop => {}
            Way::Email(email) => {
                draft.to = email.to.join(", ");
                draft.from.clone_from(&email.from);
                let host = if email.server.contains(':') { format!("[{}]", email.server) } else { email.server.clone() };
                draft.server = format!("{host}:{}", email.port);
                draft.security = email.security;
                draft.user = email.user.clone().unwrap_or_default();
                draft.ca_file = shown(&email.ca_file);
            }
            Way::Webhook(hook) => {
                draft.preset = hook.preset;
                draft.ca_file = shown(&hook.ca_file);
                draft.request = RequestDraft::of(hook);
                draft.kept_server = Some(hook.server.clone());
            }
        }
        draft
    }

    pub fn is_new(&self) -> bool {
        self.id.is_none()
    }

    /// Another kind of receiver usually wants to hear of something else.
    pub fn choose_preset(&mut self, preset: Preset) {
        let usual = |preset: Preset| preset.usual_topics().into_iter().collect::<BTreeSet<_>>();
        if self.on == usual(self.preset) {
            self.on = usual(preset);
        }
        self.quiet = preset.reaches_a_person();
        self.preset = preset;
    }

    /// The channel and its secrets; why not, in words.
    pub fn channel(&self) -> Result<(Channel, ChannelKeys), String> {
        let way = match self.kind {
            Kind::Desktop => Way::Desktop,
            Kind::Email => Way::Email(self.email()?),
            Kind::Webhook => Way::Webhook(self.webhook()?),
        };
        let fresh = Channel::new(way, random());
        let channel = Channel {
            id: self.id.clone().unwrap_or(fresh.id),
            on: self.on.iter().copied().collect(),
            quiet: self.quiet,
            way: fresh.way,
        };
        channel.check()?;
        let told = |text: &Zeroizing<String>| (!text.trim().is_empty()).then(|| Secret::new(text.trim()));
        let keys = ChannelKeys { address: told(&self.address), secret: told(&self.secret) };
        if self.is_new() && self.kind == Kind::Email && !self.user.trim().is_empty() && keys.secret.is_none() {
            return Err("the account's password is missing".into());
        }
        Ok((channel, keys))
    }

    fn email(&self) -> Result<Email, String> {
        let (server, port) = Email::server_and_port(&self.server).ok_or("the mail server is missing")?;
        let to: Vec<String> =
            self.to.split([',', ';', ' ']).map(str::trim).filter(|to| !to.is_empty()).map(str::to_owned).collect();
        let user = self.user.trim();
        let from = match self.from.trim() {
            "" if user.contains('@') => user.to_owned(),
            "" => to.first().cloned().unwrap_or_default(),
            from => from.to_owned(),
        };
        Ok(Email {
            to,
            from,
            server,
            port: port.unwrap_or_else(|| self.security.usual_port()),
            security: self.security,
            user: (!user.is_empty()).then(|| user.to_owned()),
            ca_file: self.ca_file()?,
        })
    }

    fn webhook(&self) -> Result<Webhook, String> {
        let server = match (self.address.trim(), &self.kept_server) {
            ("", Some(kept)) => kept.clone(),
            ("", None) => return Err("its address is missing".into()),
            (address, _) => Webhook::server_of(address).map_err(|why| format!("of its address: {why}"))?,
        };
        let (method, headers, body) = (self.request.method, self.request.headers()?, self.request.body());
        let hook = Webhook { preset: self.preset, server, method, headers, body, ca_file: self.ca_file()? };
        if self.is_new() && hook.shows_secret() && self.secret.trim().is_empty() {
            return Err("a header shows a secret, and none is given".into());
        }
        Ok(hook)
    }

    fn ca_file(&self) -> Result<Option<PathBytes>, String> {
        match self.ca_file.trim() {
            "" => Ok(None),
            path if names::is_absolute(path) => Ok(Some(path.into())),
            _ => Err("the file of certificates needs its whole path".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alert::Method;

    #[test]
    fn what_is_typed_becomes_a_channel_and_back() {
        let mut draft = Draft::new(Kind::Email);
        assert!(draft.channel().is_err());
        draft.to = "ada@example.org, bob@example.org".into();
        draft.server = "smtp.example.org".into();
        draft.user = "ada@example.org".into();
        assert_eq!(draft.channel().unwrap_err(), "the account's password is missing");
        draft.secret.push_str("hush");
        let (channel, keys) = draft.channel().unwrap();
        let Way::Email(email) = &channel.way else { panic!() };
        assert_eq!((email.to.len(), email.port, email.from.as_str()), (2, 587, "ada@example.org"));
        assert_eq!(keys.secret, Some(Secret::new("hush")));
        let (again, keys) = Draft::of(&channel).channel().unwrap();
        assert_eq!((again, keys), (channel, ChannelKeys::default()), "what is kept need not be typed again");
    }

    #[test]
    fn a_webhook_is_changed_part_by_part() {
        let mut hook = Webhook::new(Preset::Plain, "https://a".into());
        hook.body = Some("{subject}".into());
        hook.method = Method::Put;
        hook.headers.insert("X-Token".into(), "{secret}".into());
        let channel = Channel::new(Way::Webhook(hook), [0; 2]);
        let mut draft = Draft::of(&channel);
        assert_eq!(draft.channel().unwrap().0, channel);
        draft.address.push_str("https://b/topic");
        draft.choose_preset(Preset::Healthchecks);
        let (changed, keys) = draft.channel().unwrap();
        let Way::Webhook(hook) = &changed.way else { panic!() };
        assert_eq!((hook.server.as_str(), hook.body.as_deref()), ("https://b", Some("{subject}")));
        assert!(changed.on.contains(&Topic::Success) && !changed.quiet && keys.address.is_some());
        assert_eq!(changed.id, channel.id);
        draft.request.headers.push_str("\nX-Where");
        assert_eq!(draft.channel().unwrap_err(), "\u{201c}X-Where\u{201d} is no header: it has no colon");
        draft.request.headers = "X-Where: here: {machine}\n\n".into();
        draft.request.body.clear();
        draft.request.method = Method::Get;
        let Way::Webhook(hook) = draft.channel().unwrap().0.way else { panic!() };
        assert_eq!((hook.method, hook.body), (Method::Get, None));
        assert_eq!(Vec::from_iter(&hook.headers), [(&"X-Where".to_owned(), &"here: {machine}".to_owned())]);
        draft.address.insert_str(0, "http");
        assert!(!draft.channel().unwrap_err().contains("topic"));
    }
}
