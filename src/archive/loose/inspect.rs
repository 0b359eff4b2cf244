//! What can be said of a file without any password.

use std::io::Read;

use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::Value;

use super::member::{Packed, Visitor};
use super::unpack::{Unpacked, input_of};
use super::{Bytes, Container, Damage, Harm, Plain, What, bytes, recognise, sealed_file, walk};
use crate::archive::json_lines::{self, Trust};
use crate::archive::key::KeyFile;
use crate::archive::seal::{Facts, MAX_HEADER, ObjectKind};
use crate::archive::tar_stream::PARTS;
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind};
use crate::model::format::Codec;
use crate::model::inspection::{ArchiveFacts, DamageFacts, Inspection, Seal, SealedKind, SlotFacts};
use crate::model::plan::PlanId;
use crate::model::run::Cancel;

/// Damage and samples that are listed; the rest is counted.
const LISTED: usize = 100;

/// Looks a file through.
pub fn inspect(plain: Plain, cancel: &Cancel) -> Result<Inspection> {
    let size = plain.length();
    let head = plain.head(MAX_HEADER).map_err(failed)?;
    let file = plain.file().try_clone().map_err(failed)?;
    let (what, bytes) = recognise(Box::new(plain))?;
    Ok(match what {
        What::Empty => Inspection::Empty,
        What::Other => Inspection::Other,
        What::Foreign(format) => Inspection::Foreign { format },
        What::SealedObject => {
            let facts = Facts::read(&head, "the file")?;
            let found = bytes::lengths(&file, facts.length as u64).map_err(failed)?;
            let object_kind = match facts.kind {
                ObjectKind::Volume => SealedKind::Volume,
                ObjectKind::Catalog => SealedKind::Catalog,
                ObjectKind::Journal => SealedKind::Journal,
                ObjectKind::File => SealedKind::File,
            };
            let plan = HEXLOWER.encode(&facts.plan);
            let (version, object) = (facts.version.clone(), facts.object.clone());
            Inspection::SealedObject { seal: seal(&facts, &found), plan, version, object, object_kind }
        }
        What::SealedFile => {
            let front = sealed_file::front(&file)?;
            let found = bytes::lengths(&file, front.base + front.facts.length as u64).map_err(failed)?;
            Inspection::SealedFile { seal: seal(&front.facts, &found), slots: slots(&front.slots)? }
        }
        What::Archive(container) => Inspection::Archive(look_through(bytes, container, size, cancel)?),
        What::Compressed(codec) | What::Unreadable(codec) => {
            let (bytes, _, damage) = drain(bytes, codec, cancel)?;
            Inspection::Compressed { codec, bytes, ratio: ratio(bytes, size), damage }
        }
        What::Catalog => {
            let (bytes, lines, damage) = drain(bytes, Codec::Zstd, cancel)?;
            Inspection::Catalog { damage, bytes, lines }
        }
        What::SmallObject => small_object(bytes)?,
    })
}

/// A container and its codec, by the name that volumes have.
pub fn format_name(container: Container) -> String {
    match container {
        Container::Tar(None) => "tar".into(),
        Container::Tar(Some(codec)) => format!("tar.{}", codec.extension()),
        Container::Zip => "zip".into(),
    }
}

fn look_through(bytes: Box<dyn Bytes>, container: Container, size: u64, cancel: &Cancel) -> Result<ArchiveFacts> {
    let mut archive = ArchiveFacts { format: format_name(container), ..ArchiveFacts::default() };
    walk(bytes, container, &mut Counting(&mut archive), cancel)?;
    archive.ratio = ratio(archive.bytes, size);
    Ok(archive)
}

/// Counts what an archive holds.
struct Counting<'a>(&'a mut ArchiveFacts);

