//! `strongroom encrypt` and `strongroom decrypt`

use super::exit::Exit;
use super::local_file::{cancel_on_interrupt, carry_out, pace, spec, statistics};
use super::output::{Output, clean};
use super::{args, password};
use crate::engine::single::explain;
use crate::model::human;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::secret::Secret;
use crate::model::tool::{Tool, ToolDone};

pub fn encrypt(args: &args::Encrypt, output: Output) -> Result<Exit, Problem> {
    let name = args.file.display().to_string();
    let opens = args::Unlock { password_file: args.password_file.clone(), key_file: args.key_file.clone() };
    let password = match password::given(&opens)? {
        Some(given) => given.secret,
        None => password::ask_new(&name)?,
    };
    if password.is_empty() {
        return Err(explain::empty_password());
    }
    password::judge(&password, output);
    let cancel = cancel_on_interrupt()?;
    let tool = Tool::Encrypt { password, cipher: args.cipher.into(), kdf: args.kdf.into() };
    let done = carry_out(&spec(&args.file, &args.new, tool)?, &cancel)?;
    tell("Sealed", "as", &done, output);
    output.result("completed", statistics(&done, done.before, ("sealed_bytes", done.after)));
    Ok(Exit::Done)
}

pub fn decrypt(args: &args::Decrypt, output: Output) -> Result<Exit, Problem> {
    let cancel = cancel_on_interrupt()?;
    let name = args.file.display().to_string();
    let done = with_password(&name, &args.opens, |secret| {
        let tool = Tool::Decrypt { secret, keys: args.keys.as_deref().map(PathBytes::from) };
        carry_out(&spec(&args.file, &args.new, tool)?, &cancel)
    })?;
    tell("Opened", "into", &done, output);
    output.result("completed", statistics(&done, done.after, ("sealed_bytes", done.before)));
    Ok(Exit::Done)
}

fn tell(verb: &str, into: &str, done: &ToolDone, output: Output) {
    let [from, to] = [&done.from, &done.to].map(|path| clean(&path.display()));
    let [before, after] = [done.before, done.after].map(human::bytes);
    output.line(format!("{verb} {from} ({before}) {into} {to} ({after})"));
    output.line(format!("  {}", pace(done)));
}

/// Does what takes a password only where the file is sealed: tried without one first, then with what is given, or asked for as often
/// as it is wrong.
pub fn with_password<T>(
    name: &str,
    opens: &args::Unlock,
    act: impl Fn(Option<Secret>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    match act(None) {
        Err(problem) if problem.code == Code::PasswordNeeded => {}
        done => return done,
    }
    if let Some(given) = password::given(opens)? {
        return act(Some(given.secret));
    }
    password::tried(|| password::ask_existing(name), |secret| act(Some(secret)))
}
