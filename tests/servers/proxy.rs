//! A small TCP proxy that stands for a bad network: it cuts lines after so many bytes, delays what it carries, and notes what is asked by HTTP.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// Gives the bytes that the next line carries.
type Lengths = Box<dyn FnMut() -> u64 + Send>;

/// What befalls all lines of one or several proxies.
#[derive(Default)]
pub struct Fate {
    /// Bytes until all lines are cut, once; below zero: never.
    left: AtomicI64,
    cuts: AtomicBool,
    /// Then they are cut again after so many more bytes, one after the other.
    more: Mutex<VecDeque<u64>>,
    /// How much each line that is made carries.
    each: Mutex<Option<Lengths>>,
    /// One way.
    delay: Mutex<Duration>,
    carried: AtomicU64,
    cut_so_far: AtomicU64,
    connected: AtomicU64,
    /// Lines that are open now, and the most there were at once.
    open: AtomicU64,
    most_open: AtomicU64,
    /// Request lines of HTTP.
    asked: Mutex<Vec<String>>,
    lines: Mutex<Vec<Weak<Line>>>,
}

impl Fate {
    /// After so many more bytes, in both directions together, all lines are cut; then it goes well again.
    pub fn cut_after(&self, bytes: u64) {
        self.left.store(i64::try_from(bytes).unwrap(), Ordering::SeqCst);
        self.cuts.store(true, Ordering::SeqCst);
    }

    /// The same when so many bytes have been carried from now on, as often as there are numbers, which rise.
    pub fn cut_at(&self, bytes: &[u64]) {
        let mut gaps: VecDeque<u64> = bytes.iter().zip([0].iter().chain(bytes)).map(|(next, before)| next - before).collect();
        let first = gaps.pop_front().unwrap();
        *self.more.lock().unwrap() = gaps;
        self.cut_after(first);
    }

    /// Each line that is made from now on is cut by itself when it has carried so many bytes, in both directions together.
    pub fn cut_each(&self, after: impl FnMut() -> u64 + Send + 'static) {
        *self.each.lock().unwrap() = Some(Box::new(after));
    }

    /// Nothing more befalls the lines that are made from now on.
    pub fn spare(&self) {
        self.cuts.store(false, Ordering::SeqCst);
        self.more.lock().unwrap().clear();
        *self.each.lock().unwrap() = None;
    }

    /// Each byte arrives so much later; as many as like are on their way.
    pub fn delay(&self, one_way: Duration) {
        *self.delay.lock().unwrap() = one_way;
    }

    /// Bytes carried so far, in both directions together.
    pub fn carried(&self) -> u64 {
        self.carried.load(Ordering::SeqCst)
    }

    /// How often lines were cut.
    pub fn cut_so_far(&self) -> u64 {
        self.cut_so_far.load(Ordering::SeqCst)
    }

    /// How many lines there have been.
    pub fn connected(&self) -> u64 {
        self.connected.load(Ordering::SeqCst)
    }

    /// The most lines that were open at once.
    pub fn most_open(&self) -> u64 {
        self.most_open.load(Ordering::SeqCst)
    }

    /// Methods and targets of what was asked by HTTP since this was last called.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// Looks for request lines in what a client says. `seen`: what may be the beginning of one.
    fn note(&self, seen: &mut Vec<u8>, piece: &[u8]) {
        const END: &[u8] = b" HTTP/1.1\r\n";
        const LONGEST: usize = 4 << 10;
        seen.extend_from_slice(piece);
        while let Some(at) = seen.windows(END.len()).position(|part| part == END) {
            // Before it may stand the end of what was sent with the request before.
            let target = seen[..at].iter().rposition(|byte| *byte == b' ').unwrap_or(0);
            let method = seen[..target].iter().rposition(|byte| !byte.is_ascii_uppercase()).map_or(0, |at| at + 1);
            self.asked.lock().unwrap().push(String::from_utf8_lossy(&seen[method..at]).into_owned());
            seen.drain(..at + END.len());
        }
        seen.drain(..seen.len().saturating_sub(LONGEST));
    }

    /// Cuts what there is of lines.
    pub fn cut_now(&self) {
        self.lines.lock().unwrap().drain(..).filter_map(|line| line.upgrade()).for_each(|line| _ = line.cut());
        self.cut_so_far.fetch_add(1, Ordering::SeqCst);
    }

    /// How much of a piece still gets through; then the lines are cut.
    fn lets_through(&self, length: usize) -> Option<usize> {
        if !self.cuts.load(Ordering::SeqCst) {
            return Some(length);
        }
        // One after the other: who came while another one found that it is time would cut them once more, much later perhaps.
        let mut more = self.more.lock().unwrap();
        if !self.cuts.load(Ordering::SeqCst) {
            return Some(length);
        }
        let before = self.left.fetch_sub(length as i64, Ordering::SeqCst);
        if before > length as i64 {
            return Some(length);
        }
        match more.pop_front() {
            Some(next) => self.left.store(next as i64, Ordering::SeqCst),
            None => self.cuts.store(false, Ordering::SeqCst),
        }
        usize::try_from(before).ok()
    }
}

