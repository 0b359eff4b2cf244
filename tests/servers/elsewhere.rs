//! Servers of the internet that a test is not to ask: a proxy that leads to them answers in their place, over TLS.

use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::ca::Ca;
use super::http::Request;
use super::smtp;

/// Requests, each with the host that it was for.
type Asked = Arc<Mutex<Vec<(String, Request)>>>;

pub struct Elsewhere {
    port: u16,
    /// Vouches for all of them.
    pub ca_file: PathBuf,
    asked: Asked,
}

impl Elsewhere {
    /// Of these hosts. Its files lie in this folder. `answers` is told the host.
    pub fn start(folder: &Path, hosts: &[&str], answers: impl Fn(&str, &Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let ca = Ca::new(folder);
        let names: Vec<String> = hosts.iter().map(|host| format!("DNS:{host}")).collect();
        let tls = smtp::tls(&ca.named(&names.join(",")));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let elsewhere = Self { port: listener.local_addr().unwrap().port(), ca_file: ca.file(), asked: Asked::default() };
        let (answers, asked) = (Arc::new(answers), elsewhere.asked.clone());
        // Ends with the process: a listener cannot be told to.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (tls, answers, asked) = (tls.clone(), answers.clone(), asked.clone());
                thread::spawn(move || serve(stream, tls, &*answers, &asked));
            }
        });
        elsewhere
    }

    /// As `HTTPS_PROXY` names it.
    pub fn proxy(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn asked(&self) -> Vec<(String, Request)> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    tls: Arc<ServerConfig>,
    answers: &dyn Fn(&str, &Request) -> Vec<u8>,
    seen: &Mutex<Vec<(String, Request)>>,
) {
    let wanted = Request::receive(&mut BufReader::new(stream.try_clone().unwrap()), &mut stream);
    let Some(wanted) = wanted.filter(|wanted| wanted.method == "CONNECT") else { return };
    if stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").is_err() {
        return;
    }
    let host = wanted.target.split(':').next().unwrap_or_default().to_owned();
    let mut reader = BufReader::new(StreamOwned::new(ServerConnection::new(tls).unwrap(), stream));
    while let Some(asked) = Request::receive(&mut reader, &mut io::sink()) {
        seen.lock().unwrap().push((host.clone(), asked.clone()));
        let line = reader.get_mut();
        if line.write_all(&answers(&host, &asked)).and_then(|()| line.flush()).is_err() {
            return;
        }
    }
}
