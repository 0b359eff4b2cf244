//! Whether two addresses lead to one place, as far as the addresses themselves tell.

use core::net::IpAddr;
use std::path::PathBuf;

use super::{AMAZON, GOOGLE, Location, bucket};
use crate::model::path::PathBytes;

/// Ports by which one server is commonly reached, with protection and without.
const WEB: [u16; 2] = [80, 443];
const FTP: [u16; 2] = [21, 990];

impl Location {
    /// Whether it is written otherwise, and yet the same place: what is kept in both is kept once. `false` also where only the servers could
    /// tell, as of one that has two names.
    pub fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Local { path: a }, Self::Local { path: b }) => plain(a) == plain(b),
            (Self::Sftp(a), Self::Sftp(b)) => {
                is_server((&a.host, a.port), (&b.host, b.port), &[]) && a.user == b.user && parts(&a.path) == parts(&b.path)
            }
            (Self::Ftp(a), Self::Ftp(b)) => {
                is_server((&a.host, a.port), (&b.host, b.port), &FTP) && a.user == b.user && parts(&a.path) == parts(&b.path)
            }
            (Self::Webdav(a), Self::Webdav(b)) => {
                is_server((&a.host, a.port), (&b.host, b.port), &WEB) && a.user == b.user && parts(&a.path) == parts(&b.path)
            }
            // A node has one file system, whoever asks it.
            (Self::Ipfs(a), Self::Ipfs(b)) => {
                is_server((&a.host, a.port), (&b.host, b.port), &[]) && parts(&a.path) == parts(&b.path)
            }
            (Self::S3(a), Self::S3(b)) => {
                (&a.bucket, &a.prefix) == (&b.bucket, &b.prefix) && is_service(of_amazon(&a.endpoint), of_amazon(&b.endpoint))
            }
            (Self::Gcs(a), Self::Gcs(b)) => {
                (&a.bucket, &a.prefix) == (&b.bucket, &b.prefix) && is_service(of_google(&a.endpoint), of_google(&b.endpoint))
            }
            (Self::Azure(a), Self::Azure(b)) => {
                (&a.account, &a.container, &a.prefix) == (&b.account, &b.container, &b.prefix)
                    && is_service(&a.service(), &b.service())
            }
            _ => false,
        }
    }

    /// The first of several that is the same place.
    pub fn same_of<'a>(&self, all: &'a [Self]) -> Option<&'a Self> {
        all.iter().find(|other| self == *other || self.is_same_place(other))
    }

    /// "ftps://nas/b is the same place as ftp://nas/b.", of one that [`Self::same_of`] gave.
    pub fn twice_in_words(&self, same: &Self) -> String {
        let (place, other) = (self.display(), same.display());
        if place == other { format!("{place} is named twice.") } else { format!("{place} is the same place as {other}.") }
    }
}

/// Without what leads nowhere: `.`, and a `/` more than is needed. What `..` leads to, only the file system knows.
fn plain(path: &PathBytes) -> PathBuf {
    path.as_path().components().collect()
}

/// The same of a path at a server: whether it begins at the root, and its parts.
fn parts(path: &str) -> (bool, Vec<&str>) {
    (path.starts_with('/'), path.split('/').filter(|part| !part.is_empty() && *part != ".").collect())
}

/// `usual`: ports that lead to one server.
fn is_server(a: (&str, u16), b: (&str, u16), usual: &[u16]) -> bool {
    let is_port = a.1 == b.1 || (usual.contains(&a.1) && usual.contains(&b.1));
    is_port && host(a.0) == host(b.0)
}

/// In one spelling; all names of this machine for itself are one.
fn host(name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    match name.parse::<IpAddr>() {
        Ok(address) if address.to_canonical().is_loopback() => "localhost".into(),
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => name,
    }
}

/// Whether two addresses of services for objects are of one.
fn is_service(a: &str, b: &str) -> bool {
    let (one, other) = (bucket::server(a), bucket::server(b));
    is_server((&one.host, one.port), (&other.host, other.port), &WEB) && bucket::path(a) == bucket::path(b)
}

