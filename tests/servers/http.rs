//! What the servers of the tests that are made up read and write of HTTP.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::net::TcpStream;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// With its `%XX`, and what stands behind `?`.
    pub target: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    /// The next one on a line; `None` where it ends.
    pub fn receive(reader: &mut impl BufRead, line: &mut impl Write) -> Option<Self> {
        let mut first = String::new();
        reader.read_line(&mut first).ok().filter(|length| *length > 0)?;
        let mut words = first.split_whitespace();
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
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
        Some(Self { method, target, headers, body })
    }

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
        Self::with(status, [])
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

    /// Whether the line goes on after it.
    pub fn send(self, line: &mut TcpStream) -> bool {
        match self {
            Self::Say { status, headers, body } => {
                let mut head = format!("HTTP/1.1 {status}\r\n");
                for (name, value) in &headers {
                    head += &format!("{name}: {value}\r\n");
                }
                if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
                    head += &format!("Content-Length: {}\r\n", body.len());
                }
                head += "\r\n";
                // At once: on a line that is kept what comes after waits until this is acknowledged.
                line.write_all(&[head.as_bytes(), &body].concat()).is_ok()
            }
            Self::Raw(write) => {
                write(line);
                false
            }
        }
    }
}
