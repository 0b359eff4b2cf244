//! The window. Draws what the engine says and sends it commands; does no IO of its own and never waits.

pub mod activity;
pub mod app;
mod closing;
mod connection;
pub mod context;
mod file_choice;
mod file_facts;
mod follow;
mod kept;
mod key_file;
mod key_slots;
pub mod load;
mod max_size;
pub mod notice;
pub mod pace;
pub mod pick;
pub mod plan_editor;
pub mod refusal;
pub mod restore;
mod server_access;
pub mod settings;
mod shell;
pub mod tabs;
pub mod theme;
pub mod waker;
pub mod warnings;
pub mod widgets;
mod window;
mod world;

pub use app::App;
pub use refusal::refuse;
pub use waker::WindowWaker;
pub use window::{Closed, Joined, Reopen, SystemAppearance, TITLE, Window, run};
