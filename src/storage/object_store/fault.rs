//! What goes wrong between us and a store before its service's own code looks at the answer.

use std::borrow::Cow;
use std::fmt;

use crate::storage::Kind;
use crate::storage::mistrust::Mistrust;

/// Longest piece of a server's own words that is kept.
const LONGEST_WORDS: usize = 300;

/// Carried as the source of an `opendal::Error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing answers, or it stopped to.
    Away(String),
    /// It broke off in the middle of what was asked for, which it had begun to give.
    Cut(String),
    /// It shows a certificate that is not taken,
    NotTrusted(Mistrust),
    /// or one that has run out.
    Expired,
    /// It speaks http where https was wanted.
    NoHttps,
    /// It sends us to another server.
    Elsewhere(String),
    /// The service's own refusal.
    Refused(Refusal),
    /// More than can be true.
    TooLong(String),
    /// The object ends before what was asked for.
    TooShort,
    /// It took other bytes than it was sent.
    Damaged(String),
    /// An answer that no such service gives.
    Strange(String),
}

/// An answer that is no success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// The service's name for it; empty where it gives none.
    pub code: String,
    pub message: String,
    /// Where the bucket lies, if the service says so.
    pub region: String,
}

impl Fault {
    /// What it means for whoever uses the storage.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Away(_) | Self::Cut(_) => Kind::ServerAway,
            Self::NotTrusted(_) => Kind::Certificate,
            Self::Expired => Kind::CertificateExpired,
            Self::NoHttps => Kind::NoHttps,
            Self::Elsewhere(_) => Kind::Elsewhere,
            Self::Refused(refusal) => refusal.kind(),
            Self::TooLong(_) => Kind::TooLong,
            Self::TooShort => Kind::TooShort,
            Self::Damaged(_) => Kind::DamagedOnItsWay,
            Self::Strange(_) => Kind::Nonsense,
        }
    }

    pub fn into_error(self) -> opendal::Error {
        let kind = match self.kind() {
            Kind::NotFound => opendal::ErrorKind::NotFound,
            _ => opendal::ErrorKind::Unexpected,
        };
        opendal::Error::new(kind, "the request failed").set_source(self)
    }

    /// The one that an error carries.
    pub fn of(error: &opendal::Error) -> Option<&Self> {
        let mut at: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = at {
            if let Some(fault) = error.downcast_ref::<Self>() {
                return Some(fault);
            }
            at = error.source();
        }
        None
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away(why)
            | Self::Cut(why)
            | Self::TooLong(why)
            | Self::Damaged(why)
            | Self::Strange(why)
            | Self::Elsewhere(why) => f.write_str(why),
            Self::NotTrusted(why) => why.fmt(f),
            Self::Expired => f.write_str("it has run out"),
            Self::NoHttps => f.write_str("it answers without TLS"),
            Self::TooShort => f.write_str("it ends before"),
            Self::Refused(refusal) => {
                write!(f, "{} {}: {}", refusal.status, refusal.code, refusal.message)?;
                if refusal.region.is_empty() { Ok(()) } else { write!(f, " (region {})", refusal.region) }
            }
        }
    }
}

