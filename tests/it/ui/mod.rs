//! The window, driven by role and name, on a pretended engine.

mod fake;
mod sample;
mod tabs;
mod wizard;
