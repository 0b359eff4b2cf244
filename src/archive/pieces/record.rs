//! A piece and its place in 64 bytes.

/// Length of a record.
pub const LENGTH: usize = 64;
/// What the checksum does not cover: itself.
const CHECKED: usize = 56;

/// Of the checksums of one file; random, so that records of another file, or of one that lay there before, do not fit.
pub type Key = [u8; 32];

/// A piece and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub hash: [u8; 32],
    /// While a run goes on: the frame's number, see [`Record::UNPLACED`].
    pub frame_offset: u64,
    pub frame_length: u32,
    pub offset: u32,
    pub length: u32,
    /// Its place in a table of volumes that stands beside the records.
    pub volume: u32,
}

impl Record {
    /// Volume of what a running run stores: its frames have no place yet.
    pub const UNPLACED: u32 = u32::MAX;

    pub fn to_bytes(self, key: &Key) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[..32].copy_from_slice(&self.hash);
        bytes[32..40].copy_from_slice(&self.frame_offset.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.frame_length.to_le_bytes());
        bytes[44..48].copy_from_slice(&self.offset.to_le_bytes());
        bytes[48..52].copy_from_slice(&self.length.to_le_bytes());
        bytes[52..CHECKED].copy_from_slice(&self.volume.to_le_bytes());
        let check = blake3::keyed_hash(key, &bytes[..CHECKED]);
        bytes[CHECKED..].copy_from_slice(&check.as_bytes()[..LENGTH - CHECKED]);
        bytes
    }

    /// `None` where the checksum does not fit.
    pub fn from_bytes(bytes: &[u8; LENGTH], key: &Key) -> Option<Self> {
        let check = blake3::keyed_hash(key, &bytes[..CHECKED]);
        if bytes[CHECKED..] != check.as_bytes()[..LENGTH - CHECKED] {
            return None;
        }
        let four = |at: usize| bytes[at..].first_chunk().copied().map(u32::from_le_bytes);
        Some(Self {
            hash: *bytes.first_chunk()?,
            frame_offset: u64::from_le_bytes(*bytes[32..].first_chunk()?),
            frame_length: four(40)?,
            offset: four(44)?,
            length: four(48)?,
            volume: four(52)?,
        })
    }
}
