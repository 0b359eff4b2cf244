//! An address in parts, as a form asks for them.

use std::collections::BTreeMap;

use super::text::encoded;
use super::{FtpTls, Location, NotALocation, bucket};

/// What kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sftp,
    Ftps,
    Ftp,
    Webdav,
    S3,
    Gcs,
    Azure,
    Ipfs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Host,
    Port,
    User,
    /// A folder, or what all keys of a bucket begin with.
    Path,
    /// Or container.
    Bucket,
    Account,
    Region,
    Endpoint,
    AccessKey,
    Gateway,
}

/// One line of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub part: Part,
    pub label: &'static str,
    pub example: &'static str,
    /// There is no address without it.
    pub needed: bool,
}

const fn needed(part: Part, label: &'static str, example: &'static str) -> Field {
    Field { part, label, example, needed: true }
}

const fn field(part: Part, label: &'static str, example: &'static str) -> Field {
    Field { part, label, example, needed: false }
}

const SFTP: [Field; 4] = [
    needed(Part::Host, "Server", "nas.example"),
    field(Part::Port, "Port", "22"),
    field(Part::User, "Account", "ada"),
    field(Part::Path, "Folder there", "/srv/backups, or backups in the account's own"),
];
const FTP: [Field; 4] = [
    needed(Part::Host, "Server", "nas.example"),
    field(Part::Port, "Port", "21"),
    field(Part::User, "Account", "ada"),
    field(Part::Path, "Folder there", "/srv/backups, or backups in the account's own"),
];
const WEBDAV: [Field; 4] = [
    needed(Part::Host, "Server", "cloud.example"),
    field(Part::Port, "Port", "443"),
    field(Part::User, "Account", "ada"),
    field(Part::Path, "Folder there", "/remote.php/dav/files/ada/backups"),
];
const S3: [Field; 5] = [
    needed(Part::Bucket, "Bucket", "my-bucket"),
    field(Part::Path, "Folder in it", "backups/{machine}"),
    field(Part::Region, "Region", "eu-west-1"),
    field(Part::Endpoint, "Endpoint, where it is not Amazon's", "https://minio.example:9000"),
    field(Part::AccessKey, "Id of the access key", "AKIA…"),
];
const GCS: [Field; 2] = [needed(Part::Bucket, "Bucket", "my-bucket"), field(Part::Path, "Folder in it", "backups/{machine}")];
const AZURE: [Field; 3] = [
    needed(Part::Account, "Storage account", "mystore"),
    needed(Part::Bucket, "Container", "backups"),
    field(Part::Path, "Folder in it", "{machine}"),
];
const IPFS: [Field; 4] = [
    needed(Part::Host, "Node", "127.0.0.1"),
    field(Part::Port, "Port of its RPC API", "5001"),
    field(Part::Path, "Folder among its files", "/backups"),
    field(Part::Gateway, "Read through this gateway", "http://127.0.0.1:8080"),
];

impl Kind {
    pub const ALL: [Self; 8] = [Self::Sftp, Self::Webdav, Self::S3, Self::Gcs, Self::Azure, Self::Ftps, Self::Ftp, Self::Ipfs];

    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Sftp => "SFTP (SSH)",
            Self::Ftps => "FTP over TLS",
            Self::Ftp => "FTP, not protected",
            Self::Webdav => "WebDAV, Nextcloud",
            Self::S3 => "Amazon S3 and alike",
            Self::Gcs => "Google Cloud Storage",
            Self::Azure => "Azure Blob Storage",
            Self::Ipfs => "IPFS node",
        }
    }

    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Sftp => &SFTP,
            Self::Ftps | Self::Ftp => &FTP,
            Self::Webdav => &WEBDAV,
            Self::S3 => &S3,
            Self::Gcs => &GCS,
            Self::Azure => &AZURE,
            Self::Ipfs => &IPFS,
        }
    }
}

/// What was filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts(BTreeMap<Part, String>);

