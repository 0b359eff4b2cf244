//! Members into a frame's record, each compressed by itself.

use super::{CENTRAL, CENTRAL_LENGTH, DEFLATE, LOCAL_LENGTH, MADE_BY, Members, STORE, ZSTD, get16, put16, put32, version};
use crate::archive::codec::{Deflater, crc32, is_dense, zstd};
use crate::model::format::Kind;

/// Compresses members; keeps its context between them.
pub struct Packer {
    method: Method,
}

enum Method {
    Store,
    Deflate(Box<Deflater>),
    Zstd(zstd::Compressor, Box<Deflater>),
}

impl Packer {
    /// Level 0 stores.
    pub fn new(kind: Kind, level: i32) -> Self {
        let method = match kind {
            _ if level <= 0 => Method::Store,
            Kind::ZipZstd => Method::Zstd(zstd::Compressor::new(level), Box::new(Deflater::new(INSTEAD))),
            _ => Method::Deflate(Box::new(Deflater::new(level.min(9) as u32))),
        };
        Self { method }
    }

    /// Appends the members, whose contents make up `content`, to `record`, and their headers for the central directory to `central`:
    /// there offsets count from where `record` stood.
    pub fn pack(&mut self, members: &Members, content: &[u8], record: &mut Vec<u8>, central: &mut Vec<u8>) {
        let begin = record.len();
        let mut rest = content;
        for (header, member) in members.iter() {
            let (content, after) = rest.split_at_checked(member.length as usize).unwrap_or((rest, &[]));
            rest = after;
            let at = record.len();
            record.extend_from_slice(header);
            let data = record.len();
            let method = if member.is_link() { store(content, record) } else { self.compress(content, record) };
            let packed = record.len() - data;
            let checksum = crc32(content);
            if let Some(local) = record.get_mut(at..data) {
                put16(local, 4, version(method));
                put16(local, 8, method);
                put32(local, 14, checksum);
                put32(local, 18, packed as u32);
                append_central(local, member.attributes, (at - begin) as u32, central);
            }
        }
    }

    /// Appends a member's data; returns the method.
    fn compress(&mut self, content: &[u8], out: &mut Vec<u8>) -> u16 {
        let before = out.len();
        let method = match &mut self.method {
            _ if content.is_empty() => STORE,
            Method::Store => STORE,
            Method::Deflate(_) if is_dense(content) && content.len() <= DENSE_MOST => STORE,
            Method::Zstd(_, deflater) if content.len().is_multiple_of(LIBARCHIVES_BUFFER) => {
                deflater.compress(content, out);
                DEFLATE
            }
            Method::Deflate(deflater) => {
                deflater.compress(content, out);
                DEFLATE
            }
            Method::Zstd(zstd, _) => {
                zstd.compress(content, out);
                ZSTD
            }
        };
        if method != STORE && out.len() - before < content.len() {
            return method;
        }
        out.truncate(before);
        store(content, out)
    }
}

/// Targets of links always: bsdtar reads them no other way.
fn store(content: &[u8], out: &mut Vec<u8>) -> u16 {
    out.extend_from_slice(content);
    STORE
}

/// Where the content by zstd fills it exactly, libarchive (bsdtar) up to 3.6 at least takes the member for cut short. Deflate
/// is read by all.
const LIBARCHIVES_BUFFER: usize = 256 << 10;
/// The level of that.
const INSTEAD: u32 = 6;
/// Larger members are judged block by block, by deflate.
const DENSE_MOST: usize = 128 << 10;

/// From the local header, which says the same but for attributes and offset.
fn append_central(local: &[u8], attributes: u32, offset: u32, central: &mut Vec<u8>) {
    let at = central.len();
    central.resize(at + CENTRAL_LENGTH, 0);
    if let Some(header) = central.get_mut(at..) {
        header[..4].copy_from_slice(&CENTRAL);
        put16(header, 4, MADE_BY);
        // Version needed up to length of the extra fields.
        if let (Some(to), Some(from)) = (header.get_mut(6..32), local.get(4..LOCAL_LENGTH)) {
            to.copy_from_slice(from);
        }
        put32(header, 38, attributes);
        put32(header, 42, offset);
    }
    debug_assert_eq!(
        get16(local, 26).zip(get16(local, 28)).map(|(n, e)| usize::from(n) + usize::from(e)),
        Some(local.len() - LOCAL_LENGTH)
    );
    central.extend_from_slice(local.get(LOCAL_LENGTH..).unwrap_or_default());
}
