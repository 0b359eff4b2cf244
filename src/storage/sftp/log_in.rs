//! Proving who we are: by the agent's keys, those in files, then the password.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{PrivateKeyWithHashAlg, PublicKey, load_secret_key};
use russh::{MethodKind, MethodSet};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::line::wait;
use super::server_key::{ServerKey, Verdict};
use crate::model::location::{Location, SftpFolder};
use crate::model::secret::Secret;
use crate::storage::access::Access;
use crate::storage::{Error, Kind};

/// A server lets try a few times only (OpenSSH six): so many of the agent's keys,
const AGENT_KEYS: usize = 4;
/// and so many keys in all where there is a password, for which a try is left.
const KEYS: usize = 5;
/// Questions that a server may ask in a row.
const QUESTIONS: usize = 4;
/// For the agent to say which keys it has; to use one it may have to ask somebody first.
const AGENT: Duration = Duration::from_secs(10);

/// `runtime`: in which the connection lives; `access` is asked outside of it, since its calls may block. `verdict`: what is known of the
/// connection meanwhile; `patience`: until we are in, not counting what `access` takes.
pub fn log_in(
    runtime: &Runtime,
    ssh: &mut Handle<ServerKey>,
    folder: &SftpFolder,
    access: &dyn Access,
    verdict: &Verdict,
    patience: Duration,
) -> Result<(), Error> {
    let location = Location::Sftp(folder.clone());
    let error = |kind, why: &str| Error { kind, context: location.display(), source: io::Error::other(why.to_owned()) };
    let lost = |e: russh::Error| error(Kind::ServerAway, &e.to_string());
    // Until we are in, nothing else looks whether the other side is still there.
    let unanswered = || error(Kind::ServerAway, "no answer");
    let user = if folder.user.is_empty() { own_name() } else { folder.user.clone() };
    let mut password = None;
    let is_in = match in_time(runtime, patience, ssh.authenticate_none(user.as_str())).ok_or_else(unanswered)? {
        Ok(AuthResult::Success) => Ok(true),
        Ok(AuthResult::Failure { remaining_methods, .. }) => {
            password = access.password(&location);
            let files = access.key_files(&location);
            let entering = enter(ssh, &user, remaining_methods, files, password.as_ref());
            in_time(runtime, patience, entering).ok_or_else(unanswered)?
        }
        Err(e) => Err(e),
    };
    // A line that broke looks like a refusal of everything; one that the server ended after too many tries is one.
    let is_lost = ssh.is_closed() && !verdict.is_sent_away();
    match is_in {
        Ok(true) => Ok(()),
        Ok(false) if is_lost => Err(error(Kind::ServerAway, "the line broke")),
        Err(e) if !verdict.is_sent_away() => Err(lost(e)),
        _ if password.is_none() => Err(error(Kind::NoPassword, "no key fits, and there is no password")),
        _ => Err(error(Kind::Refused, "the server takes neither the keys nor the password")),
    }
}

/// `None` where that takes too long, or nobody wants it any more.
fn in_time<T>(runtime: &Runtime, patience: Duration, what: impl Future<Output = T>) -> Option<T> {
    wait(runtime, async { timeout(patience, what).await }).and_then(Result::ok)
}

/// `methods`: that the server takes.
async fn enter(
    ssh: &mut Handle<ServerKey>,
    user: &str,
    mut methods: MethodSet,
    files: Vec<PathBuf>,
    password: Option<&Secret>,
) -> Result<bool, russh::Error> {
    let by_password = methods.contains(&MethodKind::Password) || methods.contains(&MethodKind::KeyboardInteractive);
    let mut tries = Tries { made: Vec::new(), most: if password.is_some() && by_password { KEYS } else { usize::MAX } };
    if methods.contains(&MethodKind::PublicKey)
        && (by_agent(ssh, user, &mut methods, &mut tries).await?
            || by_files(ssh, user, files, password.map(Secret::expose), &mut methods, &mut tries).await?)
    {
        return Ok(true);
    }
    let Some(password) = password else { return Ok(false) };
    if methods.contains(&MethodKind::Password) {
        match ssh.authenticate_password(user, password.expose()).await? {
            AuthResult::Success => return Ok(true),
            AuthResult::Failure { remaining_methods, .. } => methods = remaining_methods,
        }
    }
    Ok(methods.contains(&MethodKind::KeyboardInteractive) && by_questions(ssh, user, password.expose()).await?)
}

