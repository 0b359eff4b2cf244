//! An object on its way into a bucket of S3: by one request where it is not too long for that, since each costs time, and money too. It waits
//! in a file without a name on this machine until all of it is there, so that it can be sent again.
//!
//! What is longer goes in parts, as to every other store.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use md5::{Digest, Md5};
use opendal::Buffer;

use super::body::Content;
use super::direct::{Direct, path};
use super::failure::judged;
use super::fault::{Fault, Refusal};
use super::line::Line;
use super::sums::OTHER_BYTES;
use super::upload::{StoreUpload, TOKEN, ours, token};
use super::wire::Answer;
use crate::storage::spool::{Spool, Waits};
use crate::storage::{Error, Kind, Upload};

/// Bytes of what goes by one request: a usual volume, with what it may have more.
const LONGEST: u64 = 96 << 20;
/// Read at a time.
const PIECE: usize = 256 << 10;
const CRC32: HeaderName = HeaderName::from_static("x-amz-checksum-crc32");
/// Says which sum comes, without which buckets whose objects are locked take nothing.
const ALGORITHM: HeaderName = HeaderName::from_static("x-amz-sdk-checksum-algorithm");
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// A bucket, and what it compares an object with.
pub struct Bucket {
    pub direct: Arc<Direct>,
    /// In which class objects are kept; empty: the bucket's usual one.
    storage_class: String,
    /// Bytes of what goes by one request.
    pub longest: u64,
    compares: AtomicU8,
}

/// By which sum a store knows that what it got is what was sent. Buckets whose objects are locked take nothing without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compares {
    /// Both are sent to find out.
    NotKnown,
    /// Much quicker to reckon, for the store too.
    Crc32,
    Md5,
}

impl Bucket {
    pub fn new(direct: Arc<Direct>, storage_class: String) -> Self {
        Self { direct, storage_class, longest: LONGEST, compares: AtomicU8::new(0) }
    }

    fn compares(&self) -> Compares {
        match self.compares.load(Relaxed) {
            0 => Compares::NotKnown,
            1 => Compares::Crc32,
            _ => Compares::Md5,
        }
    }

    fn learn(&self, compares: Compares) {
        self.compares.store(compares as u8, Relaxed);
    }
}

pub struct SingleUpload {
    name: String,
    key: String,
    line: Arc<Line>,
    bucket: Arc<Bucket>,
    spool: Spool,
    /// Once it is too long for one request.
    parts: Option<Box<StoreUpload>>,
}

impl SingleUpload {
    pub fn begin(name: &str, key: String, line: Arc<Line>, bucket: Arc<Bucket>) -> Self {
        Self { name: name.into(), key, line, bucket, spool: Spool::default(), parts: None }
    }

    /// Begins anew in parts, with what waits here.
    fn in_parts(&mut self) -> Result<&mut StoreUpload, Error> {
        let mut parts = Box::new(StoreUpload::begin(&self.name, self.key.clone(), self.line.clone(), false)?);
        self.spool.send_to(&self.name, &mut *parts)?;
        self.spool = Spool::default();
        Ok(self.parts.insert(parts))
    }

    /// Sends it, and says what the store answered to that.
    fn put(
        &self,
        content: &Content,
        length: u64,
        crc32: &str,
        md5: Option<&str>,
        with_crc: bool,
        token: &str,
    ) -> Result<Answer, Fault> {
        let mut headers = HeaderMap::new();
        let mut add = |name: HeaderName, value: &str| {
            let value = HeaderValue::from_str(value).map_err(|e| Fault::Strange(e.to_string()))?;
            headers.insert(name, value);
            Ok::<(), Fault>(())
        };
        add(header::CONTENT_LENGTH, &length.to_string())?;
        add(header::IF_NONE_MATCH, "*")?;
        let named = |name: String| HeaderName::from_bytes(name.as_bytes()).map_err(|e| Fault::Strange(e.to_string()));
        add(named(format!("x-amz-meta-{TOKEN}"))?, token)?;
        if !self.bucket.storage_class.is_empty() {
            add(HeaderName::from_static("x-amz-storage-class"), &self.bucket.storage_class)?;
        }
        if with_crc {
            add(CRC32, crc32)?;
            add(ALGORITHM, "CRC32")?;
        }
        if let Some(md5) = md5 {
            add(CONTENT_MD5, md5)?;
        }
        let path = path(&self.key);
        let mut told = None;
        let asked = async {
            told = Some(self.bucket.direct.ask(Method::PUT, &path, headers, content).await);
            Ok(())
        };
        let waited = self.line.wait(asked);
        told.unwrap_or_else(|| Err(Fault::Away(waited.err().map_or_else(String::new, |e| e.to_string()))))
    }

