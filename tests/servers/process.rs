//! A server's processes: started in the foreground, waited for, stalled, ended by their ids.

use std::env;
use std::fs;
use std::io::{Read, Seek};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub struct Process {
    command: Command,
    /// Whether it can be called.
    listens: Box<dyn Fn() -> bool + Send + Sync>,
    child: Child,
}

/// A file of what `tests/run` brings that is not the system's.
pub fn brought(file: &str) -> PathBuf {
    PathBuf::from(env::var_os("HOME").expect("a home folder")).join(".cache/strongroom-tests").join(file)
}

/// A port of the loopback that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// So many of them in a row; gives the first.
pub fn free_ports(count: u16) -> u16 {
    loop {
        let first = free_port();
        let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if first.checked_add(count).is_some_and(|end| (first..end).all(is_free)) {
            return first;
        }
    }
}

impl Process {
    /// Starts it and waits until it listens on this port of the loopback.
    pub fn start(command: Command, port: u16) -> Self {
        Self::until(command, move || listens(port))
    }

    /// Starts it and waits until it can be called, as is found by that.
    pub fn until(mut command: Command, listens: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let child = spawn(&mut command, &listens);
        Self { command, listens: Box::new(listens), child }
    }

    /// Ends it, and starts it once more as it was.
    pub fn start_again(&mut self) {
        self.stop();
        self.child = spawn(&mut self.command, &self.listens);
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to it and to all that it started.
    pub fn signal(&self, name: &str) {
        for pid in tree(self.child.id()) {
            let _ = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).stderr(Stdio::null()).status();
        }
    }

    /// Ends it with all that it serves, as a server that loses its power.
    pub fn end(&self) {
        // What stands still starts nothing more that would outlive it.
        self.signal("STOP");
        self.signal("KILL");
    }

    pub fn stop(&mut self) {
        // Once somebody has waited for it, its number may be another's.
        if self.child.try_wait().is_ok_and(|over| over.is_none()) {
            self.end();
            let _ = self.child.wait();
        }
        // What it was just starting holds the port until it finds that nobody is left.
        let begun = Instant::now();
        while (self.listens)() && begun.elapsed() < Duration::from_secs(5) {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether somebody listens on this port of the loopback.
pub fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn spawn(command: &mut Command, listens: &dyn Fn() -> bool) -> Child {
    // A file, not a pipe: nobody reads what it says of each request.
    let mut said = tempfile::tempfile().unwrap();
    command.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said.try_clone().unwrap());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}: tests/run installs it"));
    let begun = Instant::now();
    while !listens() {
        if begun.elapsed() > Duration::from_secs(60) || child.try_wait().unwrap().is_some() {
            let _ = child.kill();
            let mut words = String::new();
            let _ = said.rewind().and_then(|()| said.read_to_string(&mut words));
            panic!("{command:?} does not listen: {words}");
        }
        thread::sleep(Duration::from_millis(20));
    }
    // Not one that listened there before.
    thread::sleep(Duration::from_millis(50));
    let over = child.try_wait().unwrap();
    assert!(over.is_none(), "{command:?} is over at once: {over:?}");
    child
}

/// A process and all that it started.
fn tree(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut at = 0;
    while at < all.len() {
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", all[at])).unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        at += 1;
    }
    all
}

pub fn run(command: &mut Command) -> String {
    let ran = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}