/// Keys that were shown, each once.
struct Tries {
    made: Vec<KeyData>,
    most: usize,
}

impl Tries {
    /// Whether this one is worth a try.
    fn takes(&mut self, key: &PublicKey) -> bool {
        let is_new = self.made.len() < self.most && !self.made.contains(key.key_data());
        if is_new {
            self.made.push(key.key_data().clone());
        }
        is_new
    }
}

/// Where OpenSSH's agent listens.
#[cfg(unix)]
async fn agent() -> Result<AgentClient<tokio::net::UnixStream>, russh::keys::Error> {
    AgentClient::connect_env().await
}

#[cfg(windows)]
async fn agent() -> Result<AgentClient<tokio::net::windows::named_pipe::NamedPipeClient>, russh::keys::Error> {
    AgentClient::connect_named_pipe(r"\\.\pipe\openssh-ssh-agent").await
}

async fn by_agent(
    ssh: &mut Handle<ServerKey>,
    user: &str,
    methods: &mut MethodSet,
    tries: &mut Tries,
) -> Result<bool, russh::Error> {
    let asked = timeout(AGENT, async {
        let mut agent = agent().await?;
        let identities = agent.request_identities().await?;
        Ok::<_, russh::keys::Error>((agent, identities))
    });
    // One that is dead or silent holds no keys.
    let Ok(Ok((mut agent, identities))) = asked.await else { return Ok(false) };
    for identity in identities.into_iter().take(AGENT_KEYS) {
        let AgentIdentity::PublicKey { key, .. } = identity else { continue };
        if !tries.takes(&key) {
            continue;
        }
        let hash = ssh.best_supported_rsa_hash().await?.flatten();
        match ssh.authenticate_publickey_with(user, key, hash, &mut agent).await {
            Ok(AuthResult::Success) => return Ok(true),
            Ok(AuthResult::Failure { remaining_methods, .. }) => *methods = remaining_methods,
            // The agent does not want to: its file may.
            Err(_) => drop(tries.made.pop()),
        }
    }
    Ok(false)
}

async fn by_files(
    ssh: &mut Handle<ServerKey>,
    user: &str,
    files: Vec<PathBuf>,
    passphrase: Option<&str>,
    methods: &mut MethodSet,
    tries: &mut Tries,
) -> Result<bool, russh::Error> {
    for path in files {
        // Sealed with another passphrase, of a kind that is not known, or not there.
        let Ok(key) = load_secret_key(&path, None).or_else(|_| load_secret_key(&path, passphrase)) else { continue };
        if !tries.takes(key.public_key()) {
            continue;
        }
        let hash = ssh.best_supported_rsa_hash().await?.flatten();
        match ssh.authenticate_publickey(user, PrivateKeyWithHashAlg::new(Arc::new(key), hash)).await? {
            AuthResult::Success => return Ok(true),
            AuthResult::Failure { remaining_methods, .. } => *methods = remaining_methods,
        }
    }
    Ok(false)
}

/// Where a server asks for the password instead of taking it.
async fn by_questions(ssh: &mut Handle<ServerKey>, user: &str, password: &str) -> Result<bool, russh::Error> {
    let mut asked = ssh.authenticate_keyboard_interactive_start(user, None).await?;
    for _ in 0..QUESTIONS {
        match asked {
            KeyboardInteractiveAuthResponse::Success => return Ok(true),
            KeyboardInteractiveAuthResponse::Failure { .. } => return Ok(false),
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                // What is echoed is no question for a password.
                let answers = prompts.iter().map(|prompt| if prompt.echo { String::new() } else { password.to_owned() });
                asked = ssh.authenticate_keyboard_interactive_respond(answers.collect()).await?;
            }
        }
    }
    Ok(false)
}

/// The account of whoever runs this.
fn own_name() -> String {
    ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_else(|| "root".into())
}
