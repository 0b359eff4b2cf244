//! A server that answers what a test wants, for those that lie.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

pub use super::http::Request;

pub struct Fake {
    pub port: u16,
    asked: Arc<Mutex<Vec<Request>>>,
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
    pub fn start(answers: impl Fn(&Request, usize) -> Vec<u8> + Send + Sync + 'static) -> Self {
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

    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, answers: &dyn Fn(&Request, usize) -> Vec<u8>, seen: &Mutex<Vec<Request>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(asked) = Request::receive(&mut reader, &mut stream) {
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
