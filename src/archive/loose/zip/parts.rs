//! Zips that were made in several files.

use std::io;

use super::super::Input;
use super::super::unpack::bytes_at;
use super::tail::{END_LENGTH, Tail};
use crate::archive::zip::{LOCAL, get16};

#[derive(Debug, PartialEq, Eq)]
pub enum Parts {
    /// One of them. Only the first and the last tell.
    One(String),
    /// All of them, put behind each other: what the directory says of places is of each by itself.
    Joined,
}

/// Whether this is, or was made of, parts.
pub fn parts(input: &mut Input, tail: &Tail) -> io::Result<Option<Parts>> {
    let length = input.get_ref().length();
    let ends = |(at, record): &(u64, &[u8])| {
        get16(record, 20).is_some_and(|comment| at + END_LENGTH as u64 + u64::from(comment) == length)
    };
    let end = tail.records().find(ends);
    let number = end.and_then(|(_, record)| get16(record, 4)).filter(|number| *number != u16::MAX);
    let Some(head) = bytes_at(input, 0, 8)? else { return Ok(None) };
    // What the first part begins with, before its first member.
    let is_first = head.strip_prefix(b"PK\x07\x08").is_some_and(|rest| rest == LOCAL);
    let of = "of a zip that was made in several parts";
    Ok(match number {
        None if is_first => Some(Parts::One(format!("it is the first {of}"))),
        Some(1..) if is_first => Some(Parts::Joined),
        // One that begins with a member is whole whatever it says of itself.
        Some(number @ 1..) if !head.starts_with(&LOCAL) => {
            Some(Parts::One(format!("it is part {}, the last, {of}", u32::from(number) + 1)))
        }
        _ => None,
    })
}