impl Parts {
    pub fn get(&self, part: Part) -> &str {
        self.0.get(&part).map_or("", |text| text.trim())
    }

    pub fn get_mut(&mut self, part: Part) -> &mut String {
        self.0.entry(part).or_default()
    }

    /// Those that mean the same to another kind of server.
    pub fn shared(&self, from: Option<Kind>, to: Kind) -> Self {
        let fields = from.map_or(&[][..], Kind::fields);
        let is_same = |part: &Part| {
            to.fields().iter().any(|f| f.part == *part && fields.iter().any(|o| (o.part, o.label) == (f.part, f.label)))
        };
        Self(self.0.iter().filter(|(part, _)| is_same(part)).map(|(part, text)| (*part, text.clone())).collect())
    }

    /// The address that they make; `None` while something is missing that it needs.
    pub fn address(&self, kind: Kind) -> Option<Result<Location, NotALocation>> {
        let is_missing = |field: &Field| field.needed && self.get(field.part).is_empty();
        if kind.fields().iter().any(is_missing) {
            return None;
        }
        let text = match kind {
            Kind::Sftp => self.on_host("sftp", true),
            Kind::Ftps => self.on_host("ftps", true),
            Kind::Ftp => self.on_host("ftp", true),
            Kind::Webdav => self.on_host("webdav", false),
            Kind::Ipfs => {
                let gateway = self.get(Part::Gateway);
                let option = if gateway.is_empty() { String::new() } else { format!("?gateway={gateway}") };
                format!("{}{option}", self.on_host("ipfs+http", false))
            }
            Kind::S3 => {
                let options = [("endpoint", Part::Endpoint), ("region", Part::Region), ("access_key", Part::AccessKey)];
                bucket::shown("s3", &[self.get(Part::Bucket), self.prefix()], &options.map(|(name, part)| (name, self.get(part))))
            }
            Kind::Gcs => bucket::shown("gs", &[self.get(Part::Bucket), self.prefix()], &[]),
            Kind::Azure => bucket::shown("az", &[self.get(Part::Account), self.get(Part::Bucket), self.prefix()], &[]),
        };
        Location::of_server(&text)
    }

    fn prefix(&self) -> &str {
        self.get(Part::Path).trim_matches('/')
    }

    /// `has_home`: what does not begin with `/` lies where the account begins.
    fn on_host(&self, scheme: &str, has_home: bool) -> String {
        let user = match self.get(Part::User) {
            "" => String::new(),
            user => format!("{}@", encoded(user)),
        };
        let port = match self.get(Part::Port) {
            "" => String::new(),
            port => format!(":{port}"),
        };
        let host = self.get(Part::Host);
        // An IPv6 address.
        let host = if host.matches(':').count() > 1 && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
        let path = match self.get(Part::Path) {
            path if path.starts_with('/') => encoded(path),
            "" if has_home => "/~".into(),
            path if has_home => format!("/~/{}", encoded(path.trim_start_matches("~/"))),
            path => format!("/{}", encoded(path)),
        };
        format!("{scheme}://{user}{host}{port}{path}")
    }