impl Visitor for Counting<'_> {
    fn member(&mut self, entry: &Entry, packed: Packed, _: &mut dyn Read) -> Result<()> {
        count(self.0, entry, packed);
        Ok(())
    }

    fn damage(&mut self, damage: Damage) {
        count_damage(self.0, damage);
    }

    fn overlapping(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A member, as it is counted.
pub fn count(archive: &mut ArchiveFacts, entry: &Entry, packed: Packed) {
    archive.members += 1;
    match entry.kind {
        EntryKind::File if !packed.is_link => archive.files += 1,
        EntryKind::Folder => archive.folders += 1,
        _ => archive.others += 1,
    }
    archive.bytes = archive.bytes.saturating_add(entry.size);
    archive.is_volume |= entry.path.as_bytes().starts_with(PARTS.as_bytes());
}

/// What cannot be had: counted, and the first of it listed.
pub fn count_damage(archive: &mut ArchiveFacts, damage: Damage) {
    match damage.harm {
        Harm::Unsupported => archive.unsupported += 1,
        Harm::Lost | Harm::Doubtful => archive.damage_count += 1,
    }
    if archive.damage.len() < LISTED {
        archive.damage.push(DamageFacts {
            path: damage.path,
            at: damage.at,
            what: damage.what,
            doubtful: damage.harm == Harm::Doubtful,
        });
    }
}

/// Bytes and lines of a stream, and what is wrong with it.
fn drain(bytes: Box<dyn Bytes>, codec: Codec, cancel: &Cancel) -> Result<(u64, u64, Option<String>)> {
    let mut stream = Unpacked::new(input_of(bytes), Some(codec));
    let mut buffer = vec![0; 256 << 10];
    let (mut count, mut lines) = (0u64, 0u64);
    loop {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        match stream.read(&mut buffer) {
            Ok(0) => return Ok((count, lines, None)),
            Ok(n) => {
                count += n as u64;
                lines += buffer.get(..n).unwrap_or_default().iter().filter(|b| **b == b'\n').count() as u64;
            }
            Err(error) if super::member::is_damage(&error) => return Ok((count, lines, Some(error.to_string()))),
            Err(error) => return Err(failed(error)),
        }
    }
}

fn small_object(bytes: Box<dyn Bytes>) -> Result<Inspection> {
    let mut all = Vec::new();
    bytes.take(json_lines::MAX_LENGTH).read_to_end(&mut all).map_err(failed)?;
    let decoded = json_lines::decode::<Value>("the file", &all, Trust::Checksum);
    let intact = decoded.is_ok();
    let first = all.split(|b| *b == b'\n').next().unwrap_or_default();
    let content: Value = match decoded {
        Ok(content) => content,
        Err(error @ Error::TooNew { .. }) => return Err(error),
        Err(_) => serde_json::from_slice(first).unwrap_or(Value::Null),
    };
    let kind = content.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !intact && kind.is_empty() {
        return Ok(Inspection::Other);
    }
    let slots = if kind == "keys" && intact { slots(&all)? } else { Vec::new() };
    let sealed = all.windows(6).any(|w| w == b" hmac:");
    Ok(Inspection::SmallObject { kind, intact, sealed, slots, content })
}

/// What a key file says that it is.
#[derive(Deserialize)]
struct Head {
    plan: PlanId,
    n: u32,
}

fn slots(bytes: &[u8]) -> Result<Vec<SlotFacts>> {
    let object = "the key slots";
    let Head { plan, n } = json_lines::decode(object, bytes, Trust::Checksum)?;
    let shown = KeyFile { object, plan: &plan, n, bytes }.shown()?;
    Ok(shown.slots.into_iter().map(|slot| SlotFacts { kind: slot.kind, function: slot.function }).collect())
}

fn seal(facts: &Facts, found: &bytes::Lengths) -> Seal {
    Seal {
        cipher: facts.cipher_name(),
        key_id: HEXLOWER.encode(&facts.key_id),
        records: found.records,
        bytes: found.bytes,
        whole: found.whole,
    }
}

/// To two digits; `None` where there is nothing to tell.
pub(super) fn ratio(bytes: u64, size: u64) -> Option<f64> {
    let ratio = (bytes > 0 && size > 0).then(|| (bytes as f64 / size as f64 * 100.0).round() / 100.0);
    ratio.filter(|ratio| *ratio > 0.0)
}

fn failed(error: std::io::Error) -> Error {
    Error::object("the file", error)
}
