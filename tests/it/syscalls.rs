//! Lets a program's calls that change files fail, one after the other. A seccomp filter hands each of them to us before it is carried out:
//! unlike `strace`, which counts by thread, this counts all in a row, and leaves alone what is no file below the folders that are meant.

use std::fs::{self, File};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::{MaybeUninit, zeroed};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libc::{c_long, c_ushort, seccomp_notif, seccomp_notif_resp, sock_filter, sock_fprog};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::Ran;

/// No run of these takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Which arguments tell the file.
#[derive(Clone, Copy)]
enum Named {
    /// An open file, the first argument.
    Open,
    /// A path, this argument.
    Path(usize),
    /// An open folder, this argument, and a path from there, the next one.
    At(usize),
}

/// Calls that change files or make changes durable.
const CALLS: &[(c_long, &str, Named)] = &[
    (libc::SYS_write, "write", Named::Open),
    (libc::SYS_pwrite64, "pwrite64", Named::Open),
    (libc::SYS_writev, "writev", Named::Open),
    (libc::SYS_fsync, "fsync", Named::Open),
    (libc::SYS_fdatasync, "fdatasync", Named::Open),
    (libc::SYS_syncfs, "syncfs", Named::Open),
    (libc::SYS_ftruncate, "ftruncate", Named::Open),
    (libc::SYS_fallocate, "fallocate", Named::Open),
    (libc::SYS_mkdirat, "mkdirat", Named::At(0)),
    (libc::SYS_renameat, "renameat", Named::At(0)),
    (libc::SYS_renameat2, "renameat2", Named::At(0)),
    (libc::SYS_linkat, "linkat", Named::At(2)),
    (libc::SYS_symlinkat, "symlinkat", Named::At(1)),
    (libc::SYS_unlinkat, "unlinkat", Named::At(0)),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mkdir, "mkdir", Named::Path(0)),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rename, "rename", Named::Path(1)),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_link, "link", Named::Path(1)),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_unlink, "unlink", Named::Path(0)),
    // Handed over only where it may make a file.
    (libc::SYS_openat, "openat", Named::At(0)),
];

/// What is to fail.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Which call, counted from 0.
    pub at: usize,
    pub error: Errno,
    /// All that follow below the same folder as well: a drive that has died, a disk that is full.
    pub lasting: bool,
}

/// Runs a command; of its calls below these folders one fails, or none. How it ended, and all of these calls up to its end.
pub fn run(command: &mut Command, below: &[PathBuf], fault: Option<Fault>) -> (Ran, Vec<String>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    // SAFETY: between fork and exec there are only system calls, and memory on the stack.
    unsafe { command.pre_exec(move || hand_over(&theirs)) };
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut watch =
        Watch { listener: received(&ours), child: Pid::from_child(&child), below, fault, failing: None, calls: Vec::new() };
    let output = std::thread::scope(|scope| {
        scope.spawn(|| watch.until_its_end());
        child.wait_with_output().unwrap()
    });
    (Ran::with(output, ""), watch.calls)
}

