//! No command: the window; else the command line.

mod desktop;
mod log;
mod memory;
mod window;

use std::env;
use std::process::ExitCode;

use strongroom::cli::{self, Asked};

fn main() -> ExitCode {
    memory::give_back();
    match cli::read(env::args_os().collect()) {
        Asked::Nothing(code) => code,
        Asked::Command(command) => {
            log::start();
            command.run()
        }
        Asked::Window { hidden } => {
            if desktop::wayland_is_dead() {
                // SAFETY: no other thread has been started yet that could read the environment meanwhile.
                unsafe { env::remove_var("WAYLAND_DISPLAY") };
            }
            log::start();
            window::show(hidden)
        }
    }
}
