//! An object on its way to a node. It waits in a file without a name on this machine until all of it is there: what broke can be sent
//! again, and its CID is known by then.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

use ureq::http::StatusCode;

use super::cid::{Cid, Tree};
use super::node::Node;
use crate::storage::spool::Spool;
use crate::storage::stop::Stop;
use crate::storage::web::PIECE;
use crate::storage::web::download::Download;
use crate::storage::web::failure::{Failure, judged};
use crate::storage::web::pace::Tries;
use crate::storage::{Error, Kind, Upload, name, sum};

pub struct IpfsUpload {
    name: String,
    node: Arc<Node>,
    spool: Spool,
    tree: Tree,
}

impl IpfsUpload {
    pub fn begin(name: &str, node: Arc<Node>) -> Self {
        Self { name: name.into(), node, spool: Spool::default(), tree: Tree::default() }
    }

    /// Brings what waits here to the node under a name that nobody looks at, and has it kept. Gives its CID.
    fn send(&self, temporary: &str, ours: Cid) -> Result<Cid, Error> {
        let unwritten = |failure| judged(&self.name, failure, Kind::NotWritable);
        let nonsense = |what: String| unwritten(Failure::Nonsense(what));
        let length = self.spool.length();
        let told = self.node.add(&self.spool).map_err(unwritten)?;
        let cid = Cid::parse(&told).ok_or_else(|| nonsense("it gives content an address that is not known".into()))?;
        match self.node.show(&cid.to_string(), temporary, &mut self.node.client().tries()) {
            // An answer that was lost: nobody else has this name.
            Ok(()) | Err(Failure::Said(StatusCode::PRECONDITION_FAILED)) => {}
            Err(failure) => return Err(unwritten(failure)),
        }
        // An upload counts only when its size is right,
        match self.node.stat(temporary).map_err(unwritten)? {
            Some(stat) if !stat.is_folder() && stat.size == length && Cid::parse(&stat.hash) == Some(cid) => {}
            Some(stat) if !stat.is_folder() => return Err(nonsense(format!("it kept {} bytes of {length}", stat.size))),
            _ => return Err(nonsense("it kept nothing".into())),
        }
        // and its content: by the CID where the node makes the tree that we do, else by what it gives back.
        if cid != ours && self.given_back(temporary, length)? != self.sent()? {
            return Err(judged(&self.name, Failure::Nonsense("it kept other bytes than it was sent".into()), Kind::NotWritable));
        }
        // That also finds what a node lost that was tidying up just then.
        self.node.pin(&cid.to_string()).map_err(|failure| judged(&self.name, failure, Kind::NotWritable))?;
        Ok(cid)
    }

    fn given_back(&self, temporary: &str, length: u64) -> Result<[u8; 32], Error> {
        let mut download = Download::new(self.node.file(temporary), self.node.client(), 0, length);
        let stop = Stop::current();
        sum::sha256(&self.name, length, PIECE, &mut |_| !stop.is_over(), &mut |buffer| {
            download.read(buffer).map_err(|failure| judged(&self.name, failure, Kind::NotReadable))
        })
    }

    fn sent(&self) -> Result<[u8; 32], Error> {
        let mut waits = self.spool.reader();
        sum::sha256(&self.name, self.spool.length(), PIECE, &mut |_| true, &mut |buffer| {
            waits.read(buffer).map_err(|e| Error::of_spool(&self.name, e))
        })
    }

    /// Gives it its name.
    fn appear(&self, cid: Cid) -> Result<(), Error> {
        let mut tries = self.node.client().tries();
        let mut is_first = true;
        loop {
            let shown = self.node.show(&cid.to_string(), &self.name, &mut Tries::single(self.node.client().pace));
            let failure = match shown {
                Ok(()) => return Ok(()),
                // What was done by a call whose answer was lost is done.
                Err(failure) if !is_first && self.is_there(cid) => {
                    tracing::info!("{} is there, though the node said {failure:?}", self.name);
                    return Ok(());
                }
                Err(failure) => failure,
            };
            is_first = false;
            tries.again(failure).map_err(|failure| judged(&self.name, failure, Kind::NotWritable))?;
        }
    }

    fn is_there(&self, cid: Cid) -> bool {
        matches!(self.node.stat(&self.name), Ok(Some(stat)) if Cid::parse(&stat.hash) == Some(cid))
    }
}

impl Write for IpfsUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.spool.write(bytes).map_err(|e| io::Error::other(Error::of_spool(&self.name, e)))?;
        self.tree.write(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Upload for IpfsUpload {
    fn lies_in(&mut self, file: &Arc<File>) {
        self.spool.lies_in(file);
    }

    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        let temporary = name::temporary(&self.name)?;
        let ours = std::mem::take(&mut self.tree).root();
        let arrived = self.send(&temporary, ours).and_then(|cid| {
            let arrived = self.appear(cid);
            if arrived.is_err() && !self.is_there(cid) {
                let _ = self.node.unpin(&cid.to_string());
            }
            arrived
        });
        if let Err(error) = arrived {
            self.node.remove_quietly(&temporary);
            return Err(error);
        }
        // What cannot be taken away now is swept later.
        if let Err(failure) = self.node.remove(&temporary, false) {
            tracing::info!("{temporary} is left for later: {failure:?}");
        }
        self.node.flush(name::split(&self.name).0).map_err(|failure| judged(&self.name, failure, Kind::NotWritable))
    }
}
