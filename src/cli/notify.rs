//! `strongroom notify …`

use std::collections::BTreeMap;
use std::env;
use std::path::Path;

use serde_json::{Value, json};

use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::output::{Output, clean};
use super::{args, new_plan, parse, password};
use crate::engine::message::{ChannelKeys, Overview};
use crate::model::alert::{Channel, ChannelId, Email, Security, Topic, Way, Webhook};
use crate::model::health::Patience;
use crate::model::human;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::secret::Secret;
use crate::storage::certificates;

pub fn run(args: args::Notify, output: Output) -> Result<Exit, Problem> {
    match args.command {
        args::NotifyCommand::List => list(output),
        args::NotifyCommand::Add(what) => add(what, output),
        args::NotifyCommand::Test(args) => test(&args.channel, output),
        args::NotifyCommand::Remove(args) => remove(&args.channel, output),
        args::NotifyCommand::Quiet { hours } => quiet(hours, output),
        args::NotifyCommand::Away(args) => away(&args, output),
    }
}

fn list(output: Output) -> Result<Exit, Problem> {
    let session = Session::reading_home()?;
    session.tell_notices(output);
    let messages = session.handle().overview().settings.messages.clone();
    for channel in &messages.channels {
        output.object(&object(channel));
        let heeds = if channel.quiet && messages.quiet.is_some() { ", not in the quiet hours" } else { "" };
        output.line(format!("{:<16} {}: {}{heeds}", channel.id, clean(&channel.way.in_words()), topics(&channel.on)));
    }
    if messages.channels.is_empty() {
        output.line("Nobody is told of anything.");
    }
    if let Some(hours) = messages.quiet {
        output.line(format!("Quiet hours: {}", hours.in_words()));
    }
    output.result("completed", json!({ "count": messages.channels.len(), "quiet": messages.quiet }));
    Ok(Exit::Done)
}

fn object(channel: &Channel) -> Value {
    json!({ "channel": channel.id, "way": channel.way.name(), "to": channel.way.in_words(), "on": channel.on, "quiet": channel.quiet })
}

fn topics(on: &[Topic]) -> String {
    on.iter().map(|topic| topic.name()).collect::<Vec<_>>().join(", ")
}

fn add(what: args::NotifyAdd, output: Output) -> Result<Exit, Problem> {
    let (way, keys, what) = match what {
        args::NotifyAdd::Desktop(what) => (Way::Desktop, ChannelKeys::default(), what),
        args::NotifyAdd::Email(args) => email(*args)?,
        args::NotifyAdd::Webhook(args) => webhook(*args)?,
    };
    let mut random = [0; 2];
    getrandom::fill(&mut random).map_err(new_plan::no_chance)?;
    let mut channel = Channel::new(way, random);
    if !what.on.is_empty() {
        channel.on = what.on;
    }
    channel.quiet &= !what.always;
    with_home(|session| {
        session.handle().save_channel(channel.clone(), keys.clone()).wait()?;
        output.line(format!("Added {}: {}", channel.id, clean(&channel.way.in_words())));
        output.note(format!("`strongroom notify test {}` tries it.", channel.id));
        output.result("completed", object(&channel));
        Ok(Exit::Done)
    })
}

fn email(args: args::NotifyEmail) -> Result<(Way, ChannelKeys, args::NotifyWhat), Problem> {
    let (server, port) = Email::server_and_port(&args.server)
        .ok_or_else(|| usage("The mail server cannot be understood.", "Give it as in smtp.example.org:587."))?;
    let named: Option<Security> = args.security.map(Into::into);
    let port = port.unwrap_or_else(|| named.unwrap_or_default().usual_port());
    let account = args.user.clone().filter(|user| user.contains('@'));
    let from = args.from.or(account).or_else(|| args.to.first().cloned()).unwrap_or_default();
    let given = secret(args.password_file.as_deref(), args.password_from_env.as_deref())?;
    let secret = match (&args.user, given) {
        (Some(user), None) => {
            let from = "Give --password-file or --password-from-env.";
            Some(asked(&format!("Password of {user} at {server}: "), "The mail account's password", from)?)
        }
        (_, given) => given,
    };
    let email = Email {
        to: args.to,
        from,
        server,
        port,
        security: named.unwrap_or(Security::of_port(port)),
        user: args.user,
        ca_file: ca_file(args.ca_file.as_deref())?,
    };
    Ok((Way::Email(email), ChannelKeys { address: None, secret }, args.what))
}

fn webhook(args: args::NotifyWebhook) -> Result<(Way, ChannelKeys, args::NotifyWhat), Problem> {
    let address = match secret(args.url_file.as_deref(), args.url_from_env.as_deref())? {
        Some(address) => address,
        None => asked("Address of the webhook: ", "The webhook's address", "Give --url-file or --url-from-env.")?,
    };
    let fix = "Give it as the service shows it, beginning with https://.";
    let server = Webhook::server_of(address.expose())
        .map_err(|why| usage(&format!("The webhook's address cannot be used: {why}."), fix))?;
    let mut hook = Webhook::new(args.preset.into(), server);
    hook.method = args.method.into();
    hook.headers = headers(&args.header)?;
    hook.body = args.body;
    hook.ca_file = ca_file(args.ca_file.as_deref())?;
    let secret = secret(args.secret_file.as_deref(), args.secret_from_env.as_deref())?;
    if secret.is_none() && hook.shows_secret() {
        return Err(usage("A header shows a secret, and none is given.", "Give --secret-file or --secret-from-env."));
    }
    Ok((Way::Webhook(hook), ChannelKeys { address: Some(address), secret }, args.what))
}

