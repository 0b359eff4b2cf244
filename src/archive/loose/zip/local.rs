//! Local headers, before each member's data.

use std::io::{self, Read};

use super::super::Input;
use super::super::unpack::go;
use super::fields::{Central, DESCRIPTOR, common};
use crate::archive::zip::{LOCAL, LOCAL_LENGTH, get16};

pub const MAGIC: [u8; 4] = LOCAL;

/// Whether a member begins at `at`.
pub fn starts(input: &mut Input, at: u64) -> io::Result<bool> {
    let mut magic = [0; 4];
    go(input, at)?;
    match input.read_exact(&mut magic) {
        Err(error) if super::is_damage(&error) => Ok(false),
        read => read.map(|()| magic == MAGIC),
    }
}

/// Where the data of the member at `at` begins; `None` where there is no header.
pub fn data_offset(input: &mut Input, at: u64) -> io::Result<Option<u64>> {
    let mut header = [0; LOCAL_LENGTH];
    go(input, at)?;
    input.read_exact(&mut header)?;
    if !header.starts_with(&MAGIC) {
        return Ok(None);
    }
    let (Some(name), Some(extra)) = (get16(&header, 26), get16(&header, 28)) else { return Ok(None) };
    Ok(Some(at + LOCAL_LENGTH as u64 + u64::from(name) + u64::from(extra)))
}

/// The member at `at` by what its own header says; `None` where that cannot be one.
pub fn read(input: &mut Input, at: u64) -> io::Result<Option<Central>> {
    let mut header = [0; LOCAL_LENGTH];
    go(input, at)?;
    input.read_exact(&mut header)?;
    let (Some(mut central), Some(name), Some(extra)) = (common(&header, 6), get16(&header, 26), get16(&header, 28)) else {
        return Ok(None);
    };
    let mut read = |length: u16| {
        let mut bytes = vec![0; length.into()];
        input.read_exact(&mut bytes).map(|()| bytes)
    };
    (central.name, central.extra) = (read(name)?, read(extra)?);
    // Version needed: no archive needs a later one.
    if get16(&header, 4).is_none_or(|version| version & 0xff > 100) || central.name.is_empty() || central.widen().is_none() {
        return Ok(None);
    }
    central.offset = at;
    if central.flags & DESCRIPTOR != 0 && central.packed == 0 {
        central.open_ended = true;
    }
    // What kind it is stands in the directory only; made by Unix, so that its name is taken as it is.
    central.made_by = 3 << 8;
    Ok(Some(central))
}
