//! Where a destination is.

use std::path::{Path, is_separator};

use serde::{Deserialize, Serialize};

use super::names;
use super::path::PathBytes;

mod azure;
pub mod bucket;
pub mod form;
mod ftp;
mod gcs;
mod ipfs;
pub mod placeholder;
mod s3;
mod same;
mod sftp;
mod text;
mod webdav;
mod wrong;

pub use azure::AzureFolder;
pub use ftp::{FtpFolder, FtpTls};
pub use gcs::{GOOGLE, GcsFolder};
pub use ipfs::IpfsFolder;
pub use s3::{AMAZON, S3Folder};
pub use sftp::SftpFolder;
pub use webdav::WebdavFolder;
pub use wrong::NotALocation;

/// A destination's address, without any secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Location {
    /// A folder on this machine or on a drive plugged into it; plan folders lie below it.
    Local { path: PathBytes },
    /// A folder that a server shows over SSH.
    Sftp(SftpFolder),
    /// A folder on a WebDAV server.
    Webdav(WebdavFolder),
    /// A bucket of Amazon S3, or of a service that speaks its language.
    S3(Box<S3Folder>),
    /// A bucket of Google Cloud Storage.
    Gcs(Box<GcsFolder>),
    /// A container of Azure Blob Storage.
    Azure(Box<AzureFolder>),
    /// A folder that a server shows over FTP.
    Ftp(FtpFolder),
    /// A folder of an IPFS node.
    Ipfs(Box<IpfsFolder>),
}

/// A server by its name or address, and its port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Server {
    pub host: String,
    pub port: u16,
}

impl Location {
    pub fn local(path: impl Into<PathBytes>) -> Self {
        Self::Local { path: path.into() }
    }

