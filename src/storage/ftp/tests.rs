//! Against real servers, through a bad network, and against a server that lies.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::storage::contract;
use crate::storage::person::Person;

mod faults;
mod lies;
mod one_line;
mod real;
mod several;

use crate::storage::servers::pure_ftpd::{self, PureFtpd};

fn person() -> Person {
    Person::with(pure_ftpd::PASSWORD)
}

/// So that a test need not wait for a minute.
const SHORT: Patience = Patience {
    connect: Duration::from_secs(2),
    answer: Duration::from_millis(1500),
    whole: Duration::from_secs(3),
    pause: Duration::from_millis(50),
};

fn folder(address: &str) -> FtpFolder {
    match Location::of_server(address) {
        Some(Ok(Location::Ftp(folder))) => folder,
        other => panic!("{other:?}"),
    }
}

fn open(address: &str, person: &Person) -> Result<Ftp, Error> {
    Ftp::open(&folder(address), person)
}

fn open_in_haste(address: &str) -> Result<Ftp, Error> {
    let ftp = Ftp::connect(&folder(address), &person(), SHORT)?;
    ftp.check_root().map(|()| ftp)
}

#[track_caller]
fn kind<T>(result: Result<T, Error>) -> Kind {
    match result {
        Ok(_) => panic!("it worked"),
        Err(error) => error.kind,
    }
}

/// Not the same anywhere.
fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

fn names(storage: &Ftp, folder: &str) -> Vec<String> {
    storage.list(folder).unwrap().into_iter().map(|child| child.name).collect()
}
