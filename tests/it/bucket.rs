//! Somebody with a bucket in an object store.

use std::fs;
use std::process::Command;

use crate::servers::stores::{BUCKET, Kind, Store};
use crate::support::{Ran, World};

/// A person with a bucket and its secret.
pub struct Person {
    pub world: World,
    pub store: Store,
}

impl Person {
    pub fn new(kind: Kind) -> Self {
        let world = World::new();
        fs::create_dir_all(world.path("person")).unwrap();
        let store = Store::start(kind, &world.path("server"));
        Self { world, store }
    }

    /// An S3 bucket's address without a key in it.
    pub fn keyless(&self) -> String {
        format!("s3://{BUCKET}/own?endpoint=http://127.0.0.1:{}", self.store.port)
    }

    pub fn run(&self, line: &str) -> Ran {
        self.run_with(line, |_| {})
    }

    /// `%` stands for the destination.
    pub fn run_with(&self, line: &str, change: impl FnOnce(&mut Command)) -> Ran {
        let line = line.replace('%', &self.store.address("deep/place"));
        self.world.run_with(&line, |command| {
            command.env("HOME", self.world.path("person")).env("STRONGROOM_STORAGE_PASSWORD", self.store.secret());
            change(command);
        })
    }

    /// Without what is given by our own name.
    pub fn bare(&self, line: &str, change: impl FnOnce(&mut Command)) -> Ran {
        self.run_with(line, |command| {
            command.env_remove("STRONGROOM_STORAGE_PASSWORD");
            change(command);
        })
    }
}