/// One line: its two ends, and how many bytes it still carries before it is cut by itself.
struct Line {
    ends: [TcpStream; 2],
    left: Option<AtomicI64>,
    is_cut: AtomicBool,
}

impl Line {
    /// How much of a piece still gets through.
    fn lets_through(&self, length: usize) -> usize {
        let before = self.left.as_ref().map_or(i64::MAX, |left| left.fetch_sub(length as i64, Ordering::SeqCst));
        usize::try_from(before).unwrap_or(0).min(length)
    }

    /// `false` where it was already.
    fn cut(&self) -> bool {
        self.ends.iter().for_each(|end| _ = end.shutdown(Shutdown::Both));
        !self.is_cut.swap(true, Ordering::SeqCst)
    }
}

/// Forwards from an address of the loopback to another one.
pub struct Proxy {
    pub address: SocketAddr,
    fate: Arc<Fate>,
    ended: Arc<AtomicBool>,
}

impl Proxy {
    /// On a free port, with a fate of its own.
    pub fn to(target: SocketAddr) -> Self {
        Self::on("127.0.0.1:0".parse().unwrap(), target, Arc::default())
    }

    pub fn on(listen: SocketAddr, target: SocketAddr, fate: Arc<Fate>) -> Self {
        let listener = TcpListener::bind(listen).unwrap();
        let address = listener.local_addr().unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let (shared, over) = (fate.clone(), ended.clone());
        thread::spawn(move || {
            for line in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                // Whoever calls sees the line end where nobody listens behind.
                if let (Ok(line), Ok(behind)) = (line, TcpStream::connect(target)) {
                    shared.connected.fetch_add(1, Ordering::SeqCst);
                    let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
                    shared.most_open.fetch_max(open, Ordering::SeqCst);
                    carry(line, behind, &shared);
                }
            }
        });
        Self { address, fate, ended }
    }

    pub fn fate(&self) -> Arc<Fate> {
        self.fate.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        self.fate.cut_now();
        let _ = TcpStream::connect(self.address);
    }
}

fn carry(one: TcpStream, other: TcpStream, fate: &Arc<Fate>) {
    let ends = [&one, &other].map(|end| {
        end.set_nodelay(true).unwrap();
        end.try_clone().unwrap()
    });
    let left = fate.each.lock().unwrap().as_mut().map(|after| i64::try_from(after()).unwrap());
    let line = Arc::new(Line { ends, left: left.map(AtomicI64::new), is_cut: AtomicBool::new(false) });
    let mut lines = fate.lines.lock().unwrap();
    lines.retain(|line| line.strong_count() > 0);
    lines.push(Arc::downgrade(&line));
    drop(lines);
    for (from, to, asks) in [(one.try_clone().unwrap(), other.try_clone().unwrap(), true), (other, one, false)] {
        let (send, receive) = mpsc::sync_channel::<(Instant, Vec<u8>)>(1024);
        let (fate, line) = (fate.clone(), line.clone());
        thread::spawn(move || {
            read(from, &line, &fate, &send, asks);
            if asks {
                fate.open.fetch_sub(1, Ordering::SeqCst);
            }
        });
        thread::spawn(move || write(to, &receive));
    }
}

fn read(mut from: TcpStream, line: &Line, fate: &Fate, to: &mpsc::SyncSender<(Instant, Vec<u8>)>, asks: bool) {
    let mut buffer = vec![0; 64 << 10];
    let mut seen = Vec::new();
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        let of_all = fate.lets_through(n);
        let of_this = line.lets_through(n);
        let piece = buffer[..of_all.unwrap_or(0).min(of_this)].to_vec();
        fate.carried.fetch_add(piece.len() as u64, Ordering::SeqCst);
        if asks {
            fate.note(&mut seen, &piece);
        }
        let due = Instant::now() + *fate.delay.lock().unwrap();
        let gone = to.send((due, piece)).is_err();
        if of_all.is_none_or(|through| through < n) || of_this < n {
            // What got through arrives before the end does.
            thread::sleep(Duration::from_millis(5));
        }
        if of_all.is_none_or(|through| through < n) {
            fate.cut_now();
        }
        // The other way may have come to its end in the same moment.
        if of_this < n && line.cut() {
            fate.cut_so_far.fetch_add(1, Ordering::SeqCst);
        }
        if gone {
            break;
        }
    }
}

fn write(mut to: TcpStream, from: &mpsc::Receiver<(Instant, Vec<u8>)>) {
    for (due, piece) in from {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&piece).is_err() {
            return;
        }
    }
    // The other side has said all that it had to say.
    let _ = to.shutdown(Shutdown::Write);
}
