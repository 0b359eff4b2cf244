//! A server that answers what a test wants, for those that lie.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

pub struct Fake {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub method: String,
    pub target: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

/// Status line, headers and body of an answer; the length is added where no header gives one.
pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = if headers.to_ascii_lowercase().contains("content-length:") {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    let mut bytes = format!("HTTP/1.1 {status}\r\n{length}{headers}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

impl Fake {
    /// `answers` is told of the request and how many came before it.
    pub fn start(answers: impl Fn(&Asked, usize) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answers, seen) = (Arc::new(answers), asked.clone());
        // Ends with the process: a listener cannot be told to.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answers, seen) = (answers.clone(), seen.clone());
                thread::spawn(move || serve(stream, &*answers, &seen));
            }
        });
        Self { port, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, answers: &dyn Fn(&Asked, usize) -> Vec<u8>, seen: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(asked) = read(&mut reader) {
        let before = {
            let mut seen = seen.lock().unwrap();
            seen.push(asked.clone());
            seen.len() - 1
        };
        if stream.write_all(&answers(&asked, before)).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0).map(|_| line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ').map(str::to_owned);
    let mut asked = Asked { method: words.next()?, target: words.next()?, ..Asked::default() };
    while let Some(header) = line().filter(|line| !line.is_empty()) {
        let (name, value) = header.split_once(':')?;
        asked.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = asked.header("content-length").parse().unwrap_or(0);
    asked.body = vec![0; length];
    reader.read_exact(&mut asked.body).ok()?;
    Some(asked)
}
