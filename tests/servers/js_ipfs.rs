//! A real js-ipfs on free ports of the loopback, with a gateway, talking to nobody. `tests/run --long` installs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, brought, free_port, listens, run};

pub struct JsIpfs {
    pub port: u16,
    pub gateway: u16,
    folder: PathBuf,
    pub process: Process,
}

/// What older Nodes lack and a dependency of it wants.
const POLYFILL: &str = "if (!Promise.withResolvers) Promise.withResolvers = function () {
  let resolve, reject
  const promise = new Promise((a, b) => { resolve = a; reject = b })
  return { promise, resolve, reject }
}
";

impl JsIpfs {
    /// Its files lie in this folder.
    pub fn start(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("polyfill.cjs"), POLYFILL).unwrap();
        run(command(folder).args(["init", "--empty-repo"]));
        let (port, gateway) = (free_port(), free_port());
        let path = folder.join("repo/config");
        let mut config: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let at = |port: u16| format!("/ip4/127.0.0.1/tcp/{port}");
        config["Addresses"] =
            serde_json::json!({ "Swarm": [], "Delegates": [], "API": at(port), "Gateway": at(gateway), "RPC": at(0) });
        config["Bootstrap"] = serde_json::json!([]);
        config["Discovery"] = serde_json::json!({ "MDNS": { "Enabled": false }, "webRTCStar": { "Enabled": false } });
        config["Pubsub"] = serde_json::json!({ "Enabled": false });
        fs::write(&path, config.to_string()).unwrap();
        let mut daemon = command(folder);
        daemon.args(["daemon", "--offline", "--enable-preload=false"]);
        let process = Process::until(daemon, move || listens(port) && listens(gateway));
        Self { port, gateway, folder: folder.into(), process }
    }

    pub fn address(&self, path: &str) -> String {
        format!("ipfs+http://127.0.0.1:{}/{path}", self.port)
    }

    /// Read through its gateway.
    pub fn through_gateway(&self, path: &str) -> String {
        format!("{}?gateway=http://127.0.0.1:{}", self.address(path), self.gateway)
    }

    /// An order by hand.
    pub fn order(&self, call: &str) -> String {
        run(&mut self.by_hand(call))
    }

    /// An order whose answer is a file.
    pub fn get(&self, call: &str, file: &Path) {
        run(self.by_hand(call).arg("--output").arg(file));
    }

    /// An order with a form, whose parts are separated so.
    pub fn send(&self, call: &str, boundary: &str, form: &Path) -> String {
        let kind = format!("Content-Type: multipart/form-data; boundary={boundary}");
        run(self.by_hand(call).args(["-H", &kind, "--data-binary"]).arg(format!("@{}", form.display())))
    }

    fn by_hand(&self, call: &str) -> Command {
        let mut command = Command::new("curl");
        command.args(["-sg", "-X", "POST", &format!("http://127.0.0.1:{}/api/v0/{call}", self.port)]);
        command
    }

    pub fn start_again(&mut self) {
        self.process.stop();
        let _ = fs::remove_dir_all(self.folder.join("repo/repo.lock"));
        let _ = fs::remove_file(self.folder.join("repo/api"));
        self.process.start_again();
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg("--require").arg(folder.join("polyfill.cjs")).arg(brought("npm-ipfs/node_modules/ipfs/src/cli.js"));
    command.env("IPFS_PATH", folder.join("repo"));
    command
}
