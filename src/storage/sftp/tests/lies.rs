//! A server that lies.

use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use russh::server::{Auth, ChannelOpenHandle, Config, Msg, run_stream};
use russh::{Channel, ChannelId, keys};
use russh_sftp::protocol::{Attrs, Data, File, Handle, Name, OpenFlags, Packet, Status, StatusCode, Version};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::*;
use crate::storage::stop::Stop;
use crate::storage::throttle::Throttle;

const FSYNC: &str = "fsync@openssh.com";

/// What it says that is not so.
#[derive(Clone, Default)]
struct Lies {
    list: List,
    /// Of every file.
    size: Option<u64>,
    /// Bytes of every answer to a read.
    data: Option<usize>,
    /// Its lists tell no sizes.
    no_sizes: bool,
    /// It never says whether a password is right.
    keeps_silent: bool,
    /// Making a file durable takes so long.
    sync: Duration,
    /// It tells of a rename so long after it.
    rename: Duration,
}

#[derive(Clone, Default)]
enum List {
    #[default]
    Nothing,
    Names(Vec<String>),
    /// Answers without a name, and never that it was all.
    Empty,
    /// Names without end.
    Endless,
}

#[derive(Default)]
struct State {
    lies: Lies,
    files: BTreeMap<String, Vec<u8>>,
    /// Paths of all that was changed.
    changed: Vec<String>,
    listed: usize,
}

type Shared = Arc<Mutex<State>>;

struct Liar {
    port: u16,
    state: Shared,
    _runtime: Runtime,
}

impl Liar {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))).unwrap();
        let port = listener.local_addr().unwrap().port();
        let key = keys::ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]);
        let config = Arc::new(Config { keys: vec![keys::PrivateKey::from(key)], ..Config::default() });
        let state = Shared::default();
        let shared = state.clone();
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (config, ssh) = (config.clone(), Ssh { state: shared.clone(), channels: HashMap::new() });
                tokio::spawn(async move {
                    if let Ok(session) = run_stream(config, socket, ssh).await {
                        let _ = session.await;
                    }
                });
            }
        });
        Self { port, state, _runtime: runtime }
    }

    fn lie(&self, lies: Lies) {
        self.state.lock().unwrap().lies = lies;
    }

    fn changed(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().changed)
    }

    fn open(&self) -> Sftp {
        self.connect(Patience::default()).unwrap()
    }

    fn connect(&self, patience: Patience) -> Result<Sftp, Error> {
        self.connect_as(&Anyone::default(), patience)
    }

    fn connect_as(&self, access: &Anyone, patience: Patience) -> Result<Sftp, Error> {
        let address = format!("sftp://somebody@127.0.0.1:{}/", self.port);
        let Some(Ok(Location::Sftp(folder))) = Location::of_server(&address) else { panic!("{address}") };
        Sftp::connect(&folder, access, patience)
    }
}

/// Somebody with a password, to whom any server is right.
#[derive(Default)]
struct Anyone {
    throttle: Arc<Throttle>,
}

impl Access for Anyone {
    fn password(&self, _: &Location) -> Option<Secret> {
        Some(Secret::new("secret"))
    }

    fn trust(&self, _: &Server, _: &Fingerprint) -> bool {
        true
    }

    fn throttle(&self) -> Arc<Throttle> {
        self.throttle.clone()
    }
}

struct Ssh {
    state: Shared,
    channels: HashMap<ChannelId, Channel<Msg>>,
}

impl russh::server::Handler for Ssh {
    type Error = russh::Error;

    async fn auth_password(&mut self, _: &str, _: &str) -> Result<Auth, russh::Error> {
        if self.state.lock().unwrap().lies.keeps_silent {
            std::future::pending::<()>().await;
        }
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut russh::server::Session,
    ) -> Result<(), russh::Error> {
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        _: &str,
        session: &mut russh::server::Session,
    ) -> Result<(), russh::Error> {
        session.channel_success(id)?;
        if let Some(channel) = self.channels.remove(&id) {
            russh_sftp::server::run(channel.into_stream(), Files(self.state.clone())).await;
        }
        Ok(())
    }
}