    /// Reads the address of a server's folder, with its placeholders; `None` where the text is a path of this machine.
    pub fn of_server(text: &str) -> Option<Result<Self, NotALocation>> {
        let (scheme, rest) = text.split_once(':')?;
        let scheme = scheme.to_ascii_lowercase();
        if !rest.starts_with("//") {
            // A folder of that name would be made where a server is meant.
            return Self::of_scheme(&scheme, &format!("{scheme}://")).map(|_| Err(NotALocation::Slashes));
        }
        if scheme.is_empty() || !scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) {
            return None;
        }
        Some(Self::of_scheme(&scheme, text).unwrap_or(Err(NotALocation::Scheme)))
    }

    /// Reads an address of that scheme; `None` where it is none of ours.
    fn of_scheme(scheme: &str, text: &str) -> Option<Result<Self, NotALocation>> {
        Some(match scheme {
            "sftp" | "ssh" => SftpFolder::parse(text).map(Self::Sftp),
            "ftp" => FtpFolder::parse(text, false).map(Self::Ftp),
            "ftps" => FtpFolder::parse(text, true).map(Self::Ftp),
            "webdav" | "davs" => WebdavFolder::parse(text, true).map(Self::Webdav),
            "webdav+http" | "dav" => WebdavFolder::parse(text, false).map(Self::Webdav),
            "https" => WebdavFolder::pasted(text, true).map(Self::Webdav),
            "http" => WebdavFolder::pasted(text, false).map(Self::Webdav),
            "s3" => S3Folder::parse(text).map(|folder| Self::S3(folder.into())),
            "gs" | "gcs" => GcsFolder::parse(text).map(|folder| Self::Gcs(folder.into())),
            "az" | "azure" => AzureFolder::parse(text).map(|folder| Self::Azure(folder.into())),
            "ipfs+http" => IpfsFolder::parse(text, false).map(|folder| Self::Ipfs(folder.into())),
            "ipfs+https" => IpfsFolder::parse(text, true).map(|folder| Self::Ipfs(folder.into())),
            _ => return None,
        })
    }

    /// What a person typed: a whole path, or the address of a server's folder, with its placeholders.
    pub fn typed(text: &str) -> Option<Self> {
        let text = text.trim();
        match Self::of_server(text) {
            Some(read) => read.ok(),
            None => names::is_absolute(text).then(|| Self::local(trimmed(text))),
        }
    }

    /// Where it is a folder of this machine.
    pub fn path(&self) -> Option<&PathBytes> {
        match self {
            Self::Local { path } => Some(path),
            _ => None,
        }
    }

    /// The server that it is reached by.
    pub fn server(&self) -> Option<Server> {
        match self {
            Self::Local { .. } => None,
            Self::Sftp(folder) => Some(folder.server()),
            Self::Webdav(folder) => Some(folder.server()),
            Self::Ftp(folder) => Some(folder.server()),
            Self::S3(folder) => Some(folder.server()),
            Self::Gcs(folder) => Some(folder.server()),
            Self::Azure(folder) => Some(folder.server()),
            Self::Ipfs(folder) => Some(folder.server()),
        }
    }

    /// Without what only says how it is opened: two addresses of one place are the same then.
    pub fn place(&self) -> Self {
        match self {
            Self::S3(folder) => {
                let (bucket, prefix, endpoint) = (folder.bucket.clone(), folder.prefix.clone(), folder.endpoint.clone());
                Self::S3(Box::new(S3Folder { bucket, prefix, endpoint, ..S3Folder::default() }))
            }
            Self::Gcs(folder) => {
                let plain = GcsFolder { storage_class: String::new(), anonymous: false, ..(**folder).clone() };
                Self::Gcs(Box::new(plain))
            }
            Self::Azure(folder) => Self::Azure(Box::new(AzureFolder { anonymous: false, ..(**folder).clone() })),
            Self::Ipfs(folder) => Self::Ipfs(Box::new(IpfsFolder { gateway: String::new(), ..(**folder).clone() })),
            Self::Local { .. } | Self::Sftp(_) | Self::Webdav(_) | Self::Ftp(_) => self.clone(),
        }
    }

    /// Whose password opens it: folders of one account share it.
    pub fn account(&self) -> Option<String> {
        match self {
            Self::Local { .. } => None,
            Self::Sftp(folder) => Some(format!("sftp {} {} {}", folder.user, folder.host, folder.port)),
            Self::Webdav(folder) => Some(format!("{} {} {} {}", folder.scheme(), folder.user, folder.host, folder.port)),
            Self::S3(folder) => Some(folder.account()),
            Self::Gcs(folder) => Some(folder.account()),
            Self::Azure(folder) => Some(folder.account()),
            Self::Ftp(folder) => Some(folder.account()),
            Self::Ipfs(folder) => Some(folder.account()),
        }
    }

    /// What to say of an address whose connection anybody on the way can read; `None` where nobody can.
    pub fn unprotected(&self) -> Option<&'static str> {
        match self {
            Self::Webdav(folder) if !folder.tls => Some(
                "This connection is not protected: whoever sits on the network can read the password of the account and whatever the \
                 backup itself does not encrypt. webdav:// in place of webdav+http:// is protected.",
            ),
            Self::Ftp(FtpFolder { tls: FtpTls::None, .. }) => Some(
                "FTP is not protected: whoever sits on the network can read the password of the account and whatever the backup itself \
                 does not encrypt. ftps:// or sftp:// is protected, if the server has it.",
            ),
            Self::S3(_) | Self::Gcs(_) | Self::Azure(_) if self.endpoint().starts_with("http://") => Some(
                "This connection is not protected: whoever sits on the network can read whatever the backup itself does not encrypt. \
                 An endpoint with https:// is protected.",
            ),
            Self::Ipfs(folder) if folder.is_open() => Some(
                "This connection is not protected: whoever sits on the network can read whatever the backup itself does not encrypt, and \
                 give the node orders of their own. ipfs+https:// in place of ipfs+http:// (and https:// of a gateway) is protected.",
            ),
            _ => None,
        }
    }

    /// Of an object store that is not the cloud's own; empty where there is none.
    fn endpoint(&self) -> &str {
        match self {
            Self::S3(folder) => &folder.endpoint,
            Self::Gcs(folder) => &folder.endpoint,
            Self::Azure(folder) => &folder.endpoint,
            Self::Local { .. } | Self::Sftp(_) | Self::Webdav(_) | Self::Ftp(_) | Self::Ipfs(_) => "",
        }
    }

    /// For people: the path or URL.
    pub fn display(&self) -> String {
        match self {
            Self::Local { path } => path.display().into_owned(),
            Self::Sftp(folder) => folder.display(),
            Self::Webdav(folder) => folder.display(),
            Self::S3(folder) => folder.display(),
            Self::Gcs(folder) => folder.display(),
            Self::Azure(folder) => folder.display(),
            Self::Ftp(folder) => folder.display(),
            Self::Ipfs(folder) => folder.display(),
        }
    }

    /// Whether a secret opens nothing, since the address does not say which key it belongs to.
    pub fn lacks_key_id(&self) -> bool {
        matches!(self, Self::S3(folder) if folder.access_key.is_empty() && !folder.anonymous)
    }

    /// What the secret is called that opens it.
    pub fn secret_name(&self) -> &'static str {
        match self {
            Self::S3(_) => "Secret access key",
            Self::Gcs(_) => "Key of a service account (the text of its JSON file)",
            Self::Azure(_) => "Key of the storage account, or a shared access signature",
            _ => "Password of the account there",
        }
    }

    /// The folder above it, and its name there; `None` at the top.
    pub fn split(&self) -> Option<(Self, String)> {
        let mut above = self.clone();
        let path = match &mut above {
            Self::Local { path } => {
                let whole = path.to_path_buf();
                let name = whole.file_name()?.to_str()?.to_owned();
                *path = PathBytes::from(whole.parent()?);
                return Some((above, name));
            }
            Self::Sftp(folder) => &mut folder.path,
            Self::Webdav(folder) => &mut folder.path,
            Self::Ftp(folder) => &mut folder.path,
            Self::S3(folder) => &mut folder.prefix,
            Self::Gcs(folder) => &mut folder.prefix,
            Self::Azure(folder) => &mut folder.prefix,
            Self::Ipfs(folder) => &mut folder.path,
        };
        let whole = std::mem::take(path);
        let whole = whole.trim_end_matches('/');
        let (folder, name) = whole.rsplit_once('/').unwrap_or(("", whole));
        // What lies in the root lies there still.
        *path = if folder.is_empty() && whole.starts_with('/') { "/".into() } else { folder.into() };
        let name = name.to_owned();
        (!name.is_empty()).then_some((above, name))
    }

    /// Path of the folder at its server; `None` on this machine, and in object stores, which have none.
    pub fn folder(&self) -> Option<&str> {
        match self {
            Self::Sftp(folder) => Some(&folder.path),
            Self::Webdav(folder) => Some(&folder.path),
            Self::Ftp(folder) => Some(&folder.path),
            Self::Ipfs(folder) => Some(&folder.path),
            Self::Local { .. } | Self::S3(_) | Self::Gcs(_) | Self::Azure(_) => None,
        }
    }

    /// A short name: the last component.
    pub fn short_name(&self) -> String {
        match self {
            Self::Local { path } => match path.as_path().file_name() {
                Some(name) => name.to_string_lossy().into_owned(),
                None => path.display().into_owned(),
            },
            Self::Sftp(folder) => at_host(&folder.path, &folder.host),
            Self::Webdav(folder) => at_host(&folder.path, &folder.host),
            Self::S3(folder) => folder.short_name(),
            Self::Gcs(folder) => folder.short_name(),
            Self::Azure(folder) => folder.short_name(),
            Self::Ftp(folder) => at_host(&folder.path, &folder.host),
            Self::Ipfs(folder) => at_host(&folder.path, &folder.host),
        }
    }
}

