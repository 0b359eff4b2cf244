//! Reading by CID, from a server that gives content to everybody.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use url::Url;

use super::cid::Cid;
use crate::model::location::{IpfsFolder, Location};
use crate::storage::access::Access;
use crate::storage::web::client::Client;
use crate::storage::web::login::Login;
use crate::storage::web::pace::Pace;
use crate::storage::web::range::Range;
use crate::storage::{Error, Kind};

/// Objects whose CIDs are remembered,
const KNOWN: usize = 4096;
/// and the least bytes of one. Small ones are read once; some of them are replaced under their name, also by others.
const LEAST: u64 = 1 << 20;

pub struct Gateway {
    pub client: Client,
    address: Url,
    /// By name, with the size.
    known: Mutex<HashMap<String, (Cid, u64)>>,
}

impl Gateway {
    /// `None` where the address names none.
    pub fn open(folder: &IpfsFolder, access: &dyn Access, pace: Pace) -> Result<Option<Self>, Error> {
        if folder.gateway.is_empty() {
            return Ok(None);
        }
        let unusable = |_| Error::new(Kind::Other, &folder.gateway, "no address of a gateway");
        let address = Url::parse(&folder.gateway).map_err(unusable)?;
        let is_protected = address.scheme() == "https";
        // The node's password is none of its business.
        let client = Client::new(&Location::Ipfs(folder.clone().into()), Login::nobody(), is_protected, access, pace)?;
        Ok(Some(Self { client, address, known: Mutex::default() }))
    }

    pub fn file(&self, cid: Cid) -> Range<'_> {
        let mut url = self.address.clone();
        url.set_path(&format!("{}/ipfs/{cid}", self.address.path().trim_end_matches('/')));
        Range { client: &self.client, url, anew: false, all: false }
    }

    pub fn known(&self, name: &str) -> Option<(Cid, u64)> {
        self.lock().get(name).copied()
    }

    pub fn know(&self, name: &str, cid: Cid, size: u64) {
        if size < LEAST {
            return;
        }
        let mut known = self.lock();
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(name.to_owned(), (cid, size));
    }

    pub fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Cid, u64)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
