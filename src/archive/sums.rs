//! What tells an object's content from any other: SHA-256, and beside it CRC-64/NVME, which costs a tenth and less.
//!
//! The CRC finds what was read or sent wrongly, not what was forged: for copies of what lies on this machine.

use crc_fast::CrcAlgorithm::Crc64Nvme;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::model::snapshot::ObjectInfo;

/// Of a whole object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    pub sha256: [u8; 32],
    pub crc64nvme: u64,
}

impl Sums {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut summing = Summing::default();
        summing.update(bytes);
        summing.finish()
    }
}

/// Both, piece by piece.
pub struct Summing {
    sha256: Sha256,
    crc64nvme: crc_fast::Digest,
}

impl Default for Summing {
    fn default() -> Self {
        Self { sha256: Sha256::new(), crc64nvme: crc_fast::Digest::new(Crc64Nvme) }
    }
}

impl Summing {
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.crc64nvme.update(bytes);
    }

    #[must_use]
    pub fn finish(self) -> Sums {
        Sums { sha256: self.sha256.finalize().into(), crc64nvme: self.crc64nvme.finalize() }
    }
}

/// As lists of objects name an object of this size (bytes).
#[must_use]
pub fn object_info(name: String, size: u64, sha256: &[u8; 32], crc64nvme: Option<u64>) -> ObjectInfo {
    ObjectInfo { name, size, sha256: HEXLOWER.encode(sha256), crc64nvme: crc64nvme.map(text) }
}

fn text(crc64nvme: u64) -> String {
    HEXLOWER.encode(&crc64nvme.to_be_bytes())
}

/// One of the two, of what is copied.
pub enum CopySum {
    Sha256(Sha256),
    Crc64Nvme(crc_fast::Digest),
}

impl CopySum {
    #[must_use]
    pub fn sha256() -> Self {
        Self::Sha256(Sha256::new())
    }

    #[must_use]
    pub fn crc64nvme() -> Self {
        Self::Crc64Nvme(crc_fast::Digest::new(Crc64Nvme))
    }

    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(sum) => sum.update(bytes),
            Self::Crc64Nvme(sum) => sum.update(bytes),
        }
    }

    #[must_use]
    pub fn finish(self) -> Copied {
        match self {
            Self::Sha256(sum) => Copied::Sha256(HEXLOWER.encode(&sum.finalize())),
            Self::Crc64Nvme(sum) => Copied::Crc64Nvme(text(sum.finalize())),
        }
    }
}

/// Of what was copied, hex.
#[derive(Debug, PartialEq, Eq)]
pub enum Copied {
    Sha256(String),
    Crc64Nvme(String),
}

impl Copied {
    /// Whether it is what a list says. A list without such a sum does not say so.
    #[must_use]
    pub fn is(&self, info: &ObjectInfo) -> bool {
        match self {
            Self::Sha256(sum) => *sum == info.sha256,
            Self::Crc64Nvme(sum) => info.crc64nvme.as_ref() == Some(sum),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value that the catalogue of CRC algorithms gives for CRC-64/NVME.
    #[test]
    fn the_crc_is_the_one_of_nvme() {
        assert_eq!(text(Sums::of(b"123456789").crc64nvme), "ae8b14860a799888");
    }

    #[test]
    fn pieces_make_the_same_as_the_whole() {
        let bytes: Vec<u8> = (0..10_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut summing = Summing::default();
        let (mut sha256, mut crc64nvme) = (CopySum::sha256(), CopySum::crc64nvme());
        for piece in bytes.chunks(777) {
            summing.update(piece);
            sha256.update(piece);
            crc64nvme.update(piece);
        }
        let sums = summing.finish();
        assert_eq!(sums, Sums::of(&bytes));
        let mut info = object_info("v0001.tar".into(), bytes.len() as u64, &sums.sha256, Some(sums.crc64nvme));
        let (sha256, crc64nvme) = (sha256.finish(), crc64nvme.finish());
        assert!(sha256.is(&info) && crc64nvme.is(&info));
        info.crc64nvme = None;
        assert!(sha256.is(&info) && !crc64nvme.is(&info), "what no list tells is not known to be right");
        let Sums { sha256: other, crc64nvme: another } = Sums::of(&bytes[1..]);
        let other = object_info("v0001.tar".into(), bytes.len() as u64, &other, Some(another));
        assert!(!sha256.is(&other) && !crc64nvme.is(&other));
    }
}
