//! Everything that needs the real binary, real files and real tools. One binary, so that one link serves all.
//! `tests/run` installs what these tests need.

mod cli_compare;
mod cli_delete;
mod cli_errors;
mod cli_keys;
mod cli_misuse;
mod cli_plans;
mod cli_roundtrip;
mod engine;
mod faults;
mod flip;
mod foreign;
mod formats;
mod ftp;
mod golden;
mod healing;
mod help_and_readme;
mod injected;
mod ipfs;
mod keyring;
mod kill;
mod kill_restore;
mod kill_unpack;
mod layers;
mod left;
mod object_stores;
mod pause;
mod power_cut;
mod recover;
mod resume;
mod scale;
#[path = "../servers/mod.rs"]
mod servers;
mod several;
mod sftp;
mod support;
mod syscalls;
mod tools;
mod tree;
mod ui;
mod unsealed;
mod usr;
mod vault;
mod webdav;
mod whole;
mod window;
