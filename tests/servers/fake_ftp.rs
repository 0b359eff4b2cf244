//! A thread that speaks FTP, keeps what it is given in memory, and lies where it is told to.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What it does not do as it should.
#[derive(Clone, Default)]
pub struct Lies {
    /// Lines of every list; the last one again and again without end if `endless`.
    pub list: Vec<String>,
    pub endless: bool,
    /// Bytes after which the next lists end, as if that were all.
    pub cut_lists: Vec<usize>,
    /// Of every file.
    pub size: Option<u64>,
    /// A reply to `SIZE` that never ends.
    pub endless_reply: bool,
    /// Bytes of a file after which it ends, and says that this was all.
    pub cut_files: Option<usize>,
    /// Every file goes on behind its end, and does not stop.
    pub endless_files: bool,
    /// A reply instead of the right one to the first commands that begin so.
    pub replies: Vec<(&'static str, &'static str)>,
    /// It says nothing more after so many bytes of a file.
    pub drips: bool,
    /// How much room there is.
    pub free: Option<u64>,
}

pub struct FakeFtp {
    pub port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    lies: Mutex<Lies>,
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    log: Mutex<Vec<String>>,
}

impl FakeFtp {
    pub fn start(lies: Lies) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State { lies: Mutex::new(lies), ..State::default() });
        let shared = state.clone();
        thread::spawn(move || {
            for line in listener.incoming().map_while(Result::ok) {
                let state = shared.clone();
                thread::spawn(move || serve(line, &state));
            }
        });
        Self { port, state }
    }

    pub fn lie(&self, change: impl FnOnce(&mut Lies)) {
        change(&mut self.state.lies.lock().unwrap());
    }

    pub fn put(&self, path: &str, bytes: &[u8]) {
        self.state.files.lock().unwrap().insert(path.into(), bytes.into());
    }

    pub fn names(&self) -> Vec<String> {
        self.state.files.lock().unwrap().keys().cloned().collect()
    }

    /// The commands since it was last asked, without those of logging in.
    pub fn log(&self) -> Vec<String> {
        let log = std::mem::take(&mut *self.state.log.lock().unwrap());
        let greeting = ["USER", "PASS", "FEAT", "OPTS", "TYPE"];
        log.into_iter().filter(|line| !greeting.iter().any(|word| line.starts_with(word))).collect()
    }
}

