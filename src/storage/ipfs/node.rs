//! A folder of a node's own file system (MFS), and the few calls of the node's RPC API (`/api/v0`) that all that is done there is made
//! of. Kubo and js-ipfs answer them alike.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::Body;
use ureq::http::{Method, Response, StatusCode};
use url::Url;

use super::answer::{self, Added, Entry, Stat};
use super::cid::{LEAF, LINKS};
use crate::model::location::{IpfsFolder, Location};
use crate::storage::access::Access;
use crate::storage::spool::Spool;
use crate::storage::web::client::{Ask, Client, Content};
use crate::storage::web::download::{Open, Source, into_reader};
use crate::storage::web::failure::{Failure, judged};
use crate::storage::web::login::Login;
use crate::storage::web::pace::{Pace, Tries};
use crate::storage::{Error, Kind};

/// All but what RFC 3986 leaves as it is everywhere.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// No object is longer; nodes take no number beyond it.
const FURTHEST: u64 = (1 << 53) - 1;

pub struct Node {
    client: Client,
    /// `…/api/v0/`
    api: Url,
    /// The destination's folder; empty where it is the root.
    root: String,
    /// For errors.
    pub shown: String,
}

impl Node {
    /// `create`: the folder may have to be made; its parent must be there.
    pub fn open(folder: &IpfsFolder, access: &dyn Access, create: bool, pace: Pace) -> Result<Self, Error> {
        let location = Location::Ipfs(folder.clone().into());
        let shown = location.display();
        let unusable = || Error::new(Kind::Other, &shown, "no address of a node");
        let api = folder.url().ok().and_then(|url| url.join("api/v0/").ok()).ok_or_else(unusable)?;
        let login = Login::of_refusing(&folder.user, access.password(&location));
        let client = Client::new(&location, login, folder.tls, access, pace)?;
        let node = Self { client, api, root: folder.path.trim_end_matches('/').to_owned(), shown };
        if create {
            node.make_root()?;
        }
        node.check_root()?;
        Ok(node)
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// In the node's file system. The empty name is the root.
    pub fn path(&self, name: &str) -> String {
        match (self.root.as_str(), name) {
            ("", "") => "/".into(),
            (root, "") => root.into(),
            (root, name) => format!("{root}/{name}"),
        }
    }

    /// A destination that is known is never made anew.
    pub fn check_root(&self) -> Result<(), Error> {
        match self.stat("") {
            Ok(Some(stat)) if stat.is_folder() => Ok(()),
            Ok(Some(_)) => Err(Error::new(Kind::NotAFolder, &self.shown, "not a folder")),
            Ok(None) => Err(Error::new(Kind::Unreachable, &self.shown, "not there")),
            Err(failure) => Err(judged(&self.shown, failure, Kind::NotReadable)),
        }
    }

    fn make_root(&self) -> Result<(), Error> {
        if self.root.is_empty() {
            return Ok(());
        }
        match self.order("files/mkdir", &[("arg", &self.root), ("cid-version", "1")]) {
            Ok(()) | Err(Failure::Said(StatusCode::PRECONDITION_FAILED)) => Ok(()),
            Err(Failure::Said(StatusCode::NOT_FOUND)) => {
                Err(Error::new(Kind::Unreachable, &self.shown, "the folder above it is not there"))
            }
            Err(failure) => Err(judged(&self.shown, failure, Kind::NotWritable)),
        }
    }

    /// What lies under a name; `None` where nothing does.
    pub fn stat(&self, name: &str) -> Result<Option<Stat>, Failure> {
        match self.call("files/stat", &[("arg", &self.path(name)), ("cid-base", "base32")], answer::one) {
            Ok(stat) => Ok(Some(stat)),
            Err(Failure::Said(StatusCode::NOT_FOUND)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Children of a folder; `None` where it does not exist. Of a file, the file itself.
    pub fn list(&self, folder: &str) -> Result<Option<Vec<Entry>>, Failure> {
        let args = [("arg", &*self.path(folder)), ("long", "true"), ("U", "true"), ("cid-base", "base32")];
        match self.call("files/ls", &args, answer::list) {
            Ok(all) => Ok(Some(all)),
            Err(Failure::Said(StatusCode::NOT_FOUND)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Brings bytes to the node, where nothing shows or keeps them yet. Gives their CID as the node writes it.
    pub fn add(&self, spool: &Spool) -> Result<String, Failure> {
        let (leaf, links) = (format!("size-{LEAF}"), LINKS.to_string());
        let args = [
            ("cid-version", "1"),
            ("hash", "sha2-256"),
            ("raw-leaves", "true"),
            ("chunker", &*leaf),
            ("max-file-links", &*links),
            ("trickle", "false"),
            ("inline", "false"),
            ("wrap-with-directory", "false"),
            ("pin", "false"),
            ("progress", "false"),
            ("cid-base", "base32"),
        ];
        let mut tries = self.client.tries();
        loop {
            let mut ask = self.ask("add", &args).content(Content::Form(spool));
            let told =
                self.client.ask(&mut ask, &mut tries).and_then(|it| answer::check(it.response)).and_then(answer::last::<Added>);
            match told {
                Ok(added) if !added.hash.is_empty() => return Ok(added.hash),
                Ok(_) => return Err(Failure::Nonsense("it does not say where it put it".into())),
                Err(failure) => tries.again(failure)?,
            }
        }
    }

    /// Shows content under a name, with the folders above it; 412 where something has that name.
    pub fn show(&self, cid: &str, name: &str, tries: &mut Tries) -> Result<(), Failure> {
        let (from, to) = (format!("/ipfs/{cid}"), self.path(name));
        let args = [("arg", &*from), ("arg", &*to), ("parents", "true"), ("cid-version", "1")];
        self.call_within("files/cp", &args, tries, answer::nothing)
    }

    /// Keeps content, whatever is shown of it; fails where any of it is not there.
    pub fn pin(&self, cid: &str) -> Result<(), Failure> {
        self.order("pin/add", &[("arg", cid), ("recursive", "true"), ("cid-base", "base32")])
    }

    /// Does so no more; what is not kept, or kept with other content, is left as it is.
    pub fn unpin(&self, cid: &str) -> Result<(), Failure> {
        match self.order("pin/rm", &[("arg", cid), ("recursive", "true"), ("cid-base", "base32")]) {
            Err(Failure::Told(words)) if words.contains("not pinned") || words.contains("pinned indirectly") => Ok(()),
            Err(Failure::Said(StatusCode::NOT_FOUND)) => Ok(()),
            ended => ended,
        }
    }

    /// `false` where nothing was there.
    pub fn remove(&self, name: &str, is_folder: bool) -> Result<bool, Failure> {
        let recursive = if is_folder { "true" } else { "false" };
        match self.order("files/rm", &[("arg", &self.path(name)), ("recursive", recursive)]) {
            Ok(()) => Ok(true),
            Err(Failure::Said(StatusCode::NOT_FOUND)) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Takes away what an upload left that failed anyway; a node that is away is not waited for.
    pub fn remove_quietly(&self, name: &str) {
        let args = [("arg", &*self.path(name))];
        let _ = self.call_within("files/rm", &args, &mut Tries::single(self.client.pace), answer::nothing);
    }

    /// Brings what was changed in a folder to the node's disk.
    pub fn flush(&self, folder: &str) -> Result<(), Failure> {
        match self.order("files/flush", &[("arg", &self.path(folder))]) {
            // What is above a folder that is gone was brought there with its going.
            Err(Failure::Said(StatusCode::NOT_FOUND)) => Ok(()),
            ended => ended,
        }
    }

    pub fn file(&self, name: &str) -> InNode<'_> {
        InNode { node: self, name: name.into() }
    }

    fn order(&self, call: &str, args: &[(&str, &str)]) -> Result<(), Failure> {
        self.call(call, args, answer::nothing)
    }

    fn call<T>(
        &self,
        call: &str,
        args: &[(&str, &str)],
        read: impl Fn(Response<Body>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.call_within(call, args, &mut self.client.tries(), read)
    }

    fn call_within<T>(
        &self,
        call: &str,
        args: &[(&str, &str)],
        tries: &mut Tries,
        read: impl Fn(Response<Body>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        loop {
            let answered = self.client.ask(&mut self.ask(call, args), tries)?;
            match answer::check(answered.response).and_then(&read) {
                Err(failure) => tries.again(failure)?,
                read => return read,
            }
        }
    }

    fn ask(&self, call: &str, args: &[(&str, &str)]) -> Ask<'static> {
        let mut url = self.api.clone();
        url.set_path(&format!("{}{call}", self.api.path()));
        let args: Vec<_> = args.iter().map(|(key, value)| format!("{key}={}", utf8_percent_encode(value, ENCODED))).collect();
        url.set_query(Some(&args.join("&")));
        Ask::new(&Method::POST, url)
    }
}

/// An object as the node itself gives it.
pub struct InNode<'a> {
    node: &'a Node,
    name: String,
}

impl Source for InNode<'_> {
    fn open(&self, at: u64, left: u64, tries: &mut Tries) -> Result<Open, Failure> {
        if at > FURTHEST {
            return Err(Failure::TooShort("no object is that long".into()));
        }
        let (path, offset, count) = (self.node.path(&self.name), at.to_string(), left.to_string());
        let args = [("arg", &*path), ("offset", &*offset), ("count", &*count)];
        let mut ask = self.node.ask("files/read", &args).answer(left);
        let response = answer::check(self.node.client.ask(&mut ask, tries)?.response)?;
        Ok(Open { body: into_reader(response.into_body()), beyond: 0 })
    }

    fn ended(&self, at: u64, left: u64) -> Failure {
        // A node gives no more than there is, and does not say so.
        match self.node.stat(&self.name) {
            Ok(Some(stat)) if stat.size < at.saturating_add(left) => Failure::TooShort(format!("it has {} bytes", stat.size)),
            _ => Failure::Cut("the answer ended before its end".into()),
        }
    }
}
