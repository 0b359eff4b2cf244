//! No argument: the window; else the command line.

mod log;

use std::env;
use std::process::ExitCode;

use strongroom::cli::{self, Asked};

fn main() -> ExitCode {
    match cli::read(env::args_os().collect()) {
        Asked::Nothing(code) => code,
        Asked::Command(command) => {
            log::start();
            command.run()
        }
        Asked::Window => {
            log::start();
            window()
        }
    }
}

fn window() -> ExitCode {
    if !has_display() {
        println!("There is no display (neither WAYLAND_DISPLAY nor DISPLAY is set), so the window cannot open.");
        println!("`strongroom --help` shows the command line. Here is a short tour in the terminal instead.\n");
    }
    cli::tour()
}

fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}