/// A folder's last component and whose it is.
fn at_host(path: &str, host: &str) -> String {
    match path.rsplit('/').find(|part| !part.is_empty()) {
        Some(last) => format!("{last} on {host}"),
        None => host.to_owned(),
    }
}

/// A path without separators at its end, where it is not the top itself.
pub fn trimmed(path: &str) -> &str {
    let is_top = Path::new(path).parent().is_none();
    if is_top { path } else { path.trim_end_matches(is_separator) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SftpFolder, NotALocation> {
        match Location::of_server(text).expect("an address") {
            Ok(Location::Sftp(folder)) => Ok(folder),
            Ok(other) => panic!("{other:?}"),
            Err(why) => Err(why),
        }
    }

    #[test]
    fn an_address_is_read_and_shown() {
        for (text, host, port, user, path, shown) in [
            ("sftp://nas/srv/backup", "nas", 22, "", "/srv/backup", "sftp://nas/srv/backup"),
            ("sftp://ada@nas:2222/srv/b/", "nas", 2222, "ada", "/srv/b", "sftp://ada@nas:2222/srv/b"),
            ("SFTP://nas:22", "nas", 22, "", "", "sftp://nas/~"),
            ("sftp://nas/~", "nas", 22, "", "", "sftp://nas/~"),
            ("sftp://nas/~/a b", "nas", 22, "", "a b", "sftp://nas/~/a%20b"),
            ("sftp://nas/%C3%A4%25", "nas", 22, "", "/ä%", "sftp://nas/ä%25"),
            ("sftp://a%40b@[::1]:5/x", "::1", 5, "a@b", "/x", "sftp://a%40b@[::1]:5/x"),
        ] {
            let folder = read(text).unwrap();
            assert_eq!((&*folder.host, folder.port, &*folder.user, &*folder.path), (host, port, user, path), "{text}");
            let location = Location::Sftp(folder);
            assert_eq!(location.display(), shown);
            assert_eq!(Location::of_server(shown), Some(Ok(location)), "{shown}");
        }
    }

    #[test]
    fn buckets_are_read_and_shown() {
        for (text, shown, short) in [
            ("s3://my-bucket", "s3://my-bucket", "my-bucket"),
            ("S3://my-bucket/a/b c/", "s3://my-bucket/a/b%20c", "b c in my-bucket"),
            (
                "s3://my-bucket/x/{machine}?region=eu-west-1&endpoint=minio.lan:9000",
                "s3://my-bucket/x/{machine}?endpoint=https://minio.lan:9000&region=eu-west-1",
                "{machine} in my-bucket",
            ),
            (
                "s3://my-bucket?path_style=no&access_key=AK%2B1&profile=a%20b&storage_class=GLACIER_IR&anonymous=yes",
                "s3://my-bucket?access_key=AK%2B1&profile=a%20b&storage_class=GLACIER_IR&path_style=no&anonymous=yes",
                "my-bucket",
            ),
            ("gs://my-bucket/ä?endpoint=http://h", "gs://my-bucket/ä?endpoint=http://h", "ä in my-bucket"),
            ("az://account/container/p/q", "az://account/container/p/q", "q in container"),
            ("az://account/container?endpoint=http://[::1]:1", "az://account/container?endpoint=http://[::1]:1", "container"),
        ] {
            let location = Location::of_server(text).unwrap().unwrap();
            assert_eq!((&*location.display(), &*location.short_name()), (shown, short), "{text}");
            assert_eq!(Location::of_server(shown), Some(Ok(location.clone())), "{shown}");
            let json = serde_json::to_string(&location).unwrap();
            assert_eq!(serde_json::from_str::<Location>(&json).unwrap(), location, "{json}");
        }
        let location = Location::of_server("s3://my-bucket/a?region=x").unwrap().unwrap();
        assert_eq!(serde_json::to_string(&location).unwrap(), r#"{"kind":"s3","bucket":"my-bucket","prefix":"a","region":"x"}"#);
    }

    #[test]
    fn what_lies_above_is_known() {
        for (text, above, name) in [
            ("sftp://ada@nas:2222/srv/b", "sftp://ada@nas:2222/srv", "b"),
            ("sftp://nas/b", "sftp://nas/", "b"),
            ("sftp://nas/~/a/b c", "sftp://nas/~/a", "b c"),
            ("sftp://nas/~/b", "sftp://nas/~", "b"),
            ("webdav://nas/a/b/", "webdav://nas/a", "b"),
            ("ftps://nas/a/b", "ftps://nas/a", "b"),
            ("s3://my-bucket/a/b?region=x", "s3://my-bucket/a?region=x", "b"),
            ("gs://my-bucket/b", "gs://my-bucket", "b"),
            ("az://account/container/p/q", "az://account/container/p", "q"),
        ] {
            let split = Location::of_server(text).unwrap().unwrap().split().unwrap();
            assert_eq!(split, (Location::of_server(above).unwrap().unwrap(), name.to_owned()), "{text}");
        }
        assert_eq!(Location::local("/a/b").split(), Some((Location::local("/a"), "b".into())));
        for top in ["sftp://nas/", "sftp://nas/~", "s3://my-bucket"] {
            assert_eq!(Location::of_server(top).unwrap().unwrap().split(), None, "{top}");
        }
        assert_eq!(Location::local("/").split(), None);
    }

    #[test]
    fn no_secret_gets_into_a_buckets_address() {
        for text in [
            "s3://key:secret@bucket/x",
            "s3://bucket/x?secret_key=abc",
            "s3://bucket?endpoint=https://u:p@host",
            "gs://bucket?token=abc",
            "az://account/container?sas_token=abc",
            "az://account/container?SIG=abc",
        ] {
            assert_eq!(Location::of_server(text), Some(Err(NotALocation::Password)), "{text}");
        }
        for (text, why) in [
            ("s3://", NotALocation::Form),
            ("s3:///x", NotALocation::Form),
            ("s3://ab/x", NotALocation::Bucket),
            ("s3://bucket:80/x", NotALocation::Form),
            ("s3://user@bucket/x", NotALocation::Form),
            ("s3://bucket/a//b", NotALocation::Form),
            ("s3://bucket/a/%2e%2e%2fb", NotALocation::Form),
            ("s3://bucket?regoin=x", NotALocation::Option),
            ("s3://bucket?region=a&region=b", NotALocation::Option),
            ("s3://bucket?region=a%20b", NotALocation::Option),
            ("s3://bucket?path_style=maybe", NotALocation::Option),
            ("s3://bucket?endpoint=ftp://host", NotALocation::Endpoint),
            ("s3://bucket?endpoint=host:99999", NotALocation::Port),
            ("s3://bucket/x#y", NotALocation::Form),
            ("gs://bucket?region=x", NotALocation::Option),
            ("az://account", NotALocation::Bucket),
            ("az://account/c", NotALocation::Bucket),
        ] {
            assert_eq!(Location::of_server(text), Some(Err(why)), "{text}");
        }
    }

    #[test]
    fn a_place_is_the_same_however_it_is_opened() {
        let place = |text| Location::of_server(text).unwrap().unwrap().place();
        let s3 = place("s3://bucket/a?endpoint=http://h");
        assert_eq!(place("s3://bucket/a?endpoint=http://h&region=r&access_key=K&profile=p&path_style=no&storage_class=X"), s3);
        for other in ["s3://bucket/b?endpoint=http://h", "s3://bucket/a", "s3://other/a?endpoint=http://h"] {
            assert_ne!(place(other), s3, "{other}");
        }
        assert_eq!(place("gs://bucket/a?anonymous=yes&storage_class=X"), place("gs://bucket/a"));
        assert_eq!(place("az://account/container?anonymous=yes"), place("az://account/container"));
        let sftp = Location::of_server("sftp://ada@nas/b").unwrap().unwrap();
        assert_eq!(sftp.place(), sftp);
    }

    #[test]
    fn a_key_is_its_accounts() {
        let account = |text| Location::of_server(text).unwrap().unwrap().account();
        assert_eq!(account("s3://bucket/a?access_key=K"), account("s3://other?access_key=K"));
        assert_ne!(account("s3://bucket/a?access_key=K"), account("s3://bucket/a?access_key=L"));
        assert_ne!(account("s3://bucket/a"), account("s3://bucket/a?endpoint=http://h"));
        assert_ne!(account("az://one/container"), account("az://two/container"));
        assert_eq!(account("az://one/container"), account("az://one/other"));
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, why) in [
            ("gopher://x/y", NotALocation::Scheme),
            ("sftp://u:secret@host/x", NotALocation::Password),
            ("sftp:///x", NotALocation::Form),
            ("sftp://host/x?y", NotALocation::Option),
            ("sftp://host/x%00", NotALocation::Form),
            ("sftp://host/%FF", NotALocation::Form),
            ("sftp://host:0/x", NotALocation::Port),
            ("sftp://host:99999/x", NotALocation::Port),
            ("sftp:/u@host/x", NotALocation::Slashes),
            ("s3:bucket", NotALocation::Slashes),
            ("Webdav+HTTP:host/x", NotALocation::Slashes),
            ("gs:", NotALocation::Slashes),
        ] {
            assert_eq!(read(text), Err(why), "{text}");
        }
        for path in ["/a/b", "a://", "C:\\x", "://x", "ä://x"] {
            assert!(Location::of_server(path).is_none_or(|read| read.is_err()), "{path}");
        }
        for path in ["/a/b", "./s3:bucket", "/a/s3:b", "notes:old", "C:\\s3"] {
            assert_eq!(Location::of_server(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_typed_is_a_whole_path_or_an_address() {
        assert_eq!(Location::typed(" /srv/backups/ "), Some(Location::local("/srv/backups")));
        assert_eq!(Location::typed("/"), Some(Location::local("/")));
        assert_eq!(Location::typed("sftp://nas/b").map(|l| l.display()), Some("sftp://nas/b".into()));
        for text in ["", "backups", "gopher://x/y", "sftp://", "sftp://u:p@h/"] {
            assert_eq!(Location::typed(text), None, "{text}");
        }
    }

    #[test]
    fn it_is_kept_as_it_was() {
        let location = Location::of_server("sftp://ada@nas:2222/srv/b").unwrap().unwrap();
        let text = serde_json::to_string(&location).unwrap();
        assert_eq!(text, r#"{"kind":"sftp","host":"nas","port":2222,"user":"ada","path":"/srv/b"}"#);
        assert_eq!(serde_json::from_str::<Location>(&text).unwrap(), location);
    }
}
