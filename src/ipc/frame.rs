//! Frames: four bytes of length, little-endian, then JSON.

use std::io::{self, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt};
use zeroize::Zeroizing;

/// Longest frame either side sends or takes, its length not counted.
pub const LONGEST: usize = 16 << 20;

/// A value as a frame. `None` where it would be too long. Zeroed when dropped: passwords travel in some.
pub fn encode<T: Serialize>(value: &T) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    // Measured first: a buffer that grows leaves copies behind that nobody zeroes.
    let mut length = Counter(0);
    serde_json::to_writer(&mut length, value)?;
    let Some(head) = u32::try_from(length.0).ok().filter(|n| *n as usize <= LONGEST) else { return Ok(None) };
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.0 + 4));
    bytes.extend_from_slice(&head.to_le_bytes());
    serde_json::to_writer(&mut *bytes, value)?;
    Ok(Some(bytes))
}

/// Reads one frame; `None` where the other side ended between two. `InvalidData` where it is too long or not a `T`.
pub async fn read<T: DeserializeOwned>(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<T>> {
    let mut head = [0; 4];
    match stream.read(&mut head).await? {
        0 => return Ok(None),
        n => stream.read_exact(&mut head[n..]).await?,
    };
    let length = u32::from_le_bytes(head) as usize;
    if length > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a frame of {length} bytes")));
    }
    let mut bytes = Zeroizing::new(vec![0; length]);
    stream.read_exact(&mut bytes).await?;
    Ok(Some(serde_json::from_slice(&bytes).map_err(|e| {
        // Not its words: they may quote what was sent.
        io::Error::new(io::ErrorKind::InvalidData, format!("not a frame of ours, line {} column {}", e.line(), e.column()))
    })?))
}

struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn first<T: DeserializeOwned>(mut bytes: &[u8]) -> io::Result<Option<T>> {
        read(&mut bytes).await
    }

    #[tokio::test]
    async fn frames_round_trip_and_are_bounded() {
        let frame = encode(&("ä", 7)).unwrap().unwrap();
        assert_eq!(first::<(String, u32)>(&frame).await.unwrap(), Some(("ä".into(), 7)));
        assert_eq!(first::<u32>(b"").await.unwrap(), None);
        assert!(encode(&"x".repeat(LONGEST)).unwrap().is_none());
        assert!(encode(&"x".repeat(LONGEST - 2)).unwrap().is_some());
        let cut = first::<(String, u32)>(&frame[..frame.len() - 1]).await;
        assert_eq!(cut.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        for bytes in [&b"\xff\xff\xff\xffx"[..], b"\x01\0\0\x01x", b"GET / HTTP/1.1\r\n\r\n", b"\x03\0\0\0\"x\""] {
            assert_eq!(first::<u32>(bytes).await.unwrap_err().kind(), io::ErrorKind::InvalidData, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn errors_do_not_tell() {
        let frame = encode(&"hush").unwrap().unwrap();
        assert!(!first::<u32>(&frame).await.unwrap_err().to_string().contains("hush"));
    }
}
