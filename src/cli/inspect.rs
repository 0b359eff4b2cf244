//! `strongroom inspect`

use serde_json::{Value, json};

use super::args;
use super::exit::Exit;
use super::local_file::{cancel_on_interrupt, explain, open};
use super::output::{Output, clean};
use crate::archive::Error;
use crate::archive::key::SlotKind;
use crate::archive::loose::Plain;
use crate::archive::loose::inspect::{Archive, Inspection, Seal, SlotFacts, inspect};
use crate::model::human;
use crate::model::problem::Problem;

pub fn run(args: &args::Inspect, output: Output) -> Result<Exit, Problem> {
    let wrong = |e| explain(e, &args.file);
    let plain = Plain::new(open(&args.file)?).map_err(|e| wrong(Error::file(&args.file, e)))?;
    let size = plain.file().metadata().map_err(|e| wrong(Error::file(&args.file, e)))?.len();
    let cancel = cancel_on_interrupt()?;
    let found = inspect(plain, &cancel).map_err(wrong)?;
    let sound = is_sound(&found);
    let name = args.file.display().to_string();
    output.line(clean(&format!("{name} ({}): {}", human::bytes(size), headline(&found))));
    for line in details(&found) {
        output.line(clean(&format!("  {line}")).replace('\n', "\u{fffd}"));
    }
    let mut line = json!({ "file": name, "size": size });
    if let (Value::Object(line), Ok(Value::Object(facts))) = (&mut line, serde_json::to_value(&found)) {
        line.extend(facts);
    }
    output.result(if sound { "completed" } else { "completed-with-warnings" }, line);
    Ok(if sound { Exit::Done } else { Exit::Warnings })
}

/// Whether nothing was seen to be wrong with it.
fn is_sound(found: &Inspection) -> bool {
    match found {
        Inspection::SealedObject { seal, .. } | Inspection::SealedFile { seal, .. } => seal.whole,
        Inspection::Archive(archive) => archive.damage.is_empty(),
        Inspection::Compressed { damage, .. } | Inspection::Catalog { damage, .. } => damage.is_none(),
        Inspection::SmallObject { intact, .. } => *intact,
        Inspection::Empty | Inspection::Other => true,
    }
}

fn headline(found: &Inspection) -> String {
    match found {
        Inspection::Empty => "empty".into(),
        Inspection::Other => "nothing that Strongroom knows".into(),
        Inspection::SealedObject { object_kind, .. } => format!("sealed {object_kind} of a backup"),
        Inspection::SealedFile { .. } => "file sealed by itself".into(),
        Inspection::Archive(archive) => {
            let volume = if archive.is_volume { ", a volume of a backup" } else { "" };
            format!("{} archive{volume}", archive.format)
        }
        Inspection::Compressed { codec, .. } => format!("compressed by {}", codec.extension()),
        Inspection::Catalog { .. } => "catalog of a backup, not sealed".into(),
        Inspection::SmallObject { kind, .. } => match kind.as_str() {
            "marker" => "marker of a backup's folder".into(),
            "owner" => "who writes into a backup".into(),
            "keys" => "key slots of a backup".into(),
            "version" => "manifest of a version".into(),
            "deleted" => "mark of a deleted version".into(),
            "objects" => "list of what a run wrote".into(),
            other => format!("small object of a backup, {other}"),
        },
    }
}

fn details(found: &Inspection) -> Vec<String> {
    let mut lines = Vec::new();
    match found {
        Inspection::Empty | Inspection::Other => {}
        Inspection::SealedObject { seal, plan, version, object, .. } => {
            lines.push(format!("{object} of version {version}, backup {plan}"));
            lines.push("as it says of itself: only the password proves it".into());
            sealed(seal, &mut lines);
        }
        Inspection::SealedFile { seal, slots, .. } => {
            sealed(seal, &mut lines);
            lines.extend(slots.iter().map(slot));
        }
        Inspection::Archive(archive) => archived(archive, &mut lines),
        Inspection::Compressed { bytes, ratio, damage, .. } => {
            let ratio = ratio.map(|ratio| format!(": {ratio:.2} to 1")).unwrap_or_default();
            lines.push(format!("{} unpacked{ratio}", human::bytes(*bytes)));
            lines.extend(damage.iter().map(|what| format!("damaged: {what}")));
        }
        Inspection::Catalog { damage, bytes, lines: count } => {
            let count = human::counted(*count, "line", "lines");
            lines.push(format!("{count}, {}", human::bytes(*bytes)));
            lines.extend(damage.iter().map(|what| format!("damaged: {what}")));
        }
        Inspection::SmallObject { intact, sealed, slots, content, .. } => {
            for (name, value) in content.as_object().into_iter().flatten() {
                match value {
                    Value::String(text) => lines.push(format!("{name}: {text}")),
                    Value::Number(number) => lines.push(format!("{name}: {number}")),
                    Value::Bool(value) => lines.push(format!("{name}: {value}")),
                    Value::Null | Value::Array(_) | Value::Object(_) => {}
                }
            }
            lines.extend(slots.iter().map(slot));
            if *sealed {
                lines.push("signed: only the password proves it".into());
            }
            if !intact {
                lines.push("damaged: its checksum does not fit".into());
            }
        }
    }
    lines
}

fn sealed(seal: &Seal, lines: &mut Vec<String>) {
    let records = human::counted(seal.records, "record", "records");
    lines.push(format!("{}, key {}", seal.cipher, seal.key_id));
    lines.push(format!("{} in {records}", human::bytes(seal.bytes)));
    if !seal.whole {
        lines.push("damaged: its end is missing, or something follows it".into());
    }
}

fn slot(slot: &SlotFacts) -> String {
    let kind = match slot.kind {
        SlotKind::Password => "password",
        SlotKind::RecoveryKey => "recovery key",
        SlotKind::KeyFile => "key file",
    };
    format!("opens with: {kind}, {}", slot.function)
}

fn archived(archive: &Archive, lines: &mut Vec<String>) {
    let others = match archive.others {
        0 => String::new(),
        n => format!(", {}", human::counted(n, "link or other", "links and others")),
    };
    let (files, folders) = (human::counted(archive.files, "file", "files"), human::counted(archive.folders, "folder", "folders"));
    let ratio = archive.ratio.map(|ratio| format!(": {ratio:.2} to 1")).unwrap_or_default();
    lines.push(format!("{files}, {folders}{others}; {} of content{ratio}", human::bytes(archive.bytes)));
    for damage in &archive.damage {
        let path = damage.path.as_ref().map(|path| format!("{}: ", path.display())).unwrap_or_default();
        lines.push(format!("not readable: {path}{} (at {})", damage.what, human::count(damage.at)));
    }
    let more = (archive.damage_count + archive.unsupported).saturating_sub(archive.damage.len() as u64);
    if more > 0 {
        lines.push(format!("and {} more", human::count(more)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_whole_is_not_sound() {
        let seal = |whole| Seal { cipher: String::new(), key_id: String::new(), records: 1, bytes: 2, whole };
        let file = |whole| Inspection::SealedFile { seal: seal(whole), slots: Vec::new() };
        assert!(is_sound(&file(true)) && !is_sound(&file(false)));
        assert!(details(&file(false)).iter().any(|line| line.contains("end is missing")));
        let other =
            Inspection::Compressed { codec: crate::archive::loose::Codec::Zstd, bytes: 1, ratio: None, damage: Some("x".into()) };
        assert!(!is_sound(&other));
    }
}
