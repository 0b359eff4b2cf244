//! A server that does what a test tells it to: a thread speaks HTTP over memory.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// With its `%XX`.
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

pub enum Reply {
    Say {
        status: &'static str,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Whatever it writes; the connection ends then.
    Raw(Box<dyn FnOnce(&mut TcpStream) + Send>),
}

impl Reply {
    pub fn of(status: &'static str) -> Self {
        Self::Say { status, headers: Vec::new(), body: Vec::new() }
    }

    pub fn with(status: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self::Say { status, headers: Vec::new(), body: body.into() }
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Say { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }

    /// Ends the connection without a word.
    pub fn cut() -> Self {
        Self::Raw(Box::new(|_| {}))
    }

    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::Raw(Box::new(move |line| _ = line.write_all(&bytes)))
    }
}

pub struct Fake {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    pub store: Arc<Store>,
}

impl Fake {
    /// `answer`: `None` where it should do as a good server does. The number counts the requests of that method, from 1.
    pub fn start(answer: impl Fn(&Seen, usize) -> Option<Reply> + Send + Sync + 'static) -> Self {
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
    pub fn seen(&self, method: &str) -> Vec<Seen> {
        let all = self.seen.lock().unwrap();
        all.iter().filter(|seen| method.is_empty() || seen.method == method).cloned().collect()
    }
}

fn serve(mut line: TcpStream, answer: &dyn Fn(&Seen, usize) -> Option<Reply>, all: &Mutex<Vec<Seen>>, store: &Store) {
    let mut reader = BufReader::new(line.try_clone().unwrap());
    while let Some(seen) = receive(&mut reader, &mut line) {
        let count = {
            let mut all = all.lock().unwrap();
            all.push(seen.clone());
            all.iter().filter(|other| other.method == seen.method).count()
        };
        match answer(&seen, count).unwrap_or_else(|| store.answer(&seen)) {
            Reply::Say { status, headers, body } => {
                let mut head = format!("HTTP/1.1 {status}\r\n");
                for (name, value) in &headers {
                    head += &format!("{name}: {value}\r\n");
                }
                if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
                    head += &format!("Content-Length: {}\r\n", body.len());
                }
                head += "\r\n";
                if line.write_all(head.as_bytes()).and_then(|()| line.write_all(&body)).is_err() {
                    return;
                }
            }
            Reply::Raw(write) => {
                write(&mut line);
                return;
            }
        }
    }
}

fn receive(reader: &mut BufReader<TcpStream>, line: &mut TcpStream) -> Option<Seen> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|length| *length > 0)?;
    let mut words = first.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut text = String::new();
        reader.read_line(&mut text).ok().filter(|length| *length > 0)?;
        let Some((name, value)) = text.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    if headers.contains_key("expect") {
        line.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let length = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { method, path, headers, body })
}

/// What a good server keeps. Every folder is there.
#[derive(Default)]
pub struct Store(pub Mutex<BTreeMap<String, Vec<u8>>>);

impl Store {
    pub fn answer(&self, seen: &Seen) -> Reply {
        let mut files = self.0.lock().unwrap();
        match seen.method.as_str() {
            "PROPFIND" => match files.get(&seen.path) {
                Some(file) => Reply::with("207 Multi-Status", list(&[entry(&seen.path, Some(file.len()))])),
                None if seen.path.ends_with('/') => {
                    let mut all = vec![entry(&seen.path, None)];
                    if seen.header("depth") == "1" {
                        let below = files.iter().filter(|(path, _)| path.starts_with(&seen.path));
                        all.extend(below.map(|(path, file)| entry(path, Some(file.len()))));
                    }
                    Reply::with("207 Multi-Status", list(&all))
                }
                None => Reply::of("404 Not Found"),
            },
            "PUT" => {
                files.insert(seen.path.clone(), seen.body.clone());
                Reply::of("201 Created")
            }
            "MOVE" => {
                let to = seen.header("destination");
                let to = to.split_once("://").map_or(to, |(_, rest)| &rest[rest.find('/').unwrap()..]);
                match files.remove(&seen.path) {
                    Some(file) => _ = files.insert(to.to_owned(), file),
                    None => return Reply::of("404 Not Found"),
                }
                Reply::of("201 Created")
            }
            "DELETE" => Reply::of(if files.remove(&seen.path).is_some() { "204 No Content" } else { "404 Not Found" }),
            "MKCOL" => Reply::of("201 Created"),
            "GET" => match files.get(&seen.path) {
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
