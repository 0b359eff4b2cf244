//! The window, driven by role and name, on a pretended engine.

mod activity;
mod desk;
mod fake;
mod flow;
mod freeing;
mod hands;
mod keys;
mod looks;
mod messages;
mod moving;
mod refusal;
mod restore_archive;
mod restore_one_file;
mod restore_pages;
mod sample;
mod sample_files;
mod sample_setup;
mod sample_storage;
mod schedules;
mod servers;
mod sizes;
mod storage;
mod tabs;
mod tools;
mod tray;
mod wizard;
