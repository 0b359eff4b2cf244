//! What a webhook sends: one request, made of the channel, its secrets and what happened.

use serde_json::json;

use super::template::{Escape, fill};
use super::{Alert, Method, Preset, Topic, Webhook};

/// Holds secrets: never printed.
pub struct Request {
    pub method: Method,
    pub url: String,
    /// Of two with one name the last counts.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Whether the body is to be signed with the secret: where no header shows the secret itself.
    pub sign: bool,
}

/// `url` and `secret` as they are kept; `machine`: this one's name.
pub fn make(hook: &Webhook, url: &str, secret: Option<&str>, alert: &Alert, machine: &str) -> Request {
    let at = alert.at.to_string();
    let values = [
        ("event", alert.name()),
        ("subject", alert.subject.as_str()),
        ("body", alert.body.as_str()),
        ("plan", alert.plan_name.as_str()),
        ("plan_id", alert.plan.as_ref().map_or("", |plan| plan.as_str())),
        ("machine", machine),
        ("time", at.as_str()),
    ];
    let mut headers = of_preset(hook.preset, alert);
    let own = hook.body.as_ref().map(|template| (template, shape(template, hook)));
    if let Some((_, (_, Some(kind)))) = own {
        headers.push(("Content-Type".into(), kind.into()));
    }
    let shows_secret = hook.shows_secret();
    if let (Preset::Ntfy, Some(secret), false) = (hook.preset, secret, shows_secret) {
        headers.push(("Authorization".into(), format!("Bearer {secret}")));
    }
    for (name, value) in &hook.headers {
        let mut values = values.to_vec();
        values.push(("secret", secret.unwrap_or_default()));
        headers.push((name.clone(), fill(value, &values, Escape::Line)));
    }
    let body = match own {
        _ if hook.method == Method::Get => String::new(),
        Some((template, (escape, _))) => fill(template, &values, escape),
        None => usual_body(hook.preset, alert, machine),
    };
    let sign = secret.is_some() && !shows_secret && hook.preset != Preset::Ntfy;
    Request { method: hook.method, url: at_suffix(url, hook.preset, alert), headers, body, sign }
}

/// How values stand in a body of one's own, and what it is called where no header says that.
fn shape(template: &str, hook: &Webhook) -> (Escape, Option<&'static str>) {
    let named = hook.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    match named.map(|(_, kind)| kind.to_ascii_lowercase()) {
        Some(kind) if kind.contains("json") => (Escape::Json, None),
        Some(kind) if kind.contains("x-www-form-urlencoded") => (Escape::Form, None),
        Some(_) => (Escape::Text, None),
        None if is_json(template) => (Escape::Json, Some("application/json")),
        None => (Escape::Text, Some("text/plain; charset=utf-8")),
    }
}

/// A text may begin with a placeholder, which looks like JSON and is none.
fn is_json(template: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(template).is_ok_and(|value| value.is_object() || value.is_array())
}

fn of_preset(preset: Preset, alert: &Alert) -> Vec<(String, String)> {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    match preset {
        Preset::Plain | Preset::Slack => vec![header("Content-Type", "application/json")],
        Preset::Healthchecks => vec![header("Content-Type", "text/plain; charset=utf-8")],
        Preset::Ntfy => {
            let (priority, tag) = match alert.topic() {
                Some(topic) if topic.is_urgent() => ("high", "rotating_light"),
                Some(topic) if topic.stands() => ("default", "warning"),
                Some(_) => ("default", "white_check_mark"),
                None if alert.ends.is_empty() => ("default", "bell"),
                None => ("default", "white_check_mark"),
            };
            vec![header("Title", &encoded_word(&alert.subject)), header("Priority", priority), header("Tags", tag)]
        }
    }
}

/// A header's text as RFC 2047 has it where it is not plain.
fn encoded_word(text: &str) -> String {
    let line = fill("{x}", &[("x", text)], Escape::Line);
    if line.is_ascii() { line } else { format!("=?UTF-8?B?{}?=", data_encoding::BASE64.encode(line.as_bytes())) }
}

fn usual_body(preset: Preset, alert: &Alert, machine: &str) -> String {
    match preset {
        Preset::Plain => json!({
            "event": alert.name(),
            "subject": alert.subject,
            "body": alert.body,
            "plan": alert.plan_name,
            "plan_id": alert.plan,
            "run": alert.run,
            "machine": machine,
            "time": alert.at,
            "ends": alert.ends,
        })
        .to_string(),
        Preset::Healthchecks => format!("{}\n\n{}", alert.subject, alert.body),
        Preset::Ntfy => alert.body.clone(),
        Preset::Slack => {
            // The three characters that have a meaning there.
            let shown = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            json!({ "text": format!("*{}*\n{}", shown(&alert.subject), shown(&alert.body)) }).to_string()
        }
    }
}