    /// The parts of an address; `None` where no form holds all of it.
    pub fn of(location: &Location) -> Option<(Kind, Self)> {
        let mut parts = Self::default();
        let mut set = |part, text: &str| *parts.get_mut(part) = text.to_owned();
        let kind = match location {
            Location::Local { .. } => return None,
            Location::Sftp(folder) => {
                set(Part::User, &folder.user);
                set(Part::Path, &folder.path);
                Kind::Sftp
            }
            Location::Webdav(folder) => {
                set(Part::User, &folder.user);
                set(Part::Path, &folder.path);
                Kind::Webdav
            }
            Location::Ftp(folder) => {
                set(Part::User, &folder.user);
                set(Part::Path, &folder.path);
                if folder.tls == FtpTls::None { Kind::Ftp } else { Kind::Ftps }
            }
            Location::S3(folder) => {
                set(Part::Bucket, &folder.bucket);
                set(Part::Path, &folder.prefix);
                set(Part::Endpoint, &folder.endpoint);
                set(Part::Region, &folder.region);
                set(Part::AccessKey, &folder.access_key);
                Kind::S3
            }
            Location::Gcs(folder) => {
                set(Part::Bucket, &folder.bucket);
                set(Part::Path, &folder.prefix);
                Kind::Gcs
            }
            Location::Azure(folder) => {
                set(Part::Account, &folder.account);
                set(Part::Bucket, &folder.container);
                set(Part::Path, &folder.prefix);
                Kind::Azure
            }
            Location::Ipfs(folder) => {
                set(Part::Path, &folder.path);
                set(Part::Gateway, &folder.gateway);
                Kind::Ipfs
            }
        };
        if kind.fields().iter().any(|field| field.part == Part::Host)
            && let Some(server) = location.server()
        {
            set(Part::Host, &server.host);
            set(Part::Port, &server.port.to_string());
        }
        let again = parts.address(kind);
        (again.as_ref() == Some(&Ok(location.clone()))).then_some((kind, parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Location {
        Location::of_server(text).unwrap().unwrap()
    }

    #[test]
    fn a_form_holds_what_an_address_says() {
        for (text, kind) in [
            ("sftp://ada@nas:2222/srv/b c", Kind::Sftp),
            ("sftp://nas/~/backups", Kind::Sftp),
            ("sftp://a%40b@[::1]:5/x", Kind::Sftp),
            ("ftps://ada@nas/srv", Kind::Ftps),
            ("ftp://nas/~", Kind::Ftp),
            ("webdav://ada@cloud/remote.php/dav/files/ada/b", Kind::Webdav),
            ("s3://my-bucket/a/{machine}?endpoint=https://minio.lan:9000&region=x&access_key=AK%2B1", Kind::S3),
            ("gs://my-bucket/ä", Kind::Gcs),
            ("az://account/container/p/q", Kind::Azure),
            ("ipfs+http://127.0.0.1:5001/b?gateway=http://127.0.0.1:8080", Kind::Ipfs),
        ] {
            let (found, parts) = Parts::of(&at(text)).expect(text);
            assert_eq!((found, parts.address(kind)), (kind, Some(Ok(at(text)))), "{text}");
        }
        // What a form has no field for is not lost by it.
        for text in
            ["s3://my-bucket?anonymous=yes", "webdav+http://nas/b", "ftps://nas:2121/b?tls=implicit", "ipfs+https://nas/b"]
        {
            assert_eq!(Parts::of(&at(text)), None, "{text}");
        }
        assert_eq!(Parts::of(&Location::local("/a")), None);
    }

    #[test]
    fn what_is_missing_or_wrong_makes_no_address() {
        let mut parts = Parts::default();
        assert_eq!(parts.address(Kind::Sftp), None);
        *parts.get_mut(Part::Host) = " nas ".into();
        *parts.get_mut(Part::Path) = "~/b".into();
        assert_eq!(parts.address(Kind::Sftp), Some(Ok(at("sftp://nas/~/b"))));
        assert_eq!(parts.shared(Some(Kind::Sftp), Kind::Ftps), parts);
        assert_eq!(parts.shared(Some(Kind::Sftp), Kind::S3), Parts::default(), "a folder there is no prefix");
        *parts.get_mut(Part::Port) = "many".into();
        assert_eq!(parts.address(Kind::Sftp), Some(Err(NotALocation::Form)));
        *parts.get_mut(Part::Bucket) = "x".into();
        assert_eq!(parts.address(Kind::S3), Some(Err(NotALocation::Form)), "a bucket's name has three letters");
        for kind in Kind::ALL {
            let labels: Vec<_> = kind.fields().iter().map(|field| field.label).collect();
            assert!(labels.iter().enumerate().all(|(at, label)| !labels[..at].contains(label)), "{kind:?}");
        }
    }
}
