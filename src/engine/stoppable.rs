//! Objects whose reader may want no more of them: then nobody waits for their server, whichever thread of a run has asked.

use std::io;
use std::sync::Arc;

use crate::archive::object::{ObjectWriter, Objects, Take};
use crate::model::run::Cancel;
use crate::storage::stop::Stop;
use crate::storage::{self, Kind};

pub struct Stoppable {
    objects: Arc<dyn Objects>,
    stop: Stop,
}

impl Stoppable {
    pub fn new(objects: Arc<dyn Objects>, cancel: &Cancel) -> Self {
        Self { objects, stop: Stop::of(cancel) }
    }

    fn during<T>(&self, name: &str, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.stop.within(act).map_err(|error| {
            if self.stop.is_over() { io::Error::other(storage::Error::new(Kind::Cancelled, name, "cancelled")) } else { error }
        })
    }
}

impl Objects for Stoppable {
    fn size(&self, name: &str) -> io::Result<u64> {
        self.during(name, || self.objects.size(name))
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.during(name, || self.objects.read_at(name, offset, buffer))
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> io::Result<()> {
        self.during(name, || self.objects.read_through(name, offset, end, take))
    }

    fn is_streamed(&self) -> bool {
        self.objects.is_streamed()
    }

    fn read_all(&self, name: &str, limit: u64) -> io::Result<Vec<u8>> {
        self.during(name, || self.objects.read_all(name, limit))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn ObjectWriter>> {
        self.during(name, || self.objects.create(name))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::storage::stop;

    /// At a server that does not come back.
    struct Away;

    impl Objects for Away {
        fn size(&self, _: &str) -> io::Result<u64> {
            stop::pause(Duration::from_secs(100_000));
            Err(io::ErrorKind::TimedOut.into())
        }

        fn read_at(&self, name: &str, _: u64, _: &mut [u8]) -> io::Result<()> {
            self.size(name).map(drop)
        }

        fn read_through(&self, name: &str, _: u64, _: u64, _: &mut Take<'_>) -> io::Result<()> {
            self.size(name).map(drop)
        }

        fn create(&self, name: &str) -> io::Result<Box<dyn ObjectWriter>> {
            Err(self.size(name).unwrap_err())
        }
    }

    #[test]
    fn whoever_is_cancelled_waits_for_no_server() {
        let cancel = Cancel::default();
        let objects = Stoppable::new(Arc::new(Away), &cancel);
        let kind = |error: io::Error| error.get_ref().and_then(|inner| inner.downcast_ref::<storage::Error>()).map(|e| e.kind);
        thread::scope(|scope| {
            let asked = scope.spawn(|| objects.read_at("a", 0, &mut [0]).unwrap_err());
            cancel.cancel();
            assert_eq!(kind(asked.join().unwrap()), Some(Kind::Cancelled));
        });
        assert_eq!(kind(objects.read_all("a", 1).unwrap_err()), Some(Kind::Cancelled));
        assert_eq!(objects.create("a").err().and_then(kind), Some(Kind::Cancelled));
    }
}
