//! What a store says of the bytes that it took: that must be what it was sent, also where it did not heed the sum that came with them
//! ([`super::claims`]). A sum that it does not tell is none that it offers.

use crc_fast::CrcAlgorithm::Crc64Nvme;
use crc_fast::Digest;
use data_encoding::BASE64;
use http::{HeaderMap, request};
use md5::{Digest as _, Md5};
use opendal::Buffer;

use super::body::Content;
use super::fault::Fault;

/// Of a block that it took Azure tells the CRC-64/NVME, in base64, the lowest byte first: where it was sent none, too. That costs no header:
/// an account's key signs all of those, and OpenDAL does so before it asks for a sum.
const CRC64: &str = "x-ms-content-crc64";

/// Said of what was taken away again.
pub const OTHER_BYTES: &str = "it kept other bytes than it was sent";

/// Fails where the answer to a block tells another sum than that of what was sent.
pub fn check_block(request: &request::Parts, sent: &Content, answer: &HeaderMap) -> Result<(), Fault> {
    let is_block = request.uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "comp=block"));
    let (Some(told), Content::Memory(sent), true) = (answer.get(CRC64), sent, is_block) else { return Ok(()) };
    if told.as_bytes() == crc64(sent).as_bytes() { Ok(()) } else { Err(Fault::Damaged(OTHER_BYTES.into())) }
}

fn crc64(sent: &Buffer) -> String {
    let mut sum = Digest::new(Crc64Nvme);
    for piece in sent.clone() {
        sum.update(&piece);
    }
    BASE64.encode(&sum.finalize().to_le_bytes())
}

/// The MD5 of an object that is finished, as far as its store tells it: Google of every one, Azure of one that came as a whole.
pub struct Whole {
    md5: Md5,
    parts: u32,
    /// Whether it is told also of what came in parts.
    of_parts: bool,
}

impl Whole {
    pub fn new(of_parts: bool) -> Self {
        Self { md5: Md5::new(), parts: 0, of_parts }
    }

    /// One more part is on its way.
    pub fn add(&mut self, part: &[u8]) {
        self.parts += 1;
        if self.parts == 1 || self.of_parts {
            self.md5.update(part);
        }
    }

    /// Of all of it, in base64; where it came in parts and the store tells none of that, of the first.
    pub fn md5(&self) -> String {
        BASE64.encode(&self.md5.clone().finalize())
    }

    /// Whether it may be what was sent: `told` is in base64, empty where the store says nothing of it.
    pub fn fits(&self, told: Option<&str>) -> bool {
        let is_told = self.parts <= 1 || self.of_parts;
        let told = told.filter(|told| is_told && !told.is_empty());
        told.is_none_or(|told| told == self.md5())
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};

    use super::*;

    #[test]
    fn a_block_that_differs_is_known_by_what_the_store_tells_of_it() {
        // The check value of CRC-64/NVME, AE8B14860A799888, from its lowest byte.
        let (right, wrong) = ("iJh5CoYUi64=", "rosUhgp5mIg=");
        let block = "http://a/c/x?comp=block&blockid=AA%3D%3D&sig=x";
        for (url, told, fits) in [
            (block, Some(right), true),
            (block, Some(wrong), false),
            (block, Some(""), false),
            (block, None, true),
            // That is of a list of blocks, and no sum of ours.
            ("http://a/c/x?comp=blocklist", Some(wrong), true),
            ("http://a/c/x", Some(wrong), true),
        ] {
            let (request, ()) = Request::put(url).body(()).unwrap().into_parts();
            let answer: HeaderMap =
                told.map(|told| (CRC64.parse().unwrap(), HeaderValue::from_static(told))).into_iter().collect();
            let sent = Content::Memory(Buffer::from_iter([bytes::Bytes::from("1234"), bytes::Bytes::from("56789")]));
            assert_eq!(check_block(&request, &sent, &answer).is_ok(), fits, "{url} {told:?}");
        }
    }

    #[test]
    fn an_object_that_differs_is_known_where_its_sum_is_told() {
        let of = |of_parts: bool, parts: &[&str]| {
            let mut whole = Whole::new(of_parts);
            parts.iter().for_each(|part| whole.add(part.as_bytes()));
            whole
        };
        // MD5 of "whole" and of nothing.
        let (right, nothing) = ("NWye5g6doFMBrcO9lvazgw==", "1B2M2Y8AsgTpgAmY7PhCfg==");
        for (whole, told, fits) in [
            (of(true, &["wh", "ole"]), Some(right), true),
            (of(true, &["wh", "ole"]), Some(nothing), false),
            (of(true, &["wh", "ole"]), None, true),
            (of(true, &["wh", "ole"]), Some(""), true),
            (of(false, &["whole"]), Some(right), true),
            (of(false, &["whole"]), Some(nothing), false),
            // Of what came in parts it says nothing that could be compared.
            (of(false, &["wh", "ole"]), Some(nothing), true),
            (of(false, &[]), Some(nothing), true),
            (of(false, &[]), Some(right), false),
        ] {
            assert_eq!(whole.fits(told), fits, "{told:?}");
        }
    }
}
