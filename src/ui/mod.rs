//! The window. Draws what the engine says and sends it commands; does no IO of its own and never waits.

pub mod context;
pub mod load;
pub mod pace;
pub mod pick;
pub mod plan_editor;
pub mod restore;
pub mod tabs;
pub mod theme;
pub mod waker;
pub mod widgets;