/// Asks for a secret; `what` is needed, and comes `from` elsewhere where there is no terminal.
fn asked(question: &str, what: &str, from: &str) -> Result<Secret, Problem> {
    let needed = |problem| Problem { what: format!("{what} is needed, and there is no terminal to ask for it."), ..problem };
    password::prompt(question, from).map_err(needed)
}

fn headers(given: &[String]) -> Result<BTreeMap<String, String>, Problem> {
    given
        .iter()
        .map(|header| Webhook::header_of(header))
        .collect::<Option<_>>()
        .ok_or_else(|| usage("A header has no name.", "Give it as in \"X-Token: value\"."))
}

/// A secret out of a file or a variable, where one of them is named.
fn secret(file: Option<&Path>, variable: Option<&str>) -> Result<Option<Secret>, Problem> {
    match (file, variable) {
        (Some(file), _) => password::from_file(file).map(Some),
        (None, Some(name)) => {
            let text = env::var_os(name).filter(|text| !text.is_empty());
            let text = text.ok_or_else(|| usage(&format!("The variable {name} is not set."), "Set it, or give a file."))?;
            let text = text.into_string().map_err(|_| usage(&format!("The variable {name} is not UTF-8."), ""))?;
            Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))))
        }
        (None, None) => Ok(None),
    }
}

fn ca_file(path: Option<&Path>) -> Result<Option<PathBytes>, Problem> {
    let Some(path) = path else { return Ok(None) };
    certificates::of_file(path).map_err(Problem::from)?;
    Ok(Some(parse::real(path)?.into()))
}

fn test(name: &str, output: Output) -> Result<Exit, Problem> {
    with_home(|session| {
        let channel = find(&session.handle().overview(), name)?;
        session.handle().test_channel(channel.clone(), ChannelKeys::default()).wait()?;
        output.line(format!("The test has gone: {}", clean(&channel.way.in_words())));
        output.result("completed", object(&channel));
        Ok(Exit::Done)
    })
}

fn remove(name: &str, output: Output) -> Result<Exit, Problem> {
    with_home(|session| {
        let channel = find(&session.handle().overview(), name)?;
        session.handle().remove_channel(channel.id.clone()).wait()?;
        output.line(format!("Removed {}: {}", channel.id, clean(&channel.way.in_words())));
        output.result("completed", object(&channel));
        Ok(Exit::Done)
    })
}

fn find(overview: &Overview, name: &str) -> Result<Channel, Problem> {
    let messages = &overview.settings.messages;
    let found = ChannelId::try_from(name.to_owned()).ok().and_then(|id| messages.channel(&id).cloned());
    found.ok_or_else(|| {
        let there: Vec<&str> = messages.channels.iter().map(|channel| channel.id.as_str()).collect();
        let fix = if there.is_empty() { "There is none yet.".into() } else { format!("There is {}.", there.join(", ")) };
        Problem::new(Code::NothingThere, format!("No channel is called \"{}\".", clean(name)), fix)
    })
}

fn quiet(hours: args::Times, output: Output) -> Result<Exit, Problem> {
    with_home(|session| {
        let mut settings = session.handle().overview().settings.clone();
        settings.messages.quiet = hours.0;
        session.handle().save_settings(settings).wait()?;
        output.line(match hours.0 {
            Some(hours) => format!("Quiet hours: {}. What happens then is told afterwards.", hours.in_words()),
            None => "There are no quiet hours.".into(),
        });
        output.result("completed", json!({ "quiet": hours.0 }));
        Ok(Exit::Done)
    })
}

fn away(args: &args::NotifyAway, output: Output) -> Result<Exit, Problem> {
    if args.servers.is_none() && args.drives.is_none() {
        let session = Session::reading_home()?;
        session.tell_notices(output);
        show_patience(session.handle().overview().settings.patience, output);
        return Ok(Exit::Done);
    }
    with_home(|session| {
        let mut settings = session.handle().overview().settings.clone();
        let patience = &mut settings.patience;
        patience.servers = args.servers.unwrap_or(patience.servers);
        patience.drives = args.drives.unwrap_or(patience.drives);
        let patience = *patience;
        session.handle().save_settings(settings).wait()?;
        show_patience(patience, output);
        Ok(Exit::Done)
    })
}

fn show_patience(Patience { servers, drives }: Patience, output: Output) {
    let days = |n: u8| human::counted(n.into(), "day", "days");
    output.line(format!("A server that is away is missed after {}, a drive or folder after {}", days(servers), days(drives)));
    output.result("completed", json!({ "servers": servers, "drives": drives }));
}

fn usage(what: &str, fix: &str) -> Problem {
    Problem::new(Code::Usage, what, fix)
}
