//! A small IPFS node: the calls of the RPC API that we use and a gateway, over memory. It answers as kubo and js-ipfs do: content is
//! told by a CID of its very bytes, names are a file system of their own (MFS), copies replace nothing, what is neither pinned nor
//! shown goes with the next tidying up, and failures are told in words (500). Trees it does not make: every file is one block.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::thread;

use sha2::{Digest, Sha256};

pub use super::http::Reply;
use super::http::Request;

/// A request as a node takes it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `add`, `files/cp`, …; the path where it is not of the API.
    pub call: String,
    /// In their order, decoded.
    pub args: Vec<(String, String)>,
    request: Request,
}

impl Deref for Seen {
    type Target = Request;

    fn deref(&self) -> &Request {
        &self.request
    }
}

impl Seen {
    fn of(request: Request) -> Self {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let call = path.strip_prefix("/api/v0/").unwrap_or(path).to_owned();
        let args = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { call, args, request }
    }

    /// The first one of a name.
    pub fn arg(&self, name: &str) -> &str {
        self.args.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    fn second(&self) -> &str {
        self.args.iter().filter(|(key, _)| key == "arg").nth(1).map_or("", |(_, value)| value)
    }
}

/// As a node says most things.
pub fn json(status: &'static str, body: impl Into<Vec<u8>>) -> Reply {
    Reply::with(status, body).header("Content-Type", "application/json")
}

impl Reply {
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        json("200 OK", body)
    }

    /// How a node tells a failure.
    pub fn failed(words: &str) -> Self {
        json("500 Internal Server Error", serde_json::json!({ "Message": words, "Code": 0, "Type": "error" }).to_string())
    }

    pub fn page(status: &'static str) -> Self {
        Self::with(status, "<html>Please log in</html>").header("Content-Type", "text/html; charset=utf-8")
    }

    /// Begins so and goes on for ever with the same.
    pub fn endless(head: &str, part: &str) -> Self {
        let (head, part) = (format!("HTTP/1.1 200 OK\r\n\r\n{head}"), part.repeat(1000));
        Self::Raw(Box::new(move |line| {
            let _ = line.write_all(head.as_bytes());
            while line.write_all(part.as_bytes()).is_ok() {}
        }))
    }
}

/// `None`: it does as a node does. The number counts the calls of that name, from 1.
type Answer = dyn Fn(&Seen, usize, &Node) -> Option<Reply> + Send + Sync;

pub struct FakeIpfs {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    pub node: Arc<Node>,
}

impl FakeIpfs {
    pub fn start(answer: impl Fn(&Seen, usize, &Node) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, node) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Node::default()));
        node.lock().folders.extend(["/".into(), "/d".into()]);
        let (answer, all, of_node): (Arc<Answer>, _, _) = (Arc::new(answer), seen.clone(), node.clone());
        thread::spawn(move || {
            for line in listener.incoming() {
                let (line, answer, all, node) = (line.unwrap(), answer.clone(), all.clone(), of_node.clone());
                thread::spawn(move || serve(line, &*answer, &all, &node));
            }
        });
        Self { port, seen, node }
    }

    /// One that only does as a node does.
    pub fn good() -> Self {
        Self::start(|_, _, _| None)
    }

    pub fn address(&self, path: &str) -> String {
        format!("ipfs+http://127.0.0.1:{}/{path}", self.port)
    }

    /// Read through its gateway.
    pub fn through_gateway(&self, path: &str) -> String {
        format!("{}?gateway=http://127.0.0.1:{}", self.address(path), self.port)
    }

    /// Requests of a call; all for an empty one.
    pub fn seen(&self, call: &str) -> Vec<Seen> {
        let all = self.seen.lock().unwrap();
        all.iter().filter(|seen| call.is_empty() || seen.call == call).cloned().collect()
    }
}

fn serve(mut line: TcpStream, answer: &Answer, all: &Mutex<Vec<Seen>>, node: &Node) {
    let mut reader = BufReader::new(line.try_clone().unwrap());
    while let Some(seen) = Request::receive(&mut reader, &mut line).map(Seen::of) {
        let count = {
            let mut all = all.lock().unwrap();
            all.push(seen.clone());
            all.iter().filter(|other| other.call == seen.call).count()
        };
        if !answer(&seen, count, node).unwrap_or_else(|| node.answer(&seen)).send(&mut line) {
            return;
        }
    }
}

