//! The address of a place in a bucket of Google Cloud Storage.

use serde::{Deserialize, Serialize};

use super::bucket;
use super::{NotALocation, Server};

/// `gs://bucket/prefix?endpoint=…`. Options that are not given are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GcsFolder {
    pub bucket: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// `https://host:port`; empty: Google's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub storage_class: String,
    /// Without any credentials: for buckets that everybody may read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
}

/// Google's own.
pub const GOOGLE: &str = "https://storage.googleapis.com";

impl GcsFolder {
    pub(super) fn parse(text: &str) -> Result<Self, NotALocation> {
        let (address, mut options) = bucket::parts(text)?;
        let read = Self {
            bucket: bucket::name(&address.host)?,
            prefix: bucket::prefix(&address.path)?,
            endpoint: options.endpoint()?,
            storage_class: options.word("storage_class")?,
            anonymous: options.yes_or_no("anonymous")?.unwrap_or(false),
        };
        options.end()?;
        Ok(read)
    }

    pub(super) fn display(&self) -> String {
        let options = [
            ("endpoint", self.endpoint.as_str()),
            ("storage_class", &self.storage_class),
            ("anonymous", bucket::said(self.anonymous.then_some(true))),
        ];
        bucket::shown("gs", &[&self.bucket, &self.prefix], &options)
    }

    pub(super) fn server(&self) -> Server {
        bucket::server(if self.endpoint.is_empty() { GOOGLE } else { &self.endpoint })
    }

    /// Buckets may belong to whom they like: each has its own.
    pub(super) fn account(&self) -> String {
        let Server { host, port } = self.server();
        format!("gs {} {host} {port}", self.bucket)
    }

    pub(super) fn short_name(&self) -> String {
        bucket::short_name(&self.prefix, &self.bucket)
    }
}
