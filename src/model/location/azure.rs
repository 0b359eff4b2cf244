//! The address of a place in a container of Azure Blob Storage.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::bucket;
use super::{NotALocation, Server};

/// `az://account/container/prefix?endpoint=…`. Options that are not given are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AzureFolder {
    pub account: String,
    pub container: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// `https://host:port`; empty: Microsoft's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
    /// Without any key: for containers that everybody may read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
}

impl AzureFolder {
    pub(super) fn parse(text: &str) -> Result<Self, NotALocation> {
        let (address, mut options) = bucket::parts(text)?;
        let path = address.path.trim_matches('/');
        let (container, prefix) = path.split_once('/').unwrap_or((path, ""));
        let read = Self {
            account: bucket::name(&address.host)?,
            container: bucket::name(container)?,
            prefix: bucket::prefix(prefix)?,
            endpoint: options.endpoint()?,
            anonymous: options.yes_or_no("anonymous")?.unwrap_or(false),
        };
        options.end()?;
        Ok(read)
    }

    pub(super) fn display(&self) -> String {
        let options = [("endpoint", self.endpoint.as_str()), ("anonymous", bucket::said(self.anonymous.then_some(true)))];
        bucket::shown("az", &[&self.account, &self.container, &self.prefix], &options)
    }

    /// Where the account answers. Microsoft's has a host for each; a server without a name of its own (the emulator, a
    /// device) has them in the path.
    pub fn service(&self) -> String {
        if self.endpoint.is_empty() {
            return format!("https://{}.blob.core.windows.net", self.account);
        }
        let url = Url::parse(&self.endpoint).ok();
        let nameless = url.as_ref().is_some_and(|url| {
            let host = match url.host() {
                Some(Host::Domain(name)) => name == "localhost",
                host => host.is_some(),
            };
            host && url.path() == "/"
        });
        if nameless { format!("{}/{}", self.endpoint, self.account) } else { self.endpoint.clone() }
    }

    pub(super) fn server(&self) -> Server {
        bucket::server(&self.service())
    }

    pub(super) fn account(&self) -> String {
        let Server { host, port } = self.server();
        format!("az {} {host} {port}", self.account)
    }

    pub(super) fn short_name(&self) -> String {
        bucket::short_name(&self.prefix, &self.container)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_answers_under_its_own_name_or_in_the_path() {
        let at = |endpoint: &str| AzureFolder { account: "acc".into(), endpoint: endpoint.into(), ..AzureFolder::default() };
        for (endpoint, service) in [
            ("", "https://acc.blob.core.windows.net"),
            ("http://127.0.0.1:10000", "http://127.0.0.1:10000/acc"),
            ("http://localhost:10000", "http://localhost:10000/acc"),
            ("https://127.0.0.1:10000/other", "https://127.0.0.1:10000/other"),
            ("https://acc.blob.core.chinacloudapi.cn", "https://acc.blob.core.chinacloudapi.cn"),
        ] {
            assert_eq!(at(endpoint).service(), service);
        }
    }
}