/// What a node has.
#[derive(Default)]
pub struct Node(Mutex<State>);

#[derive(Default)]
pub struct State {
    pub blocks: BTreeMap<String, Vec<u8>>,
    pub pins: BTreeSet<String>,
    /// Its file system: CIDs by paths.
    pub files: BTreeMap<String, String>,
    pub folders: BTreeSet<String>,
}

impl Node {
    pub fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Lets go what is neither pinned nor shown.
    pub fn tidy_up(&self) {
        let state = &mut *self.lock();
        let shown: BTreeSet<_> = state.files.values().cloned().collect();
        state.blocks.retain(|cid, _| state.pins.contains(cid) || shown.contains(cid));
    }

    pub fn answer(&self, seen: &Seen) -> Reply {
        let mut state = self.lock();
        if let Some(cid) = seen.call.strip_prefix("/ipfs/") {
            return state.blocks.get(cid).map_or(json("404 Not Found", ""), |block| part(block, seen.header("range")));
        }
        if seen.method != "POST" {
            return json("405 Method Not Allowed", "{\"Message\":\"Method Not Allowed\",\"Code\":1,\"Type\":\"error\"}");
        }
        let done = match seen.call.as_str() {
            "add" => state.add(seen),
            "files/stat" => state.stat(seen.arg("arg")),
            "files/ls" => state.list(seen.arg("arg")),
            "files/read" => return state.read(seen),
            "files/mkdir" => state.make(seen.arg("arg")),
            "files/cp" => state.copy(seen.arg("arg"), seen.second(), seen.arg("parents") == "true"),
            "files/rm" => state.remove(seen.arg("arg"), seen.arg("recursive") == "true"),
            "files/flush" => {
                state.stat(seen.arg("arg")).map(|_| "{\"Cid\":\"QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn\"}".into())
            }
            "pin/add" => state.pin(seen.arg("arg")),
            "pin/rm" => match state.pins.remove(seen.arg("arg")) {
                true => Ok("{\"Pins\":[]}".into()),
                false => Err(format!("Failed to remove pin: {} is not pinned", seen.arg("arg"))),
            },
            _ => return json("404 Not Found", "{\"Message\":\"Not Found\",\"Code\":3,\"Type\":\"error\"}"),
        };
        done.map_or_else(|words| Reply::failed(&words), Reply::ok)
    }
}

impl State {
    fn add(&mut self, seen: &Seen) -> Result<String, String> {
        let boundary = seen.header("content-type").split_once("boundary=").ok_or("no form")?.1;
        let at = seen.body.windows(4).position(|w| w == b"\r\n\r\n").ok_or("no file")?;
        let end = seen.body.len() - format!("\r\n--{boundary}--\r\n").len();
        assert!(seen.body[end..].starts_with(b"\r\n--"), "the form does not end");
        let bytes = seen.body[at + 4..end].to_vec();
        let (cid, size) = (cid_of(&bytes), bytes.len());
        self.blocks.insert(cid.clone(), bytes);
        if seen.arg("pin") != "false" {
            self.pins.insert(cid.clone());
        }
        Ok(format!("{{\"Name\":\"object\",\"Hash\":\"{cid}\",\"Size\":\"{size}\"}}\n"))
    }

    fn stat(&self, path: &str) -> Result<String, String> {
        if let Some(cid) = self.files.get(path) {
            let size = self.blocks.get(cid).map_or(0, Vec::len);
            return Ok(format!(
                "{{\"Hash\":\"{cid}\",\"Size\":{size},\"CumulativeSize\":{size},\"Blocks\":0,\"Type\":\"file\"}}"
            ));
        }
        if !self.folders.contains(path) {
            return Err("file does not exist".into());
        }
        let content =
            format!("{:?}", self.files.range(path.to_owned()..).take_while(|(at, _)| at.starts_with(path)).collect::<Vec<_>>());
        let cid = cid_of(content.as_bytes());
        Ok(format!("{{\"Hash\":\"{cid}\",\"Size\":0,\"CumulativeSize\":4,\"Blocks\":0,\"Type\":\"directory\"}}"))
    }