/// Of a service that watches over us: an end of its own for what is no success. A test changes nothing there.
fn at_suffix(url: &str, preset: Preset, alert: &Alert) -> String {
    if preset != Preset::Healthchecks {
        return url.to_owned();
    }
    let suffix = match alert.topic() {
        Some(Topic::Success | Topic::Warning) => return url.to_owned(),
        Some(Topic::Failure | Topic::Overdue | Topic::Damage) => "/fail",
        Some(Topic::LowRoom | Topic::Unreachable | Topic::Away | Topic::Retention) | None => "/log",
    };
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let path = path.trim_end_matches('/');
    query.map_or_else(|| format!("{path}{suffix}"), |query| format!("{path}{suffix}?{query}"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn alert(topic: Option<Topic>) -> Alert {
        Alert {
            topics: topic.into_iter().collect(),
            ends: vec![],
            repeats: false,
            plan: None,
            plan_name: "Bücher <1>".into(),
            run: None,
            at: Timestamp::UNIX_EPOCH,
            subject: "Backup of \"Bücher <1>\" failed".into(),
            body: "The destination is not there.\nPlug it in.".into(),
        }
    }

    fn request(hook: &Webhook, topic: Option<Topic>) -> Request {
        make(hook, "https://x.example/u/1?rid=2", Some("hush"), &alert(topic), "nas")
    }

    fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
        request.headers.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn each_kind_of_receiver_gets_what_it_understands() {
        let of = |preset| Webhook::new(preset, "https://x.example".into());
        let plain = request(&of(Preset::Plain), Some(Topic::Failure));
        let read: serde_json::Value = serde_json::from_str(&plain.body).unwrap();
        assert_eq!((read["event"].as_str(), read["machine"].as_str()), (Some("failure"), Some("nas")));
        assert!(plain.sign && plain.url == "https://x.example/u/1?rid=2");

        let ends = [(Some(Topic::Success), "/u/1?"), (Some(Topic::Failure), "/u/1/fail?"), (None, "/u/1/log?")];
        for (topic, end) in ends {
            assert!(request(&of(Preset::Healthchecks), topic).url.contains(end), "{topic:?}");
        }

        let ntfy = request(&of(Preset::Ntfy), Some(Topic::Failure));
        assert_eq!(header(&ntfy, "Priority"), Some("high"));
        assert_eq!(header(&ntfy, "Authorization"), Some("Bearer hush"));
        assert!(header(&ntfy, "Title").is_some_and(|title| title.starts_with("=?UTF-8?B?") && title.is_ascii()));
        assert!(!ntfy.sign && ntfy.body.starts_with("The destination"));

        let slack = request(&of(Preset::Slack), Some(Topic::Failure));
        let read: serde_json::Value = serde_json::from_str(&slack.body).unwrap();
        assert!(read["text"].as_str().unwrap().starts_with("*Backup of \"Bücher &lt;1&gt;\" failed*\n"));
    }

    #[test]
    fn a_body_of_ones_own_is_filled_in_by_its_kind() {
        let mut hook = Webhook::new(Preset::Plain, "https://x.example".into());
        hook.body = Some("{subject} on {machine}".into());
        let made = request(&hook, Some(Topic::Failure));
        assert_eq!(made.body, "Backup of \"Bücher <1>\" failed on nas");
        hook.headers.insert("Content-Type".into(), "application/json; charset=utf-8".into());
        hook.body = Some(r#"{"text": "{subject}\n{body}"}"#.into());
        let read: serde_json::Value = serde_json::from_str(&request(&hook, None).body).unwrap();
        assert!(read["text"].as_str().unwrap().contains("not there.\nPlug"));
        hook.method = Method::Get;
        assert_eq!(request(&hook, None).body, "");
    }

    #[test]
    fn a_header_that_shows_the_secret_stands_for_the_signature() {
        let mut hook = Webhook::new(Preset::Plain, "https://x.example".into());
        hook.headers.insert("X-Token".into(), "key {secret}".into());
        hook.headers.insert("X-Plan".into(), "{plan}".into());
        hook.body = Some("{secret}".into());
        let made = request(&hook, None);
        assert_eq!((header(&made, "X-Token"), made.sign), (Some("key hush"), false));
        assert_eq!(made.body, "{secret}", "a body may be kept by whoever gets it");
    }
}
