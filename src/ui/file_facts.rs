//! What a single file is, in words.

use egui::Ui;

use crate::model::human;
use crate::model::inspection::{ArchiveFacts, FileFacts, Inspection, Seal, SlotFacts};
use crate::ui::theme::typography::{body, body_strong, caption};
use crate::ui::theme::{Icon, Tone, icons, size, space, tokens};
use crate::ui::widgets::{Ends, StatusPill, key_value, wrapped};

/// Parts that cannot be read are named up to here; the rest is counted.
const NAMED: usize = 5;

pub fn show(ui: &mut Ui, facts: &FileFacts) {
    let name = String::from_utf8_lossy(facts.file.file_name()).into_owned();
    Ends::new(ui, size::CONTROL)
        .left(|ui| {
            let t = tokens(ui);
            ui.label(body(icon(&facts.found).to_string()).color(t.text2));
            let label = egui::Label::new(body_strong(&name).color(t.text)).truncate();
            ui.add(label).on_hover_text(facts.file.display());
        })
        .right(|ui| {
            let (tone, icon, word) = state(&facts.found);
            ui.add(StatusPill::new(tone, icon, word));
        });
    for (key, value) in rows(facts) {
        key_value(ui, key, value);
    }
    damage(ui, &facts.found);
}

fn icon(found: &Inspection) -> Icon {
    match found {
        Inspection::SealedObject { .. } | Inspection::SealedFile { .. } => icons::LOCK,
        Inspection::Archive(_) | Inspection::Compressed { .. } | Inspection::Foreign { .. } => icons::PACKAGE,
        Inspection::Catalog { .. } | Inspection::SmallObject { .. } => icons::FILE_TEXT,
        Inspection::Empty | Inspection::Other => icons::FILE,
    }
}

fn state(found: &Inspection) -> (Tone, Icon, &'static str) {
    match found {
        found if !found.is_sound() => (Tone::Bad, icons::X_CIRCLE, "Damaged"),
        Inspection::Foreign { .. } => (Tone::Neutral, icons::PACKAGE, "Not looked into"),
        found if found.is_sealed() => (Tone::Ok, icons::LOCK, "Encrypted"),
        _ => (Tone::Neutral, icons::LOCK_OPEN, "Not encrypted"),
    }
}

/// The facts in two columns.
pub fn rows(facts: &FileFacts) -> Vec<(&'static str, String)> {
    let mut rows = vec![("Kind", kind(&facts.found)), ("Size", human::bytes(facts.size))];
    match &facts.found {
        Inspection::SealedObject { seal, version, object, .. } => {
            rows.push(("Part of", format!("version {version}, as {object}")));
            sealed(seal, &mut rows);
            rows.push(("Opened with", "the password or recovery key of its backup".into()));
        }
        Inspection::SealedFile { seal, slots } => {
            sealed(seal, &mut rows);
            rows.push(("Opened with", opened_with(slots)));
        }
        Inspection::Archive(archive) => archived(archive, &mut rows),
        Inspection::Compressed { bytes, ratio, .. } => {
            let ratio = ratio.map(|ratio| format!(", {ratio:.2} to 1")).unwrap_or_default();
            rows.push(("Unpacked", format!("{}{ratio}", human::bytes(*bytes))));
        }
        Inspection::Catalog { bytes, lines, .. } => {
            rows.push(("Unpacked", format!("{}, {}", human::bytes(*bytes), human::counted(*lines, "line", "lines"))));
        }
        Inspection::SmallObject { slots, .. } if !slots.is_empty() => rows.push(("Opened with", opened_with(slots))),
        Inspection::SmallObject { .. } | Inspection::Empty | Inspection::Foreign { .. } | Inspection::Other => {}
    }
    rows
}

/// "Tar.gz archive" would be wrong: only words begin with a capital.
fn kind(found: &Inspection) -> String {
    match found {
        Inspection::Other => "An ordinary file".into(),
        Inspection::Archive(_) => found.headline(),
        _ => human::capital(&found.headline()),
    }
}

fn sealed(seal: &Seal, rows: &mut Vec<(&'static str, String)>) {
    rows.push(("Cipher", seal.cipher.clone()));
    rows.push(("Content", human::bytes(seal.bytes)));
}

fn opened_with(slots: &[SlotFacts]) -> String {
    let each = slots.iter().map(|slot| format!("{} ({})", slot.kind.in_words().to_lowercase(), slot.function));
    each.collect::<Vec<_>>().join(", ")
}

fn archived(archive: &ArchiveFacts, rows: &mut Vec<(&'static str, String)>) {
    let mut parts = vec![human::counted(archive.files, "file", "files"), human::counted(archive.folders, "folder", "folders")];
    if archive.others > 0 {
        parts.push(human::counted(archive.others, "link or other", "links and others"));
    }
    rows.push(("Holds", parts.join(", ")));
    let ratio = archive.ratio.map(|ratio| format!(", {ratio:.2} to 1")).unwrap_or_default();
    rows.push(("Content", format!("{}{ratio}", human::bytes(archive.bytes))));
}

/// What is wrong with it, named.
fn damage(ui: &mut Ui, found: &Inspection) {
    let (head, lines, more) = match found {
        Inspection::Archive(archive) => lost(archive),
        Inspection::Compressed { damage: Some(what), .. } | Inspection::Catalog { damage: Some(what), .. } => {
            ("It is damaged".to_owned(), vec![what.clone()], 0)
        }
        Inspection::SealedObject { .. } | Inspection::SealedFile { .. } if !found.is_sound() => {
            ("It is damaged".to_owned(), vec!["its end is missing, or something follows it".to_owned()], 0)
        }
        Inspection::SmallObject { intact: false, .. } => {
            ("It is damaged".to_owned(), vec!["its checksum does not fit".to_owned()], 0)
        }
        _ => return,
    };
    listed(ui, &head, &lines, more);
}

/// What cannot be read of an archive; draws nothing where there is nothing.
pub fn show_lost(ui: &mut Ui, archive: &ArchiveFacts) {
    let (head, lines, more) = lost(archive);
    listed(ui, &head, &lines, more);
}

/// The same below something that says already how much it is.
pub fn name_lost(ui: &mut Ui, archive: &ArchiveFacts) {
    let (_, lines, more) = lost(archive);
    named(ui, &lines, more);
}

fn lost(archive: &ArchiveFacts) -> (String, Vec<String>, u64) {
    let lines: Vec<String> = archive.damage.iter().take(NAMED).map(|damage| damage.in_words()).collect();
    let more = archive.lost() - (lines.len() as u64).min(archive.lost());
    let head = match archive.damage.iter().any(|damage| damage.doubtful) {
        true => human::counted(archive.lost(), "part of it may not be whole", "parts of it cannot be read or may not be whole"),
        false => human::counted(archive.lost(), "part of it cannot be read", "parts of it cannot be read"),
    };
    (head, lines, more)
}

fn listed(ui: &mut Ui, head: &str, lines: &[String], more: u64) {
    if lines.is_empty() {
        return;
    }
    let t = tokens(ui);
    ui.add_space(space::XS);
    wrapped(ui, body_strong(format!("{} {head}", icons::WARNING)).color(t.warn));
    ui.indent("damage", |ui| named(ui, lines, more));
}

fn named(ui: &mut Ui, lines: &[String], more: u64) {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::XS / 2.0;
    for line in lines {
        ui.add(egui::Label::new(caption(line).color(t.text)).truncate());
    }
    if more > 0 {
        ui.label(caption(format!("and {} more", human::count(more))).color(t.text2));
    }
}
