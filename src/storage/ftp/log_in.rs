//! Opening a connection: TLS where the address says so, the account, and what the server can do.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::client::Resumption;
use socket2::{SockRef, TcpKeepalive};
use suppaftp::types::FileType;
use suppaftp::{FtpError, FtpResult, Mode, RustlsConnector, RustlsFtpStream, Status, TlsConnector};

use super::alarm::Alarm;
use super::failure::{Answer, Failure};
use super::patience::Patience;
use super::session::Session;
use crate::model::location::{FtpFolder, FtpTls, Location};
use crate::model::secret::Secret;
use crate::storage::access::Access;
use crate::storage::call::call;
use crate::storage::stop::{self, Stop};
use crate::storage::throttle::Throttle;
use crate::storage::{Error, Kind, tls};

/// As which nobody in particular logs in.
const ANONYMOUS: &str = "anonymous";
/// So that routers on the way keep a line open that is silent while a file goes over another one.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Servers may want the line of a file to go on with the TLS session of the line of commands.
const TLS_SESSIONS: usize = 32;

/// All that it takes to open a connection.
pub struct Gate {
    host: String,
    port: u16,
    user: String,
    password: Option<Secret>,
    /// `None`: in the open.
    tls: Option<ClientConfig>,
    implicit: bool,
    pub patience: Patience,
    pub throttle: Arc<Throttle>,
    pub alarm: Alarm,
    /// Somebody took a call: then one that is not taken is worth another try.
    reached: AtomicBool,
    /// What the server said that it can do.
    features: OnceLock<Features>,
}

/// What a server said that it can do (RFC 2389).
#[derive(Clone, Copy, Debug, Default)]
pub struct Features {
    pub mlsd: bool,
    pub utf8: bool,
    /// Tells how much room there is.
    pub avbl: bool,
}

impl Gate {
    pub fn new(folder: &FtpFolder, access: &dyn Access, patience: Patience) -> Result<Self, Error> {
        let location = Location::Ftp(folder.clone());
        let tls = match folder.tls {
            FtpTls::None => None,
            _ => Some(tls::client(access.ca_file(&location).as_deref())?),
        };
        let alarm = Alarm::new().map_err(|e| Error { kind: Kind::Other, context: location.display(), source: e })?;
        let anonymous = folder.user.is_empty();
        let password = access.password(&location).or_else(|| anonymous.then(|| Secret::new(ANONYMOUS)));
        Ok(Self {
            host: folder.host.clone(),
            port: folder.port,
            user: if anonymous { ANONYMOUS.into() } else { folder.user.clone() },
            password,
            tls,
            implicit: folder.tls == FtpTls::Implicit,
            patience,
            throttle: access.throttle(),
            alarm,
            reached: AtomicBool::new(false),
            features: OnceLock::new(),
        })
    }

    pub fn features(&self) -> Features {
        self.features.get().copied().unwrap_or_default()
    }

    /// Whether it let us in before: then a no says nothing of the account.
    pub fn has_let_in(&self) -> bool {
        self.features.get().is_some()
    }

    pub fn is_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    /// A connection over which files can be had. Whoever wants it no more does not wait: what was begun ends by itself, as when a name is
    /// looked up, which takes as long as the system likes.
    pub fn connect(self: &Arc<Self>) -> Answer<Session> {
        let (gate, stop) = (self.clone(), Stop::current());
        let (done, opened) = mpsc::channel();
        thread::Builder::new().name("ftp log-in".into()).spawn(move || _ = done.send(gate.open()))?;
        loop {
            match opened.recv_timeout(stop::SLICE) {
                Ok(opened) => return opened,
                Err(RecvTimeoutError::Timeout) if !stop.is_over() => {}
                Err(_) => return Err(Failure::lost("no answer")),
            }
        }
    }

    fn open(&self) -> Answer<Session> {
        let socket = self.call()?;
        let control = socket.try_clone()?;
        // The steps of the greeting are few.
        let armed = self.alarm.arm(self.patience.whole, [&control]);
        let mut ftp = self.greet(socket)?;
        drop(armed);
        let control = ftp.get_ref().try_clone()?;
        let armed = self.alarm.arm(self.patience.whole, [&control]);
        self.log_in(&mut ftp).map_err(|failure| match failure {
            Failure::Said { ref text, .. } if self.tls.is_none() && failure.wants_tls() => {
                Failure::Tls(Kind::WantsTls, text.clone())
            }
            failure => failure,
        })?;
        self.settle(&mut ftp)?;
        drop(armed);
        Ok(Session::new(ftp, control, self.patience, self.throttle.clone()))
    }

