//! Proving who we are: by the agent's keys, those in files, then the password.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{PrivateKeyWithHashAlg, load_secret_key};
use russh::{MethodKind, MethodSet};
use tokio::time::timeout;

use super::server_key::ServerKey;
use crate::model::location::{Location, SftpFolder};
use crate::storage::access::Access;
use crate::storage::{Error, Kind};

/// A server lets try a few times only.
const AGENT_KEYS: usize = 4;
/// Questions that a server may ask in a row.
const QUESTIONS: usize = 4;

/// `patience`: for each answer of the server, or of whoever holds keys.
pub async fn log_in(
    ssh: &mut Handle<ServerKey>,
    folder: &SftpFolder,
    access: &dyn Access,
    patience: Duration,
) -> Result<(), Error> {
    let location = Location::Sftp(folder.clone());
    let shown = location.display();
    let lost =
        |e: russh::Error| Error { kind: Kind::ServerAway, context: shown.clone(), source: io::Error::other(e.to_string()) };
    let user = if folder.user.is_empty() { own_name() } else { folder.user.clone() };
    let mut methods = match answer(patience, ssh.authenticate_none(user.as_str())).await.map_err(lost)? {
        AuthResult::Success => return Ok(()),
        AuthResult::Failure { remaining_methods, .. } => remaining_methods,
    };
    let password = access.password(&location);
    if methods.contains(&MethodKind::PublicKey) {
        if by_agent(ssh, &user, patience, &mut methods).await.map_err(lost)? {
            return Ok(());
        }
        let passphrase = password.as_ref().map(|password| password.expose());
        let files = access.key_files(&location);
        if by_files(ssh, &user, patience, files, passphrase, &mut methods).await.map_err(lost)? {
            return Ok(());
        }
    }
    let Some(password) = password else {
        return Err(Error {
            kind: Kind::NoPassword,
            context: shown,
            source: io::Error::other("no key fits, and there is no password"),
        });
    };
    if methods.contains(&MethodKind::Password) {
        match answer(patience, ssh.authenticate_password(user.as_str(), password.expose())).await.map_err(lost)? {
            AuthResult::Success => return Ok(()),
            AuthResult::Failure { remaining_methods, .. } => methods = remaining_methods,
        }
    }
    if methods.contains(&MethodKind::KeyboardInteractive)
        && by_questions(ssh, &user, patience, password.expose()).await.map_err(lost)?
    {
        return Ok(());
    }
    Err(Error {
        kind: Kind::Refused,
        context: shown,
        source: io::Error::other("the server takes neither the keys nor the password"),
    })
}

/// A server may go on saying that it is there, and never answer.
async fn answer<T>(patience: Duration, what: impl Future<Output = Result<T, russh::Error>>) -> Result<T, russh::Error> {
    timeout(patience, what).await.unwrap_or(Err(russh::Error::ConnectionTimeout))
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
    patience: Duration,
    methods: &mut MethodSet,
) -> Result<bool, russh::Error> {
    let Ok(Ok(mut agent)) = timeout(patience, agent()).await else { return Ok(false) };
    let Ok(Ok(identities)) = timeout(patience, agent.request_identities()).await else { return Ok(false) };
    for identity in identities.into_iter().take(AGENT_KEYS) {
        let AgentIdentity::PublicKey { key, .. } = identity else { continue };
        let hash = answer(patience, ssh.best_supported_rsa_hash()).await?.flatten();
        match timeout(patience, ssh.authenticate_publickey_with(user, key, hash, &mut agent)).await {
            Ok(Ok(AuthResult::Success)) => return Ok(true),
            Ok(Ok(AuthResult::Failure { remaining_methods, .. })) => *methods = remaining_methods,
            // The agent does not want to.
            Ok(Err(_)) => {}
            Err(_) => return Err(russh::Error::ConnectionTimeout),
        }
    }
    Ok(false)
}

async fn by_files(
    ssh: &mut Handle<ServerKey>,
    user: &str,
    patience: Duration,
    files: Vec<PathBuf>,
    passphrase: Option<&str>,
    methods: &mut MethodSet,
) -> Result<bool, russh::Error> {
    for path in files {
        // Sealed with another passphrase, of a kind that is not known, or not there.
        let Ok(key) = load_secret_key(&path, None).or_else(|_| load_secret_key(&path, passphrase)) else { continue };
        let hash = answer(patience, ssh.best_supported_rsa_hash()).await?.flatten();
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
        match answer(patience, ssh.authenticate_publickey(user, key)).await? {
            AuthResult::Success => return Ok(true),
            AuthResult::Failure { remaining_methods, .. } => *methods = remaining_methods,
        }
    }
    Ok(false)
}

/// Where a server asks for the password instead of taking it.
async fn by_questions(ssh: &mut Handle<ServerKey>, user: &str, patience: Duration, password: &str) -> Result<bool, russh::Error> {
    let mut asked = answer(patience, ssh.authenticate_keyboard_interactive_start(user, None)).await?;
    for _ in 0..QUESTIONS {
        match asked {
            KeyboardInteractiveAuthResponse::Success => return Ok(true),
            KeyboardInteractiveAuthResponse::Failure { .. } => return Ok(false),
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                // What is echoed is no question for a password.
                let answers = prompts.iter().map(|prompt| if prompt.echo { String::new() } else { password.to_owned() });
                asked = answer(patience, ssh.authenticate_keyboard_interactive_respond(answers.collect())).await?;
            }
        }
    }
    Ok(false)
}

/// The account of whoever runs this.
fn own_name() -> String {
    ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_else(|| "root".into())
}