struct Files(Shared);

impl Files {
    fn attributes(&self, path: &str) -> Result<FileAttributes, StatusCode> {
        if path.trim_end_matches("/.").is_empty() || path.ends_with("folder") {
            return Ok(FileAttributes { permissions: Some(0o40_755), ..FileAttributes::empty() });
        }
        let state = self.0.lock().unwrap();
        let file = state.files.get(path).ok_or(StatusCode::NoSuchFile)?;
        let size = state.lies.size.unwrap_or(file.len() as u64);
        Ok(FileAttributes { permissions: Some(0o100_644), size: Some(size), ..FileAttributes::empty() })
    }

    fn change(&self, path: &str) {
        self.0.lock().unwrap().changed.push(path.into());
    }
}

#[allow(clippy::unnecessary_wraps)]
fn done(id: u32) -> Result<Status, StatusCode> {
    Ok(Status { id, status_code: StatusCode::Ok, error_message: "".into(), language_tag: "".into() })
}

impl russh_sftp::server::Handler for Files {
    type Error = StatusCode;

    fn unimplemented(&self) -> StatusCode {
        StatusCode::OpUnsupported
    }

    async fn init(&mut self, _: u32, _: HashMap<String, String>) -> Result<Version, StatusCode> {
        let mut version = Version::new();
        version.extensions.insert(FSYNC.into(), "1".into());
        Ok(version)
    }

    async fn extended(&mut self, id: u32, request: String, _: Vec<u8>) -> Result<Packet, StatusCode> {
        if request != FSYNC {
            return Err(StatusCode::OpUnsupported);
        }
        let sync = self.0.lock().unwrap().lies.sync;
        tokio::time::sleep(sync).await;
        done(id).map(Packet::Status)
    }

    async fn stat(&mut self, id: u32, path: String) -> Result<Attrs, StatusCode> {
        Ok(Attrs { id, attrs: self.attributes(&path)? })
    }

    async fn lstat(&mut self, id: u32, path: String) -> Result<Attrs, StatusCode> {
        Ok(Attrs { id, attrs: self.attributes(&path)? })
    }

    async fn fstat(&mut self, id: u32, handle: String) -> Result<Attrs, StatusCode> {
        Ok(Attrs { id, attrs: self.attributes(&handle)? })
    }

    async fn opendir(&mut self, id: u32, path: String) -> Result<Handle, StatusCode> {
        self.0.lock().unwrap().listed = 0;
        Ok(Handle { id, handle: path })
    }

    async fn readdir(&mut self, id: u32, _: String) -> Result<Name, StatusCode> {
        let mut state = self.0.lock().unwrap();
        let no_sizes = state.lies.no_sizes;
        let file = |name: String| {
            let size = if no_sizes { None } else { Some(1) };
            let mut attributes = FileAttributes { size, ..FileAttributes::empty() };
            attributes.permissions = Some(if name.starts_with("dir") { 0o40_755 } else { 0o100_644 });
            File { filename: name, longname: String::new(), attrs: attributes }
        };
        let listed = state.listed;
        state.listed += 1;
        match &state.lies.list {
            List::Names(names) if listed == 0 => Ok(Name { id, files: names.iter().cloned().map(file).collect() }),
            List::Nothing | List::Names(_) => Err(StatusCode::Eof),
            List::Empty => Ok(Name { id, files: Vec::new() }),
            List::Endless => Ok(Name { id, files: (0..2000).map(|n| file(format!("{listed}-{n}"))).collect() }),
        }
    }

    async fn open(&mut self, id: u32, path: String, flags: OpenFlags, _: FileAttributes) -> Result<Handle, StatusCode> {
        if flags.contains(OpenFlags::CREATE) {
            self.0.lock().unwrap().files.insert(path.clone(), Vec::new());
        }
        Ok(Handle { id, handle: path })
    }

    async fn close(&mut self, id: u32, _: String) -> Result<Status, StatusCode> {
        done(id)
    }

