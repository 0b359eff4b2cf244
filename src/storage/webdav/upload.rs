//! An object on its way to a server. It waits in a file without a name on this machine until all of it is there: servers want its
//! length first (those that run PHP lose what comes without), and what broke can be sent again.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use ureq::http::Method;

use super::server::Server;
use crate::storage::spool::Spool;
use crate::storage::web::client::{Ask, Content, discard};
use crate::storage::web::failure::{Failure, judged};
use crate::storage::{Error, Kind, Upload, name};

/// How often it is sent, each time under another name, where the server does not keep what it took.
const TIMES: usize = 3;

pub struct WebdavUpload {
    name: String,
    server: Arc<Server>,
    spool: Spool,
}

impl WebdavUpload {
    pub fn begin(name: &str, server: Arc<Server>) -> Self {
        Self { name: name.into(), server, spool: Spool::default() }
    }

    fn unwritten(&self, failure: Failure) -> Error {
        judged(&self.name, failure, Kind::NotWritable)
    }

    /// Brings what waits here to the server under a name that nobody looks at.
    fn send(&self, temporary: &str) -> Result<(), Error> {
        let url = self.server.root().object(temporary);
        // A folder that was made before may be gone.
        for may_be_gone in [true, false] {
            self.server.make_folders(name::split(&self.name).0)?;
            let mut ask = Ask::new(&Method::PUT, url.clone()).content(Content::Spool(&self.spool));
            let sent = self.server.client().ask(&mut ask, &mut self.server.client().tries());
            let response = sent.map_err(|failure| judged(&self.name, failure, Kind::NotWritable))?.response;
            let status = response.status();
            discard(response);
            match status.as_u16() {
                200 | 201 | 204 => return Ok(()),
                404 | 409 if may_be_gone => self.server.folders.forget(),
                500 => return Err(Error::new(Kind::NotStored, &self.name, &status.to_string())),
                _ => return Err(self.unwritten(Failure::Said(status))),
            }
        }
        Ok(())
    }

    /// Gives it its name. `false` where the server said that it took it, and nothing is there.
    fn appear(&self, temporary: &str) -> Result<bool, Error> {
        let (from, to) = (self.server.root().object(temporary), self.server.root().object(&self.name));
        let length = self.spool.length();
        let [kept, there] = if self.server.folders.is_free(&self.name, length) {
            [self.server.look(&from, temporary), Ok(None)]
        } else {
            self.server.look_at_both((&from, temporary), (&to, &self.name))
        };
        // An upload counts only when its size is right.
        match kept?.map(|told| told.size) {
            None => return Ok(false),
            Some(Some(size)) if size == length => {}
            Some(size) => {
                let kept = size.map_or("nothing".into(), |size| format!("{size} bytes"));
                return Err(self.unwritten(Failure::Nonsense(format!("it kept {kept} of {length} bytes"))));
            }
        }
        // There are servers that replace what is there, whatever they are told.
        if there?.is_some() {
            return Err(Error::new(Kind::AlreadyExists, &self.name, "there is one"));
        }
        let mut failure = Failure::Said(ureq::http::StatusCode::BAD_GATEWAY);
        // Behind another server it may know itself by another name, and take the whole address for that of a stranger (502).
        for destination in [to.as_str(), to.path()] {
            let mut ask = Ask::new(&self.server.methods.r#move, from.clone())
                .header("destination", destination)
                .header("overwrite", "F")
                .final_502();
            let answered = self.server.client().ask(&mut ask, &mut self.server.client().tries());
            failure = match answered {
                Ok(answered) => {
                    let status = answered.response.status();
                    discard(answered.response);
                    match status.as_u16() {
                        200 | 201 | 204 => return Ok(true),
                        _ => Failure::Said(status),
                    }
                }
                Err(failure) => failure,
            };
            if !matches!(failure, Failure::Said(status) if status.as_u16() == 502) {
                break;
            }
        }
        // An answer that was lost, or came to a request that was repeated: what nobody else can have moved has arrived.
        let is_gone = matches!(self.server.look(&from, temporary), Ok(None));
        if is_gone && matches!(self.server.look(&to, &self.name), Ok(Some(told)) if told.size == Some(self.spool.length())) {
            return Ok(true);
        }
        Err(self.unwritten(failure))
    }
}

impl Write for WebdavUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.spool.write(bytes).map_err(|e| io::Error::other(Error::of_spool(&self.name, e)))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Upload for WebdavUpload {
    fn lies_in(&mut self, file: &Arc<File>) {
        self.spool.lies_in(file);
    }

    fn finish(self: Box<Self>) -> Result<(), Error> {
        let _busy = self.server.busy();
        for _ in 0..TIMES {
            let temporary = name::temporary(&self.name)?;
            match self.send(&temporary).and_then(|()| self.appear(&temporary)) {
                Ok(true) => return Ok(()),
                // Of an upload that was cut some servers take away what there is of it, and with that what came over the next line under
                // the same name.
                Ok(false) => {}
                Err(error) => {
                    self.server.remove_quietly(&temporary);
                    return Err(error);
                }
            }
        }
        Err(self.unwritten(Failure::Nonsense(format!("it kept nothing of {} bytes", self.spool.length()))))
    }
}
