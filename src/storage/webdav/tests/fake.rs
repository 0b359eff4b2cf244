//! A server that does what a test tells it to: a thread speaks HTTP over memory.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

pub use crate::storage::servers::http::{Reply, Request};

pub struct Fake {
    pub port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
    pub store: Arc<Store>,
}

impl Fake {
    /// `answer`: `None` where it should do as a good server does. The number counts the requests of that method, from 1.
    pub fn start(answer: impl Fn(&Request, usize) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, store) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Store::default()));
        let (answer, all, files) = (Arc::new(answer), seen.clone(), store.clone());
        thread::spawn(move || {
            for line in listener.incoming() {
                let (line, answer, all, files) = (line.unwrap(), answer.clone(), all.clone(), files.clone());
                thread::spawn(move || serve(line, &*answer, &all, &files));
            }
        });
        Self { port, seen, store }
    }

    /// One that only does as a good server does.
    pub fn good() -> Self {
        Self::start(|_, _| None)
    }

    pub fn address(&self) -> String {
        format!("webdav+http://ada@127.0.0.1:{}/d", self.port)
    }

    /// Requests of a method; all for an empty one.
    pub fn seen(&self, method: &str) -> Vec<Request> {
        let all = self.seen.lock().unwrap();
        all.iter().filter(|seen| method.is_empty() || seen.method == method).cloned().collect()
    }
}

fn serve(mut line: TcpStream, answer: &dyn Fn(&Request, usize) -> Option<Reply>, all: &Mutex<Vec<Request>>, store: &Store) {
    let mut reader = BufReader::new(line.try_clone().unwrap());
    while let Some(seen) = Request::receive(&mut reader, &mut line) {
        let count = {
            let mut all = all.lock().unwrap();
            all.push(seen.clone());
            all.iter().filter(|other| other.method == seen.method).count()
        };
        if !answer(&seen, count).unwrap_or_else(|| store.answer(&seen)).send(&mut line) {
            return;
        }
    }
}

/// What a good server keeps. Every folder is there.
#[derive(Default)]
pub struct Store(pub Mutex<BTreeMap<String, Vec<u8>>>);

impl Store {
    pub fn answer(&self, seen: &Request) -> Reply {
        let mut files = self.0.lock().unwrap();
        match seen.method.as_str() {
            "PROPFIND" => match files.get(&seen.target) {
                Some(file) => Reply::with("207 Multi-Status", list(&[entry(&seen.target, Some(file.len()))])),
                None if seen.target.ends_with('/') => {
                    let mut all = vec![entry(&seen.target, None)];
                    if seen.header("depth") == "1" {
                        let below = files.iter().filter(|(path, _)| path.starts_with(&seen.target));
                        all.extend(below.map(|(path, file)| entry(path, Some(file.len()))));
                    }
                    Reply::with("207 Multi-Status", list(&all))
                }
                None => Reply::of("404 Not Found"),
            },
            "PUT" => {
                files.insert(seen.target.clone(), seen.body.clone());
                Reply::of("201 Created")
            }
            "MOVE" => {
                let to = seen.header("destination");
                let to = to.split_once("://").map_or(to, |(_, rest)| &rest[rest.find('/').unwrap()..]);
                match files.remove(&seen.target) {
                    Some(file) => _ = files.insert(to.to_owned(), file),
                    None => return Reply::of("404 Not Found"),
                }
                Reply::of("201 Created")
            }
            "DELETE" => Reply::of(if files.remove(&seen.target).is_some() { "204 No Content" } else { "404 Not Found" }),
            "MKCOL" if files.keys().any(|path| path.starts_with(&seen.target)) => Reply::of("405 Method Not Allowed"),
            "MKCOL" => Reply::of("201 Created"),
            "GET" => match files.get(&seen.target) {
                Some(file) => part(file, seen.header("range")),
                None => Reply::of("404 Not Found"),
            },
            _ => Reply::of("501 Not Implemented"),
        }
    }
}

/// `bytes=3-9` of a file, or all of it.
pub fn part(file: &[u8], range: &str) -> Reply {
    let Some((from, to)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Reply::with("200 OK", file);
    };
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    if from >= file.len() {
        return Reply::of("416 Range Not Satisfiable");
    }
    let to = to.min(file.len() - 1);
    Reply::with("206 Partial Content", &file[from..=to]).header("Content-Range", format!("bytes {from}-{to}/{}", file.len()))
}

pub fn list(entries: &[String]) -> String {
    format!("<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">{}</D:multistatus>", entries.concat())
}

/// A folder has no size.
pub fn entry(href: &str, size: Option<usize>) -> String {
    let what = match size {
        Some(size) => format!("<D:resourcetype/><D:getcontentlength>{size}</D:getcontentlength>"),
        None => "<D:resourcetype><D:collection/></D:resourcetype>".into(),
    };
    format!(
        "<D:response><D:href>{href}</D:href><D:propstat><D:prop>{what}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )
}
