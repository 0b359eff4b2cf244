//! What this machine has for the placeholders of an address.

use std::env;
use std::sync::Arc;

use crate::model::location::placeholder::Placeholders;

/// Its name now, and the variables of this process.
pub fn of_this_machine() -> Placeholders {
    let machine = gethostname::gethostname().to_string_lossy().into_owned();
    Placeholders { machine, variable: Arc::new(|name| env::var(name).ok()) }
}
