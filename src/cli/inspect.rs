//! `strongroom inspect`

use serde_json::{Value, json};

use super::args;
use super::exit::Exit;
use super::local_file::cancel_on_interrupt;
use super::output::Output;
use crate::engine::single;
use crate::model::human;
use crate::model::inspection::{ArchiveFacts, FileFacts, Inspection, Seal, SlotFacts};
use crate::model::key::SlotKind;
use crate::model::problem::Problem;

pub fn run(args: &args::Inspect, output: Output) -> Result<Exit, Problem> {
    let FileFacts { size, found, .. } = single::inspect(&args.file, &cancel_on_interrupt()?)?;
    let sound = found.is_sound();
    let name = args.file.display().to_string();
    output.line(format!("{name} ({}): {}", human::bytes(size), found.headline()));
    for line in details(&found) {
        output.line(format!("  {line}"));
    }
    let mut line = json!({ "file": name, "size": size });
    if let (Value::Object(line), Ok(Value::Object(facts))) = (&mut line, serde_json::to_value(&found)) {
        line.extend(facts);
    }
    output.result(if sound { "completed" } else { "completed-with-warnings" }, line);
    Ok(if sound { Exit::Done } else { Exit::Warnings })
}

fn details(found: &Inspection) -> Vec<String> {
    let mut lines = Vec::new();
    match found {
        Inspection::Empty | Inspection::Other => {}
        Inspection::Foreign { format } => lines.extend(format.unpacked_by().map(|by| format!("{by} unpacks it"))),
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

fn archived(archive: &ArchiveFacts, lines: &mut Vec<String>) {
    let others = match archive.others {
        0 => String::new(),
        n => format!(", {}", human::counted(n, "link or other", "links and others")),
    };
    let (files, folders) = (human::counted(archive.files, "file", "files"), human::counted(archive.folders, "folder", "folders"));
    let ratio = archive.ratio.map(|ratio| format!(": {ratio:.2} to 1")).unwrap_or_default();
    lines.push(format!("{files}, {folders}{others}; {} of content{ratio}", human::bytes(archive.bytes)));
    for damage in &archive.damage {
        let how = if damage.doubtful { "perhaps not whole" } else { "not readable" };
        lines.push(format!("{how}: {}", damage.in_words()));
    }
    let more = archive.lost().saturating_sub(archive.damage.len() as u64);
    if more > 0 {
        lines.push(format!("and {} more", human::count(more)));
    }
}
