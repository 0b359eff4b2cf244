//! Somebody who opens servers in the tests.

use std::path::PathBuf;

use super::access::Access;
use crate::model::location::Location;
use crate::model::secret::Secret;

/// Somebody with a password, and perhaps certificates of their own.
#[derive(Default)]
pub struct Person {
    pub password: Option<&'static str>,
    pub ca_file: Option<PathBuf>,
}

impl Person {
    pub fn with(password: &'static str) -> Self {
        Self { password: Some(password), ca_file: None }
    }
}

impl Access for Person {
    fn password(&self, _: &Location) -> Option<Secret> {
        self.password.map(Secret::new)
    }

    fn ca_file(&self, _: &Location) -> Option<PathBuf> {
        self.ca_file.clone()
    }
}