/// Ends when the other side does.
fn serve(mut control: TcpStream, state: &State) -> Option<()> {
    let mut say = {
        let mut out = control.try_clone().ok()?;
        move |text: &str| out.write_all(format!("{text}\r\n").as_bytes()).ok()
    };
    say("220 ready")?;
    let mut lines = BufReader::new(control.try_clone().ok()?);
    let mut passive = None;
    let (mut from, mut rename) = (0, String::new());
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end_matches(['\r', '\n']);
        state.log.lock().unwrap().push(line.into());
        let lies = state.lies.lock().unwrap().clone();
        if let Some(at) = lies.replies.iter().position(|(command, _)| line.starts_with(command)) {
            state.lies.lock().unwrap().replies.remove(at);
            say(lies.replies[at].1)?;
            if lies.replies[at].1.starts_with("421") {
                return None;
            }
            continue;
        }
        let (command, path) = line.split_once(' ').unwrap_or((line, ""));
        let file = state.files.lock().unwrap().get(path).cloned();
        match command {
            "USER" => say("331 password")?,
            "PASS" => say("230 in")?,
            "FEAT" => {
                let avbl = if lies.free.is_some() { " AVBL\r\n" } else { "" };
                say(&format!("211-features\r\n MLST type*;size*;\r\n REST STREAM\r\n UTF8\r\n{avbl}211 end"))?;
            }
            "AVBL" => say(&format!("213 {}", lies.free.unwrap_or(0)))?,
            "PWD" => say("257 \"/\"")?,
            "CWD" => say("250 there")?,
            "MKD" => say("257 made")?,
            "REST" => {
                from = path.parse().ok()?;
                say("350 from there")?;
            }
            "PASV" => {
                let listener = TcpListener::bind("127.0.0.1:0").ok()?;
                let port = listener.local_addr().ok()?.port();
                passive = Some(listener);
                // As a server behind a router that does not know its own address.
                say(&format!("227 passive (10,255,255,1,{},{})", port >> 8, port & 255))?;
            }
            "SIZE" if lies.endless_reply => loop {
                control.write_all(&[b'2'; 4096]).ok()?;
            },
            "SIZE" => match (lies.size, file) {
                (Some(size), Some(_)) => say(&format!("213 {size}"))?,
                (None, Some(file)) => say(&format!("213 {}", file.len()))?,
                (_, None) => say("550 no such file")?,
            },
            "MLSD" | "LIST" => {
                let data = begin(&mut passive, &mut say)?;
                if lies.cut_lists.is_empty() {
                    list(data, &lies);
                } else {
                    let cut = state.lies.lock().unwrap().cut_lists.remove(0);
                    cut_list(data, &lies, cut);
                }
                say("226 all of it")?;
            }
            "RETR" => match file {
                None => say("550 no such file")?,
                Some(file) => {
                    let mut data = begin(&mut passive, &mut say)?;
                    let rest = file.get(from..).unwrap_or_default();
                    let end = lies.cut_files.map_or(rest.len(), |cut| cut.min(rest.len()));
                    let sent = data.write_all(&rest[..end]);
                    while lies.endless_files && data.write_all(&[b'.'; 4096]).is_ok() {}
                    while lies.drips && data.write_all(b".").is_ok() {
                        thread::sleep(Duration::from_millis(20));
                    }
                    drop(data);
                    say(if sent.is_ok() { "226 all of it" } else { "426 broken off" })?;
                    from = 0;
                }
            },
            "STOR" => {
                let mut data = begin(&mut passive, &mut say)?;
                let mut bytes = Vec::new();
                let _ = data.read_to_end(&mut bytes);
                let mut files = state.files.lock().unwrap();
                let file = files.entry(path.into()).or_default();
                file.truncate(from);
                file.extend_from_slice(&bytes);
                drop(files);
                from = 0;
                say("226 taken")?;
            }
            "RNFR" => {
                rename = path.into();
                say("350 to what")?;
            }
            "RNTO" => {
                let mut files = state.files.lock().unwrap();
                if let Some(file) = files.remove(&rename) {
                    files.insert(path.into(), file);
                }
                drop(files);
                say("250 renamed")?;
            }
            "DELE" => {
                let gone = state.files.lock().unwrap().remove(path).is_some();
                say(if gone { "250 gone" } else { "550 no such file" })?;
            }
            _ => say("200 fine")?,
        }
    }
}

fn begin(passive: &mut Option<TcpListener>, say: &mut impl FnMut(&str) -> Option<()>) -> Option<TcpStream> {
    let (data, _) = passive.take()?.accept().ok()?;
    say("150 here it comes")?;
    Some(data)
}

fn list(data: TcpStream, lies: &Lies) -> Option<()> {
    let mut data = std::io::BufWriter::with_capacity(64 << 10, data);
    let mut last = "";
    for line in &lies.list {
        data.write_all(format!("{line}\r\n").as_bytes()).ok()?;
        last = line;
    }
    for count in (1_u64..).take_while(|_| lies.endless) {
        data.write_all(last.replace('#', &count.to_string()).as_bytes()).ok()?;
        data.write_all(b"\r\n").ok()?;
    }
    data.flush().ok()
}

fn cut_list(mut data: TcpStream, lies: &Lies, cut: usize) {
    let whole: String = lies.list.iter().map(|line| format!("{line}\r\n")).collect();
    let _ = data.write_all(&whole.as_bytes()[..cut]);
}
