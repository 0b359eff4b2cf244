//! What other programs pack by that is known and not read.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Foreign {
    Xz,
    Lzma,
    Lzip,
    Lzop,
    /// As `lz4 -l` writes it, and Linux its kernels.
    OldLz4,
    /// `.Z`, of Unix's compress.
    Compress,
    Lrzip,
    Snappy,
    SevenZip,
    Rar,
    Cab,
    /// Debian's packages are such.
    Ar,
    Cpio,
    Rpm,
    Xar,
    Wim,
    Squashfs,
    Lha,
    /// Frames of Zstandard or LZ4 that hold nothing for these.
    Skippable,
}

impl Foreign {
    pub const ALL: [Self; 19] = [
        Self::Xz,
        Self::Lzma,
        Self::Lzip,
        Self::Lzop,
        Self::OldLz4,
        Self::Compress,
        Self::Lrzip,
        Self::Snappy,
        Self::SevenZip,
        Self::Rar,
        Self::Cab,
        Self::Ar,
        Self::Cpio,
        Self::Rpm,
        Self::Xar,
        Self::Wim,
        Self::Squashfs,
        Self::Lha,
        Self::Skippable,
    ];

    /// "an xz file".
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Xz => "an xz file",
            Self::Lzma => "an LZMA file",
            Self::Lzip => "an lzip file",
            Self::Lzop => "an lzop file",
            Self::OldLz4 => "an LZ4 file of the old form",
            Self::Compress => "a file of compress (.Z)",
            Self::Lrzip => "an lrzip file",
            Self::Snappy => "a Snappy file",
            Self::SevenZip => "a 7z archive",
            Self::Rar => "a RAR archive",
            Self::Cab => "a cabinet archive",
            Self::Ar => "an ar archive or Debian package",
            Self::Cpio => "a cpio archive",
            Self::Rpm => "an RPM package",
            Self::Xar => "a xar archive",
            Self::Wim => "a Windows image (WIM)",
            Self::Squashfs => "a SquashFS image",
            Self::Lha => "an LHA archive",
            Self::Skippable => "Zstandard or LZ4 without content",
        }
    }

    /// The command that unpacks it, where one does.
    pub const fn unpacked_by(self) -> Option<&'static str> {
        Some(match self {
            Self::Xz => "xz -d",
            Self::Lzma => "xz -d --format=lzma",
            Self::Lzip => "lzip -d",
            Self::Lzop => "lzop -d",
            Self::OldLz4 => "lz4 -d",
            Self::Compress => "gzip -d",
            Self::Lrzip => "lrzip -d",
            Self::Snappy => "snzip -d",
            Self::SevenZip | Self::Wim => "7z x",
            Self::Rar => "unrar x",
            Self::Cab => "cabextract",
            Self::Ar => "ar x",
            Self::Cpio => "cpio -i",
            Self::Rpm | Self::Xar | Self::Lha => "bsdtar -x",
            Self::Squashfs => "unsquashfs",
            Self::Skippable => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_in_words_of_its_own() {
        let mut words: Vec<&str> = Foreign::ALL.iter().map(|foreign| foreign.in_words()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Foreign::ALL.len());
    }
}