impl Refusal {
    /// Reads the error that a service sends: S3 and Azure as XML, Google as JSON; Azure names it in a header too.
    pub fn read(status: u16, headers: &http::HeaderMap, body: &[u8]) -> Self {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let text = String::from_utf8_lossy(body);
        let (mut code, mut message) = match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(json) => {
                let word = |path: &str| json.pointer(path).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
                (word("/error/errors/0/reason"), word("/error/message"))
            }
            Err(_) => {
                let message = element(&text, "Message");
                let plain = quick_xml::escape::unescape(&message).map(Cow::into_owned);
                (element(&text, "Code"), plain.unwrap_or(message))
            }
        };
        if code.is_empty() {
            code = header("x-ms-error-code").to_owned();
        }
        if message.is_empty() && code.is_empty() {
            message = text.into_owned();
        }
        let mut region = header("x-amz-bucket-region").to_owned();
        if region.is_empty() && code == "AuthorizationHeaderMalformed" {
            region = element(&String::from_utf8_lossy(body), "Region");
        }
        Self { status, code: words(&code), message: words(&message), region: words(&region) }
    }

    /// What S3 says of one object of many that were to be deleted by one request: OpenDAL gives it in words of its own.
    pub fn of_many(said: &str) -> Option<Self> {
        let said = said.strip_prefix("DeleteObjectsResultError")?;
        let word = |name: &str| {
            let (_, value) = said.split_once(&format!("{name}: \""))?;
            Some(words(value.split_once('"')?.0))
        };
        let (code, message) = (word("code")?, word("message").unwrap_or_default());
        let status = if code == "AccessDenied" { 403 } else { 409 };
        Some(Self { status, code, message, region: String::new() })
    }

    pub fn kind(&self) -> Kind {
        let says = |word: &str| self.message.to_lowercase().contains(word);
        match self.code.as_str() {
            "NoSuchBucket" | "ContainerNotFound" | "InvalidBucketName" => return Kind::NoBucket,
            "AuthorizationHeaderMalformed" if !self.region.is_empty() || says("region") => return Kind::WrongRegion,
            "PermanentRedirect" | "TemporaryRedirect" | "IllegalLocationConstraintException" => return Kind::WrongRegion,
            "RequestTimeTooSkewed" | "RequestExpired" => return Kind::WrongClock,
            "AuthenticationFailed" if says("date header") => return Kind::WrongClock,
            // The emulator's name for a key that is wrong.
            "AuthorizationFailure" if says("authenticate") => return Kind::Refused,
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "AuthenticationFailed"
            | "InvalidAuthenticationInfo"
            | "InvalidToken"
            | "ExpiredToken"
            | "TokenRefreshRequired"
            | "NotSignedUp"
            | "InvalidSecurity" => {
                return Kind::Refused;
            }
            "QuotaExceeded" | "ServiceQuotaExceeded" | "InsufficientStorage" => return Kind::NoRoom,
            "BadDigest" | "XAmzContentChecksumMismatch" | "Md5Mismatch" => return Kind::DamagedOnItsWay,
            "EntityTooLarge" | "RequestBodyTooLarge" => return Kind::FileTooLarge,
            "ObjectUnderRetention" | "ObjectLocked" | "BlobImmutableDueToPolicy" | "BlobImmutableDueToLegalHold" => {
                return Kind::Held;
            }
            _ => {}
        }
        let is_locked =
            ["object lock", "retention policy", "retention period", "legal hold", "temporary hold", "event-based hold"];
        if matches!(self.status, 403 | 409) && is_locked.into_iter().any(says) || says("worm protected") {
            return Kind::Held;
        }
        match self.status {
            // Google's words; its name for it stands for all that is wrong with a request.
            400 if says("hash") && says("match calculated") => Kind::DamagedOnItsWay,
            301 | 307 if !self.region.is_empty() => Kind::WrongRegion,
            300..=399 => Kind::Nonsense,
            403 if says("quota") || says("storage limit") => Kind::NoRoom,
            404 if says("bucket") => Kind::NoBucket,
            401 => Kind::Refused,
            403 | 405 => Kind::Denied,
            404 => Kind::NotFound,
            413 => Kind::FileTooLarge,
            507 => Kind::NoRoom,
            408 | 429 | 500 | 502..=504 => Kind::ServerBusy,
            _ => Kind::Other,
        }
    }
}

/// What stands in the first element of this name.
pub fn element(xml: &str, name: &str) -> String {
    let from = xml.find(&format!("<{name}>")).map(|at| at + name.len() + 2);
    let rest = from.and_then(|from| xml.get(from..)).unwrap_or_default();
    rest.split("</").next().unwrap_or_default().to_owned()
}

