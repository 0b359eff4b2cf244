//! Which icon stands before a file's name.

use crate::model::catalog::RowKind;
use crate::model::path::PathBytes;
use crate::ui::theme::{Icon, icons};

/// By kind, and by the ending of a file's name.
pub fn icon(kind: RowKind, path: &PathBytes) -> Icon {
    match kind {
        RowKind::Folder => icons::FOLDER,
        RowKind::Symlink => icons::LINK_SIMPLE,
        RowKind::Fifo | RowKind::CharDevice | RowKind::BlockDevice => icons::PLUG,
        RowKind::File => {
            let name = String::from_utf8_lossy(path.file_name()).to_lowercase();
            match name.rsplit_once('.').map(|(_, end)| end) {
                Some("jpg" | "jpeg" | "png" | "gif" | "webp" | "heic" | "raw" | "tif" | "tiff" | "svg") => icons::IMAGE,
                Some("mp3" | "flac" | "ogg" | "opus" | "wav" | "m4a") => icons::MUSIC_NOTES,
                Some("mp4" | "mkv" | "mov" | "avi" | "webm") => icons::VIDEO_CAMERA,
                Some("zip" | "tar" | "gz" | "zst" | "xz" | "7z" | "rar") => icons::PACKAGE,
                Some("txt" | "md" | "pdf" | "odt" | "doc" | "docx" | "rtf") => icons::FILE_TEXT,
                _ => icons::FILE,
            }
        }
    }
}
