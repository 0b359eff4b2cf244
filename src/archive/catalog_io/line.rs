//! An entry as a line of JSON. Defaults are left out; what a reader does not know it passes over.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::fields::{Blob, Hash, Mode, Text, is_false, is_zero};
use crate::model::catalog::{Entry, EntryKind, FileTime, Piece, VolumeRef, Xattr};
use crate::model::path::PathBytes;
use crate::model::snapshot::VersionId;

/// First line of every frame: the volumes that pieces below refer to by their place in this table.
#[derive(Serialize, Deserialize)]
pub struct HeaderLine {
    pub volumes: Vec<(VersionId, u32)>,
}

/// Further pieces and holes of the entry before.
#[derive(Serialize, Deserialize)]
pub struct MoreLine {
    pub more: Vec<PieceForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holes: Vec<(u64, u64)>,
}

/// Place of the volume in the table, frame's offset and length, offset and length within, BLAKE3.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PieceForm(pub u32, pub u64, pub u32, pub u32, pub u32, pub Hash);

impl PieceForm {
    pub fn new(volume: u32, piece: &Piece) -> Self {
        Self(volume, piece.frame_offset, piece.frame_length, piece.offset, piece.length, Hash(piece.hash))
    }

    pub fn piece(&self, volumes: &[VolumeRef]) -> Result<Piece, &'static str> {
        let Self(volume, frame_offset, frame_length, offset, length, Hash(hash)) = *self;
        let volume = volumes.get(volume as usize).ok_or("a piece lies in a volume that is not told")?.clone();
        Ok(Piece { volume, frame_offset, frame_length, offset, length, hash })
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    #[default]
    File,
    Folder,
    Symlink,
    Fifo,
    CharDevice,
    BlockDevice,
}

impl Kind {
    /// The usual permissions, which are left out.
    fn mode(self) -> u32 {
        match self {
            Self::Folder => 0o755,
            Self::Symlink => 0o777,
            _ => 0o644,
        }
    }
}

/// Seconds and nanoseconds since 1970.
type Time = (i64, u32);

#[derive(Serialize, Deserialize)]
pub struct EntryLine<'a> {
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(rename = "type", default, skip_serializing_if = "is_zero")]
    kind: Kind,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    target: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<(u32, u32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    #[serde(default, skip_serializing_if = "is_zero")]
    uid: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    gid: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    size: u64,
    mtime: Time,
    /// Left out where it is the same as `mtime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ctime: Option<Time>,
    #[serde(default, skip_serializing_if = "is_zero")]
    inode: u64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    link: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    xattrs: Vec<(Text<'a>, Blob<'a>)>,
    #[serde(default, skip_serializing_if = "is_false")]
    torn: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    unsettled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept_from: Option<VersionId>,
    #[serde(default, skip_serializing_if = "is_empty")]
    holes: Cow<'a, [(u64, u64)]>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pieces: Vec<PieceForm>,
}

fn is_empty(holes: &[(u64, u64)]) -> bool {
    holes.is_empty()
}

impl<'a> EntryLine<'a> {
    /// `holes` and `pieces`: those that stand in this line.
    pub fn new(entry: &'a Entry, holes: &'a [(u64, u64)], pieces: Vec<PieceForm>) -> Self {
        let (kind, target, device) = match &entry.kind {
            EntryKind::File => (Kind::File, None, None),
            EntryKind::Folder => (Kind::Folder, None, None),
            EntryKind::Symlink { target } => (Kind::Symlink, Some(target.as_bytes().into()), None),
            EntryKind::Fifo => (Kind::Fifo, None, None),
            EntryKind::CharDevice { major, minor } => (Kind::CharDevice, None, Some((*major, *minor))),
            EntryKind::BlockDevice { major, minor } => (Kind::BlockDevice, None, Some((*major, *minor))),
        };
        let time = |time: FileTime| (time.seconds, time.nanos);
        Self {
            path: entry.path.as_bytes().into(),
            kind,
            target,
            device,
            mode: (entry.mode != kind.mode()).then_some(Mode(entry.mode)),
            uid: entry.uid,
            gid: entry.gid,
            size: entry.size,
            mtime: time(entry.mtime),
            ctime: (entry.ctime != entry.mtime).then(|| time(entry.ctime)),
            inode: entry.inode,
            link: entry.link.as_ref().map(|link| link.as_bytes().into()),
            xattrs: entry.xattrs.iter().map(|x| (x.name.as_slice().into(), Blob(x.value.as_slice().into()))).collect(),
            torn: entry.torn,
            unsettled: entry.unsettled,
            kept_from: entry.kept_from.clone(),
            holes: holes.into(),
            pieces,
        }
    }

    /// `volumes`: the frame's table.
    pub fn entry(self, volumes: &[VolumeRef]) -> Result<Entry, &'static str> {
        let path = |text: Text<'_>| PathBytes::new(text.0.into_owned());
        let time = |(seconds, nanos): Time| FileTime { seconds, nanos };
        let kind = match (self.kind, self.target, self.device) {
            (Kind::File, None, None) => EntryKind::File,
            (Kind::Folder, None, None) => EntryKind::Folder,
            (Kind::Symlink, Some(target), None) => EntryKind::Symlink { target: path(target) },
            (Kind::Fifo, None, None) => EntryKind::Fifo,
            (Kind::CharDevice, None, Some((major, minor))) => EntryKind::CharDevice { major, minor },
            (Kind::BlockDevice, None, Some((major, minor))) => EntryKind::BlockDevice { major, minor },
            _ => return Err("its type and what belongs to it do not fit"),
        };
        Ok(Entry {
            path: path(self.path),
            kind,
            mode: self.mode.map_or(self.kind.mode(), |mode| mode.0),
            uid: self.uid,
            gid: self.gid,
            size: self.size,
            mtime: time(self.mtime),
            ctime: time(self.ctime.unwrap_or(self.mtime)),
            inode: self.inode,
            link: self.link.map(path),
            xattrs: self
                .xattrs
                .into_iter()
                .map(|(name, value)| Xattr { name: name.0.into_owned(), value: value.0.into_owned() })
                .collect(),
            holes: self.holes.into_owned(),
            pieces: self.pieces.iter().map(|form| form.piece(volumes)).collect::<Result<_, _>>()?,
            torn: self.torn,
            unsettled: self.unsettled,
            kept_from: self.kept_from,
        })
    }
}
