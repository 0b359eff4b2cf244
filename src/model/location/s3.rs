//! The address of a place in a bucket of Amazon S3, or of a service that speaks its language.

use serde::{Deserialize, Serialize};

use super::bucket;
use super::{NotALocation, Server};

/// `s3://bucket/prefix?endpoint=…&region=…`. Options that are not given are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct S3Folder {
    pub bucket: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// `https://host:port`; empty: Amazon's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// The id of the key, which is no secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub access_key: String,
    /// Of the files that Amazon's own tools keep.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub profile: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub storage_class: String,
    /// Whether the bucket is named in the path, not in the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_style: Option<bool>,
    /// Without any key: for buckets that everybody may read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
}

/// Amazon's own, wherever the bucket lies.
pub const AMAZON: &str = "https://s3.amazonaws.com";

impl S3Folder {
    pub(super) fn parse(text: &str) -> Result<Self, NotALocation> {
        let (address, mut options) = bucket::parts(text)?;
        let read = Self {
            bucket: bucket::name(&address.host)?,
            prefix: bucket::prefix(&address.path)?,
            endpoint: options.endpoint()?,
            region: options.word("region")?,
            access_key: options.word("access_key")?,
            profile: options.take("profile"),
            storage_class: options.word("storage_class")?,
            path_style: options.yes_or_no("path_style")?,
            anonymous: options.yes_or_no("anonymous")?.unwrap_or(false),
        };
        options.end()?;
        Ok(read)
    }

    pub(super) fn display(&self) -> String {
        let options = [
            ("endpoint", self.endpoint.as_str()),
            ("region", &self.region),
            ("access_key", &self.access_key),
            ("profile", &self.profile),
            ("storage_class", &self.storage_class),
            ("path_style", bucket::said(self.path_style)),
            ("anonymous", bucket::said(self.anonymous.then_some(true))),
        ];
        bucket::shown("s3", &[&self.bucket, &self.prefix], &options)
    }

    pub(super) fn server(&self) -> Server {
        bucket::server(if self.endpoint.is_empty() { AMAZON } else { &self.endpoint })
    }

    pub(super) fn account(&self) -> String {
        let Server { host, port } = self.server();
        format!("s3 {} {} {host} {port}", self.access_key, self.profile)
    }

    pub(super) fn short_name(&self) -> String {
        bucket::short_name(&self.prefix, &self.bucket)
    }
}
