//! A server of any kind behind a network that can be cut and counts what is asked, and whoever uses it from the command line.

use std::any::Any;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use crate::servers::apache::{self, Apache, Asks};
use crate::servers::ca::Ca;
use crate::servers::dufs::{self, Dufs};
use crate::servers::fake_ipfs::FakeIpfs;
use crate::servers::proxy::{Fate, Proxy};
use crate::servers::pure_ftpd::{self, Network, PureFtpd};
use crate::servers::sshd::Sshd;
use crate::servers::stores::{Kind, Store};
use crate::support::{Ran, World};

pub struct Place {
    pub world: World,
    pub fate: Arc<Fate>,
    address: String,
    secret: &'static str,
    /// Where what lies there can be seen as files.
    pub on_disk: Option<PathBuf>,
    _kept: Box<dyn Any>,
}

impl Place {
    /// `address`: by which the server would be called without a proxy, at this port of the loopback.
    fn behind(world: World, port: u16, address: &str, server: impl Any) -> Self {
        let proxy = Proxy::to(([127, 0, 0, 1], port).into());
        let address = address.replace(&format!(":{port}"), &format!(":{}", proxy.address.port()));
        Self { world, fate: proxy.fate(), address, secret: "", on_disk: None, _kept: Box::new((proxy, server)) }
    }

    pub fn openssh() -> Self {
        let world = World::new();
        let server = Sshd::start(&world.path("server"));
        fs::create_dir_all(world.path("person")).unwrap();
        fs::rename(&server.keys, world.path("person/.ssh")).unwrap();
        std::os::unix::fs::symlink(world.path("person/.ssh"), &server.keys).unwrap();
        let (port, address, on_disk) = (server.port, server.address(&world.dest()), world.dest());
        let place = Self { on_disk: Some(on_disk), ..Self::behind(world, port, &address, server) };
        place.run("storage test % --accept-new-host-key").ok();
        place
    }

    /// `host`: an address of the loopback that no other test uses.
    pub fn pure_ftpd(host: [u8; 4]) -> Self {
        let world = World::new();
        let server = PureFtpd::start(&world.path("server"));
        Self::ftp(world, Network::of(server, "ftp", host))
    }

    pub fn pure_ftpd_over_tls(host: [u8; 4]) -> Self {
        let world = World::new();
        let authority = Ca::new(&world.path("ca"));
        let identity = authority.named(&format!("IP:{}", std::net::Ipv4Addr::from(host)));
        let server = PureFtpd::secured(&world.path("server"), &identity.both());
        let place = Self::ftp(world, Network::of(server, "ftps", host));
        place.run(&format!("storage test % --ca-file {}", authority.file().display())).ok();
        place
    }

    fn ftp(world: World, network: Network) -> Self {
        let on_disk = network.server.folder("dest");
        let (fate, address) = (network.fate.clone(), format!("{}/dest", network.address));
        Self { world, fate, address, secret: pure_ftpd::PASSWORD, on_disk: Some(on_disk), _kept: Box::new(network) }
    }

    pub fn apache() -> Self {
        let server = Apache::start(Asks::Basic, None);
        let (port, address, on_disk) = (server.port, server.address("b"), server.data().join("b"));
        Self { secret: apache::PASSWORD, on_disk: Some(on_disk), ..Self::behind(World::new(), port, &address, server) }
    }

    pub fn dufs() -> Self {
        let world = World::new();
        fs::create_dir(world.path("shown")).unwrap();
        let server = Dufs::start(&world.path("shown"));
        let (port, address, on_disk) = (server.port, server.address("b"), world.path("shown/b"));
        Self { secret: dufs::PASSWORD, on_disk: Some(on_disk), ..Self::behind(world, port, &address, server) }
    }

    pub fn store(kind: Kind) -> Self {
        let world = World::new();
        let store = Store::start(kind, &world.path("server"));
        let (port, address, secret) = (store.port, store.address("deep/place"), store.secret());
        Self { secret, ..Self::behind(world, port, &address, store) }
    }

    pub fn ipfs() -> Self {
        let server = FakeIpfs::good();
        Self::behind(World::new(), server.port, &server.address("b"), server)
    }

    /// `%` stands for the destination.
    pub fn run(&self, line: &str) -> Ran {
        self.world.run_with(&line.replace('%', &self.address), |command| {
            command.env("HOME", self.world.path("person")).env_remove("SSH_AUTH_SOCK");
            command.env("STRONGROOM_STORAGE_PASSWORD", self.secret);
        })
    }
}