    fn send(&mut self) -> Result<(), Error> {
        let spool = std::mem::take(&mut self.spool);
        let (length, crc32) = (spool.length(), BASE64.encode(&spool.crc32().to_be_bytes()));
        let md5 = match self.bucket.compares() {
            Compares::Crc32 => None,
            Compares::NotKnown | Compares::Md5 => Some(md5_of(&spool).map_err(|e| Error::of_spool(&self.name, e))?),
        };
        let token = token(&self.name)?;
        let content = match spool.into_waits() {
            Waits::Memory(bytes) => Content::Memory(Buffer::from(bytes)),
            Waits::File(file) | Waits::Lies(file) => Content::File(file, length),
        };
        loop {
            let compares = self.bucket.compares();
            let md5 = md5.as_deref().filter(|_| compares != Compares::Crc32);
            let failed = |fault: Fault| judged(&self.name, &fault.into_error());
            let answer = match self.put(&content, length, &crc32, md5, compares != Compares::Md5, &token) {
                // Some stores refuse sums that they do not know.
                Err(Fault::Refused(refusal)) if compares == Compares::NotKnown && is_unknown_sum(&refusal) => {
                    tracing::debug!(%refusal.code, "a store is sent no CRC32");
                    self.bucket.learn(Compares::Md5);
                    continue;
                }
                answer => answer.map_err(failed)?,
            };
            return match answer.status.as_u16() {
                200..=299 => {
                    let told = answer.headers.get(CRC32).and_then(|value| value.to_str().ok());
                    if told.is_some_and(|told| told != crc32) {
                        self.line.wait(self.line.operator().delete(&self.key)).map_err(|e| judged(&self.name, &e))?;
                        return Err(Error::new(Kind::DamagedOnItsWay, &self.name, OTHER_BYTES));
                    }
                    if compares == Compares::NotKnown {
                        self.bucket.learn(if told.is_some() { Compares::Crc32 } else { Compares::Md5 });
                    }
                    Ok(())
                }
                // An answer that was lost on the way made us ask again.
                409 | 412 if ours(&self.line, &self.name, &self.key, length, &token).is_ok_and(|there| there.is_some()) => Ok(()),
                409 | 412 => Err(Error::new(Kind::AlreadyExists, &self.name, "there is one")),
                status => Err(failed(Fault::Refused(Refusal::read(status, &answer.headers, &answer.body)))),
            };
        }
    }
}

/// Whether a store may have said so because of a sum, or of one that it does not know.
fn is_unknown_sum(refusal: &Refusal) -> bool {
    let differs = matches!(&*refusal.code, "BadDigest" | "XAmzContentChecksumMismatch" | "RequestTimeout" | "IncompleteBody");
    matches!(refusal.status, 400 | 501) && !differs
}

/// In base64, as the header has it.
fn md5_of(spool: &Spool) -> io::Result<String> {
    let (mut md5, mut reader, mut buffer) = (Md5::new(), spool.reader(), vec![0; PIECE]);
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(BASE64.encode(&md5.finalize())),
            read => md5.update(&buffer[..read]),
        }
    }
}

impl Write for SingleUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(parts) = &mut self.parts {
            return parts.write(bytes);
        }
        if self.spool.length().saturating_add(bytes.len() as u64) > self.bucket.longest {
            return self.in_parts().map_err(io::Error::other)?.write(bytes);
        }
        self.spool.write(bytes).map_err(|e| io::Error::other(Error::of_spool(&self.name, e)))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Upload for SingleUpload {
    fn lies_in(&mut self, file: &Arc<File>) {
        self.spool.lies_in(file);
    }

    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        match self.parts.take() {
            Some(parts) => parts.finish(),
            None => self.send(),
        }
    }
}
