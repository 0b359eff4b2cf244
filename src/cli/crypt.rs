//! `strongroom encrypt` and `strongroom decrypt`

use std::io;
use std::path::Path;

use serde_json::json;

use super::exit::Exit;
use super::local_file::{cancel_on_interrupt, create, explain, finish, open};
use super::output::{Output, clean, complain};
use super::{args, password};
use crate::archive::key::{KdfCost, NewSlot, SlotKind};
use crate::archive::loose::sealed_file::{self, Copying};
use crate::archive::loose::{self, Plain, SealedBytes, What};
use crate::archive::{self, Error};
use crate::model::format::Cipher;
use crate::model::human;
use crate::model::problem::{Code, Problem};
use crate::model::secret::{Secret, Strength, strength};

/// How often a password is asked for at a prompt.
const TRIES: usize = 3;

pub fn encrypt(args: &args::Encrypt, output: Output) -> Result<Exit, Problem> {
    let mut file = open(&args.file)?;
    let name = args.file.display().to_string();
    let mut new = create(&args.new)?;
    let opens = args::Unlock { password_file: args.password_file.clone(), key_file: None };
    let secret = match password::given(&opens)? {
        Some(given) => given.secret,
        None => password::ask_new(&name)?,
    };
    if secret.is_empty() {
        return Err(Problem::new(Code::Usage, "The password is empty.", ""));
    }
    let strength = strength(secret.expose());
    if strength <= Strength::Weak {
        output.note(format!("The password is weak. {}.", strength.in_words()));
    }
    let cancel = cancel_on_interrupt()?;
    let created = jiff::Timestamp::now();
    let slot = NewSlot { kind: SlotKind::Password, secret: secret.expose(), created, cost: KdfCost::least(args.kdf.into()) };
    let mut chance = Ok(());
    let mut random = |bytes: &mut [u8]| {
        if let Err(error) = getrandom::fill(bytes) {
            chance = Err(error);
        }
    };
    let copying = Copying { from: &mut file, to: &mut new, each: &mut |_| {}, cancel: &cancel };
    let sealed = sealed_file::encrypt(copying, Cipher::Aes256Gcm, &[slot], &mut random);
    chance.map_err(super::new_plan::no_chance)?;
    let bytes = sealed.map_err(|e| explain(e, &args.file))?;
    finish(new, &args.new)?;
    output.line(format!("Sealed {} ({}) as {}", clean(&name), human::bytes(bytes), clean(&args.new.to.display().to_string())));
    output.result("completed", json!({ "bytes": bytes, "to": args.new.to.display().to_string() }));
    Ok(Exit::Done)
}

pub fn decrypt(args: &args::Decrypt, output: Output) -> Result<Exit, Problem> {
    let name = args.file.display().to_string();
    let wrong = |e| explain(e, &args.file);
    let plain = Plain::new(open(&args.file)?).map_err(|e| wrong(Error::file(&args.file, e)))?;
    let (what, _) = loose::recognise(Box::new(plain)).map_err(wrong)?;
    if !matches!(what, What::SealedFile | What::SealedObject) {
        let what = format!("\"{name}\" is not sealed.");
        return Err(Problem::new(Code::NotSealed, what, "`strongroom inspect` says what it is."));
    }
    let mut new = create(&args.new)?;
    let content = unsealed(&args.file, what, args.keys.as_deref(), &args.opens)?;
    let cancel = cancel_on_interrupt()?;
    let copying = Copying { from: &mut io::empty(), to: &mut new, each: &mut |_| {}, cancel: &cancel };
    let bytes = sealed_file::copy_out(content, copying).map_err(wrong)?;
    finish(new, &args.new)?;
    output.line(format!("Opened {} into {} ({})", clean(&name), clean(&args.new.to.display().to_string()), human::bytes(bytes)));
    output.result("completed", json!({ "bytes": bytes, "to": args.new.to.display().to_string() }));
    Ok(Exit::Done)
}

/// Opens a sealed file with a password that is given, or asked for as often as it is wrong.
pub fn unsealed(path: &Path, what: What, keys: Option<&Path>, opens: &args::Unlock) -> Result<SealedBytes, Problem> {
    let open_with = |secret: &Secret| -> archive::Result<SealedBytes> {
        if what == What::SealedObject {
            return loose::open_object(path, keys, secret.expose());
        }
        let file = std::fs::File::open(path).map_err(|e| Error::file(path, e))?;
        sealed_file::open(file, secret.expose(), path)
    };
    if let Some(given) = password::given(opens)? {
        return open_with(&given.secret).map_err(|e| explain(e, path));
    }
    let mut tries = 1;
    loop {
        let secret = password::ask_existing(&path.display().to_string())?;
        match open_with(&secret) {
            Err(Error::WrongSecret) if tries < TRIES => complain("This password does not open it."),
            opened => return opened.map_err(|e| explain(e, path)),
        }
        tries += 1;
    }
}