    async fn read(&mut self, id: u32, handle: String, offset: u64, length: u32) -> Result<Data, StatusCode> {
        let state = self.0.lock().unwrap();
        if let Some(length) = state.lies.data {
            return Ok(Data { id, data: vec![0; length] });
        }
        let file = state.files.get(&handle).ok_or(StatusCode::NoSuchFile)?;
        let rest = usize::try_from(offset).ok().and_then(|at| file.get(at..)).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or(StatusCode::Eof)?;
        Ok(Data { id, data: rest[..rest.len().min(length as usize)].to_vec() })
    }

    async fn write(&mut self, id: u32, handle: String, offset: u64, data: Vec<u8>) -> Result<Status, StatusCode> {
        let mut state = self.0.lock().unwrap();
        let file = state.files.get_mut(&handle).ok_or(StatusCode::NoSuchFile)?;
        let end = usize::try_from(offset).unwrap() + data.len();
        file.resize(end.max(file.len()), 0);
        file[end - data.len()..end].copy_from_slice(&data);
        done(id)
    }

    async fn remove(&mut self, id: u32, path: String) -> Result<Status, StatusCode> {
        self.change(&path);
        self.0.lock().unwrap().files.remove(&path);
        done(id)
    }

    async fn rmdir(&mut self, id: u32, path: String) -> Result<Status, StatusCode> {
        self.change(&path);
        done(id)
    }

    async fn rename(&mut self, id: u32, from: String, to: String) -> Result<Status, StatusCode> {
        let late = {
            let mut state = self.0.lock().unwrap();
            let file = state.files.remove(&from).ok_or(StatusCode::NoSuchFile)?;
            state.files.insert(to, file);
            state.lies.rename
        };
        tokio::time::sleep(late).await;
        done(id)
    }
}

#[test]
fn lists_without_end_are_ended() {
    let liar = Liar::start();
    let storage = liar.open();
    assert_eq!(storage.list("").unwrap(), []);
    // As OpenSSH's own client takes it.
    liar.lie(Lies { list: List::Empty, ..Lies::default() });
    assert_eq!(storage.list("").unwrap(), []);
    liar.lie(Lies { list: List::Endless, ..Lies::default() });
    assert_eq!(kind(storage.list("")), Kind::TooLong);
    liar.lie(Lies { list: List::Names(vec!["a".into()]), ..Lies::default() });
    assert_eq!(storage.list("").unwrap().len(), 1, "the connection is as good as before");
}

#[test]
fn names_that_lead_elsewhere_are_no_children() {
    let liar = Liar::start();
    let storage = liar.open();
    let names = ["good", "../up", "..", ".", "/", "dir/b", "dir/../../b", "/etc/passwd", "", ".tmp-../../up", "good"];
    liar.lie(Lies { list: List::Names(names.map(String::from).to_vec()), ..Lies::default() });
    let listed: Vec<String> = storage.list("").unwrap().into_iter().map(|child| child.name).collect();
    assert_eq!(listed, ["good"]);
    storage.sweep_temporary("", None).unwrap();
    storage.delete_folder("folder").unwrap();
    let changed = liar.changed();
    assert!(changed.iter().all(|path| !path.contains("..") && !path.contains("etc")), "{changed:?}");
    assert!(changed.contains(&"/./folder/good".into()), "{changed:?}");
}

#[test]
fn sizes_that_are_not_true_are_found_out() {
    let liar = Liar::start();
    let storage = liar.open();
    storage.put("there", b"hello").unwrap();
    liar.lie(Lies { size: Some(u64::MAX), ..Lies::default() });
    assert_eq!(storage.size("there").unwrap(), u64::MAX);
    assert_eq!(kind(storage.read_at("there", 3, &mut [0; 9])), Kind::TooShort);
    assert_eq!(kind(storage.sha256_on_medium("there", &mut |_| true)), Kind::TooShort);
    assert_eq!(kind(storage.read_all("there", 9)), Kind::TooShort);
    for size in [0, 4, 6, u64::MAX] {
        liar.lie(Lies { size: Some(size), ..Lies::default() });
        assert!(storage.put("new", b"hello").is_err(), "{size}");
        assert!(!liar.state.lock().unwrap().files.contains_key("/./new"), "an upload counts only when its size is right");
    }
    liar.lie(Lies::default());
    storage.put("new", b"hello").unwrap();
}