    fn list(&self, path: &str) -> Result<String, String> {
        let entry = |path: &str, kind: u8, cid: &str| {
            let size = self.blocks.get(cid).map_or(0, Vec::len);
            serde_json::json!({ "Name": path.rsplit('/').next(), "Type": kind, "Size": size, "Hash": cid })
        };
        if let Some(cid) = self.files.get(path) {
            return Ok(serde_json::json!({ "Entries": [entry(path, 0, cid)] }).to_string());
        }
        if !self.folders.contains(path) {
            return Err("file does not exist".into());
        }
        let is_child = |at: &&String| at.as_str() != "/" && parent(at) == path;
        let mut all: Vec<_> = self.folders.iter().filter(is_child).map(|at| entry(at, 1, "")).collect();
        all.extend(self.files.iter().filter(|(at, _)| is_child(at)).map(|(at, cid)| entry(at, 0, cid)));
        // In no order.
        all.reverse();
        let all = if all.is_empty() { serde_json::Value::Null } else { all.into() };
        Ok(serde_json::json!({ "Entries": all }).to_string())
    }

    fn read(&self, seen: &Seen) -> Reply {
        let Some(cid) = self.files.get(seen.arg("arg")) else {
            let is_folder = self.folders.contains(seen.arg("arg"));
            return Reply::failed(if is_folder { "/d was not a file" } else { "/d/none: file does not exist" });
        };
        let block = &self.blocks[cid];
        let offset: i64 = seen.arg("offset").parse().unwrap();
        let count: usize = seen.arg("count").parse().unwrap();
        let Some(from) = usize::try_from(offset).ok().filter(|from| *from <= block.len()) else {
            return Reply::failed(&format!("offset was past end of file ({offset} > {})", block.len()));
        };
        Reply::ok(&block[from..from.saturating_add(count).min(block.len())])
    }

    fn make(&mut self, path: &str) -> Result<String, String> {
        if self.folders.contains(path) || self.files.contains_key(path) {
            return Err("file already exists".into());
        }
        if !self.folders.contains(parent(path)) {
            return Err("file does not exist".into());
        }
        self.folders.insert(path.into());
        Ok(String::new())
    }

    fn copy(&mut self, from: &str, to: &str, parents: bool) -> Result<String, String> {
        let cid = from.strip_prefix("/ipfs/").ok_or("only content is copied here")?;
        if !self.blocks.contains_key(cid) {
            return Err(format!("cp: cannot get node from path {from}: block was not found locally (offline)"));
        }
        if self.files.contains_key(to) || self.folders.contains(to) {
            return Err(format!("cp: cannot put node in path {to}: directory already has entry by that name"));
        }
        let mut above = parent(to);
        while parents && above != "/" {
            if self.files.contains_key(above) {
                return Err("not a directory".into());
            }
            self.folders.insert(above.into());
            above = parent(above);
        }
        if !self.folders.contains(parent(to)) {
            return Err("file does not exist".into());
        }
        self.files.insert(to.into(), cid.into());
        Ok(String::new())
    }

    fn remove(&mut self, path: &str, recursive: bool) -> Result<String, String> {
        if self.files.remove(path).is_some() {
            return Ok(String::new());
        }
        if !self.folders.contains(path) {
            return Err("file does not exist".into());
        }
        if !recursive {
            return Err("path is a directory, use -r to remove directories".into());
        }
        let below = format!("{path}/");
        self.files.retain(|at, _| !at.starts_with(&below));
        self.folders.retain(|at| at != path && !at.starts_with(&below));
        Ok(String::new())
    }

    fn pin(&mut self, cid: &str) -> Result<String, String> {
        if !self.blocks.contains_key(cid) {
            return Err("pin: block was not found locally (offline): ipld: could not find it".into());
        }
        self.pins.insert(cid.into());
        Ok(format!("{{\"Pins\":[\"{cid}\"]}}"))
    }
}

fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((above, _)) => above,
    }
}

/// Of one raw block.
pub fn cid_of(bytes: &[u8]) -> String {
    let whole = [&[1, 0x55, 0x12, 0x20][..], &Sha256::digest(bytes)].concat();
    format!("b{}", data_encoding::BASE32_NOPAD.encode(&whole).to_ascii_lowercase())
}

/// `bytes=3-9` of a file, or all of it.
fn part(file: &[u8], range: &str) -> Reply {
    let Some((from, to)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Reply::ok(file);
    };
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    if from >= file.len() {
        return json("416 Range Not Satisfiable", "");
    }
    let to = to.min(file.len() - 1);
    json("206 Partial Content", &file[from..=to]).header("Content-Range", format!("bytes {from}-{to}/{}", file.len()))
}
