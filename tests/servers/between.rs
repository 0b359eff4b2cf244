//! A port before a real server of HTTP: some requests it answers itself, the others it passes on.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::http::{Reply, Request};

/// The port. It ends with the process: a listener cannot be told to. `answer`: `None` for what is passed on.
pub fn before(server: u16, answer: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for line in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            thread::spawn(move || serve(line, server, &*answer));
        }
    });
    port
}

fn serve(mut line: TcpStream, server: u16, answer: &dyn Fn(&Request) -> Option<Reply>) {
    let mut reader = BufReader::new(line.try_clone().unwrap());
    while let Some(asked) = Request::receive(&mut reader, &mut line) {
        let goes_on = match answer(&asked) {
            Some(reply) => reply.send(&mut line),
            None => pass_on(&asked, server).is_some_and(|said| line.write_all(&said).is_ok()),
        };
        if !goes_on {
            return;
        }
    }
}

/// What the server says to it, word by word; `None` where nobody is there.
fn pass_on(asked: &Request, server: u16) -> Option<Vec<u8>> {
    let mut line = TcpStream::connect(("127.0.0.1", server)).ok()?;
    let mut head = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", asked.method, asked.target);
    for (name, value) in asked.headers.iter().filter(|(name, _)| !["connection", "expect"].contains(&name.as_str())) {
        head += &format!("{name}: {value}\r\n");
    }
    if !asked.headers.contains_key("content-length") && !asked.body.is_empty() {
        head += &format!("content-length: {}\r\n", asked.body.len());
    }
    line.write_all(&[format!("{head}\r\n").as_bytes(), &asked.body].concat()).ok()?;
    let mut said = Vec::new();
    let _ = line.read_to_end(&mut said);
    Some(said)
}