/// Amazon answers at many addresses for all its buckets, each of which has a name of its own.
fn of_amazon(endpoint: &str) -> &str {
    let host = bucket::server(endpoint).host;
    let is_its = host.ends_with(".amazonaws.com") && (host.starts_with("s3.") || host.starts_with("s3-"));
    if endpoint.is_empty() || is_its { AMAZON } else { endpoint }
}

fn of_google(endpoint: &str) -> &str {
    if endpoint.is_empty() { GOOGLE } else { endpoint }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Location {
        Location::typed(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn one_place_is_known_in_other_words() {
        for (one, other) in [
            ("/data/d2", "/data/./d2"),
            ("/data/d2", "/data//d2/"),
            ("/", "/."),
            ("sftp://ada@nas/srv/b", "sftp://ada@NAS:22/srv//b"),
            ("sftp://127.0.0.1/b", "sftp://localhost/b"),
            ("sftp://[::1]/b", "sftp://127.0.0.2/b"),
            ("ftp://ada@nas/b", "ftps://ada@nas/b"),
            ("ftp://ada@nas/b", "ftps://ada@nas/b?tls=implicit"),
            ("webdav://nas/b", "webdav+http://nas/b/"),
            ("webdav+http://localhost:8080/b", "webdav+http://127.0.0.1:8080/b"),
            ("ipfs+http://localhost/b", "ipfs+http://127.0.0.1/b?gateway=http://localhost:8080"),
            (
                "s3://bucket/pp?endpoint=http://e:9&access_key=A",
                "s3://bucket/pp/?endpoint=http://e:9&access_key=A&region=us-east-1",
            ),
            ("s3://bucket/pp?endpoint=http://localhost:9", "s3://bucket/pp?endpoint=http://127.0.0.1:9&access_key=B"),
            ("s3://bucket/pp", "s3://bucket/pp?endpoint=s3.eu-west-1.amazonaws.com&region=eu-west-1"),
            ("gs://bucket/a", "gs://bucket/a?endpoint=https://storage.googleapis.com&storage_class=NEARLINE"),
            ("az://account/container/a", "az://account/container/a?endpoint=account.blob.core.windows.net"),
        ] {
            assert!(at(one).is_same_place(&at(other)) && at(other).is_same_place(&at(one)), "{one} {other}");
            assert_eq!(at(one).same_of(&[at("/elsewhere"), at(other)]), Some(&at(other)));
        }
    }

    #[test]
    fn what_may_be_another_place_is_one() {
        for (one, other) in [
            ("/data/d2", "/data/d3"),
            ("/data/d2", "/data/x/../d2"),
            ("sftp://ada@nas/b", "sftp://bob@nas/b"),
            ("sftp://nas/b", "sftp://nas/~/b"),
            ("sftp://nas/b", "sftp://nas:2222/b"),
            ("ftp://nas:2121/b", "ftps://nas:2122/b"),
            ("webdav://nas/b", "webdav://nas/c"),
            ("webdav://nas:8443/b", "webdav+http://nas:8080/b"),
            ("sftp://nas/b", "ftp://nas/b"),
            ("/b", "sftp://localhost/b"),
            ("s3://bucket/a", "s3://bucket/b"),
            ("s3://bucket/a", "s3://bucket/a?endpoint=minio.lan"),
            ("s3://bucket/a", "s3://bucket/a?endpoint=http://ec2-1.compute.amazonaws.com"),
            ("s3://bucket/a?endpoint=http://h:1/x", "s3://bucket/a?endpoint=http://h:1/y"),
            ("s3://bucket/a", "gs://bucket/a"),
            ("az://account/container/a", "az://other/container/a"),
        ] {
            assert!(!at(one).is_same_place(&at(other)) && !at(other).is_same_place(&at(one)), "{one} {other}");
        }
    }
}
