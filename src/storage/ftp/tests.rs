//! Against real servers, through a bad network, and against a server that lies.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::model::location::Server;
use crate::model::secret::Secret;
use crate::storage::access::Fingerprint;
use crate::storage::contract;

mod faults;
mod lies;
mod real;

use crate::storage::servers::pure_ftpd::{self, PureFtpd};

/// Somebody who knows a password, and perhaps an authority.
struct Person {
    password: Option<&'static str>,
    ca_file: Option<PathBuf>,
}

impl Default for Person {
    fn default() -> Self {
        Self { password: Some(pure_ftpd::PASSWORD), ca_file: None }
    }
}

impl Access for Person {
    fn password(&self, _: &Location) -> Option<Secret> {
        self.password.map(Secret::new)
    }

    fn key_files(&self, _: &Location) -> Vec<PathBuf> {
        Vec::new()
    }

    fn known_hosts(&self) -> Option<PathBuf> {
        None
    }

    fn host_key(&self, _: &Server) -> Option<Fingerprint> {
        None
    }

    fn trust(&self, _: &Server, _: &Fingerprint) -> bool {
        false
    }

    fn ca_file(&self, _: &Location) -> Option<PathBuf> {
        self.ca_file.clone()
    }

    fn seen(&self, _: &Server, _: &Fingerprint) {}
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
    let ftp = Ftp::connect(&folder(address), &Person::default(), SHORT)?;
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
