//! Calling a server that may have several addresses.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Least time for one of several addresses.
const LEAST: Duration = Duration::from_millis(100);

/// A line to the first address that answers; of those that are left, each gets its share of the time. `TimedOut` where that is over.
pub fn call(addresses: &[SocketAddr], until: Option<Instant>) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(ErrorKind::ConnectionRefused);
    for (number, address) in addresses.iter().enumerate() {
        let others = u32::try_from(addresses.len() - number).unwrap_or(u32::MAX);
        let called = match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(left) if left.is_zero() => return Err(ErrorKind::TimedOut.into()),
            Some(left) => TcpStream::connect_timeout(address, (left / others).max(LEAST)),
            None => TcpStream::connect(address),
        };
        match called {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_first_that_answers_is_called_as_long_as_there_is_time() {
        let listening = || TcpListener::bind("127.0.0.1:0").unwrap();
        let gone = || listening().local_addr().unwrap();
        let there = listening();
        let address = there.local_addr().unwrap();
        assert_eq!(call(&[gone(), gone()], None).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(call(&[gone(), address], None).unwrap().peer_addr().unwrap(), address);
        let later = Instant::now() + Duration::from_secs(100_000);
        assert_eq!(call(&[gone(), address], Some(later)).unwrap().peer_addr().unwrap(), address);
        assert_eq!(call(&[address, address], Some(Instant::now())).unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(call(&[], None).is_err());
    }
}
