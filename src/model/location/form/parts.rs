//! What was filled into a form, and the address that it makes.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use super::{Field, Kind, Part};
use crate::model::location::text::{account, encoded};
use crate::model::location::{FtpTls, Location, NotALocation, bucket};

/// Options of a bucket's address, in the order in which it shows them.
const OPTIONS: [(&str, Part); 7] = [
    ("endpoint", Part::Endpoint),
    ("region", Part::Region),
    ("access_key", Part::AccessKey),
    ("profile", Part::Profile),
    ("storage_class", Part::StorageClass),
    ("path_style", Part::PathStyle),
    ("anonymous", Part::Anonymous),
];

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

    /// Whether a part is so that is only so or not.
    pub fn is_so(&self, kind: Kind, part: Part) -> bool {
        match self.get(part) {
            // A line is, unless somebody says otherwise.
            "" => part == Part::Protected && kind != Kind::Ipfs,
            said => said == bucket::said(Some(true)),
        }
    }

    pub fn tick(&mut self, part: Part, so: bool) {
        *self.get_mut(part) = bucket::said(Some(so)).to_owned();
    }

    /// The address that they make; `None` while something is missing that it needs.
    pub fn address(&self, kind: Kind) -> Option<Result<Location, NotALocation>> {
        let is_missing = |field: &Field| field.needed && self.get(field.part).is_empty();
        if kind.fields().iter().any(is_missing) {
            return None;
        }
        let scheme = match kind {
            Kind::Sftp => "sftp",
            Kind::Ftps => "ftps",
            Kind::Ftp => "ftp",
            Kind::Webdav if self.is_so(kind, Part::Protected) => "webdav",
            Kind::Webdav => "webdav+http",
            Kind::Ipfs if self.is_so(kind, Part::Protected) => "ipfs+https",
            Kind::Ipfs => "ipfs+http",
            Kind::S3 => "s3",
            Kind::Gcs => "gs",
            Kind::Azure => "az",
        };
        let text = match kind {
            Kind::Sftp | Kind::Ftps | Kind::Ftp => self.on_host(scheme, true),
            Kind::Webdav | Kind::Ipfs => self.on_host(scheme, false),
            Kind::S3 | Kind::Gcs => Ok(self.in_bucket(scheme, &[self.get(Part::Bucket), self.prefix()])),
            Kind::Azure => Ok(self.in_bucket(scheme, &[self.get(Part::Account), self.get(Part::Bucket), self.prefix()])),
        };
        match text {
            Ok(text) => Location::of_server(&text),
            Err(why) => Some(Err(why)),
        }
    }

    fn prefix(&self) -> &str {
        self.get(Part::Path).trim_matches('/')
    }

    fn in_bucket(&self, scheme: &str, path: &[&str]) -> String {
        bucket::shown(scheme, path, &OPTIONS.map(|(name, part)| (name, self.get(part))))
    }

    /// `has_home`: what does not begin with `/` lies where the account begins.
    fn on_host(&self, scheme: &str, has_home: bool) -> Result<String, NotALocation> {
        let user = match self.get(Part::User) {
            "" => String::new(),
            user => format!("{}@", account(user)),
        };
        let port = match self.get(Part::Port) {
            "" => String::new(),
            port => format!(":{}", port.parse::<NonZeroU16>().map_err(|_| NotALocation::Port)?),
        };
        let host = self.get(Part::Host);
        // What ends a host's name in an address would lead to another server, or into another folder.
        if host.contains(['/', '\\', '@', '?', '#', '%']) || host.contains(char::is_whitespace) {
            return Err(NotALocation::Form);
        }
        // An IPv6 address.
        let host = if host.matches(':').count() > 1 && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
        let path = match self.get(Part::Path) {
            path if path.starts_with('/') => encoded(path),
            "" if has_home => "/~".into(),
            path if has_home => format!("/~/{}", encoded(path.trim_start_matches("~/"))),
            path => format!("/{}", encoded(path)),
        };
        let option = match (self.get(Part::Gateway), self.get(Part::Tls)) {
            ("", "") => String::new(),
            ("", tls) => format!("?tls={tls}"),
            (gateway, _) => format!("?gateway={gateway}"),
        };
        Ok(format!("{scheme}://{user}{host}{port}{path}{option}"))
    }

    /// The parts of an address; `None` where no form holds all of it.
    pub fn of(location: &Location) -> Option<(Kind, Self)> {
        let mut parts = Self::default();
        let mut set = |part, text: &str| {
            if !text.is_empty() {
                *parts.get_mut(part) = text.to_owned();
            }
        };
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
                set(Part::Protected, bucket::said((!folder.tls).then_some(false)));
                Kind::Webdav
            }
            Location::Ftp(folder) => {
                set(Part::User, &folder.user);
                set(Part::Path, &folder.path);
                if folder.tls == FtpTls::Implicit {
                    set(Part::Tls, "implicit");
                    // A form shows another one as the usual one.
                    set(Part::Port, &folder.port.to_string());
                }
                if folder.tls == FtpTls::None { Kind::Ftp } else { Kind::Ftps }
            }
            Location::S3(folder) => {
                set(Part::Bucket, &folder.bucket);
                set(Part::Path, &folder.prefix);
                set(Part::Endpoint, &folder.endpoint);
                set(Part::Region, &folder.region);
                set(Part::AccessKey, &folder.access_key);
                set(Part::Profile, &folder.profile);
                set(Part::StorageClass, &folder.storage_class);
                set(Part::PathStyle, bucket::said(folder.path_style));
                set(Part::Anonymous, bucket::said(folder.anonymous.then_some(true)));
                Kind::S3
            }
            Location::Gcs(folder) => {
                set(Part::Bucket, &folder.bucket);
                set(Part::Path, &folder.prefix);
                set(Part::Endpoint, &folder.endpoint);
                set(Part::StorageClass, &folder.storage_class);
                set(Part::Anonymous, bucket::said(folder.anonymous.then_some(true)));
                Kind::Gcs
            }
            Location::Azure(folder) => {
                set(Part::Account, &folder.account);
                set(Part::Bucket, &folder.container);
                set(Part::Path, &folder.prefix);
                set(Part::Endpoint, &folder.endpoint);
                set(Part::Anonymous, bucket::said(folder.anonymous.then_some(true)));
                Kind::Azure
            }
            Location::Ipfs(folder) => {
                set(Part::User, &folder.user);
                set(Part::Path, &folder.path);
                set(Part::Gateway, &folder.gateway);
                set(Part::Protected, bucket::said(folder.tls.then_some(true)));
                Kind::Ipfs
            }
        };
        if kind.fields().iter().any(|field| field.part == Part::Host)
            && let Some(server) = location.server()
        {
            set(Part::Host, &server.host);
        }
        let is_all = |parts: &Self| parts.address(kind).as_ref() == Some(&Ok(location.clone()));
        // What is usual is not filled in: it changes with what else is chosen.
        if !is_all(&parts)
            && let Some(server) = location.server()
        {
            *parts.get_mut(Part::Port) = server.port.to_string();
        }
        if !is_all(&parts) && kind == Kind::Ftps {
            *parts.get_mut(Part::Tls) = "explicit".to_owned();
        }
        is_all(&parts).then_some((kind, parts))
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
            ("s3://my-bucket/{env:USER}/b", Kind::S3),
            ("gs://my-bucket/ä", Kind::Gcs),
            ("az://account/container/p/q", Kind::Azure),
            ("ipfs+http://127.0.0.1:5001/b?gateway=http://127.0.0.1:8080", Kind::Ipfs),
        ] {
            let (found, parts) = Parts::of(&at(text)).expect(text);
            assert_eq!((found, parts.address(kind)), (kind, Some(Ok(at(text)))), "{text}");
        }
        for text in ["ipfs+https://ada@nas/b", "sftp://a%2Fb@nas/x"] {
            let (kind, parts) = Parts::of(&at(text)).expect(text);
            assert_eq!(parts.address(kind), Some(Ok(at(text))), "{text}");
        }
        assert_eq!(Parts::of(&Location::local("/a")), None);
    }

    #[test]
    fn what_few_need_has_its_fields_both_ways() {
        let s3 = [(Part::Profile, "a b"), (Part::StorageClass, "GLACIER_IR"), (Part::PathStyle, "no"), (Part::Anonymous, "yes")];
        for (text, filled) in [
            ("s3://my-bucket?profile=a%20b&storage_class=GLACIER_IR&path_style=no&anonymous=yes", &s3[..]),
            ("s3://my-bucket?profile=work", &[(Part::Profile, "work")]),
            ("s3://my-bucket?storage_class=STANDARD_IA", &[(Part::StorageClass, "STANDARD_IA")]),
            ("s3://my-bucket?path_style=yes", &[(Part::PathStyle, "yes")]),
            ("s3://my-bucket?anonymous=yes", &[(Part::Anonymous, "yes")]),
            ("s3://my-bucket", &[]),
            (
                "gs://my-bucket?storage_class=NEARLINE&anonymous=yes",
                &[(Part::StorageClass, "NEARLINE"), (Part::Anonymous, "yes")],
            ),
            ("az://account/container?anonymous=yes", &[(Part::Anonymous, "yes")]),
            ("ftps://nas:2121/b?tls=implicit", &[(Part::Port, "2121"), (Part::Tls, "implicit")]),
            ("ftps://nas/b?tls=implicit", &[(Part::Port, "990"), (Part::Tls, "implicit")]),
            ("ftps://nas:990/b", &[(Part::Port, "990"), (Part::Tls, "implicit")]),
            ("ftps://nas:990/b?tls=explicit", &[(Part::Port, "990"), (Part::Tls, "explicit")]),
            ("ftps://nas:2121/b?tls=explicit", &[(Part::Port, "2121")]),
            ("ftps://nas/b", &[]),
        ] {
            let (kind, parts) = Parts::of(&at(text)).expect(text);
            let is_rare = |part: Part| part == Part::Port || kind.more().iter().any(|field| field.part == part);
            let found: Vec<_> = parts.0.iter().filter(|(part, _)| is_rare(**part)).map(|(part, t)| (*part, t.as_str())).collect();
            assert_eq!(found, filled, "{text}");
            assert_eq!(parts.address(kind), Some(Ok(at(text))), "{text}");
            // Nothing of it has no field.
            let has_field = |part: &Part| kind.every_field().any(|field| field.part == *part);
            assert!(parts.0.keys().all(has_field), "{text}");
        }
        let mut parts = Parts::default();
        *parts.get_mut(Part::Host) = "nas".into();
        *parts.get_mut(Part::Tls) = "implicit".into();
        assert_eq!(parts.address(Kind::Ftps), Some(Ok(at("ftps://nas:990/~"))), "with its usual port");
        assert_eq!(parts.shared(Some(Kind::Ftps), Kind::Ftp).address(Kind::Ftp), Some(Ok(at("ftp://nas/~"))));
        let (kind, mut parts) = Parts::of(&at("gs://my-bucket?anonymous=yes")).unwrap();
        assert!(parts.is_so(kind, Part::Anonymous) && !Parts::default().is_so(kind, Part::Anonymous));
        parts.tick(Part::Anonymous, false);
        assert_eq!(parts.address(kind), Some(Ok(at("gs://my-bucket"))));
    }

    #[test]
    fn a_line_is_protected_unless_somebody_says_otherwise() {
        let (kind, mut parts) = Parts::of(&at("webdav+http://nas/b")).unwrap();
        assert!(!parts.is_so(kind, Part::Protected));
        parts.tick(Part::Protected, true);
        assert_eq!(parts.address(kind), Some(Ok(at("webdav://nas/b"))), "with its usual port");
        let none = Parts::default();
        assert!(none.is_so(Kind::Webdav, Part::Protected) && !none.is_so(Kind::Ipfs, Part::Protected));
    }

    #[test]
    fn no_part_spills_into_another() {
        for (part, text, why) in [
            (Part::Host, "nas/x", NotALocation::Form),
            (Part::Host, "ada@nas", NotALocation::Form),
            (Part::Host, "https://nas", NotALocation::Form),
            (Part::Host, "nas x", NotALocation::Form),
            (Part::Port, "22/x", NotALocation::Port),
            (Part::Port, "0", NotALocation::Port),
            (Part::Port, "99999", NotALocation::Port),
        ] {
            let mut parts = Parts::default();
            *parts.get_mut(Part::Host) = "nas".into();
            *parts.get_mut(part) = text.into();
            assert_eq!(parts.address(Kind::Sftp), Some(Err(why)), "{text}");
        }
        let mut parts = Parts::default();
        *parts.get_mut(Part::Host) = "nas".into();
        *parts.get_mut(Part::User) = "a/b".into();
        let Some(Ok(Location::Sftp(folder))) = parts.address(Kind::Sftp) else { panic!("an address") };
        assert_eq!((&*folder.host, &*folder.user), ("nas", "a/b"));
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
        assert_eq!(parts.address(Kind::Sftp), Some(Err(NotALocation::Port)));
        *parts.get_mut(Part::Bucket) = "x".into();
        assert_eq!(parts.address(Kind::S3), Some(Err(NotALocation::Bucket)), "a bucket's name has three letters");
        for kind in Kind::ALL {
            let labels: Vec<_> = kind.every_field().map(|field| field.label).collect();
            assert!(labels.iter().enumerate().all(|(at, label)| !labels[..at].contains(label)), "{kind:?}");
        }
    }
}
