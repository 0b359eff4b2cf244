//! The window, driven by role and name, on a pretended engine.

mod fake;
mod flow;
mod hands;
mod sample;
mod tabs;
mod wizard;