    fn call(&self) -> Answer<TcpStream> {
        let until = Instant::now() + self.patience.connect;
        let addresses: Vec<SocketAddr> = (self.host.as_str(), self.port).to_socket_addrs()?.collect();
        if addresses.is_empty() {
            return Err(Failure::Line(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
        }
        let socket = call(&addresses, Some(until))?;
        prepare(&socket, self.patience)?;
        self.reached.store(true, Ordering::Relaxed);
        Ok(socket)
    }

    fn greet(&self, socket: TcpStream) -> Answer<RustlsFtpStream> {
        let patience = self.patience;
        let is_v6 = socket.peer_addr()?.is_ipv6();
        let connector = self.tls.clone().map(|config| Connector::new(config, patience));
        let ftp = match connector {
            None => RustlsFtpStream::connect_with_stream(socket)?,
            Some(connector) if self.implicit => {
                // The crate wants to call itself, without a limit of time: that somebody answers is known by now.
                let address = socket.peer_addr()?;
                drop(socket);
                let mut ftp = RustlsFtpStream::connect_secure_implicit(address, connector, &self.host)?;
                // Servers take it for granted; those that do not must be told.
                for command in ["PBSZ 0", "PROT P"] {
                    optional(ftp.custom_command(command, &[Status::CommandOk]))?;
                }
                ftp
            }
            Some(connector) => {
                let ftp = RustlsFtpStream::connect_with_stream(socket)?;
                ftp.into_secure(connector, &self.host).map_err(|e| match Failure::from(e) {
                    Failure::Said { code, text } if code != 421 => Failure::Tls(Kind::NoTls, text),
                    failure => failure,
                })?
            }
        };
        let mut ftp = ftp.passive_stream_builder(move |address| connected(&address, patience).map_err(FtpError::ConnectionError));
        // Whatever address a server names, behind a router or out of malice: files come from where the commands go.
        ftp.set_passive_nat_workaround(true);
        ftp.set_mode(if is_v6 { Mode::ExtendedPassive } else { Mode::Passive });
        Ok(ftp)
    }

    fn log_in(&self, ftp: &mut RustlsFtpStream) -> Answer<()> {
        match &self.password {
            Some(password) => ftp.login(self.user.as_str(), password.expose())?,
            None => {
                let user = format!("USER {}", self.user);
                let asked = ftp.custom_command(user, &[Status::LoggedIn, Status::NeedPassword])?;
                if asked.status == Status::NeedPassword {
                    return Err(Failure::NoPassword);
                }
            }
        }
        Ok(())
    }

    /// What is the same for all that follows: names in UTF-8, files byte for byte.
    fn settle(&self, ftp: &mut RustlsFtpStream) -> Answer<()> {
        if self.features.get().is_none() {
            let found = optional(ftp.feat())?.unwrap_or_default();
            let has = |name: &str| found.keys().any(|key| key.eq_ignore_ascii_case(name));
            // RFC 3659 lists MLSD under the name of MLST.
            let features = Features { mlsd: has("MLST") || has("MLSD"), utf8: has("UTF8"), avbl: has("AVBL") };
            let _ = self.features.set(features);
        }
        if self.features().utf8 {
            optional(ftp.opts("UTF8", Some("ON")))?;
        }
        ftp.transfer_type(FileType::Binary)?;
        Ok(())
    }
}

/// What a server may refuse, or not know.
fn optional<T>(asked: FtpResult<T>) -> Answer<Option<T>> {
    match asked {
        Ok(answer) => Ok(Some(answer)),
        Err(FtpError::BadResponse) => Ok(None),
        Err(e) => match Failure::from(e) {
            failure @ Failure::Said { .. } if !failure.ends_line() => Ok(None),
            failure => Err(failure),
        },
    }
}

fn connected(address: &SocketAddr, patience: Patience) -> io::Result<TcpStream> {
    let socket = TcpStream::connect_timeout(address, patience.connect)?;
    prepare(&socket, patience)?;
    Ok(socket)
}

fn prepare(socket: &TcpStream, patience: Patience) -> io::Result<()> {
    socket.set_read_timeout(Some(patience.answer))?;
    socket.set_write_timeout(Some(patience.answer))?;
    socket.set_nodelay(true)?;
    SockRef::from(socket).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEP_ALIVE))
}

/// TLS for the line of commands and those of files, on sockets that do not wait for ever.
#[derive(Debug)]
struct Connector {
    tls: RustlsConnector,
    patience: Patience,
}

impl Connector {
    fn new(mut config: ClientConfig, patience: Patience) -> Self {
        // Its own, so that the lines of its files go on with no other connection's session.
        config.resumption = Resumption::in_memory_sessions(TLS_SESSIONS);
        Self { tls: RustlsConnector::from(Arc::new(config)), patience }
    }
}

impl TlsConnector for Connector {
    type Stream = <RustlsConnector as TlsConnector>::Stream;

    fn connect(&self, domain: &str, stream: TcpStream) -> FtpResult<Self::Stream> {
        prepare(&stream, self.patience).map_err(FtpError::ConnectionError)?;
        self.tls.connect(domain, stream)
    }
}
