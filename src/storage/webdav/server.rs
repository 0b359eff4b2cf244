//! A folder at a server, and the few requests that all that is done there is made of.

use std::sync::atomic::AtomicUsize;
use std::{panic, thread};

use ureq::http::{Method, StatusCode};
use url::Url;

use super::listing::{self, Told};
use super::places::{Place, Root};
use crate::model::location::{Location, NotALocation, WebdavFolder};
use crate::storage::access::Access;
use crate::storage::counted::Counted;
use crate::storage::folders::Folders;
use crate::storage::stop::Stop;
use crate::storage::web::client::{Ask, Client, Content, discard};
use crate::storage::web::failure::{Failure, judged};
use crate::storage::web::login::Login;
use crate::storage::web::pace::{Pace, Tries};
use crate::storage::{Error, Kind, name, tls};

pub struct Server {
    client: Client,
    root: Root,
    pub methods: Methods,
    /// For errors.
    pub shown: String,
    pub folders: Folders,
    /// As many as may be in use.
    connections: usize,
    /// In use by uploads.
    busy: AtomicUsize,
}

/// Those that HTTP itself does not have.
pub struct Methods {
    propfind: Method,
    mkcol: Method,
    pub r#move: Method,
}

impl Methods {
    fn new() -> Option<Self> {
        let method = |name: &str| Method::from_bytes(name.as_bytes()).ok();
        Some(Self { propfind: method("PROPFIND")?, mkcol: method("MKCOL")?, r#move: method("MOVE")? })
    }
}

/// What a server that speaks only TLS may answer to http.
fn is_misunderstood(kind: Kind) -> bool {
    matches!(kind, Kind::Nonsense | Kind::ServerAway | Kind::ServerBusy | Kind::Other)
}

impl Server {
    /// `create`: the folder may have to be made; its parent must be there.
    pub fn open(folder: &WebdavFolder, access: &dyn Access, create: bool, pace: Pace) -> Result<Self, Error> {
        let location = Location::Webdav(folder.clone());
        let shown = location.display();
        let unusable = |_: NotALocation| Error::new(Kind::Other, &shown, "no address of a server");
        let url = folder.url().map_err(unusable)?;
        let methods = Methods::new().ok_or_else(|| Error::new(Kind::Other, &shown, "no method"))?;
        let login = Login::new(&folder.user, access.password(&location));
        let client = Client::new(&location, login, folder.tls, access, pace)?;
        let root = Root::new(&url, &folder.path);
        let connections = access.connections();
        let folders = Folders::default();
        let mut server = Self { client, root, methods, shown, folders, connections, busy: AtomicUsize::new(0) };
        match server.find_root(create) {
            Err(error) if !folder.tls && is_misunderstood(error.kind) && tls::is_spoken(&folder.host, folder.port) => {
                Err(Error::new(Kind::WantsTls, &server.shown, "it speaks TLS"))
            }
            found => found.map(|()| server),
        }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Whether the folder is there and one of WebDAV. Where the server says that it has moved, it is used there from then on.
    fn find_root(&mut self, create: bool) -> Result<(), Error> {
        let url = self.root.folder("");
        let (told, at) = match self.ask_about(&url, listing::PROPERTIES, "0", &mut self.client.tries()) {
            Ok(answer) => answer,
            Err(Failure::Said(StatusCode::NOT_FOUND | StatusCode::GONE)) if create => {
                return if self.make_root()? { Ok(()) } else { self.find_root(false) };
            }
            // Servers differ in what they say to the address of a folder that is a file.
            Err(Failure::Said(_)) if self.is_file("") => return Err(Error::new(Kind::NotAFolder, &self.shown, "not a folder")),
            Err(failure) => return Err(self.of_root(failure)),
        };
        match told.into_iter().find(|told| told.place == Place::Itself) {
            Some(told) if told.is_folder => {}
            Some(_) => return Err(Error::new(Kind::NotAFolder, &self.shown, "not a folder")),
            None => {
                return Err(judged(&self.shown, Failure::Nonsense("it says nothing of the folder".into()), Kind::NotReadable));
            }
        }
        if at != url {
            self.root = Root::moved(&at);
        }
        Ok(())
    }

    /// A destination that is known is never made anew.
    pub fn check_root(&self) -> Result<(), Error> {
        let url = self.root.folder("");
        self.ask_about(&url, listing::PROPERTIES, "0", &mut self.client.tries()).map(drop).map_err(|e| self.of_root(e))
    }

    fn of_root(&self, failure: Failure) -> Error {
        let failure = match failure {
            Failure::Said(status) if is_no_webdav(status) => Failure::Nonsense(format!("no WebDAV there: {status}")),
            failure => failure,
        };
        let mut error = judged(&self.shown, failure, Kind::NotReadable);
        if error.kind == Kind::NotFound {
            error.kind = Kind::Unreachable;
        }
        error
    }

    /// Whether it was made now, where it was to be.
    fn make_root(&self) -> Result<bool, Error> {
        // There are servers that would make all that is missing above it, too.
        if let Some(above) = self.root.above() {
            match self.ask_about(&above, listing::PROPERTIES, "0", &mut self.client.tries()) {
                Err(Failure::Said(StatusCode::NOT_FOUND)) => {
                    return Err(Error::new(Kind::Unreachable, &self.shown, "the folder above it is not there"));
                }
                // What is there but cannot be looked at says nothing; what the server itself says comes again.
                Ok(_) | Err(Failure::Said(_) | Failure::Nonsense(_)) => {}
                Err(failure) => return Err(self.of_root(failure)),
            }
        }
        let url = self.root.folder("");
        let (status, at) = self.make(&url).map_err(|e| judged(&self.shown, e, Kind::NotWritable))?;
        match status.as_u16() {
            201 => Ok(at == url),
            200 | 204 | 405 => Ok(false),
            404 | 409 if self.is_file("") => Ok(false),
            404 | 409 => Err(Error::new(Kind::Unreachable, &self.shown, "the folder above it is not there")),
            _ => Err(judged(&self.shown, Failure::Said(status), Kind::NotWritable)),
        }
    }

    /// MKCOL; also the address that answered.
    fn make(&self, url: &Url) -> Result<(StatusCode, Url), Failure> {
        let answered = self.client.ask(&mut Ask::new(&self.methods.mkcol, url.clone()), &mut self.client.tries())?;
        let status = answered.response.status();
        discard(answered.response);
        Ok((status, answered.url))
    }

    /// A folder to write into, with those above it below the root.
    pub fn make_folders(&self, folder: &str) -> Result<(), Error> {
        if self.folders.has(folder) {
            return Ok(());
        }
        let _making = self.folders.making();
        self.make_each(folder)
    }

    fn make_each(&self, folder: &str) -> Result<(), Error> {
        if self.folders.has(folder) {
            return Ok(());
        }
        let unmade = |failure| judged(folder, failure, Kind::NotWritable);
        let url = self.root.folder(folder);
        let (mut status, _) = self.make(&url).map_err(unmade)?;
        if matches!(status.as_u16(), 404 | 409) {
            match name::split(folder).0 {
                "" => self.check_root()?,
                above => self.make_each(above)?,
            }
            (status, _) = self.make(&url).map_err(unmade)?;
        }
        // One that is there: 405 by the standard, whatever else by others.
        let there = matches!(status.as_u16(), 200 | 201 | 204) || self.look(&url, folder)?.is_some_and(|told| told.is_folder);
        if !there {
            return Err(unmade(Failure::Said(status)));
        }
        self.folders.made(folder, status == StatusCode::CREATED);
        Ok(())
    }

    /// What lies under an address; `None` where nothing does.
    pub fn look(&self, url: &Url, name: &str) -> Result<Option<Told>, Error> {
        match self.ask_about(url, listing::PROPERTIES, "0", &mut self.client.tries()) {
            Ok((told, _)) => Ok(told.into_iter().find(|told| told.place == Place::Itself)),
            Err(Failure::Said(StatusCode::NOT_FOUND | StatusCode::GONE)) => Ok(None),
            Err(failure) => Err(judged(name, failure, Kind::NotReadable)),
        }
    }

    /// Looks at two things, at the same time where a connection is left for it.
    pub fn look_at_both(&self, one: (&Url, &str), other: (&Url, &str)) -> [Result<Option<Told>, Error>; 2] {
        let busy = self.busy();
        if busy.before >= self.connections {
            return [self.look(one.0, one.1), self.look(other.0, other.1)];
        }
        let stop = Stop::current();
        thread::scope(|scope| {
            let first = scope.spawn(|| stop.within(|| self.look(one.0, one.1)));
            let second = self.look(other.0, other.1);
            [first.join().unwrap_or_else(|panic| panic::resume_unwind(panic)), second]
        })
    }

    /// Takes a connection, as far as they are counted, until what is given is dropped.
    pub fn busy(&self) -> Counted<'_> {
        Counted::of(&self.busy)
    }

    /// A folder and its children; `None` where it does not exist.
    pub fn list(&self, folder: &str) -> Result<Option<Vec<Told>>, Error> {
        let url = self.root.folder(folder);
        match self.ask_about(&url, listing::PROPERTIES, "1", &mut self.client.tries()) {
            Ok((told, _)) => {
                let folders = told.iter().filter(|child| child.is_folder).filter_map(|child| match &child.place {
                    Place::Child(name) => Some(&**name),
                    _ => None,
                });
                self.folders.listed(folder, folders);
                Ok(Some(told))
            }
            Err(Failure::Said(StatusCode::NOT_FOUND | StatusCode::GONE)) if !folder.is_empty() => {
                self.check_root()?;
                Ok(None)
            }
            Err(failure) if folder.is_empty() => Err(self.of_root(failure)),
            Err(Failure::Said(_)) if self.is_file(folder) => Err(Error::new(Kind::NotFound, folder, "not a folder")),
            Err(failure) => Err(judged(folder, failure, Kind::NotReadable)),
        }
    }

    fn is_file(&self, name: &str) -> bool {
        matches!(self.look(&self.root.object(name), name), Ok(Some(told)) if !told.is_folder)
    }

    /// Bytes free and used, where the server counts them.
    pub fn quota(&self) -> Result<(Option<u64>, Option<u64>), Error> {
        let url = self.root.folder("");
        let told = self.ask_about(&url, listing::QUOTA, "0", &mut self.client.tries()).map_err(|e| self.of_root(e))?.0;
        Ok(told.into_iter().find(|told| told.place == Place::Itself).map_or((None, None), |told| (told.free, told.used)))
    }

    /// PROPFIND; also the address that answered.
    fn ask_about(&self, url: &Url, what: &'static str, depth: &str, tries: &mut Tries) -> Result<(Vec<Told>, Url), Failure> {
        loop {
            let mut ask = Ask::new(&self.methods.propfind, url.clone()).header("depth", depth).content(Content::Xml(what));
            let answered = self.client.ask(&mut ask, tries)?;
            let status = answered.response.status();
            if status != StatusCode::MULTI_STATUS {
                let is_page = status == StatusCode::OK;
                discard(answered.response);
                return Err(if is_page {
                    Failure::Nonsense("a web page instead of a list".into())
                } else {
                    Failure::Said(status)
                });
            }
            let mut all = Vec::new();
            let body = answered.response.into_body().into_with_config().limit(u64::MAX).reader();
            match listing::read(body, &answered.url, &mut |told| all.push(told)) {
                Ok(()) => return Ok((all, answered.url)),
                Err(failure) => tries.again(failure)?,
            }
        }
    }

    /// `false` where nothing was there.
    pub fn remove(&self, url: Url, name: &str) -> Result<bool, Error> {
        let unremoved = |failure| judged(name, failure, Kind::NotWritable);
        let answered = self.client.ask(&mut Ask::new(&Method::DELETE, url), &mut self.client.tries()).map_err(unremoved)?;
        let status = answered.response.status();
        discard(answered.response);
        match status.as_u16() {
            200 | 202 | 204 => Ok(true),
            404 | 410 => Ok(false),
            // What is named in it could not be removed.
            207 => Err(Error::new(Kind::NotWritable, name, "not all of it could be removed")),
            _ => Err(unremoved(Failure::Said(status))),
        }
    }

    /// Takes away what an upload left that failed anyway; a server that is away is not waited for.
    pub fn remove_quietly(&self, name: &str) {
        let mut ask = Ask::new(&Method::DELETE, self.root.object(name));
        if let Ok(answered) = self.client.ask(&mut ask, &mut Tries::single(self.client.pace)) {
            discard(answered.response);
        }
    }
}

/// What servers and pages answer that know nothing of WebDAV.
fn is_no_webdav(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200..=299 | 400 | 405 | 415 | 501)
}
