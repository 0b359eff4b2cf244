//! Does things: the actor that owns a home, its runs and its schedules. Knows no screen.

pub mod env;
pub mod handle;
pub mod message;

pub use env::{Env, Waker};
pub use handle::{Handle, Pending};
