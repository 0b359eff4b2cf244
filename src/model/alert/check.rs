//! What a channel must have before it may be saved: nothing in it can leave its line or go where nobody looks.

// What an address is, and not the network.
use core::net::IpAddr;

use super::{Channel, Email, Security, Way, Webhook};

/// Addresses of one channel.
const MOST_ADDRESSES: usize = 20;
/// Bytes of an address, a name or a header.
const LONGEST: usize = 1024;
/// Bytes of a body's template.
const LONGEST_BODY: usize = 16 << 10;
const MOST_HEADERS: usize = 20;
/// What the line itself needs.
const OF_THE_LINE: [&str; 6] = ["host", "content-length", "transfer-encoding", "connection", "expect", "upgrade"];

/// Whether a host is this machine, whatever its name servers say.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

pub(super) fn channel(channel: &Channel) -> Result<(), String> {
    if channel.on.is_empty() {
        return Err("it is told of nothing".into());
    }
    match &channel.way {
        Way::Desktop => Ok(()),
        Way::Email(way) => email(way),
        Way::Webhook(way) => webhook(way),
    }
}

fn email(email: &Email) -> Result<(), String> {
    if email.to.is_empty() || email.to.len() > MOST_ADDRESSES {
        return Err(format!("give 1 to {MOST_ADDRESSES} addresses to send to"));
    }
    if let Some(bad) = email.to.iter().chain([&email.from]).find(|address| !is_address(address)) {
        return Err(format!("\u{201c}{bad}\u{201d} is no e-mail address"));
    }
    if email.server.is_empty()
        || email.server.len() > LONGEST
        || email.server.contains(|c: char| c.is_whitespace() || c.is_control())
    {
        return Err("the mail server has no name".into());
    }
    if email.port == 0 {
        return Err("the mail server's port cannot be 0".into());
    }
    if email.security == Security::None && !is_loopback(&email.server) {
        return Err("without TLS only a mail server on this machine is told anything".into());
    }
    match &email.user {
        Some(user) if !is_line(user) => Err("the user's name cannot be".into()),
        _ => Ok(()),
    }
}

/// One that the reply of a server or a header cannot be broken with; whether it exists only its server knows.
fn is_address(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ',' | ';' | '"' | '(' | ')');
    text.len() <= 254
        && text.chars().all(plain)
        && text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
}

fn is_line(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)
}

fn webhook(hook: &Webhook) -> Result<(), String> {
    if hook.headers.len() > MOST_HEADERS {
        return Err(format!("give at most {MOST_HEADERS} headers"));
    }
    for (name, value) in &hook.headers {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || name.len() > LONGEST || !name.chars().all(is_token) {
            return Err(format!("\u{201c}{}\u{201d} is no header's name", name.escape_debug()));
        }
        if OF_THE_LINE.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(format!("the header {name} is the line's own"));
        }
        if !is_line(value) {
            return Err(format!("the header {name} cannot have this value"));
        }
    }
    match &hook.body {
        Some(body) if body.len() > LONGEST_BODY => Err("the body is too long".into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alert::Preset;

    fn mail() -> Email {
        Email {
            to: vec!["ada@example.org".into()],
            from: "backup@example.org".into(),
            server: "smtp.example.org".into(),
            port: 587,
            security: Security::StartTls,
            user: Some("ada".into()),
            ca_file: None,
        }
    }

    fn check(way: Way) -> Result<(), String> {
        Channel::new(way, [0; 2]).check()
    }

    #[test]
    fn what_could_break_a_line_is_refused() {
        assert_eq!(check(Way::Email(mail())), Ok(()));
        for bad in ["", "ada", "@", "a@", "ada@example.org\r\nBcc: eve@x", "a b@c", "a@b>", "a@b,c@d"] {
            assert!(check(Way::Email(Email { to: vec![bad.into()], ..mail() })).is_err(), "{bad}");
            assert!(check(Way::Email(Email { from: bad.into(), ..mail() })).is_err(), "{bad}");
        }
        assert!(check(Way::Email(Email { to: vec![], ..mail() })).is_err());
        assert!(check(Way::Email(Email { to: vec!["a@b".into(); 21], ..mail() })).is_err());
        assert!(check(Way::Email(Email { user: Some("a\nb".into()), ..mail() })).is_err());
        assert!(check(Way::Email(Email { server: "a b".into(), ..mail() })).is_err());
        let deaf = Channel { on: vec![], ..Channel::desktop() };
        assert!(deaf.check().is_err());
    }

    #[test]
    fn nothing_goes_unprotected_but_within_this_machine() {
        let open = |server: &str| check(Way::Email(Email { server: server.into(), security: Security::None, ..mail() }));
        assert!(open("localhost").is_ok() && open("127.0.0.2").is_ok() && open("::1").is_ok());
        assert!(open("mail").is_err() && open("192.168.0.1").is_err() && open("localhost.example.org").is_err());
    }

    #[test]
    fn headers_are_headers() {
        let with = |name: &str, value: &str| {
            let mut hook = Webhook::new(Preset::Plain, "https://x".into());
            hook.headers.insert(name.into(), value.into());
            check(Way::Webhook(hook))
        };
        assert!(with("X-Token", "{secret}").is_ok());
        for (name, value) in
            [("", "x"), ("a b", "x"), ("a:", "x"), ("x", "a\r\nHost: b"), ("x", ""), ("Host", "x"), ("content-length", "3")]
        {
            assert!(with(name, value).is_err(), "{name}: {value}");
        }
    }
}