/// On one line, and not too long: a server may say what it likes.
pub fn words(text: &str) -> String {
    let plain = text.chars().take(LONGEST_WORDS).map(|c| if c.is_control() { ' ' } else { c });
    plain.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> Kind {
        Refusal::read(status, &http::HeaderMap::new(), body.as_bytes()).kind()
    }

    #[test]
    fn refusals_are_understood_in_each_services_words() {
        let xml = |code: &str| format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>No.</Message></Error>");
        for (status, body, meant) in [
            (404, xml("NoSuchBucket"), Kind::NoBucket),
            (404, xml("ContainerNotFound"), Kind::NoBucket),
            (404, xml("NoSuchKey"), Kind::NotFound),
            (403, xml("InvalidAccessKeyId"), Kind::Refused),
            (403, xml("SignatureDoesNotMatch"), Kind::Refused),
            (403, xml("AccessDenied"), Kind::Denied),
            (403, xml("AccessDenied").replace("No.", "Access Denied because object protected by object lock."), Kind::Held),
            (400, xml("InvalidRequest").replace("No.", "Object is WORM protected and cannot be overwritten"), Kind::Held),
            (409, xml("BlobImmutableDueToPolicy"), Kind::Held),
            // A header that is missing is another matter.
            (400, xml("InvalidRequest").replace("No.", "Content-MD5 is required with Object Lock"), Kind::Other),
            (403, xml("RequestTimeTooSkewed"), Kind::WrongClock),
            (403, "<Error><Code>AccessDenied</Code><Message>Bucket size quota is reached</Message></Error>".into(), Kind::NoRoom),
            (503, xml("SlowDown"), Kind::ServerBusy),
            (500, String::new(), Kind::ServerBusy),
            (507, String::new(), Kind::NoRoom),
            (400, xml("BadDigest"), Kind::DamagedOnItsWay),
            (400, xml("Md5Mismatch"), Kind::DamagedOnItsWay),
            (
                400,
                r#"{"error":{"errors":[{"reason":"invalid"}],"message":"Provided MD5 hash \"A\" doesn't match calculated MD5 hash \"B\"."}}"#
                    .into(),
                Kind::DamagedOnItsWay,
            ),
            (302, String::new(), Kind::Nonsense),
            (400, String::new(), Kind::Other),
            (404, r#"{"error":{"code":404,"message":"The specified bucket does not exist."}}"#.into(), Kind::NoBucket),
            (401, r#"{"error":{"code":401,"message":"Invalid Credentials"}}"#.into(), Kind::Refused),
            (429, r#"{"error":{"errors":[{"reason":"rateLimitExceeded"}]}}"#.into(), Kind::ServerBusy),
        ] {
            assert_eq!(kind(status, &body), meant, "{status} {body}");
        }
        let wrong = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'a' is wrong; expecting 'eu-west-1'\
                     </Message><Region>eu-west-1</Region></Error>";
        let refusal = Refusal::read(400, &http::HeaderMap::new(), wrong.as_bytes());
        assert_eq!((refusal.kind(), &*refusal.region), (Kind::WrongRegion, "eu-west-1"));
        // Garage's.
        let scope = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>unexpected scope: &apos;x&apos;</Message><Region>garage</Region></Error>";
        let refusal = Refusal::read(400, &http::HeaderMap::new(), scope.as_bytes());
        assert_eq!((refusal.kind(), &*refusal.message), (Kind::WrongRegion, "unexpected scope: 'x'"));
    }

    #[test]
    fn what_is_refused_of_many_is_known_as_well() {
        let said = |code: &str, message: &str| {
            format!("DeleteObjectsResultError {{ code: \"{code}\", key: \"a/b\", message: \"{message}\", version_id: None }}")
        };
        let kind = |said: &str| Refusal::of_many(said).map(|refusal| refusal.kind());
        assert_eq!(kind(&said("AccessDenied", "Access Denied")), Some(Kind::Denied));
        assert_eq!(kind(&said("AccessDenied", "Access Denied because object protected by object lock.")), Some(Kind::Held));
        assert_eq!(kind(&said("InternalError", "We")), Some(Kind::Other));
        for odd in ["", "DeleteObjectsResultError", "DeleteObjectsResultError { code: \"", "something else"] {
            assert_eq!(kind(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_servers_words_stay_on_one_line_and_short() {
        let refusal = Refusal::read(400, &http::HeaderMap::new(), format!("a\n\x1b[31m{}", "x".repeat(9999)).as_bytes());
        assert!(refusal.message.len() <= LONGEST_WORDS && !refusal.message.contains(['\n', '\x1b']));
        for odd in ["<Code>", "<Code>a<", "</Code>", "<Code></Code>", "{}", "[1]"] {
            Refusal::read(400, &http::HeaderMap::new(), odd.as_bytes());
        }
    }
}