/// In the child: from here on these calls wait for us.
fn hand_over(to: &UnixStream) -> io::Result<()> {
    const LOAD: c_ushort = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as c_ushort;
    const IS: c_ushort = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as c_ushort;
    const HAS: c_ushort = (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as c_ushort;
    const END: c_ushort = (libc::BPF_RET | libc::BPF_K) as c_ushort;
    /// Where the low half of the third argument lies, `openat`'s flags.
    const FLAGS: u32 = 16 + 2 * 8 + if cfg!(target_endian = "big") { 4 } else { 0 };
    let step = |code, k, jt, jf| sock_filter { code, jt, jf, k };
    let mut filter = [step(END, libc::SECCOMP_RET_ALLOW, 0, 0); CALLS.len() + 6];
    let others = CALLS.len() - 1;
    filter[0] = step(LOAD, 0, 0, 0);
    for (n, (number, ..)) in CALLS.iter().enumerate() {
        // To the notice at the end; `openat`, the last, to a look at its flags.
        filter[1 + n] = step(IS, *number as u32, if n == others { 1 } else { (others - n + 3) as u8 }, 0);
    }
    filter[others + 3] = step(LOAD, FLAGS, 0, 0);
    filter[others + 4] = step(HAS, libc::O_CREAT as u32, 0, 1);
    filter[others + 5] = step(END, libc::SECCOMP_RET_USER_NOTIF, 0, 0);
    let program = sock_fprog { len: filter.len() as c_ushort, filter: filter.as_mut_ptr() };
    let (set, flags) = (libc::SECCOMP_SET_MODE_FILTER, libc::SECCOMP_FILTER_FLAG_NEW_LISTENER);
    // SAFETY: the program and its steps live until the call returns.
    let listener = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        libc::syscall(libc::SYS_seccomp, set, flags, &raw const program)
    };
    if listener < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was just made, and nobody else has it.
    let listener = unsafe { OwnedFd::from_raw_fd(listener as RawFd) };
    let fds = [listener.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut message = SendAncillaryBuffer::new(&mut space);
    message.push(SendAncillaryMessage::ScmRights(&fds));
    sendmsg(to, &[IoSlice::new(b"x")], &mut message, SendFlags::empty())?;
    Ok(())
}

fn received(from: &UnixStream) -> OwnedFd {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut message = RecvAncillaryBuffer::new(&mut space);
    recvmsg(from, &mut [IoSliceMut::new(&mut [0])], &mut message, RecvFlags::CMSG_CLOEXEC).unwrap();
    let fds = message.drain().find_map(|part| match part {
        RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
        _ => None,
    });
    fds.unwrap()
}

struct Watch<'a> {
    listener: OwnedFd,
    child: Pid,
    below: &'a [PathBuf],
    fault: Option<Fault>,
    /// Folder below which everything fails by now.
    failing: Option<&'a PathBuf>,
    calls: Vec<String>,
}

impl Watch<'_> {
    fn until_its_end(&mut self) {
        let until = Instant::now() + PATIENCE;
        loop {
            let mut fds = [PollFd::new(&self.listener, PollFlags::IN)];
            let second = Timespec { tv_sec: 1, tv_nsec: 0 };
            let ready = poll(&mut fds, Some(&second)).unwrap();
            if fds[0].revents().contains(PollFlags::HUP) {
                return;
            }
            if ready > 0 {
                self.answer();
            } else if Instant::now() > until {
                let _ = kill_process(self.child, Signal::KILL);
                panic!("it hangs after {:?}", self.calls.last());
            }
        }
    }

    fn answer(&mut self) {
        // SAFETY: plain numbers, and the kernel asks for zeros.
        let (mut asked, mut answer) = unsafe { (zeroed::<seccomp_notif>(), zeroed::<seccomp_notif_resp>()) };
        // SAFETY: the call fills what it is given.
        if unsafe { libc::ioctl(self.listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut asked) } < 0 {
            // The thread that called is gone.
            return;
        }
        answer.id = asked.id;
        match self.verdict(&asked) {
            Some(error) => answer.error = -error.raw_os_error(),
            None => answer.flags = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
        }
        // SAFETY: the call only reads it. Whether the thread that waits is there still is no matter.
        unsafe { libc::ioctl(self.listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SEND, &raw const answer) };
    }

    fn verdict(&mut self, asked: &seccomp_notif) -> Option<Errno> {
        let (_, name, named) = CALLS.iter().find(|(number, ..)| *number == c_long::from(asked.data.nr))?;
        let path = path(asked.pid, &asked.data.args, *named)?;
        let below = self.below.iter().find(|folder| path.starts_with(folder))?;
        let number = self.calls.len();
        self.calls.push(format!("{name} {}", path.display()));
        let fault = self.fault?;
        if number == fault.at && fault.lasting {
            self.failing = Some(below);
        }
        (number == fault.at || self.failing == Some(below)).then_some(fault.error)
    }
}

fn path(thread: u32, args: &[u64; 6], named: Named) -> Option<PathBuf> {
    let opened = |fd: u64| fs::read_link(format!("/proc/{thread}/fd/{}", fd as RawFd)).ok();
    match named {
        Named::Open => opened(args[0]),
        Named::Path(at) => text(thread, args[at]),
        Named::At(at) => {
            let path = text(thread, args[at + 1])?;
            Some(if path.is_absolute() { path } else { opened(args[at])?.join(path) })
        }
    }
}

/// A path in the memory of another process.
fn text(thread: u32, address: u64) -> Option<PathBuf> {
    let mut bytes = vec![0; 4096];
    let n = File::open(format!("/proc/{thread}/mem")).ok()?.read_at(&mut bytes, address).ok()?;
    bytes.truncate(bytes[..n].iter().position(|b| *b == 0)?);
    Some(std::ffi::OsString::from_vec(bytes).into())
}