#[test]
fn answers_to_reads_that_are_none_are_refused() {
    let liar = Liar::start();
    let storage = liar.open();
    storage.put("there", &[1; 100]).unwrap();
    for data in [0, 101, 200_000] {
        liar.lie(Lies { data: Some(data), ..Lies::default() });
        assert_eq!(kind(storage.read_at("there", 0, &mut [0; 100])), Kind::ServerAway, "{data}");
    }
    liar.lie(Lies { size: Some(1 << 40), data: Some(8), ..Lies::default() });
    assert_eq!(kind(storage.read_all("there", 1000)), Kind::TooLong);
    liar.lie(Lies::default());
    assert_eq!(storage.read_all("there", 1000).unwrap(), [1; 100]);
}

#[test]
fn what_a_list_tells_no_size_of_is_asked_for_it() {
    let liar = Liar::start();
    let storage = liar.open();
    storage.put("a", b"hello").unwrap();
    let list = List::Names(["a", "dir", "gone"].map(String::from).to_vec());
    liar.lie(Lies { list, no_sizes: true, ..Lies::default() });
    let listed: Vec<_> = storage.list("").unwrap().into_iter().map(|child| (child.name, child.size)).collect();
    assert_eq!(listed, [("a".into(), 5), ("dir".into(), 0)], "it is not taken for empty");
}

#[test]
fn a_server_that_never_lets_us_in_is_not_waited_for_for_ever() {
    let liar = Liar::start();
    liar.lie(Lies { keeps_silent: true, ..Lies::default() });
    let patience = Patience { log_in: Duration::from_secs(5), ..Patience::default() };
    assert_eq!(kind(liar.connect(patience)), Kind::ServerAway);
    assert_eq!(kind(Stop::after(9).during(|| liar.connect(Patience::default()))), Kind::Cancelled);
    liar.lie(Lies::default());
    liar.open().put("a", b"hello").unwrap();
}

/// For an answer it is waited three seconds.
const SHORT: Patience = Patience {
    connect: Duration::from_secs(20),
    log_in: Duration::from_secs(60),
    keep_alive: Duration::from_secs(15),
    answer: Duration::from_secs(3),
    sync: Duration::from_secs(60),
};

#[test]
fn making_a_file_durable_may_take_long() {
    let liar = Liar::start();
    let storage = liar.connect(SHORT).unwrap();
    liar.lie(Lies { sync: Duration::from_secs(5), ..Lies::default() });
    storage.put("a", b"hello").unwrap();
    assert_eq!(storage.read_all("a", 9).unwrap(), b"hello");
}

#[test]
fn a_rename_whose_answer_is_lost_has_worked() {
    let liar = Liar::start();
    let storage = liar.connect(SHORT).unwrap();
    let mut upload = storage.create("a").unwrap();
    upload.write_all(b"hello").unwrap();
    // Too late for an answer, and in time for the next.
    liar.lie(Lies { rename: Duration::from_millis(4500), ..Lies::default() });
    upload.finish().unwrap();
    liar.lie(Lies::default());
    assert_eq!(storage.read_all("a", 9).unwrap(), b"hello");
    assert_eq!(kind(storage.put("a", b"other")), Kind::AlreadyExists);
}

#[test]
fn who_reads_under_a_limit_leaves_time_to_others() {
    let liar = Liar::start();
    let anyone = Anyone::default();
    let storage = liar.connect_as(&anyone, Patience::default()).unwrap();
    storage.put("a", &vec![7; 8 << 20]).unwrap();
    anyone.throttle.set(None, Some(32 << 10));
    let stopped = storage.read_through("a", 0, 8 << 20, &mut |_| Err(Error::new(Kind::Cancelled, "a", "enough")));
    assert_eq!(kind(stopped), Kind::Cancelled);
    // All of it would take four minutes.
    let wait = anyone.throttle.down(1);
    assert!(wait < Duration::from_secs(30), "{wait:?}");
}
